"""Proof of the fonts inside a finished PDF: each code's outline, width and text against the pinned font.

pdfium's text proves what a reader takes from the page; this proves that the ink behind every code is the pinned font's
glyph for exactly that text. A font that passes can only draw what its text says.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from konbinid.paper.face import tokens_of
from konbinid.paper.glyf import BadFont, is_composite, shape, strip
from konbinid.paper.pdf_objects import Misread, Stream

if TYPE_CHECKING:
    from konbinid.paper.face import Face, FaceSet
    from konbinid.paper.pdf_objects import PdfFile

_CMAP = re.compile(
    rb"/CIDInit /ProcSet findresource begin\s+12 dict begin\s+begincmap\s+/CIDSystemInfo <<[^<>]*>> def\s+"
    rb"/CMapName /[\w-]+ def\s+/CMapType 2 def\s+1 begincodespacerange\s+<0000> <FFFF>\s+endcodespacerange\s+"
    rb"((?:\d+ beginbfchar\s+(?:<[0-9A-F]{4}> <[0-9A-F]+>\s+)+endbfchar\s+)*)"
    rb"endcmap\s+CMapName currentdict /CMap defineresource pop\s+end\s+end\s*"
)
_ENTRY = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")


@dataclass(frozen=True, slots=True)
class ProvenFont:
    """A font whose codes draw what they say. ``codes`` are four hex digits each; ``program`` is the font file."""

    codes: frozenset[bytes]
    program: bytes


def prove_font(file: PdfFile, ref: Any, faces: FaceSet) -> ProvenFont:
    """Misread when the font is anything but a subset of these faces with every code in its place."""
    font = file.get(ref)
    _expect(font, Type="Font", Subtype="Type0", Encoding="Identity-H")
    descendants = font.get("DescendantFonts")
    if not isinstance(descendants, list) or len(descendants) != 1:
        raise Misread("descendant font")
    descendant = file.get(descendants[0])
    _expect(descendant, Type="Font", Subtype="CIDFontType2", CIDToGIDMap="Identity", DW=1000)
    descriptor = file.get(descendant.get("FontDescriptor"))
    _expect(descriptor, Type="FontDescriptor")
    program = _stream(file, descriptor.get("FontFile2"))
    tokens = _tokens(_stream(file, font.get("ToUnicode")))
    _prove_glyphs(_Program(program), tokens, _widths(descendant.get("W")), faces)
    return ProvenFont(frozenset(b"%04X" % code for code in tokens), program)


def _expect(entries: Any, **values: object) -> None:
    if not isinstance(entries, dict) or any(entries.get(key) != value for key, value in values.items()):
        raise Misread("font")


def _stream(file: PdfFile, ref: Any) -> bytes:
    stream = file.get(ref)
    if not isinstance(stream, Stream):
        raise Misread("font stream")
    return stream.unpacked()


def _tokens(cmap: bytes) -> dict[int, str]:
    """What each code means. Every code means one token, and no two the same."""
    found = _CMAP.fullmatch(cmap)
    if not found:
        raise Misread("ToUnicode")
    pairs = _ENTRY.findall(found[1])
    try:
        tokens = {
            int(code, 16): bytes.fromhex(text.decode("ascii")).decode("utf-16-be") for code, text in pairs
        }
    except (UnicodeDecodeError, ValueError):
        raise Misread("ToUnicode") from None
    if not len(tokens) == len(pairs) == len(set(tokens.values())):
        raise Misread("ToUnicode")
    if any(len(token) != 1 and tokens_of(token) != [token] for token in tokens.values()):
        raise Misread("ToUnicode")
    return tokens


def _widths(array: Any) -> dict[int, float]:
    """The widths that differ from DW, in thousandths of an em: ``first code [widths] …``."""
    if not isinstance(array, list) or len(array) % 2:
        raise Misread("widths")
    widths: dict[int, float] = {}
    for code, run in zip(array[0::2], array[1::2], strict=True):
        if not isinstance(code, int) or not isinstance(run, list):
            raise Misread("widths")
        widths.update(enumerate(run, code))
    return widths


class _Program:
    """The tables of an embedded TrueType program that decide ink and width."""

    def __init__(self, data: bytes) -> None:
        try:
            self._read(data)
        except (struct.error, KeyError, IndexError):
            raise Misread("font program") from None

    def _read(self, data: bytes) -> None:
        version, count = struct.unpack_from(">LH", data)
        tables = {}
        for tag, _, offset, length in struct.iter_unpack(">4sLLL", data[12 : 12 + 16 * count]):
            tables[tag] = data[offset : offset + length]
        if version != 0x10000 or set(tables) != {b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp"}:
            raise Misread("font program")
        self.units: int = struct.unpack_from(">H", tables[b"head"], 18)[0]
        glyphs: int = struct.unpack_from(">H", tables[b"maxp"], 4)[0]
        metrics: int = struct.unpack_from(">H", tables[b"hhea"], 34)[0]
        long: int = struct.unpack_from(">h", tables[b"head"], 50)[0]
        if not (metrics == glyphs and long == 1 and len(tables[b"loca"]) == 4 * glyphs + 4):
            raise Misread("font program")
        starts = struct.unpack(f">{glyphs + 1}L", tables[b"loca"])
        self.advances = struct.unpack(f">{2 * glyphs}H", tables[b"hmtx"])[0::2]
        glyf = tables[b"glyf"]
        self.records = [glyf[start:end] for start, end in pairwise(starts)]

    def record(self, gid: int) -> bytes:
        """One glyph's record."""
        if not 0 <= gid < len(self.records):
            raise Misread("font program")
        return self.records[gid]


def _same_ink(program: _Program, code: int, face: Face, gid: int) -> bool:
    record, pinned = program.record(code), face.glyph(gid)
    if not (is_composite(record) or is_composite(pinned)):
        return record == strip(pinned)
    try:
        return shape(program.record, code) == shape(face.glyph, gid)
    except BadFont:
        return False


def _prove_glyphs(
    program: _Program, tokens: dict[int, str], widths: dict[int, float], faces: FaceSet
) -> None:
    for code, token in tokens.items():
        pinned = faces.find(token)
        if pinned is None or code == 0:
            raise Misread("glyph")
        face = faces.faces[pinned.face]
        if (
            not _same_ink(program, code, face, pinned.gid)
            or program.units != face.units
            or program.advances[code] != face.advances[pinned.gid]
        ):
            raise Misread("glyph")
        if abs(widths.get(code, 1000) - pinned.width * 1000) > 0.01:
            raise Misread("widths")
