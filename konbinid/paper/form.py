"""A declared form: where everything stands on a sheet, as values. Millimetres, origin at the top left; type in points.

Forms are data that a municipality changes without Python (``config/forms/*.toml``, read by ``form_file``). A sheet is
made of free labels, rules and boxes, and of *tables*: rows of cells with a label and a box each. A cell that is
optional and not in the content closes up, so that the rows that were asked for follow each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from konbinid.domain.content import CellState
from konbinid.paper.fitting import Room

if TYPE_CHECKING:
    from collections.abc import Mapping

    from konbinid.domain.content import Cell, EntryShape
    from konbinid.domain.kinds import Kind

POINTS = 72 / 25.4  # per millimetre
PADDING = 1.2  # mm between a box's left or right edge and its text
EM_TOP = 0.88  # of the size, above the baseline: where a Japanese em box begins
THINNEST = 0.5  # pt: thinner lines do not survive the centre's rasterising (certificates.md)
SMALLEST = 8.0  # pt, likewise


class Align(StrEnum):
    """Where a text stands between the edges of its frame; ``SPREAD`` is 均等割り付け."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"
    SPREAD = "spread"


@dataclass(frozen=True, slots=True)
class Frame:
    """A rectangle on the sheet, in millimetres from the top left."""

    x: float
    y: float
    w: float
    h: float

    def shifted(self, dx: float, dy: float) -> Frame:
        """The same rectangle elsewhere."""
        return Frame(self.x + dx, self.y + dy, self.w, self.h)

    def overlaps(self, other: Frame) -> bool:
        """Whether the two share more than an edge."""
        near = 0.01
        return (
            self.x + near < other.x + other.w
            and other.x + near < self.x + self.w
            and self.y + near < other.y + other.h
            and other.y + near < self.y + self.h
        )


@dataclass(frozen=True, slots=True)
class Label:
    """Text of the form itself. ``at`` says where it is declared, for messages."""

    frame: Frame
    lines: tuple[str, ...]
    size: float
    align: Align
    at: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line; ``width`` in points."""

    x1: float
    y1: float
    x2: float
    y2: float
    width: float


@dataclass(frozen=True, slots=True)
class Type:
    """How a variable text may be set: size and least size in points, and the fitting steps that are allowed."""

    size: float
    least: float
    align: Align
    condense: bool
    lines: int


@dataclass(frozen=True, slots=True)
class Box:
    """The place of one variable text."""

    field: str
    frame: Frame
    type: Type
    room: Room

    @classmethod
    def of(cls, name: str, frame: Frame, kind: Type) -> Box:
        """A box; ``room`` is what fitting may use of it."""
        width = (frame.w - 2 * PADDING) * POINTS
        room = Room(width, frame.h * POINTS, kind.size, kind.least, kind.condense, kind.lines)
        return cls(name, frame, kind, room)


@dataclass(frozen=True, slots=True)
class TableCell:
    """One labelled box of a table's row; ``width`` includes the label's. An optional cell closes up when the content
    does not have its field, with ``hide_blank`` also when nothing is recorded in it, with ``hide_omitted`` also when it is ＊＊＊."""

    field: str
    label: tuple[str, ...]
    label_width: float
    label_align: Align
    width: float
    type: Type
    optional: bool
    hide_blank: bool
    hide_omitted: bool
    at: str

    def stands(self, cells: Mapping[str, Cell]) -> bool:
        """Whether this optional cell is on the paper for this content."""
        if self.field not in cells:
            return False
        state = cells[self.field].state
        hidden = (self.hide_blank and state is CellState.BLANK) or (
            self.hide_omitted and state is CellState.OMITTED
        )
        return not hidden


@dataclass(frozen=True, slots=True)
class Row:
    """Cells side by side; the last one that is printed reaches the table's edge."""

    height: float
    cells: tuple[TableCell, ...]


