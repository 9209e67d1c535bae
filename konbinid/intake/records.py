"""Bytes of a data file into checked columns of rows, block by block, with every fault noted by line and column.

The quick way takes a block of lines as whole columns. Only when something in the block is wrong is it looked at cell by
cell, and then to the end: the report names every fault, and whoever can be read out of a bad row is named for a provisional hold.
Memory is bounded by the size of a block, whatever the size of the file (a line has a limit of its own).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from konbinid.domain.redact import Redacted
from konbinid.intake.feeds import ADD, REMOVE
from konbinid.intake.fields import checked_columns, read_cells
from konbinid.intake.forbidden import has_stray_byte, holds_forbidden
from konbinid.intake.layout import Layout
from konbinid.intake.problems import BadValue, Fault, ProblemList
from konbinid.intake.record_types import Records

LINE_LIMIT = 64 * 1024  # bytes; far above what any layout declares
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, repr=False)
class Block(Redacted):
    """Good rows: their line numbers (from 1) and their canonical values by field, column by column.

    ``plain``: no value holds a backslash, which COPY wants doubled.
    """

    lines: Sequence[int]
    columns: dict[str, Sequence[str]]
    plain: bool = False

    def pieces(self, size: int | None) -> Iterator[Block]:
        """The same rows in blocks of at most ``size``; None leaves it whole."""
        if size is None or len(self.lines) <= size:
            yield self
            return
        for start in range(0, len(self.lines), size):
            part = slice(start, start + size)
            columns = {name: values[part] for name, values in self.columns.items()}
            yield Block(self.lines[part], columns, self.plain)


@dataclass(frozen=True, slots=True, repr=False)
class Named(Redacted):
    """Who is named in a bad row: the fields that name a person, as far as they can be read, and likewise those of the row's key. ``claimed``: what
    only one may have (FeedSpec.claim)."""

    line: int
    people: dict[str, str]
    key: dict[str, str]
    claimed: str = ""


class Reader:
    """Reads one file: feed it the bytes in order, then ``finish``.

    ``rows``, ``problems``, ``named`` and ``keys_unread`` add up meanwhile; whoever uses the lists empties them. ``keys_unread``: some row
    does not tell which record or which person it is about.
    """

    def __init__(self, layout: Layout, *, full: bool) -> None:
        self.layout = layout
        self.full = full
        self.problems = ProblemList()
        self.rows = 0
        self.keys_unread = False
        self.named: list[Named] = []
        self.attachments_of_bad_rows: list[tuple[str, Named]] = []
        self._line = 0
        self._rest = b""
        self._begun = False
        self._skipping = False
        self._records = None if layout.records is None else Records(layout.records, layout.lines)

    def feed(self, data: bytes) -> Iterator[Block]:
        """Take the next bytes; gives the good rows of the lines that they complete."""
        if self._skipping:
            end = data.find(b"\n")
            if end < 0:
                return
            data, self._skipping = data[end:], False
        data = self._rest + data
        if not self._begun:
            if len(data) < len(_BOM):
                self._rest = data
                return
            data, self._begun = data.removeprefix(_BOM), True
        whole, newline, self._rest = data.rpartition(b"\n")
        if newline:
            yield from self._take(whole + newline)
        if len(self._rest) > LINE_LIMIT:
            # What follows on this line is of no use: enough is kept to be seen as too long.
            self._rest, self._skipping = self._rest[: LINE_LIMIT + 1], True

    def finish(self) -> Iterator[Block]:
        """The end of the file; its last line may lack the line end."""
        rest, self._rest = self._rest, b""
        if not self._begun:
            rest = rest.removeprefix(_BOM)
        if rest:
            yield from self._take(rest)
        if self._records is not None:
            for line, fault in self._records.finish(self.rows):
                # Whoever stood in what is missing is not known.
                self._reject(line, fault)

    def _take(self, data: bytes) -> Iterator[Block]:
        data = data.replace(b"\r\n", b"\n").removesuffix(b"\n")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            text = ""
            lines = data.decode("utf-8", "surrogateescape").split("\n")
            is_clean = False
        else:
            lines = text.split("\n")
            is_clean = not holds_forbidden(data, self.layout.delimiter)
        first = self._line + 1
        self._line += len(lines)
        if self.layout.heading and first == 1:
            self._look_at_heading(lines[0])
            lines, first, text = lines[1:], 2, text.partition("\n")[2]
        numbers: Sequence[int] = range(first, first + len(lines))
        if self._records is not None:
            numbers, lines = self._sorted(numbers, lines)
            text = "\n".join(lines)
        self.rows += len(lines)
        if lines:
            block = self._quick(numbers, text, lines) if is_clean else None
            yield self._slow(numbers, lines) if block is None else block

    def _look_at_heading(self, line: str) -> None:
        """Columns in another order would be read as each other, and a first line that is none would be a person left out."""
        try:
            cells = self.layout.lines.split(line)
        except BadValue:
            cells = []
        if [cell.strip() for cell in cells] != [each.strip() for each in self.layout.heading]:
            self._reject(1, Fault.HEADING_OTHER)

    def _reject(self, line: int, fault: Fault) -> None:
        self.problems.add_file(fault, line)
        self.keys_unread = True

    def _sorted(self, numbers: Sequence[int], lines: list[str]) -> tuple[Sequence[int], list[str]]:
        """The data records of a block, after noting every line that is none of the layout's records, or not where it belongs."""
        assert self._records is not None
        numbers, lines, strange = self._records.take(numbers, lines)
        for line in strange:
            self.problems.add(line, "", Fault.RECORD_TYPE)
        self.keys_unread = self.keys_unread or bool(strange)
        return numbers, lines

    def _quick(self, numbers: Sequence[int], text: str, lines: Sequence[str]) -> Block | None:
        """The block when nothing at all is wrong with it, else None."""
        if max(map(len, lines)) * 4 > LINE_LIMIT:
            return None
        try:
            cells = self.layout.lines.columns_of(text, lines)
        except BadValue:
            return None
        columns = checked_columns(self.layout, cells, len(lines))
        if columns is None or (self.full and set(columns.get("operation", ADD)) != {ADD}):
            return None
        if self.layout.spec.check(columns):
            return None
        return Block(numbers, columns, plain="\\" not in text)

    def _slow(self, numbers: Sequence[int], lines: Sequence[str]) -> Block:
        """The good rows of a block, after noting every fault of the others."""
        good = []
        for line, text in zip(numbers, lines, strict=True):
            row = self._row(line, text)
            if row is not None:
                good.append((line, row))
        return Block(
            [line for line, _ in good],
            {name: [row[name] for _, row in good] for name in self.layout.spec.targets},
        )

    def _row(self, line: int, text: str) -> dict[str, str] | None:
        try:
            if len(text.encode("utf-8", "surrogateescape")) > LINE_LIMIT:
                raise BadValue(Fault.LINE_TOO_LONG)
            cells = self.layout.lines.split(text)
        except BadValue as bad:
            # Stray bytes are counted as characters: what is wrong with such a line is not its length.
            of_bytes = bad.fault is Fault.LINE_LENGTH and has_stray_byte(text)
            self.problems.add(line, "", Fault.NOT_UTF8 if of_bytes else bad.fault)
            values, _ = read_cells(self.layout, self.layout.lines.front(text))
            self._note_named(line, values)
            return None
        values, faults = read_cells(self.layout, cells)
        faults += self._row_faults(values, whole=not faults)
        if not faults:
            return values
        for name, fault in faults:
            self.problems.add(line, name, fault)
        self._note_named(line, values)
        return None

    def _row_faults(self, values: dict[str, str], *, whole: bool) -> list[tuple[str, Fault]]:
        """What is missing, and, when every cell could be read, the feed's own rule."""
        operation = values.get("operation")
        removes = operation == REMOVE
        faults = [
            (column.name, Fault.MISSING)
            for column in self.layout.fillers
            if column.target is not None
            and column.required
            and values.get(column.target.name) == ""
            and (column.target.key or not removes)
        ]
        if self.full and operation not in {ADD, None}:
            faults.append((self.layout.name_of("operation"), Fault.NOT_AN_ADDITION))
        if whole and not faults:
            found = self.layout.spec.check({name: [value] for name, value in values.items()})
            faults += [(self.layout.name_of(name), fault) for _, name, fault in found]
        return faults

    def _note_named(self, line: int, values: dict[str, str]) -> None:
        spec = self.layout.spec
        people = {name: values[name] for name in (*spec.people, *spec.people_within) if values.get(name)}
        key = {name: values[name] for name in spec.keys if values.get(name)}
        removes = values.get("operation") == REMOVE
        named = Named(line, people, key, "" if removes else values.get(spec.claim, ""))
        if spec.attachment and values.get(spec.attachment) and not removes:
            self.attachments_of_bad_rows.append((values[spec.attachment], named))
        if people or key:
            self.named.append(named)
        # A person's field that cannot be read may name somebody whom the readable ones do not (YOKUSHI has two of them).
        unread = any(name not in values for name in (*spec.people, *spec.people_within))
        if unread or people.keys().isdisjoint(spec.people) or not all(values.get(name) for name in spec.keys):
            self.keys_unread = True
