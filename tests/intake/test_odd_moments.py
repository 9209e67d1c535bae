"""What another daemon or an operator does between two steps of a file's way: nothing that a file says may get lost there without a word."""

from __future__ import annotations

from contextlib import closing

import pytest
from twisted.internet.defer import ensureDeferred

from konbinid.domain.feeds import Feed
from konbinid.store import intake_gap, intake_settle
from konbinid.store.intake_link import connect, transaction


def once_staged(hall, feed, act):
    """Do something when the child has read the feed's next file, and nothing is settled yet."""
    worker = hall.lane(Feed(feed))._tools.worker
    run = worker.run
    done = []

    async def and_then(job):
        answer = await run(job)
        if job["job"] == "stage" and not done:
            done.append(act())
        return answer

    worker.run = and_then


def decide(hall, act, name, *said):
    """What an operator's command does about a file."""
    number = hall.run("select max(id) from intake.incoming where name = %s", name)[0][0]
    with closing(connect(hall.database.dsn("intake"), "test")) as link, transaction(link) as cur:
        act(cur, number, *said, "an operator")


@pytest.mark.parametrize("sequence", [2, 3])
def test_rows_that_another_daemon_cleared_hold_their_people_all_the_same(hall, rows, sequence):
    """I-06: a daemon that does not know yet that it lost the lease begins to read, and empties the staging tables of the one that took over. The
    file, rejected or waiting, was then settled as if it named nobody, and a hold in it reached nobody."""
    hall.take("YOKUSHI", [rows.hold(9, "z")], sequence=1)
    once_staged(hall, "YOKUSHI", lambda: hall.run("delete from intake.staged_hold"))
    state = hall.take("YOKUSHI", [rows.hold(1, "a"), rows.hold(2, "b", category="77")], sequence=sequence)
    assert (state, hall.doubted()) == ("rejected" if sequence == 2 else "waiting", {"1", "2"})


def test_rows_that_another_daemon_cleared_are_applied_all_the_same(hall, rows):
    """The same with a good file: it was told as applied, its hold was nowhere, and the core system had its receipt."""
    hall.take("YOKUSHI", [rows.hold(9, "z")])
    once_staged(hall, "YOKUSHI", lambda: hall.run("delete from intake.staged_hold"))
    assert hall.take("YOKUSHI", [rows.hold(1, "a")]) == "applied"
    assert hall.run("select atena_number from people.hold order by 1") == [("0000000001",), ("0000000009",)]


def test_rows_that_are_cleared_while_they_are_written_do_not_count(hall, rows):
    """What vanishes between two statements of the change itself takes the change back, and the file is read again."""
    clerk = hall.lane(Feed.YOKUSHI)._clerk
    cleared = []

    def passing(point):
        if point == "prepared" and not cleared:
            cleared.append(point)
            hall.run(
                "create function people.clear_once() returns trigger language plpgsql security definer as $$ begin "
                "delete from intake.staged_hold; return null; end $$"
            )
            hall.run(
                "create trigger clearing after insert on people.person_lock execute function people.clear_once()"
            )

    clerk._passing = passing
    hall.put("YOKUSHI", [rows.hold(1, "a")])
    hall.look()
    assert hall.run("select state from intake.incoming") == [("received",)]
    hall.run("drop trigger clearing on people.person_lock")
    hall.look()
    assert hall.run("select atena_number from people.hold") == [("0000000001",)]


def test_a_file_that_an_operator_wants_compared_is_not_applied_behind_the_command(hall, rows):
    """The command said that it will be held; whoever gave it goes to look at what differs before anything counts."""
    hall.take("JUMIN", [rows.person(1)], full=True)
    name = hall.put("JUMIN", [rows.person(1, address="泉大津市旭町1番")], full=True)
    clerk = hall.lane(Feed.JUMIN)._clerk
    ask, asked = clerk._ask, []

    def and_then(work):
        found = ask(work)
        if found is intake_settle.apply and not asked:
            asked.append(decide(hall, intake_settle.verify, name))
        return found

    clerk._ask = and_then
    hall.look()
    assert asked
    assert hall.state(name) == "held"
    assert hall.run("select address from people.person") == [("泉大津市東雲町9番12号",)]


