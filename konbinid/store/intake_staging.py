"""Rows on their way: COPY into the staging tables, and counting what has arrived there."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg2.extensions import cursor
from psycopg2.extras import execute_values

from konbinid.store.intake_tables import Table

_SMALL = 1024 * 1024  # bytes; below it DELETE is quicker than TRUNCATE, which makes new files
_CHUNK = 1024 * 1024


class StagingLost(Exception):
    """The staging tables do not hold what was read or prepared any more: the file is to be read again."""


@dataclass(frozen=True, slots=True)
class Left:
    """What a reading left in the staging tables: rows, and keys of bad rows. ``rows`` None: it was broken off, and what there is counts.

    The tables are unlogged, and a daemon that does not know yet that it lost the lease empties them: without a look at these numbers a file that
    says something could be taken for one that says nothing.
    """

    run: int
    rows: int | None = None
    keys: int = 0


class _Stream(io.RawIOBase):
    """What COPY reads from: pieces of text as they come."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        super().__init__()
        self._pieces = pieces
        self._piece = memoryview(b"")
        self._at = 0

    def read(self, size: int = _CHUNK, /) -> bytes:
        """At most ``size`` bytes; none at the end."""
        while self._at == len(self._piece):
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._piece, self._at = memoryview(piece), 0
        given = bytes(self._piece[self._at : self._at + size])
        self._at += len(given)
        return given


def clear(cur: cursor, table: Table) -> None:
    """Take away what earlier readings of this feed left."""
    for name in (table.staged, f"{table.staged}_effect"):
        empty(cur, name)


def empty(cur: cursor, name: str) -> None:
    """Empty one staging table, by its name in the schema."""
    cur.execute("select pg_relation_size(%s::regclass)", [name])
    row = cur.fetchone()
    small = row is not None and row[0] < _SMALL
    cur.execute(f"delete from {name}" if small else f"truncate {name}")  # noqa: S608  # never a value of a file


def copy_rows(cur: cursor, table: Table, pieces: Iterator[bytes]) -> None:
    """COPY text lines (columns as in ``table.staged_columns``) in."""
    columns = ", ".join(table.staged_columns)
    cur.copy_expert(f"copy {table.staged} ({columns}) from stdin", _Stream(pieces), _CHUNK)


def measure(cur: cursor, table: Table, *, effects: bool = False) -> None:
    """Let the planner know how large a large file, or its effects, are. Without it their joins are planned as for a handful of rows."""
    cur.execute("select intake.measure_staged(%s)", [f"{table.name}_effect" if effects else table.name])


KeyRow = tuple[
    int, int, str | None, bytes | None, str | None, str | None, str | None, list[str] | None, str | None
]
"""Who is named in a bad row: run, line, 宛名番号, digest of the 住民票コード, 戸籍番号, 構成員番号, 世帯番号, the row's key when it can be read whole, and what it
claims (the digest of a 個人番号 in hex, or an attachment's name)."""


def add_keys(cur: cursor, rows: Sequence[KeyRow]) -> None:
    """Keep who is named in bad rows."""
    execute_values(
        cur,
        "insert into intake.staged_key "
        "(run, line, atena_number, resident_code_digest, register_number, register_member, household_number, key_values, claimed) values %s",
        rows,
    )


def drop_keys(cur: cursor, run: int) -> None:
    """The keys of one reading have done their work."""
    cur.execute("delete from intake.staged_key where run = %s", [run])


def require_whole(cur: cursor, table: Table, left: Left) -> None:
    """StagingLost unless everything that a reading left is still there."""
    cur.execute(
        f"select (select count(*) from {table.staged} where run = %(run)s and line > 0), "  # noqa: S608  # a constant of intake_tables
        "(select count(*) from intake.staged_key where run = %(run)s)",
        {"run": left.run},
    )
    if left.rows is not None and cur.fetchone() != (left.rows, left.keys):
        raise StagingLost
