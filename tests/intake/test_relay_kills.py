"""The relay and the server killed by -9 at named points: it ends as an undisturbed run of the daemon's own inbox, nothing lost and nothing twice."""

from __future__ import annotations

import shutil
import signal

import pytest
from fault_town import drop, snapshot, start, until_done, wipe
from relay_pair import Pair

from konbinid.domain.feeds import Feed

pytestmark = pytest.mark.slow
FEEDS = (Feed.JUMIN, Feed.INKAN, Feed.JPKI)
FILES, WAITING = 6, 1

# A sample; `make drill-relay` tries every point with every feed.
RELAY_POINTS = [("block", 1), ("finished", 3), ("answered", 2)]
SERVER_POINTS = [("part", 2), ("stored", 2), ("settled", 3)]


@pytest.fixture
def pair(hall):
    made = Pair(hall)
    yield made
    made.end()


def finish(pair: Pair) -> None:
    """Both sides run until only the file that waits for another is left."""
    hall = pair.hall

    def done() -> bool:
        states = dict(hall.run("select name, state from intake.incoming"))
        open_transfers = hall.run(
            "select count(*) from intake.transfer t left join intake.incoming i on i.id = t.incoming_id where i.state is distinct from 'waiting'"
        )
        left = [each.name for each in hall.inbox.iterdir()]
        return len(states) == FILES and len(left) == 2 * WAITING and open_transfers == [(0,)]

    pair.wait(done, 60)


@pytest.fixture
def expected(hall, rows, pair, tmp_path):
    """Tables, folders and receipts of the same day taken in by the daemon's own inbox; the files as they were dropped."""
    hall.feeds = {feed: hall.feeds[feed] for feed in FEEDS}
    assert drop(hall, rows, FEEDS) == FILES
    kept = tmp_path / "dropped"
    shutil.copytree(hall.inbox, kept)
    daemon = start(hall)
    assert until_done(hall, FILES, daemon)
    daemon.stop()
    found = snapshot(hall)
    assert len(found["outbox"]) == FILES - WAITING
    return found, kept


def begin_again(hall, kept) -> None:
    hall.run("delete from intake.transfer")
    wipe(hall)
    shutil.copytree(kept, hall.inbox, dirs_exist_ok=True)


def test_undisturbed_it_ends_as_the_inbox_does(pair, hall, expected):
    """The relay is another way for the same files: the same tables, receipts, archive and quarantine."""
    found, kept = expected
    begin_again(hall, kept)
    server, relay = pair.server(), pair.relay()
    finish(pair)
    relay.stop()
    server.stop()
    assert snapshot(hall) == found


def test_a_relay_that_dies_at_any_point_loses_and_doubles_nothing(pair, hall, expected):
    """It keeps no state but its folders: another one offers what lies there and is told what came."""
    found, kept = expected
    for point, times in RELAY_POINTS:
        begin_again(hall, kept)
        server, relay = pair.server(), pair.relay(point=point, times=times)
        pair.wait(lambda: relay.process.poll() is not None)  # noqa: B023
        assert relay.process.returncode == -signal.SIGKILL, (point, relay.text())
        second = pair.relay()
        finish(pair)
        second.stop()
        server.stop()
        assert snapshot(hall) == found, (point, times)


def test_a_server_that_dies_at_any_point_loses_and_doubles_nothing(pair, hall, expected):
    """What was answered is in PostgreSQL; what was not comes again."""
    found, kept = expected
    for point, times in SERVER_POINTS:
        begin_again(hall, kept)
        server, relay = pair.server(point=point, times=times), pair.relay()
        pair.wait(lambda: server.process.poll() is not None)  # noqa: B023
        assert server.process.returncode == -signal.SIGKILL, (point, server.text())
        second = pair.server()
        finish(pair)
        relay.stop()
        second.stop()
        assert snapshot(hall) == found, (point, times)
