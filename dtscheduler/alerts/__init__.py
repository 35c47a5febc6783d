"""How people are told how a run ended: what is said, to whom it is sent when, and the ways it is sent."""
