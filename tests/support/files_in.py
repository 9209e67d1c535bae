"""Rows of a core system's file, settled by the store's own code as intake does it: staged, prepared, and one transaction behind the fence."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

from private_database import Database
from psycopg2 import sql
from psycopg2.extensions import cursor

from konbinid.store import intake_files, intake_people, intake_prepare, intake_settle
from konbinid.store.intake_link import connect, fence, transaction
from konbinid.store.intake_staging import Left
from konbinid.store.intake_tables import TABLES

STAMP = datetime(2026, 11, 24, 9, 0)  # noqa: DTZ001 - file names carry Japan time without an offset
_runs = itertools.count(1)

Rows = Sequence[Mapping[str, Any]]
ADDED, CHANGED, REMOVED = 1, 2, 9


def apply(
    database: Database,
    feed: str,
    *rows: Mapping[str, Any],
    stamp: datetime = STAMP,
    before_commit: Callable[[], object] = lambda: None,
) -> None:
    """A difference file is applied. ``operation`` in a row is 処理区分, change when it is not given."""
    with closing(connect(database.dsn("intake"), "test intake")) as link:
        with transaction(link) as cur:
            incoming, run = _staged(cur, feed, rows, stamp)
            prepared = intake_prepare.prepare(cur, feed, TABLES[feed], run, full=False, least_removed=20)
            assert not prepared.contradictions
        with transaction(link) as cur:
            fence(cur, feed, 0)
            intake_settle.apply(cur, incoming, TABLES[feed], prepared, {})
            before_commit()


def reject(
    database: Database,
    feed: str,
    *rows: Mapping[str, Any],
    keys_unread: bool = False,
    stamp: datetime = STAMP,
) -> None:
    """A file is put in quarantine: whoever it names is in doubt, and the feed when keys cannot be read."""
    with closing(connect(database.dsn("intake"), "test intake")) as link:
        with transaction(link) as cur:
            incoming, run = _staged(cur, feed, rows, stamp)
        with transaction(link) as cur:
            fence(cur, feed, 0)
            intake_settle.reject(cur, incoming, TABLES[feed], Left(run), {}, keys_unread=keys_unread)


def release(database: Database) -> None:
    """What is in doubt is so no longer."""
    with closing(connect(database.dsn("intake"), "test intake")) as link, transaction(link) as cur:
        cur.execute("select id from intake.incoming where state = 'rejected'")
        intake_people.end_doubts(cur, [row[0] for row in cur.fetchall()])


def _staged(cur: cursor, feed: str, rows: Rows, stamp: datetime) -> tuple[intake_files.Incoming, int]:
    run = next(_runs)
    number = intake_files.add(
        cur,
        name=f"{feed}_{run}",
        feed=feed,
        stamp=stamp,
        sequence=run,
        full=False,
        rows=len(rows),
        placeholder=run.to_bytes(32, "big"),
    )
    for line, row in enumerate(rows, start=1):
        values = {"run": run, "line": line, "operation": CHANGED, **row}
        statement = sql.SQL("insert into {} ({}) values ({})").format(
            sql.Identifier("intake", f"staged_{TABLES[feed].name}"),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join([sql.Placeholder()] * len(values)),
        )
        cur.execute(statement, list(values.values()))
    return intake_files.by_id(cur, number), run
