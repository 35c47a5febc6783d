"""Which failures of a run are the same, and what sets them apart from what succeeded."""
