"""How long a look for characters without a glyph takes, and whether the reactor feels it: the real child over a city of invented residents.

    .venv/bin/python bench/glyphs.py [--people 1000000] [--years 1]

Starts a private PostgreSQL (as the tests do, without fsync), multiplies an invented child by SQL (names of changing characters, one address in fifty with a sequence, so
that the slow path is taken too; a tax record a year), and runs the child as the daemon does. Printed: wall and CPU seconds of the child, its greatest memory, and the longest
turn of a reactor that does nothing else meanwhile (a call every 5 ms), beside the same without a look.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from glyph_town import DIGEST, setting, settle
from kept_things import Lease
from private_database import make_database, start_server
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall, deferLater

from konbinid.ops.glyph_watch import GlyphWatch
from konbinid.store.glyph_look import read_look
from konbinid.store.keyring import Keyring
from konbinid.store.pool import Pool

_OWN = (
    "atena_number",
    "household_number",
    "name",
    "address",
    "individual_number_sealed",
    "individual_number_digest",
    "resident_code_digest",
)
_OTHERS = """
select string_agg(column_name, ', ') from information_schema.columns
 where table_schema = 'people' and table_name = 'person' and column_name <> all(%s)
"""
_MULTIPLY = """
insert into people.person (atena_number, household_number, name, address, {others})
select to_char(1000000 + n, 'FM0000000000'), to_char(n / 3, 'FM0000000000'), chr(19968 + n %% 20000) || '田　' || chr(19968 + n %% 7001),
       case when n %% 50 = 0 then '見本市葛' || chr(917762) || '町' else '見本市見本町' end || n %% 3000 || '番地', {others}
  from people.person, generate_series(1, %s) n where atena_number = '0000000003'
"""
_TAX = """
insert into people.tax ({columns}) select {values} from people.person where atena_number > '0000999999'
"""
_NEEDED = """
select column_name, data_type from information_schema.columns
 where table_schema = 'people' and table_name = 'tax' and is_nullable = 'NO' and column_default is null
"""


class Turns:
    """The reactor's longest turn since it was last asked, in ms: its CPU, and the wall time, in which others on the machine had their share."""

    def __init__(self) -> None:
        self._last, self._worst = self._now(), (0.0, 0.0)
        LoopingCall(self._tick).start(0.005)

    @staticmethod
    def _now() -> tuple[float, float]:
        return time.process_time() * 1000, time.perf_counter() * 1000

    def _tick(self) -> None:
        now = self._now()
        cpu, wall = (after - before for after, before in zip(now, self._last, strict=True))
        self._last, self._worst = now, (max(self._worst[0], cpu), max(self._worst[1], wall))

    def longest(self) -> str:
        """As it is printed."""
        (cpu, wall), self._worst = self._worst, (0.0, 0.0)
        return f"{cpu:.1f} ms CPU ({wall:.1f} ms wall)"


def used(pid: int) -> tuple[float, int]:
    """CPU seconds and greatest memory (MB) of a process that runs."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text()
    most = int(status.partition("VmHWM:")[2].split()[0]) if "VmHWM:" in status else 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), most // 1024


def fill(database, people: int, years: int) -> None:
    others = database.run(_OTHERS, (list(_OWN),))[0][0]
    database.run(_MULTIPLY.format(others=others), (people,))
    needed = {name: "false" if kind == "boolean" else "1" for name, kind in database.run(_NEEDED)}
    for year in range(2026, 2026 - years, -1):
        values = needed | {
            "year": str(year),
            "atena_number": "atena_number",
            "address": "address",
            "name": "''",
        }
        database.run(_TAX.format(columns=", ".join(values), values=", ".join(values.values())))


async def measure(folder: Path, people: int, years: int) -> None:
    server = start_server(folder / "pg")
    try:
        database = make_database(server)
        Keyring.create(folder / "keys")
        settle(database, folder / "keys")
        fill(database, people, years)
        pool = Pool(reactor, [database.dsn("office")], role="office", size=1)
        pool.start()
        watch = GlyphWatch(reactor, pool, Lease(), setting(database), print)
        watch.startService()
        turns = Turns()
        await deferLater(reactor, 5)
        quiet, begun = turns.longest(), time.perf_counter()
        looking = Deferred.fromCoroutine(watch.round())
        cpu, memory = 0.0, 0
        while not looking.called:
            await deferLater(reactor, 0.05)
            child = watch._child  # noqa: SLF001  # the child is nobody else's business
            if child is not None and child.transport.pid:
                cpu, memory = used(child.transport.pid)
        wall, busy = time.perf_counter() - begun, turns.longest()
        kept = await pool.transaction(lambda tx: read_look(tx, DIGEST), deadline=reactor.seconds() + 10)
        assert kept is not None
        each = f"{wall:.1f} s wall, {cpu:.1f} s CPU of the child, {memory} MB"
        print(f"{kept.people:,} people, {years} years: {each}; {kept.people / wall:,.0f} people/s")
        print(f"the reactor's longest turn: {quiet} when quiet, {busy} during the look")
        await watch.stopService()
        pool.stop()
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--years", type=int, default=1)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="konbinid-bench-"))
    folder.chmod(0o755)

    def ended(result: object) -> None:
        print(result or "", end="")
        reactor.stop()

    reactor.callWhenRunning(
        lambda: Deferred.fromCoroutine(measure(folder, options.people, options.years)).addBoth(ended)
    )
    try:
        reactor.run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
