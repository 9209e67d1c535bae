"""Cutting seals: a frame and the characters of a name, as a 1-bit BMP of a given size.

The characters are those of the printing font, stretched to fill the seal as an engraver does. Without that font, and
for a character that it lacks, strokes are drawn that depend on the code point alone: not legible, but each name
still has a seal of its own, always the same.
"""

from __future__ import annotations

import hashlib
import io
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from fontTools.ttLib import TTFont
from PIL import Image, ImageChops, ImageDraw, ImageFont

from konbinid.simulator.gaiji import gaiji_font

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from konbinid.simulator.household import Impression

_INSTALLED = Path("/usr/share/fonts/truetype/ipamj/ipamjm.ttf")
_GLYPH = 192
"""Pixels of a character before it is stretched: more than any cell of a 25 mm seal at 600 dpi needs to look smooth."""

_WHITE, _BLACK = 255, 0


def find_font(environment: Mapping[str, str]) -> Path | None:
    """The file that `KONBINID_FONT` names, else the installed IPAmj Mincho, else None."""
    for path in (environment.get("KONBINID_FONT"), _INSTALLED):
        if path and Path(path).is_file():
            return Path(path)
    return None


class SealCutter:
    """Makes the pictures of seals, with the characters of `font` where there is one."""

    def __init__(self, font: Path | None) -> None:
        # The 外字 come first: the base font may have drawings of its own at their code points.
        self._faces = [_face(gaiji_font()), *([_face(font)] if font else [])]
        # A family's characters come up again and again: stretching a finished character is most of the work saved.
        self._glyph = lru_cache(maxsize=1024)(self._draw_glyph)

    def cut(self, impression: Impression) -> bytes:
        """The BMP file (1 bit, uncompressed, black on white) of a seal; its size is `tenths` at `dpi`."""
        height = round(impression.tenths / 254 * impression.dpi)
        width = height * 3 // 4 if impression.outline == "oval" else height
        picture = Image.new("L", (width, height), _WHITE)
        frame = max(2, height // 28)
        _draw_frame(ImageDraw.Draw(picture), impression.outline, (width, height), frame)
        # Inside a circle stands a smaller square than inside a square.
        margin = frame * 2 if impression.outline == "square" else round(height * 0.15)
        characters = [c for c in impression.characters if not _is_selector(c) and not c.isspace()]
        for character, box in zip(characters, _cells(len(characters), width, height, margin), strict=True):
            size = (box[2] - box[0], box[3] - box[1])
            # Only darkening: the corner of a character's box must not rub out the frame.
            picture.paste(ImageChops.darker(picture.crop(box), self._glyph(character).resize(size)), box[:2])
        return _as_bmp(picture, impression.dpi)

    def _draw_glyph(self, character: str) -> Image.Image:
        picture = Image.new("L", (_GLYPH * 2, _GLYPH * 2), _WHITE)
        pen = ImageDraw.Draw(picture)
        for face, covered in self._faces:
            if ord(character) in covered:
                # An engraver's line is much bolder than a Mincho's thin one.
                pen.text((_GLYPH // 2, _GLYPH // 2), character, fill=_BLACK, font=face, stroke_width=4)
                break
        else:
            _draw_strokes(pen, ord(character))
        ink = picture.point(lambda value: _WHITE - value).getbbox()
        return picture.crop(_not_too_flat(ink)) if ink else picture


def _not_too_flat(ink: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The box to cut out: 一 and 丨 keep white around them, or they would be stretched into blocks."""
    left, top, right, bottom = ink
    across = max(0, _GLYPH * 2 // 3 - (right - left)) // 2
    down = max(0, _GLYPH * 2 // 3 - (bottom - top)) // 2
    return left - across, top - down, right + across, bottom + down


def _face(font: Path | bytes) -> tuple[ImageFont.FreeTypeFont, frozenset[int]]:
    """A font, a file or its bytes, to draw with, and the code points that it has."""
    # A file stays a file: the base font alone is 46 MB.
    with TTFont(io.BytesIO(font) if isinstance(font, bytes) else font, lazy=True) as opened:
        covered = frozenset(opened.getBestCmap())
    source = io.BytesIO(font) if isinstance(font, bytes) else str(font)
    return ImageFont.truetype(source, _GLYPH), covered


def _is_selector(character: str) -> bool:
    # A seal is a picture: the engraver cuts the character, and its variant is the paper's business.
    return 0xFE00 <= ord(character) <= 0xFE0F or 0xE0100 <= ord(character) <= 0xE01EF


def _draw_frame(pen: ImageDraw.ImageDraw, outline: str, size: tuple[int, int], width: int) -> None:
    box = (0, 0, size[0] - 1, size[1] - 1)
    if outline == "square":
        pen.rounded_rectangle(box, radius=size[0] // 16, outline=_BLACK, width=width)
    else:
        pen.ellipse(box, outline=_BLACK, width=width)


def _cells(count: int, width: int, height: int, margin: int) -> Iterator[tuple[int, int, int, int]]:
    """Boxes for so many characters: columns from right to left, each filled from the top."""
    columns = 1 if count <= 3 else 2 if count <= 8 else 3
    rows = -(-count // columns)
    gap = max(1, height // 50)
    inner_width, inner_height = width - 2 * margin, height - 2 * margin
    for nth in range(count):
        column, row = divmod(nth, rows)
        in_column = min(rows, count - column * rows)
        right = width - margin - column * inner_width // columns
        left = width - margin - (column + 1) * inner_width // columns
        top = margin + row * inner_height // in_column
        bottom = margin + (row + 1) * inner_height // in_column
        yield left + gap, top + gap, max(left + gap + 1, right - gap), max(top + gap + 1, bottom - gap)


def _draw_strokes(pen: ImageDraw.ImageDraw, code_point: int) -> None:
    """Lines on a four by four grid, chosen by the code point's hash; the first two span the whole cell."""
    digest = hashlib.sha256(code_point.to_bytes(4, "big")).digest()
    corner, step = _GLYPH // 2, _GLYPH // 3
    pen.line([(corner, corner), (corner + 3 * step, corner)], fill=_BLACK, width=18)
    pen.line([(corner, corner + 3 * step), (corner + 3 * step, corner + 3 * step)], fill=_BLACK, width=18)
    for byte in digest[:7]:
        begin = (corner + (byte & 3) * step, corner + (byte >> 2 & 3) * step)
        end = (corner + (byte >> 4 & 3) * step, corner + (byte >> 6 & 3) * step)
        pen.line([begin, end], fill=_BLACK, width=18)


def _as_bmp(picture: Image.Image, dpi: int) -> bytes:
    out = io.BytesIO()
    picture.point(lambda value: _WHITE if value >= 128 else _BLACK).convert("1").save(
        out, "BMP", dpi=(dpi, dpi)
    )
    return out.getvalue()
