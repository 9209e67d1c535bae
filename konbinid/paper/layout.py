"""Which text stands in which box on which sheet: form and content put together, before any font is looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from konbinid.domain.content import CellState
from konbinid.domain.redact import Redacted
from konbinid.paper.form import THINNEST, Arranged, Box, Label, Rule, Table, outline

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from konbinid.domain.content import Cell, Content, Entry
    from konbinid.paper.form import Form, Placed, Unused


class NoPlace(LookupError):
    """The form has no place for what the content says, or the content does not say what the form must show.

    ``where`` names the field. Left out on paper would be a wrong certificate, so this refuses.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        super().__init__(f"{where}: the form and the content do not agree")


@dataclass(frozen=True, slots=True, repr=False)
class Spot(Redacted):
    """One variable text, its box, and where the box's table stands on the sheet (millimetres); ``place`` names the text
    without saying what it is."""

    place: str
    box: Box
    text: str
    x: float = 0
    y: float = 0


@dataclass(frozen=True, slots=True)
class SheetPart:
    """The fixed part that every sheet begins with; ``specimen`` puts the watermark behind it."""

    title: str
    sentence: str
    specimen: bool


@dataclass(frozen=True, slots=True)
class TablePart:
    """A table's labels and rules with these optional fields."""

    table: Table
    present: frozenset[str]


@dataclass(frozen=True, slots=True)
class UnusedPart:
    """The place of a person who is not there; the first says 以下余白."""

    first: bool


Part = SheetPart | TablePart | UnusedPart


@dataclass(frozen=True, slots=True)
class Piece:
    """A fixed part with its place on the sheet (its own top left, millimetres)."""

    part: Part
    x: float
    y: float


@dataclass(frozen=True, slots=True, repr=False)
class Sheet(Redacted):
    """One page: fixed parts and variable texts."""

    pieces: tuple[Piece, ...]
    spots: tuple[Spot, ...]


def sheet_number(sheet: int, sheets: int) -> str:
    """「2枚中1枚目」"""
    return f"{sheets}枚中{sheet}枚目"


def lay_out(form: Form, content: Content) -> tuple[Sheet, ...]:
    """Every sheet of a certificate. NoPlace when form and content do not agree."""
    if content.sentence not in form.sentences:
        raise NoPlace(f"sentence {content.sentence}")
    if not content.entries:
        raise NoPlace("entries")
    if content.title not in form.titles:
        raise NoPlace(f"title {content.title}")
    _check_sections(form, content)
    if (content.impression is None) != (form.impression is None):
        raise NoPlace("impression")
    total = form.sheets(len(content.entries))
    return tuple(_sheet(form, content, number, total) for number in range(1, total + 1))


def _sheet(form: Form, content: Content, number: int, total: int) -> Sheet:
    pieces = [Piece(SheetPart(content.title, content.sentence, content.specimen), 0, 0)]
    spots = _sheet_spots(form, content, sheet_number(number, total))
    if form.heading:
        _check_agreement((form.heading.table,), content.heading, "heading")
        _add_table(form.heading, content.heading, "heading", pieces, spots)
    elif any(cell.state is CellState.VALUE for cell in content.heading.values()):
        raise NoPlace("heading")
    for placed in form.sections:
        _add_table(placed, content.sections[placed.section], placed.section, pieces, spots)
    first = (number - 1) * form.people.per_sheet
    _add_people(form, content.entries[first : first + form.people.per_sheet], first, pieces, spots)
    return Sheet(tuple(pieces), tuple(spots))


def _sheet_spots(form: Form, content: Content, number: str) -> list[Spot]:
    signature = content.signature
    texts = {
        "issued_on": signature.issued_on,
        "mayor_title": signature.title,
        "mayor_name": signature.name,
        "issuance_number": content.issuance_number,
        "sheet_number": number,
    }
    for name, text in texts.items():
        if not text:
            raise NoPlace(name)
    return [Spot(box.field, box, texts[box.field]) for box in form.boxes]


def _check_sections(form: Form, content: Content) -> None:
    """Every section has its tables, which together have a place for everything that it records."""
    tables: dict[str, list[Table]] = {name: [] for name in content.sections}
    for placed in form.sections:
        if placed.section not in tables:
            raise NoPlace(placed.section)
        tables[placed.section].append(placed.table)
    for name, cells in content.sections.items():
        if not tables[name]:
            raise NoPlace(name)
        _check_agreement(tables[name], cells, name)


