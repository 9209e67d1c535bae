"""What makes a process of twistd one of ours: its log, its clock, and how threads and Python's collector treat the reactor."""
# mypy: disable-error-code=no-untyped-call
# (Twisted's services have no types)

from __future__ import annotations

import gc
import sys
import time
from typing import Any

from twisted.logger import ILogObserver
from twisted.python.logfile import LogFile

from konbinid.ops.events import JsonLines
from konbinid.ops.tree import Ordered

SWITCH_SECONDS = 0.0005


class Daemon(Ordered):
    """The root of all services. It brings the daemon's own log to the application that twistd makes around it."""

    def __init__(self, log_file: str) -> None:
        super().__init__()
        self._log_file = log_file

    def setServiceParent(self, parent: Any) -> None:  # noqa: N802 - Twisted's name
        """Twistd asks the application for its log observer after this."""
        super().setServiceParent(parent)
        stream = LogFile.fromFullPath(self._log_file) if self._log_file not in {"", "-"} else sys.stdout
        parent.setComponent(ILogObserver, JsonLines(stream))


def count_on_steady_time(reactor: Any) -> None:
    """Let the reactor's timers run on the monotonic clock: Twisted takes the wall clock, and one that is set back would stretch every deadline.

    Must come before the first timer.
    """
    reactor.seconds = time.monotonic


def give_way_soon() -> None:
    """How long a thread keeps Python to itself while the reactor's waits.

    The reactor's gives way at every system call, and then waits so long for a thread of intake that is in the middle of Python. Python's own 5 ms come
    back many times in an issuance (measured: bench/beside.py).
    """
    sys.setswitchinterval(SWITCH_SECONDS)


def keep_for_good() -> None:
    """Take what was made at the start, fonts above all, out of what Python's collector of cycles goes through again and again: that kept the
    reactor for 30 to 40 ms each time (measured: 92,000 objects)."""
    gc.collect()
    gc.freeze()
