"""What a set of faces can print: its reach by blocks of Unicode, and what of a text it lacks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from konbinid.domain.characters import is_private, tokens_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from konbinid.paper.face import Face, FaceSet

# The blocks that names and addresses of a register come from; all else is counted together.
BLOCKS = (
    ("Latin", 0x0020, 0x024F),
    ("symbols and punctuation of CJK", 0x3000, 0x303F),
    ("kana", 0x3040, 0x30FF),
    ("half-width and full-width forms", 0xFF00, 0xFFEF),
    ("CJK unified ideographs", 0x4E00, 0x9FFF),
    ("CJK extension A", 0x3400, 0x4DBF),
    ("CJK compatibility ideographs", 0xF900, 0xFAFF),
    ("CJK extension B (plane 2)", 0x20000, 0x2A6DF),
    ("CJK extension C (plane 2)", 0x2A700, 0x2B73F),
    ("CJK extension D (plane 2)", 0x2B740, 0x2B81F),
    ("CJK extension E (plane 2)", 0x2B820, 0x2CEAF),
    ("CJK extension F (plane 2)", 0x2CEB0, 0x2EBEF),
    ("CJK extension I (plane 2)", 0x2EBF0, 0x2EE5F),
    ("CJK compatibility supplement (plane 2)", 0x2F800, 0x2FA1F),
    ("CJK extension G (plane 3)", 0x30000, 0x3134F),
    ("CJK extension H (plane 3)", 0x31350, 0x323AF),
)
OTHERS = "other blocks"
PRIVATE = "private characters"
SEQUENCES = "variation sequences"
_ASCII = frozenset(map(chr, range(0x80)))


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many characters a face or a set can print, by block; ``PRIVATE`` and ``SEQUENCES`` among the names. Empty blocks are left out."""

    counts: Mapping[str, int]

    @property
    def characters(self) -> int:
        """All single characters."""
        return sum(count for name, count in self.counts.items() if name != SEQUENCES)


def coverage_of(tokens: Iterable[str]) -> Coverage:
    """The coverage that these tokens make."""
    found = Counter(_block_of(token) for token in tokens)
    order = [name for name, _, _ in BLOCKS] + [OTHERS, PRIVATE, SEQUENCES]
    return Coverage({name: found[name] for name in order if found[name]})


def used_tokens(faces: FaceSet, face: Face) -> set[str]:
    """The tokens for which a set asks this face: not those that an earlier face has, nor private ones that are another's."""
    place = next(index for index, each in enumerate(faces.faces) if each is face)
    found = ((token, faces.find(token)) for token in face.tokens)
    return {token for token, glyph in found if glyph is not None and glyph.face == place}


def _block_of(token: str) -> str:
    if len(token) > 1:
        return SEQUENCES
    if is_private(token):
        return PRIVATE
    point = ord(token)
    return next((name for name, first, last in BLOCKS if first <= point <= last), OTHERS)


@cache
def jis_x_0213() -> frozenset[str]:
    """Every character of JIS X 0213:2004's two planes, from Python's own codec; what is written with a combining mark counts as its parts."""
    # The EUC form would not do: its codec takes JIS X 0212 as well.
    leads = (*range(0x81, 0xA0), *range(0xE0, 0xFD))
    codes = [bytes((lead, trail)) for lead in leads for trail in range(0x40, 0xFD)]
    return frozenset("".join(code.decode("shift_jis_2004", "ignore") for code in codes)) - _ASCII


class Lacking:
    """Finds what a set of faces has no glyph for. Quick for millions of texts: what is there is remembered by character."""

    def __init__(self, faces: FaceSet) -> None:
        self._faces = faces
        self._good: set[str] = set()

    def may_be_in(self, text: str) -> bool:
        """Whether a text, or texts in a row, need a closer look; False: every character was found before."""
        return not self._good.issuperset(text)

    def in_text(self, text: str) -> list[str]:
        """The tokens of a text that no face has, each once, in order."""
        unknown = set(text) - self._good
        if not unknown:
            return []
        missing = []
        for token in dict.fromkeys(tokens_of(text)):
            if self._faces.find(token) is None:
                missing.append(token)
            elif len(token) == 1:
                # A selector is never good by itself, so a text with one always comes here.
                self._good.add(token)
        return missing
