"""What things are: frozen values, built from the standard library alone."""
