"""I-06, I-12: people are told before a kind closes, when it closes and when it opens again, each once; a clock that jumps opens nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from konbinid.cli.main import main
from konbinid.domain.feeds import KIND_FEEDS, Feed, FeedRule
from konbinid.domain.freshness import AROUND_THE_CLOCK
from konbinid.domain.kinds import Kind
from konbinid.store import state
from konbinid.store.direct import read_now, session, transaction
from konbinid.store.feed_standing import note_standings


@pytest.fixture
def town(database):
    """A feed that is as old as a test says, looked at as a daemon does."""

    class Town:
        hours = 24.0

        def age(self, hours: float) -> None:
            database.run(
                "update intake.feed set fresh_as_of = clock_timestamp() - make_interval(secs => %s) where feed = 'INKAN'",
                (hours * 3600,),
            )

        def look(self) -> list[str]:
            before = database.run("select coalesce(max(id), 0) from ops.alert")[0][0]
            rules = {Feed.INKAN: FeedRule(AROUND_THE_CLOCK, timedelta(hours=self.hours))}
            with session([database.dsn("ops")], "test") as made, transaction(made) as cur:
                read_now(cur, lambda tx: note_standings(tx, rules))
            return [
                row[0]
                for row in database.run("select event from ops.alert where id > %s order by id", (before,))
            ]

        def in_doubt(self) -> frozenset[Feed]:
            with session([database.dsn("desk")], "test") as made, transaction(made) as cur:
                return read_now(cur, state.feeds)[1]

    return Town()


def test_each_change_is_told_once(town):
    """Early at three quarters of the limit, when it closes, when it opens; looking again tells nothing."""
    assert town.look() == []  # never applied: nothing was open
    for hours, told in (
        (1, []),
        (17.9, []),
        (18.1, ["feed_late"]),
        (24.1, ["feed_stale"]),
        (0, ["feed_open_again"]),
    ):
        town.age(hours)
        assert town.look() == told, hours
        assert town.look() == []
    town.age(20)
    assert town.look() == ["feed_late"]


def test_what_was_too_old_stays_closed_when_the_clock_is_set_back(town, database):
    """The data is the same; only the clock says otherwise. A newer file, or a longer limit of the city, opens it."""
    town.age(30)
    assert town.look() == ["feed_stale"]
    # The clock set back by twenty hours, as seen from the data: everything that was written lies twenty hours later.
    database.run("update intake.feed set fresh_as_of = fresh_as_of + interval '20 h'")
    database.run("update ops.feed_standing set as_of = as_of + interval '20 h'")
    assert town.look() == []
    assert town.in_doubt() == {Feed.INKAN}
    town.hours = 48
    assert town.look() == ["feed_open_again"]
    assert town.in_doubt() == frozenset()
    town.hours = 24
    town.age(30)
    town.look()
    town.age(0)
    assert town.in_doubt() == frozenset()  # the desk needs no look for that
    assert town.look() == ["feed_open_again"]


def test_a_feed_behind_a_restoration_is_told_when_it_has_caught_up(town, database):
    """The restoration has an alert of its own; each feed's return is told."""
    town.age(0)
    town.look()
    database.run("select ops.note_restoration('x', true, 'r', null, null, null)")
    assert town.look() == []
    database.run("update intake.feed set caught_up = 1")
    assert town.look() == ["feed_open_again"]


def test_every_kind_closes_with_each_feed_that_its_rules_read():
    """届出処理中 comes by KOSEKI and closes fuhyo: without KOSEKI's news nobody knows it (decision 0038)."""
    always = {Feed.JUMIN, Feed.JPKI, Feed.YOKUSHI}
    assert KIND_FEEDS[Kind.FUHYO] == always | {Feed.FUHYO, Feed.KOSEKI}
    assert KIND_FEEDS[Kind.KOSEKI_ZENBU] == always | {Feed.KOSEKI}
    assert KIND_FEEDS[Kind.INKAN] == always | {Feed.INKAN}
    assert KIND_FEEDS[Kind.KAZEI] == always | {Feed.ZEI}


def test_the_command_shows_age_limit_and_what_comes(database, tmp_path, capsys):
    """Expected age used of the maximum, and until when the data stays fresh."""
    from city_files import make_city_files

    path = make_city_files(tmp_path)
    old = "host=127.0.0.1 port=5432 dbname=konbinid"
    path.write_text(path.read_text().replace(old, database.server.address(database.name)))
    database.run(
        "update intake.feed set fresh_as_of = clock_timestamp() - interval '6 h' where feed = 'INKAN'"
    )
    assert main(["feeds", "--config", str(path)]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "fresh " in lines["INKAN"]
    assert "age 6.0/24.0 h" in lines["INKAN"]
    assert "fresh until" in lines["INKAN"]
    assert "none" in lines["ZEI"]
