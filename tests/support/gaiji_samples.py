"""外字 fonts for tests: every character a box in a box, so that its variant is seen in its shape. Nobody's real characters."""

from __future__ import annotations

import hashlib
import io
import itertools
import struct
from collections.abc import Mapping

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

LAYOUT_COLUMNS = 6


def eudc(variants: Mapping[str, int], *, units: int = 256, without: tuple[str, ...] = ()) -> bytes:
    """A font that draws each character in its variant (1 to 40); variant 0 has no ink. ``without``: tables that are left out."""
    names = {char: f"u{ord(char):05X}" for char in variants}
    builder = FontBuilder(units, isTTF=True)
    order = [".notdef", *names.values()]
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({ord(char): name for char, name in names.items()})
    glyphs = {".notdef": TTGlyphPen(None).glyph()}
    glyphs |= {names[char]: _boxes(units, variant) for char, variant in variants.items()}
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics({name: (units, getattr(glyphs[name], "xMin", 0)) for name in order})
    builder.setupHorizontalHeader(ascent=round(units * 0.86), descent=-round(units * 0.14))
    builder.setupNameTable({"familyName": "EUDC", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.font.recalcTimestamp = False
    builder.font["head"].created = builder.font["head"].modified = 3_786_912_000
    for tag in without:
        del builder.font[tag]
    saved = io.BytesIO()
    builder.save(saved)
    return saved.getvalue()


def _boxes(units: int, variant: int) -> object:
    pen = TTGlyphPen(None)
    for inset in [10, 10 + variant * 2] if variant else []:
        low, high = inset * units // 256, units - inset * units // 256
        pen.moveTo((low, low))
        for point in ((low, high), (high, high), (high, low)):
            pen.lineTo(point)
        pen.closePath()
    return pen.glyph()


def record_hash(font: bytes, char: str) -> str:
    """字形ハッシュ as a core system works it out: SHA-256 of the glyph's record, cut out by another reader than ours."""
    with TTFont(io.BytesIO(font)) as opened:
        gid = opened.getGlyphID(opened.getBestCmap()[ord(char)])
        glyf, loca = opened.getTableData("glyf"), opened.getTableData("loca")
        long = opened["head"].indexToLocFormat == 1
        starts = struct.unpack(f">{len(loca) // (4 if long else 2)}{'I' if long else 'H'}", loca)
        begin, end = list(itertools.pairwise(starts))[gid]
        scale = 1 if long else 2
        return hashlib.sha256(glyf[begin * scale : end * scale]).hexdigest()


def row(
    char: str, version: str = "1", *, glyph_hash: str = "", redefinable: str = "0", font: str = "EUDC.TTE"
) -> list[str]:
    """A GAIJI row."""
    return [version, f"U+{ord(char):04X}", glyph_hash, redefinable, font, "備考"]


def rows(chars: str, version: str = "1", **changes: str) -> list[list[str]]:
    """A GAIJI row for each character."""
    return [row(char, version, **changes) for char in chars]
