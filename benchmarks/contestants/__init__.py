"""One module a contestant, each run as a whole process in the contestant's own environment."""
