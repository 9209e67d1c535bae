"""Services that depend on each other: started in order, stopped in reverse, each one ended before the next is asked."""
# mypy: disable-error-code=no-untyped-call
# (Twisted's services have no types)

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.application.service import MultiService, Service
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


class Afresh(Service):
    """A service that is made anew for every start, because what it wraps cannot be started twice."""

    def __init__(self, make: Callable[[], IService]) -> None:
        self._make = make
        self._made: IService | None = None

    @property
    def made(self) -> IService | None:
        """The one that runs."""
        return self._made

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Make it and start it."""
        super().startService()
        self._made = self._make()
        self._made.startService()

    def stopService(self) -> Deferred[None]:  # noqa: N802 - Twisted's name
        """Stop it and let go of it."""
        super().stopService()
        made, self._made = self._made, None
        return maybeDeferred(made.stopService if made is not None and made.running else lambda: None)


class Steered(Service):
    """Wraps what has ``start`` and ``stop`` but is no service: a pool of connections."""

    def __init__(self, start: Callable[[], None], stop: Callable[[], None]) -> None:
        self._start, self._stop = start, stop

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Start it."""
        super().startService()
        self._start()

    def stopService(self) -> None:  # noqa: N802 - Twisted's name
        """Stop it."""
        super().stopService()
        self._stop()
