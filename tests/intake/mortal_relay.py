"""One side of the line, which dies by kill -9 at a named point: ``python mortal_relay.py <json>``. Used by tests/support/relay_pair.py.

``side``: server (inbox and relay port, no issuance) or relay. ``point`` and ``times``: the so-manieth passing of that point is the last. Runs until SIGTERM.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import succeed
from twisted.logger import globalLogPublisher

from konbinid.domain.feeds import Feed
from konbinid.intake.clerk import FeedIntake
from konbinid.intake.downlink import Server
from konbinid.intake.inbox import Inbox, InboxSetting
from konbinid.intake.layout import load
from konbinid.intake.port import Port, PortSetting
from konbinid.intake.relay import Relay, RelaySetting
from konbinid.ops.door import Door
from konbinid.ops.events import JsonLines
from konbinid.ops.process import count_on_steady_time
from konbinid.ops.tls import MutualTls, TlsSettings
from konbinid.ops.tls_client import ClientTls


@dataclass
class StillLease:
    """Ours, or never ours."""

    epoch: int | None = 0


def passing_of(said: dict[str, Any]) -> Callable[[str], None]:
    """What happens at every point."""
    left = int(said.get("times", 1))

    def passing(point: str) -> None:
        nonlocal left
        if point == said.get("point"):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return passing


def folders(said: dict[str, Any]) -> dict[str, Path]:
    root = Path(said["folder"])
    return {
        name: root / (name if name != "folder" else "inbox")
        for name in ("folder", "outbox", "archive", "quarantine")
    }


def server(said: dict[str, Any]) -> list[Any]:
    passing, pki = passing_of(said), Path(said["pki"])
    layouts = {layout.feed: layout for layout in (load(Path(path)) for path in said["layouts"])}
    feeds = [
        FeedIntake(
            layout,
            removal_share=0.0 if feed is Feed.YOKUSHI else 0.05,
            removal_least_rows=0 if feed is Feed.YOKUSHI else 20,
        )
        for feed, layout in layouts.items()
    ]
    keys, dsn = Path(said["keys"]), said["dsn"]
    inbox_setting = InboxSetting(
        dsn=dsn, keys=keys, feeds=feeds, scan_seconds=float(said.get("scan_seconds", 0.5)), **folders(said)
    )
    lease: Any = StillLease(0 if said.get("lease", True) else None)
    inbox = Inbox(reactor, inbox_setting, lease, lambda: succeed(True), os.urandom, passing=passing)
    tls = MutualTls(
        TlsSettings(
            pki / "server.pem",
            pki / "server.key",
            pki / "relay_ca.pem",
            pki / "relay_crl.pem",
            said["clients"],
        ),
        now=lambda: datetime.now(UTC),
        seconds=time.monotonic,
        alert=print,
    )
    setting = PortSetting(
        municipality=said["city"], dsn=dsn, keys=keys, layouts=layouts, **said.get("limits", {})
    )
    port = Port(
        reactor,
        setting,
        tls.peer_name,
        attest=lambda: succeed(Path(said.get("attests", "/")).exists()),
        hint=inbox.look_soon,
        tell=told(said),
        passing=passing,
    )
    tls.stranger = port.stranger
    return [
        inbox,
        port,
        Door(reactor, "relay", ("127.0.0.1", said["port"]), tls.server_factory(port, reactor)),
    ]


def told(said: dict[str, Any]) -> Callable[..., None]:
    """Alerts go to a file, a line each."""

    def tell(severity: str, source: str, event: str, *, subject: str = "", text: str = "") -> None:
        with Path(said["alerts"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps([event, subject, text], ensure_ascii=False) + "\n")

    return tell


def relay(said: dict[str, Any]) -> list[Any]:
    pki = Path(said["pki"])
    own = said.get("certificate", "relay")
    tls = ClientTls(pki / f"{own}.pem", pki / f"{own}.key", pki / f"{said.get('server_ca', 'ca')}.pem")
    setting = RelaySetting(
        municipality=said["city"],
        name=said["name"],
        servers=[Server("127.0.0.1", port, said.get("server_name", "localhost")) for port in said["ports"]],
        scan_seconds=float(said.get("scan_seconds", 0.2)),
        busy_seconds=float(said.get("busy_seconds", 60.0)),
        **folders(said),
    )
    return [Relay(reactor, setting, lambda name: tls.options(name, datetime.now(UTC)), passing_of(said))]


def main() -> None:
    said = json.loads(sys.argv[1])
    count_on_steady_time(reactor)
    globalLogPublisher.addObserver(JsonLines(sys.stdout))
    if "most_file_bytes" in said:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (said["most_file_bytes"],) * 2)
    for service in server(said) if said["side"] == "server" else relay(said):
        reactor.callWhenRunning(service.startService)
        reactor.addSystemEventTrigger("before", "shutdown", service.stopService)
    reactor.callWhenRunning(Path(said["up"]).touch)
    reactor.run()


if __name__ == "__main__":
    main()
