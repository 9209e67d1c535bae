"""Whether a whole city's files keep a kiosk waiting: issuances beside a full load of every feed, against quiet minutes of the same run.

    .venv/bin/python bench/beside.py [--people 75047] [--seals 45000] [--registers 400] [--known 500] [--pace 8] [--quiet 30] [--min-wal-size 0]

Starts a private PostgreSQL (as the tests do, without fsync) and the real daemon (`twistd konbinid`) on a small city (`--known` people), and lets kiosks ask for 住民票の写し
over mutual TLS at a fixed pace, each at its planned moment, whether or not the one before was answered: a stall shows up in everybody who came meanwhile. First nothing else happens;
then the files of the whole city are dropped, all feeds at once, of which the small one is the first part. Printed: p50, p99 and the longest of both times, their ratio, and when
each feed was settled. With `--min-wal-size 2048` PostgreSQL has so many MB of log files that it only writes over, as docs/ja/install.md asks for; without it it makes every one of
them when it is needed, and whoever commits meanwhile waits. Latency counts from the planned moment to the last byte. This process, the daemon, PostgreSQL and the reading children share the machine's cores.
"""

from __future__ import annotations

import argparse
import datetime as dt
import http.client
import os
import secrets
import shutil
import ssl
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from private_database import Database, make_database, start_server
from running_daemon import Child, approve, make_city

from konbinid.config import load
from konbinid.domain.dates import JST
from konbinid.simulator.city import City, write_city, write_gaiji
from konbinid.simulator.seals import SealCutter, find_font

FEE = 300  # of the demo city's library
SEGMENT = 16  # MB; PostgreSQL's log is made of such files
CALLERS = 16  # connections; more than are ever busy at a sane pace
ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:k="urn:konbinid:center:v1"><s:Body>'
    "<k:issueCertificate><k:transactionId>{id}</k:transactionId><k:municipalityCode>272060</k:municipalityCode>"
    "<k:kiosk><k:chainCode>99</k:chainCode><k:storeCode>1</k:storeCode><k:storeName>見本</k:storeName><k:terminalId>1</k:terminalId><k:channel>STORE</k:channel></k:kiosk>"
    "<k:credential><k:serialNumber>{serial}</k:serialNumber><k:type>CARD</k:type></k:credential>"
    "<k:kind>juminhyo</k:kind><k:copies>1</k:copies><k:fee>{fee}</k:fee>"
    "<k:options><k:scope>HOUSEHOLD</k:scope></k:options></k:issueCertificate></s:Body></s:Envelope>"
)
_CARDS = """
select c.serial from people.credential c join people.person p using (resident_code_digest) where c.type = 1 and c.present order by c.serial
"""


class Kiosks:
    """Ask at planned moments over connections that stay open, one to a thread."""

    def __init__(self, config: Path) -> None:
        soap = load(config).soap
        self.port = soap.port
        self.context = ssl.create_default_context(cafile=str(soap.client_ca))
        pki = config.parent / "pki"
        self.context.load_cert_chain(pki / "center.pem", pki / "center.key")
        self.own = threading.local()
        self.answers: Counter[str] = Counter()

    def issue(self, serial: str) -> str:
        """The result code of one issueCertificate; ``fault`` when there is none."""
        link = getattr(self.own, "link", None)
        if link is None:
            link = self.own.link = http.client.HTTPSConnection(
                "localhost", self.port, context=self.context, timeout=40
            )
        body = ENVELOPE.format(id=secrets.token_hex(16), serial=serial, fee=FEE).encode()
        link.request("POST", "/center", body, {"Content-Type": "text/xml; charset=utf-8"})
        text = link.getresponse().read()
        found = text.partition(b"resultCode>")[2][:4].decode("ascii", "replace")
        return found or "fault"

    def usable(self, serials: list[str]) -> list[str]:
        """Those cards that get a paper."""
        return [serial for serial in serials if self.issue(serial) == "0000"]

    def visit(self, serials: list[str], pace: float, until: threading.Event) -> list[float]:
        """Milliseconds of every request, asked ``pace`` times a second until told to stop."""
        waited: list[float] = []
        began = time.perf_counter()

        def one(planned: float, serial: str) -> None:
            self.answers[self.issue(serial)] += 1
            waited.append((time.perf_counter() - planned) * 1e3)

        with ThreadPoolExecutor(CALLERS) as threads:
            number = 0
            while not until.is_set():
                planned = began + number / pace
                until.wait(max(0.0, planned - time.perf_counter()))
                threads.submit(one, planned, serials[number % len(serials)])
                number += 1
        return waited


def write(folder: Path, people: int, sequence: int, seals: int, registers: int) -> list[Path]:
    """A city's full files with their attachments; the data files, without their markers' suffix."""
    stamp = dt.datetime.now(JST).replace(tzinfo=None, microsecond=0)
    font = find_font({})
    city = City(people, 1, stamp.date())
    write_city(
        folder,
        city,
        stamp,
        seq=sequence,
        cutter=SealCutter(font),
        seals=seals,
        tax_years=1,
        register_font=font,
        registers=registers,
        processes=os.cpu_count() or 1,
    )
    write_gaiji(folder, stamp, seq=sequence)
    return sorted(path.with_suffix("") for path in folder.glob("*.end"))


