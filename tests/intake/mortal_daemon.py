"""A daemon that is only an inbox, and dies by kill -9 at a named point, or is held there: ``python mortal_daemon.py <json>``.

Runs until SIGTERM. ``point`` and ``times`` say where: the so-manieth time that the point is passed. With a ``gate`` (a folder) it waits there: it
writes ``reached`` and goes on when there is a file ``go``, whose number is added to its wall clock. Used by tests/support/fault_town.py.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import succeed

from konbinid.intake.clerk import FeedIntake
from konbinid.intake.inbox import Inbox, InboxSetting
from konbinid.intake.layout import load
from konbinid.intake.steps import Point
from konbinid.ops.lease import Lease
from konbinid.ops.process import count_on_steady_time


@dataclass
class StillLease:
    """Always ours."""

    epoch: int = 0


def passing_of(said: dict[str, Any]) -> Callable[[Point], None]:
    """What happens at every point."""
    left = int(said.get("times", 1))

    def passing(point: Point) -> None:
        nonlocal left
        if point == said.get("point"):
            left -= 1
            if left == 0:
                stand_at(Path(said["gate"])) if "gate" in said else os.kill(os.getpid(), signal.SIGKILL)

    return passing


def stand_at(gate: Path) -> None:
    """Wait at the gate."""
    (gate / "reached").touch()
    while not (gate / "go").exists():
        time.sleep(0.01)
    jump, wall = float((gate / "go").read_text()), time.time  # noqa: TID251  # the fault itself
    time.time = lambda: wall() + jump  # noqa: TID251


def main() -> None:
    said = json.loads(sys.argv[1])
    count_on_steady_time(reactor)
    feeds = [
        FeedIntake(
            load(Path(path)),
            removal_share=0.0 if "yokushi" in path else 0.05,
            removal_least_rows=0 if "yokushi" in path else 20,
        )
        for path in said["layouts"]
    ]
    folder = Path(said["folder"])
    setting = InboxSetting(
        folder=folder / "inbox",
        outbox=folder / "outbox",
        archive=folder / "archive",
        quarantine=folder / "quarantine",
        dsn=said["dsn"],
        keys=Path(said["keys"]),
        feeds=feeds,
        scan_seconds=float(said.get("scan_seconds", 0.1)),
    )
    lease: Any = StillLease()
    if "lease" in said:
        lease = Lease(reactor, [said["lease"]], holder=str(os.getpid()), clock=time.monotonic)
        reactor.callWhenRunning(lease.startService)
        reactor.addSystemEventTrigger("before", "shutdown", lease.stopService)
    inbox = Inbox(reactor, setting, lease, lambda: succeed(True), os.urandom, passing=passing_of(said))
    reactor.callWhenRunning(inbox.startService)
    reactor.addSystemEventTrigger("before", "shutdown", inbox.stopService)
    # Who has the reactor's handlers ends in good order at SIGTERM.
    reactor.callWhenRunning(Path(said["up"]).touch)
    reactor.run()


if __name__ == "__main__":
    main()
