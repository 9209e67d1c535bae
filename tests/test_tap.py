"""How the daemon is put under twistd."""

from __future__ import annotations

import time

from twisted.internet.selectreactor import SelectReactor

from konbinid.tap import count_on_steady_time


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
