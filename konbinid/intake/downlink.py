"""The relay's connection to a server: made to each of the servers in turn, introduced, and given up when the server falls silent."""
# mypy: disable-error-code=no-untyped-call
# (AMP has no types)

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP6ClientEndpoint, connectProtocol, wrapClientTLS
from twisted.internet.error import ConnectionDone
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.protocols.policies import TimeoutMixin
from twisted.python.failure import Failure

from konbinid.intake import wire
from konbinid.intake.limited import Limited

_DIAL_SECONDS = 10.0
_HELLO_SECONDS = 30.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 30.0


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server listens, and the dNSName or IP address that its certificate must carry."""

    address: str
    port: int
    name: str


class Downlink(Limited, TimeoutMixin):
    """``lost`` fires when it is over. ``most_bytes``: of a data file, as the server said."""

    def __init__(self) -> None:
        super().__init__()
        self.lost: Deferred[str] = Deferred()
        self.most_bytes = 0

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's name
        """The line stands; nobody has looked at certificates yet. One that was cut while it was dialled ends here."""
        self.setTimeout(_HELLO_SECONDS)
        if self._is_cut:
            self.cut("not wanted any more")

    def dataReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """The server speaks."""
        self.resetTimeout()
        super().dataReceived(data)

    def timeoutConnection(self) -> None:  # noqa: N802  # Twisted's name
        """It speaks no more."""
        self.cut("silent")

    def introduced(self, most_bytes: int) -> None:
        """The server takes our files."""
        self.most_bytes = most_bytes
        self.setTimeout(wire.SILENCE_SECONDS)

    def connectionLost(self, reason: Failure = Failure(ConnectionDone())) -> None:  # noqa: B008, N802  # Twisted's
        """Whatever was under way fails; the files are offered again."""
        self.setTimeout(None)
        super().connectionLost(reason)
        self.lost.callback(_reason(reason.value))


class Dialler:
    """Keeps a connection to one of the servers, the first that takes us.

    ``options``: what TLS is made of for a server's name (konbinid.ops.tls_client); ``connected`` is given each connection that stands.
    """

    log = Logger()

    def __init__(
        self,
        reactor: Any,
        servers: Sequence[Server],
        options: Callable[[str], Any],
        hello: dict[str, Any],
        connected: Callable[[Downlink], object],
    ) -> None:
        self._reactor = reactor
        self._servers = servers
        self._options = options
        self._hello = hello
        self._connected = connected
        self._pausing: Deferred[None] | None = None
        self._link: Downlink | None = None
        self._stopped = False

    async def run(self) -> None:
        """Until ``stop``."""
        pause = _FIRST_PAUSE
        while not self._stopped:
            for server in self._servers:
                if await self._tried(server):
                    pause = _FIRST_PAUSE
                    break
            await self._rest(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def stop(self) -> None:
        """No more."""
        self._stopped = True
        if self._pausing is not None:
            self._pausing.cancel()
        if self._link is not None:
            self._link.cut("the relay stops")

    async def _rest(self, seconds: float) -> None:
        if self._stopped:
            return
        self._pausing = deferLater(self._reactor, seconds)
        try:
            await self._pausing
        except CancelledError:
            return
        finally:
            self._pausing = None

    async def _tried(self, server: Server) -> bool:
        """Whether there was a connection that took us; returns when it is over."""
        if self._stopped:
            return False
        link = self._link = Downlink()
        try:
            kind = TCP6ClientEndpoint if ":" in server.address else TCP4ClientEndpoint
            line = kind(self._reactor, server.address, server.port, timeout=_DIAL_SECONDS)
            await connectProtocol(wrapClientTLS(self._options(server.name), line), link)
            said = await link.callRemote(wire.Hello, **self._hello)
        except Exception as failed:  # noqa: BLE001  # certificates, files, lines: the next server is tried
            link.cut("no Hello")
            self._link = None
            self.log.warn(
                "relay.not_connected",
                server=server.name,
                address=server.address,
                port=server.port,
                reason=_reason(failed),
            )
            return False
        link.introduced(said["most_bytes"])
        self.log.info("relay.connected_to", server=server.name, address=server.address, port=server.port)
        self._connected(link)
        reason = await link.lost
        self._link = None
        self.log.warn(
            "relay.line_lost", server=server.name, address=server.address, port=server.port, reason=reason
        )
        return True


def _reason(error: BaseException | None) -> str:
    """Why in a few words. What TLS and the server say holds nothing of a file."""
    if isinstance(error, wire.Unwelcome):
        return f"unwelcome: {error}"
    words = [type(error).__name__, *_words(error)]
    return " ".join(words)[:200]


def _words(error: BaseException | None) -> list[str]:
    """The reasons in OpenSSL's own list of (library, function, reason), and those of our files."""
    found = getattr(error, "args", ())
    if found and isinstance(found[0], list):
        return [str(each[-1]) for each in found[0] if isinstance(each, tuple) and each]
    return [str(error)] if type(error).__module__.startswith("konbinid.") else []
