"""What a city's 外字 cost: taking in a font of 6,400, the first paper after it came into force, and papers after it.

    .venv/bin/python bench/gaiji.py [--characters 6400]

Starts a private PostgreSQL (as the tests do, without fsync). The fonts are drawn like the demo's, every character another shape. Milliseconds of CPU of this process and wall
milliseconds; the longest turn is the CPU that the reactor was kept for between two ticks of a timer.
"""

from __future__ import annotations

import argparse
import itertools
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import cases
import town
from gaiji_news import bring
from gaiji_samples import eudc
from private_database import Database, make_database, start_server
from twisted.internet import reactor
from twisted.internet.defer import ensureDeferred
from twisted.internet.task import LoopingCall
from twisted.internet.threads import deferToThread

from konbinid.domain.request import Issued
from konbinid.issue.desk import Desk
from konbinid.paper.gaiji import checked_font, opened_font
from konbinid.store.keyring import Keyring

_CODES = (*range(0xE000, 0xF900), *range(0xF0000, 0xFFFFE))
_TICK = 0.002


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """(CPU, wall) milliseconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return (time.process_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3


def show(name: str, figures: tuple[float, float], more: str = "") -> None:
    print(f"{name:52}{figures[0]:9.1f}{figures[1]:9.1f}  {more}")


def fonts(characters: str) -> None:
    """Both looks at a font: the reading child's, and the desk's."""
    data = eudc(dict(zip(characters, itertools.cycle(range(1, 41)), strict=False)))
    checked = checked_font(data)
    show(
        "check by sanitizer and reader (reading child)",
        timed(lambda: checked_font(data)),
        f"{len(data):,} bytes",
    )
    show(
        "shapes and hashes of all (reading child)",
        timed(lambda: [checked.shape_hash(char) for char in characters]),
    )
    show("open for printing (reactor)", timed(lambda: opened_font(data, characters)))


class Turns:
    """The reactor's longest turn since it was asked last."""

    def __init__(self) -> None:
        self._last = time.process_time()
        self._longest = 0.0
        self.loop = LoopingCall(self._tick)
        self.loop.start(_TICK)

    def _tick(self) -> None:
        now = time.process_time()
        self._longest = max(self._longest, now - self._last)
        self._last = now

    def longest(self) -> float:
        """Milliseconds of CPU since this was asked last."""
        found, self._longest = self._longest * 1e3, 0.0
        return found


async def papers(desk: Desk, database: Database, characters: str) -> None:
    """The first paper of a version, and those after it."""
    turns = Turns()

    async def issue() -> tuple[float, float]:
        cpu, wall = time.process_time(), time.perf_counter()
        answer = await desk.issue(town.issue_request(transaction_id=secrets.token_hex(8)))
        assert isinstance(answer, Issued), answer
        return (time.process_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3

    for version in range(1, 4):
        variants = dict(zip(characters, itertools.cycle(range(version, version + 37)), strict=False))
        await deferToThread(bring, database, variants, str(version))
        turns.longest()
        show(f"version {version}: the first paper", await issue(), f"longest turn {turns.longest():.1f} ms")
        later = [await issue() for _ in range(50)]
        mean = tuple(sum(column) / len(later) for column in zip(*later, strict=True))
        show(
            f"version {version}: papers after it",
            (mean[0], mean[1]),
            f"longest turn {turns.longest():.1f} ms",
        )
    turns.loop.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--characters", type=int, default=6400)
    arguments = parser.parse_args()
    characters = "".join(map(chr, _CODES[: arguments.characters]))
    print(f"{'':52}{'CPU ms':>9}{'wall ms':>9}")
    fonts(characters)
    folder = Path(tempfile.mkdtemp(prefix="kb-"))
    server = start_server(Path(tempfile.gettempdir()) / f"kb-pg-{secrets.token_hex(3)}")
    Keyring.create(folder / "keys")
    database = make_database(server)
    a_town = town.Town(database, folder / "keys")
    a_town.settle(*(replace(person, name=f"{characters[0]}田　一") for person in cases.family()))
    pool = town.make_pool(database)
    desk = town.make_desk(pool, a_town.keyring)

    def finished(failure: object) -> None:
        if failure is not None:
            print(failure)
        pool.stop()
        reactor.stop()

    reactor.callWhenRunning(lambda: ensureDeferred(papers(desk, database, characters)).addBoth(finished))
    reactor.run()
    server.stop()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
