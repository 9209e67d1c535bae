"""Who may speak at the relay port, and what the port makes of those who may not, or who speak nonsense with a good certificate."""

from __future__ import annotations

import re
import socket
import ssl
import struct
import time
from pathlib import Path

import pytest
from relay_pair import Pair

from konbinid.domain.feeds import Feed

pytestmark = pytest.mark.slow
HELLO = {"version": "1", "city": "272060", "relay": "hall"}
DIGEST = b"\x11" * 32


@pytest.fixture
def pair(hall):
    hall.feeds = {Feed.JUMIN: hall.feeds[Feed.JUMIN]}
    made = Pair(hall)
    yield made
    made.end()


@pytest.mark.parametrize(
    ("certificate", "why"),
    [
        ("relay_other_city", "urn:konbinid:relay:272078:hall"),
        ("relay_unknown", "urn:konbinid:relay:272060:unknown"),
        ("relay_foreign", "認証局"),
        ("relay_revoked", "失効"),
    ],
)
def test_a_certificate_that_is_not_this_relays_is_turned_away(pair, hall, rows, certificate, why):
    """Another city's, a name that is not configured, another authority, revoked: no byte of a file goes up, and people are told once what was wrong."""
    name = hall.put("JUMIN", [rows.person(1)], full=True, sequence=1)
    pair.server()
    relay = pair.relay(certificate=certificate)
    pair.wait(lambda: len(relay.events("relay.not_connected")) >= 3)
    assert hall.run("select count(*) from intake.transfer") == [(0,)]
    assert (hall.inbox / name).exists()
    ((event, subject, text),) = pair.alerts()
    assert event == "relay.turned_away"
    assert why in text
    assert "CN=" in subject


def test_an_expired_certificate_is_turned_away_and_named(pair, hall, rows, tmp_path):
    """The relay itself refuses to use it, and a server that is shown it says which it was."""
    hall.put("JUMIN", [rows.person(1)], full=True, sequence=1)
    pair.server()
    relay = pair.relay(certificate="relay_expired")
    pair.wait(lambda: relay.events("relay.not_connected"))
    assert "expired" in relay.events("relay.not_connected")[0]["data"]["reason"]
    with pytest.raises((ssl.SSLError, ConnectionError)):
        talk(pair, box({"_command": "Hello", "_ask": "1", **HELLO}), certificate="relay_expired")
    pair.wait(pair.alerts)
    assert "期限" in pair.alerts()[0][2]


@pytest.mark.parametrize(("said", "why"), [({"city": "272078"}, "municipality"), ({"name": "other"}, "name")])
def test_settings_that_contradict_the_certificate_are_told(pair, said, why):
    """The certificate is right and the settings are another city's: a mix-up is told, not guessed at."""
    pair.server()
    relay = pair.relay(**said)
    pair.wait(lambda: len(relay.events("relay.not_connected")) >= 2)
    assert "unwelcome" in relay.events("relay.not_connected")[0]["data"]["reason"]
    ((event, _, text),) = pair.alerts()
    assert event == "relay.turned_away"
    assert why in text


@pytest.mark.parametrize("given", [{"server_name": "konbini-b.example"}, {"server_ca": "relay_ca"}])
def test_the_relay_gives_nothing_to_a_server_that_is_not_ours(pair, hall, rows, given):
    """Right line, wrong name or authority of the server (service-identity): not one file is offered."""
    hall.put("JUMIN", [rows.person(1)], full=True, sequence=1)
    line = pair.line()
    pair.server()
    relay = pair.relay(ports=[line.port], **given)
    pair.wait(lambda: len(relay.events("relay.not_connected")) >= 2)
    assert hall.run("select count(*) from intake.transfer") == [(0,)]
    assert line.up < 5000


def box(values: dict[str, str | bytes]) -> bytes:
    """An AMP box."""
    encoded = {key: value if isinstance(value, bytes) else value.encode() for key, value in values.items()}
    body = b"".join(
        struct.pack("!H", len(key)) + key.encode() + struct.pack("!H", len(value)) + value
        for key, value in encoded.items()
    )
    return body + b"\0\0"


def connected(pair: Pair, certificate: str = "relay") -> ssl.SSLSocket:
    """A TLS connection as a relay makes one."""
    context = ssl.create_default_context(cafile=str(pair.pki / "ca.pem"))
    context.load_cert_chain(pair.pki / f"{certificate}.pem", pair.pki / f"{certificate}.key")
    return context.wrap_socket(
        socket.create_connection(("127.0.0.1", pair.port), timeout=20), server_hostname="localhost"
    )


def talk(pair: Pair, data: bytes, *, certificate: str = "relay", answers: int = 1) -> bytes:
    """What comes back until the connection ends, or until so many boxes came."""
    with connected(pair, certificate) as line:
        got = b""
        try:
            line.sendall(data)
            while got.count(b"\0\0") < answers and (more := line.recv(65536)):
                got += more
        except (ssl.SSLError, TimeoutError):
            raise  # nothing is left open without a word
        except OSError:
            return got
        return got


def command(name: str, ask: int = 2, /, **values: str | bytes) -> bytes:
    return box({"_command": name, "_ask": str(ask), **values})


