"""「見本」 behind every sheet of the test environment, so that nobody mistakes a test print for a certificate.

Drawn as paths, not as text: it must not appear in the text that read-back and people's tools take from the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportlab.pdfgen.canvas import FILL_NON_ZERO

from konbinid.paper.form import POINTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reportlab.pdfgen.canvas import Canvas

    from konbinid.paper.face import FaceSet
    from konbinid.paper.glyf import Point

TEXT = "見本"
GREY = 0.85  # DeviceGray; at most 20 % ink (certificates.md)
_SIZE = 80.0  # mm
_TURN = 40.0  # degrees


def draw_watermark(canvas: Canvas, faces: FaceSet, width: float, height: float) -> None:
    """Draw it in the middle of a sheet whose top left is the origin; ``width`` and ``height`` in millimetres."""
    glyphs = faces.resolve(TEXT, "watermark")
    size = _SIZE * POINTS
    canvas.saveState()
    canvas.translate(width / 2 * POINTS, -height / 2 * POINTS)
    canvas.rotate(_TURN)
    canvas.setFillGray(GREY)
    x = -size * sum(glyph.width for glyph in glyphs) / 2
    for glyph in glyphs:
        face = faces.faces[glyph.face]
        path = canvas.beginPath()
        for contour in face.outline(glyph.gid):
            scaled = [
                (x + px * size / face.units, (py / face.units - 0.38) * size, on) for px, py, on in contour
            ]
            _trace(path, scaled)
        canvas.drawPath(path, stroke=0, fill=1, fillMode=FILL_NON_ZERO)
        x += glyph.width * size
    canvas.restoreState()


def _trace(path: object, contour: list[Point]) -> None:
    """One contour; PDF knows cubic curves only."""
    start, curves = cubic(contour)
    path.moveTo(*start)  # type: ignore[attr-defined]  # reportlab ships no types
    for curve in curves:
        path.curveTo(*curve)  # type: ignore[attr-defined]  # likewise
    path.close()  # type: ignore[attr-defined]  # likewise


Cubic = tuple[float, float, float, float, float, float]


def cubic(contour: list[Point]) -> tuple[tuple[float, float], list[Cubic]]:
    """A TrueType contour (quadratic, midpoints implied) as a start and cubic curves that come back to it."""
    points = list(_explicit(contour))
    first = next(index for index, point in enumerate(points) if point[2])
    points = points[first:] + points[: first + 1]
    curves = []
    x0, y0, _ = points[0]
    control: Point | None = None
    for x, y, on in points[1:]:
        if not on:
            control = (x, y, on)
            continue
        cx, cy, _ = control or ((x0 + x) / 2, (y0 + y) / 2, False)
        curves.append(
            (x0 + (cx - x0) * 2 / 3, y0 + (cy - y0) * 2 / 3, x + (cx - x) * 2 / 3, y + (cy - y) * 2 / 3, x, y)
        )
        x0, y0, control = x, y, None
    return points[0][:2], curves


def _explicit(contour: list[Point]) -> Iterator[Point]:
    """The contour with the implied points between two controls written out."""
    for index, (x, y, on) in enumerate(contour):
        before = contour[index - 1]
        if not on and not before[2]:
            yield (before[0] + x) / 2, (before[1] + y) / 2, True
        yield x, y, on
