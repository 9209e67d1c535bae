"""Text in columns on a terminal, where a Japanese character takes two places and a variation selector none."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def width_of(text: str) -> int:
    """How many places a text takes. 外字 count one: terminals treat private characters as ambiguous, that is narrow."""
    return sum(_width(character) for character in text)


def _width(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def shortened(text: str, places: int) -> str:
    """The text, or as much of it as fits with three dots at the end."""
    if width_of(text) <= places:
        return text
    kept = ""
    for character in text:
        if width_of(kept + character) > places - 3:
            break
        kept += character
    return f"{kept}..."


def padded(text: str, places: int, *, right: bool = False) -> str:
    """The text with spaces after it, or before it with `right`, until it takes so many places."""
    space = " " * max(0, places - width_of(text))
    return space + text if right else text + space


def table(rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    """Lines with aligned columns, two spaces apart; the columns numbered in `right` are flush right."""
    listed = [list(row) for row in rows]
    if not listed:
        return []
    widths = [max(width_of(row[nth]) for row in listed) for nth in range(len(listed[0]))]
    return [
        "  ".join(padded(cell, widths[nth], right=nth in right) for nth, cell in enumerate(row)).rstrip()
        for row in listed
    ]
