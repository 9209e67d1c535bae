"""Rows of one file that contradict each other, as far as the file alone shows it: what konbinid.store.intake_prepare finds in PostgreSQL, without it.

A test gives the same files to both. Only good rows count here, as only they are staged there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import NamedTuple

from konbinid.domain.feeds import Feed
from konbinid.intake.feeds import ADD, REMOVE, Columns
from konbinid.intake.layout import Layout
from konbinid.intake.problems import Fault
from konbinid.intake.records import Block
from konbinid.store.intake_tables import TABLES

Place = tuple[int, str, Fault]
"""A line, the field, the fault."""

NOTES = {
    "added_but_there": "追加（1）ですが、前の行で追加されています。更新として扱われます。",
    "changed_but_not_there": "更新（2）ですが、前の行で削除されています。追加として扱われます。",
    "removed_but_not_there": "削除（9）ですが、前の行で削除されています。何も変わりません。",
}
"""What intake_prepare's notes mean between the rows of one file."""


class _Row(NamedTuple):
    """What is kept of a row. ``values``: of each field that must be single, empty where the row does not count."""

    line: int
    operation: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Single:
    """After the file a value of ``target`` stands in one row; with ``state`` only rows of this state count; with ``always`` it is one key's
    throughout the file, also in rows that a later one replaces."""

    target: str
    fault: Fault
    state: str = ""
    always: bool = False

    def of(self, columns: Columns, operations: Sequence[str]) -> Iterator[str]:
        """The field's values."""
        states: Sequence[str] | repeat[str] = columns["state"] if self.state else repeat("")
        rows = zip(operations, columns[self.target], states, strict=False)
        return (
            "" if operation == REMOVE or state != self.state else value for operation, value, state in rows
        )


_PDF = (_Single("pdf_name", Fault.ATTACHMENT_SHARED, always=True),)
_SINGLES = {
    Feed.JUMIN: (
        _Single("individual_number", Fault.NUMBER_TAKEN),
        _Single("resident_code", Fault.NUMBER_TAKEN),
    ),
    Feed.INKAN: (
        _Single("atena_number", Fault.SECOND_REGISTRATION, state="1"),
        _Single("image_name", Fault.ATTACHMENT_SHARED, always=True),
    ),
    Feed.KOSEKI: _PDF,
    Feed.FUHYO: _PDF,
}


class Together:
    """Takes the good rows of a file, block by block; then tells what contradicts what."""

    def __init__(self, layout: Layout, *, full: bool) -> None:
        self._feed = layout.feed
        self._full = full
        self._table = TABLES[layout.feed]
        self._singles = _SINGLES.get(layout.feed, ())
        self._by_key: dict[tuple[str, ...], list[_Row]] = {}

    def add(self, block: Block, bad: Collection[int] = ()) -> None:
        """Rows of a block but those in ``bad`` lines."""
        columns = block.columns
        operations = columns.get("operation", [ADD] * len(block.lines))
        keys = zip(*(columns[name] for name in self._table.key), strict=True)
        for line, operation, key, values in zip(
            block.lines, operations, keys, self._values(columns, operations), strict=False
        ):
            if line not in bad:
                self._by_key.setdefault(key, []).append(_Row(line, operation, values))

    @property
    def needs_every_row(self) -> bool:
        """Whether it says less of a file with bad rows."""
        return bool(self._singles) and not self._full

    def faults(self, *, whole: bool) -> list[Place]:
        """Contradictions in the order of lines. ``whole``: every row could be read. Without that nobody knows in a difference file who has a
        number at its end, so nothing is said of it."""
        found: list[Place] = []
        if self._feed is Feed.JPKI:
            found += self._serials_of_two()
        if self._full:
            repeated = (rows for rows in self._by_key.values() if len(rows) > 1)
            field = self._table.key[-1]
            found += [(row.line, field, Fault.DUPLICATE_KEY) for rows in repeated for row in rows]
        if not found and (whole or not self.needs_every_row):
            for at, single in enumerate(self._singles):
                found += [
                    (line, single.target, single.fault) for line in self._sharing(at, always=single.always)
                ]
        return sorted(found)

    def notes(self) -> list[tuple[int, str]]:
        """Lines that find the opposite of what their 処理区分 says, and which of NOTES it is."""
        if self._full or not self._table.tells_operation:
            return []
        found = [
            (row.line, note)
            for rows in self._by_key.values()
            for before, row in pairwise(rows)
            if (note := _note(row.operation, was_there=before.operation != REMOVE))
        ]
        return sorted(found)

    def _values(self, columns: Columns, operations: Sequence[str]) -> Iterator[tuple[str, ...]]:
        if self._feed is Feed.JPKI:
            return zip(columns["resident_code"], strict=True)
        if not self._singles:
            return repeat(())
        return zip(*(single.of(columns, operations) for single in self._singles), strict=True)

    def _serials_of_two(self) -> Iterator[Place]:
        """Removals too: a serial never belongs to a second resident."""
        for rows in self._by_key.values():
            if len({row.values for row in rows} - {("",)}) > 1:
                yield from ((row.line, "serial", Fault.SERIAL_OF_ANOTHER) for row in rows)

    def _sharing(self, at: int, *, always: bool) -> Iterator[int]:
        """Lines whose value of one single field more than one key has, in the rows that count at the end or in any."""
        owners: dict[str, dict[tuple[str, ...], list[int]]] = {}
        for key, rows in self._by_key.items():
            for row in rows if always else rows[-1:]:
                if value := row.values[at]:
                    owners.setdefault(value, {}).setdefault(key, []).append(row.line)
        return (
            line for keys in owners.values() if len(keys) > 1 for lines in keys.values() for line in lines
        )


def _note(operation: str, *, was_there: bool) -> str:
    if was_there:
        return "added_but_there" if operation == ADD else ""
    return {ADD: "", REMOVE: "removed_but_not_there"}.get(operation, "changed_but_not_there")
