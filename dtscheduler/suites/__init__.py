"""Suites whose code is elsewhere: found without running it, imported and called by a process of their own."""
