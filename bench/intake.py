"""How fast a city's files are taken in, against a bare COPY of the same rows, in one run.

    .venv/bin/python bench/intake.py [--people 75047] [--seals 500] [--registers 0] [--differences 200] [--only-residents] [--folder DIR]

Makes the demo city's files (konbinid city), starts a private PostgreSQL (as the tests do, without fsync) and an inbox in this process, and drops the files. Printed:

- JUMIN from the drop to the commit, its rows a second, and the same divided by a COPY of the same file into an unlogged table of text columns; reading and staging
  also against a COPY of the rows that it stages, already sealed and digested, into a table like the staging table;
- what of it was reading and staging (the child), and what the transactions;
- the other feeds, ZEI with one 年度 of as many rows as JUMIN, with the CPU of their reading child and of the process below it that examines
  PDFs, a row; a second full file with one difference;
- a one-row difference file from the drop to the commit, p50 and p99;
- the longest pause of the reactor meanwhile, and the largest child.

``--only-residents`` stops after the first JUMIN file: for a city of millions.
"""

from __future__ import annotations

import argparse
import itertools
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import closing, suppress
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import psycopg2
from private_database import Database, make_database, start_server
from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred, succeed
from twisted.internet.task import LoopingCall, deferLater
from twisted.internet.threads import deferToThread

from konbinid.domain.dates import JST
from konbinid.domain.feeds import Feed
from konbinid.intake.clerk import FeedIntake
from konbinid.intake.inbox import Inbox, InboxSetting
from konbinid.intake.layout import load
from konbinid.intake.steps import Point
from konbinid.ops.process import give_way_soon, keep_for_good
from konbinid.simulator.city import City, write_city
from konbinid.simulator.feeds import write_full
from konbinid.simulator.seals import SealCutter, find_font
from konbinid.store.intake_tables import TABLES
from konbinid.store.keyring import Keyring

LAYOUTS = Path(__file__).resolve().parents[1] / "config" / "layouts"
FEEDS = ("YOKUSHI", "JUMIN", "JPKI", "INKAN", "ZEI", "KOSEKI", "FUHYO")


def announced_rows(data: Path) -> int:
    """What the marker says."""
    return int(Path(f"{data}.end").read_text(encoding="ascii").split()[0].removeprefix("rows="))


