"""A register's PDF before it is kept: it is passed on to citizens as it is, so what it may not be is found out here (contract 2, KOSEKI and
FUHYO). Two readers that share no code, qpdf and pdfium, must agree on it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from konbinid.domain.redact import Redacted
from konbinid.paper import foreign, pdfium
from konbinid.paper.foreign import NotReadable, PdfFault, measures_a4
from konbinid.paper.pdfium import PdfiumRefused


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found: the faults in a fixed order (none: it may be kept), the number of pages, whether there is text to be read."""

    faults: tuple[PdfFault, ...]
    pages: int = 0
    has_text: bool = False


def examine(content: bytes, page_limit: int, names: Sequence[str]) -> Examination:
    """Look a PDF through. Where it has text, one of ``names`` must stand in it; where it has none it is a picture that nobody can read here.

    A document that cannot be read has that one fault: what else it holds is not known. MemoryError when it takes too much.
    """
    try:
        with foreign.opened(content) as document:
            pages = len(document)
            found = document.faults()
            if pages <= page_limit and not document.is_a4():
                found.add(PdfFault.SIZE)
        text = _Text.of(content, pages, page_limit)
    except NotReadable as refused:
        return Examination((refused.fault,))
    except PdfiumRefused:
        return Examination((PdfFault.BROKEN,))
    found |= text.faults
    if text.folded and not any(stands_in(name, text.folded) for name in names):
        found.add(PdfFault.NAME)
    return Examination(tuple(fault for fault in PdfFault if fault in found), pages, bool(text.folded))


@dataclass(frozen=True, slots=True, repr=False)
class _Text(Redacted):
    """What pdfium reads, and its own view of what qpdf was asked."""

    folded: str
    faults: frozenset[PdfFault]

    @classmethod
    def of(cls, content: bytes, pages: int, page_limit: int) -> _Text:
        """PdfiumRefused, NotReadable when the two readers see different documents."""
        faults: set[PdfFault] = set()
        with pdfium.opened(content) as document:
            if pages == 0 or len(document) != pages or not document.is_intact():
                raise NotReadable(PdfFault.BROKEN)
            if document.scripts():
                faults.add(PdfFault.SCRIPT)
            if document.attachments():
                faults.add(PdfFault.ENCLOSURE)
            if pages > page_limit:
                return cls("", frozenset({*faults, PdfFault.PAGES}))
            texts = []
            for index in range(pages):
                with document.page(index) as page:
                    texts.append(page.text())
                    if not measures_a4(*page.size()):
                        faults.add(PdfFault.SIZE)
        return cls(fold("".join(texts)), frozenset(faults))


def fold(text: str) -> str:
    """Text for comparing names: without spaces, line ends and variation selectors, and without the differences that Unicode calls
    compatibility: a PDF's text layer seldom tells 𠮷 with a selector from 𠮷, or 一 from the radical that looks like it."""
    plain = unicodedata.normalize("NFKC", text)
    return "".join(
        each for each in plain if not each.isspace() and unicodedata.category(each) not in {"Mn", "Cf", "Cc"}
    )


def stands_in(name: str, folded: str) -> bool:
    """Whether a name stands in folded text.

    A register shows the family name once, for all, and given names with the members, so the parts of a name are looked for one by one; a
    name that is written without a space may be parted anywhere, once. 外字 have no meaning outside their city and often none in a text
    layer: each stands for any character or none.
    """
    parts = [fold(part) for part in name.split()]
    if not any(parts):
        return False
    if all(_has(part, folded) for part in parts):
        return True
    whole = parts[0]
    return len(parts) == 1 and any(
        _has(whole[:at], folded) and _has(whole[at:], folded) for at in range(1, len(whole))
    )


def _has(part: str, folded: str) -> bool:
    if not any(map(_is_private, part)):
        return part in folded
    pattern = "".join(".?" if _is_private(each) else re.escape(each) for each in part)
    return re.search(pattern, folded, re.DOTALL) is not None


def _is_private(character: str) -> bool:
    return unicodedata.category(character) == "Co"
