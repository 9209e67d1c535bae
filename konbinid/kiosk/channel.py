"""One connection of the SOAP port: twisted.web's HTTP channel with the limits that it lacks.

twisted.web has no cap on a body, no deadline that a trickle of bytes cannot push away, and closes a TLS connection
only when the other side agrees (measured). Here a request is whole in time or the connection is cut, a body is no
larger than the contract allows, an ambiguous head is not read, and a connection that was told to close does close.
"""
# ruff: noqa: N802, N815  # the names are Twisted's
# mypy: disable-error-code=no-untyped-call
# (twisted.web's channel is mostly untyped)

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IHandshakeListener, ISSLTransport
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.web.http import HTTPChannel, Request
from zope.interface import implementer

from konbinid.kiosk.framing import MOST_HEAD_BYTES, Head, Unframed

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall
    from twisted.python.failure import Failure

_log = Logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds, sizes in bytes; the defaults are the contract's where it names one.

    body:          a request's body (256 KiB).
    whole_within:  from a request's first byte to its last (10 s); also for the TLS handshake.
    answer_within: from a request's first byte to its answer (the contract's 35 s less a second for the way).
    idle:          between two requests of a connection.
    linger:        how long a connection that was told to close may take to send what is left.
    """

    body: int = 262_144
    whole_within: float = 10.0
    answer_within: float = 34.0
    idle: float = 75.0
    linger: float = 30.0


# Chunked, a byte of body can cost a thousand on the wire.
_WIRE_PER_BODY = 4


class CenterRequest(Request):
    """A request whose body stays in memory: a temporary file would put personal data on a disk."""

    channel: CenterChannel
    content: BytesIO
    since: float = 0.0
    """When its first byte arrived, in the reactor's seconds."""

    client: str = ""
    """The allow-listed client that sent it."""

    def gotLength(self, length: int | None) -> None:
        """Refuse a body that is declared too long, without reading it."""
        self.content = BytesIO()
        if length is not None and length > self.channel.limits.body:
            self.channel.refuse(413, "declared body")

    def handleContentChunk(self, data: bytes) -> None:
        """Refuse a body that grows too long."""
        if self.content.tell() + len(data) > self.channel.limits.body:
            self.channel.refuse(413, "body")
        else:
            super().handleContentChunk(data)

    def parseCookies(self) -> None:
        """None are defined."""

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        """Hand the request to the site; unlike twisted.web, parse neither the query nor forms."""
        self.method, self.uri, self.clientproto = command, path, version
        self.channel.factory.answer(self)


