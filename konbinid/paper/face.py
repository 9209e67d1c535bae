"""A font face: from characters to glyphs, straight from the bytes of a TrueType file.

``Face`` holds one file (memory-mapped, so the 46 MB of IPAmj明朝 stay in the page cache); ``FaceSet`` is what a
certificate is set in: the base faces in order and one version of the city's 外字. A character that none of them has
is an error. Nothing is ever substituted: a base glyph for a variation sequence, 〓, or a blank would be a wrong name
on a certificate.
"""

from __future__ import annotations

import hashlib
import mmap
import re
import struct
import sys
from array import array
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from konbinid.domain.characters import CodeRange, code_points, is_private, tokens_of
from konbinid.paper.cmap import BLANKS, Tokens, read_tokens
from konbinid.paper.glyf import (
    MAX_DEPTH,
    BadFont,
    Component,
    Point,
    components,
    is_composite,
    shape,
    simple_outline,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["BadFont", "Face", "FaceSet", "Glyph", "MissingGlyph", "code_points", "tokens_of"]

_MAX_BYTES = 256 * 1024 * 1024
_NEEDED = ("head", "hhea", "hmtx", "maxp", "loca", "glyf", "cmap")
_NAME = re.compile(r"[A-Za-z0-9-]{1,63}")


class MissingGlyph(LookupError):
    """No face has a glyph for these tokens. ``tokens`` are code points only; ``where`` names the field."""

    def __init__(self, tokens: Sequence[str], where: str) -> None:
        self.tokens = tuple(code_points(token) for token in tokens)
        self.where = where
        super().__init__(f"{where}: no glyph for {', '.join(self.tokens)}")


class Face:
    """One TrueType file. ``name`` becomes the font's name in a PDF. BadFont, and nothing else, when it is malformed.

    ``tokens`` maps each printable token to its glyph number, ``advances`` are in font units. ``private``: the private characters that are
    this face's own (docs/decisions/0025); its glyphs for all others are never used.
    """

    def __init__(self, data: bytes | mmap.mmap, name: str, private: Sequence[CodeRange] = ()) -> None:
        if not _NAME.fullmatch(name):
            raise BadFont("a face's name is 1 to 63 of A-Z, a-z, 0-9 and -")
        self.name = name
        self.private = tuple(private)
        self._data = data
        try:
            self._read()
        except BadFont as wrong:
            raise BadFont(f"{name}: {wrong}") from None
        except (struct.error, ValueError, OverflowError) as wrong:
            raise BadFont(f"{name}: a table is cut off") from wrong

    @classmethod
    def open(cls, path: Path, name: str, private: Sequence[CodeRange] = ()) -> Face:
        """Map a font file into memory. BadFont when it cannot be read."""
        try:
            with path.open("rb") as file:
                return cls(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), name, private)
        except (OSError, ValueError) as wrong:
            if isinstance(wrong, BadFont):
                raise
            raise BadFont(f"{name}: {path} cannot be read") from wrong

    def _read(self) -> None:
        self._tables = self._directory()
        self.head, self.hhea, self.maxp = self.table("head"), self.table("hhea"), self.table("maxp")
        self.units: int = struct.unpack_from(">H", self.head, 18)[0]
        if not 16 <= self.units <= 16384:
            raise BadFont("units per em out of range")
        self.bounds: tuple[int, int, int, int] = struct.unpack_from(">4h", self.head, 36)
        self.ascent, self.descent = struct.unpack_from(">hh", self.hhea, 4)
        self.glyph_count: int = struct.unpack_from(">H", self.maxp, 4)[0]
        self.advances, self.bearings = self._metrics()
        self._starts = self._locations(struct.unpack_from(">h", self.head, 50)[0])
        self.tokens: Tokens = read_tokens(self.table("cmap"), self.glyph_count)
        inkless = {gid for gid in range(self.glyph_count) if self._starts[gid] == self._starts[gid + 1]}
        for token in {token for token, gid in self.tokens.items() if gid in inkless} - BLANKS:
            del self.tokens[token]

    def _directory(self) -> dict[str, tuple[int, int]]:
        size = len(self._data)
        if not 12 <= size <= _MAX_BYTES:
            raise BadFont("too short or too long for a font")
        if self._data[:4] not in (b"\0\1\0\0", b"true"):
            raise BadFont("not a TrueType font")
        count = int.from_bytes(self._data[4:6], "big")
        if 12 + 16 * count > size:
            raise BadFont("the table directory is cut off")
        tables = {}
        for tag, _, offset, length in struct.iter_unpack(">4sLLL", self._data[12 : 12 + 16 * count]):
            if offset + length > size:
                raise BadFont("a table lies outside the file")
            tables[tag.decode("latin-1")] = (offset, length)
        missing = [tag for tag in _NEEDED if tag not in tables]
        if missing:
            raise BadFont(f"table {missing[0]} is missing")
        return tables

    def table(self, tag: str) -> bytes:
        """The bytes of one table."""
        offset, length = self._tables[tag]
        return self._data[offset : offset + length]

    def _metrics(self) -> tuple[array[int], array[int]]:
        count: int = struct.unpack_from(">H", self.hhea, 34)[0]
        table = self.table("hmtx")
        if not 1 <= count <= self.glyph_count or len(table) < 4 * count + 2 * (self.glyph_count - count):
            raise BadFont("the widths do not agree with the number of glyphs")
        pairs = _numbers("H", table[: 4 * count])
        advances, bearings = pairs[0::2], pairs[1::2]
        rest = self.glyph_count - count
        advances.extend([advances[-1]] * rest)
        bearings.extend(_numbers("H", table[4 * count : 4 * count + 2 * rest]))
        return advances, bearings

    def _locations(self, long: int) -> array[int]:
        table = self.table("loca")
        size = 4 if long else 2
        if len(table) < size * (self.glyph_count + 1):
            raise BadFont("the glyph locations are cut off")
        starts = _numbers("I" if long else "H", table[: size * (self.glyph_count + 1)])
        if not long:
            starts = array("I", [2 * start for start in starts])
        if list(starts) != sorted(starts) or starts[-1] > self._tables["glyf"][1]:
            raise BadFont("the glyph locations are not in order")
        return starts

    def glyph(self, gid: int) -> bytes:
        """The record of a glyph as the file has it; empty for one without ink. BadFont when there is no such glyph."""
        if not 0 <= gid < self.glyph_count:
            raise BadFont(f"{self.name}: a glyph number that is not there")
        base = self._tables["glyf"][0]
        return self._data[base + self._starts[gid] : base + self._starts[gid + 1]]

    def parts(self, gid: int) -> tuple[Component, ...]:
        """The direct parts of a composite glyph; () for a simple one."""
        record = self.glyph(gid)
        return components(record) if is_composite(record) else ()

    def outline(self, gid: int, depth: int = 0) -> list[list[Point]]:
        """The contours of a glyph in font units, composites put together. BadFont when it is malformed."""
        record = self.glyph(gid)
        if not is_composite(record):
            return simple_outline(record) if record else []
        if depth == MAX_DEPTH:
            raise BadFont(f"{self.name}: a composite glyph is nested too deep")
        parts = components(record)
        return [_placed(contour, part) for part in parts for contour in self.outline(part.gid, depth + 1)]

    def shape(self, gid: int) -> bytes:
        """What decides a glyph's ink (``glyf.shape``)."""
        return shape(self.glyph, gid)

    def audit(self) -> Face:
        """Decode every glyph that a token can reach, so that nothing is left to go wrong while printing: for fonts
        that come from outside (外字). BadFont names the first fault."""
        for gid in set(self.tokens.values()):
            self.outline(gid)
            self.shape(gid)
        return self

    def fingerprint(self) -> str:
        """SHA-256 of the file."""
        return hashlib.sha256(self._data).hexdigest()


