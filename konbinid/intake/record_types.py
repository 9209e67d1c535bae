"""Files with several types of records: a header in front, data, and a trailer that may say how many data records there are.

Types are told apart by what stands first in a line (``[records]`` of a layout). Headers and trailers are no rows: they are looked at and left
out. A line of no known type, or at a wrong place, is never skipped: it may be a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from konbinid.declared.section import Section
from konbinid.intake.problems import Fault

_LONGEST_MARK = 20
_MOST_PLACE = 4000


@dataclass(frozen=True, slots=True)
class CountPlace:
    """Where a trailer says how many data records there are: in a column of CSV (from 1), or from a place (from 1) on, so many characters wide."""

    at: int
    width: int | None


@dataclass(frozen=True, slots=True)
class RecordTypes:
    """The marks with which lines begin. ``delimiter`` and ``quote`` are None where lines are of fixed width; there a mark has no end of its own."""

    data: str
    header: str | None
    trailer: str | None
    count: CountPlace | None
    delimiter: str | None = None
    quote: str = ""

    def mark_of(self, line: str) -> str | None:
        """Which of the marks a line begins with."""
        marks = [mark for mark in (self.data, self.header, self.trailer) if mark is not None]
        if self.delimiter is None:
            return next((mark for mark in marks if line.startswith(mark)), None)
        first = line.partition(self.delimiter)[0]
        if self.quote and first[:1] == first[-1:] == self.quote and len(first) > 1:
            first = first[1:-1]
        return first if first in marks else None

    def count_in(self, line: str) -> int | None:
        """What the trailer says; None when no number stands there."""
        assert self.count is not None
        if self.delimiter is None:
            begin = self.count.at - 1
            text = line[begin : begin + (self.count.width or 0)].strip(" ")
        else:
            cells = line.split(self.delimiter)
            text = cells[self.count.at - 1].strip(f" {self.quote}") if len(cells) >= self.count.at else ""
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else None


def read_record_types(section: Section, delimiter: str | None, quote: str) -> RecordTypes:
    """[records]; ``delimiter`` None: lines of fixed width. Mistakes are noted in the section's document."""
    pattern, shape = f"[!-~]{{1,{_LONGEST_MARK}}}", f"1 to {_LONGEST_MARK} visible ASCII characters"
    given = {
        key: section.text(key, pattern=pattern, shape=shape)
        for key in ("data", "header", "trailer")
        if key == "data" or section.has(key)
    }
    marks = [mark for mark in given.values() if mark]
    if any(
        one is not other and other.startswith(one) for one in marks for other in marks if delimiter is None
    ):
        section.complain("data", "no mark may begin like another one")
    if len(set(marks)) < len(marks):
        section.complain("data", "the marks must differ")
    if len(given) == 1:
        section.complain("data", "needs a header or a trailer beside it; without them leave [records] out")
    count = None
    if section.has("count_at"):
        at = section.whole("count_at", least=1, most=_MOST_PLACE)
        width = section.whole("count_width", least=1, most=12) if delimiter is None else None
        count = CountPlace(at, width)
        if "trailer" not in given:
            section.complain("count_at", "only a trailer counts")
    return RecordTypes(given["data"], given.get("header"), given.get("trailer"), count, delimiter, quote)


class Records:
    """The records of one file, block by block."""

    def __init__(self, types: RecordTypes) -> None:
        self._types = types
        self._begun = False
        self._trailer: str | None = None

    def take(self, numbers: Sequence[int], lines: list[str]) -> tuple[Sequence[int], list[str], list[int]]:
        """The data records with their line numbers, and the numbers of lines that are no record, or not where it belongs."""
        strange: list[int] = []
        if not self._begun and lines:
            self._begun = True
            if self._types.header is not None:
                if self._types.mark_of(lines[0]) == self._types.header:
                    numbers, lines = numbers[1:], lines[1:]
                else:
                    strange.append(numbers[0])
        data: list[tuple[int, str]] = []
        for number, line in zip(numbers, lines, strict=True):
            mark = self._types.mark_of(line)
            if self._trailer is None and mark == self._types.data:
                data.append((number, line))
            elif self._trailer is None and mark is not None and mark == self._types.trailer:
                self._trailer = line
            elif number not in strange:
                strange.append(number)
        return [number for number, _ in data], [line for _, line in data], strange

    def finish(self, rows: int) -> list[Fault]:
        """What is wrong with the file as a whole, which has so many data records. A file without any line is a heartbeat."""
        if self._types.trailer is None or not self._begun:
            return []
        if self._trailer is None:
            return [Fault.TRAILER_MISSING]
        counted = self._types.count is None or self._types.count_in(self._trailer) == rows
        return [] if counted else [Fault.TRAILER_COUNT]