def largest_of(pid: int | str, what: str = "VmHWM") -> int:
    """The most memory that a process ever had, in MB, or has now (RssAnon: what is its own); 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(rf"{what}:\s+(\d+)", status)
    return int(found[1]) // 1024 if found else 0


def size_of(folder: Path) -> int:
    """MB on the disk below a folder."""
    used = 0
    for each in folder.rglob("*"):
        with suppress(OSError):  # PostgreSQL takes files away meanwhile
            used += each.lstat().st_blocks * 512
    return used // 1_000_000


class Lease:
    """Ours."""

    epoch = 0


class Bench:
    """One run."""

    def __init__(
        self, folder: Path, people: int, seals: int, registers: int, differences: int, *, only_residents: bool
    ) -> None:
        self.only_residents = only_residents
        self.folder, self.people, self.seals, self.differences = folder, people, seals, differences
        self.server = start_server(folder / "pg")
        self.database: Database = make_database(self.server)
        for name in ("inbox", "outbox", "archive", "quarantine", "city"):
            (folder / name).mkdir()
        Keyring.create(folder / "keys")
        self.points: dict[Point, float] = {}
        self.settled: Deferred[None] | None = None
        self.dropped = 0.0
        self.pause = 0.0
        self.ticked = 0.0
        self.largest = self.backend = self.disk = 0
        self.stamp = datetime.now(JST).replace(tzinfo=None, microsecond=0) - timedelta(hours=2)
        font = find_font(os.environ)
        cutter = SealCutter(font) if seals else None
        city = City(people, 1, self.stamp.date())
        processes = os.cpu_count() or 1
        options = {"seals": seals, "register_font": font, "registers": registers, "processes": processes}
        write_city(folder / "city", city, self.stamp, cutter=cutter, tax_years=0, **options)
        if not only_residents:
            self.write_taxes()

    def write_taxes(self) -> None:
        """One 年度 with as many rows as there are people: those of age in a larger city."""
        path = next((self.folder / "city").glob("ZEI_*.dat"))
        Path(f"{path}.end").unlink()
        path.unlink()
        larger = City(self.people * 2, 1, self.stamp.date())
        rows = (row for household in larger.households() for row in larger.tax_rows(household, 1))
        write_full(self.folder / "city", "ZEI", 1, itertools.islice(rows, self.people), self.stamp)

    def passing(self, point: Point) -> None:
        """The inbox passes a point: keep when, and wake who waits for the commit."""
        self.points[point] = time.perf_counter()
        if point is Point.SETTLED and self.settled is not None:
            waiting, self.settled = self.settled, None
            reactor.callFromThread(waiting.callback, None)

    def tick(self) -> None:
        """Called every 2 ms: how long it did not come is a pause of the reactor."""
        now = time.perf_counter()
        self.pause, self.ticked = max(self.pause, now - self.ticked), now
        for track in self.inbox._tracks.values():  # noqa: SLF001  # the children are nobody else's business
            if track.worker.pid is not None:
                self.largest = max(self.largest, largest_of(track.worker.pid))

    def look(self) -> None:
        """Called every second: the most memory of its own that any process of PostgreSQL has, and the most that its folder takes."""
        postmaster = (self.server.data / "postmaster.pid").read_text().split("\n", 1)[0]
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        self.backend = max(self.backend, *(largest_of(pid, "RssAnon") for pid in children))
        self.disk = max(self.disk, size_of(self.server.data))

    async def drop(self, data: Path) -> float:
        """Move a file with its attachments into the inbox, the marker last; seconds until its commit."""
        self.settled = Deferred()
        if (data.parent / data.stem).is_dir():
            shutil.move(data.parent / data.stem, self.folder / "inbox")
        shutil.move(data, self.folder / "inbox")
        self.dropped = begun = time.perf_counter()
        shutil.move(f"{data}.end", self.folder / "inbox")
        settled = self.settled
        await settled
        return time.perf_counter() - begun

    def write(self, feed: str, kind: str, sequence: int, lines: list[str]) -> Path:
        """A file of these lines, with its marker, not dropped yet."""
        self.stamp += timedelta(seconds=1)
        path = self.folder / "city" / f"{feed}_{self.stamp:%Y%m%d%H%M%S}_{sequence:06d}_{kind}.csv"
        data = "".join(lines).encode()
        path.write_bytes(data)
        Path(f"{path}.end").write_text(f"rows={len(lines)} sha256={sha256(data).hexdigest()}\n")
        return path

    def copied(self, data: Path) -> float:
        """Seconds of a bare COPY of the same file."""
        columns = len(load(LAYOUTS / "jumin.toml").columns)
        made = ", ".join(f"c{n} text" for n in range(columns))
        self.database.run(f"create unlogged table public.bare ({made})", role="postgres")
        with (
            closing(psycopg2.connect(self.database.dsn("postgres"))) as link,
            link,
            link.cursor() as cur,
            data.open("rb") as file,
        ):
            begun = time.perf_counter()
            cur.copy_expert("copy public.bare from stdin (format csv)", file, 1024 * 1024)
            link.commit()
            return time.perf_counter() - begun

    def copied_as_staged(self) -> float:
        """Seconds of a bare COPY of what has just been applied, as the child sends it, into a table like the staging table."""
        table, path = TABLES["JUMIN"], self.folder / "staged.copy"
        known = ", ".join(table.staged_columns[3:])
        rows = f"select 1, row_number() over (), 1, {known} from {table.schema}.{table.name}"
        self.database.run(f"create unlogged table public.staged (like {table.staged})", role="postgres")
        with closing(psycopg2.connect(self.database.dsn("postgres"))) as link, link, link.cursor() as cur:
            with path.open("wb") as file:
                cur.copy_expert(f"copy ({rows}) to stdout", file, 1024 * 1024)
            with path.open("rb") as file:
                begun = time.perf_counter()
                cur.copy_expert(
                    f"copy public.staged ({', '.join(table.staged_columns)}) from stdin", file, 1024 * 1024
                )
                link.commit()
                took = time.perf_counter() - begun
        path.unlink()
        self.database.run("drop table public.staged", role="postgres")
        return took

    def show_phases(self, rows: int, bare: float | None = None) -> None:
        """Where the time of the last file went."""
        marks, begin = self.points, self.points[Point.FOUND]
        phases = {
            "seen after": (self.dropped, begin),
            "bytes stored": (begin, marks[Point.STORED]),
            "read and staged": (marks[Point.STORED], marks[Point.STAGED]),
            "effects": (marks[Point.STAGED], marks[Point.PREPARED]),
            "locks and writing": (marks[Point.PREPARED], marks[Point.SETTLED]),
        }
        for name, (since, until) in phases.items():
            share = f"   {bare / (until - since):.3f} of COPY" if bare and name == "read and staged" else ""
            print(f"    {name:<36}{until - since:8.2f} s {rows / (until - since):>11,.0f} rows/s{share}")

    def show_staging(self, rows: int) -> None:
        """Reading and staging against a COPY of the very rows that it stages."""
        took = self.points[Point.STAGED] - self.points[Point.STORED]
        pause, bare = self.pause, self.copied_as_staged()
        self.forget_pause()  # that COPY was our own doing, and in the reactor
        self.pause = pause
        print(
            f"    COPY of the staged rows into such a table {bare:8.2f} s {rows / bare:>11,.0f} rows/s: reading and staging reach {bare / took:.3f} of it"
        )

    def show_cpu(self, feed: str, rows: int) -> None:
        """What the feed's child and the processes below it have used so far: this was their first file."""
        pid = self.inbox._tracks[Feed(feed)].worker.pid  # noqa: SLF001  # as in tick
        pids = [pid, *Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        used = 0
        for each in pids:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            used += int(fields[11]) + int(fields[12])
        milliseconds = used * 1000 / os.sysconf("SC_CLK_TCK") / max(1, rows)
        print(f"    {'CPU of the reading processes':<36}{milliseconds:8.2f} ms a row")

    def forget_pause(self) -> None:
        """What comes was our own doing."""
        self.pause, self.ticked = 0.0, time.perf_counter()

    async def run(self) -> None:
        """Everything, then stop in good order."""
        files = {
            path.name.partition("_")[0]: path
            for path in (self.folder / "city").glob("*_F.*")
            if path.suffix in {".csv", ".dat"}
        }
        lines = [] if self.only_residents else files["JUMIN"].read_text("utf-8").splitlines(keepends=True)
        intakes = [FeedIntake(load(LAYOUTS / f"{feed.lower()}.toml")) for feed in FEEDS]
        setting = InboxSetting(
            folder=self.folder / "inbox",
            outbox=self.folder / "outbox",
            archive=self.folder / "archive",
            quarantine=self.folder / "quarantine",
            dsn=self.database.dsn("intake"),
            keys=self.folder / "keys",
            feeds=intakes,
            scan_seconds=1.0,
        )
        self.inbox = Inbox(
            reactor, setting, Lease(), lambda: succeed(result=True), os.urandom, passing=self.passing
        )
        self.inbox.startService()
        self.ticked = time.perf_counter()
        ticking, looking = LoopingCall(self.tick), LoopingCall(lambda: deferToThread(self.look))
        ticking.start(0.002)
        looking.start(1.0)
        if self.only_residents:
            await self.measure_residents(files["JUMIN"])
        else:
            await self.measure(files, lines)
        ticking.stop()
        looking.stop()
        await self.inbox.stopService()
        self.server.stop()

    async def measure_residents(self, data: Path) -> None:
        """The first file of JUMIN, and what it took of memory."""
        rows, bare = announced_rows(data), self.copied(data)
        self.forget_pause()
        took = await self.drop(data)
        print(
            f"JUMIN, drop to commit    {rows:>9,} rows {took:8.2f} s {rows / took:>11,.0f} rows/s   {bare / took:.3f} of COPY ({bare:.1f} s)"
        )
        self.show_phases(rows, bare)
        self.show_staging(rows)
        print(
            f"longest pause of the reactor {self.pause * 1000:.1f} ms; largest child {self.largest} MB; this process {largest_of('self')} MB; "
            f"largest process of PostgreSQL {self.backend} MB of its own; its folder {self.disk:,} MB"
        )

    async def measure(self, files: dict[str, Path], lines: list[str]) -> None:
        """The figures, as the module says."""
        rows = len(lines)
        bare = self.copied(files["JUMIN"])
        self.forget_pause()
        print(f"bare COPY of JUMIN       {rows:>9,} rows {bare:8.2f} s {rows / bare:>11,.0f} rows/s")
        took = await self.drop(files["JUMIN"])
        print(
            f"JUMIN, drop to commit    {rows:>9,} rows {took:8.2f} s {rows / took:>11,.0f} rows/s   {bare / took:.3f} of COPY"
        )
        self.show_phases(rows, bare)
        self.show_staging(rows)
        for feed in FEEDS[:1] + FEEDS[2:]:
            count = announced_rows(files[feed])
            took = await self.drop(files[feed])
            print(f"{feed:<24} {count:>9,} rows {took:8.2f} s {count / took:>11,.0f} rows/s")
            self.show_phases(count)
            self.show_cpu(feed, count)
        print(f"longest pause of the reactor            {self.pause * 1000:8.1f} ms")
        again = self.write("JUMIN", "F", 2, [*lines[1:], lines[0]])
        self.forget_pause()
        took = await self.drop(again)
        print(f"JUMIN again, nothing new {rows:>9,} rows {took:8.2f} s {rows / took:>11,.0f} rows/s")
        self.show_phases(rows, bare)
        waits = []
        for number in range(self.differences):
            await deferLater(reactor, 0.05)
            line = lines[number].replace('"1"', '"2"', 1)
            waits.append(await self.drop(self.write("JUMIN", "D", 3 + number, [line])))
        if waits:
            worst = sorted(waits)[int(len(waits) * 0.99) - 1]
            print(
                f"one-row difference file, drop to commit: p50 {statistics.median(waits) * 1000:.0f} ms, p99 {worst * 1000:.0f} ms, n={len(waits)}"
            )
        print(
            f"longest pause of the reactor            {self.pause * 1000:8.1f} ms;  largest child {self.largest} MB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=75_047)
    parser.add_argument("--seals", type=int, default=500)
    parser.add_argument("--registers", type=int, default=0)
    parser.add_argument("--differences", type=int, default=200)
    parser.add_argument("--only-residents", action="store_true", help="only the first file of JUMIN")
    parser.add_argument("--folder", type=Path, help="an empty folder to work in; a temporary one without it")
    said = parser.parse_args()
    folder = said.folder or Path(tempfile.mkdtemp(prefix="konbinid-bench-"))
    bench = Bench(
        folder, said.people, said.seals, said.registers, said.differences, only_residents=said.only_residents
    )
    failed: list[object] = []

    def done(result: object) -> None:
        if result is not None:
            failed.append(result)
        reactor.stop()

    # As the daemon does, or the bench's own threads and objects would keep the reactor.
    give_way_soon()
    keep_for_good()
    reactor.callWhenRunning(lambda: ensureDeferred(bench.run()).addBoth(done))
    reactor.run()
    if not said.folder:
        shutil.rmtree(folder, ignore_errors=True)
    if failed:
        sys.exit(str(failed[0]))


if __name__ == "__main__":
    main()