def drop(spool: Path, files: list[Path]) -> None:
    """Attachments, data, marker: as a core system does."""
    for data in files:
        for each in (data.with_suffix(""), data, data.with_name(f"{data.name}.end")):
            if each.exists():
                shutil.move(each, spool / "inbox")


def wait_for_receipts(spool: Path, files: list[Path], seconds: float) -> dict[str, float]:
    """Seconds until each feed had its receipt."""
    began, settled = time.perf_counter(), {}
    while len(settled) < len(files):
        for data in files:
            if data.name not in settled and any(
                (spool / "outbox" / f"{data.name}.{end}").exists() for end in ("ok", "ng")
            ):
                settled[data.name] = time.perf_counter() - began
        if time.perf_counter() - began > seconds:
            raise SystemExit(f"not settled: {[data.name for data in files if data.name not in settled]}")
        time.sleep(0.05)
    refused = [data.name for data in files if (spool / "outbox" / f"{data.name}.ng").exists()]
    if refused:
        raise SystemExit(f"refused: {(spool / 'outbox' / f'{refused[0]}.ng').read_text(encoding='utf-8')}")
    return {name.partition("_")[0]: took for name, took in settled.items()}


def keep_log_segments(database: Database, megabytes: int) -> None:
    """Leave PostgreSQL as it is after weeks under min_wal_size (docs/ja/install.md 4.5): that much of its log lies ready to be written over again."""
    for change in (f"min_wal_size = '{megabytes}MB'", f"max_wal_size = '{2 * megabytes}MB'"):
        database.run(f"alter system set {change}", role="postgres")
    database.run("select pg_reload_conf()", role="postgres")
    for _ in range(megabytes // SEGMENT + 1):
        database.run("select pg_logical_emit_message(false, 'bench', ''), pg_switch_wal()", role="postgres")
    database.run("checkpoint", role="postgres")


def percentile(values: list[float], share: float) -> float:
    """The value below which so large a share of them lies."""
    return statistics.quantiles(values, n=1000, method="inclusive")[round(share * 1000) - 1]


def measure(folder: Path, database: Database, chosen: argparse.Namespace) -> None:
    """Quiet, then beside the load."""
    if chosen.min_wal_size:
        keep_log_segments(database, chosen.min_wal_size)
    config = make_city(folder, database)
    spool = folder / "spool"
    approve(config)
    small, whole = folder / "small", folder / "whole"
    small.mkdir()
    whole.mkdir()
    print("writing the files …", flush=True)
    first = write(small, chosen.known, 1, chosen.known, 10)
    load_of_all = write(whole, chosen.people, 2, chosen.seals, chosen.registers)
    daemon = Child(config)
    try:
        daemon.wait_for("startup.listening")
        drop(spool, first)
        wait_for_receipts(spool, first, 120)
        kiosks = Kiosks(config)
        serials = kiosks.usable([row[0] for row in database.run(_CARDS)])
        results = {}
        stop = threading.Event()
        threading.Timer(chosen.quiet, stop.set).start()
        results["quiet"] = kiosks.visit(serials, chosen.pace, stop)
        busy = threading.Event()
        settled: dict[str, float] = {}

        def feed() -> None:
            try:
                drop(spool, load_of_all)
                settled.update(wait_for_receipts(spool, load_of_all, 900))
            finally:
                busy.set()

        loading = threading.Thread(target=feed)
        loading.start()
        results["beside the load"] = kiosks.visit(serials, chosen.pace, busy)
        loading.join()
    finally:
        daemon.stop()
    show(results, settled, kiosks.answers)


def show(results: dict[str, list[float]], settled: dict[str, float], answers: Counter[str]) -> None:
    """Both times beside each other."""
    print(f"{'':20}{'requests':>9}{'p50 ms':>9}{'p99 ms':>9}{'longest':>9}")
    for name, waited in results.items():
        print(
            f"{name:20}{len(waited):9}{percentile(waited, 0.5):9.1f}{percentile(waited, 0.99):9.1f}{max(waited):9.1f}"
        )
    quiet, loaded = results.values()
    print(
        f"{'ratio':29}{percentile(loaded, 0.5) / percentile(quiet, 0.5):9.2f}{percentile(loaded, 0.99) / percentile(quiet, 0.99):9.2f}"
    )
    print(
        "settled after:",
        ", ".join(f"{feed} {took:.1f} s" for feed, took in sorted(settled.items(), key=lambda each: each[1])),
    )
    print("answers:", dict(answers))


def main() -> None:
    """Read the options, measure, clean up."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=75_047)
    parser.add_argument("--seals", type=int, default=45_000)
    parser.add_argument("--registers", type=int, default=400)
    parser.add_argument("--known", type=int, default=500)
    parser.add_argument("--pace", type=float, default=8.0, help="requests a second")
    parser.add_argument("--quiet", type=float, default=30.0, help="seconds without any file")
    parser.add_argument("--min-wal-size", type=int, default=0, metavar="MB", help="see keep_log_segments")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kb-"))
    server = start_server(folder / "pg")
    try:
        measure(folder, make_database(server), chosen)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
