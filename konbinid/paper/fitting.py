"""How a text is made to fit its box: pure arithmetic on widths.

The order is fixed (certificates.md): condense to 60 %, then reduce the size to the form's minimum (never under 8 pt),
then wrap. What still does not fit is refused; nothing is ever cut and nothing runs out of its box.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NARROWEST = 0.6
LEADING = 1.15  # line distance in multiples of the size
_SIZE_STEP = 0.1  # points
_SCALE_STEP = 0.001


class DoesNotFit(ValueError):
    """A text is too long for its box. ``where`` names the field; the text itself is not repeated."""

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(f"{where}: does not fit")


@dataclass(frozen=True, slots=True)
class Room:
    """What a box offers: inner width and height, sizes and the steps that its form allows. All in points."""

    width: float
    height: float
    size: float
    least: float
    condense: bool = True
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Fitted:
    """How a text is set: ``scale`` is horizontal (1 = uncondensed); ``lines`` are half-open ranges of tokens that
    together cover the text, in order."""

    size: float
    scale: float
    lines: tuple[tuple[int, int], ...]


def fit(tokens: Sequence[str], widths: Sequence[float], room: Room, where: str) -> Fitted:
    """Set the tokens, whose widths are in ems, into the room. DoesNotFit when no allowed step is enough."""
    narrowest = NARROWEST if room.condense else 1.0
    ems = _extent(tokens, widths, 0, len(tokens))
    whole = ((0, len(tokens)),)
    most = min(room.size, room.height)
    if ems * most * narrowest <= room.width and most >= room.least:
        return Fitted(most, _scale(ems * most, room.width), whole)
    # One line, condensed as far as allowed, smaller: the largest size that still fits.
    size = min(most, _down(room.width / (ems * narrowest), _SIZE_STEP)) if ems else most
    if size >= room.least:
        return Fitted(size, _scale(ems * size, room.width), whole)
    return _wrapped(tokens, widths, room, narrowest, where)


def _wrapped(
    tokens: Sequence[str], widths: Sequence[float], room: Room, narrowest: float, where: str
) -> Fitted:
    size = room.least
    rows = min(room.lines, int((room.height / size - 1) / LEADING) + 1) if room.height >= size else 0
    if rows < 2:
        raise DoesNotFit(where)
    # The least condensed setting that needs no more than the rows there are.
    for step in range(round((1 - narrowest) / 0.05) + 1):
        scale = max(narrowest, round(1 - 0.05 * step, 2))
        lines = _break(tokens, widths, room.width / (size * scale))
        if lines is not None and len(lines) <= rows:
            return Fitted(size, scale, tuple(lines))
    raise DoesNotFit(where)


def _break(tokens: Sequence[str], widths: Sequence[float], measure: float) -> list[tuple[int, int]] | None:
    """Fill lines of ``measure`` ems: at a space where the line has one after its last 和文 character, else between
    tokens. None when one token alone is wider than a line."""
    lines = []
    start = 0
    while start < len(tokens):
        end = _reach(tokens, widths, start, measure)
        if end == start:
            return None
        if end < len(tokens):
            end = _back_to_space(tokens, start, end)
        lines.append((start, end))
        start = end
    return lines


def _reach(tokens: Sequence[str], widths: Sequence[float], start: int, measure: float) -> int:
    """The furthest end of a line from ``start``; spaces at a line's end take no room."""
    used = 0.0
    for at in range(start, len(tokens)):
        used += widths[at]
        if used > measure and not _is_space(tokens[at]):
            return at
    return len(tokens)


def _back_to_space(tokens: Sequence[str], start: int, end: int) -> int:
    """A word of Latin letters goes to the next line whole, unless it began this line."""
    if not (_in_word(tokens[end]) and _in_word(tokens[end - 1])):
        return end
    at = end - 1
    while at > start and _in_word(tokens[at - 1]):
        at -= 1
    return at if at > start else end


def _in_word(token: str) -> bool:
    """Letters that a word is made of: everything before U+2E80 but the space (Latin, Cyrillic, digits, hyphen)."""
    return token[0] < "\u2e80" and not _is_space(token)


def _is_space(token: str) -> bool:
    return token in {" ", "\u3000"}


def _extent(tokens: Sequence[str], widths: Sequence[float], start: int, end: int) -> float:
    """The width of a line in ems, without the spaces at its end."""
    while end > start and _is_space(tokens[end - 1]):
        end -= 1
    return math.fsum(widths[start:end])


def line_width(
    tokens: Sequence[str], widths: Sequence[float], fitted: Fitted, line: tuple[int, int]
) -> float:
    """How wide a set line is, in points: what alignment needs."""
    return _extent(tokens, widths, *line) * fitted.size * fitted.scale


def _scale(natural: float, width: float) -> float:
    return 1.0 if natural <= width else _down(width / natural, _SCALE_STEP)


def _down(value: float, step: float) -> float:
    return round(math.floor(value / step + 1e-9) * step, 3)
