"""Keeping systemd informed: READY once the verdict about this host is in, WATCHDOG after every database round trip, STOPPING at the end.

A daemon whose reactor or connections hang makes no round trip; systemd then restarts it after WatchdogSec.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from twisted.application.service import Service
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from konbinid.store.errors import StoreError

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime

    from konbinid.store.pool import Pool
    from konbinid.store.transaction import Transaction


class Watch(Service):
    """notify: sends one message to the service manager. every: the manager's WatchdogSec, None when it does not watch."""

    log = Logger()

    def __init__(
        self,
        clock: IReactorTime,
        pool: Pool,
        ready: Deferred[None],
        notify: Callable[[str], object],
        every: float | None,
    ) -> None:
        self._clock = clock
        self._pool = pool
        self._notify = notify
        self._every = every
        self._loop = LoopingCall(self._round_trip)
        self._loop.clock = clock
        ready.addCallback(lambda _: notify("READY=1"))

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Begin the round trips, three in every watchdog period."""
        super().startService()  # type: ignore[no-untyped-call]  # Twisted's Service has no types
        if self._every is not None:
            self._loop.start(self._every / 3)

    def stopService(self) -> None:  # noqa: N802 - Twisted's name
        """Tell that the end begins; the first service that is stopped."""
        super().stopService()  # type: ignore[no-untyped-call]  # Twisted's Service has no types
        self._notify("STOPPING=1")
        if self._loop.running:
            self._loop.stop()

    def _round_trip(self) -> Deferred[None]:
        return ensureDeferred(self._ask())

    async def _ask(self) -> None:
        assert self._every is not None
        deadline = self._clock.seconds() + self._every / 3
        try:
            await self._pool.transaction(_nothing, deadline=deadline, begin="begin")
        except StoreError as error:
            self.log.warn("watchdog.silent", reason=type(error).__name__)
        else:
            self._notify("WATCHDOG=1")


async def _nothing(tx: Transaction) -> None:
    await tx.execute("select 1")
