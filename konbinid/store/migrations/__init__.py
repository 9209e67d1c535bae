"""Append-only SQL migrations."""
