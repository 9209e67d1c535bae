"""Files with several types of records: a header in front, data, and a trailer that may say how many data records there are.

Types are told apart by a mark in each line (``[records]`` of a layout). Headers and trailers are no rows: they are looked at and left
out. A line of no known type, or at a wrong place, is never skipped: it may be a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from konbinid.declared.section import Section
from konbinid.intake.csv_lines import CsvLines
from konbinid.intake.fixed_lines import FixedLines
from konbinid.intake.forbidden import forbidden, has_stray_byte
from konbinid.intake.problems import Fault

_LONGEST_MARK = 20
_MOST_PLACE = 4000
_LONGEST_COUNT = 12

Lines = CsvLines | FixedLines


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a header or trailer: a column of CSV (from 1), or a place (from 1) in the layout's own unit, so many wide."""

    at: int
    width: int


@dataclass(frozen=True, slots=True)
class RecordTypes:
    """The marks of lines, which stand at ``mark_at`` in all of them. ``holds``: what every header holds, and where."""

    data: str
    header: str | None
    trailer: str | None
    mark_at: int = 1
    count: Place | None = None
    holds: tuple[Place, str] | None = None

    @property
    def marks(self) -> tuple[str, ...]:
        """All marks, that of data first: most lines have it."""
        return tuple(mark for mark in (self.data, self.header, self.trailer) if mark is not None)


def read_record_types(section: Section, lines: Lines, *, heading: bool) -> RecordTypes:
    """[records]. Mistakes are noted in the section's document."""
    fixed = isinstance(lines, FixedLines)
    pattern, shape = f"[!-~]{{1,{_LONGEST_MARK}}}", f"1 to {_LONGEST_MARK} visible ASCII characters"
    given = {
        key: section.text(key, pattern=pattern, shape=shape)
        for key in ("data", "header", "trailer")
        if key == "data" or section.has(key)
    }
    if heading:
        section.complain("", "goes with csv.heading = false: the header takes the first line")
    if len(given) == 1:
        section.complain("data", "needs a header or a trailer beside it; without them leave [records] out")
    mark_at = section.whole("mark_at", 1, least=1, most=_MOST_PLACE)
    types = RecordTypes(
        given["data"],
        given.get("header"),
        given.get("trailer"),
        mark_at,
        _count(section, fixed=fixed),
        _holds(section, fixed=fixed),
    )
    _check_marks(section, types, lines)
    return types


def _count(section: Section, *, fixed: bool) -> Place | None:
    if not section.has("count_at"):
        return None
    at = section.whole("count_at", least=1, most=_MOST_PLACE)
    if not section.has("trailer"):
        section.complain("count_at", "only a trailer counts")
    return Place(at, section.whole("count_width", least=1, most=_LONGEST_COUNT) if fixed else 0)


def _holds(section: Section, *, fixed: bool) -> tuple[Place, str] | None:
    if not section.has("header_at"):
        return None
    at = section.whole("header_at", least=1, most=_MOST_PLACE)
    text = section.text(
        "header_holds", pattern=r"\S(.{0,98}\S)?", shape="1 to 100 characters without spaces around"
    )
    if forbidden(text):
        section.complain("header_holds", "holds a character that no file may hold")
    if not section.has("header"):
        section.complain("header_at", "there is no header")
    return Place(at, section.whole("header_width", least=1, most=_MOST_PLACE) if fixed else 0), text


def _check_marks(section: Section, types: RecordTypes, lines: Lines) -> None:
    marks = [mark for mark in types.marks if mark]
    if len(set(marks)) < len(marks):
        section.complain("data", "the marks must differ")
    if isinstance(lines, CsvLines):
        if types.mark_at > lines.columns:
            section.complain("mark_at", f"a data record has {lines.columns} columns")
        if any(sign in mark for mark in marks for sign in (lines.delimiter, lines.quote) if sign):
            section.complain("data", "no mark holds the delimiter or the quote")
        taken = range(types.mark_at, types.mark_at + 1)
    else:
        if any(one != other and other.startswith(one) for one in marks for other in marks):
            section.complain("data", "no mark may begin like another one")
        taken = range(types.mark_at, types.mark_at + max(map(len, marks), default=1))
        if taken[-1] > lines.length:
            section.complain("mark_at", f"a data record ends at {lines.length}")
    for key, place in (("count_at", types.count), ("header_at", types.holds and types.holds[0])):
        if place is not None and set(range(place.at, place.at + max(1, place.width))) & set(taken):
            section.complain(key, "is where the mark stands")


