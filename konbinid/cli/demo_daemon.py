"""The demo's daemon: the real `twistd konbinid` as a child process, waited for, watched, and stopped with the demo."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from konbinid.cli.demo_place import DemoFailed

if TYPE_CHECKING:
    from konbinid.cli.demo_place import Place, Ports

_START_SECONDS = 60
_STOP_SECONDS = 20
_POLL_SECONDS = 0.05
_TAIL_LINES = 20
_TIME = re.compile(r'{"time": "[0-9-]+T([0-9:]{8})')

# Ends the daemon when the demo is gone, even by SIGKILL: reads until the demo's end of the pipe closes.
_GUARD = 'trap "" INT TERM HUP; read -r _; kill -TERM "$1"'


class Daemon:
    """`twistd -n konbinid --config …` with its words in `.demo/daemon.log`; leaving the block stops it."""

    def __init__(self, place: Place, ports: Ports) -> None:
        self._place = place
        self._ports = ports
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        twistd = Path(sys.executable).with_name("twistd")
        # The pid file is switched off and the working folder is the demo's: nothing is left outside it.
        call = [str(twistd), "--nodaemon", "--pidfile=", "konbinid", "--config", str(self._place.config)]
        with self._place.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own program with paths made here
                call,
                cwd=self._place.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for the demo, which then stops its daemon in order.
                start_new_session=True,
            )
        self._guard = subprocess.Popen(  # noqa: S603  # fixed text, the number is an argument
            ["/bin/sh", "-c", _GUARD, "guard", str(self._process.pid)],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        return self

    def __exit__(self, *exc: object) -> None:
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def wait_until_listening(self) -> None:
        """Return when both ports answer. DemoFailed when the daemon ends or takes too long."""
        deadline = time.monotonic() + _START_SECONDS
        for port in (self._ports.soap, self._ports.admin):
            while not _answers(port):
                self.check()
                if time.monotonic() > deadline:
                    raise DemoFailed(f"The daemon does not listen on port {port}.")
                time.sleep(_POLL_SECONDS)

    def check(self) -> None:
        """DemoFailed when the daemon is no longer there."""
        if self._process is not None and self._process.poll() is not None:
            raise DemoFailed(f"The daemon ended (status {self._process.returncode}).")

    def tail(self) -> str:
        """The end of the daemon's log, with its path."""
        lines = self._place.log.read_text(encoding="utf-8", errors="replace").splitlines()
        # What repeats itself every half second is told once, where it stood last.
        last: dict[str, str] = {}
        for line in reversed(lines):
            last.setdefault(_readable(line), line)
        told = reversed(list(last.items())[:_TAIL_LINES])
        return "\n".join(
            [f"The end of {self._place.log}:", *(f"  {_at(line)}{words}" for words, line in told)]
        )


def _readable(line: str) -> str:
    """An event without what every line has; anything else, such as a traceback, as it is."""
    try:
        event = json.loads(line)
        data = " ".join(f"{name}={value}" for name, value in event["data"].items())
        return f"{event['level']:5} {event['event']} {data}"
    except (ValueError, KeyError, TypeError, AttributeError):
        return line


def _at(line: str) -> str:
    """The time of an event's line as `HH:MM:SS `; empty for any other line."""
    found = _TIME.match(line)
    return f"{found[1]} " if found else ""


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