def _add_table(
    placed: Placed, cells: Mapping[str, Cell], where: str, pieces: list[Piece], spots: list[Spot]
) -> None:
    """The heading, or one table of a section: on every sheet."""
    present = placed.table.present(cells)
    pieces.append(Piece(TablePart(placed.table, present), placed.x, placed.y))
    spots += _spots(placed.table.arrange(present), cells, where, placed.x, placed.y)


def _add_people(
    form: Form, entries: tuple[Entry, ...], first: int, pieces: list[Piece], spots: list[Spot]
) -> None:
    people = form.people
    y = people.y
    for index, entry in enumerate(entries, first + 1):
        where = f"entry {index}"
        table = people.tables.get(entry.shape)
        if table is None:
            raise NoPlace(f"{where} {entry.shape}")
        _check_agreement((table,), entry.cells, where)
        arranged = table.arrange(table.present(entry.cells))
        pieces.append(Piece(TablePart(table, table.present(entry.cells)), people.x, y))
        spots += _spots(arranged, entry.cells, where, people.x, y)
        y += arranged.height + people.gap
    if people.unused:
        unused = people.per_sheet - len(entries)
        for index in range(unused if people.unused.every else min(unused, 1)):
            pieces.append(Piece(UnusedPart(index == 0), people.x, y))
            y += people.unused.height + people.gap


def _check_agreement(tables: Sequence[Table], cells: Mapping[str, Cell], where: str) -> None:
    """Nothing recorded may be without a place in these tables, and no place without a word about it."""
    places = {cell.field: cell for table in tables for cell in table.fields()}
    for name, cell in cells.items():
        if cell.state is CellState.VALUE and name not in places:
            raise NoPlace(f"{where} {name}")
    for name, place in places.items():
        if name not in cells and not place.optional:
            raise NoPlace(f"{where} {name}")


def _spots(arranged: Arranged, cells: Mapping[str, Cell], where: str, x: float, y: float) -> list[Spot]:
    spots = []
    for box in arranged.boxes:
        text = cells[box.field].text
        if (cells[box.field].state is CellState.BLANK) != (not text):
            raise NoPlace(f"{where} {box.field}")
        if text:
            spots.append(Spot(f"{where} {box.field}", box, text, x, y))
    return spots


@dataclass(frozen=True, slots=True)
class Fixed:
    """What a part is drawn from, measured from its own top left."""

    labels: tuple[Label, ...]
    rules: tuple[Rule, ...]


def fixed_part(form: Form, part: Part) -> Fixed:
    """The labels and rules of one part."""
    match part:
        case SheetPart(title, sentence):
            titled = replace(form.title, lines=form.title_lines(title))
            certified = replace(form.sentence, lines=tuple(form.sentences[sentence].split("\n")))
            return Fixed((titled, certified, *form.labels), form.rules)
        case TablePart(table, present):
            arranged = table.arrange(present)
            return Fixed(arranged.labels, arranged.rules)
        case UnusedPart(first):
            return _fixed_unused(form.people.unused, form.people.width, first=first)


def _fixed_unused(unused: Unused | None, width: float, *, first: bool) -> Fixed:
    if unused is None:
        return Fixed((), ())
    rules = [*outline(width, unused.height, THINNEST)] if unused.every else []
    if unused.diagonal:
        top = unused.label.frame.h if first else 0
        rules.append(Rule(width, top, 0, unused.height, unused.diagonal))
    return Fixed((unused.label,) if first else (), tuple(rules))


def all_parts(form: Form) -> list[Part]:
    """Everything a form can draw, each table with all its fields: what its label font must hold."""
    placed = [*([form.heading] if form.heading else []), *form.sections]
    tables = [*form.people.tables.values(), *(each.table for each in placed)]
    titled = [(title, sentence) for title in form.titles for sentence in form.sentences]
    return [
        *(SheetPart(*texts, specimen) for texts in titled for specimen in (False, True)),
        *(TablePart(table, frozenset(cell.field for cell in table.fields())) for table in tables),
        UnusedPart(first=True),
    ]
