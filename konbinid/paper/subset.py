"""A font as a PDF carries it: the glyphs of one document, renumbered, without hinting, and what each one means.

Written by hand because a city's font has 61,000 glyphs: general subsetters take 3 to 500 ms where this takes half of
one (measured). A code in the page's text is the glyph's place in the subset, one code per *token*: two tokens that
share an outline keep their own text.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from itertools import groupby
from typing import TYPE_CHECKING

from konbinid.paper.glyf import is_composite, renumber, strip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from konbinid.paper.face import Face, Glyph

_CMAP_HEAD = b"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
"""
_CMAP_TAIL = b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
# A font of more bytes than _MUCH is packed thoroughly (zlib's level), whatever the rest of the document is packed with.
_MUCH, _THOROUGH = 32 * 1024, 6
_CMAP_SECTION = 100  # PDF 1.7, 9.10.3: at most this many entries per section


class Subset:
    """The glyphs of one face that a document uses. Code 0 is .notdef and never shown."""

    def __init__(self, face: Face) -> None:
        self.face = face
        self.codes: dict[str, int] = {}
        self._gids = [0]

    def code(self, glyph: Glyph) -> int:
        """The code that shows this token."""
        code = self.codes.get(glyph.token)
        if code is None:
            code = self.codes[glyph.token] = len(self._gids)
            self._gids.append(glyph.gid)
        return code

    def program(self) -> tuple[bytes, list[int]]:
        """The font file, and the width in font units of each of its glyphs. Components of composite glyphs follow
        the glyphs that have codes."""
        gids = list(self._gids)
        records = [self._record(gid, gids) for gid in gids]
        advances, bearings = self.face.advances, self.face.bearings
        metrics = array("H")
        for gid in gids:
            metrics.append(advances[gid])
            metrics.append(bearings[gid])
        tables = {
            b"glyf": b"".join(records),
            b"head": b"",
            b"hhea": _put(self.face.hhea, 34, struct.pack(">H", len(gids))),
            b"hmtx": _big(metrics),
            b"loca": _big(_locations(records)),
            b"maxp": _put(self.face.maxp, 4, struct.pack(">H", len(gids))),
        }
        tables[b"head"] = _put(
            _put(self.face.head, 8, bytes(4)), 50, b"\0\1"
        )  # long locations; sum set below
        return _file(tables), [advances[gid] for gid in gids]

    def _record(self, gid: int, gids: list[int]) -> bytes:
        """The stripped record; its components are appended to ``gids`` and so copied after it."""
        record = strip(self.face.glyph(gid))
        if not is_composite(record):
            return record
        numbers = {}
        for part in self.face.parts(gid):
            if part.gid not in gids[len(self._gids) :]:
                gids.append(part.gid)
            numbers[part.gid] = gids.index(part.gid, len(self._gids))
        return renumber(record, numbers)

    def to_unicode(self) -> bytes:
        """The CMap that gives each code its characters, selector included, as UTF-16BE."""
        lines = [
            f"<{code:04X}> <{token.encode('utf-16-be').hex().upper()}>\n"
            for token, code in self.codes.items()
        ]
        sections = [lines[at : at + _CMAP_SECTION] for at in range(0, len(lines), _CMAP_SECTION)]
        body = "".join(f"{len(part)} beginbfchar\n{''.join(part)}endbfchar\n" for part in sections)
        return _CMAP_HEAD + body.encode("ascii") + _CMAP_TAIL


