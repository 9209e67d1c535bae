"""The little of pdfium that read-back and the examination of registers' PDFs use: an independent reader's view of a finished page.

pdfium may be entered by one thread at a time; a lock sees to it. It is held while a page is open and never while only a
document is: read-back pauses between pages, and the next certificate's must not wait for it. The lock is re-entrant
because an abandoned document may be closed at any moment, also while this thread has a page open.
"""

from __future__ import annotations

import ctypes
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pypdfium2.raw as pdfium

from konbinid.domain.redact import Redacted

if TYPE_CHECKING:
    from collections.abc import Iterator

_ONE_AT_A_TIME = threading.RLock()


class PdfiumRefused(ValueError):
    """pdfium cannot open the document or a page of it."""


@dataclass(frozen=True, slots=True, repr=False)
class Image(Redacted):
    """An image on a page: pixels, decoded bytes, and where it stands in points (lower left, width, height)."""

    width: int
    height: int
    data: bytes
    x: float
    y: float
    w: float
    h: float
    upright: bool


@contextmanager
def opened(document: bytes) -> Iterator[Document]:
    """The document, open while the block runs. PdfiumRefused when pdfium does not take it."""
    with _ONE_AT_A_TIME:
        handle = pdfium.FPDF_LoadMemDocument64(document, len(document), None)
    if not handle:
        raise PdfiumRefused("document")
    try:
        yield Document(handle)
    finally:
        with _ONE_AT_A_TIME:
            pdfium.FPDF_CloseDocument(handle)


class Document:
    """An open document."""

    def __init__(self, handle: Any) -> None:
        self._handle = handle

    def __len__(self) -> int:
        with _ONE_AT_A_TIME:
            return int(pdfium.FPDF_GetPageCount(self._handle))

    def information(self, key: str) -> str:
        """An entry of the document information; empty when it is not there."""
        room = ctypes.create_string_buffer(512)
        with _ONE_AT_A_TIME:
            size = pdfium.FPDF_GetMetaText(self._handle, key.encode("ascii"), room, 512)
        return room.raw[: max(0, min(size, 512) - 2)].decode("utf-16-le", "replace")

    def is_intact(self) -> bool:
        """Whether it was opened as it stands, not pieced together from what looks like objects."""
        with _ONE_AT_A_TIME:
            return bool(pdfium.FPDF_DocumentHasValidCrossReferenceTable(self._handle))

    def scripts(self) -> int:
        """How many scripts the document names; negative when that cannot be read."""
        with _ONE_AT_A_TIME:
            return int(pdfium.FPDFDoc_GetJavaScriptActionCount(self._handle))

    def attachments(self) -> int:
        """How many files are attached to the document."""
        with _ONE_AT_A_TIME:
            return int(pdfium.FPDFDoc_GetAttachmentCount(self._handle))

    @contextmanager
    def page(self, index: int) -> Iterator[Page]:
        """One page with its text; do not pause while it is open. PdfiumRefused."""
        with _ONE_AT_A_TIME:
            page = pdfium.FPDF_LoadPage(self._handle, index)
            if not page:
                raise PdfiumRefused("page")
            try:
                text = pdfium.FPDFText_LoadPage(page)
                if not text:
                    raise PdfiumRefused("text")
                try:
                    yield Page(page, text)
                finally:
                    pdfium.FPDFText_ClosePage(text)
            finally:
                pdfium.FPDF_ClosePage(page)


class Page:
    """An open page."""

    def __init__(self, page: Any, text: Any) -> None:
        self._page, self._text = page, text
        self._count = int(pdfium.FPDFText_CountChars(text))
        self._room = (ctypes.c_ushort * (2 * self._count + 2))()

    def size(self) -> tuple[float, float]:
        """Width and height in points."""
        return float(pdfium.FPDF_GetPageWidthF(self._page)), float(pdfium.FPDF_GetPageHeightF(self._page))

    def text(self) -> str:
        """Everything that can be read on the page."""
        return self._taken(pdfium.FPDFText_GetText(self._text, 0, self._count, self._room))

    def text_in(self, left: float, top: float, right: float, bottom: float) -> str:
        """What can be read inside a rectangle (points from the lower left)."""
        room = len(self._room)
        return self._taken(
            pdfium.FPDFText_GetBoundedText(self._text, left, top, right, bottom, self._room, room)
        )

    def picture(self, dpi: int) -> tuple[int, int, bytes]:
        """The page as it looks: width and height in pixels, and one grey byte a pixel (0 = black), row by row. For people, never for proof."""
        width, height = (round(points * dpi / 72) for points in self.size())
        bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_Gray, None, 0)
        if not bitmap:
            raise PdfiumRefused("picture")
        try:
            pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
            pdfium.FPDF_RenderPageBitmap(
                bitmap, self._page, 0, 0, width, height, 0, pdfium.FPDF_GRAYSCALE | pdfium.FPDF_PRINTING
            )
            stride = pdfium.FPDFBitmap_GetStride(bitmap)
            rows = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * height)
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)
        return width, height, b"".join(rows[at : at + width] for at in range(0, stride * height, stride))

    def _taken(self, units: int) -> str:
        # pdfium takes a hyphen at a line's end for a word division and gives U+FFFE, or U+0002 inside a rectangle.
        # Neither can stand in a content; that no code without a meaning is shown is proven by ``structure``.
        text = ctypes.string_at(self._room, 2 * units).decode("utf-16-le", "replace")
        return text.replace("\ufffe", "-").replace("\x02", "-").replace("\0", "")

    def objects(self) -> tuple[list[bytes], list[Image]]:
        """The font programs that the page's own text is drawn with (each once), and its images."""
        fonts: dict[int, bytes] = {}
        images = []
        for index in range(pdfium.FPDFPage_CountObjects(self._page)):
            item = pdfium.FPDFPage_GetObject(self._page, index)
            kind = pdfium.FPDFPageObj_GetType(item)
            if kind == pdfium.FPDF_PAGEOBJ_TEXT:
                font = pdfium.FPDFTextObj_GetFont(item)
                address = ctypes.addressof(font.contents)
                if address not in fonts:
                    fonts[address] = _program(font)
            elif kind == pdfium.FPDF_PAGEOBJ_IMAGE:
                images.append(_image(item))
        return list(fonts.values()), images


def _program(font: Any) -> bytes:
    size = ctypes.c_ulong()
    pdfium.FPDFFont_GetFontData(font, None, 0, ctypes.byref(size))
    room = (ctypes.c_ubyte * size.value)()
    if not pdfium.FPDFFont_GetFontData(font, room, size.value, ctypes.byref(size)):
        raise PdfiumRefused("font")
    return bytes(room)


def _image(item: Any) -> Image:
    width, height = ctypes.c_uint(), ctypes.c_uint()
    matrix = pdfium.FS_MATRIX()
    size = pdfium.FPDFImageObj_GetImageDataDecoded(item, None, 0)
    room = ctypes.create_string_buffer(size)
    if not (
        pdfium.FPDFImageObj_GetImagePixelSize(item, width, height)
        and pdfium.FPDFPageObj_GetMatrix(item, matrix)
        and pdfium.FPDFImageObj_GetImageDataDecoded(item, room, size) == size
    ):
        raise PdfiumRefused("image")
    upright = matrix.b == 0 and matrix.c == 0
    return Image(width.value, height.value, room.raw, matrix.e, matrix.f, matrix.a, matrix.d, upright)
