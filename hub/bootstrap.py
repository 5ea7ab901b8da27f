"""Stand-in for the composition root."""
