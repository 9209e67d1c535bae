"""What the SOAP port costs: checkService over mutual TLS with keep-alive, beside a bare twisted.web resource.

    python bench/soap.py [--rounds 9] [--seconds 1] [--connections 8]

Each server runs in a process of its own, and this one asks them in turn over a handful of connections that stay open
for a round. The desk answers at once, so that what is measured is TLS, HTTP, XML, the schema and the translation. The bare resource
answers the same bytes to the same request without looking at it. The ratio is what compares machines; requests per
second also depend on this process, which needs a core of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import ssl
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from twisted.web.resource import Resource
from twisted.web.server import Site

from konbinid.domain.dates import JST
from konbinid.domain.kinds import Kind
from konbinid.domain.request import KindState, ServiceReport, ServiceState
from konbinid.kiosk.counter import Counter
from konbinid.kiosk.transport import CenterSite
from konbinid.ops.tls import MutualTls, TlsSettings
from konbinid.simulator.pki import CENTER_NAME, make_pki

REQUEST = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:k="urn:konbinid:center:v1"><s:Body>'
    "<k:checkService><k:transactionId>BENCH-1</k:transactionId><k:municipalityCode>272060</k:municipalityCode>"
    "</k:checkService></s:Body></s:Envelope>"
).encode("ascii")
POST = (
    b'POST /center HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml; charset=utf-8\r\nSOAPAction: ""\r\n'
    b"Content-Length: %d\r\n\r\n" % len(REQUEST)
) + REQUEST
MORNING = datetime(2026, 11, 24, 6, 30, tzinfo=JST)
REPORT = ServiceReport(
    ServiceState.OPEN,
    "TEST",
    MORNING,
    "0.1.0",
    tuple(KindState(kind, ServiceState.OPEN, MORNING, MORNING) for kind in Kind),
)


class Desk:
    """Answers checkService at once; the other six questions are not asked here."""

    async def check_service(self, query):
        """The same report every time."""
        del query
        return REPORT


class Bare(Resource):
    """Gives the same bytes to every POST."""

    isLeaf = True  # noqa: N815  # Twisted's name

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self._body = body

    def render_POST(self, request):  # noqa: N802  # Twisted's name
        """Read and answer."""
        request.content.read()
        request.setHeader(b"content-type", b"text/xml; charset=utf-8")
        return self._body


def serve(what: str, folder: Path, answer: Path) -> None:
    """Listen, print the port, and serve until the parent is done."""
    from twisted.internet import reactor  # noqa: PLC0415  # the measuring process needs none

    pki = make_pki(folder, datetime.now(UTC))
    settings = TlsSettings(pki.server.cert, pki.server.key, pki.ca, pki.crl, {CENTER_NAME: "bench"})
    tls = MutualTls(settings, now=lambda: datetime.now(UTC), seconds=reactor.seconds, alert=print)

    if what == "bare":
        site = Site(Bare(answer.read_bytes()))
        site.startFactory = site.stopFactory = lambda: None  # no access log, like the port
    else:
        site = CenterSite(
            Counter(Desk()),
            address="https://localhost/center",
            client_of=tls.peer_name,
            clock=reactor,
            new_reference=lambda: secrets.token_hex(8),
        )
    port = reactor.listenTCP(0, tls.server_factory(site, reactor), interface="127.0.0.1")
    print(port.getHost().port, flush=True)
    reactor.run()


async def ask_for(seconds: float, connections: int, port: int, context: ssl.SSLContext) -> tuple[int, bytes]:
    """How many answers came in this time, and one of them."""
    until = time.monotonic() + seconds
    answers = await asyncio.gather(*(_ask(until, port, context) for _ in range(connections)))
    return sum(count for count, _ in answers), answers[0][1]


async def _ask(until: float, port: int, context: ssl.SSLContext) -> tuple[int, bytes]:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=context, server_hostname="localhost"
    )
    count, body = 0, b""
    while time.monotonic() < until:
        writer.write(POST)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(head.decode())
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        count += 1
    writer.close()
    return count, body


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Server:
    """One server in a process of its own, and its figures: CPU milliseconds per call and calls per second, a round each."""

    def __init__(self, what: str, folder: Path, connections: int) -> None:
        answer = folder / "answer"
        command = [
            sys.executable,
            __file__,
            "--serve",
            what,
            "--folder",
            str(folder / "pki"),
            "--answer",
            str(answer),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())
        self.connections = connections
        pki = make_pki(folder / "pki", datetime.now(UTC))
        self.context = ssl.create_default_context(cafile=pki.ca)
        self.context.load_cert_chain(pki.center.cert, pki.center.key)
        self.costs: list[float] = []
        self.rates: list[float] = []
        _, body = self.ask(0.5)
        answer.write_bytes(body)

    def ask(self, seconds: float) -> tuple[int, bytes]:
        """So long, over all connections."""
        return asyncio.run(ask_for(seconds, self.connections, self.port, self.context))

    def round(self, seconds: float) -> None:
        """Measure once more."""
        before, begun = cpu_seconds(self.process.pid), time.monotonic()
        count, _ = self.ask(seconds)
        self.rates.append(count / (time.monotonic() - begun))
        self.costs.append((cpu_seconds(self.process.pid) - before) * 1000 / count)


def main() -> None:
    """Measure and print, or be one of the two servers."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--rounds", type=int, default=9, help="how often the two servers are asked in turn")
    options.add_argument("--seconds", type=float, default=1.0, help="how long each round asks each of them")
    options.add_argument("--connections", type=int, default=8, help="connections that stay open")
    options.add_argument("--serve", choices=("center", "bare"), help=argparse.SUPPRESS)
    options.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options.add_argument("--answer", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve:
        serve(given.serve, given.folder, given.answer)
        return
    with tempfile.TemporaryDirectory(prefix="konbinid-bench") as made:
        servers = [Server(what, Path(made), given.connections) for what in ("center", "bare")]
        for _ in range(given.rounds):
            for server in servers:
                server.round(given.seconds)
        for server in servers:
            server.process.terminate()
            server.process.communicate()
    report(*servers)


def report(port: Server, bare: Server) -> None:
    """Medians over the rounds, since other work on the machine disturbs single ones."""
    ratios = [mine / theirs for mine, theirs in zip(port.costs, bare.costs, strict=True)]
    print(f"{'':20}{'requests/s':>12}{'CPU ms/call':>14}{'least CPU':>12}")
    for name, server in (("SOAP port", port), ("bare twisted.web", bare)):
        print(f"{name:20}{median(server.rates):12.0f}{median(server.costs):14.3f}{min(server.costs):12.3f}")
    print(f"{'CPU ratio':20}{'':12}{median(ratios):14.2f}{min(port.costs) / min(bare.costs):12.2f}")


if __name__ == "__main__":
    main()
