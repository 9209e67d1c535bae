"""What a layout does to a cell before its form looks at it: pads off, texts that mean nothing recorded, a default (contract 2, declared layouts)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

_SPACES = " \u3000"  # U+3000: the full-width space


class Trim(StrEnum):
    """From which side of a value spaces are taken, full-width ones too."""

    NONE = "none"
    LEFT = "left"
    RIGHT = "right"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Tidying:
    """``nothing``: texts that mean that nothing is recorded. ``default``: the file's own text for a cell in which nothing is."""

    trim: Trim = Trim.NONE
    nothing: frozenset[str] = frozenset()
    default: str = ""

    def __bool__(self) -> bool:
        return self != _AS_IT_IS

    def trimmed(self, value: str) -> str:
        """A value without the spaces that are no part of it."""
        if self.trim in {Trim.LEFT, Trim.BOTH}:
            value = value.lstrip(_SPACES)
        if self.trim in {Trim.RIGHT, Trim.BOTH}:
            value = value.rstrip(_SPACES)
        return value

    def cell(self, value: str) -> str:
        """The text that the form sees; empty when nothing is recorded."""
        value = self.trimmed(value)
        return self.default if value in self.nothing or not value else value

    def column(self, values: Sequence[str]) -> Sequence[str]:
        """The same of a whole column, each different text once."""
        known = {value: self.cell(value) for value in set(values)}
        return list(map(known.__getitem__, values))


_AS_IT_IS = Tidying()
