"""Removes what is over, and dies by kill -9 after the so-manieth portion: ``python mortal_retention.py <json>``. Used by test_retention.py."""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from konbinid.intake.archive import clear_archive
from konbinid.ops.retention import Retention, RetentionSetting
from konbinid.store.retention import Terms


class Lease:
    """Always ours."""

    epoch = 0


class InThisThread:
    """A reactor of which only the way back from a thread is used."""

    @staticmethod
    def callFromThread(work, *values):  # Twisted's name
        work(*values)


def main() -> None:
    said = json.loads(sys.argv[1])
    left = said["portions"]

    def passing(_: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    setting = RetentionSetting(
        host="host-a",
        terms=Terms(*(timedelta(days=days) for days in said["terms"])),
        ops=[said["ops"]],
        intake=[said["intake"]],
        now=lambda: datetime.now(UTC),
        sweep=partial(clear_archive, Path(said["archive"])),
        passing=passing,
    )
    work = Retention(InThisThread, setting, Lease(), lambda *_, **__: None)
    work.running = True
    work.work()


if __name__ == "__main__":
    main()
