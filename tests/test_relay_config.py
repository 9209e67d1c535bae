"""The relay's configuration and its command: the example is taken, and every mistake refuses to start with its line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from konbinid.declared.document import FileRefused
from konbinid.relay_config import load

EXAMPLE = Path(__file__).parents[1] / "config" / "relay.toml"


@pytest.fixture
def example(tmp_path):
    """The example with what it points to."""
    for name in ("inbox", "outbox", "archive", "quarantine"):
        (tmp_path / "spool" / name).mkdir(parents=True)
    (tmp_path / "tls").mkdir()
    for name in ("relay.pem", "relay.key", "server_ca.pem"):
        (tmp_path / "tls" / name).write_text("x\n")
    (tmp_path / "tls" / "relay.key").chmod(0o600)
    path = tmp_path / "relay.toml"
    path.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    return path


def test_the_example_is_taken(example):
    """What is documented works as it stands, with two servers in their order."""
    config = load(example)
    assert [server.address for server in config.servers] == ["192.0.2.10", "192.0.2.11"]
    assert config.setting().scan_seconds == 5.0
    assert config.name == "hall"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('municipality = "272060"', 'municipality = "272061"', "check digit"),
        ('name = "hall"', 'name = "Hall 1"', "relay.name"),
        ('address = "192.0.2.10"', 'address = "konbini-a"', "must be an IP address"),
        ('outbox = "spool/outbox"', 'outbox = "spool/inbox"', "different folders"),
        ("# scan_seconds", "scan_second", "scan_second"),
        ("[[server]]", "[[servers]]", "server"),
    ],
)
def test_a_mistake_refuses_to_start(example, old, new, told):
    """Nothing is guessed: a typo in a file that nobody looks at again stops the relay at once, with a sentence."""
    text = example.read_text(encoding="utf-8")
    assert old in text
    example.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(FileRefused, match=told):
        load(example)


def test_a_key_that_others_may_read_refuses_to_start(example):
    """The key of the city hall's door is nobody else's."""
    (example.parent / "tls" / "relay.key").chmod(0o640)
    with pytest.raises(FileRefused, match="key"):
        load(example)


def test_the_command_says_what_is_wrong_and_ends(example):
    """`twistd konbinid-relay` is found, and a certificate that cannot be read is a sentence and not a traceback."""
    twistd = Path(sys.executable).with_name("twistd")
    done = subprocess.run(
        [twistd, "--nodaemon", "--pidfile=", "konbinid-relay", "--config", example],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "konbinid-relay does not start." in done.stderr
    assert "relay.pem: holds no certificate" in done.stderr
    assert "Traceback" not in done.stderr
