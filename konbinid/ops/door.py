"""A listening port that is closed with patience: no new connection, and those at work may finish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import deferLater
from twisted.logger import Logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IListeningPort, IProtocolFactory

_LOOK_SECONDS = 0.05


class Door(Service):
    """One TCP port of the daemon.

    name: soap or admin. place: address and port. under_way: how many requests are being worked on. drain_seconds: how long they may take after the port is
    closed. CannotListenError from ``startService`` when somebody else has the port.
    """

    log = Logger()

    def __init__(
        self,
        reactor: Any,  # IReactorTCP and IReactorTime
        name: str,
        place: tuple[str, int],
        factory: IProtocolFactory,
        *,
        under_way: Callable[[], int] = lambda: 0,
        drain_seconds: float = 0.0,
    ) -> None:
        self.door = name
        self._reactor = reactor
        self._address, self._port = place
        self._factory = factory
        self._under_way = under_way
        self._drain_seconds = drain_seconds
        self._listening: IListeningPort | None = None

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self._listening is not None

    @property
    def port(self) -> int:
        """The port it listens on (it may have been asked for any, 0), or is to listen on."""
        if self._listening is None:
            return self._port
        host: Any = self._listening.getHost()
        number: int = host.port
        return number

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Listen."""
        self._listening = self._reactor.listenTCP(self._port, self._factory, interface=self._address)
        super().startService()  # type: ignore[no-untyped-call]  # Twisted's Service has no types
        self.log.info("startup.listening", door=self.door, address=self._address, port=self.port)

    def stopService(self) -> Deferred[None]:  # noqa: N802 - Twisted's name
        """Stop listening, then wait for what is at work, as long as the drain may take."""
        super().stopService()  # type: ignore[no-untyped-call]  # Twisted's Service has no types
        return ensureDeferred(self._drain())

    async def _drain(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            await _waited(listening.stopListening())
        began = self._reactor.seconds()
        if not self._under_way():
            return
        self.log.info("shutdown.draining", under_way=self._under_way())
        while self._under_way() and self._reactor.seconds() - began < self._drain_seconds:
            await deferLater(self._reactor, _LOOK_SECONDS)
        seconds = self._reactor.seconds() - began
        self.log.info("shutdown.drained", left=self._under_way(), seconds=seconds)


async def _waited(closed: Any) -> None:
    if isinstance(closed, Deferred):
        await closed