def font_objects(subset: Subset, tag: str, first: int, level: int) -> list[bytes]:
    """The five objects of an embedded font, numbered from ``first``; the first is the one a page names.

    ``tag`` is the six letters that mark a subset; ``level`` is zlib's.
    """
    face = subset.face
    program, advances = subset.program()
    # Outlines repeat little: the quick way looks for no repeats, takes half the time and makes the file 6 % larger. The outlines of a crowded
    # sheet repeat more (surnames, radicals): there it is 15 %, and a sheet must stay under 60 KB.
    quick = level < _THOROUGH and len(program) < _MUCH
    packing = (level, zlib.Z_HUFFMAN_ONLY) if quick else (max(level, _THOROUGH), zlib.Z_DEFAULT_STRATEGY)
    name = f"{tag}+{face.name}".encode("ascii")
    per_mille = 1000 / face.units
    widths = _widths([advance * per_mille for advance in advances])
    box = " ".join(str(round(edge * per_mille)) for edge in face.bounds)
    ascent, descent = round(face.ascent * per_mille), round(face.descent * per_mille)
    return [
        b"<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>"
        % (name, first + 1, first + 4),
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        b"/Supplement 0>>/CIDToGIDMap/Identity/DW 1000/W[%s]/FontDescriptor %d 0 R>>"
        % (name, widths.encode("ascii"), first + 2),
        b"<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[%s]/ItalicAngle 0/Ascent %d/Descent %d/CapHeight %d"
        b"/StemV 80/FontFile2 %d 0 R>>" % (name, box.encode("ascii"), ascent, descent, ascent, first + 3),
        stream(program, b"/Length1 %d" % len(program), *packing),
        stream(subset.to_unicode(), b"", level),
    ]


def stream(data: bytes, entries: bytes, level: int, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    """A Flate stream object with further dictionary entries; ``level`` and ``strategy`` are zlib's."""
    packer = zlib.compressobj(level, zlib.DEFLATED, 15, 9, strategy)
    packed = packer.compress(data) + packer.flush()
    return b"<</Filter/FlateDecode/Length %d%s>>stream\n%s\nendstream" % (len(packed), entries, packed)


def _widths(widths: list[float]) -> str:
    """A /W array of what is not one em wide: ``first code [widths] …`` for each run."""
    runs = []
    for narrow, run in groupby(enumerate(widths), lambda pair: pair[1] != 1000):
        if narrow:
            pairs = list(run)
            runs.append(f"{pairs[0][0]}[{' '.join(_number(width) for _, width in pairs)}]")
    return "".join(runs)


def _number(value: float) -> str:
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _put(table: bytes, at: int, value: bytes) -> bytes:
    return table[:at] + value + table[at + len(value) :]


def _big(values: array[int]) -> bytes:
    if sys.byteorder == "little":
        values.byteswap()
    return values.tobytes()


def _locations(records: Iterable[bytes]) -> array[int]:
    starts = array("I", [0])
    for record in records:
        starts.append(starts[-1] + len(record))
    return starts


def _checksum(padded: bytes) -> int:
    """The sum of big-endian 32-bit words, modulo 2**32: one long integer folded in halves, ten times faster than adding
    the words of a font one by one."""
    lanes = len(padded) // 8 + 1
    words = int.from_bytes(padded, "big")
    low = int.from_bytes(b"\0\0\0\0\xff\xff\xff\xff" * lanes, "big")
    total = (words & low) + (words >> 32 & low)
    while lanes > 1:
        lanes = (lanes + 1) // 2
        total = (total >> 64 * lanes) + (total & (1 << 64 * lanes) - 1)
    return total & 0xFFFFFFFF


def _file(tables: dict[bytes, bytes]) -> bytes:
    """The sfnt wrapper: directory, checksums, tables in tag order."""
    count = len(tables)
    power = count.bit_length() - 1
    entries = [struct.pack(">LHHHH", 0x10000, count, 16 << power, power, 16 * count - (16 << power))]
    bodies = []
    at = 12 + 16 * count
    total = 0
    for tag, table in sorted(tables.items()):
        padded = table + bytes(-len(table) & 3)
        check = _checksum(padded)
        entries.append(struct.pack(">4sLLL", tag, check, at, len(table)))
        total += check
        if tag == b"head":
            head_at = at
        bodies.append(padded)
        at += len(padded)
    directory = b"".join(entries)
    adjustment = (0xB1B0AFBA - total - _checksum(directory)) & 0xFFFFFFFF
    return _put(directory + b"".join(bodies), head_at + 8, struct.pack(">L", adjustment))
