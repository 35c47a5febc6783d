"""The code that a task reaches, read from its files without importing them."""
