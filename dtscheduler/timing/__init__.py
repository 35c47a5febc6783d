"""When a job is due, and for which date."""
