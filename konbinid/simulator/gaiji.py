"""The demo city's 外字: a small EUDC font drawn from strokes of our own, and its index rows.

Each character is put together as kanji are, a part on the left and a part on the right, in a form that no standard
font has. The font is TrueType as Windows' private character editor makes it, and comes out the same byte for byte
each time.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import struct
from typing import TYPE_CHECKING

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from konbinid.simulator.rows import GaijiRow

if TYPE_CHECKING:
    from collections.abc import Iterator

FONT_NAME = "EUDC.TTE"
_EM = 2048
_FIRST = 0xE000
_EPOCH = 3_786_912_000  # 2024-01-01 in the seconds since 1904 of a font header: never the clock

Stroke = tuple[float, float, float, float]
"""From x, y to x, y in a box of 1 by 1, y upwards."""

_TREE: tuple[Stroke, ...] = ((0, 0.72, 1, 0.72), (0.5, 0, 0.5, 1), (0.48, 0.7, 0, 0.2), (0.52, 0.7, 1, 0.3))
_WATER: tuple[Stroke, ...] = ((0.15, 0.95, 0.7, 0.8), (0.0, 0.62, 0.6, 0.5), (0.1, 0.0, 0.85, 0.35))
_PERSON: tuple[Stroke, ...] = ((0.8, 1, 0.05, 0.5), (0.5, 0.72, 0.5, 0))
_EARTH: tuple[Stroke, ...] = ((0.05, 0.65, 0.95, 0.65), (0.5, 1, 0.5, 0.12), (0, 0.12, 1, 0.22))
_FIELD: tuple[Stroke, ...] = (
    (0.05, 0.95, 0.95, 0.95),
    (0.05, 0.05, 0.95, 0.05),
    (0.05, 0, 0.05, 1),
    (0.95, 0, 0.95, 1),
    (0.05, 0.5, 0.95, 0.5),
    (0.5, 0.05, 0.5, 0.95),
)
_MOUTHS: tuple[Stroke, ...] = (
    (0.1, 0.95, 0.9, 0.95),
    (0.1, 0.6, 0.9, 0.6),
    (0.1, 0.58, 0.1, 0.97),
    (0.9, 0.58, 0.9, 0.97),
    (0, 0.42, 1, 0.42),
    (0.2, 0.28, 0.8, 0.28),
    (0.2, 0, 0.8, 0),
    (0.2, 0, 0.2, 0.28),
    (0.8, 0, 0.8, 0.28),
)
_LEFT = ((_TREE, "木"), (_WATER, "水"), (_PERSON, "人"), (_EARTH, "土"))
_RIGHT = ((_FIELD, "田"), (_MOUTHS, "口一口"))

Character = tuple[str, tuple[Stroke, ...], tuple[Stroke, ...], str]
"""The character, its left and right part, and a note of what they are."""

CHARACTERS: tuple[Character, ...] = tuple(
    (chr(_FIRST + nth * len(_RIGHT) + which), left, right, f"{left_note}+{right_note}")
    for nth, (left, left_note) in enumerate(_LEFT)
    for which, (right, right_note) in enumerate(_RIGHT)
)
"""Every 外字 of the first version."""

FURTHER: tuple[Character, ...] = tuple(
    (chr(_FIRST + len(CHARACTERS) + nth), left, right, f"{left_note}+{right_note}")
    for nth, ((left, left_note), (right, right_note)) in enumerate(itertools.product(_LEFT, _LEFT))
)
"""Those that later versions add, one each."""


def gaiji_font(further: int = 0) -> bytes:
    """The EUDC font (TrueType) with every character of CHARACTERS and so many of FURTHER, the same bytes each time."""
    characters = CHARACTERS + FURTHER[:further]
    names = [f"uni{ord(character):04X}" for character, *_ in characters]
    glyphs = {".notdef": TTGlyphPen(None).glyph()}
    glyphs |= {
        name: _glyph(left, right) for name, (_, left, right, _note) in zip(names, characters, strict=True)
    }
    builder = FontBuilder(_EM, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap({ord(c): name for name, (c, *_) in zip(names, characters, strict=True)})
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(
        {name: (_EM, glyph.xMin if glyph.numberOfContours else 0) for name, glyph in glyphs.items()}
    )
    builder.setupHorizontalHeader(ascent=1802, descent=-246)
    builder.setupNameTable({"familyName": "konbinid demo EUDC", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=1802, usWinAscent=1802, usWinDescent=246)
    builder.setupPost()
    font: TTFont = builder.font
    font.recalcTimestamp = False
    font["head"].created = font["head"].modified = _EPOCH
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def gaiji_rows(font: bytes, version: str, further: int = 0) -> list[GaijiRow]:
    """The index rows of that font: one per character, with the hash of its outline record."""
    records = list(_glyf_records(font))
    return [
        GaijiRow(
            version=version,
            code_point=f"U+{ord(character):04X}",
            glyph_sha256=hashlib.sha256(record).hexdigest(),
            may_change="0",
            font_name=FONT_NAME,
            note=note,
        )
        for (character, *_, note), record in zip(CHARACTERS + FURTHER[:further], records[1:], strict=True)
    ]


def _glyf_records(font: bytes) -> Iterator[bytes]:
    """The records of the font's `glyf` table as `loca` cuts them."""
    with TTFont(io.BytesIO(font)) as opened:
        glyf, loca = opened.getTableData("glyf"), opened.getTableData("loca")
        long_offsets = opened["head"].indexToLocFormat == 1
    count = len(loca) // (4 if long_offsets else 2)
    offsets = struct.unpack(f">{count}{'I' if long_offsets else 'H'}", loca)
    scale = 1 if long_offsets else 2
    for begin, end in itertools.pairwise(offsets):
        yield glyf[begin * scale : end * scale]


def _glyph(left: tuple[Stroke, ...], right: tuple[Stroke, ...]) -> object:
    pen = TTGlyphPen(None)
    for stroke in left:
        _draw(pen, stroke, (140, -60, 620, 1660))
    for stroke in right:
        _draw(pen, stroke, (900, 0, 1000, 1560))
    return pen.glyph()


def _draw(pen: TTGlyphPen, stroke: Stroke, box: tuple[int, int, int, int]) -> None:
    """One stroke as a four-cornered contour, clockwise: thin when it lies, bold when it stands, as in Mincho."""
    x, y, width, height = box
    x1, y1, x2, y2 = (
        x + stroke[0] * width,
        y + stroke[1] * height,
        x + stroke[2] * width,
        y + stroke[3] * height,
    )
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    half = 28 + 34 * abs(y2 - y1) / length
    across, down = (y2 - y1) / length * half, (x2 - x1) / length * half
    # This order of corners turns clockwise whichever way the stroke runs: all contours add up, none cuts a hole.
    corners = (
        (x1 - across, y1 + down),
        (x2 - across, y2 + down),
        (x2 + across, y2 - down),
        (x1 + across, y1 - down),
    )
    pen.moveTo((round(corners[0][0]), round(corners[0][1])))
    for corner in corners[1:]:
        pen.lineTo((round(corner[0]), round(corner[1])))
    pen.closePath()
