"""What lies in a PDF that others made: every object of it, whatever it hides in.

qpdf (pikepdf) reads object streams, cross-reference streams and later revisions, and undoes escapes in names, so ``/J#61vaScript`` in an
object stream is ``/JavaScript`` here. It is not allowed to repair anything: a file that two readers may understand in two ways is
refused. Nothing is drawn or run. Bounds of time and memory are the caller's (konbinid.intake.examiner).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

import pikepdf

_POINTS_PER_MM = 72 / 25.4
_A4_MM = (210.0, 297.0)
_TOLERANCE_MM = 1.0
_PARENTS = 64  # a page tree that is deeper is none


class PdfFault(StrEnum):
    """Why a register's PDF is not taken. Contract 2, KOSEKI and FUHYO."""

    BROKEN = "pdf_broken"
    ENCRYPTED = "pdf_encrypted"
    SCRIPT = "pdf_script"
    ACTION = "pdf_action"
    ENCLOSURE = "pdf_enclosure"
    FONT = "pdf_font"
    SIZE = "pdf_size"
    PAGES = "pdf_pages"
    NAME = "pdf_name"


class NotReadable(ValueError):
    """It cannot be read, or not without guessing."""

    def __init__(self, fault: PdfFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


# What a key of any dictionary, wherever it lies, says. /AA acts by itself; a base URI and /F of a stream reach outside the file; PostScript
# is a program for the printer.
_KEYS = {
    "/JS": PdfFault.SCRIPT,
    "/JavaScript": PdfFault.SCRIPT,
    "/AA": PdfFault.ACTION,
    "/URI": PdfFault.ACTION,
    "/EF": PdfFault.ENCLOSURE,
    "/EmbeddedFiles": PdfFault.ENCLOSURE,
    "/Collection": PdfFault.ENCLOSURE,
    "/RichMediaContent": PdfFault.ENCLOSURE,
    "/XFA": PdfFault.ENCLOSURE,
    "/FFilter": PdfFault.ENCLOSURE,
    "/OPI": PdfFault.ENCLOSURE,
}
# Of the types of action only GoTo is left: it shows another place of the same document.
_ACTIONS = frozenset(
    [
        "/GoTo3DView",
        "/GoToE",
        "/GoToR",
        "/Hide",
        "/ImportData",
        "/Launch",
        "/Movie",
        "/Named",
        "/Rendition",
        "/ResetForm",
        "/RichMediaExecute",
        "/SetOCGState",
        "/Sound",
        "/SubmitForm",
        "/Thread",
        "/Trans",
        "/URI",
    ]
)
_SUBTYPES = {
    "/PS": PdfFault.SCRIPT,
    "/FileAttachment": PdfFault.ENCLOSURE,
    "/RichMedia": PdfFault.ENCLOSURE,
    "/Screen": PdfFault.ENCLOSURE,
    "/Movie": PdfFault.ENCLOSURE,
    "/Sound": PdfFault.ENCLOSURE,
    "/3D": PdfFault.ENCLOSURE,
}
_TYPES = {"/Filespec": PdfFault.ENCLOSURE, "/F": PdfFault.ENCLOSURE, "/EmbeddedFile": PdfFault.ENCLOSURE}
_SHOWS_TEXT = frozenset({"Tj", "TJ", "'", '"'})

_STREAM = pikepdf.ObjectType.stream
_DICTIONARY = pikepdf.ObjectType.dictionary
_ARRAY = pikepdf.ObjectType.array


@contextmanager
def opened(content: bytes) -> Iterator[Foreign]:
    """The document while the block runs. NotReadable when it cannot be opened as it stands, or something in it had to be guessed."""
    if not content.startswith(b"%PDF-") or content.rpartition(b"%%EOF")[2].strip(b"\x00\t\n\f\r "):
        raise NotReadable(PdfFault.BROKEN)
    try:
        with pikepdf.open(io.BytesIO(content), attempt_recovery=False, suppress_warnings=True) as document:
            if document.is_encrypted:
                raise NotReadable(PdfFault.ENCRYPTED)
            yield Foreign(document)
            if document.get_warnings():
                raise NotReadable(PdfFault.BROKEN)
    except (MemoryError, NotReadable):
        raise
    except pikepdf.PasswordError:
        raise NotReadable(PdfFault.ENCRYPTED) from None
    except Exception:  # noqa: BLE001  # an object that is not of the type that it must be: to pikepdf that is any kind of error
        raise NotReadable(PdfFault.BROKEN) from None


class Foreign:
    """An open document."""

    def __init__(self, document: pikepdf.Pdf) -> None:
        self._document = document
        self._fonts: dict[
            str, list[Any]
        ] = {}  # name in a resource dictionary -> the fonts under it, anywhere
        self._drawings: list[Any] = []  # streams of drawing operators besides the pages'

    def __len__(self) -> int:
        """Its pages; NotReadable when it says that it has another number of them."""
        pages = len(self._document.pages)
        if self._document.Root.Pages.Count != pages:
            raise NotReadable(PdfFault.BROKEN)
        return pages

    def faults(self) -> set[PdfFault]:
        """What it holds that it must not, its pages' sizes aside."""
        found: set[PdfFault] = set()
        for each in self._dictionaries():
            found |= self._look_at(*each)
        if self._shows_font_from_elsewhere():
            found.add(PdfFault.FONT)
        return found

    def is_a4(self) -> bool:
        """Whether every page is seen and printed as upright A4, ± 1 mm, by readers that know of UserUnit or cropping and by others."""
        return all(_is_a4(page.obj) for page in self._document.pages)

    def _dictionaries(self) -> Iterator[tuple[Any, bool]]:
        """Every dictionary of every object that the cross-reference names, and whether it is a stream's."""
        waiting: list[Any] = [self._document.trailer, *self._document.objects]
        while waiting:
            each = waiting.pop()
            kind = each._type_code  # noqa: SLF001  # isinstance costs ten times as much
            if kind == _ARRAY:
                inside = list(each)
            elif kind in {_DICTIONARY, _STREAM}:
                held = each.stream_dict if kind == _STREAM else each
                yield each, kind == _STREAM
                inside = [value for _, value in held.items()]
            else:
                continue
            # What is referred to comes by itself: it is an object of the document.
            waiting += [one for one in inside if isinstance(one, pikepdf.Object) and not one.is_indirect]

    def _look_at(self, each: Any, is_stream: bool) -> set[PdfFault]:  # noqa: FBT001  # as _dictionaries gives it
        keys = set(each.keys())
        found = {fault for key, fault in _KEYS.items() if key in keys}
        subtype = _name(each, "/Subtype", keys)
        action = _name(each, "/S", keys)
        if action in _ACTIONS:
            found.add(PdfFault.ACTION)
        if action == "/JavaScript":
            found.add(PdfFault.SCRIPT)
        found |= {
            table[name]
            for table, name in ((_SUBTYPES, subtype), (_TYPES, _name(each, "/Type", keys)))
            if name in table
        }
        if (is_stream and "/F" in keys) or (subtype == "/Form" and "/Ref" in keys):
            found.add(PdfFault.ENCLOSURE)
        if is_stream and (subtype == "/Form" or "/PatternType" in keys):
            self._drawings.append(each)
        if "/Font" in keys:
            self._note_fonts(each["/Font"])
        if "/CharProcs" in keys:
            self._drawings += [one for _, one in each["/CharProcs"].items()]
        return found

    def _note_fonts(self, held: Any) -> None:
        """/Font of a resource dictionary names fonts; that of a graphics state is a font and its size."""
        if isinstance(held, pikepdf.Dictionary):
            for name, font in held.items():
                self._fonts.setdefault(name, []).append(font)
        elif isinstance(held, pikepdf.Array) and len(held):
            self._fonts.setdefault("", []).append(held[0])

    def _shows_font_from_elsewhere(self) -> bool:
        """Whether text is shown in a font that does not lie in the file. One that is only listed harms nobody: some writers always do.

        Names are looked at throughout the file, not page by page: at worst a font is thought to be used that is not.
        """
        elsewhere = {name for name, fonts in self._fonts.items() if not all(map(_is_embedded, fonts))}
        if not elsewhere:
            return False
        drawings = [page.obj for page in self._document.pages] + self._drawings
        return "" in elsewhere or not elsewhere.isdisjoint(_fonts_shown(drawings))


def _name(each: Any, key: str, keys: Iterable[str]) -> str:
    """A name that stands under a key, also by reference; the empty text when there is none."""
    if key not in keys:
        return ""
    value = each[key]
    return str(value) if isinstance(value, pikepdf.Name) else ""


def _is_embedded(font: Any) -> bool:
    if not isinstance(font, pikepdf.Dictionary):
        return False
    subtype = font.get("/Subtype")
    if subtype == "/Type3":
        return True  # drawn by the document's own operators
    if subtype == "/Type0":
        descendants = font.get("/DescendantFonts")
        return (
            isinstance(descendants, pikepdf.Array) and len(descendants) == 1 and _has_program(descendants[0])
        )
    return _has_program(font)


def _has_program(font: Any) -> bool:
    descriptor = font.get("/FontDescriptor") if isinstance(font, pikepdf.Dictionary) else None
    if not isinstance(descriptor, pikepdf.Dictionary):
        return False
    return any(isinstance(descriptor.get(f"/FontFile{which}"), pikepdf.Stream) for which in ("", "2", "3"))


def _fonts_shown(drawings: list[Any]) -> set[str]:
    """Names of the fonts in which any operator shows text."""
    chosen: set[str] = set()
    shown: set[str] = set()
    inherits = False
    for each in drawings:
        current, kept = "", []
        for instruction in pikepdf.parse_content_stream(each):
            operator = str(instruction.operator)
            if operator == "Tf":
                current = str(instruction.operands[0])
                chosen.add(current)
            elif operator == "q":
                kept.append(current)
            elif operator == "Q":
                current = kept.pop() if kept else ""
            elif operator in _SHOWS_TEXT:
                shown.add(current)
                inherits = inherits or not current  # the font of whoever calls this drawing
    return chosen | shown if inherits else shown


def _is_a4(page: Any) -> bool:
    if page.get("/UserUnit", 1) != 1:
        return False
    turned = int(_inherited(page, "/Rotate", 0)) % 360
    media = _inherited(page, "/MediaBox", None)
    boxes = [box for box in (media, _inherited(page, "/CropBox", media)) if box is not None]
    return turned % 90 == 0 and len(boxes) == 2 and all(_is_upright_a4(box, turned) for box in boxes)


def _is_upright_a4(box: Any, turned: int) -> bool:
    left, lower, right, upper = (float(each) for each in box)
    sides = (abs(right - left), abs(upper - lower))
    return measures_a4(*(reversed(sides) if turned % 180 else sides))


def measures_a4(width: float, height: float) -> bool:
    """Whether a page of so many points is upright A4, ± 1 mm."""
    sides = zip((width, height), _A4_MM, strict=True)
    return all(abs(side / _POINTS_PER_MM - wanted) <= _TOLERANCE_MM for side, wanted in sides)


def _inherited(page: Any, key: str, default: Any) -> Any:
    for _ in range(_PARENTS):
        if key in page:
            return page[key]
        if "/Parent" not in page:
            return default
        page = page["/Parent"]
    raise NotReadable(PdfFault.BROKEN)
