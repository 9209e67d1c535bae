"""Bytes of a data file into checked columns of rows, block by block, with every fault noted by line and column.

The quick way takes a block of lines as whole columns. Only when something in the block is wrong is it looked at cell by
cell, and then to the end: the report names every fault, and whoever can be read out of a bad row is named for a provisional hold.
Memory is bounded by the size of a block, whatever the size of the file (a line has a limit of its own).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from konbinid.domain.redact import Redacted
from konbinid.intake.feeds import ADD, REMOVE
from konbinid.intake.layout import Column, Layout
from konbinid.intake.problems import BadValue, Fault, ProblemList

LINE_LIMIT = 64 * 1024  # bytes; far above what any layout declares
_BOM = b"\xef\xbb\xbf"

# Contract 2: NUL and C0, U+2028/2029, bidi controls, U+FEFF inside, U+FFFD, noncharacters, surrogates.
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17)
)
_FORBIDDEN = (
    f"[\x00-\x1f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffd{_NONCHARACTERS}\ud800-\udfff]"
)
_forbidden_in_cell = re.compile(_FORBIDDEN).search
_is_no_utf8 = re.compile("[\udc80-\udcff]").search  # a stray byte, as surrogateescape keeps it

# The same as bytes of UTF-8, for whole blocks: bytes that are rare in Japanese text, and what they must not be part of. Looking for a few bytes
# is many times quicker than looking at every character.
_C0_BUT_LF = bytes(set(range(0x20)) - {0x0A})
_RARE = (
    (b"\xd8", rb"\xd8\x9c"),
    (b"\xe2", rb"\xe2(?:\x80[\x8e\x8f\xa8-\xae]|\x81[\xa6-\xa9])"),
    (b"\xef", rb"\xef\xb7[\x90-\xaf]"),
    (b"\xef", rb"\xef\xbb\xbf"),
    (b"\xef", rb"\xef\xbf[\xbd-\xbf]"),
    (b"\xbf\xbe", rb"[\xf0-\xf4].\xbf\xbe"),
    (b"\xbf\xbf", rb"[\xf0-\xf4].\xbf\xbf"),
)
_rare = [(start, re.compile(pattern, re.DOTALL).search) for start, pattern in _RARE]


def holds_forbidden(data: bytes) -> bool:
    """Whether UTF-8 bytes hold a forbidden character, line ends aside."""
    if len(data.translate(None, _C0_BUT_LF)) != len(data):
        return True
    return any(start in data and search(data) is not None for start, search in _rare)


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
    """Who is named in a bad row: the fields that name a person, as far as they can be read, and likewise those of the row's key."""

    line: int
    people: dict[str, str]
    key: dict[str, str]


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
        self.attachments_of_bad_rows: list[str] = []
        self._line = 0
        self._rest = b""
        self._begun = False
        self._skipping = False

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
            is_clean = not holds_forbidden(data)
        first = self._line + 1
        self._line += len(lines)
        if self.layout.heading and first == 1:
            lines, first, text = lines[1:], 2, text.partition("\n")[2]
        self.rows += len(lines)
        if lines:
            block = self._quick(first, text, lines) if is_clean else None
            yield self._slow(first, lines) if block is None else block

    def _quick(self, first: int, text: str, lines: Sequence[str]) -> Block | None:
        """The block when nothing at all is wrong with it, else None."""
        if max(map(len, lines)) * 4 > LINE_LIMIT:
            return None
        try:
            cells = self.layout.lines.columns_of(text, lines)
        except BadValue:
            return None
        columns: dict[str, Sequence[str]] = {}
        for column, values in zip(self.layout.columns, cells, strict=True):
            canonical = _checked(column, values)
            if canonical is None:
                return None
            if column.target is not None:
                columns[column.target.name] = canonical
        if self.full and set(columns.get("operation", ADD)) != {ADD}:
            return None
        if self.layout.spec.check(columns):
            return None
        return Block(range(first, first + len(lines)), columns, plain="\\" not in text)

    def _slow(self, first: int, lines: Sequence[str]) -> Block:
        """The good rows of a block, after noting every fault of the others."""
        good = []
        for line, text in enumerate(lines, first):
            row = self._row(line, text)
            if row is not None:
                good.append((line, row))
        names = [column.target.name for column in self.layout.columns if column.target is not None]
        return Block([line for line, _ in good], {name: [row[name] for _, row in good] for name in names})

    def _row(self, line: int, text: str) -> dict[str, str] | None:
        try:
            if len(text.encode("utf-8", "surrogateescape")) > LINE_LIMIT:
                raise BadValue(Fault.LINE_TOO_LONG)
            cells = self.layout.lines.split(text)
        except BadValue as bad:
            # Stray bytes are counted as characters: what is wrong with such a line is not its length.
            of_bytes = bad.fault is Fault.LINE_LENGTH and _is_no_utf8(text)
            self.problems.add(line, "", Fault.NOT_UTF8 if of_bytes else bad.fault)
            values, _ = self._read_cells(self.layout.lines.front(text))
            self._note_named(line, values)
            return None
        values, faults = self._read_cells(cells)
        faults += self._row_faults(values, whole=not faults)
        if not faults:
            return values
        for name, fault in faults:
            self.problems.add(line, name, fault)
        self._note_named(line, values)
        return None

    def _read_cells(self, cells: Sequence[str]) -> tuple[dict[str, str], list[tuple[str, Fault]]]:
        """What the first columns say, and the faults of those that cannot be read."""
        values: dict[str, str] = {}
        faults: list[tuple[str, Fault]] = []
        for column, cell in zip(self.layout.columns, cells, strict=False):  # a bad line may give fewer
            try:
                value = _read_cell(column, cell)
            except BadValue as bad:
                faults.append((column.name, bad.fault))
            else:
                if column.target is not None:
                    values[column.target.name] = value
        return values, faults

    def _row_faults(self, values: dict[str, str], *, whole: bool) -> list[tuple[str, Fault]]:
        """What is missing, and, when every cell could be read, the feed's own rule."""
        operation = values.get("operation")
        removes = operation == REMOVE
        faults = [
            (column.name, Fault.MISSING)
            for column in self.layout.columns
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
        if spec.attachment and values.get(spec.attachment):
            self.attachments_of_bad_rows.append(values[spec.attachment])
        people = {name: values[name] for name in spec.people if values.get(name)}
        key = {name: values[name] for name in spec.keys if values.get(name)}
        if people or key:
            self.named.append(Named(line, people, key))
        # A person's field that cannot be read may name somebody whom the readable ones do not (YOKUSHI has two of them).
        unread = any(name not in values for name in spec.people)
        if unread or not people or not all(values.get(name) for name in spec.keys):
            self.keys_unread = True


def _checked(column: Column, values: Sequence[str]) -> Sequence[str] | None:
    """A whole column's canonical values, or None when something in it needs a closer look."""
    if column.required and "" in values:
        return None
    canonical = column.form.column(values)
    target = column.target
    if canonical is None or target is None or target.valid is None:
        return canonical
    return canonical if all(map(target.valid, filter(None, canonical))) else None


def _read_cell(column: Column, cell: str) -> str:
    """One cell's canonical value. BadValue says what is wrong with it."""
    if _is_no_utf8(cell):
        raise BadValue(Fault.NOT_UTF8)
    if _forbidden_in_cell(cell):
        raise BadValue(Fault.FORBIDDEN_CHARACTER)
    if not cell:
        return ""
    value = column.form.cell(cell)
    if column.target is not None and column.target.valid is not None and not column.target.valid(value):
        raise BadValue(Fault.CHECK_DIGIT)
    return value
