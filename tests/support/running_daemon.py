"""The real `twistd konbinid` as a child process, on a city made for the test."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from private_database import Database

from konbinid.cli.check_config import clocks_now
from konbinid.cli.library_file import read_library_file
from konbinid.config import load
from konbinid.preparation import prepare
from konbinid.simulator.pki import CENTER_NAME, make_pki
from konbinid.store.direct import session
from konbinid.store.keyring import Keyring
from konbinid.store.library_write import import_entries
from konbinid.store.status import approve_fingerprint

ROOT = Path(__file__).parents[2]
START_SECONDS = 30


def make_city(folder: Path, database: Database, *, extra: str = "") -> Path:
    """Everything a daemon needs in `folder`, with the demo city's library imported; returns the configuration's path.

    extra: more lines for the end of the file.
    """
    make_pki(folder / "pki", dt.datetime.now(dt.UTC))
    Keyring.create(folder / "keys")
    for name in ("inbox", "outbox", "archive", "quarantine"):
        (folder / "spool" / name).mkdir(parents=True)
    (folder / "state").mkdir()
    path = folder / "konbinid.toml"
    path.write_text(_text(database) + extra, encoding="utf-8")
    database_section = load(path).database
    entries = read_library_file(ROOT / "config" / "demo" / "library.toml")
    with session(database_section.dsns(database_section.roles["office"]), "test") as made:
        import_entries(made, entries, entered_by="a", approved_by="b", source="library.toml")
    return path


def approve(config: Path) -> None:
    """Approve the fingerprint of this checkout with this configuration."""
    loaded = load(config)
    own = prepare(loaded, clocks_now(), lambda _: None).fingerprint.value
    with session(loaded.database.dsns(loaded.database.roles["office"]), "test") as made:
        approve_fingerprint(made, own, "test")


def _text(database: Database) -> str:
    layouts = ROOT / "config" / "layouts"
    feeds = "\n".join(
        f'[feeds.{name}]\nlayout = "{layouts}/{name.lower()}.toml"'
        for name in ("JUMIN", "JPKI", "YOKUSHI", "INKAN", "ZEI", "KOSEKI", "FUHYO", "GAIJI")
    )
    return f"""
[service]
municipality = "272060"
environment = "TEST"
host = "test-host"
[soap]
address = "127.0.0.1"
port = {free_port()}
certificate = "pki/server.pem"
key = "pki/server.key"
client_ca = "pki/ca.pem"
crl = "pki/crl.pem"
drain_seconds = 3
[[soap.client]]
name = "{CENTER_NAME}"
id = "center"
[admin]
port = {free_port()}
[database]
servers = [{json.dumps(database.server.address(database.name))}]
start_seconds = 1
[keys]
folder = "keys"
[state]
folder = "state"
[inbox]
folder = "spool/inbox"
outbox = "spool/outbox"
archive = "spool/archive"
quarantine = "spool/quarantine"
scan_seconds = 0.5
[fonts]
list = "{ROOT}/fonts/fonts.toml"
[forms]
folder = "{ROOT}/config/forms"
{feeds}
"""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Child:
    """A started daemon: its log as it was written, its ports, its end."""

    def __init__(self, config: Path, environment: dict[str, str] | None = None) -> None:
        self.log_file = config.parent / "daemon.log"
        twistd = Path(sys.executable).with_name("twistd")
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [str(twistd), "--nodaemon", "--pidfile=", "konbinid", "--config", str(config)],
                cwd=config.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(environment or {})},
            )

    def text(self) -> str:
        """Everything it wrote."""
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def events(self, name: str) -> list[dict]:
        """The log's lines of one event."""
        lines = [json.loads(line) for line in self.text().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == name]

    def wait_for(self, name: str, seconds: float = START_SECONDS) -> dict:
        """The newest event of a name, waited for."""
        deadline = time.monotonic() + seconds
        while not self.events(name):
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.05)
        return self.events(name)[-1]

    def wait_for_end(self, seconds: float = START_SECONDS) -> int:
        """Its exit status."""
        return self.process.wait(seconds)

    def stop(self) -> int:
        """Ask it to stop, as systemd does; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait_for_end()


@contextlib.contextmanager
def daemon(config: Path, environment: dict[str, str] | None = None) -> Iterator[Child]:
    """A daemon for the length of a block."""
    child = Child(config, environment)
    try:
        yield child
    finally:
        if child.process.poll() is None:
            child.process.kill()
            child.process.wait()


def fetch(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, dict[str, str], str]:
    """GET from the admin port: status, headers in lower case, body."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Host": f"{host}:{port}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read().decode()
