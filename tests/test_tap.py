"""How the daemon is put under twistd."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from running_daemon import make_city
from twisted.internet.selectreactor import SelectReactor

from konbinid.ops.process import SWITCH_SECONDS, count_on_steady_time

_STARTED = """
import gc, sys
from konbinid.tap import Options, makeService
options = Options()
options["config"] = sys.argv[1]
made = makeService(options)
print(gc.get_freeze_count(), len(gc.get_objects()), sys.getswitchinterval())
"""


def test_deadlines_do_not_follow_the_wall_clock(monkeypatch) -> None:
    """A clock that is set back by an hour must not make anybody wait an hour longer."""
    reactor = SelectReactor()
    count_on_steady_time(reactor)
    called = []
    reactor.callLater(0.05, called.append, "in time")
    monkeypatch.setattr(time, "time", lambda: 0.0)
    time.sleep(0.06)
    reactor.runUntilCurrent()
    assert called == ["in time"]


def test_what_was_made_at_the_start_is_not_gone_through_again(tmp_path, database) -> None:
    """Python's collector of cycles would go through all fonts every now and then, and keep the reactor for 30 ms; other threads give way in time."""
    config = make_city(tmp_path, database)
    done = subprocess.run(
        [sys.executable, "-c", _STARTED, str(config)], capture_output=True, text=True, check=True
    )
    frozen, left, interval = done.stdout.split()[-3:]
    assert int(frozen) > 50_000
    assert int(left) < 5_000
    assert float(interval) == pytest.approx(SWITCH_SECONDS)
