"""The relay's drill: two processes in two folders, killed at every named point or their line cut, and it ends as the inbox's undisturbed run.

Not collected by itself, it takes some minutes: `make drill-relay`, which prints a line for each fault (tests/support/drill_table.py). Files of every
feed, with pictures, PDFs and a font; a sample of it is tests/intake/test_relay_kills.py.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fault_town import differences, drop, snapshot, start, until_done, wipe
from relay_pair import Pair

FILES, WAITING = 13, 1
RELAY_POINTS = [
    ("measured", 2),
    ("block", 1),
    ("attached", 1),
    ("sent", 3),
    ("finished", 4),
    ("answered", 2),
    ("attachments_filed", 2),
    ("data_filed", 2),
    ("filed", 3),
]
SERVER_POINTS = [
    ("offered", 3),
    ("part", 2),
    ("named", 1),
    ("stored", 2),
    ("staged", 2),
    ("prepared", 2),
    ("settling", 3),
    ("settled", 3),
]
CUTS = (
    3_000,
    6_000,
    12_000,
    20_000,
    30_000,
)  # bytes from the relay; the first one or two go into the handshake

Round = Callable[[Pair, str, int], None]


def relay_killed(pair: Pair, point: str, times: int) -> None:
    """By -9 at a point; another is started on its folders."""
    pair.server()
    relay = pair.relay(point=point, times=times)
    pair.wait(lambda: relay.process.poll() is not None)
    assert relay.process.returncode == -signal.SIGKILL, point
    pair.relay()


def server_killed(pair: Pair, point: str, times: int) -> None:
    """The same with the server; the relay calls until there is one."""
    server = pair.server(point=point, times=times)
    pair.relay()
    pair.wait(lambda: server.process.poll() is not None)
    assert server.process.returncode == -signal.SIGKILL, point
    pair.server()


def line_cut(pair: Pair, _: str, size: int) -> None:
    """After so many bytes, in both directions."""
    line = pair.line()
    line.cut_after = size
    pair.server()
    pair.relay(ports=[line.port])
    pair.wait(lambda: line.cuts)


ROUNDS: dict[str, tuple[Round, list[tuple[str, int]]]] = {
    "relay killed": (relay_killed, RELAY_POINTS),
    "server killed": (server_killed, SERVER_POINTS),
    "line cut": (line_cut, [(f"after {size}", size) for size in CUTS]),
}


@pytest.fixture
def pair(hall: Any) -> Iterator[Pair]:
    made = Pair(hall)
    yield made
    made.end()


@pytest.mark.parametrize("fault", ROUNDS)
def test_it_ends_as_undisturbed(request, pair, hall, rows, tmp_path, fault):  # noqa: PLR0917  # fixtures
    """Tables, receipts, archive and quarantine are those of the daemon's own inbox with the same files."""
    assert drop(hall, rows) == FILES
    kept = tmp_path / "dropped"
    shutil.copytree(hall.inbox, kept)
    daemon = start(hall)
    assert until_done(hall, FILES, daemon)
    daemon.stop()
    expected = snapshot(hall)
    disturb, points = ROUNDS[fault]
    told = [{"cell": ("all", fault, point), "differs": "not finished"} for point, _ in points]
    request.node.user_properties.extend(("drilled", each) for each in told)
    for (point, times), cell in zip(points, told, strict=True):
        again(hall, kept)
        disturb(pair, point, times)
        finish(pair)
        for side in pair.sides:
            if side.process.poll() is None:
                side.stop()
        cell["differs"] = differences(expected, snapshot(hall))
    assert not any(cell["differs"] for cell in told)


def again(hall: Any, kept: Path) -> None:
    hall.run("delete from intake.transfer")
    wipe(hall)
    shutil.copytree(kept, hall.inbox, dirs_exist_ok=True)


def finish(pair: Pair) -> None:
    """Only the file that waits for another is left, and no receipt is under way."""
    hall = pair.hall
    open_transfers = "select count(*) from intake.transfer t left join intake.incoming i on i.id = t.incoming_id where i.state is distinct from 'waiting'"

    def done() -> bool:
        stored = len(hall.run("select name from intake.incoming")) == FILES
        return (
            stored and len(list(hall.inbox.iterdir())) == 2 * WAITING and hall.run(open_transfers) == [(0,)]
        )

    pair.wait(done, 90)
