"""Every entry of the library with what became of it: entered, approved, withdrawn, by whom and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from konbinid.domain.library_history import LibraryAct, LibraryRecord
from konbinid.store.library import entry_of
from konbinid.store.transaction import Transaction

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor

_RECORDS = """
select e.id, e.item, e.kind, e.effective_from, e.effective_to, e.value, b.content,
       e.note, e.entered_by, e.entered_at, a.approved_by, a.approved_at, w.withdrawn_by, w.withdrawn_at, w.reason
  from library.entry e
  left join library.blob b on b.sha256 = e.blob_sha256
  left join library.approval a on a.entry_id = e.id
  left join library.withdrawal w on w.entry_id = e.id
 order by e.id
"""


def records(made: connection) -> tuple[LibraryRecord, ...]:
    """All entries, oldest first. BadLibraryValue when one has not its item's shape."""
    with made.cursor() as cur:
        return records_in(cur)


def records_in(cur: cursor) -> tuple[LibraryRecord, ...]:
    """The same within a transaction."""
    cur.execute(_RECORDS)
    return tuple(map(_record, cur.fetchall()))


async def records_read(tx: Transaction) -> tuple[LibraryRecord, ...]:
    """The same in the desk's way of reading, for whoever explains a case."""
    return tuple(map(_record, await tx.fetch(_RECORDS)))


def _record(row: Sequence[Any]) -> LibraryRecord:
    note, entered_by, entered_at, approved_by, approved_at, withdrawn_by, withdrawn_at, reason = row[7:]
    return LibraryRecord(
        entry=entry_of(row[:7]),
        note=note,
        entered=LibraryAct(entered_by, entered_at),
        approved=None if approved_by is None else LibraryAct(approved_by, approved_at),
        withdrawn=None if withdrawn_by is None else LibraryAct(withdrawn_by, withdrawn_at),
        reason=reason or "",
    )
