"""The SOAP port on a loopback socket with mutual TLS, and the other ends of it: a programmed desk, and blocking clients."""

from __future__ import annotations

import atexit
import contextlib
import datetime as dt
import http.client
import itertools
import shutil
import socket
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree
from twisted.internet import reactor
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import TestCase

from konbinid.domain.dates import JST
from konbinid.domain.kinds import Kind, Switch
from konbinid.domain.request import (
    Accepted,
    Applied,
    Issued,
    KindState,
    Listed,
    ListedCertificate,
    ListedMember,
    RegistrationStatus,
    ServiceReport,
    ServiceState,
)
from konbinid.kiosk.channel import Limits
from konbinid.kiosk.counter import Counter
from konbinid.kiosk.transport import CenterSite
from konbinid.ops.tls import MutualTls, TlsSettings
from konbinid.simulator.pki import CENTER_NAME, DemoPki, make_pki

NAMESPACE = "urn:konbinid:center:v1"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
CLIENT = "demo-center"
MORNING = dt.datetime(2026, 11, 24, 6, 30, tzinfo=JST)
PDF = b"%PDF-1.7 not really one, but it has every byte: " + bytes(range(256)) * 40

REPLIES: dict[str, Any] = {
    "check_service": ServiceReport(
        state=ServiceState.OPEN,
        environment="TEST",
        server_time=MORNING.replace(hour=9, minute=0, microsecond=123456),
        version="0.1.0",
        kinds=(
            KindState(Kind.JUMINHYO, ServiceState.OPEN, MORNING, MORNING.replace(hour=23, minute=0)),
            KindState(Kind.KAZEI, ServiceState.STALE, None, None),
        ),
    ),
    "list_certificates": Listed(
        (
            ListedCertificate(
                kind=Kind.JUMINHYO,
                title="住民票の写し",
                fee=200,
                max_copies=5,
                members=(
                    ListedMember(1, "𠮷田 太郎", "世帯主"),
                    ListedMember(2, "葛\U000e0100城 花子", "妻"),
                ),
                printable=(Switch.RELATIONSHIP, Switch.DOMICILE),
            ),
            ListedCertificate(
                kind=Kind.KOSEKI_KOJIN,
                title="戸籍個人事項証明書",
                fee=450,
                max_copies=1,
                members=(ListedMember(7, "𠮷田 太郎", None),),
                printable=(),
            ),
        )
    ),
    "issue": Issued(
        issuance_number="7K2M-9QXD-44TP",
        pages=1,
        total_fee=400,
        expires_at=MORNING.replace(hour=10, minute=0),
        document=PDF,
        sha256="0" * 64,
    ),
    "report_delivery": Accepted(),
    "apply_for_registration": Applied("A-000000000001"),
    "registration_status": RegistrationStatus("PENDING", "A-000000000001"),
    "report_error": Accepted(),
}


class ProgrammedDesk:
    """Implements Desk: keeps what it was asked and gives the reply it was told to give.

    A reply that is an exception is raised; one that can be called is called with the request and awaited.
    """

    def __init__(self) -> None:
        self.replies = dict(REPLIES)
        self.asked: list[Any] = []

    async def _reply(self, question: str, request: Any) -> Any:
        self.asked.append(request)
        reply = self.replies[question]
        if isinstance(reply, Exception):
            raise reply
        return await reply(request) if callable(reply) else reply

    def __getattr__(self, question: str) -> Callable[[Any], Awaitable[Any]]:
        if question not in REPLIES:
            raise AttributeError(question)
        return lambda request: self._reply(question, request)


