"""A city with a relay: the real `twistd konbinid` and `twistd konbinid-relay` as two processes in two folders, and a line between them that can be cut."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from private_database import Database
from running_daemon import Child, approve, daemon, free_port, make_city

from konbinid.simulator.relay_pki import make_relay_pki

CITY = "272060"
RELAY = "hall"
PROGRAM = Path(__file__).parents[1] / "intake" / "mortal_relay.py"
_FOLDERS = ("inbox", "outbox", "archive", "quarantine")


class Line:
    """A TCP proxy in front of a port: counts what goes up, and is cut when told, or after so many bytes."""

    def __init__(self, port: int) -> None:
        self._to = port
        self.up = 0
        self.cut_after: int | None = None
        self.cuts = 0
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._to), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            pair = (near, far)
            with self._lock:
                self._pairs.add(pair)
            for one, other, is_up in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._pass, args=(one, other, pair, is_up), daemon=True).start()

    def _pass(self, one: socket.socket, other: socket.socket, pair: Any, is_up: bool) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                if is_up:
                    self.up += len(data)
                    if self.cut_after is not None and self.up >= self.cut_after:
                        self.cut_after = None
                        self.cuts += 1
                        break
                other.sendall(data)
        self._end(pair)

    def _end(self, pair: tuple[socket.socket, socket.socket]) -> None:
        with self._lock:
            self._pairs.discard(pair)
        for each in pair:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def cut(self) -> None:
        """Every connection that stands."""
        self.cuts += 1
        for pair in tuple(self._pairs):
            self._end(pair)

    def close(self) -> None:
        """No more connections."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.cut()


@dataclass
class RelayTown:
    """``server`` is the configuration of the daemon, ``hall`` the relay's folder."""

    database: Database
    server: Path
    hall: Path
    port: int
    lines: list[Line] = field(default_factory=list)

    def line(self) -> Line:
        """A line to the server's relay port."""
        self.lines.append(Line(self.port))
        return self.lines[-1]

    def configure(self, *ports: int, certificate: str = "relay", city: str = CITY, name: str = RELAY) -> Path:
        """The relay's configuration, calling these ports."""
        pki = self.server.parent / "pki"
        servers = "".join(
            f'[[server]]\naddress = "127.0.0.1"\nport = {port}\nname = "localhost"\n' for port in ports
        )
        path = self.hall / "relay.toml"
        path.write_text(
            f"""
[relay]
municipality = "{city}"
name = "{name}"
{servers}
[tls]
certificate = "{pki}/{certificate}.pem"
key = "{pki}/{certificate}.key"
server_ca = "{pki}/ca.pem"
[inbox]
folder = "inbox"
outbox = "outbox"
archive = "archive"
quarantine = "quarantine"
scan_seconds = 0.3
""",
            encoding="utf-8",
        )
        return path

    def run(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """As the owner of the database."""
        return self.database.run(statement, parameters)

    def states(self) -> dict[str, str]:
        """State by name of what is stored."""
        return dict(self.run("select name, state from intake.incoming"))

    def receipts(self) -> dict[str, str]:
        """Text by name of what lies in the core systems' folder."""
        return {
            each.name: each.read_text(encoding="utf-8")
            for each in (self.hall / "outbox").iterdir()
            if not each.name.startswith(".")
        }

    def left(self) -> list[str]:
        """What lies in the drop folder."""
        return sorted(each.name for each in (self.hall / "inbox").iterdir())

    def filed(self, folder: str) -> list[str]:
        """Files below the archive or the quarantine."""
        root = self.hall / folder
        return sorted(str(each.relative_to(root)) for each in root.rglob("*") if each.is_file())

    def alerts(self, source: str = "relay") -> list[tuple[str, str, str]]:
        """(event, subject, text) in order."""
        statement = "select event, subject, coalesce(detail ->> 'text', '') from ops.alert where source = %s order by id"
        return self.run(statement, source)

    def wait(self, came: Callable[[], Any], *children: Child, seconds: float = 40) -> Any:
        """Until something is so; its value."""
        deadline = time.monotonic() + seconds
        while not (found := came()):
            for child in children:
                assert child.process.poll() is None, child.text()
            assert time.monotonic() < deadline, "\n".join(
                [
                    str(self.states()),
                    str(self.left()),
                    str(self.alerts()),
                    *(child.text()[-6000:] for child in children),
                ]
            )
            time.sleep(0.03)
        return found


def make_town(
    folder: Path, database: Database, *, relays: tuple[str, ...] = (RELAY,), extra: str = ""
) -> RelayTown:
    """Everything for both sides; nothing runs yet."""
    port = free_port()
    city = folder / "city"
    city.mkdir()
    (city / "pki").mkdir()
    make_relay_pki(city / "pki", CITY, RELAY, dt.datetime.now(dt.UTC))
    clients = "".join(f'[[relay.client]]\nname = "{each}"\n' for each in relays)
    server = make_city(
        city,
        database,
        extra=f"""
[relay]
address = "127.0.0.1"
port = {port}
certificate = "pki/server.pem"
key = "pki/server.key"
client_ca = "pki/relay_ca.pem"
crl = "pki/relay_crl.pem"
{extra}
{clients}
""",
    )
    hall = folder / "hall"
    for name in _FOLDERS:
        (hall / name).mkdir(parents=True)
    return RelayTown(database, server, hall, port)


@contextlib.contextmanager
def serving(town: RelayTown, config: Path | None = None) -> Iterator[Child]:
    """The approved daemon, its relay port open."""
    approve(config or town.server)
    with daemon(config or town.server) as child:
        town.wait(
            lambda: any(each["data"]["door"] == "relay" for each in child.events("startup.listening")), child
        )
        yield child


class RelayChild(Child):
    """A started relay."""

    def __init__(self, config: Path, environment: dict[str, str] | None = None) -> None:
        self.log_file = config.parent / "relay.log"
        twistd = Path(sys.executable).with_name("twistd")
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [str(twistd), "--nodaemon", "--pidfile=", "konbinid-relay", "--config", str(config)],
                cwd=config.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(environment or {})},
            )


@contextlib.contextmanager
def relaying(config: Path, environment: dict[str, str] | None = None) -> Iterator[RelayChild]:
    """A relay for the length of a block."""
    child = RelayChild(config, environment)
    try:
        yield child
    finally:
        if child.process.poll() is None:
            child.process.send_signal(signal.SIGCONT)
            child.process.kill()
            child.process.wait()
