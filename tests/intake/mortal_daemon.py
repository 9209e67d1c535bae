"""A daemon that is only an inbox, and dies by kill -9 at a named point: ``python mortal_daemon.py <json>``. Used by test_kill.py and the bench.

Runs until SIGTERM. ``point`` and ``times`` say where to die: the so-manieth time that the point is passed.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from twisted.internet import reactor

from konbinid.intake.clerk import FeedIntake
from konbinid.intake.inbox import Inbox, InboxSetting
from konbinid.intake.layout import load
from konbinid.intake.steps import Point


@dataclass
class Lease:
    """Always ours."""

    epoch: int = 0


def main() -> None:
    said = json.loads(sys.argv[1])
    left = int(said.get("times", 1))

    def passing(point: Point) -> None:
        nonlocal left
        if point == said.get("point"):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

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
    inbox = Inbox(reactor, setting, Lease(), os.urandom, passing)
    reactor.callWhenRunning(inbox.startService)
    reactor.addSystemEventTrigger("before", "shutdown", inbox.stopService)
    reactor.run()


if __name__ == "__main__":
    main()