class Records:
    """The records of one file, block by block."""

    def __init__(self, types: RecordTypes, lines: Lines) -> None:
        self._types = types
        self._lines = lines
        self._begun = False
        self._trailer: tuple[int, str] | None = None
        self._faults: list[tuple[int, Fault]] = []

    def take(self, numbers: Sequence[int], lines: Sequence[str]) -> tuple[list[int], list[str], list[int]]:
        """The data records with their line numbers, and the numbers of lines that are no record, or not where it belongs."""
        data_numbers: list[int] = []
        data: list[str] = []
        strange: list[int] = []
        for number, line in zip(numbers, lines, strict=True):
            mark = self._mark_of(line)
            if not self._begun:
                self._begun = True
                if self._types.header is not None:
                    if mark == self._types.header:
                        self._look_at_header(number, line)
                        continue
                    strange.append(number)
            if self._trailer is None and mark == self._types.data:
                data_numbers.append(number)
                data.append(line)
            elif self._trailer is None and mark is not None and mark == self._types.trailer:
                self._trailer = number, line
                self._faults += _unreadable(number, line, self._lines)
            elif not strange or strange[-1] != number:
                strange.append(number)
        return data_numbers, data, strange

    def finish(self, rows: int) -> Iterator[tuple[int, Fault]]:
        """What is wrong with the file as a whole, which has so many data records, and where. A file without any line is a heartbeat."""
        yield from self._faults
        if self._types.trailer is None or not self._begun:
            return
        if self._trailer is None:
            yield 0, Fault.TRAILER_MISSING
        elif self._types.count is not None and self._counted(self._trailer[1], self._types.count) != rows:
            yield self._trailer[0], Fault.TRAILER_COUNT

    def _mark_of(self, line: str) -> str | None:
        """Which of the marks a line has."""
        types = self._types
        if isinstance(self._lines, CsvLines):
            cell = self._first(line) if types.mark_at == 1 else self._lines.cell(line, types.mark_at, 0)
            return cell if cell in types.marks else None
        if types.mark_at == 1:  # the marks are ASCII: in front there are as many bytes as characters
            return next((mark for mark in types.marks if line.startswith(mark)), None)
        found = self._lines.cell(line, types.mark_at, _LONGEST_MARK)
        return next((mark for mark in types.marks if found.startswith(mark)), None)

    def _first(self, line: str) -> str:
        """The first cell, whatever is wrong behind it. No mark holds a delimiter or a quote."""
        assert isinstance(self._lines, CsvLines)
        cell, quote = line.partition(self._lines.delimiter)[0], self._lines.quote
        quoted = quote and len(cell) > 1 and cell[0] == cell[-1] == quote
        return cell[1:-1] if quoted else cell

    def _look_at_header(self, number: int, line: str) -> None:
        self._faults += _unreadable(number, line, self._lines)
        if self._types.holds is not None:
            place, text = self._types.holds
            if self._lines.cell(line, place.at, place.width).strip(" ") != text:
                self._faults.append((number, Fault.HEADER_OTHER))

    def _counted(self, line: str, place: Place) -> int | None:
        """What the trailer says; None when no number stands there."""
        text = self._lines.cell(line, place.at, place.width).strip(" ")
        fits = text.isascii() and text.isdigit() and len(text) <= _LONGEST_COUNT
        return int(text) if fits else None


def _unreadable(number: int, line: str, lines: Lines) -> Iterator[tuple[int, Fault]]:
    """Headers and trailers are lines of the file: it is one of UTF-8 in them, too."""
    if has_stray_byte(line):
        yield number, Fault.NOT_UTF8
    elif forbidden(line.replace(lines.delimiter, "") if isinstance(lines, CsvLines) else line):
        yield number, Fault.FORBIDDEN_CHARACTER
