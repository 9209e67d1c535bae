"""The independent second look, with its own read-only database role."""
