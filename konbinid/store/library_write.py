"""Writing the dated library: entries with their approval in one transaction. Nothing is ever changed; what is there already is left."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from psycopg2.extras import Json

from konbinid.domain.kinds import Kind
from konbinid.domain.library import Item, LibraryEntry
from konbinid.store.audit import insert_audit
from konbinid.store.direct import PATIENCE, transaction
from konbinid.store.library import APPROVED_ENTRIES, entry_of

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor

# Of entries that begin together the newest counts: only that one can make a new entry needless.
_ALIKE = """
select e.effective_to is not distinct from %(ends)s and e.value = %(value)s and e.blob_sha256 is not distinct from %(blob)s
  from library.entry e
  join library.approval a on a.entry_id = e.id
 where e.item = %(item)s and e.kind is not distinct from %(kind)s and e.effective_from = %(begins)s
   and not exists (select from library.withdrawal w where w.entry_id = e.id)
 order by e.id desc limit 1
"""
_BLOB = "insert into library.blob (sha256, content) values (%s, %s) on conflict (sha256) do nothing"
_ENTRY = """
insert into library.entry (item, kind, effective_from, effective_to, value, blob_sha256, note, entered_by)
values (%(item)s, %(kind)s, %(begins)s, %(ends)s, %(value)s, %(blob)s, %(note)s, %(entered_by)s)
returning id
"""
_APPROVE = "insert into library.approval (entry_id, approved_by) select unnest(%s::bigint[]), %s"


@dataclass(frozen=True, slots=True)
class NewEntry:
    """One entry to write. ``value`` has its item's JSON shape, ``rows`` the official seal's pixels; ``effective_to`` is exclusive."""

    item: Item
    kind: Kind | None
    effective_from: datetime
    effective_to: datetime | None
    value: Mapping[str, Any]
    rows: bytes | None = None
    note: str = ""


def import_entries(
    made: connection, entries: Sequence[NewEntry], *, entered_by: str, approved_by: str, source: str
) -> int:
    """Enter and approve what is not there alike already; returns how many entries were written.

    All or none. ``source`` names the file in the audit row. Raises ValueError when one hand would do both, psycopg2.Error.
    """
    if entered_by == approved_by:
        raise ValueError("an entry is approved by someone other than who entered it")
    with transaction(made) as cur:
        cur.execute(PATIENCE)
        # Two imports of one file at once: the second waits and then finds everything there.
        cur.execute("select pg_advisory_xact_lock(hashtext('konbinid library import'))")
        written = [_write(cur, entry, entered_by) for entry in entries if not _is_there(cur, entry)]
        if written:
            cur.execute(_APPROVE, (written, approved_by))
            detail = {"entries": written}
            insert_audit(cur, entered_by, "library.import", source, detail, approved_by=approved_by)
    return len(written)


def approved_entries(made: connection) -> tuple[LibraryEntry, ...]:
    """Every entry that counts, past and future ones included, oldest first. BadLibraryValue when one has not its item's shape."""
    with made.cursor() as cur:
        cur.execute(APPROVED_ENTRIES)
        return tuple(map(entry_of, cur.fetchall()))


def _named(entry: NewEntry) -> dict[str, Any]:
    return {
        "item": entry.item.value,
        "kind": None if entry.kind is None else entry.kind.value,
        "begins": entry.effective_from,
        "ends": entry.effective_to,
        "value": Json(dict(entry.value)),
        "blob": None if entry.rows is None else hashlib.sha256(entry.rows).digest(),
        "note": entry.note,
    }


def _is_there(cur: cursor, entry: NewEntry) -> bool:
    cur.execute(_ALIKE, _named(entry))
    row = cur.fetchone()
    return row is not None and bool(row[0])


def _write(cur: cursor, entry: NewEntry, entered_by: str) -> int:
    named = _named(entry)
    if entry.rows is not None:
        cur.execute(_BLOB, (named["blob"], entry.rows))
    cur.execute(_ENTRY, {**named, "entered_by": entered_by})
    row = cur.fetchone()
    assert row is not None
    number: int = row[0]
    return number
