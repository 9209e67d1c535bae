"""A service that does one thing every so many seconds, whatever became of the last time."""
# mypy: disable-error-code=no-untyped-call
# (Twisted's services have no types)

from __future__ import annotations

from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger


class Rounds(Service):
    """``round`` is the subclass's: one at a time, the first at the start. A round that fails is logged and the next one comes all the same:
    Twisted's LoopingCall alone ends for good at the first exception.

    clock: IReactorTime. every: seconds from start to start.
    """

    log = Logger()

    def __init__(self, clock: Any, every: float) -> None:
        self._clock = clock
        self._every = every
        self._loop = LoopingCall(self._go)
        self._loop.clock = clock
        self._under_way: Deferred[None] | None = None

    async def round(self) -> None:
        """What is to be done each time."""
        raise NotImplementedError

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Begin."""
        super().startService()
        self._loop.start(self._every)

    def stopService(self) -> Deferred[None] | None:  # noqa: N802 - Twisted's name
        """No further round; one that is under way is waited for."""
        super().stopService()
        if self._loop.running:
            self._loop.stop()
        return self._under_way

    def _go(self) -> Deferred[None]:
        self._under_way = ensureDeferred(self.round())
        self._under_way.addErrback(
            lambda failure: self.log.failure("rounds.failed", failure, what=type(self).__name__)
        )
        return self._under_way
