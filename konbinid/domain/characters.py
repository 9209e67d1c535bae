"""Characters as they are printed: a character with its variation selector is one unit, and 外字 are a city's own business."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile("[\\s\\S][\ufe00-\ufe0f\U000e0100-\U000e01ef]?")
_CODE = re.compile(r"U\+(?:[0-9A-Fa-f]{4,5}|10[0-9A-Fa-f]{4})")
# The private areas of the BMP and of planes 15 and 16; the last two points of a plane are no characters.
_AREAS = ((0xE000, 0xF8FF), (0xF0000, 0xFFFFD), (0x100000, 0x10FFFD))


def tokens_of(text: str) -> list[str]:
    """The text as printed units: a character and the variation selector that follows it, if one does."""
    return _TOKEN.findall(text)


def code_points(token: str) -> str:
    """「U+845B U+E0102」: how messages name a character, so that no name stands in a log."""
    return " ".join(f"U+{ord(char):04X}" for char in token)


def is_private(char: str) -> bool:
    """Whether a character is 外字: the private areas of the BMP and of planes 15 and 16."""
    return "\ue000" <= char <= "\uf8ff" or char >= "\U000f0000"


def character_of(code: str) -> str:
    """The character that 「U+E000」 names. ValueError when it names none."""
    if not _CODE.fullmatch(code):
        raise ValueError("not a code point like U+E000")
    return chr(int(code.removeprefix("U+"), base=16))


@dataclass(frozen=True, slots=True)
class CodeRange:
    """Code points from the first to the last, both included, within one private area or within planes 15 and 16."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: str) -> CodeRange:
        """「U+F0000-U+10FFFD」 or 「U+E000」. ValueError when it is no range of private characters."""
        first, _, last = text.partition("-")
        begin, end = ord(character_of(first)), ord(character_of(last or first))
        if begin > end or not (_in_area(begin) and _in_area(end)) or begin <= 0xF8FF < end:
            raise ValueError("not a range of private characters")
        return cls(begin, end)

    def __contains__(self, char: str) -> bool:
        return self.first <= ord(char) <= self.last

    def overlaps(self, other: CodeRange) -> bool:
        """Whether a character lies in both."""
        return self.first <= other.last and other.first <= self.last

    def __str__(self) -> str:
        return f"U+{self.first:04X}-U+{self.last:04X}"


def _in_area(point: int) -> bool:
    return any(first <= point <= last for first, last in _AREAS)


def is_gaiji_code(char: str) -> bool:
    """Whether a city may give this character a glyph of its own (contract 2, GAIJI)."""
    return _in_area(ord(char))
