"""The operator's hand: a file that is only compared, what ends a file's provisional holds, and what never does (contract 2)."""

from __future__ import annotations

from contextlib import closing

import pytest

from konbinid.store import intake_files, intake_gap, intake_settle
from konbinid.store.intake_link import connect, transaction


def decide(hall, act, name, *more):
    """As `konbinid files` does it."""
    with closing(connect(hall.database.dsn("intake"), "test")) as link, transaction(link) as cur:
        act(cur, intake_files.by_name(cur, name)[-1].id, *more, "見本 一郎")


def feeds_in_doubt(hall):
    return {feed for (feed,) in hall.run("select feed from people.feed_doubt")}


def choose(hall, name):
    hall.run("insert into intake.verify_choice (name, chosen_by) values (%s, 'x')", name)


def test_a_file_chosen_by_name_is_compared_held_and_then_applied(hall, rows):
    """Nothing changes by comparing; who differs is held, nobody else; the report names keys and columns and never a value."""
    hall.take("JUMIN", [rows.person(n, n) for n in (1, 2, 3)], full=True)
    hall.run("update people.person set alias_history = '' where false")
    name = hall.name("JUMIN", full=True)
    choose(hall, name)
    changed = rows.person(2, 2, address="泉大津市東雲町10番", individual_number=rows.individual_number(99))
    hall.put("JUMIN", [rows.person(1, 1), changed, rows.person(4, 4)], full=True, name=name)
    hall.look()
    assert hall.state(name) == "held"
    assert hall.doubted() == {"2", "3", "4"}
    assert hall.run("select count(*) from people.person") == [(3,)]
    assert hall.alerts() == ["file_compared"]
    report = hall.run("select report from intake.incoming where name = %s", name)[0][0]
    assert report["compared"] == {"added": 1, "changed": 1, "removed": 1}
    assert report["differences"] == [
        {"effect": "changed", "key": {"宛名番号": "0000000002"}, "columns": ["住所", "個人番号"]},
        {"effect": "removed", "key": {"宛名番号": "0000000003"}, "columns": []},
        {"effect": "added", "key": {"宛名番号": "0000000004"}, "columns": []},
    ]
    later = hall.put("JUMIN", [rows.person(5, 5)])
    hall.look()
    assert hall.state(later) == "waiting"  # order is kept: the file can still be applied
    decide(hall, intake_settle.approve, name)
    hall.look()
    assert (hall.state(name), hall.state(later)) == ("applied", "applied")
    assert hall.doubted() == set()
    assert {int(n) for (n,) in hall.run("select atena_number from people.person")} == {1, 2, 4, 5}


def test_a_compared_file_is_let_go_with_its_report(hall, rows):
    """Released: the receipt tells the core system which rows differ, the holds end, the feed goes on."""
    hall.take("JUMIN", [rows.person(1)], full=True)
    name = hall.name("JUMIN", full=True)
    choose(hall, name)
    hall.put("JUMIN", [rows.person(1, sex="1")], full=True, name=name)
    hall.look()
    decide(hall, intake_settle.release, name)
    hall.look()
    assert hall.receipt(name).splitlines()[1:] == ["differs=changed 宛名番号=0000000001 columns=性別"]
    assert hall.doubted() == set()
    assert hall.take("JUMIN", []) == "applied"


def test_a_held_file_can_be_compared_first(hall, rows):
    """It would remove too much: who is named but does not differ is no longer held; the removal is still a person's decision."""
    hall.take("JUMIN", [rows.person(n, n) for n in range(1, 31)], full=True)
    name = hall.put("JUMIN", [rows.person(n, n) for n in range(1, 6)], full=True)
    hall.look()
    assert (hall.state(name), len(hall.doubted())) == ("held", 30)
    decide(hall, intake_settle.verify, name)
    hall.look()
    assert (hall.state(name), len(hall.doubted())) == ("held", 25)
    assert hall.run("select stopped_by is not null from intake.feed where feed = 'JUMIN'") == [(True,)]
    decide(hall, intake_settle.approve, name)
    hall.look()
    assert hall.state(name) == "applied"


def test_a_difference_file_is_never_only_compared(hall, rows):
    """What it says would be missing."""
    hall.take("JUMIN", [rows.person(1)], sequence=3)
    name = hall.put("JUMIN", [rows.person(2)], sequence=5)
    hall.look()
    assert hall.state(name) == "waiting"
    with pytest.raises(intake_settle.SettledAlready):
        decide(hall, intake_settle.verify, name)


def test_a_feed_set_to_verify_tells_who_differs_in_its_receipt(hall, rows):
    """The setting of a whole feed has the same report."""
    from dataclasses import replace

    from konbinid.domain.feeds import Feed

    hall.take("JUMIN", [rows.person(1)], full=True)
    hall.feeds[Feed.JUMIN] = replace(hall.feeds[Feed.JUMIN], verify_only=True)
    hall.restart()
    name = hall.put("JUMIN", [rows.person(1, state="3")], full=True)
    hall.look()
    assert hall.receipt(name).splitlines()[1:] == ["differs=changed 宛名番号=0000000001 columns=住民状態"]


