"""systemd/konbinid.service fits the daemon that it starts."""

from __future__ import annotations

from pathlib import Path

from city_files import make_city_files

from konbinid.config import load

_TEXT = (Path(__file__).parents[2] / "systemd" / "konbinid.service").read_text(encoding="utf-8")
_SETTINGS = dict(
    line.split("=", 1) for line in _TEXT.splitlines() if "=" in line and not line.startswith(("#", " "))
)


def test_systemd_is_more_patient_than_the_daemon(tmp_path):
    """Start and stop are not cut off in the middle of waiting for the database or of a drain (each with its default)."""
    config = load(make_city_files(tmp_path))
    assert int(_SETTINGS["TimeoutStartSec"]) > config.database.start_seconds + 30
    assert int(_SETTINGS["TimeoutStopSec"]) > config.soap.drain_seconds + 10
    assert int(_SETTINGS["WatchdogSec"]) > 2 * config.database.hold_seconds
    assert _SETTINGS["Type"] == "notify"


def test_the_daemon_leaves_nothing_behind():
    """No core dump, no shared temporary files, nothing writable but the file drop."""
    assert _SETTINGS["LimitCORE"] == "0"
    assert _SETTINGS["WatchdogSignal"] == "SIGKILL"
    assert _SETTINGS["PrivateTmp"] == "true"
    assert _SETTINGS["ProtectSystem"] == "strict"
    assert _SETTINGS["ReadWritePaths"] == "/srv/konbinid"


def test_reading_children_may_make_way():
    """What lowers a child's priority and limits is allowed again after all that alters resources was refused."""
    filters = [line.partition("=")[2] for line in _TEXT.splitlines() if line.startswith("SystemCallFilter=")]
    refused = next(at for at, each in enumerate(filters) if each.startswith("~") and "@resources" in each)
    allowed = " ".join(filters[refused + 1 :]).split()
    assert {"setpriority", "setrlimit", "prlimit64"} <= set(allowed)


def test_every_setting_stands_under_a_reason():
    """Whoever changes a line reads first why it is there: each block of settings follows a comment."""
    section, explained, wrong = "", False, []
    for line in _TEXT.splitlines():
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
