"""The variable text of one certificate: glyphs found, made to fit, and written as page operators.

A galley lives for one print and collects the glyphs that the document must embed; the next print has its own (I-05).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from konbinid.paper.face import MissingGlyph, tokens_of
from konbinid.paper.fitting import LEADING, Fitted, fit, line_width
from konbinid.paper.form import EM_TOP, PADDING, POINTS, Align
from konbinid.paper.pdf import number
from konbinid.paper.subset import Subset

if TYPE_CHECKING:
    from konbinid.paper.face import FaceSet
    from konbinid.paper.layout import Sheet, Spot

_SHARE = {Align.LEFT: 0.0, Align.CENTRE: 0.5, Align.RIGHT: 1.0, Align.SPREAD: 0.0}


class _Sort(NamedTuple):
    """A token cast for this document: the font that shows it, its code in hex, its width in ems."""

    font: int
    code: str
    width: float


class Galley:
    """Sets the sheets of one document. ``subsets`` are the glyphs used so far, by index of the face."""

    def __init__(self, faces: FaceSet, page_height: float) -> None:
        self.subsets: dict[int, Subset] = {}
        self._faces = faces
        self._height = page_height
        self._cast: dict[str, _Sort] = {}

    def set_sheet(self, sheet: Sheet) -> bytes:
        """The text operators of one sheet. MissingGlyph, DoesNotFit."""
        operators = ["BT\n"]
        for spot in sheet.spots:
            self._set(spot, operators)
        operators.append("ET\n")
        return "".join(operators).encode("ascii")

    def _set(self, spot: Spot, operators: list[str]) -> None:
        tokens = tokens_of(spot.text)
        sorts = self._sorts(tokens, spot.place)
        widths = [sort.width for sort in sorts]
        fitted = fit(tokens, widths, spot.box.room, spot.place)
        size, scale = number(fitted.size), number(fitted.scale)
        for line, y in zip(fitted.lines, self._baselines(spot, fitted), strict=True):
            x = _start(spot, line_width(tokens, widths, fitted, line))
            operators.append(f"{scale} 0 0 1 {number(x)} {number(y)} Tm\n")
            _show(sorts[slice(*line)], size, operators)

    def _sorts(self, tokens: list[str], where: str) -> list[_Sort]:
        cast = self._cast
        new = [token for token in tokens if token not in cast]
        missing = [token for token in new if not self._found(token)]
        if missing:
            raise MissingGlyph(missing, where)
        return [cast[token] for token in tokens]

    def _found(self, token: str) -> bool:
        """Cast one token; False when no face has it."""
        glyph = self._faces.find(token)
        if glyph is None:
            return False
        subset = self.subsets.get(glyph.face)
        if subset is None:
            subset = self.subsets[glyph.face] = Subset(self._faces.faces[glyph.face])
        self._cast[token] = _Sort(glyph.face, f"{subset.code(glyph):04X}", glyph.width)
        return True

    def _baselines(self, spot: Spot, fitted: Fitted) -> list[float]:
        """The baseline of every line, in points from the sheet's foot: the lines stand in the middle of the frame."""
        height = fitted.size * (1 + LEADING * (len(fitted.lines) - 1))
        frame = spot.box.frame
        top = (spot.y + frame.y) * POINTS + (frame.h * POINTS - height) / 2
        first = self._height - top - EM_TOP * fitted.size
        return [first - LEADING * fitted.size * row for row in range(len(fitted.lines))]


def _start(spot: Spot, width: float) -> float:
    """Where a line begins, in points from the sheet's left edge."""
    box = spot.box
    return (spot.x + box.frame.x + PADDING) * POINTS + (box.room.width - width) * _SHARE[box.type.align]


def _show(sorts: list[_Sort], size: str, operators: list[str]) -> None:
    """A line of glyphs, in runs of one font each."""
    at = 0
    while at < len(sorts):
        font = sorts[at].font
        end = at + 1
        while end < len(sorts) and sorts[end].font == font:
            end += 1
        codes = "".join([sort.code for sort in sorts[at:end]])
        operators.append(f"/V{font} {size} Tf <{codes}> Tj\n")
        at = end
