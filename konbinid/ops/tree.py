"""Services that depend on each other: started in order, stopped in reverse, each one ended before the next is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.application.service import MultiService
from twisted.internet.defer import Deferred, ensureDeferred, maybeDeferred
from twisted.logger import Logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.application.service import IService


class Ordered(MultiService):
    """A MultiService whose stop waits: doors close and requests finish before the connections under them go away."""

    log = Logger()

    def stopService(self) -> Deferred[None]:  # noqa: N802 - Twisted's name
        """Stop the last child first; an error in one is logged and does not keep the others running."""
        self.running = 0
        return ensureDeferred(self._stop_all())

    async def _stop_all(self) -> None:
        children: list[IService] = list(self)
        for child in reversed(children):
            try:
                await maybeDeferred(child.stopService)
            except Exception:  # noqa: BLE001 - the others must stop all the same
                self.log.failure("shutdown.failed")


class Steered(MultiService):
    """Wraps what has ``start`` and ``stop`` but is no service: a pool of connections."""

    def __init__(self, start: Callable[[], None], stop: Callable[[], None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted's services have no types
        self._start, self._stop = start, stop

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Start it."""
        super().startService()  # type: ignore[no-untyped-call]  # as above
        self._start()

    def stopService(self) -> None:  # noqa: N802 - Twisted's name
        """Stop it."""
        super().stopService()  # type: ignore[no-untyped-call]  # as above
        self._stop()
