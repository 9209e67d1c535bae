"""The lease of the singleton jobs: one holder among all daemons on one database (house.md, "Two hosts").

A session that holds an advisory lock, in a thread of its own, never reconnected: a reconnected session has no lock (measured). Whoever
takes the lock counts the epoch up; every write of a singleton job reads that epoch ``FOR SHARE`` in its own transaction, so a holder that
has been overtaken cannot write even when it does not know it yet. The server ends a silent holder's session after three seconds; the
holder gives up by its own clock before that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg2
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from konbinid.store.direct import dial
from konbinid.store.errors import StoreError

if TYPE_CHECKING:
    from psycopg2.extensions import connection
    from twisted.internet.interfaces import IReactorFromThreads

TICK_SECONDS = 0.5
LATE_SECONDS = 2.0
"""Without a confirmed tick for so long the holder is none: a second before the server frees the lock."""

# The kernel of a stopped process still answers keep-alives; only these end its session (measured: 2.6 s).
# An epoch that a crash takes back would be given out twice (measured with synchronous_commit off), so it is never left to the server's setting.
_SESSION = """
set idle_session_timeout = '3s';
set idle_in_transaction_session_timeout = '3s';
set statement_timeout = '3s';
set synchronous_commit = on
"""
_TRY = "select pg_try_advisory_lock(hashtextextended('konbinid lease ' || %s, 0))"
_TAKE = """
update ops.lease set epoch = epoch + 1, holder = %s, since = clock_timestamp() where name = %s returning epoch
"""
_CONFIRM = "select epoch from ops.lease where name = %s"


class _Lost(Exception):
    """The lease ended; the text is one of the reasons of the event ``lease.lost``."""


@dataclass(frozen=True, slots=True)
class _Held:
    epoch: int
    confirmed_at: float  # when the last answered tick was sent


class Lease(Service):
    """Tries for the lease and keeps it, from start to stop.

    servers: one DSN per PostgreSQL server, of the role konbinid_ops. holder: this host's name. clock: seconds of a monotonic
    clock that goes on while the process is stopped (time.monotonic does).
    """

    log = Logger()

    def __init__(
        self,
        reactor: IReactorFromThreads,
        servers: Sequence[str],
        *,
        holder: str,
        clock: Callable[[], float],
        name: str = "singleton",
        tick: float = TICK_SECONDS,
    ) -> None:
        self._reactor = reactor
        self._servers = tuple(servers)
        self._holder = holder
        self._clock = clock
        self._lease_name = name
        self._tick = tick
        self._held: _Held | None = None
        self._stopping = threading.Event()
        self._ended: Deferred[None] | None = None

    @property
    def epoch(self) -> int | None:
        """The epoch to write with, or None: not held, or not confirmed in time. Ask again before every write."""
        held = self._held
        if not self.running or held is None or self._clock() - held.confirmed_at > LATE_SECONDS:
            return None
        return held.epoch

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Begin to try."""
        super().startService()  # type: ignore[no-untyped-call]  # Twisted's Service has no types
        self._stopping, self._ended = threading.Event(), Deferred()
        # A daemon thread: a database that never answers must not keep a stopped process alive.
        arguments = (self._stopping, self._ended)
        threading.Thread(target=self._run, args=arguments, name="lease", daemon=True).start()

    def stopService(self) -> Deferred[None] | None:  # noqa: N802 - Twisted's name
        """Give the lease back; fires when the lock is free."""
        super().stopService()  # type: ignore[no-untyped-call]  # Twisted's Service has no types
        self._held = None
        self._stopping.set()
        return self._ended

    def _run(self, stopping: threading.Event, ended: Deferred[None]) -> None:
        """The thread: session after session until the stop."""
        while not stopping.is_set():
            try:
                with closing(dial(self._servers, "lease")) as session:
                    self._try_and_hold(session, stopping)
            except (psycopg2.Error, StoreError, _Lost) as error:
                self._lose(str(error) if isinstance(error, _Lost) else "session")
            stopping.wait(self._tick)
        self._reactor.callFromThread(ended.callback, None)

    def _try_and_hold(self, session: connection, stopping: threading.Event) -> None:
        with session.cursor() as cursor:
            cursor.execute(_SESSION)
            while not self._asked(session, _TRY, self._lease_name):
                if stopping.wait(self._tick):
                    return
            taken = self._asked(session, _TAKE, self._holder, self._lease_name)
            if not isinstance(taken, int):
                raise _Lost("no_row")
            # COMMIT may have waited for the standby: what counts is a tick that is answered now.
            self._confirm(session, taken, self._clock())
            self._report("lease.taken", epoch=taken)
            while not stopping.wait(self._tick):
                held = self._held
                sent = self._clock()
                if held is None or sent - held.confirmed_at > LATE_SECONDS:
                    raise _Lost("late")
                self._confirm(session, taken, sent)

    def _confirm(self, session: connection, epoch: int, sent: float) -> None:
        if self._asked(session, _CONFIRM, self._lease_name) != epoch:
            raise _Lost("overtaken")
        if self._clock() - sent > LATE_SECONDS:
            raise _Lost("late")
        self._held = _Held(epoch, sent)

    @staticmethod
    def _asked(session: connection, statement: str, *parameters: str) -> object:
        with session.cursor() as cursor:
            cursor.execute(statement, parameters)
            row = cursor.fetchone()
        return None if row is None else row[0]

    def _lose(self, reason: str) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._report("lease.lost", epoch=held.epoch, reason=reason)

    def _report(self, event: str, **fields: object) -> None:
        self._reactor.callFromThread(self.log.info, event, holder=self._holder, **fields)
