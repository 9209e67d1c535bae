"""Blocking sessions for the command line, the start-up steps and the lease: where no reactor runs, or in a thread of their own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import psycopg2
from psycopg2.extensions import make_dsn

from konbinid.store.errors import Unavailable
from konbinid.store.servers import KEEPALIVES, TIMELINE

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor

PATIENCE = "set local lock_timeout = '15s'"
"""Papers in the making hold the row of their kind, so a change waits for them, but not for ever."""

_SESSION = {"connect_timeout": 3, **KEEPALIVES}


def dial(servers: Sequence[str], purpose: str) -> connection:
    """A connection in autocommit to the server that takes writes.

    servers: one complete DSN per server. purpose: what the server's process list shows.
    Raises Unavailable with the reasons (PostgreSQL's own words name addresses and roles, no values).
    """
    return _dial(servers, purpose)[1]


def writable_server(servers: Sequence[str], purpose: str) -> str:
    """The DSN of the server that takes writes. Unavailable."""
    dsn, made = _dial(servers, purpose)
    made.close()
    return dsn


def _dial(servers: Sequence[str], purpose: str) -> tuple[str, connection]:
    found: list[tuple[int, str, connection]] = []
    reasons = []
    for dsn in servers:
        try:
            made = psycopg2.connect(make_dsn(dsn, application_name=f"konbinid {purpose}", **_SESSION))
            made.autocommit = True
            with made.cursor() as cur:
                found.append((_timeline(cur), dsn, made))
        except psycopg2.Error as error:
            reasons.append(" ".join(str(error).split()))
    found.sort(key=lambda each: each[0])
    best = found.pop() if found else None
    for _, _, spare in found:
        spare.close()
    if best is not None and best[0] > 0:
        return best[1:]
    if best is not None:
        best[2].close()
        reasons.append("no server takes writes")
    raise Unavailable("; ".join(reasons))


@contextmanager
def session(servers: Sequence[str], purpose: str) -> Iterator[connection]:
    """``dial`` for the length of a with-block."""
    with closing(dial(servers, purpose)) as made:
        yield made


@contextmanager
def transaction(made: connection) -> Iterator[cursor]:
    """One transaction on a session in autocommit: committed at the end, rolled back by an exception."""
    with made.cursor() as cur:
        cur.execute("begin")
        try:
            yield cur
        except BaseException:
            if not made.closed:
                cur.execute("rollback")
            raise
        cur.execute("commit")


def _timeline(cur: cursor) -> int:
    cur.execute(TIMELINE)
    row = cur.fetchone()
    assert row is not None
    timeline: int = row[0]
    return timeline
