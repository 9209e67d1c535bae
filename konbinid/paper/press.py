"""The press: one content in, one finished PDF out. A plain function; nothing is kept between two prints (I-01, I-05).

What is kept belongs to forms and fonts only: templates, made when the press is made. Each version of the city's 外字 has a press of its own,
which shares them (``with_gaiji``).
"""

from __future__ import annotations

import hashlib
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from konbinid.domain.redact import Redacted
from konbinid.domain.results import Code
from konbinid.paper import archive
from konbinid.paper.face import FaceSet, MissingGlyph
from konbinid.paper.fitting import DoesNotFit
from konbinid.paper.form import POINTS
from konbinid.paper.galley import Galley
from konbinid.paper.layout import NoPlace, lay_out
from konbinid.paper.pdf import Mask, PageOperators, write_pdf
from konbinid.paper.template import Template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from konbinid.domain.content import Content
    from konbinid.domain.kinds import Kind
    from konbinid.paper.face import Face
    from konbinid.paper.form import Form

Kept = TypeVar("Kept")

MOST_SHEETS = 10  # contract 1, code 1302


class Unprintable(Exception):
    """A refusal: 1301 when a character has no glyph or a text does not fit, 1302 when there are too many sheets.

    ``place`` names fields and code points, never a value. ``cause``: what the first such field said, None for 1302.
    """

    def __init__(
        self, code: Code, place: str, cause: MissingGlyph | DoesNotFit | NoPlace | None = None
    ) -> None:
        self.code, self.place, self.cause = code, place, cause
        super().__init__(f"{code}: {place}")


class UnknownForm(LookupError):
    """The content asks for a form version that this press does not have: the library and the files disagree."""


@dataclass(frozen=True, slots=True, repr=False)
class Printed(Redacted):
    """A finished certificate; ``sha256`` is lower-case hex over the document."""

    document: bytes
    pages: int
    sha256: str


class Press:
    """Prints contents with these faces and forms. BadLabel when a form's labels cannot be drawn with the faces."""

    def __init__(
        self, faces: FaceSet, forms: Mapping[tuple[Kind, str], Form], most_sheets: int = MOST_SHEETS
    ) -> None:
        self.faces = faces
        self.most_sheets = most_sheets
        self._forms = dict(forms)
        self._templates = {key: Template(form, faces) for key, form in self._forms.items()}

    @property
    def versions(self) -> frozenset[tuple[Kind, str]]:
        """Kinds and versions of its forms."""
        return frozenset(self._forms)

    def with_gaiji(self, gaiji: Face) -> Press:
        """The press of a version of the city's 外字. Templates are shared: labels never hold 外字. BadFont when a base face declares one of
        its characters as its own."""
        press = copy(self)
        press.faces = FaceSet(self.faces.bases, gaiji)
        return press

    def form(self, content: Content) -> Form:
        """The form that a content names. UnknownForm."""
        return self._of(self._forms, content)

    def template(self, content: Content) -> Template:
        """That form's fixed parts. UnknownForm."""
        return self._of(self._templates, content)

    @staticmethod
    def _of(table: Mapping[tuple[Kind, str], Kept], content: Content) -> Kept:
        try:
            return table[content.kind, content.form_version]
        except KeyError:
            raise UnknownForm(f"{content.kind} {content.form_version}") from None

    def fingerprint(self) -> str:
        """Fonts and forms of this press, for comparing two hosts: SHA-256."""
        forms = ",".join(
            f"{kind}:{version}:{form.digest}" for (kind, version), form in sorted(self._forms.items())
        )
        return hashlib.sha256(f"{self.faces.fingerprint()};{forms}".encode()).hexdigest()

    def is_far_too_long(self, content: Content) -> bool:
        """Whether it is refused for its sheets before its text is looked at. UnknownForm."""
        return self.form(content).sheets(len(content.entries)) > 2 * self.most_sheets

    def print(self, content: Content) -> Printed:
        """The certificate. Unprintable is a refusal; UnknownForm is a fault of this installation."""
        form = self.form(content)
        count = form.sheets(len(content.entries))
        # The contract answers 1301 before 1302, so the text is set first; but not for what could stall the reactor.
        if self.is_far_too_long(content):
            raise Unprintable(Code.TOO_MANY_PAGES, "sheets")
        try:
            sheets = lay_out(form, content)
            masks = _masks(form, content)
            galley = Galley(self.faces, form.height * POINTS)
            pages = [PageOperators(sheet.pieces, galley.set_sheet(sheet)) for sheet in sheets]
        except (MissingGlyph, DoesNotFit, NoPlace) as refused:
            raise Unprintable(Code.UNPRINTABLE, str(refused), refused) from None
        if count > self.most_sheets:
            raise Unprintable(Code.TOO_MANY_PAGES, "sheets")
        information = {
            "Title": form.title_lines(content.title)[0],
            "Producer": archive.PRODUCER,
            "IssuanceNumber": content.issuance_number,
            "Kind": content.kind.value,
            "FormVersion": form.version,
        }
        document = write_pdf(
            form, self.template(content), pages, values=galley.subsets, masks=masks, information=information
        )
        return Printed(document, len(sheets), hashlib.sha256(document).hexdigest())


def _masks(form: Form, content: Content) -> list[Mask]:
    """公印 and 印影, black, each in the middle of its frame at its true size. DoesNotFit; nothing is ever scaled."""
    seal = content.signature.seal
    sized = [("Seal", form.seal, seal.width, seal.height, seal.rows, (seal.width_mm, seal.height_mm))]
    impression = content.impression
    if impression and form.impression:
        size = impression.size_mm
        sized.append(
            ("Impression", form.impression, impression.width, impression.height, impression.rows, size)
        )
    masks = []
    for name, frame, width, height, rows, (w, h) in sized:
        if not (0 < w <= frame.w and 0 < h <= frame.h):
            raise DoesNotFit(name.lower())
        if width < 1 or height < 1 or len(rows) != (width + 7) // 8 * height:
            raise NoPlace(name.lower())
        x, y = frame.x + (frame.w - w) / 2, form.height - frame.y - (frame.h + h) / 2
        masks.append(
            Mask(name, width, height, rows, x * POINTS, y * POINTS, w * POINTS, h * POINTS, name == "Seal")
        )
    return masks
