"""Writing the dated library: entries, their approval by a second hand, their withdrawal. Nothing is ever changed; what is there already is left.

Whoever changes the library waits for the one before, and takes the kinds before anything counts: papers in the making end first. So a paper's own
instant lies before an approval's exactly when it was made without it, and ``domain.library_history`` can say what any paper was made with.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from psycopg2.extras import Json

from konbinid.domain.dates import JST
from konbinid.domain.four_eyes import same_person
from konbinid.domain.kinds import Kind
from konbinid.domain.library import Item, LibraryEntry
from konbinid.domain.library_history import LibraryRecord, counting
from konbinid.store.audit import insert_audit
from konbinid.store.direct import PATIENCE, transaction
from konbinid.store.library import APPROVED_ENTRIES, entry_of
from konbinid.store.library_history import records_in

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor

Judge = Callable[[Sequence[LibraryEntry], Sequence[LibraryEntry], datetime], None]
"""Looks at (the entries that count, those about to count, now) while nobody else can change the library, and raises what forbids them."""

# Of entries that begin together the newest counts: only that one can make a new entry needless. What waits is there for who enters.
_ALIKE = """
select e.effective_to is not distinct from %(ends)s and e.value = %(value)s and e.blob_sha256 is not distinct from %(blob)s
  from library.entry e
  left join library.approval a on a.entry_id = e.id
 where e.item = %(item)s and e.kind is not distinct from %(kind)s and e.effective_from = %(begins)s
   and (a.entry_id is not null or %(waiting)s)
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
_WITHDRAW = "insert into library.withdrawal (entry_id, withdrawn_by, reason) values (%s, %s, %s)"


class EntryRefused(ValueError):
    """An entry that cannot be approved or withdrawn; the text says which and why, for the operator."""


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
    made: connection,
    entries: Sequence[NewEntry],
    *,
    entered_by: str,
    approved_by: str,
    source: str,
    judge: Judge | None = None,
) -> int:
    """Enter and approve what is not there alike already; returns how many entries were written.

    All or none. ``source`` names the file in the audit row. Raises EntryRefused when one hand would do both, psycopg2.Error, and
    whatever the judge does.
    """
    if same_person(entered_by, approved_by):
        raise EntryRefused("an entry is approved by someone other than who entered it")
    with _alone(made) as cur:
        written = [
            _write(cur, entry, entered_by) for entry in entries if not _is_there(cur, entry, waiting=False)
        ]
        if written:
            _approve(cur, written, approved_by, judge)
            detail = {"entries": written}
            insert_audit(cur, entered_by, "library.import", source, detail, approved_by=approved_by)
    return len(written)


def enter_entries(
    made: connection, entries: Sequence[NewEntry], *, entered_by: str, source: str, judge: Judge | None = None
) -> tuple[int, ...]:
    """Enter what is not there alike already, approved or waiting; returns the new entries' ids. They wait for approval.

    All or none. The judge hears them as if they were approved now: what cannot be printed is told before it waits.
    """
    with _alone(made) as cur:
        written = [
            _write(cur, entry, entered_by) for entry in entries if not _is_there(cur, entry, waiting=True)
        ]
        if written:
            if judge is not None:
                _judge(cur, written, judge)
            insert_audit(cur, entered_by, "library.enter", source, {"entries": written})
    return tuple(written)


def approve_entries(
    made: connection, ids: Sequence[int], *, approved_by: str, judge: Judge | None = None
) -> None:
    """Approve entries that wait, all or none; they count from now on. Raises EntryRefused, psycopg2.Error and whatever the judge does."""
    with _alone(made) as cur:
        known = {record.entry.id: record for record in records_in(cur)}
        for number in ids:
            record = _known(known, number)
            if not record.waits:
                raise EntryRefused(f"Entry {number} does not wait: {_settled(record)}.")
            if same_person(record.entered.who, approved_by):
                raise EntryRefused(f"Entry {number} was entered by {record.entered.who}: four eyes decide.")
        _approve(cur, ids, approved_by, judge)
        for number in ids:
            entered_by = known[number].entered.who
            insert_audit(cur, entered_by, "library.approve", str(number), approved_by=approved_by)


def withdraw_entry(made: connection, number: int, *, withdrawn_by: str, reason: str) -> LibraryRecord:
    """Withdraw an entry, waiting or approved: it does not count any more. Returns it as it was. Raises EntryRefused, psycopg2.Error."""
    with _alone(made) as cur:
        record = _known({record.entry.id: record for record in records_in(cur)}, number)
        if record.withdrawn is not None:
            raise EntryRefused(f"Entry {number} does not count: {_settled(record)}.")
        cur.execute("select ops.take_kinds()")
        cur.execute(_WITHDRAW, (number, withdrawn_by, reason))
        detail = {"reason": reason, "was_approved": record.approved is not None}
        insert_audit(cur, withdrawn_by, "library.withdraw", str(number), detail)
    return record


def approved_entries(made: connection) -> tuple[LibraryEntry, ...]:
    """Every entry that counts, past and future ones included, oldest first. BadLibraryValue when one has not its item's shape."""
    with made.cursor() as cur:
        cur.execute(APPROVED_ENTRIES)
        return tuple(map(entry_of, cur.fetchall()))


@contextmanager
def _alone(made: connection) -> Iterator[cursor]:
    """A transaction in which nobody else changes the library. Two imports of one file at once: the second finds everything there."""
    with transaction(made) as cur:
        cur.execute(PATIENCE)
        cur.execute("select pg_advisory_xact_lock(hashtext('konbinid library import'))")
        yield cur


def _approve(cur: cursor, ids: Sequence[int], approved_by: str, judge: Judge | None) -> None:
    """Approve: the judge first (it may take a second), then the kinds, so that no paper waits for the judge."""
    if judge is not None:
        _judge(cur, ids, judge)
    cur.execute("select ops.take_kinds()")
    cur.execute(_APPROVE, (list(ids), approved_by))


def _judge(cur: cursor, ids: Sequence[int], judge: Judge) -> None:
    found = records_in(cur)
    cur.execute("select clock_timestamp()")
    row = cur.fetchone()
    assert row is not None
    chosen = frozenset(ids)
    judge(counting(found), [record.entry for record in found if record.entry.id in chosen], row[0])


def _known(found: Mapping[int, LibraryRecord], number: int) -> LibraryRecord:
    if number not in found:
        raise EntryRefused(f"There is no entry {number}.")
    return found[number]


def _settled(record: LibraryRecord) -> str:
    act = record.withdrawn or record.approved
    assert act is not None  # what was neither waits
    word = "withdrawn" if record.withdrawn is not None else "approved"
    return f"{word} by {act.who} at {act.at.astimezone(JST):%Y-%m-%d %H:%M}"


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


def _is_there(cur: cursor, entry: NewEntry, *, waiting: bool) -> bool:
    cur.execute(_ALIKE, {**_named(entry), "waiting": waiting})
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