GREETING = command("Hello", 1, **HELLO)
OFFER = {
    "name": "JUMIN_20261124090000_000001_F.csv",
    "size": "10",
    "sha256": DIGEST,
    "rows": "1",
    "claimed": DIGEST,
}

HOSTILE = {
    "no Hello": command("Receipts"),
    "not AMP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a key of any length": b"\x01\x00" + b"k" * 256,
    "a box without end": GREETING
    + b"".join(struct.pack("!H", 3) + f"{n:03}".encode() + b"\xff\xff" + bytes(65535) for n in range(40)),
    "an answer to nothing": GREETING + box({"_answer": "7"}),
    "an error to nothing": GREETING + box({"_error": "7", "_error_code": "X", "_error_description": "x"}),
    "a command that wants no answer": GREETING + box({"_command": "Receipts"}),
    "an empty box": GREETING + b"\0\0",
    "an unknown command": GREETING + command("StartTls"),
    "a second TLS": GREETING + command("StartTLS"),
    "a second TLS before Hello": command("StartTLS"),
    "a command that is no text": GREETING + box({"_command": b"\xff\xfe", "_ask": "2"}),
    "a name with a path": GREETING
    + command("Offer", **{**OFFER, "name": "../JUMIN_20261124090000_000001_F.csv"}),
    "no name of the contract": GREETING + command("Offer", **{**OFFER, "name": "passwd"}),
    "a feed that is not taken": GREETING
    + command("Offer", **{**OFFER, "name": "ZEI_20261124090000_000001_F.dat"}),
    "a size beyond any": GREETING + command("Offer", **{**OFFER, "size": "999999999999999999"}),
    "a size that is no number": GREETING + command("Offer", **{**OFFER, "size": "1" * 5000}),
    "a negative size": GREETING + command("Offer", **{**OFFER, "size": "-1"}),
    "a hash that is none": GREETING + command("Offer", **{**OFFER, "sha256": b"x"}),
    "no hash": GREETING + command("Offer", **{**OFFER, "sha256": b""}),
    "nobody's transfer": GREETING + command("Chunk", transfer="1", part="", offset="0", content=b"x"),
    "another's receipt": GREETING + command("Taken", transfer="1"),
    "a fault that is none": GREETING + command("Unusable", transfer="1", name="a", fault="late"),
    "a Hello without a city": command("Hello", 1, version="1"),
}


@pytest.mark.usefixtures("hall")
def test_hostile_frames_end_their_connection_and_nothing_else(pair, hall, rows):
    """Whatever is said with a good certificate: no row, no exception that nobody foresaw, bounded memory, and the next relay is served."""
    server = pair.server(limits={"hello_seconds": 2.0})
    began = resident(server.process.pid)
    for what, data in HOSTILE.items():
        got = talk(pair, data, answers=2)
        refused = b"_error" in got or got.count(b"\0\0") < 2
        assert refused, (what, got[-200:])
    assert hall.run("select count(*) from intake.transfer") == [(0,)]
    kinds = {each["data"]["failure"]["failed"] for each in server.events("relay.failed")}
    assert kinds <= {"BadValue", "UnicodeDecodeError"}
    assert resident(server.process.pid) - began < 60_000_000
    assert "Traceback" not in server.text()
    name = hall.put("JUMIN", [rows.person(1)], full=True, sequence=1)
    pair.relay()
    pair.settle([name])


def test_commands_without_end_are_cut_off(pair):
    """A peer that asks and does not read: a bounded number is under way, then it is cut, and memory stays where it was."""
    server = pair.server()
    began = resident(server.process.pid)
    offer = command("Offer", **OFFER)
    with connected(pair) as line:
        line.sendall(GREETING + offer)
        time.sleep(0.5)
        with pytest.raises(OSError):  # noqa: PT011  # reset or broken pipe, as it comes
            line.sendall(command("Chunk", transfer="1", part="", offset="0", content=bytes(60_000)) * 3000)
    assert resident(server.process.pid) - began < 120_000_000
    assert any("too many" in each["data"]["why"] for each in server.events("relay.cut"))


def test_too_many_files_under_way_are_refused(pair, hall):
    """A relay that begins files and never ends them does not fill the database."""
    pair.server()
    offers = b"".join(
        command("Offer", 2 + n, **{**OFFER, "name": f"JUMIN_20261124090000_{n:06d}_F.csv"})
        for n in range(1, 81)
    )
    got = talk(pair, GREETING + offers, answers=81)
    assert hall.run("select count(*) from intake.transfer") == [(64,)]
    assert got.count(b"BUSY") == 16


def test_strangers_do_not_keep_the_port(pair, hall, rows):
    """Connections that never introduce themselves: so many at once, each for a few seconds; a relay is served all the same."""
    server = pair.server(limits={"hello_seconds": 2.0})
    idle = [socket.create_connection(("127.0.0.1", pair.port), timeout=20) for _ in range(40)]
    name = hall.put("JUMIN", [rows.person(1)], full=True, sequence=1)
    pair.relay()
    pair.settle([name])
    for each in idle:
        each.close()
    assert server.events("other") == []
    assert any("strangers" in each["data"]["why"] for each in server.events("relay.cut"))


def resident(pid: int) -> int:
    """Bytes of a process in memory."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024
