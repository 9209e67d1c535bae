"""From ``twistd konbinid --config FILE`` to the running daemon: options, start-up steps, services, log."""
# mypy: disable-error-code=no-untyped-call
# (Twisted's services have no types)

from __future__ import annotations

import gc
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.logger import ILogObserver
from twisted.python import usage
from twisted.python.logfile import LogFile

from konbinid.assembly import Means, assemble
from konbinid.config import load
from konbinid.declared.document import FileRefused
from konbinid.ops.events import JsonLines, silence_other_loggers
from konbinid.ops.startup import StartRefused
from konbinid.ops.tree import Ordered
from konbinid.preparation import Clocks

if TYPE_CHECKING:
    from twisted.application.service import IService


SWITCH_SECONDS = 0.0005
"""How long a thread keeps Python to itself while the reactor's waits (sys.setswitchinterval)."""


class Options(usage.Options):
    """The options of ``twistd konbinid``."""

    synopsis = "--config FILE"
    optParameters = [  # noqa: RUF012, N815 - Twisted's way of declaring options
        ["config", "c", None, "The configuration file; config/konbinid.toml in the repository explains it."]
    ]

    def postOptions(self) -> None:  # noqa: N802 - Twisted's name
        """The configuration must be named."""
        if not self["config"]:
            raise usage.UsageError("Name the configuration with --config FILE.")


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


def makeService(options: Options) -> IService:  # noqa: N802 - Twisted's name
    """All start-up steps, then the services. A refusal ends the process with a sentence and exit status 1; nothing listens by then."""
    from twisted.internet import reactor  # noqa: PLC0415 - only now: importing it installs one

    count_on_steady_time(reactor)
    # The reactor's thread gives way at every system call, and then waits so long for a thread of intake that is in the middle of Python.
    # Python's own 5 ms come back many times in an issuance (measured: bench/beside.py).
    sys.setswitchinterval(SWITCH_SECONDS)
    silence_other_loggers()
    clocks = Clocks(now=lambda: datetime.now(UTC), seconds=time.monotonic, sleep=time.sleep)
    daemon = Daemon((getattr(options, "parent", None) or {}).get("logfile") or "")
    try:
        config = load(Path(options["config"]))
        assemble(daemon, config, Means.make(config, reactor, clocks))
    except (FileRefused, StartRefused) as refusal:
        raise SystemExit(f"konbinid does not start.\n{refusal}") from None
    _keep_for_good()
    return daemon


def _keep_for_good() -> None:
    """Take what was made at the start, fonts above all, out of what Python's collector of cycles goes through again and again: that kept the
    reactor for 30 to 40 ms each time (measured: 92,000 objects)."""
    gc.collect()
    gc.freeze()
