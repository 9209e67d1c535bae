"""A relay and a server that may die at named points, on the folders of tests/intake's ``hall``: the relay's are the hall's, the server has its own."""

from __future__ import annotations

import datetime as dt
import json
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from relay_town import CITY, RELAY, Line
from running_daemon import free_port

from konbinid.simulator.pki import make_pki
from konbinid.simulator.relay_pki import make_relay_pki

PROGRAM = Path(__file__).parents[1] / "intake" / "mortal_relay.py"


@dataclass
class Side:
    """One process."""

    process: subprocess.Popen[bytes]
    log: Path
    up: Path

    def text(self) -> str:
        """Everything it wrote."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def events(self, name: str) -> list[dict]:
        """The log's lines of one event."""
        lines = [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == name]

    def kill(self) -> None:
        """By -9."""
        self.process.kill()
        self.process.wait(30)

    def stop(self) -> None:
        """In good order."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, self.text()


@dataclass
class Pair:
    """Both sides of a hall."""

    hall: Any
    sides: list[Side] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        now = dt.datetime.now(dt.UTC)
        self.pki = self.hall.folder / "pki"
        make_pki(self.pki, now)
        make_relay_pki(self.pki, CITY, RELAY, now)
        self.city = self.hall.folder / "city"
        for name in ("inbox", "outbox", "archive", "quarantine"):
            (self.city / name).mkdir(parents=True)
        self.port = free_port()
        self.told = self.hall.folder / "alerts"

    def _start(self, said: dict[str, Any]) -> Side:
        up = self.hall.folder / f"up-{secrets.token_hex(4)}"
        log = self.hall.folder / f"{said['side']}-{len(self.sides)}.log"
        given = {"up": str(up), "pki": str(self.pki), "city": CITY, **said}
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, str(PROGRAM), json.dumps(given)], stdout=out, stderr=out
            )
        self.sides.append(Side(process, log, up))
        return self.sides[-1]

    def server(self, **more: Any) -> Side:
        """The server's side, listening."""
        side = self._start(
            {
                "side": "server",
                "folder": str(self.city),
                "dsn": self.hall.database.dsn("intake"),
                "keys": str(self.hall.keys),
                "layouts": [str(intake.layout.path) for intake in self.hall.feeds.values()],
                "clients": {f"urn:konbinid:relay:{CITY}:{RELAY}": RELAY},
                "port": self.port,
                "alerts": str(self.told),
                **more,
            }
        )
        self.wait(lambda: side.up.exists() or side.process.poll() is not None)
        return side

    def relay(self, **more: Any) -> Side:
        """The relay's side, on the hall's folders."""
        return self._start(
            {"side": "relay", "folder": str(self.hall.folder), "name": RELAY, "ports": [self.port], **more}
        )

    def line(self) -> Line:
        """A line to the server that can be cut."""
        self.lines.append(Line(self.port))
        return self.lines[-1]

    def alerts(self) -> list[list[str]]:
        """[event, subject, text] of what the server told people."""
        if not self.told.exists():
            return []
        return [json.loads(line) for line in self.told.read_text(encoding="utf-8").splitlines()]

    def wait(self, came: Callable[[], Any], seconds: float = 40) -> Any:
        """Until something is so; its value."""
        deadline = time.monotonic() + seconds
        while not (found := came()):
            assert time.monotonic() < deadline, "\n".join(
                [
                    *(
                        f"{side.log.name}: {side.process.poll()}\n{side.text()[-4000:]}"
                        for side in self.sides[-4:]
                    ),
                    str(self.alerts()),
                ]
            )
            time.sleep(0.02)
        return found

    def settle(self, names: list[str]) -> None:
        """Until every one of these files has its receipt and has left the folder."""
        self.wait(
            lambda: all(self.hall.receipt(name) and not (self.hall.inbox / name).exists() for name in names)
        )
        self.wait(
            lambda: (
                self.hall.run("select count(*) from intake.transfer where incoming_id is not null") == [(0,)]
            )
        )

    def end(self) -> None:
        """However they stand."""
        for side in self.sides:
            if side.process.poll() is None:
                side.kill()
        for line in self.lines:
            line.close()
