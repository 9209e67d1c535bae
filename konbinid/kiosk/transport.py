"""The SOAP port: a twisted.web factory that answers POST /center and GET /center?wsdl, and nothing else.

What is not a SOAP request gets an empty response with its HTTP status; what is one gets an answer (200, refusals too)
or a SOAP Fault (500). Nothing here can write HTML, and no text of a request is repeated or logged.
"""
# ruff: noqa: N802  # the names are Twisted's
# mypy: disable-error-code=no-untyped-call
# (twisted.web's factory and request are mostly untyped)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.logger import Logger
from twisted.web.http import HTTPFactory, Request, datetimeToString

from konbinid.kiosk.channel import CenterChannel, CenterRequest, Limits, header
from konbinid.kiosk.exchange import Exchange
from konbinid.kiosk.soap import Soap

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IAddress, IReactorTime

    from konbinid.kiosk.counter import Counter

PATH = b"/center"
_XML = b"text/xml; charset=utf-8"
_log = Logger()


class CenterSite(HTTPFactory):
    """The factory to listen with, inside the TLS one.

    counter:       whom a request is put to.
    address:       the endpoint's URL as clients reach it, for the WSDL.
    client_of:     from a connection's transport to its allow-listed client; None cuts the connection without a byte.
    clock:         the reactor, for every deadline.
    new_reference: makes the random reference (12 characters or more) that a Fault and the log share.
    """

    protocol: Any = CenterChannel
    noisy = False

    def __init__(
        self,
        counter: Counter,
        *,
        address: str,
        client_of: Callable[[Any], str | None],
        clock: IReactorTime,
        new_reference: Callable[[], str],
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        super().__init__(timeout=self.limits.idle, reactor=clock)
        self.client_of = client_of
        self.counter = counter
        self.soap = Soap(address)
        self.new_reference = new_reference
        self.channels: set[CenterChannel] = set()
        """The open connections."""
        self.closed = False
        """Whether the listening port is closed."""
        self.under_way = 0
        """How many requests the desk has been asked for and has not answered yet, given up ones included."""

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """A channel with our limits."""
        channel: Any = super().buildProtocol(addr)
        channel.limits = self.limits
        return channel

    def startFactory(self) -> None:
        """The port is open. No access log: twisted.web's holds whatever a client writes into a URL."""
        self.closed = False

    def stopFactory(self) -> None:
        """The port is closed: connections that are open end with the answer that is due, or at once.

        A host that has become unfit must not go on serving those who were connected before (I-05).
        """
        self.closed = True
        for channel in list(self.channels):
            channel.leave()

    def log(self, request: Request) -> None:
        """Log nothing for twisted.web; the exchange says what there is to say."""

    def answer(self, request: CenterRequest) -> None:
        """Answer a request that is whole."""
        path, _, query = request.uri.partition(b"?")
        if path != PATH:
            self._turn_away(request, 404)
        elif request.method == b"GET" and query.lower() == b"wsdl":
            self.send(request, 200, self.soap.wsdl)
        elif request.method != b"POST":
            self._turn_away(request, 405)
        elif not _is_plain_xml(request):
            self._turn_away(request, 415)
        else:
            Exchange(self, request).begin()

    def _turn_away(self, request: CenterRequest, code: int) -> None:
        _log.info("request from {client} turned away with {code}", client=request.client, code=code)
        if code == 405:
            request.setHeader(b"allow", b"POST")
        self.send(request, code, b"")

    def send(self, request: CenterRequest, code: int, body: bytes) -> None:
        """Answer `request`: XML, or nothing but the status."""
        request.setResponseCode(code)
        request.setHeader(b"date", datetimeToString())
        request.setHeader(b"content-length", b"%d" % len(body))
        # What was made for one person stays in no store on the way.
        request.setHeader(b"cache-control", b"no-store")
        if self.closed:
            request.setHeader(b"connection", b"close")
            request.channel.persistent = 0
        if body:
            request.setHeader(b"content-type", _XML)
        request.write(body)
        request.finish()


def _is_plain_xml(request: CenterRequest) -> bool:
    """Whether the body is text/xml in UTF-8, as it is and in one piece."""
    given = header(request, b"content-type")
    if len(given) != 1 or header(request, b"content-encoding"):
        return False
    media, *parameters = (part.strip().lower() for part in given[0].split(b";"))
    charsets = [
        part.removeprefix(b"charset=").strip(b'"') for part in parameters if part.startswith(b"charset=")
    ]
    return media == b"text/xml" and all(charset in (b"utf-8", b"us-ascii") for charset in charsets)
