"""The fixed parts of a form: drawn once with reportlab, then kept as finished PDF objects.

reportlab draws the rules and labels through its protocol for dynamic fonts, with our own glyphs and codes; the operators
it made become one form XObject per part (sheet, table with its present fields, unused place). A certificate only places
these. Nothing here ever sees a person's data, so keeping it between certificates is safe (I-05).
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from konbinid.paper.face import MissingGlyph
from konbinid.paper.form import EM_TOP, PADDING, POINTS, Align, Form, Label
from konbinid.paper.layout import Part, SheetPart, all_parts, fixed_part
from konbinid.paper.subset import Subset, font_objects, stream
from konbinid.paper.watermark import draw_watermark

if TYPE_CHECKING:
    from konbinid.paper.face import FaceSet, Glyph

LABEL_LEADING = 1.05  # two lines of 8 pt stand in a row of 7 mm
BEST = 9  # zlib level for what is packed once
FIRST_FONT = (
    6  # object number; before it catalogue, pages, information, metadata and the profile of the output intent
)


class BadLabel(ValueError):
    """A label of a form that cannot be drawn: no glyph, or too wide for its frame. Names the place in the file."""

    def __init__(self, label: Label, reason: str) -> None:
        super().__init__(f"{label.at}: {reason}")


class _LabelFont:
    """reportlab's protocol for fonts that number their glyphs while drawing (as its TrueType fonts do)."""

    _dynamicFont = 1  # noqa: N815 - reportlab's name
    _multiByte = 1  # noqa: N815 - reportlab's name
    shapable = False

    def __init__(self, name: str, labels: Labels) -> None:
        self.fontName = name  # reportlab's name
        self._labels = labels

    def splitString(self, text: str, _document: object) -> list[tuple[int, bytes]]:  # noqa: N802 - reportlab's name
        """Codes by font, in runs."""
        runs: list[tuple[int, bytes]] = []
        for glyph in self._labels.faces.resolve(text, "label"):
            code = struct.pack(">H", self._labels.subsets[glyph.face].code(glyph))
            if runs and runs[-1][0] == glyph.face:
                runs[-1] = (glyph.face, runs[-1][1] + code)
            else:
                runs.append((glyph.face, code))
        return runs

    def stringWidth(self, text: str, size: float, encoding: str = "utf8") -> float:  # noqa: ARG002, N802 - reportlab's
        """In points."""
        return size * sum(glyph.width for glyph in self._labels.faces.resolve(text, "label"))

    def getSubsetInternalName(self, subset: int, _document: object) -> str:  # noqa: N802 - reportlab's name
        """What the operators call it; the XObject's resources use the same name."""
        return f"/L{subset}"


class Labels:
    """The label font of one form: every character of its labels, in one subset per base face, made once."""

    def __init__(self, form: Form, faces: FaceSet) -> None:
        self.faces = faces
        self.subsets = [Subset(face) for face in faces.bases]
        for part in all_parts(form):
            for label in fixed_part(form, part).labels:
                for line in label.lines:
                    for glyph in self.glyphs(line, label):
                        self.subsets[glyph.face].code(glyph)
        used = [index for index, subset in enumerate(self.subsets) if subset.codes]
        numbers = {index: FIRST_FONT + 5 * place for place, index in enumerate(used)}
        self.objects = [
            each
            for index in used
            for each in font_objects(self.subsets[index], f"LABEL{chr(65 + index)}", numbers[index], BEST)
        ]
        self.resources = b"".join(b"/L%d %d 0 R" % (index, number) for index, number in numbers.items())

    def glyphs(self, text: str, label: Label) -> list[Glyph]:
        """The glyphs of a label. BadLabel for 外字 too: a label must not depend on a 外字 version."""
        try:
            glyphs = self.faces.resolve(text, label.at)
        except MissingGlyph as missing:
            raise BadLabel(label, f"文字がフォントにありません: {', '.join(missing.tokens)}") from missing
        if any(glyph.face >= len(self.subsets) for glyph in glyphs):
            raise BadLabel(label, "見出しに外字は使えません。")
        return glyphs


