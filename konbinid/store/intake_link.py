"""Intake's own blocking connections, and the fence that every change of intake passes.

Intake works in threads and in child processes, with psycopg2 and COPY; the kiosk path's pool (konbinid.store.pool) is not touched by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg2
from psycopg2.extensions import connection, cursor, make_dsn
from psycopg2.extras import Json

from konbinid.store.servers import KEEPALIVES

LEASE = "singleton"
_APPLY_LOCK = 0x696E74616B65  # "intake": one file is applied at a time, whichever daemon or feed

# A lock that the kiosk path holds is released in milliseconds. Who waits longer gives up, and the file is tried again. Compiling a
# statement (jit) costs more than it gains here (measured: 0.15 s each for files of 20,000 rows); sorting in memory gains.
_SESSION = """
set session lock_timeout = '30s';
set session idle_in_transaction_session_timeout = '10min';
set session jit = off;
set session work_mem = '64MB'
"""
# A daemon that stands still inside a change (a paused machine) holds the locks of people whose papers are asked for, and those of the daemon that
# takes over. Its session ends; nothing of the change was true yet.
_SILENT = "set local idle_in_transaction_session_timeout = '5s'"


class LeaseLost(Exception):
    """Another daemon holds the lease by now: nothing of this transaction counts."""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """Where a feed stands (intake.feed)."""

    last_sequence: int | None
    last_stamp: datetime | None
    stopped_by: int | None


def connect(dsn: str, name: str) -> connection:
    """A connection of intake. ``name`` is what pg_stat_activity shows."""
    kept = {"connect_timeout": 10, "client_encoding": "UTF8", **KEEPALIVES}
    made = psycopg2.connect(make_dsn(dsn, application_name=name, **kept))
    try:
        with made.cursor() as cur:
            cur.execute(_SESSION)
        made.commit()
    except BaseException:
        made.close()
        raise
    return made


def is_over(error: psycopg2.Error) -> bool:
    """Whether the session is over with it: the connection broke, the server stops or was made a standby."""
    return error.pgcode is None or error.pgcode.startswith(("08", "57P")) or error.pgcode == "25006"


@contextmanager
def transaction(link: connection) -> Iterator[cursor]:
    """One transaction: committed at the end of the block, rolled back when it is left by an exception."""
    with link, link.cursor() as cur:
        yield cur


def fence(cur: cursor, feed: str, epoch: int) -> None:
    """Enter a transaction in which a daemon changes anything of a feed, and make sure that it still holds the lease.

    LeaseLost when the epoch is not the newest: a daemon that lost the lease while it worked changes nothing.
    """
    enter(cur, feed)
    hold_lease(cur, epoch)


def hold_lease(cur: cursor, epoch: int) -> None:
    """Let nobody take the lease until this transaction ends. LeaseLost when somebody has."""
    cur.execute("select epoch from ops.lease where name = %s for share", [LEASE])
    row = cur.fetchone()
    if row is None or row[0] != epoch:
        raise LeaseLost


def enter(cur: cursor, feed: str) -> FeedRow:
    """Enter a transaction that changes anything of a feed: alone among intake's, with the feed's row locked."""
    cur.execute(_SILENT)
    cur.execute("select pg_advisory_xact_lock(%s)", [_APPLY_LOCK])
    cur.execute(
        "select last_sequence, last_stamp, stopped_by from intake.feed where feed = %s for update", [feed]
    )
    return _feed_row(cur)


def feed_row(cur: cursor, feed: str) -> FeedRow:
    """Where a feed stands at this moment."""
    cur.execute("select last_sequence, last_stamp, stopped_by from intake.feed where feed = %s", [feed])
    return _feed_row(cur)


def _feed_row(cur: cursor) -> FeedRow:
    found = cur.fetchone()
    assert found is not None  # 004_intake.sql has a row for each feed
    return FeedRow(*found)


def raise_alert(cur: cursor, severity: str, event: str, subject: str, detail: dict[str, Any]) -> None:
    """Something a person must look at, in the transaction that it is about. ``detail`` never holds personal data."""
    cur.execute(
        "insert into ops.alert (severity, source, event, subject, detail) values (%s, 'intake', %s, %s, %s)",
        [severity, event, subject, Json(detail)],
    )
