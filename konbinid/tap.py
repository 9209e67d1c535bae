"""From ``twistd konbinid --config FILE`` to the running daemon: options, start-up steps, services, log."""
# mypy: disable-error-code=no-untyped-call
# (Twisted's services have no types)

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from twisted.python import usage

from konbinid.assembly import Means, assemble
from konbinid.config import load
from konbinid.declared.document import FileRefused
from konbinid.ops.events import silence_other_loggers
from konbinid.ops.process import Daemon, count_on_steady_time, give_way_soon, keep_for_good
from konbinid.ops.startup import StartRefused
from konbinid.preparation import Clocks

if TYPE_CHECKING:
    from twisted.application.service import IService


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


def makeService(options: Options) -> IService:  # noqa: N802 - Twisted's name
    """All start-up steps, then the services. A refusal ends the process with a sentence and exit status 1; nothing listens by then."""
    from twisted.internet import reactor  # noqa: PLC0415 - only now: importing it installs one

    count_on_steady_time(reactor)
    give_way_soon()
    silence_other_loggers()
    clocks = Clocks(now=lambda: datetime.now(UTC), seconds=time.monotonic, sleep=time.sleep)
    daemon = Daemon((getattr(options, "parent", None) or {}).get("logfile") or "")
    try:
        config = load(Path(options["config"]))
        assemble(daemon, config, Means.make(config, reactor, clocks))
    except (FileRefused, StartRefused) as refusal:
        raise SystemExit(f"konbinid does not start.\n{refusal}") from None
    keep_for_good()
    return daemon
