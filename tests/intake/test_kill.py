"""Exactly once: kill -9 at every named point, start again, and the tables, receipts and folders are those of an undisturbed run.

The other faults, feed by feed, are drilled by `make drill-intake` (drill_faults.py).
"""

from __future__ import annotations

import shutil
import signal

import pytest
from fault_town import Daemon, drop, snapshot, start, until_done, wipe

from konbinid.domain.feeds import Feed
from konbinid.intake.steps import Point

# Full file and differences, pictures, a rejected file, one that waits; `make drill-intake` has every feed.
FEEDS = (Feed.JUMIN, Feed.INKAN, Feed.YOKUSHI, Feed.JPKI)
FILES, WAITING = 7, 1


def finish(hall, daemon: Daemon) -> None:
    """Wait until nothing is left to do, then stop the daemon in good order."""
    assert until_done(hall, FILES, daemon), hall.run("select name, state from intake.incoming")
    daemon.stop()


@pytest.mark.slow
def test_killed_at_every_point_it_ends_as_if_undisturbed(hall, rows, tmp_path):
    """Every point of steps.Point, the first and a later time it is passed (I-11's cousin: never half, never twice)."""
    hall.feeds = {feed: hall.feeds[feed] for feed in FEEDS}
    assert drop(hall, rows, FEEDS) == FILES
    kept = tmp_path / "dropped"
    shutil.copytree(hall.inbox, kept)
    daemon = start(hall)
    finish(hall, daemon)
    expected = snapshot(hall)
    assert len(expected["outbox"]) == FILES - WAITING
    survived = []
    later = [(Point.STORED, 3), (Point.SETTLED, 3), (Point.DATA_FILED, 2)]
    for point, times in [*((point, 1) for point in Point), *later]:
        wipe(hall)
        shutil.copytree(kept, hall.inbox, dirs_exist_ok=True)
        daemon = start(hall, point=point, times=times)
        if daemon.process.wait(60) != -signal.SIGKILL:
            survived.append((point, times))
        finish(hall, start(hall))
        assert snapshot(hall) == expected, (point, times)
    assert not survived