class Template:
    """A form's fixed parts as PDF objects: ``fonts`` are numbered from FIRST_FONT, ``part`` gives an XObject."""

    def __init__(self, form: Form, faces: FaceSet) -> None:
        self._form = form
        self._labels = Labels(form, faces)
        self._parts: dict[Part, bytes] = {}
        for part in all_parts(form):
            self.part(part)

    @property
    def fonts(self) -> list[bytes]:
        """The label fonts' objects."""
        return self._labels.objects

    def part(self, part: Part) -> bytes:
        """The form XObject of one fixed part. BadLabel when a label does not fit."""
        drawn = self._parts.get(part)
        if drawn is None:
            drawn = self._parts[part] = self._draw(part)
        return drawn

    def owns(self, xobject: bytes) -> bool:
        """Whether these are the bytes of one of this template's parts."""
        return xobject in self._parts.values()

    def _draw(self, part: Part) -> bytes:
        fixed = fixed_part(self._form, part)
        name = f"konbinid labels {id(self._labels)}"
        # Not registerFont: it would hand a later font the glyph codes of an earlier one of the same face, and has no
        # counterpart that removes a font again.
        pdfmetrics._fonts[name] = _LabelFont(name, self._labels)  # noqa: SLF001 - see above
        try:
            canvas = Canvas(io.BytesIO(), pageCompression=0, initialFontName=name)
            # A part's own top left is the origin; reportlab, like PDF, counts upwards. A sheet starts at its top.
            if isinstance(part, SheetPart) and part.specimen:
                draw_watermark(canvas, self._labels.faces, self._form.width, self._form.height)
            canvas.setFillGray(0)
            for rule in fixed.rules:
                canvas.setLineWidth(rule.width)
                canvas.line(rule.x1 * POINTS, -rule.y1 * POINTS, rule.x2 * POINTS, -rule.y2 * POINTS)
            for label in fixed.labels:
                self._draw_label(canvas, name, label)
            operators = "\n".join(canvas._code)  # noqa: SLF001 - reportlab has no other way to keep operators
        finally:
            del pdfmetrics._fonts[name]  # noqa: SLF001 - see above
        return self._xobject(operators.encode("latin-1"))

    def _draw_label(self, canvas: Canvas, name: str, label: Label) -> None:
        canvas.setFont(name, label.size)
        frame, size = label.frame, label.size
        leading = size * LABEL_LEADING
        top = frame.y * POINTS + (frame.h * POINTS - size - leading * (len(label.lines) - 1)) / 2
        for index, line in enumerate(label.lines):
            widths = [glyph.width * size for glyph in self._labels.glyphs(line, label)]
            spare = frame.w * POINTS - sum(widths)
            if spare < 0 or top < frame.y * POINTS - 0.01:
                raise BadLabel(label, "見出しが枠に入りません。枠を広げるか、文字を減らしてください。")
            x, space = _across(label.align, frame.w * POINTS, spare, len(widths))
            y = top + leading * index + EM_TOP * size
            canvas.drawString(frame.x * POINTS + x, -y, line, charSpace=space)

    def _xobject(self, operators: bytes) -> bytes:
        # Wide enough for every part, whichever way it is measured: nothing is clipped.
        span = round(max(self._form.width, self._form.height) * POINTS) + 1
        entries = b"/Type/XObject/Subtype/Form/BBox[%d %d %d %d]/Resources<</Font<<%s>>>>" % (
            *(-span, -span, span, span),
            self._labels.resources,
        )
        return stream(operators, entries, BEST)


def _across(align: Align, width: float, spare: float, glyphs: int) -> tuple[float, float]:
    """Where a line starts in its frame, and the space between its glyphs."""
    match align:
        case Align.LEFT:
            return min(spare / 2, PADDING * POINTS), 0
        case Align.RIGHT:
            return spare - min(spare / 2, PADDING * POINTS), 0
        case Align.SPREAD if glyphs > 1:
            margin = min(spare / 2, max(PADDING * POINTS, 0.13 * width))
            return margin, (spare - 2 * margin) / (glyphs - 1)
    return spare / 2, 0
