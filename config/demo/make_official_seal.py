# ruff: noqa: INP001 - a program beside its picture, not a module
"""Draws official_seal.png, the demo city's 公印: 「見本之印」, four characters of plain strokes that belong to no real city.

    python config/demo/make_official_seal.py

The strokes stand below as lines on a grid of 100 by 100 per character, so no font and no picture of anybody's seal is used.
"""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

PIXELS = 496  # 21 mm at 600 dpi
FRAME = 18  # pixels of the outer frame's line
STROKE = 15
FILE = Path(__file__).with_name("official_seal.png")

# Each character: strokes, each a list of points.
_MI = [
    [(25, 8), (25, 62)],
    [(75, 8), (75, 62)],
    [(25, 8), (75, 8)],
    [(25, 26), (75, 26)],
    [(25, 44), (75, 44)],
    [(25, 62), (75, 62)],
    [(40, 62), (38, 78), (28, 88), (12, 94)],
    [(60, 62), (60, 84), (66, 92), (88, 92), (90, 80)],
]
_HON = [
    [(50, 6), (50, 96)],
    [(10, 28), (90, 28)],
    [(48, 30), (34, 54), (10, 76)],
    [(52, 30), (66, 54), (90, 76)],
    [(32, 74), (68, 74)],
]
_NO = [
    [(50, 6), (50, 22)],
    [(16, 26), (84, 26), (60, 52), (28, 76), (10, 90)],
    [(26, 76), (46, 88), (90, 92)],
]
_IN = [
    [(40, 8), (20, 14), (14, 20), (14, 90)],
    [(14, 44), (44, 44)],
    [(14, 72), (44, 72)],
    [(58, 14), (88, 14), (88, 66), (80, 72), (70, 68)],
    [(58, 14), (58, 96)],
]
# A seal is read from the top of its right column down, then the left one.
_CELLS = ((_MI, 1, 0), (_HON, 1, 1), (_NO, 0, 0), (_IN, 0, 1))


def draw() -> Image.Image:
    """The seal, black on white, one bit a pixel."""
    picture = Image.new("1", (PIXELS, PIXELS), 1)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, PIXELS - 1, PIXELS - 1), outline=0, width=FRAME)
    margin = FRAME + 14
    cell = (PIXELS - 2 * margin) / 2
    for strokes, column, row in _CELLS:
        left, top = margin + column * cell, margin + row * cell
        for stroke in strokes:
            points = [(round(left + x * cell / 100), round(top + y * cell / 100)) for x, y in stroke]
            pen.line(points, fill=0, width=STROKE, joint="curve")
            for x, y in (points[0], points[-1]):
                pen.ellipse((x - STROKE // 2, y - STROKE // 2, x + STROKE // 2, y + STROKE // 2), fill=0)
    return picture


if __name__ == "__main__":
    draw().save(FILE, optimize=True)
