"""From ``twistd konbinid-relay --config FILE`` to the running relay."""
# mypy: disable-error-code=no-untyped-call
# (Twisted's services have no types)

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from twisted.application.internet import TimerService
from twisted.python import usage

from konbinid.declared.document import FileRefused
from konbinid.intake.drop import FoldersRefused
from konbinid.intake.relay import Relay
from konbinid.ops.events import silence_other_loggers
from konbinid.ops.process import Daemon, count_on_steady_time
from konbinid.ops.sdnotify import notify, watchdog_seconds
from konbinid.ops.tls_files import TlsRefused
from konbinid.ops.tree import Steered
from konbinid.relay_config import load

if TYPE_CHECKING:
    from twisted.application.service import IService


class Options(usage.Options):
    """The options of ``twistd konbinid-relay``."""

    synopsis = "--config FILE"
    optParameters = [  # noqa: RUF012, N815 - Twisted's way of declaring options
        ["config", "c", None, "The configuration file; config/relay.toml in the repository explains it."]
    ]

    def postOptions(self) -> None:  # noqa: N802 - Twisted's name
        """The configuration must be named."""
        if not self["config"]:
            raise usage.UsageError("Name the configuration with --config FILE.")


def makeService(options: Options) -> IService:  # noqa: N802 - Twisted's name
    """Look at everything that can be looked at, then the relay. A refusal ends the process with a sentence and exit status 1."""
    from twisted.internet import reactor  # noqa: PLC0415 - only now: importing it installs one

    count_on_steady_time(reactor)
    silence_other_loggers()
    daemon = Daemon((getattr(options, "parent", None) or {}).get("logfile") or "")
    try:
        config = load(Path(options["config"]))
        for server in config.servers:
            config.tls.options(server.name, datetime.now(UTC))
        relay = Relay(reactor, config.setting(), lambda name: config.tls.options(name, datetime.now(UTC)))
        relay.require_folders()
    except (FileRefused, FoldersRefused, TlsRefused) as refusal:
        raise SystemExit(f"konbinid-relay does not start.\n{refusal}") from None
    relay.setServiceParent(daemon)
    Steered(partial(_tell, "READY=1"), partial(_tell, "STOPPING=1")).setServiceParent(daemon)
    every = watchdog_seconds()
    if every is not None:
        # It says that the reactor lives; whether the line stands, the server tells people.
        TimerService(every / 3, notify, "WATCHDOG=1").setServiceParent(daemon)
    return daemon


def _tell(message: str) -> None:
    notify(message)
