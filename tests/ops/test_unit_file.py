"""The units under systemd/ fit the daemon and the relay that they start."""

from __future__ import annotations

from pathlib import Path

import pytest
from city_files import make_city_files

from konbinid.config import load

_UNITS = sorted((Path(__file__).parents[2] / "systemd").glob("*.service"))


def _settings(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith(("#", " ")))


_RELAY, _DAEMON = (path for path in _UNITS)
_SETTINGS = _settings(_DAEMON)


def test_systemd_is_more_patient_than_the_daemon(tmp_path):
    """Start and stop are not cut off in the middle of waiting for the database or of a drain (each with its default)."""
    config = load(make_city_files(tmp_path))
    assert int(_SETTINGS["TimeoutStartSec"]) > config.database.start_seconds + 30
    assert int(_SETTINGS["TimeoutStopSec"]) > config.soap.drain_seconds + 10
    assert int(_SETTINGS["WatchdogSec"]) > 2 * config.database.hold_seconds
    assert _SETTINGS["Type"] == "notify"


@pytest.mark.parametrize(("path", "writable"), [(_DAEMON, "/srv/konbinid"), (_RELAY, "/srv/konbinid-relay")])
def test_nothing_is_left_behind(path, writable):
    """No core dump, no shared temporary files, nothing writable but the file drop."""
    settings = _settings(path)
    assert settings["LimitCORE"] == "0"
    assert settings["WatchdogSignal"] == "SIGKILL"
    assert settings["PrivateTmp"] == "true"
    assert settings["ProtectSystem"] == "strict"
    assert settings["ReadWritePaths"] == writable


def test_reading_children_may_make_way():
    """What lowers a child's priority and limits is allowed again after all that alters resources was refused."""
    filters = [
        line.partition("=")[2]
        for line in _DAEMON.read_text(encoding="utf-8").splitlines()
        if line.startswith("SystemCallFilter=")
    ]
    refused = next(at for at, each in enumerate(filters) if each.startswith("~") and "@resources" in each)
    allowed = " ".join(filters[refused + 1 :]).split()
    assert {"setpriority", "setrlimit", "prlimit64"} <= set(allowed)


def test_the_relay_is_started_as_the_plugin_calls_it():
    """The unit names the command that twistd finds."""
    assert " konbinid-relay --config " in _settings(_RELAY)["ExecStart"]
    assert _settings(_RELAY)["Type"] == "notify"


@pytest.mark.parametrize("path", _UNITS, ids=lambda path: path.name)
def test_every_setting_stands_under_a_reason(path):
    """Whoever changes a line reads first why it is there: each block of settings follows a comment."""
    section, explained, wrong = "", False, []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section, explained = line, False
        elif line.startswith("#"):
            explained = True
        elif not line:
            explained = False
        elif (
            section == "[Service]"
            and not explained
            and not line.startswith(("User=", "Group=", "WorkingDirectory="))
        ):
            wrong.append(line)
    assert not wrong
