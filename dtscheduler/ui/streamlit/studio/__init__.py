"""The studio: pages to build, run, watch, schedule and explain jobs."""
