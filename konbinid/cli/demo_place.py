"""Where the demo lives: one folder of the checkout, its ports, and the configuration file written for it.

Everything the demo makes lies under `.demo/`; removing that folder removes the demo.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

import konbinid

MUNICIPALITY = "272060"
"""泉大津市: the demo city's code; all its people are invented."""

FEEDS = ("JUMIN", "JPKI", "YOKUSHI", "INKAN", "ZEI", "KOSEKI", "FUHYO", "GAIJI")

_ADDRESS = "127.0.0.1"
_SOAP_PORT = 8443
_ADMIN_PORT = 8480
_SPOOL = ("inbox", "outbox", "archive", "quarantine")


class DemoFailed(Exception):
    """The demo cannot go on; the text says what to do next."""


@dataclass(frozen=True)
class Place:
    """The demo's folder (`checkout/.demo`) and the names in it."""

    checkout: Path

    @property
    def folder(self) -> Path:
        """All that the demo makes."""
        return self.checkout / ".demo"

    @property
    def config(self) -> Path:
        """The daemon's configuration file."""
        return self.folder / "konbinid.toml"

    @property
    def postgres(self) -> Path:
        """The private PostgreSQL."""
        return self.folder / "postgres"

    @property
    def pki(self) -> Path:
        """The demo's certificates."""
        return self.folder / "pki"

    @property
    def keys(self) -> Path:
        """The keyring."""
        return self.folder / "keys"

    @property
    def state(self) -> Path:
        """What the daemon saw its database commit."""
        return self.folder / "state"

    @property
    def out(self) -> Path:
        """The certificates that were issued, as PDF."""
        return self.folder / "out"

    @property
    def log(self) -> Path:
        """What the daemon wrote in this run."""
        return self.folder / "daemon.log"

    @property
    def city(self) -> Path:
        """Which city the database holds; missing until its files were applied."""
        return self.folder / "city"

    @property
    def font_cache(self) -> Path:
        """Fonts fetched for this checkout, kept when the demo is removed."""
        return self.checkout / ".cache" / "fonts"

    @property
    def library(self) -> Path:
        """The demo city's library file."""
        return self.checkout / "config" / "demo" / "library.toml"

    @property
    def fonts(self) -> Path:
        """The list of faces."""
        return self.checkout / "fonts" / "fonts.toml"

    def spool(self, name: str) -> Path:
        """inbox, outbox, archive or quarantine."""
        return self.folder / "spool" / name

    def make_folders(self) -> None:
        """The folders that are missing. DemoFailed when another user's are there."""
        try:
            # Open to others, whatever the umask: as root, PostgreSQL runs as another user, who must get in.
            self.folder.mkdir(exist_ok=True)
            self.folder.chmod(0o755)
            for folder in (self.out, self.state, self.font_cache, *(self.spool(name) for name in _SPOOL)):
                folder.mkdir(parents=True, exist_ok=True)
        except PermissionError as denied:
            raise DemoFailed(
                f"{denied.filename} belongs to another user. Remove {self.folder} as that user, or run as that user."
            ) from denied

    def forget_city(self) -> None:
        """Remove the files that went through the database; keys and certificates stay."""
        shutil.rmtree(self.spool(""), ignore_errors=True)
        self.city.unlink(missing_ok=True)
        self.make_folders()

    def hold(self) -> int:
        """Keep a second demo out of this folder until this process ends. Returns the open lock. DemoFailed."""
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise DemoFailed("A demo of this checkout is running already. Stop it first (Ctrl-C).") from None
        return lock


@dataclass(frozen=True)
class Ports:
    """Where the demo's daemon listens, on 127.0.0.1."""

    soap: int
    admin: int

    @property
    def endpoint(self) -> str:
        """The SOAP port's address, for a kiosk."""
        return f"https://localhost:{self.soap}/center"

    @property
    def status_page(self) -> str:
        """The status page, for a browser."""
        return f"http://{_ADDRESS}:{self.admin}/"


def find_place() -> Place:
    """The checkout this program runs from. DemoFailed when it was installed without one."""
    checkout = Path(konbinid.__file__).parents[1]
    place = Place(checkout)
    if not place.library.is_file():
        raise DemoFailed(
            "The demo needs a checkout of the repository (config/, fonts/); run `make demo` in one."
        )
    return place


def choose_ports() -> Ports:
    """8443 and 8480 where they are free, else any."""
    return Ports(_free_port(_SOAP_PORT), _free_port(_ADMIN_PORT))


def _free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as probe:
            # As the daemon will: a connection of the last run that lingers is no obstacle.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_ADDRESS, port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise DemoFailed("No TCP port is free on 127.0.0.1.")


def write_config(place: Place, ports: Ports, server: str, client: str) -> None:
    """`place.config` for a daemon in the TEST environment.

    server: libpq's connection string without user. client: the centre's name in its certificate.
    """
    sections: list[tuple[str, dict[str, object]]] = [
        ("[service]", {"municipality": MUNICIPALITY, "environment": "TEST", "host": "demo"}),
        (
            "[soap]",
            {
                "address": _ADDRESS,
                "port": ports.soap,
                "certificate": "pki/server.pem",
                "key": "pki/server.key",
                "client_ca": "pki/ca.pem",
                "crl": "pki/crl.pem",
                "drain_seconds": 3.0,
            },
        ),
        ("[[soap.client]]", {"name": client, "id": "center"}),
        ("[admin]", {"address": _ADDRESS, "port": ports.admin}),
        ("[database]", {"servers": [server]}),
        ("[keys]", {"folder": "keys"}),
        ("[state]", {"folder": "state"}),
        (
            "[inbox]",
            {"folder": "spool/inbox", "scan_seconds": 0.5} | {name: f"spool/{name}" for name in _SPOOL[1:]},
        ),
        ("[fonts]", {"list": "../fonts/fonts.toml", "folders": [str(place.font_cache)]}),
        ("[forms]", {"folder": "../config/forms"}),
    ]
    sections += [(f"[feeds.{feed}]", {"layout": f"../config/layouts/{feed.lower()}.toml"}) for feed in FEEDS]
    lines = ["# Written by `konbinid demo` for its own daemon; config/konbinid.toml explains every option.\n"]
    for heading, options in sections:
        lines += ["\n", f"{heading}\n"]
        # A JSON string, number or list of strings is one of TOML too.
        lines += [f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in options.items()]
    place.config.write_text("".join(lines), encoding="utf-8")


def write_kiosk_settings(place: Place, ports: Ports) -> None:
    """`.demo/kiosk.json`: where `konbinid kiosk …`, run in the checkout, finds this demo's server."""
    files = {"ca": "ca.pem", "cert": "center.pem", "key": "center.key"}
    settings = {"url": ports.endpoint, "municipality": MUNICIPALITY}
    settings |= {name: str(place.pki / file) for name, file in files.items()}
    (place.folder / "kiosk.json").write_text(
        json.dumps(settings, indent=2, ensure_ascii=False), encoding="utf-8"
    )
