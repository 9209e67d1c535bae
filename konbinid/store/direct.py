"""Blocking sessions for the command line, the start-up steps and the lease: where no reactor runs, or in a thread of their own."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg2
from psycopg2.extensions import make_dsn

from konbinid.store.errors import Unavailable
from konbinid.store.servers import KEEPALIVES, TIMELINE
from konbinid.store.transaction import Transaction

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor

T = TypeVar("T")

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


class DirectTransaction(Transaction):
    """The desk's reading code on a blocking session: for commands, where no reactor runs and waiting is allowed."""

    def __init__(self, cur: cursor) -> None:
        super().__init__(None)
        self._cursor = cur

    async def fetch(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows; raises psycopg2's errors."""
        self._cursor.execute(statement, tuple(parameters))
        return self._cursor.fetchall() if self._cursor.description is not None else []

    async def commit(self) -> None:
        """Not this one's: ``transaction`` commits at the end of its block."""
        raise TypeError("a direct transaction is committed by its block")


def read_now(cur: cursor, work: Callable[[Transaction], Coroutine[Any, Any, T]]) -> T:
    """What the desk's reading code finds, at once: on a blocking session nothing of it ever waits."""
    reading = work(DirectTransaction(cur))
    try:
        reading.send(None)
    except StopIteration as found:
        result: T = found.value
        return result
    reading.close()
    raise TypeError("the reading waited for something that is not the database")
