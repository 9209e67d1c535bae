"""Messages to the service manager."""

from __future__ import annotations

import os
import socket
import tempfile

import pytest

from konbinid.ops.sdnotify import notify, watchdog_seconds


def test_a_message_arrives_by_path_and_by_abstract_name():
    """Both forms of NOTIFY_SOCKET work (sd_notify(3))."""
    folder = tempfile.mkdtemp()
    for bound, told in (
        (f"{folder}/s", f"{folder}/s"),
        (f"\0konbinid-{os.getpid()}", f"@konbinid-{os.getpid()}"),
    ):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(bound)
            manager.settimeout(5)
            assert notify("READY=1", {"NOTIFY_SOCKET": told})
            assert manager.recv(100) == b"READY=1"


@pytest.mark.parametrize("address", ["", "relative/path", "/nowhere/at/all", "vsock:2:1"])
def test_without_a_manager_nothing_happens(address):
    """A daemon started by hand runs all the same."""
    assert not notify("READY=1", {"NOTIFY_SOCKET": address} if address else {})


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "90000000"}, 90.0),
        ({"WATCHDOG_USEC": "90000000", "WATCHDOG_PID": str(os.getpid())}, 90.0),
        ({"WATCHDOG_USEC": "90000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_ours_or_nobodys(environment, seconds):
    """What is meant for another process is not taken for ours."""
    assert watchdog_seconds(environment) == seconds
