"""Exactly what will stand on a paper, as values: made by the domain, drawn by paper, read back, stored, reprinted.

Nothing is decided after this point: a form only says *where* each cell stands. Every cell says itself whether it shows a
value, is blank (nothing recorded) or is ＊＊＊ (recorded but left out on request, or not applicable): certificates.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from konbinid.domain.kinds import Kind
from konbinid.domain.redact import Redacted
from konbinid.domain.tax import AMOUNTS, COUNTS

OMITTED_MARK = "＊＊＊"


class CellState(StrEnum):
    """The three visible states of a cell."""

    VALUE = "value"
    BLANK = "blank"
    OMITTED = "omitted"


@dataclass(frozen=True, slots=True, repr=False)
class Cell(Redacted):
    """One cell of a form. ``text`` is what the paper shows: empty exactly when the cell is blank."""

    state: CellState
    text: str

    @classmethod
    def of(cls, text: str) -> Cell:
        """A value, or blank when nothing is recorded."""
        return cls(CellState.VALUE, text) if text else BLANK


BLANK = Cell(CellState.BLANK, "")
OMITTED = Cell(CellState.OMITTED, OMITTED_MARK)


class EntryShape(StrEnum):
    """Which block of the form an entry takes: the labels of Japanese and foreign residents differ."""

    JAPANESE = "japanese"
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True, repr=False)
class Entry(Redacted):
    """One person on a paper. ``cells`` maps field names (see ENTRY_FIELDS) to cells; a field that is not in it is not
    printed and its label neither, where the form says so (記載事項証明書)."""

    shape: EntryShape
    atena_number: str
    member_number: int
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True, repr=False)
class SealImpression(Redacted):
    """印影: 1 bit a pixel, rows padded to bytes, most significant bit first, 1 = ink; true size is pixels ÷ dpi."""

    width: int
    height: int
    dpi: int
    rows: bytes

    @property
    def size_mm(self) -> tuple[float, float]:
        """Width and height on paper in millimetres."""
        return self.width / self.dpi * 25.4, self.height / self.dpi * 25.4


# Field names of the heading and of an entry. Forms may place these and no others; loading a form checks it.
HEADING_FIELDS = ("address", "householder")
ENTRY_FIELDS = (
    "name",
    "name_kana",
    "former_name",
    "former_name_kana",
    "alias",
    "name_katakana",
    "birth_date",
    "sex",
    "relationship",
    "householder",
    "address",
    "resident_since",
    "address_since",
    "notified_on",
    "previous_address",
    "domicile",
    "head_of_register",
    "individual_number",
    "nationality",
    "article_30_45",
    "residence_status",
    "period_of_stay",
    "stay_expires_on",
    "residence_card_number",
    "alias_history",
)
TAXED, UNTAXED, ONLY = "taxed", "untaxed", "only"
TITLES_OF: Mapping[Kind, tuple[str, ...]] = MappingProxyType({Kind.KAZEI: (TAXED, UNTAXED)})
"""Keys of the titles that a kind's form must have, where it is not the one title ONLY."""

SECTIONS_OF: Mapping[Kind, tuple[str, ...]] = MappingProxyType({Kind.KAZEI: ("tax",)})
"""The sections that a kind's form must have, where it has any."""

SECTION_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "tax": (
            *("fiscal_year", "income_year", "assessed_on", "address", "deductible_spouse"),
            *AMOUNTS,
            *COUNTS,
        )
    }
)
# What the city's library gives to every sheet, and the numbers that bind the sheets.
SHEET_FIELDS = ("issued_on", "mayor_title", "mayor_name", "issuance_number", "sheet_number")


@dataclass(frozen=True, slots=True)
class OfficialSeal:
    """公印: a 1-bit image like an impression, black, at its size on paper in millimetres."""

    width: int
    height: int
    rows: bytes
    width_mm: float
    height_mm: float


@dataclass(frozen=True, slots=True)
class Signature:
    """Who certifies: title and name of the mayor (or acting mayor), the seal, the era date of issue."""

    title: str
    name: str
    issued_on: str
    seal: OfficialSeal


@dataclass(frozen=True, slots=True, repr=False)
class Content(Redacted):
    """One certificate. ``sentence`` is the key of the form's 認証文 (``whole`` or ``part`` for household kinds, ``only`` where there is one),
    ``title`` that of its title. ``sections`` are cells that belong to the paper and to no person's entry, by section and field."""

    kind: Kind
    form_version: str
    issuance_number: str
    heading: Mapping[str, Cell]
    entries: tuple[Entry, ...]
    sentence: str
    signature: Signature
    impression: SealImpression | None = None
    specimen: bool = False
    sections: Mapping[str, Mapping[str, Cell]] = field(default_factory=lambda: MappingProxyType({}))
    title: str = ONLY

    def texts(self) -> tuple[str, ...]:
        """Every value text on the paper that came from data: what read-back must find and faces must have glyphs for."""
        cells = [*self.heading.values()]
        for entry in self.entries:
            cells.extend(entry.cells.values())
        for section in self.sections.values():
            cells.extend(section.values())
        own = (self.signature.title, self.signature.name, self.signature.issued_on, self.issuance_number)
        return (*(cell.text for cell in cells if cell.text), *own)
