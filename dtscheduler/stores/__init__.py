"""Where jobs and runs are kept."""
