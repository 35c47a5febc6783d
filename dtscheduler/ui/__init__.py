"""What users see besides Python and the command line: forms, graphs and pages, whichever toolkit draws them."""
