"""Declared files: TOML read strictly. Whatever is unknown, missing or doubtful is refused, every mistake at once with its file, line and key."""
