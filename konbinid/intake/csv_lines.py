"""Lines of CSV into cells, as RFC 4180 has it and nothing looser.

A line end inside quotes is forbidden by contract 2 like every other control character, so one line is one record and a quote that
does not close on its line is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from konbinid.intake.problems import BadValue, Fault


class CsvLines:
    """Splits lines of a fixed number of columns. ``delimiter`` and ``quote`` are one character each; an empty ``quote``: there is none."""

    def __init__(self, delimiter: str, quote: str, columns: int) -> None:
        self.delimiter = delimiter
        self.quote = quote
        self.columns = columns
        mark, comma = re.escape(quote), re.escape(delimiter)
        quoted = f"{mark}((?:[^{mark}]|{mark}{mark})*+){mark}|" if quote else "()"
        self._cell = re.compile(f"{quoted}([^{mark}{comma}]*)")
        self._between = f"{quote}{delimiter}{quote}"

    def columns_of(self, text: str, lines: Sequence[str]) -> list[Sequence[str]]:
        """The columns of many lines, ``text`` being them with their line ends between. BadValue as ``split``."""
        if self.delimiter == "\t" and text.count("\t") != (self.columns - 1) * len(lines):
            raise BadValue(Fault.COLUMN_COUNT)  # or one stands inside a value, where it is forbidden
        quotes = {line.count(self.quote) for line in lines} if self.quote else {0}
        if quotes == {2 * self.columns}:
            # As many quotes in every line as delimit its cells. If they stand at both ends of every line, and the pieces are as many as
            # the cells in all (no line can have more than its own), then none stands inside a cell.
            ends = text.count(f"{self.quote}\n{self.quote}") == len(lines) - 1
            if ends and text[0] == text[-1] == self.quote:
                joined = text[1:-1].replace(f"{self.quote}\n{self.quote}", self._between)
                pieces = joined.split(self._between)
                if len(pieces) == self.columns * len(lines):
                    return [pieces[column :: self.columns] for column in range(self.columns)]
        return list(zip(*map(self.split, lines), strict=True))

    def split(self, line: str) -> list[str]:
        """The cells of a line. BadValue when quotes are wrong or the number of cells is."""
        cells = self.cells(line)
        if len(cells) != self.columns:
            raise BadValue(Fault.COLUMN_COUNT)
        return cells

    def cells(self, line: str) -> list[str]:
        """The cells of a line, however many: a header or trailer has its own. BadValue when quotes are wrong."""
        quotes = line.count(self.quote) if self.quote else 0
        return line.split(self.delimiter) if quotes == 0 else self._one_by_one(line)

    def cell(self, line: str, at: int, _: int) -> str:
        """What stands in the column ``at`` (from 1) of any line; empty where there is none, or quotes are wrong."""
        try:
            cells = self.cells(line)
        except BadValue:
            return ""
        return cells[at - 1] if at <= len(cells) else ""

    def front(self, _: str) -> list[str]:
        """Nothing: where quotes are wrong or a cell is missing, nobody knows which cell is which."""
        return []

    def _one_by_one(self, line: str) -> list[str]:
        cells, at = [], 0
        while True:
            found = self._cell.match(line, at)
            assert found is not None  # the second alternative matches the empty text
            quoted, bare = found.groups()
            cells.append(bare if quoted is None else quoted.replace(self.quote * 2, self.quote))
            at = found.end()
            if at == len(line):
                return cells
            if line[at] != self.delimiter:
                raise BadValue(Fault.QUOTING)
            at += 1