def test_a_correction_that_comes_while_its_place_is_taken_is_not_lost(hall, rows):
    """It was settled with the place, unread and without an alert, and the hold in it held nobody. Now it comes late: refused, told, and held."""
    hall.take("YOKUSHI", [rows.hold(1, "a")], sequence=5)
    first = hall.put("YOKUSHI", [rows.hold(1, "b")], sequence=6)
    names = []

    def another_host_stores_it():
        names.append(hall.put("YOKUSHI", [rows.hold(2, "c")], sequence=6))
        arrivals, _ = hall.drop.look(hall.now)
        (arrival,) = [each for each in arrivals if each.name.text == names[0]]
        ensureDeferred(hall.lane(Feed.YOKUSHI)._take_in(arrival))

    once_staged(hall, "YOKUSHI", another_host_stores_it)
    hall.look()
    assert (hall.state(first), hall.state(names[0])) == ("applied", "refused")
    assert (hall.alerts(), hall.doubted()) == (["file_refused"], {"2"})


@pytest.mark.parametrize(
    "case",
    [
        (5, 9, 8, True),
        (5, 9, 6, True),
        (5, 9, 5, False),
        (5, 9, 3, False),
        (5, 9, 9, False),
        (999_997, 2, 999_999, True),
        (999_997, 2, 1, True),
        (999_997, 2, 999_997, False),
        (999_999, 2, 500, False),
    ],
)
def test_a_gap_is_given_up_forwards_only(hall, rows, case):
    """A slip of the finger, or a command given after some of the missing files have come, put the feed back: places that were applied were free
    again, for a file that came too late. Across 999999 the command was refused."""
    last, waiting, through, goes_on = case
    hall.take("YOKUSHI", [rows.hold(1, "a")], sequence=last)
    name = hall.put("YOKUSHI", [rows.hold(1, "c")], sequence=waiting)
    hall.look()
    if goes_on:
        decide(hall, intake_gap.give_up, name, through)
    else:
        with pytest.raises(intake_gap.NotInGap):
            decide(hall, intake_gap.give_up, name, through)
    place = through if goes_on else last
    assert hall.run("select last_sequence from intake.feed where feed = 'YOKUSHI'") == [(place,)]


def test_a_gap_is_not_given_up_over_a_file_that_is_there(hall, rows):
    """The hold in it was never applied, and ended with the command that lets late files go."""
    hall.take("YOKUSHI", [rows.hold(1, "a")], sequence=5)
    hall.take("YOKUSHI", [rows.hold(2, "b")], sequence=7)
    name = hall.put("YOKUSHI", [rows.hold(3, "c")], sequence=9)
    hall.look()
    with pytest.raises(intake_gap.NotInGap):
        decide(hall, intake_gap.give_up, name, 8)


def test_who_gets_a_key_that_a_waiting_file_names_is_held(hall, rows):
    """A cancellation by the registration number alone waits; the file before it gives that number to somebody, and the next is bad."""
    hall.take("INKAN", [], sequence=1)
    hall.take("INKAN", [["9", "", "100", *[""] * 6]], sequence=4)
    assert hall.doubted() == set()
    hall.put("INKAN", [rows.seal(1, "100")], sequence=2, attachments={"100.bmp": rows.bmp()})
    hall.put("INKAN", [rows.seal(3, "300", name_kind="7")], sequence=3)
    hall.look()
    assert hall.doubted() == {"1", "3"}
    hall.take("INKAN", [], sequence=3)
    assert hall.run("select count(*) from people.seal") == [(0,)]
    assert hall.doubted() == set()
