"""Ours beside the peers, on the same work."""
