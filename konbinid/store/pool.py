"""Connections to the writable PostgreSQL server, and transactions on them. The only user of txpostgres.

txpostgres' own ``runInteraction`` is not used: given an ``async def`` it commits an empty transaction (measured), and it hides the
moment at which COMMIT leaves. Here a transaction's time limit closes the socket (the server rolls back); nothing is ever cancelled,
because a cancelled COMMIT reports success without replication (measured).

Each server is dialled on its own and in parallel: libpq's host list waits for a dead host for minutes when asynchronous (measured).
Give addresses, not names, in the DSNs: libpq resolves names in the calling thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

import psycopg2
from twisted.internet.defer import Deferred, DeferredList, ensureDeferred
from twisted.logger import Logger
from txpostgres import txpostgres

from konbinid.store.errors import ConnectionLost, DeadlinePassed, OutcomeUnknown, StoreError, Unavailable
from konbinid.store.servers import KEEPALIVES, TIMELINE
from konbinid.store.transaction import Transaction

if TYPE_CHECKING:
    from twisted.internet.base import ReactorBase
    from twisted.internet.interfaces import IDelayedCall

T = TypeVar("T")

_REDIAL_SECONDS = 0.25
_DIAL_SECONDS = 3.0
# A session that hangs in a transaction is ended by the server.
_SESSION = {
    **KEEPALIVES,
    "options": "-c client_min_messages=warning -c idle_in_transaction_session_timeout=60s -c statement_timeout=40s -c TimeZone=UTC",
}


class _Wire(txpostgres.Connection):  # type: ignore[misc]  # txpostgres has no types
    """A connection that tells when it breaks while idle instead of raising into the reactor."""

    def __init__(self, reactor: ReactorBase) -> None:
        super().__init__(reactor=reactor)
        self.on_broken: Callable[[], None] | None = None

    def close(self) -> None:
        """Close, also when dialling had not begun."""
        if self.pollable() is not None:
            super().close()

    def doRead(self) -> None:  # noqa: N802  # Twisted's name
        try:
            super().doRead()
        except psycopg2.Error:
            if self.on_broken is not None:
                self.on_broken()


class Pool:
    """A fixed number of connections for one role.

    servers: one DSN per PostgreSQL server. size: connections kept. max_waiting: how many callers may queue.
    """

    log = Logger()

    def __init__(
        self, reactor: ReactorBase, servers: Sequence[str], *, role: str, size: int, max_waiting: int = 200
    ) -> None:
        self._reactor = reactor
        self._servers = tuple(servers)
        self._role = role
        self._size = size
        self._max_waiting = max_waiting
        self._idle: deque[_Wire] = deque()
        self._waiting: deque[Deferred[_Wire]] = deque()
        self._wires: set[_Wire] = set()
        self._dialling: set[_Wire] = set()
        self._redials: set[IDelayedCall] = set()
        self._running = False

    def start(self) -> None:
        """Begin to dial; connections come when a server answers."""
        self._running = True
        for _ in range(self._size):
            self._dial_again(0)

    def stop(self) -> None:
        """Close every connection; who waits is told that the database is unavailable."""
        self._running = False
        while self._waiting:
            self._waiting.popleft().errback(Unavailable("the pool is closed"))
        for call in self._redials:
            call.cancel()
        self._redials.clear()
        for wire in tuple(self._dialling):
            wire.close()
        for wire in tuple(self._wires):
            self._drop(wire)

    @property
    def connected(self) -> int:
        """How many connections stand."""
        return len(self._wires)

    async def transaction(
        self,
        work: Callable[[Transaction], Awaitable[T]],
        *,
        deadline: float,
        begin: str = "begin isolation level repeatable read",
    ) -> T:
        """Run ``work`` in one transaction and commit it.

        deadline: reactor seconds. What ``work`` raises rolls back and goes on to the caller.
        """
        wire, transaction = await self._begun(deadline, begin)
        limit = self._reactor.callLater(
            max(0.0, deadline - self._reactor.seconds()), self._time_out, wire, transaction
        )
        intact = False
        try:
            result = await work(transaction)
            if self._reactor.seconds() >= deadline:
                raise DeadlinePassed("no time left for COMMIT")
            await transaction.commit()
            intact = True
        except BaseException as error:
            intact = await self._rolled_back(transaction, error)
            raise
        finally:
            if limit.active():
                limit.cancel()
            if intact and wire in self._wires:
                self._give(wire)
            else:
                self._drop(wire)
        return result

    async def _begun(self, deadline: float, begin: str) -> tuple[_Wire, Transaction]:
        """A connection on which BEGIN was answered. One that broke while idle is replaced: nothing was done on it yet."""
        while True:
            wire = await self._take(deadline)
            transaction = Transaction(wire)
            limit = self._reactor.callLater(
                max(0.0, deadline - self._reactor.seconds()), self._time_out, wire, transaction
            )
            try:
                await transaction.execute(begin)
            except ConnectionLost:
                self._drop(wire)
            except BaseException:
                self._drop(wire)
                raise
            else:
                return wire, transaction
            finally:
                if limit.active():
                    limit.cancel()

    def _time_out(self, wire: _Wire, transaction: Transaction) -> None:
        transaction.timed_out = True
        self._drop(wire)
        # The server may hang, or be deposed without knowing: nobody else is to find that out on its idle connections.
        while self._idle:
            self._drop(self._idle.popleft())

    async def _rolled_back(self, transaction: Transaction, error: BaseException) -> bool:
        """Whether the connection can be used again. After an unknown COMMIT it cannot."""
        if transaction.timed_out or isinstance(error, (OutcomeUnknown, ConnectionLost, GeneratorExit)):
            return False
        try:
            await transaction.execute("rollback")
        except StoreError:
            return False
        return True

    async def _take(self, deadline: float) -> _Wire:
        if self._idle:
            return self._idle.popleft()
        if not self._running or len(self._waiting) >= self._max_waiting:
            raise Unavailable("too many wait for a connection")
        waiter: Deferred[_Wire] = Deferred()
        self._waiting.append(waiter)
        limit = self._reactor.callLater(max(0.0, deadline - self._reactor.seconds()), self._give_up, waiter)
        try:
            return await waiter
        finally:
            if limit.active():
                limit.cancel()

    def _give_up(self, waiter: Deferred[_Wire]) -> None:
        self._waiting.remove(waiter)
        waiter.errback(Unavailable("no connection within the deadline"))

    def _give(self, wire: _Wire) -> None:
        if self._waiting:
            self._waiting.popleft().callback(wire)
        else:
            self._idle.append(wire)

    def _drop(self, wire: _Wire) -> None:
        """Close the socket, never cancel: the server rolls back what had not been committed."""
        if wire not in self._wires:
            return
        self._wires.discard(wire)
        if wire in self._idle:
            self._idle.remove(wire)
        wire.on_broken = None
        wire.close()
        if self._running:
            self._dial_again(_REDIAL_SECONDS)

    def _dial_again(self, seconds: float) -> None:
        def dial() -> None:
            self._redials.discard(call)
            ensureDeferred(self._dial())

        call = self._reactor.callLater(seconds, dial)
        self._redials.add(call)

    async def _dial(self) -> None:
        """Dial every server at once and keep the writable one with the highest timeline (a deposed primary may still claim to be one)."""
        if not self._running or len(self._wires) >= self._size:
            return
        answers = await DeferredList([ensureDeferred(self._dial_one(dsn)) for dsn in self._servers])
        found = sorted((answer for _, answer in answers if answer is not None), key=lambda pair: pair[0])
        best = found.pop()[1] if found and self._running else None
        for _, spare in found:
            spare.close()
        if best is None:
            if self._running:
                self._dial_again(_REDIAL_SECONDS)
            return
        self._wires.add(best)
        best.on_broken = lambda: self._drop(best)
        self._give(best)

    async def _dial_one(self, dsn: str) -> tuple[int, _Wire] | None:
        """(timeline, connection) of a writable server, else None within the dialling limit."""
        wire = _Wire(self._reactor)
        limit = self._reactor.callLater(_DIAL_SECONDS, wire.close)
        self._dialling.add(wire)
        timeline = 0
        try:
            await wire.connect(dsn, application_name=f"konbinid {self._role}", **_SESSION)
            timeline = (await wire.runQuery(TIMELINE))[0][0]
        except Exception as error:  # noqa: BLE001  # closed at the wrong moment, txpostgres raises ValueError; a lost dial is a place lost for good
            self.log.warn("database.unreachable", role=self._role, reason=type(error).__name__)
        finally:
            self._dialling.discard(wire)
            if limit.active():
                limit.cancel()
        if timeline == 0:
            wire.close()
            return None
        return timeline, wire