@dataclass(frozen=True, slots=True)
class Arranged:
    """A table as it stands for one set of present fields; coordinates from the table's top left."""

    height: float
    boxes: tuple[Box, ...]
    labels: tuple[Label, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows with labels and rules; ``outline`` and ``inner`` are line widths in points."""

    width: float
    rows: tuple[Row, ...]
    label_size: float
    outline: float
    inner: float

    def fields(self) -> tuple[TableCell, ...]:
        """Every cell, in reading order."""
        return tuple(cell for row in self.rows for cell in row.cells)

    def present(self, cells: Mapping[str, Cell]) -> frozenset[str]:
        """Which optional cells stand on the paper for this content."""
        return frozenset(place.field for place in self.fields() if place.optional and place.stands(cells))

    def arrange(self, present: frozenset[str]) -> Arranged:
        """The table with the optional cells of ``present`` and all others that are not optional."""
        return _arrange(self, present)


@lru_cache(maxsize=512)
def _arrange(table: Table, chosen: frozenset[str]) -> Arranged:
    boxes: list[Box] = []
    labels: list[Label] = []
    rules: list[Rule] = []
    y = 0.0
    for row in table.rows:
        cells = [cell for cell in row.cells if not cell.optional or cell.field in chosen]
        if not cells:
            continue
        if y:
            rules.append(Rule(0, y, table.width, y, table.inner))
        _arrange_row(table, row.height, cells, y, (boxes, labels, rules))
        y += row.height
    if y:
        rules += outline(table.width, y, table.outline)
    return Arranged(y, tuple(boxes), tuple(labels), tuple(rules))


def _arrange_row(
    table: Table,
    height: float,
    cells: list[TableCell],
    y: float,
    into: tuple[list[Box], list[Label], list[Rule]],
) -> None:
    boxes, labels, rules = into
    x = 0.0
    for index, cell in enumerate(cells):
        width = table.width - x if index == len(cells) - 1 else cell.width
        if x:
            rules.append(Rule(x, y, x, y + height, table.inner))
        if cell.label_width:
            inside = x + cell.label_width
            rules.append(Rule(inside, y, inside, y + height, table.inner))
            frame = Frame(x, y, cell.label_width, height)
            labels.append(Label(frame, cell.label, table.label_size, cell.label_align, cell.at))
        place = Frame(x + cell.label_width, y, width - cell.label_width, height)
        boxes.append(Box.of(cell.field, place, cell.type))
        x += width


def outline(width: float, height: float, line: float) -> list[Rule]:
    """The four edges of a frame."""
    return [
        Rule(0, 0, width, 0, line),
        Rule(0, height, width, height, line),
        Rule(0, 0, 0, height, line),
        Rule(width, 0, width, height, line),
    ]


@dataclass(frozen=True, slots=True)
class Placed:
    """A table with its place on the sheet; ``section`` names the section of the content that it shows, empty for the heading."""

    x: float
    y: float
    table: Table
    section: str = ""


@dataclass(frozen=True, slots=True)
class Unused:
    """What stands where a further person would: its text, its height, and whether every unused place is drawn (with
    a diagonal) or only the first."""

    label: Label
    height: float
    every: bool
    diagonal: float


@dataclass(frozen=True, slots=True)
class People:
    """Where the persons stand: one table per shape, ``gap`` millimetres apart, ``per_sheet`` at most."""

    x: float
    y: float
    width: float
    gap: float
    per_sheet: int
    tables: Mapping[EntryShape, Table]
    unused: Unused | None


@dataclass(frozen=True, slots=True)
class Form:
    """One version of one kind's form. ``title`` and ``sentence`` are frames, their texts stand in ``titles`` and ``sentences`` by key.

    A section may be spread over several of the ``sections`` tables. ``digest`` is the form's fingerprint: SHA-256 over its canonical content.
    """

    kind: Kind
    version: str
    titles: Mapping[str, str]
    title: Label
    sentences: Mapping[str, str]
    sentence: Label
    labels: tuple[Label, ...]
    rules: tuple[Rule, ...]
    boxes: tuple[Box, ...]
    heading: Placed | None
    sections: tuple[Placed, ...]
    people: People
    seal: Frame
    impression: Frame | None
    width: float
    height: float
    digest: str = field(default="")

    def title_lines(self, key: str) -> tuple[str, ...]:
        """The title of this key as it stands on the paper; the document's own title is its first line."""
        return tuple(self.titles[key].split("\n"))

    def sheets(self, people: int) -> int:
        """How many sheets so many people take."""
        return max(1, -(-people // self.people.per_sheet))
