"""The bytes of a certificate: PDF 1.7 built as PDF/A-2u, written directly, equal for equal content.

No clock and no randomness: there is no CreationDate, and the file's ID is a digest of its objects. The document
information carries the issuance number, kind and form version, never a name (certificates.md).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from konbinid.domain.redact import Redacted
from konbinid.paper import archive
from konbinid.paper.form import POINTS
from konbinid.paper.subset import font_objects, stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from konbinid.paper.form import Form
    from konbinid.paper.layout import Part, Piece
    from konbinid.paper.subset import Subset
    from konbinid.paper.template import Template

# Deflate level of what is packed for every certificate: 1 saves two thirds of the time of 6 and costs 5 % size.
QUICK = 1
_HEAD = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


@dataclass(frozen=True, slots=True, repr=False)
class Mask(Redacted):
    """A black 1-bit image with its place: pixels, rows (1 = ink), and the rectangle on the page in points. ``fixed``: the
    same in every certificate (公印), so its packed bytes may be kept."""

    name: str
    width: int
    height: int
    rows: bytes
    x: float
    y: float
    w: float
    h: float
    fixed: bool


@dataclass(frozen=True, slots=True, repr=False)
class PageOperators(Redacted):
    """What one page draws: fixed parts first, then text, then the images on top."""

    pieces: tuple[Piece, ...]
    text: bytes


def write_pdf(
    form: Form,
    template: Template,
    pages: Sequence[PageOperators],
    *,
    values: Mapping[int, Subset],
    masks: Sequence[Mask],
    information: Mapping[str, str],
) -> bytes:
    """The finished document. ``values`` are the subsets of the variable text by face, shown as ``/V<face>``; ``information`` has a Title."""
    heads = [b"", b"", b"", archive.metadata(information["Title"]), archive.profile()]
    objects = [*heads, *template.fonts]
    first_part = len(objects) + 1
    parts = {part: first_part + at for at, part in enumerate(_used(pages))}
    objects += [template.part(part) for part in parts]
    images = {}
    for mask in masks:
        pack = _kept_image if mask.fixed else _packed_image
        objects.append(pack(mask.width, mask.height, mask.rows))
        images[mask.name] = len(objects)
    fonts = {}
    for face, subset in sorted(values.items()):
        fonts[face] = len(objects) + 1
        objects += font_objects(subset, f"VALUE{chr(65 + face)}", fonts[face], QUICK)
    resources = _resources(fonts, parts, images)
    kids = []
    for page in pages:
        objects.append(stream(_operators(form, page, list(parts), masks), b"", QUICK))
        objects.append(_page(form, len(objects), resources))
        kids.append(len(objects))
    objects[0] = _catalogue()
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (
        b" ".join(b"%d 0 R" % kid for kid in kids),
        len(kids),
    )
    objects[2] = b"<<%s>>" % b"".join(
        b"/%s%s" % (key.encode(), _text(text)) for key, text in information.items()
    )
    return _file(objects)


def _catalogue() -> bytes:
    preferences = b"/Lang(ja-JP)/ViewerPreferences<</PrintScaling/None>>"
    return b"<</Type/Catalog/Pages 2 0 R%s%s>>" % (preferences, archive.catalogue_entries())


def _used(pages: Sequence[PageOperators]) -> list[Part]:
    """The parts that the pages place, each once, in the order of their first use."""
    return list(dict.fromkeys(piece.part for page in pages for piece in page.pieces))


def _operators(form: Form, page: PageOperators, parts: list[Part], masks: Sequence[Mask]) -> bytes:
    pieces = "".join(
        f"q 1 0 0 1 {number(piece.x * POINTS)} {number((form.height - piece.y) * POINTS)} cm "
        f"/P{parts.index(piece.part)} Do Q\n"
        for piece in page.pieces
    )
    images = "".join(
        f"q {number(mask.w)} 0 0 {number(mask.h)} {number(mask.x)} {number(mask.y)} cm /{mask.name} Do Q\n"
        for mask in masks
    )
    return pieces.encode("ascii") + page.text + images.encode("ascii")


def _resources(fonts: Mapping[int, int], parts: Mapping[Part, int], images: Mapping[str, int]) -> str:
    """What the pages may use; every page of a document has the same."""
    used = "".join(f"/V{face} {number} 0 R" for face, number in fonts.items())
    forms = "".join(f"/P{at} {number} 0 R" for at, number in enumerate(parts.values()))
    drawn = "".join(f"/{name} {number} 0 R" for name, number in images.items())
    return f"<</Font<<{used}>>/XObject<<{forms}{drawn}>>>>"


def _page(form: Form, content: int, resources: str) -> bytes:
    size = f"{number(form.width * POINTS)} {number(form.height * POINTS)}"
    return (
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {size}]/Contents {content} 0 R/Resources{resources}>>"
    ).encode("ascii")


def _packed_image(width: int, height: int, rows: bytes) -> bytes:
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d/ImageMask true/BitsPerComponent 1/Decode[1 0]"
    return stream(rows, entries % (width, height), QUICK)


_kept_image = lru_cache(maxsize=4)(_packed_image)


def number(value: float) -> str:
    """A coordinate in points, to a thousandth."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _text(text: str) -> bytes:
    """A PDF text string: ASCII as it is, everything else as UTF-16BE."""
    if text.isascii() and text.isprintable() and not set(text) & set("()\\"):
        return b"(%s)" % text.encode("ascii")
    return b"<FEFF%s>" % text.encode("utf-16-be").hex().upper().encode("ascii")


def _file(objects: Sequence[bytes]) -> bytes:
    chunks = [_HEAD]
    offsets = [b"0000000000 65535 f \n"]
    at = len(_HEAD)
    digest = hashlib.sha256()
    for index, body in enumerate(objects, 1):
        chunk = b"%d 0 obj\n%s\nendobj\n" % (index, body)
        digest.update(chunk)
        offsets.append(b"%010d 00000 n \n" % at)
        at += len(chunk)
        chunks.append(chunk)
    name = digest.hexdigest()[:32].encode("ascii")
    chunks.append(
        b"xref\n0 %d\n%strailer\n<</Size %d/Root 1 0 R/Info 3 0 R/ID[<%s><%s>]>>\nstartxref\n%d\n%%%%EOF\n"
        % (len(offsets), b"".join(offsets), len(offsets), name, name, at)
    )
    return b"".join(chunks)