@pytest.mark.parametrize("why", ["other_content", "late"])
def test_a_refused_file_whose_keys_cannot_be_read_closes_its_feed(hall, rows, why):
    """The hold that could not be read would be in force for nobody; it ends when an operator has looked, by no other file."""
    first = hall.put("YOKUSHI", [rows.hold(1, "a")], sequence=1)
    hall.look()
    name = first if why == "other_content" else ""
    refused = hall.put("YOKUSHI", [rows.hold(2, "")], sequence=1, name=name)
    hall.look()
    assert hall.state(refused) == "refused"
    assert feeds_in_doubt(hall) == {"YOKUSHI"}
    hall.take("YOKUSHI", [rows.hold(2, "b")], sequence=2)
    hall.take("YOKUSHI", [rows.hold(1, "a"), rows.hold(2, "b")], sequence=3, full=True)
    assert feeds_in_doubt(hall) == {"YOKUSHI"}
    decide(hall, intake_settle.release, refused)
    assert feeds_in_doubt(hall) == set()


def test_an_older_full_file_closes_its_feed_only_when_keys_cannot_be_read(hall, rows):
    """It says what was, so it holds nobody whom it names; of a key that cannot be read nobody knows even that."""
    old = hall.stamp()
    hall.take("YOKUSHI", [rows.hold(1, "a")], sequence=1)
    sound = hall.put("YOKUSHI", [rows.hold(3, "c")], sequence=2, full=True, stamp=old)
    hall.look()
    assert (hall.state(sound), feeds_in_doubt(hall), hall.doubted()) == ("refused", set(), set())
    broken = hall.put("YOKUSHI", [rows.hold(3, "")], sequence=3, full=True, stamp=old)
    hall.look()
    assert (hall.state(broken), feeds_in_doubt(hall), hall.doubted()) == ("refused", {"YOKUSHI"}, set())
    assert hall.take("YOKUSHI", [rows.hold(4, "d")], sequence=4) == "applied"
    assert feeds_in_doubt(hall) == {"YOKUSHI"}
    decide(hall, intake_settle.release, broken)
    assert feeds_in_doubt(hall) == set()


def test_pictures_beside_a_rejected_file_go_to_the_quarantine_with_it(hall, rows):
    """Nothing of a settled file stays in the drop folder; the correction has them from the database."""
    name = hall.put(
        "INKAN",
        [rows.seal(1, "100", name_kind="7")],
        attachments={"100.bmp": rows.bmp()},
        beside=True,
        sequence=1,
    )
    hall.look()
    assert hall.state(name) == "rejected"
    assert list(hall.inbox.iterdir()) == []
    assert len(list((hall.folder / "quarantine").rglob("100.bmp"))) == 1
    assert hall.take("INKAN", [rows.seal(1, "100")], sequence=1) == "applied"


def test_each_resolution_ends_its_own_doubts_only(hall, rows):
    """Two files in doubt about one person: whichever way one is resolved, the other holds on."""
    for feed in ("YOKUSHI", "JPKI"):
        hall.take(feed, [], sequence=1)
    hall.take("JUMIN", [rows.person(1)], sequence=1)
    waiting = hall.put("JUMIN", [rows.person(1, operation="2")], sequence=5)
    hall.look()
    for resolve in ("corrected", "released", "superseded"):
        bad = hall.put("YOKUSHI", [rows.hold(1, "a", category="77")], sequence=2)
        hall.look()
        assert len(hall.run("select distinct incoming_id from people.doubt")) == 2, resolve
        if resolve == "released":
            decide(hall, intake_settle.release, bad)
        else:
            if resolve == "superseded":
                hall.take("YOKUSHI", [rows.hold(1, "a", category="78")], sequence=2)
            hall.take("YOKUSHI", [rows.hold(1, "a")], sequence=2)
        assert hall.doubted() == {"1"}, resolve
        assert len(hall.run("select distinct incoming_id from people.doubt")) == 1, resolve
        hall.run("update intake.feed set last_sequence = 1 where feed = 'YOKUSHI'")
    decide(hall, intake_settle.release, waiting)
    assert hall.doubted() == set()


def test_a_correction_that_was_not_looked_at_is_not_let_go_with_the_file(hall, rows):
    """An operator releases the quarantined file while its correction lies stored: the correction comes late, holds whom it names, and alerts."""
    bad = hall.put("YOKUSHI", [rows.hold(1, "a", category="77")], sequence=1)
    hall.look()
    hall.lease.epoch = None
    correction = hall.put("YOKUSHI", [rows.hold(2, "b")], sequence=1)
    hall.look()
    assert hall.state(correction) == "received"
    decide(hall, intake_settle.release, bad)
    hall.lease.epoch = 0
    hall.look()
    assert hall.state(correction) == "refused"
    assert hall.doubted() == {"2"}
    assert hall.alerts()[-1] == "file_refused"


def test_files_that_come_after_their_gap_was_given_up_are_refused(hall, rows):
    """Late news is not applied behind newer news: told, and whoever is named is held."""
    hall.take("JUMIN", [rows.person(1)], sequence=1)
    waiting = hall.put("JUMIN", [rows.person(2, 2)], sequence=4)
    hall.look()
    decide(hall, intake_gap.give_up, waiting, 3)
    hall.look()
    assert hall.state(waiting) == "applied"
    assert hall.take("JUMIN", [rows.person(1, state="3")], sequence=2) == "refused"
    assert hall.doubted() == {"1"}
    assert hall.alerts()[-1] == "file_refused"
