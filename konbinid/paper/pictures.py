"""Finished pages as pictures, for people to look at and to compare one form with the next."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFont

from konbinid.paper.pdfium import opened

DPI = 150
_TELLS = 48  # of 256: less is what two renderings of one edge may differ by
_NEAR = 12  # pixels: what differs so close together is marked as one place
_BAND = 24  # pixels above each picture, for its name
_GONE, _NEW = (208, 0, 0), (0, 72, 208)
_HEADS = ("old", "new", "red: only in old   blue: only in new")


def page_pictures(document: bytes, dpi: int = DPI) -> list[Image.Image]:
    """Every page in grey. PdfiumRefused."""
    pictures = []
    with opened(document) as pdf:
        for index in range(len(pdf)):
            with pdf.page(index) as page:
                width, height, rows = page.picture(dpi)
            pictures.append(Image.frombytes("L", (width, height), rows))
    return pictures


@dataclass(frozen=True, slots=True)
class Compared:
    """Two pages beside each other. ``places``: what differs, as (x, y, w, h) in millimetres from the top left; none when they look alike."""

    picture: Image.Image
    places: tuple[tuple[float, float, float, float], ...]


def compare_pages(old: Image.Image | None, new: Image.Image | None, dpi: int = DPI) -> Compared:
    """Old page, new page, and both on top of each other with what differs in colour. A page that is not there is a white one."""
    given = [page for page in (old, new) if page is not None]
    size = max(page.width for page in given), max(page.height for page in given)
    before, after = _on_white(old, size), _on_white(new, size)
    gone = _telling(ImageChops.subtract(after, before))
    added = _telling(ImageChops.subtract(before, after))
    both = before.point([200 + level * 55 // 255 for level in range(256)]).convert("RGB")
    both.paste(_GONE, mask=gone)
    both.paste(_NEW, mask=added)
    sheet = Image.new("RGB", (3 * size[0], size[1] + _BAND), "white")
    pen, face = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    for index, (head, page) in enumerate(zip(_HEADS, (before, after, both), strict=True)):
        sheet.paste(page, (index * size[0], _BAND))
        pen.text((index * size[0] + 8, 3), head, fill="black", font=face)
        pen.line((index * size[0], 0, index * size[0], _BAND - 1), fill="grey")
    places = _places(ImageChops.lighter(gone, added))
    for x0, y0, x1, y1 in places:
        pen.rectangle(
            (2 * size[0] + x0 - 4, y0 + _BAND - 4, 2 * size[0] + x1 + 4, y1 + _BAND + 4),
            outline=(230, 120, 0),
        )
    unit = 25.4 / dpi
    return Compared(
        sheet, tuple((x0 * unit, y0 * unit, (x1 - x0) * unit, (y1 - y0) * unit) for x0, y0, x1, y1 in places)
    )


def _on_white(page: Image.Image | None, size: tuple[int, int]) -> Image.Image:
    sheet = Image.new("L", size, 255)
    if page is not None:
        sheet.paste(page)
    return sheet


def _telling(difference: Image.Image) -> Image.Image:
    return difference.point([255 if level > _TELLS else 0 for level in range(256)])


def _places(marks: Image.Image) -> list[tuple[int, int, int, int]]:
    """Boxes (left, top, right, bottom) around what is marked: rows of marks that are near each other, then columns within them."""
    boxes = []
    for top, bottom in _runs(marks, across=False):
        band = marks.crop((0, top, marks.width, bottom))
        for left, right in _runs(band, across=True):
            inside = band.crop((left, 0, right, band.height)).getbbox()
            if inside is not None:
                boxes.append((left, top + inside[1], right, top + inside[3]))
    return boxes


def _runs(marks: Image.Image, *, across: bool) -> list[tuple[int, int]]:
    """Half-open runs of columns (or rows) with marks, those less than _NEAR apart joined."""
    length = marks.width if across else marks.height
    runs: list[tuple[int, int]] = []
    for at in range(length):
        line = (at, 0, at + 1, marks.height) if across else (0, at, marks.width, at + 1)
        if marks.crop(line).getbbox() is None:
            continue
        if runs and at - runs[-1][1] < _NEAR:
            runs[-1] = (runs[-1][0], at + 1)
        else:
            runs.append((at, at + 1))
    return runs
