"""Columns on a terminal, where a Japanese character takes two places."""

from __future__ import annotations

import unicodedata


def width_of(text: str) -> int:
    """How many columns a text takes."""
    return sum(2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1 for char in text)


def padded(text: str, width: int) -> str:
    """The text with spaces after it until it takes so many columns."""
    return text + " " * max(0, width - width_of(text))
