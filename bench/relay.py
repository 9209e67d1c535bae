"""How fast a relay's file reaches the server's database, beside a plain copy of the same bytes over a TLS socket in the same run.

    .venv/bin/python bench/relay.py [--megabytes 64] [--attachments 2000] [--rounds 3]

Starts a private PostgreSQL (as the tests do, without fsync), a server (inbox and relay port) and a relay as processes of their own, with mutual TLS between them. Printed:

- a data file from its marker to the last byte in PostgreSQL, MB/s, and to its row in intake.incoming; the fastest of the rounds;
- the same bytes through Python's ssl, read and thrown away, MB/s, and how many times slower the relay is;
- attachments of 10 kB a second, from the marker to the row in intake.incoming;
- a heartbeat (no rows) from its marker to its receipt at the city hall, with children at work and with new ones.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import socket
import ssl
import statistics
import sys
import tempfile
import threading
import time
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from private_database import make_database, start_server
from relay_pair import Pair

from konbinid.domain.feeds import Feed
from konbinid.intake.layout import load
from konbinid.store.keyring import Keyring

LAYOUTS = Path(__file__).resolve().parents[1] / "config" / "layouts"
LINE = b"x" * 199 + b"\n"


class Hall:
    """What relay_pair wants of a city hall."""

    def __init__(self, folder: Path, database) -> None:
        self.folder, self.database, self.keys = folder, database, folder / "keys"
        self.inbox = folder / "inbox"
        Keyring.create(self.keys)
        for name in ("inbox", "outbox", "archive", "quarantine"):
            (folder / name).mkdir()
        self.feeds = {
            feed: SimpleNamespace(layout=load(LAYOUTS / f"{feed.lower()}.toml"))
            for feed in (Feed.JPKI, Feed.INKAN)
        }
        self.numbers = itertools.count(1)

    def run(self, statement: str):
        """As the owner of the database."""
        return self.database.run(statement)

    def put(self, feed: str, data: bytes, rows: int) -> str:
        """One difference file with its marker; its name."""
        number = next(self.numbers)
        name = f"{feed}_20261124{number // 3600:02}{number // 60 % 60:02}{number % 60:02}_{number:06}_D.csv"
        (self.inbox / name).write_bytes(data)
        marker = f"rows={rows} sha256={sha256(data).hexdigest()}\n"
        (self.inbox / f"{name}.end").write_text(marker)
        return name


def until(came) -> float:
    began = time.monotonic()
    while not came():
        time.sleep(0.02)
    return time.monotonic() - began


def relayed(hall: Hall, size: int) -> tuple[float, float]:
    """Seconds until the bytes are in PostgreSQL, and until they are a file."""
    name = hall.put("JPKI", LINE * (size // len(LINE)), size // len(LINE))
    began = time.monotonic()
    here = f"select 1 from intake.transfer where name = '{name}' and (have = size or incoming_id is not null)"
    until(lambda: hall.run(here))
    arrived = time.monotonic() - began
    until(
        lambda: hall.run(f"select 1 from intake.transfer where name = '{name}' and incoming_id is not null")
    )
    return arrived, time.monotonic() - began


def copied(pair: Pair, size: int) -> float:
    """The same bytes through a TLS socket."""
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(pair.pki / "relay_ca.pem"))
    server.load_cert_chain(pair.pki / "server.pem", pair.pki / "server.key")
    client = ssl.create_default_context(cafile=str(pair.pki / "ca.pem"))
    client.load_cert_chain(pair.pki / "relay.pem", pair.pki / "relay.key")
    data = LINE * (size // len(LINE))
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def send() -> None:
            plain = socket.create_connection(listening.getsockname())
            with client.wrap_socket(plain, server_hostname="localhost") as line:
                for start in range(0, len(data), 60_000):
                    line.sendall(data[start : start + 60_000])
                line.recv(1)  # whoever closes with session tickets unread resets the line

        thread = threading.Thread(target=send)
        began = time.monotonic()
        thread.start()
        with server.wrap_socket(listening.accept()[0], server_side=True) as line:
            left = len(data)
            while left:
                left -= len(line.recv(1 << 20))
            line.sendall(b"x")
        thread.join()
    return time.monotonic() - began


def attached(hall: Hall, count: int) -> float:
    """Seconds for so many attachments of 10 kB."""
    number = next(hall.numbers) + 1
    place = (
        hall.inbox / f"INKAN_20261124{number // 3600:02}{number // 60 % 60:02}{number % 60:02}_{number:06}_D"
    )
    place.mkdir()
    for each in range(count):
        (place / f"{each}.bmp").write_bytes(each.to_bytes(4, "big") * 2500)
    rows = "".join(
        f'"1","{each:010}","{each}","20200101","1","","{each}.bmp","300","1"\r\n' for each in range(count)
    )
    name = hall.put("INKAN", rows.encode(), count)
    assert name.startswith(place.name)
    return until(
        lambda: hall.run(f"select 1 from intake.transfer where name = '{name}' and incoming_id is not null")
    )


def heartbeat(hall: Hall) -> float:
    """Seconds from the marker to the receipt."""
    name = hall.put("INKAN", b"", 0)
    return until(lambda: any(hall.folder.joinpath("outbox").glob(f"{name}.*")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=64)
    parser.add_argument("--attachments", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    size = given.megabytes * 1_000_000
    folder = Path(tempfile.mkdtemp(prefix="konbinid-relay-bench-"))
    postgres = start_server(folder / "pg")
    (folder / "hall").mkdir()
    hall = Hall(folder / "hall", make_database(postgres))
    pair = Pair(hall)
    try:
        pair.server(lease=False)
        pair.relay()
        runs = [(*relayed(hall, size), copied(pair, size)) for _ in range(given.rounds)]
        arrived, stored, plain = (min(column) for column in zip(*runs, strict=True))
        print(f"{given.megabytes} MB into PostgreSQL   {size / arrived / 1e6:7.1f} MB/s   ({arrived:.2f} s)")
        print(f"  until a file is stored   {size / stored / 1e6:7.1f} MB/s   ({stored:.2f} s)")
        print(
            f"plain TLS socket           {size / plain / 1e6:7.1f} MB/s   ({plain:.2f} s); the relay takes {arrived / plain:.1f} times as long"
        )
        seconds = attached(hall, given.attachments)
        print(
            f"{given.attachments} attachments of 10 kB  {given.attachments / seconds:7.0f} a second ({seconds:.2f} s, stored)"
        )
        pair.sides[0].stop()
        hall.database.run("delete from intake.transfer")
        for each in hall.inbox.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()
        hall.database.run("delete from intake.attachment_name")
        hall.database.run("delete from intake.incoming")
        pair.server()
        first = heartbeat(hall)
        others = [heartbeat(hall) for _ in range(10)]
        print(
            f"heartbeat to its receipt   {statistics.median(others):7.2f} s   (children at work; the first, with new children, {first:.2f} s)"
        )
    finally:
        pair.end()
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
