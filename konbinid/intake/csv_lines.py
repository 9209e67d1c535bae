"""Lines of CSV into cells, as RFC 4180 has it and nothing looser.

A line end inside quotes is forbidden by contract 2 like every other control character, so one line is one record and a quote that
does not close on its line is a fault.
"""

from __future__ import annotations

import re

from konbinid.intake.problems import BadValue, Fault


class CsvLines:
    """Splits lines of a fixed number of columns. ``delimiter`` and ``quote`` are one character each."""

    def __init__(self, delimiter: str, quote: str, columns: int) -> None:
        self.delimiter = delimiter
        self.quote = quote
        self.columns = columns
        mark, comma = re.escape(quote), re.escape(delimiter)
        self._cell = re.compile(f"{mark}((?:[^{mark}]|{mark}{mark})*+){mark}|([^{mark}{comma}]*)")
        self._between = f"{quote}{delimiter}{quote}"

    def split(self, line: str) -> list[str]:
        """The cells of a line. BadValue when quotes are wrong or the number of cells is."""
        quotes = line.count(self.quote)
        if quotes == 0:
            cells = line.split(self.delimiter)
        elif quotes == 2 * self.columns and line[0] == line[-1] == self.quote:
            # As many quotes as delimit the cells: if the pieces are as many as the columns, none is inside a cell.
            cells = line[1:-1].split(self._between)
            if len(cells) != self.columns:
                cells = self._one_by_one(line)
        else:
            cells = self._one_by_one(line)
        if len(cells) != self.columns:
            raise BadValue(Fault.COLUMN_COUNT)
        return cells

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
