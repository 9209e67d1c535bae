"""The second look at a finished certificate, before anybody gets it (house.md step 6; incidents.md, invariant 1).

The bytes are read with pdfium, which shares nothing with the press: every text in its box, nothing else on the sheet,
the images at their true size. Then the file's structure is walked: every font's codes draw the pinned font's outlines
for exactly the text they claim, no stream draws anything that could change or hide ink. Text proves ToUnicode,
outlines prove the ink. Nothing found here is ever corrected: a mismatch refuses the document.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from konbinid.paper.expectation import ExpectedSheet, expect
from konbinid.paper.face import tokens_of
from konbinid.paper.form import POINTS
from konbinid.paper.pdf_objects import Misread
from konbinid.paper.pdfium import PdfiumRefused, opened
from konbinid.paper.structure import Piece, prove_structure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from konbinid.domain.content import Content
    from konbinid.paper.form import Form, Frame
    from konbinid.paper.pdfium import Document, Image, Page
    from konbinid.paper.press import Press
    from konbinid.paper.template import Template

_NEAR = 0.1 * POINTS  # the tolerance of 印影, 0.1 mm
_AT = 0.01  # points: coordinates are written to a thousandth
_INSET = 0.5  # mm: a neighbour's text that touches the edge of a box does not stand in it
_GAPS = {ord(char): None for char in " \u3000\r\n\t"}


class ReadbackMismatch(Exception):
    """The finished document is not what the content says. ``place`` names sheet and field, never a value."""

    def __init__(self, place: str) -> None:
        self.place = place
        super().__init__(f"read-back: {place}")


def check(document: bytes, content: Content, press: Press) -> None:
    """Compare a finished document with its content, form and fonts. ReadbackMismatch when they differ; UnknownForm when
    the press does not have the content's form. Costs 3 to 5 ms a page."""
    for _ in sheet_by_sheet(document, content, press):
        pass


def sheet_by_sheet(document: bytes, content: Content, press: Press) -> Iterator[None]:
    """The same, pausing before each step when there are several sheets: ten of them take longer than the reactor may be
    kept. The document counts as read back only when this has come to its end."""
    form = press.form(content)
    try:
        sheets = expect(form, content)
        template, several = press.template(content), len(sheets) > 1
        if several:
            yield
        found = prove_structure(document, template, press.faces, len(sheets), specimen=content.specimen)
        with opened(document) as pdf:
            _check_document(pdf, content, form, len(sheets))
            for index, sheet in enumerate(sheets):
                if several:
                    yield  # never inside pdf.page(): it holds pdfium's lock
                with pdf.page(index) as page:
                    where = f"sheet {index + 1}"
                    _check_page(page, sheet, where, form)
                    if found.own_parts:
                        _check_pieces(found.pieces[index], sheet, template, form, where)
                    else:
                        _check_labels(page, sheet, where, form)
                    fonts, images = page.objects()
                    if not found.programs[index].issuperset(fonts):
                        raise ReadbackMismatch(f"{where} fonts")
                    _check_images(images, content, form, where)
    except (Misread, PdfiumRefused) as wrong:
        raise ReadbackMismatch(str(wrong)) from None
    except (LookupError, AttributeError, TypeError, ValueError, RecursionError):
        # A structure that no press writes, or a content that this form cannot hold: in doubt, refuse.
        raise ReadbackMismatch("structure") from None


def _check_document(pdf: Document, content: Content, form: Form, sheets: int) -> None:
    if len(pdf) != sheets:
        raise ReadbackMismatch("pages")
    claims = {
        "IssuanceNumber": content.issuance_number,
        "Kind": content.kind.value,
        "FormVersion": content.form_version,
        "Title": form.title_lines(content.title)[0],
    }
    for key, value in claims.items():
        if pdf.information(key) != value:
            raise ReadbackMismatch(f"information {key}")


def _check_page(page: Page, sheet: ExpectedSheet, where: str, form: Form) -> None:
    width, height = page.size()
    if abs(width - form.width * POINTS) > 0.01 or abs(height - form.height * POINTS) > 0.01:
        raise ReadbackMismatch(f"{where} size")
    if _tokens(page.text()) != _tokens(sheet.everything()):
        raise ReadbackMismatch(f"{where} text")
    for place, frame, text in sheet.boxes:
        if _bare(page.text_in(*_edges(frame, form.height))) != _bare(text):
            raise ReadbackMismatch(f"{where} {place}")


def _check_pieces(
    pieces: list[Piece], sheet: ExpectedSheet, template: Template, form: Form, where: str
) -> None:
    """The fixed parts, all of them this press's own: which ones, and where. Two tables in each other's places would put values under wrong labels."""
    wanted = [(template.part(part), x * POINTS, (form.height - y) * POINTS) for part, x, y in sheet.parts]
    if len(pieces) != len(wanted):
        raise ReadbackMismatch(f"{where} parts")
    for (is_part, *is_at), (part, *at) in zip(sorted(pieces), sorted(wanted), strict=True):
        if is_part != part or any(abs(one - other) > _AT for one, other in zip(is_at, at, strict=True)):
            raise ReadbackMismatch(f"{where} parts")


def _check_labels(page: Page, sheet: ExpectedSheet, where: str, form: Form) -> None:
    """Every label in its frame: for fixed parts that are not this press's own bytes (an older document)."""
    for frame, text in sheet.labels:
        if _bare(page.text_in(*_edges(frame, form.height))) != _bare(text):
            raise ReadbackMismatch(f"{where} label")


def _bare(text: str) -> str:
    """Without gaps, which leave no ink: pdfium adds some between words and lines."""
    return text.translate(_GAPS)


def _tokens(text: str) -> Counter[str]:
    return Counter(tokens_of(_bare(text)))


def _edges(frame: Frame, height: float) -> tuple[float, float, float, float]:
    """Left, top, right, bottom in points from the lower left."""
    return (
        (frame.x + _INSET) * POINTS,
        (height - frame.y - _INSET) * POINTS,
        (frame.x + frame.w - _INSET) * POINTS,
        (height - frame.y - frame.h + _INSET) * POINTS,
    )


def _check_images(images: list[Image], content: Content, form: Form, where: str) -> None:
    """公印 and 印影: their pixels, at their true size, in their places."""
    seal, mark = content.signature.seal, content.impression
    wanted = [("seal", (seal.width, seal.height, seal.rows), (seal.width_mm, seal.height_mm), form.seal)]
    if (mark is None) != (form.impression is None):
        raise ReadbackMismatch(f"{where} impression")
    if mark and form.impression:
        wanted.append(("impression", (mark.width, mark.height, mark.rows), mark.size_mm, form.impression))
    if len(images) != len(wanted):
        raise ReadbackMismatch(f"{where} images")
    for image, (name, pixels, (w, h), frame) in zip(images, wanted, strict=True):
        x = (frame.x + (frame.w - w) / 2) * POINTS
        y = (form.height - frame.y - (frame.h + h) / 2) * POINTS
        near = all(
            abs(is_at - should_be) <= _NEAR
            for is_at, should_be in zip(
                (image.x, image.y, image.w, image.h), (x, y, w * POINTS, h * POINTS), strict=True
            )
        )
        if not near or not image.upright or (image.width, image.height, image.data) != pixels:
            raise ReadbackMismatch(f"{where} {name}")
