"""Lines of fixed width into cells (``dat``): every column stands at its place, counted in characters, or in bytes where a layout says so.

A character is a code point, as contract 2 counts for ZEI: a variation selector is one of its own, a character beyond the BMP is one too.
What fills a cell up behind its value (spaces) is not part of the value; a cell of nothing else has nothing recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import itemgetter

from konbinid.intake.problems import BadValue, Fault

PAD = " "


class FixedLines:
    """Splits lines whose columns have these widths.

    ``firm``: so many columns stand before the first one of free text. Where they stand does not depend on how a writer counted the
    characters of a text, so they can be read in a line of a wrong length too.
    """

    def __init__(self, widths: Sequence[int], firm: int) -> None:
        ends = list(accumulate(widths))
        self.length = ends[-1]
        self.columns = len(widths)
        self.firm = firm
        self._cells = itemgetter(*map(slice, [0, *ends], ends))

    def columns_of(self, _: str, lines: Sequence[str]) -> list[Sequence[str]]:
        """The columns of many lines. BadValue as ``split``."""
        if any(length != self.length for length in set(map(len, lines))):
            raise BadValue(Fault.LINE_LENGTH)
        return [_unpadded(values) for values in zip(*map(self._cells, lines), strict=True)]

    def split(self, line: str) -> list[str]:
        """The cells of a line. BadValue when it has not the length of all columns."""
        if len(line) != self.length:
            raise BadValue(Fault.LINE_LENGTH)
        return [cell.rstrip(PAD) for cell in self._cells(line)]

    def front(self, line: str) -> list[str]:
        """The firm columns of a line that ``split`` refuses: whom it is about may stand there."""
        return [cell.rstrip(PAD) for cell in self._cells(line)[: self.firm]]

    def cell(self, line: str, at: int, width: int) -> str:
        """What stands at a place (from 1) of any line; a header or trailer has columns of its own."""
        return line[at - 1 : at - 1 + width]


class ByteLines(FixedLines):
    """The same, places counted in bytes of UTF-8. A character that lies across the border of two columns is in neither: ``split`` leaves its
    bytes as they are, and the cells are found to be no UTF-8."""

    def columns_of(self, text: str, lines: Sequence[str]) -> list[Sequence[str]]:
        """As in FixedLines."""
        if text.isascii():
            return super().columns_of(text, lines)
        rows = [line.encode("utf-8") for line in lines]
        if any(length != self.length for length in set(map(len, rows))):
            raise BadValue(Fault.LINE_LENGTH)
        try:
            # One decoding for a whole column; a cut character is followed by the line end, which completes none.
            columns = [
                b"\n".join(cells).decode("utf-8").split("\n")
                for cells in zip(*map(self._cells, rows), strict=True)
            ]
        except UnicodeDecodeError:
            raise BadValue(Fault.NOT_UTF8) from None
        return [_unpadded(values) for values in columns]

    def split(self, line: str) -> list[str]:
        """As in FixedLines."""
        data = line.encode("utf-8", "surrogateescape")
        if len(data) != self.length:
            raise BadValue(Fault.LINE_LENGTH)
        return [cell.decode("utf-8", "surrogateescape").rstrip(PAD) for cell in self._cells(data)]

    def front(self, line: str) -> list[str]:
        """As in FixedLines."""
        data = line.encode("utf-8", "surrogateescape")
        return [
            cell.decode("utf-8", "surrogateescape").rstrip(PAD) for cell in self._cells(data)[: self.firm]
        ]

    def cell(self, line: str, at: int, width: int) -> str:
        """As in FixedLines."""
        data = line.encode("utf-8", "surrogateescape")
        return data[at - 1 : at - 1 + width].decode("utf-8", "surrogateescape")


def _unpadded(values: Sequence[str]) -> Sequence[str]:
    """Most columns of a file are numbers, and hold no pad at all: one look at them together is quicker than one at each."""
    return [value.rstrip(PAD) for value in values] if PAD in "".join(values) else values
