"""The city-hall relay, with real processes, TLS and PostgreSQL: files go up, receipts come back, and nothing is lost or doubled."""

from __future__ import annotations

import pytest
from fault_town import DAYS
from relay_town import RelayTown, make_town, relaying, serving

pytestmark = pytest.mark.slow


@pytest.fixture
def town(tmp_path, database):
    made = make_town(tmp_path, database)
    yield made
    for line in made.lines:
        line.close()


def put_day(town: RelayTown, hall, rows, feeds=tuple(DAYS)) -> list[str]:
    """A day's files of these feeds in the relay's folder; their names."""
    for feed in feeds:
        DAYS[feed](hall, rows)
    for each in sorted(hall.inbox.iterdir(), key=lambda path: path.name.endswith(".end")):
        each.rename(town.hall / "inbox" / each.name)
    return [name.removesuffix(".end") for name in town.left() if name.endswith(".end")]


def test_a_day_of_every_feed_goes_up_and_its_receipts_come_back(town, hall, rows):
    """All feeds with their pictures, PDFs and font through two processes in two folders: the same states as the inbox's own, the files in archive and
    quarantine of the city hall, receipts there and none in the daemon's own out-box."""
    names = put_day(town, hall, rows)
    assert len(names) > 10
    with serving(town) as server, relaying(town.configure(town.port)) as relay:
        town.wait(lambda: len(town.receipts()) == len(names) - 1, server, relay)
        town.wait(lambda: len(town.left()) == 2, server, relay)
    states = town.states()
    assert set(states) == set(names)
    assert sorted(set(states.values())) == ["applied", "rejected", "waiting"]
    waiting = [name for name, state in states.items() if state == "waiting"]
    assert town.left() == sorted([waiting[0], f"{waiting[0]}.end"])
    for name, state in states.items():
        if state != "waiting":
            assert f"{name}.{'ok' if state == 'applied' else 'ng'}" in town.receipts()
    filed = {"applied": town.filed("archive"), "rejected": town.filed("quarantine")}
    for name, state in states.items():
        if state != "waiting":
            assert sum(each.endswith((name, f"{name}.end")) for each in filed[state]) == 2
    assert any(each.endswith(".bmp") for each in filed["applied"])
    assert list((town.server.parent / "spool" / "outbox").iterdir()) == []
    assert town.run("select count(*) from intake.transfer_part") == [(0,)]
    assert town.run("select distinct relay from intake.incoming") == [("hall",)]
    assert town.run("select count(*) from people.seal where image_sha256 is not null")[0][0] == 2


def test_a_relay_that_falls_silent_is_told_and_that_it_is_back(tmp_path, database):
    """The relay's liveness is watched separately (contract 2): no file need be missing for people to hear that none can come. Once each."""
    town = make_town(tmp_path, database, relays=("hall", "branch"), extra="silent_minutes = 0.25")
    earlier = "update ops.relay set heard_at = heard_at - interval '1 minute', watched_at = watched_at - interval '1 minute' where relay = %s returning 1"
    with serving(town) as server:
        with relaying(town.configure(town.port)):
            town.wait(lambda: town.run(earlier, "branch"), server)
            town.wait(lambda: town.alerts() == [("relay_silent", "branch", "")], server)
            assert town.run("select relay, silent from ops.relay order by 1") == [
                ("branch", True),
                ("hall", False),
            ]
        town.run(earlier, "hall")
        town.wait(lambda: ("relay_silent", "hall", "") in town.alerts(), server)
        with relaying(town.configure(town.port)):
            town.wait(lambda: ("relay_heard_again", "hall", "") in town.alerts(), server)
    assert len(town.alerts()) == 3