def _placed(contour: list[Point], part: Component) -> list[Point]:
    """A contour where its composite glyph puts it."""
    xx, xy, yx, yy = part.matrix
    dx, dy = part.offset
    return [(xx * x + yx * y + dx, xy * x + yy * y + dy, on) for x, y, on in contour]


def _numbers(code: str, table: bytes) -> array[int]:
    values = array(code, table)
    if sys.byteorder == "little":
        values.byteswap()
    return values


class Glyph(NamedTuple):
    """One resolved token: which face of the set, which glyph, and how wide it is in ems."""

    face: int
    gid: int
    token: str
    width: float


@dataclass(frozen=True)
class FaceSet:
    """What a certificate is set in: base faces in order, then one version of the city's 外字 (or none).

    A private-use character goes to the base face that declares it as its own, else to the 外字 face, and nowhere else: IPAmj明朝 has glyphs
    of its own there, and they are not the city's. Every other character goes to the first base face that has it. BadFont when two faces
    would give the same private character.
    """

    bases: tuple[Face, ...]
    gaiji: Face | None = None
    faces: tuple[Face, ...] = field(init=False)

    def __post_init__(self) -> None:
        if not self.bases:
            raise BadFont("a face set needs a base face")
        if len(self.bases) > 8:
            raise BadFont("a face set takes eight base faces at most")
        for one, other in combinations(self.bases, 2):
            if any(mine.overlaps(its) for mine in one.private for its in other.private):
                raise BadFont(f"{one.name} and {other.name} declare the same private characters")
        declares = any(face.private for face in self.bases)
        gaiji = self.gaiji.tokens if self.gaiji and declares else ()
        taken = [token for token in gaiji if self._owner(token[0])]
        if taken:
            raise BadFont(f"{code_points(min(taken))} is 外字 of the city and declared as a base face's own")
        object.__setattr__(self, "faces", (*self.bases, *([self.gaiji] if self.gaiji else [])))

    def find(self, token: str) -> Glyph | None:
        """The glyph of one token, None when there is none."""
        if is_private(token[0]):
            return self._find_private(token)
        for index, face in enumerate(self.bases):
            gid = face.tokens.get(token)
            if gid is not None:
                return Glyph(index, gid, token, face.advances[gid] / face.units)
        return None

    def _owner(self, char: str) -> Face | None:
        """The base face that declares a private character as its own."""
        return next((face for face in self.bases if any(char in each for each in face.private)), None)

    def _find_private(self, token: str) -> Glyph | None:
        face = self._owner(token[0]) or self.gaiji
        gid = None if face is None else face.tokens.get(token)
        if face is None or gid is None:
            return None
        return Glyph(self.faces.index(face), gid, token, face.advances[gid] / face.units)

    def resolve(self, text: str, where: str) -> list[Glyph]:
        """The glyphs of a text. MissingGlyph with every token that no face has."""
        glyphs = [(token, self.find(token)) for token in tokens_of(text)]
        missing = [token for token, glyph in glyphs if glyph is None]
        if missing:
            raise MissingGlyph(missing, where)
        return [glyph for _, glyph in glyphs if glyph]

    def fingerprint(self) -> str:
        """Which fonts, exactly: SHA-256 over the files in order; the last is the 外字, if any."""
        names = ",".join(
            ":".join([face.name, face.fingerprint(), *map(str, face.private)]) for face in self.faces
        )
        return hashlib.sha256(f"{len(self.bases)};{names}".encode()).hexdigest()