@cache
def pki() -> DemoPki:
    """One demo PKI for this process: workers that run side by side must not mix theirs."""
    folder = Path(tempfile.mkdtemp(prefix="konbinid-test-pki"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return make_pki(folder, dt.datetime.now(dt.UTC))


def tls_settings(**changes: Any) -> TlsSettings:
    """The demo server's settings."""
    made = pki()
    settings: dict[str, Any] = {
        "certificate": made.server.cert,
        "key": made.server.key,
        "ca": made.ca,
        "crl": made.crl,
        "clients": {CENTER_NAME: CLIENT},
    }
    return TlsSettings(**(settings | changes))


def utc_now() -> dt.datetime:
    """The wall clock."""
    return dt.datetime.now(dt.UTC)


def client_context(identity: str | None = "center", **options: Any) -> ssl.SSLContext:
    """A client's TLS context with one of the demo's certificates, or with none."""
    context = ssl.create_default_context(cafile=pki().ca)
    if identity:
        files = pki().identity(identity)
        context.load_cert_chain(files.cert, files.key)
    for name, value in options.items():
        setattr(context, name, value)
    return context


def envelope(body: str, header: str = "") -> str:
    """A SOAP 1.1 envelope; `k` is the contract's namespace."""
    return (
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:k="{NAMESPACE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{header}<s:Body>{body}</s:Body></s:Envelope>"
    )


ENVELOPE_PART = "<k:transactionId>T-1</k:transactionId><k:municipalityCode>272060</k:municipalityCode>"
KIOSK_PART = (
    "<k:kiosk><k:chainCode>01</k:chainCode><k:storeCode>000123</k:storeCode><k:storeName>泉大津駅前店</k:storeName>"
    "<k:terminalId>K1</k:terminalId><k:channel>STORE</k:channel></k:kiosk>"
)
CARD_PART = "<k:credential><k:serialNumber>00Ab12</k:serialNumber><k:type>CARD</k:type></k:credential>"
CHECK = envelope(f"<k:checkService>{ENVELOPE_PART}</k:checkService>")
LIST = envelope(f"<k:listCertificates>{ENVELOPE_PART}{KIOSK_PART}{CARD_PART}</k:listCertificates>")
ISSUE = envelope(
    f"<k:issueCertificate>{ENVELOPE_PART}{KIOSK_PART}{CARD_PART}<k:kind>juminhyo</k:kind><k:copies>2</k:copies>"
    "<k:fee>200</k:fee><k:options><k:scope>MEMBERS</k:scope><k:memberNumbers>2</k:memberNumbers>"
    "<k:memberNumbers>1</k:memberNumbers><k:show>DOMICILE</k:show></k:options></k:issueCertificate>"
)
DELIVERY = envelope(
    f"<k:reportDelivery>{ENVELOPE_PART}{KIOSK_PART}<k:issuanceNumber>7K2M-9QXD-44TP</k:issuanceNumber>"
    "<k:outcome>DELIVERED</k:outcome><k:copies>2</k:copies><k:occurredAt>2026-11-24T00:05:00.5Z</k:occurredAt>"
    "</k:reportDelivery>"
)
APPLY = envelope(
    f"<k:applyForRegistration>{ENVELOPE_PART}{KIOSK_PART}{CARD_PART}<k:applicant><k:name>葛城 一郎</k:name>"
    "<k:kana>カツラギ イチロウ</k:kana><k:birthDate>1980-02-29</k:birthDate><k:address>大阪府堺市一丁目</k:address>"
    "<k:phone>0725-00-0000</k:phone></k:applicant><k:domicile>大阪府泉大津市東雲町9番</k:domicile>"
    "<k:headOfRegister>葛城 太郎</k:headOfRegister></k:applyForRegistration>"
)
STATUS = envelope(
    f"<k:getRegistrationStatus>{ENVELOPE_PART}{KIOSK_PART}{CARD_PART}</k:getRegistrationStatus>"
)
ERROR = envelope(
    f"<k:reportError>{ENVELOPE_PART}<k:errorCode>E-01</k:errorCode><k:detail></k:detail></k:reportError>"
)


class Reply:
    """A response as a client saw it."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def entry(self) -> Any:
        """The one element in the Body."""
        root = etree.fromstring(self.body)
        (body,) = root
        assert body.tag == f"{{{SOAP}}}Body"
        (entry,) = body
        return entry

    def text(self, name: str) -> str | None:
        """The text of an element of the answer."""
        return self.entry.findtext(f".//{{{NAMESPACE}}}{name}")

    @property
    def fault(self) -> tuple[str, str, str]:
        """Code without its prefix, text and reference of a Fault."""
        assert self.status == 500, self.body
        assert self.entry.tag == f"{{{SOAP}}}Fault"
        reference = self.entry.findtext(f"detail/{{{NAMESPACE}}}reference") or ""
        assert len(reference) >= 12
        return self.entry.findtext("faultcode").split(":")[1], self.entry.findtext("faultstring"), reference


class PortCase(TestCase):
    """Starts the port for every test; blocking clients run in threads."""

    limits = Limits()
    timeout = 60

    async def setUp(self) -> None:
        self.logged: list[dict[str, Any]] = []
        globalLogPublisher.addObserver(self.logged.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.logged.append)
        self.alerts: list[str] = []
        self.desk = ProgrammedDesk()
        self.tls = self.make_tls()
        numbers = itertools.count(1)
        self.site = CenterSite(
            Counter(self.desk),
            address="https://localhost/center",
            client_of=self.tls.peer_name,
            clock=reactor,
            new_reference=lambda: f"REFERENCE{next(numbers):06}",
            limits=self.limits,
        )
        self.factory = self.tls.server_factory(self.site, reactor)
        self.listening = reactor.listenTCP(0, self.factory, interface="127.0.0.1")
        self.port = self.listening.getHost().port

    def make_tls(self) -> MutualTls:
        """Overridden where the files matter."""
        return MutualTls(tls_settings(), now=utc_now, seconds=reactor.seconds, alert=self.alerts.append)

    async def tearDown(self) -> None:
        await maybeDeferred(self.listening.stopListening)
        for connection in list(self.factory.protocols):
            connection.abortConnection()
        while self.factory.protocols or self.site.under_way:
            await self.pause(0.01)

    @staticmethod
    def pause(seconds: float) -> Deferred[None]:
        return deferLater(reactor, seconds, lambda: None)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for something to become true; the test's time-out ends a vain wait."""
        while not condition():
            await self.pause(0.01)

    def connect(self, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
        """A raw TLS connection (blocking)."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return (context or client_context()).wrap_socket(plain, server_hostname="localhost")

    async def raw(self, *pieces: bytes, gap: float = 0.0, context: ssl.SSLContext | None = None) -> bytes:
        """Send pieces over TLS and read until the other side closes; b"" when it closes without a word."""
        return await deferToThread(self._raw, pieces, gap, context)

    def _raw(self, pieces: tuple[bytes, ...], gap: float, context: ssl.SSLContext | None) -> bytes:
        received = b""
        try:
            with self.connect(context) as tls:
                for index, piece in enumerate(pieces):
                    if index and gap:
                        # Reading while it waits: what came before a reset would be lost otherwise.
                        tls.settimeout(gap)
                        with contextlib.suppress(TimeoutError):
                            received += tls.recv(65536)
                    tls.settimeout(20)
                    tls.sendall(piece)
                while more := tls.recv(65536):
                    received += more
        except (ssl.SSLError, ConnectionError):
            pass
        return received

    async def ask(self, body: str | bytes = CHECK, *, identity: str | None = "center", **more: Any) -> Reply:
        """One request on a connection of its own."""
        return (await self.ask_all([(body, more)], identity=identity))[0]

    async def ask_all(
        self, requests: list[tuple[str | bytes, dict[str, Any]]], identity: str | None = "center"
    ) -> list[Reply]:
        """Several requests, one after the other on one connection."""
        return await deferToThread(self._ask_all, requests, identity)

    def _ask_all(
        self, requests: list[tuple[str | bytes, dict[str, Any]]], identity: str | None
    ) -> list[Reply]:
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=30, context=client_context(identity, check_hostname=False)
        )
        replies = []
        for body, more in requests:
            content = body.encode() if isinstance(body, str) else body
            headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '"whatever"'} | more.get(
                "headers", {}
            )
            connection.request(more.get("method", "POST"), more.get("path", "/center"), content, headers)
            response = connection.getresponse()
            replies.append(Reply(response.status, response.headers, response.read()))
        connection.close()
        return replies

    def logs(self) -> str:
        """Everything that was logged through Twisted, every field of it."""
        return "\n".join(repr(event) for event in self.logged)


def post(body: str | bytes, *headers: str, length: bool = True, path: str = "/center") -> bytes:
    """The bytes of a POST."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", *headers]
    if not any(line.lower().startswith("content-type") for line in headers):
        lines.append("Content-Type: text/xml")
    if length:
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode() + content