@implementer(IHandshakeListener)
class CenterChannel(HTTPChannel):
    """See the module. ``factory`` is the CenterSite: its clock, its limits, and who the client is."""

    requestFactory = CenterRequest
    transport: Any
    factory: Any
    limits: Limits
    callLater: Any
    MAX_LENGTH = MOST_HEAD_BYTES

    def __init__(self) -> None:
        super().__init__()
        self._head: Head | None = None
        self._refused = False
        self._wire = 0
        self._client = ""
        self._since: float | None = None
        self._early: float | None = None
        self._deadline: IDelayedCall | None = None
        self._lingering: IDelayedCall | None = None

    # Deadlines

    def connectionMade(self) -> None:
        """Give the TLS handshake as long as a request has."""
        super().connectionMade()
        self.factory.channels.add(self)
        if ISSLTransport.providedBy(self.transport):
            self._start_deadline()

    def handshakeCompleted(self) -> None:
        """IHandshakeListener."""
        self._stop_deadline()
        if self.factory.closed:
            self.leave()

    def _start_deadline(self) -> None:
        self._deadline = self.callLater(self.limits.whole_within, self._cut, "not whole in time")

    def _stop_deadline(self) -> None:
        if self._deadline is not None and self._deadline.active():
            self._deadline.cancel()
        self._deadline = None

    def timeoutConnection(self) -> None:
        """Nothing came for too long: close, with the linger below instead of twisted.web's own."""
        self.loseConnection()

    def _cut(self, why: str) -> None:
        _log.info("connection from {client} cut: {why}", client=self._client or "a stranger", why=why)
        self._refused = True
        self.transport.abortConnection()

    def dataReceived(self, data: bytes) -> None:
        """Start the clock at a request's first byte."""
        if self._refused or self._lingering is not None:
            # TLS goes on reading when it has closed: a request that crossed the close would be acted on, by a host that may be unfit, and
            # never answered.
            return
        # An empty line behind a body, which old clients send, begins nothing.
        if not self._handlingRequest and self._deadline is None and data.strip(b"\r\n"):
            if self._since is None:
                self._since = self.factory.reactor.seconds()
            self._start_deadline()
        super().dataReceived(data)

    def allContentReceived(self) -> None:
        """Stop the clock: the request is whole."""
        if self._refused:
            # Chunks that were too much have been dropped, so what came to its end here is not what was sent.
            return
        self._stop_deadline()
        request = self.requests[-1]
        request.client = self._client
        request.since, self._since, self._wire = self._since, None, 0
        if any(self._dataBuffer):
            # The next request came with this one; it has waited as long.
            self._early = request.since
        super().allContentReceived()

    def requestDone(self, request: Request) -> None:
        """Remember since when a request that came meanwhile has been waiting."""
        self._since, self._early = self._early, None
        super().requestDone(request)

    # Framing and sizes

    def lineReceived(self, line: bytes) -> None:
        """Judge every line of a head before twisted.web reads it."""
        if self._refused:
            return
        try:
            self._judge(line)
        except Unframed as problem:
            self.refuse(problem.code, str(problem))
        else:
            if not self._refused:
                super().lineReceived(line)

    def _judge(self, line: bytes) -> None:
        if self._head is not None:
            if line:
                self._head.add(line)
            else:
                self._head.end()
                self._head = None
        elif line:
            # Asked for every request: what was allowed when the connection began may have been revoked since.
            client = self.factory.client_of(self.transport)
            if client is None:
                self._cut("the client is not allowed any more")
                return
            self._client = client
            self._head = Head(line)

    def lineLengthExceeded(self, line: bytes) -> None:
        """A line that never ends."""
        del line
        self.refuse(431, "too long a line")

    def rawDataReceived(self, data: bytes) -> None:
        """Count what a body costs on the wire, and see requests that come before their turn."""
        if self._refused:
            return
        if self._handlingRequest:
            if self._early is None and data.strip(b"\r\n"):
                self._early = self.factory.reactor.seconds()
        elif self.length is None:
            self._wire += len(data)
            if self._wire > _WIRE_PER_BODY * self.limits.body:
                self.refuse(413, "chunks")
                return
        super().rawDataReceived(data)

    # Closing

    def refuse(self, code: int, why: str) -> None:
        """Answer with an empty response of this status, read nothing more, and close."""
        if self._refused:
            return
        self._refused = True
        self._stop_deadline()
        _log.info("request from {client} refused with {code}: {why}", client=self._client, code=code, why=why)
        status = f"HTTP/1.1 {code} {HTTPStatus(code).phrase}\r\n"
        self.transport.write(status.encode() + b"Connection: close\r\nContent-Length: 0\r\n\r\n")
        self.loseConnection()

    def _respondToBadRequestAndDisconnect(self) -> None:
        # twisted.web's own refusals go the same way.
        self.refuse(400, "malformed")

    def leave(self) -> None:
        """Close when nothing has been asked; what has been asked is answered first, and the site closes then."""
        if self._deadline is None and not self._handlingRequest:
            self.loseConnection()

    def loseConnection(self) -> None:
        """Close, and cut the connection when that takes too long: TLS waits for the other side's consent."""
        if self._lingering is None:
            self._lingering = self.callLater(self.limits.linger, self._cut, "did not close")
        super().loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Nothing is left running for a connection that is gone."""
        self.factory.channels.discard(self)
        self._stop_deadline()
        self._refused = True
        if self._lingering is not None and self._lingering.active():
            self._lingering.cancel()
        super().connectionLost(reason)


def header(request: Request, name: bytes) -> list[bytes]:
    """All values of a request's header."""
    values: Any = request.requestHeaders.getRawHeaders(name)
    return values or []
