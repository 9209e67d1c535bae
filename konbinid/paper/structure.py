"""Proof of a finished PDF's structure, for read-back: from the catalogue down to every stream and font.

Nothing may be there but what the press writes: no other fonts, no other operators, no actions, no attachments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from konbinid.paper import archive
from konbinid.paper.embedded import ProvenFont, prove_font
from konbinid.paper.operators import Drawn, read_page, read_part
from konbinid.paper.pdf_objects import Misread, PdfFile, Ref, Stream, parse_object
from konbinid.paper.template import FIRST_FONT, Template

if TYPE_CHECKING:
    from konbinid.paper.face import FaceSet

_CATALOGUE = {"Type", "Pages", "Lang", "ViewerPreferences", "Metadata", "OutputIntents"}
_PAGE = {"Type", "Parent", "MediaBox", "Contents", "Resources"}
_PART = {"Filter", "Length", "Type", "Subtype", "BBox", "Resources"}
_IMAGE = {"Type": "XObject", "Subtype": "Image", "ImageMask": True, "BitsPerComponent": 1, "Decode": [1, 0]}

# What has been proven of a template's own objects (label fonts, fixed parts): they are the same bytes in every document
# and hold nobody's data. The fonts and pages of a certificate are never kept.
_PROVEN: WeakKeyDictionary[Template, dict[bytes, Any]] = WeakKeyDictionary()


Piece = tuple[bytes, float, float]
"""A fixed part's object and where a page places it, in points from the lower left."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What the walk found: for every page the font programs that its own text may be drawn with and the fixed parts it places, and whether
    every one of them is the template's own, byte for byte (so that only where it stands needs a second look)."""

    programs: list[set[bytes]]
    pieces: list[list[Piece]]
    own_parts: bool


def prove_structure(
    document: bytes, template: Template, faces: FaceSet, pages: int, *, specimen: bool
) -> Structure:
    """The structure of a document with so many pages. Misread for anything unexpected."""
    walk = _Walk(document, template, faces)
    programs = walk.run(pages, specimen=specimen)
    return Structure(programs, walk.pieces, walk.own_parts)


class _Walk:
    def __init__(self, document: bytes, template: Template, faces: FaceSet) -> None:
        self._file = PdfFile(document)
        self._template, self._faces = template, faces
        self._fonts: dict[Any, ProvenFont] = {}
        self.own_parts = True
        self.pieces: list[list[Piece]] = []
        self._proven = _PROVEN.setdefault(template, {})
        # Whether the label fonts are the template's own, byte for byte, under their own numbers.
        self._own_labels = all(
            self._file.raw(Ref(number)) == raw for number, raw in enumerate(template.fonts, FIRST_FONT)
        )

    def run(self, pages: int, *, specimen: bool) -> list[set[bytes]]:
        if set(self._file.trailer) != {"Size", "Root", "Info", "ID"}:
            raise Misread("trailer")
        catalogue = self._file.get(self._file.trailer["Root"])
        if set(catalogue) != _CATALOGUE:
            raise Misread("catalogue")
        self._check_archive(catalogue)
        tree = self._file.get(catalogue["Pages"])
        if set(tree) != {"Type", "Kids", "Count"} or not tree["Count"] == len(tree["Kids"]) == pages:
            raise Misread("pages")
        return [self._page(self._file.get(kid), specimen=specimen) for kid in tree["Kids"]]

    def _check_archive(self, catalogue: dict[str, Any]) -> None:
        """Metadata and output intent draw nothing, but whoever files the paper trusts them: they are the press's own, byte for byte."""
        title = self._file.get(self._file.trailer["Info"])["Title"]
        text = title[2:].decode("utf-16-be") if title.startswith(b"\xfe\xff") else title.decode("ascii")
        expected = {archive.METADATA: archive.metadata(text), archive.INTENT_PROFILE: archive.profile()}
        if any(self._file.raw(Ref(number)) != raw for number, raw in expected.items()):
            raise Misread("metadata")
        own = parse_object(b"<<%s>>" % archive.catalogue_entries())
        if any(catalogue[key] != value for key, value in own.items()):
            raise Misread("metadata")

    def _page(self, page: dict[str, Any], *, specimen: bool) -> set[bytes]:
        resources = page.get("Resources", {})
        if set(page) != _PAGE or set(resources) != {"Font", "XObject"}:
            raise Misread("page")
        drawn = read_page(self._stream(page["Contents"]).unpacked())
        fonts = {name: self._font(ref) for name, ref in resources["Font"].items()}
        _check_codes(drawn, fonts)
        refs = [resources["XObject"][name] for name in drawn.placed if name[1:].isdigit()]
        parts = [self._part(ref) for ref in refs]
        places = zip(refs, drawn.pieces, strict=True)
        self.pieces.append([(self._file.raw(ref), *at) for ref, at in places])
        for name in drawn.placed[len(parts) :]:
            _check_image(self._stream(resources["XObject"][name]))
        if sum(part.grey for part in parts) != specimen:
            raise Misread("watermark")
        return {font.program for font in fonts.values()}

    def _stream(self, ref: Any) -> Stream:
        return _as_stream(self._file.get(ref))

    def _font(self, ref: Any) -> ProvenFont:
        """A font of this document, proven once."""
        if ref not in self._fonts:
            self._fonts[ref] = prove_font(self._file, ref, self._faces)
        return self._fonts[ref]

    def _part(self, ref: Any) -> Drawn:
        """A fixed part and its label fonts; for the template's own bytes, proven once and for all."""
        raw = self._file.raw(ref)
        known = self._proven.get(raw) if self._own_labels else None
        if isinstance(known, Drawn):
            return known
        part = _as_stream(parse_object(raw))
        if (
            set(part.entries) != _PART
            or part.entries["Subtype"] != "Form"
            or set(part.entries["Resources"]) != {"Font"}
        ):
            raise Misread("part")
        drawn = read_part(part.unpacked())
        _check_codes(
            drawn, {name: self._font(font) for name, font in part.entries["Resources"]["Font"].items()}
        )
        if self._own_labels and self._template.owns(raw):
            self._proven[raw] = drawn
        else:
            self.own_parts = False
        return drawn


def _as_stream(value: Any) -> Stream:
    if not isinstance(value, Stream):
        raise Misread("stream")
    return value


def _check_codes(drawn: Drawn, fonts: dict[str, ProvenFont]) -> None:
    """Every code shown is one that has been proven."""
    for name, codes in drawn.codes.items():
        if name not in fonts or not codes <= fonts[name].codes:
            raise Misread("codes")


def _check_image(image: Stream) -> None:
    """A 1-bit mask, painted black where a bit is 1; its pixels are compared by the caller."""
    if set(image.entries) != {*_IMAGE, "Filter", "Width", "Height", "Length"}:
        raise Misread("image")
    if any(image.entries[key] != value for key, value in _IMAGE.items()):
        raise Misread("image")
