"""The scheduler process: fires schedules, drives what was submitted, takes over what was left, tells people."""
