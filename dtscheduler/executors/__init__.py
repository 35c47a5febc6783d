"""Where task code executes."""
