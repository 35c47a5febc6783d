"""Which suites come with the package, to run and to copy from."""
