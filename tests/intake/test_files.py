"""Files: complete, in order, once, whole; what is not is quarantined and stops its feed (contract 2, "Files and how one is complete")."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import psycopg2
import pytest

from konbinid.domain.dates import JST
from konbinid.domain.feeds import Feed
from konbinid.store import intake_gap, intake_settle
from konbinid.store.intake_files import by_name
from konbinid.store.intake_link import connect, transaction


def operator(hall, deed):
    """An operator's act, as the office will do it."""
    link = connect(hall.database.dsn("intake"), "test operator")
    try:
        with transaction(link) as cur:
            deed(cur)
    finally:
        link.close()


def test_a_file_is_applied_answered_and_archived(hall, rows):
    """The whole way of a good file: rows in the tables, `.ok`, archive, an empty inbox."""
    name = hall.put("JUMIN", [rows.person(1), rows.person(2, relationship="妻")], full=True)
    hall.look()
    assert hall.state(name) == "applied"
    assert hall.receipt(name).startswith("ok rows=2 added=2 changed=0 removed=0 applied_at=20")
    assert hall.receipt(name).endswith("+09:00\n")
    assert not list(hall.inbox.iterdir())
    assert sorted(each.name for each in hall.folder.glob("archive/*/*")) == [name, f"{name}.end"]
    assert hall.run("select last_sequence, last_name, stopped_by from intake.feed where feed = 'JUMIN'") == [
        (1, name, None)
    ]
    assert not hall.alerts()


def test_without_its_marker_nothing_is_read(hall, rows):
    """A file that is still being written is not touched."""
    name = hall.put("JUMIN", [rows.person(1)])
    (hall.inbox / f"{name}.end").unlink()
    hall.look()
    assert hall.state(name) == ""
    assert (hall.inbox / name).exists()


def test_an_empty_marker_has_a_minute_to_be_filled(hall, rows):
    """60 s of waiting; filled in time the file is good."""
    name = hall.put("JUMIN", [rows.person(1)])
    marker = hall.inbox / f"{name}.end"
    content = marker.read_bytes()
    marker.write_bytes(b"")
    hall.look()
    hall.now = 59
    hall.look()
    assert hall.state(name) == ""
    marker.write_bytes(content)
    hall.look()
    assert hall.state(name) == "applied"


def test_an_empty_marker_that_stays_empty_rejects(hall, rows):
    """After the minute it is malformed."""
    name = hall.put("JUMIN", [rows.person(1)], end=b"")
    hall.look()
    hall.now = 61
    hall.look()
    assert hall.state(name) == "rejected"
    assert hall.report(name) == [(0, "", "end_malformed")]


@pytest.mark.parametrize(
    "end", [b"rows=1\n", b"rows=1 sha256=zz\n", b"\x00" * 1000, b"rows=-1 sha256=" + b"0" * 64]
)
def test_a_malformed_marker_rejects_the_file(hall, rows, end):
    """Rejected with a report; whoever is named is held, and nothing is applied."""
    name = hall.put("JUMIN", [rows.person(1)], end=end)
    hall.look()
    assert hall.state(name) == "rejected"
    assert hall.report(name) == [(0, "", "end_malformed")]
    assert hall.receipt(name).startswith("ng result=rejected rows=0 bad_rows=0\nfault=end_malformed ")
    assert hall.doubted() == {"1"}
    assert hall.run("select count(*) from people.person") == [(0,)]
    assert hall.alerts() == ["file_rejected"]


def test_a_torn_or_changed_file_fails_its_hash(hall, rows):
    """Torn on the way, or written to after its marker."""
    whole = "".join(rows.line(rows.person(n)) for n in (1, 2)).encode()
    marker = f"rows=2 sha256={sha256(whole).hexdigest()}\n".encode()
    torn = hall.put("JUMIN", whole[:-40], end=marker)
    hall.look()
    assert hall.state(torn) == "rejected"
    assert (0, "", "hash_mismatch") in hall.report(torn)
    assert hall.doubted() == {"1"}
    name = hall.put("YOKUSHI", [rows.hold(7, "a")])
    with (hall.inbox / name).open("ab") as file:
        file.write(rows.line(rows.hold(8, "b")).encode())
    hall.look()
    assert {"hash_mismatch", "rows_mismatch"} == {fault for _, _, fault in hall.report(name)}
    assert hall.run("select count(*) from people.hold") == [(0,)]


def test_a_wrong_number_of_rows_rejects(hall, rows):
    """`rows=` counts records."""
    data = rows.line(rows.person(1)).encode()
    name = hall.put("JUMIN", data, end=f"rows=2 sha256={sha256(data).hexdigest()}".encode())
    hall.look()
    assert hall.state(name) == "rejected"
    assert hall.report(name) == [(0, "", "rows_mismatch")]


def test_one_bad_row_rejects_the_whole_file_and_names_every_one(hall, rows):
    """All of a file or none; the report tells line, column and kind, and no value."""
    data = [
        rows.person(1),
        rows.person(2, state="7"),
        rows.person(3),
        rows.person(4, individual_number="123456789012"),
    ]
    name = hall.put("JUMIN", data)
    hall.look()
    assert hall.report(name) == [(2, "住民状態", "unknown_code"), (4, "個人番号", "check_digit")]
    assert hall.run("select count(*) from people.person") == [(0,)]
    receipt = hall.receipt(name)
    assert "line=2 column=住民状態 fault=unknown_code" in receipt
    assert "123456789012" not in receipt
    assert [each.name for each in hall.folder.glob("quarantine/*/*.csv")] == [name]


def test_wrong_columns_and_encodings_reject(hall, rows):
    """A row of too few columns, and a file in Shift_JIS."""
    short = hall.put("JPKI", [rows.serial(1, "ab")[:-1]])
    hall.look()
    assert hall.report(short) == [(1, "", "column_count")]
    japanese = hall.put("JUMIN", "".join(rows.line(rows.person(n)) for n in (1, 2)).encode("shift_jis"))
    hall.look()
    assert {fault for _, _, fault in hall.report(japanese)} == {"not_utf8"}
    assert hall.doubted() == {"1", "2"}


def test_a_gap_waits_with_an_alert_and_is_filled(hall, rows):
    """Out of sequence: 3 waits for 2, whoever it names is held meanwhile, and both are applied in their order."""
    hall.take("JUMIN", [rows.person(1)])
    third = hall.name("JUMIN", sequence=3)
    second = hall.name("JUMIN", sequence=2)
    assert hall.take("JUMIN", [rows.person(1, operation="2", name="三番")], name=third) == "waiting"
    assert hall.alerts() == ["sequence_gap"]
    assert hall.run("select detail from ops.alert") == [({"missing_from": 2, "missing_through": 2},)]
    assert hall.doubted() == {"1"}
    hall.look()
    assert hall.alerts() == ["sequence_gap"]
    assert hall.receipt(third) == ""
    assert hall.take("JUMIN", [rows.person(1, operation="2", name="二番")], name=second) == "applied"
    assert hall.state(third) == "applied"
    assert hall.run("select name from people.person") == [("三番",)]
    assert not hall.doubted()


def test_every_gap_is_told(hall, rows):
    """One behind another gap when its turn comes, and one behind a stop when the feed goes on: else the feed would stand in silence."""
    hall.take("JUMIN", [rows.person(1)], sequence=1)
    for number in (6, 4, 3):
        hall.take("JUMIN", [rows.person(number)], sequence=number)
    hall.take("JUMIN", [rows.person(2)], sequence=2)
    hall.look()
    bad = hall.put("YOKUSHI", [rows.hold(1, "a", category="77")], sequence=1)
    hall.look()
    hall.take("YOKUSHI", [rows.hold(2, "b")], sequence=3)
    operator(hall, lambda cur: intake_settle.release(cur, by_name(cur, bad)[0].id, "係長"))
    hall.look()
    hall.restart()
    hall.look()
    told = hall.run("select subject, detail from ops.alert where event = 'sequence_gap' order by id")
    assert [(subject.split("_")[0], detail["missing_from"]) for subject, detail in told] == [
        ("JUMIN", 2),
        ("JUMIN", 5),
        ("YOKUSHI", 2),
    ]


def test_an_operator_gives_up_a_gap(hall, rows):
    """The files that never come are given up, and the waiting one is applied."""
    hall.take("JUMIN", [rows.person(1)], sequence=1)
    name = hall.put("JUMIN", [rows.person(2)], sequence=5)
    hall.look()
    operator(hall, lambda cur: intake_gap.give_up(cur, by_name(cur, name)[0].id, 4, "係長"))
    hall.look()
    assert hall.state(name) == "applied"


def test_the_number_after_999999_is_000001(hall, rows):
    """The first file may have any number, and the numbers go round."""
    assert hall.take("JUMIN", [rows.person(1)], sequence=999_999) == "applied"
    assert hall.take("JUMIN", [rows.person(2)], sequence=1) == "applied"
    assert hall.take("JUMIN", [rows.person(3)], sequence=999_998) == "refused"


def test_a_repeat_is_acknowledged_and_changes_nothing(hall, rows):
    """Same name, same bytes: `.ok` again."""
    name = hall.put("JUMIN", [rows.person(1)])
    hall.look()
    first = hall.receipt(name)
    (hall.folder / "outbox" / f"{name}.ok").unlink()
    before = hall.change_numbers()
    hall.put("JUMIN", [rows.person(1)], name=name)
    hall.look()
    assert hall.receipt(name) == first
    assert hall.change_numbers() == before
    assert hall.run("select count(*) from intake.incoming") == [(1,)]
    assert not list(hall.inbox.iterdir())
    assert len(list(hall.folder.glob("archive/*/*.csv*"))) == 4  # nothing in the archive was overwritten


def test_the_same_name_with_other_content_is_refused(hall, rows):
    """Refused with an alert; what it names contradicts what was applied, so those people are held until an operator has looked."""
    name = hall.put("JUMIN", [rows.person(1)])
    hall.look()
    hall.put("JUMIN", [rows.person(1, name="別人")], name=name)
    hall.look()
    assert hall.state(name) == "refused"
    assert (0, "", "other_content") in hall.report(name)
    assert hall.alerts() == ["file_refused"]
    assert hall.doubted() == {"1"}
    assert hall.run("select name from people.person") != [("別人",)]
    operator(hall, lambda cur: intake_settle.release(cur, by_name(cur, name)[-1].id, "係長"))
    assert not hall.doubted()
    assert hall.take("JUMIN", [rows.person(2)]) == "applied"


def test_a_number_that_was_used_is_refused(hall, rows):
    """Another file under an applied number: late, told so, not applied."""
    hall.take("JUMIN", [rows.person(1)], sequence=7)
    name = hall.put("JUMIN", [rows.person(2)], sequence=7)
    hall.look()
    assert hall.state(name) == "refused"
    assert hall.report(name) == [(0, "", "late")]
    assert hall.doubted() == {"2"}


def test_a_rejected_file_stops_its_feed_and_no_other(hall, rows):
    """I-13's way: one feed stops, the others go on; later files wait and hold whom they name."""
    bad = hall.put("JUMIN", [rows.person(1, sex="5")], sequence=1)
    later = hall.put("JUMIN", [rows.person(2)], sequence=2)
    other = hall.put("JPKI", [rows.serial(1, "ab")])
    hall.look()
    assert [hall.state(each) for each in (bad, later, other)] == ["rejected", "waiting", "applied"]
    assert hall.doubted() == {"1", "2"}
    assert hall.run("select count(*) from people.person") == [(0,)]
    assert hall.alerts() == ["file_rejected"]  # the stop was told; the wait behind it is no second news


def test_a_corrected_file_resolves_it(hall, rows):
    """The same number, a newer stamp: applied, the rejected one is settled, every provisional hold of both ends."""
    bad = hall.put("JUMIN", [rows.person(1, sex="5"), rows.person(9)], sequence=1)
    later = hall.put("JUMIN", [rows.person(2)], sequence=2)
    hall.look()
    assert hall.doubted() == {"1", "9", "2"}
    corrected = hall.put("JUMIN", [rows.person(1)], sequence=1)
    hall.look()
    assert [hall.state(each) for each in (bad, corrected, later)] == ["superseded", "applied", "applied"]
    assert not hall.doubted()
    assert hall.run("select stopped_by from intake.feed where feed = 'JUMIN'") == [(None,)]


def test_a_correction_with_an_older_stamp_is_none(hall, rows):
    """What was written before the rejected file does not correct it."""
    early = hall.name("JUMIN", sequence=1)
    bad = hall.put("JUMIN", [rows.person(1, sex="5")], sequence=1)
    hall.look()
    assert hall.take("JUMIN", [rows.person(1)], name=early) == "refused"
    assert hall.report(early) == [(0, "", "older")]
    assert hall.state(bad) == "rejected"


def test_an_operator_releases_a_rejected_file(hall, rows):
    """The feed goes on behind it, and nobody stays held for it."""
    bad = hall.put("JUMIN", [rows.person(1, sex="5")], sequence=1)
    later = hall.put("JUMIN", [rows.person(2)], sequence=2)
    hall.look()
    operator(hall, lambda cur: intake_settle.release(cur, by_name(cur, bad)[0].id, "係長"))
    hall.look()
    assert [hall.state(each) for each in (bad, later)] == ["released", "applied"]
    assert not hall.doubted()
    assert hall.run("select resolved_by from intake.incoming where name = %s", bad) == [("係長",)]


def test_a_full_file_older_than_what_was_applied_is_refused(hall, rows):
    """It would bring back what differences have changed since; the feed goes on behind it."""
    old = hall.stamp()
    hall.take("JUMIN", [rows.person(1)], sequence=1)
    name = hall.put("JUMIN", [rows.person(2)], full=True, sequence=2, stamp=old)
    hall.look()
    assert hall.state(name) == "refused"
    assert hall.report(name) == [(0, "", "full_older")]
    assert not hall.doubted()
    assert hall.take("JUMIN", [rows.person(3)], sequence=3) == "applied"


def test_an_older_full_file_corrects_nothing(hall, rows):
    """Under the number of a rejected file it is refused like anywhere else: the feed stays stopped, and who was named stays held."""
    bad_one, full_one, applied = hall.stamp(), hall.stamp(), hall.stamp()
    hall.take("YOKUSHI", [rows.hold(1, "a")], sequence=1, stamp=applied)
    bad = hall.put("YOKUSHI", [rows.hold(2, "b", category="77")], sequence=2, stamp=bad_one)
    hall.look()
    assert hall.take("YOKUSHI", [rows.hold(3, "c")], full=True, sequence=2, stamp=full_one) == "refused"
    assert hall.state(bad) == "rejected"
    assert hall.doubted() == {"2"}
    assert hall.take("YOKUSHI", [], sequence=3) == "waiting"


def test_an_older_full_file_that_waited_holds_nobody(hall, rows):
    """It named the whole city while it waited; once it is refused it counts for nothing."""
    hall.take("JUMIN", [rows.person(1)], sequence=1)
    name = hall.put("JUMIN", [rows.person(1), rows.person(2)], full=True, sequence=3)
    hall.look()
    assert hall.doubted() == {"1", "2"}
    hall.take("JUMIN", [rows.person(3)], sequence=2)
    assert hall.state(name) == "refused"
    assert not hall.doubted()


def test_a_stamp_in_the_future_is_rejected(hall, rows):
    """I-06: a seal row stamped years ahead would outlive every name change to come."""
    ahead = hall.run("select (clock_timestamp() at time zone 'Asia/Tokyo')")[0][0] + timedelta(minutes=11)
    name = hall.put("JUMIN", [rows.person(1)], stamp=ahead)
    hall.look()
    assert hall.state(name) == "rejected"
    assert hall.report(name) == [(0, "", "stamp_ahead")]
    near = ahead - timedelta(minutes=5)
    assert hall.take("JPKI", [rows.serial(1, "ab")], stamp=near) == "applied"


def test_a_file_from_the_future_is_corrected_by_one_of_today(hall, rows):
    """Its receipt asks for the same file with the right time stamp, which is older: it was refused, and everybody named was held."""
    ahead = {"stamp": datetime.now(JST).replace(tzinfo=None, microsecond=0) + timedelta(days=300)}
    seals = [rows.seal(1, "100")]
    pictures = {"100.bmp": rows.bmp()}
    assert hall.take("INKAN", seals, sequence=1, attachments=pictures, **ahead) == "rejected"
    assert hall.take("INKAN", seals, sequence=1) == "applied"
    assert hall.doubted() == set()


def test_a_file_from_the_future_that_waits_does_not_outdo_its_correction(hall, rows):
    """Both wait for an earlier number: the wrong stamp looked newer."""
    ahead = {"stamp": datetime.now(JST).replace(tzinfo=None, microsecond=0) + timedelta(days=300)}
    hall.take("JUMIN", [rows.person(1)], sequence=1)
    wrong = hall.put("JUMIN", [rows.person(2)], sequence=3, **ahead)
    right = hall.put("JUMIN", [rows.person(2)], sequence=3)
    hall.look()
    hall.take("JUMIN", [], sequence=2)
    assert (hall.state(wrong), hall.state(right)) == ("superseded", "applied")
    assert hall.doubted() == set()


def test_a_heartbeat_counts_as_news(hall, rows):
    """rows=0: nothing changes but how fresh the feed is; never fresher than now (I-12)."""
    hall.take("JUMIN", [rows.person(1)])
    before = hall.change_numbers()
    beat = hall.put("JUMIN", [])
    hall.look()
    assert hall.receipt(beat).startswith("ok rows=0 added=0 changed=0 removed=0")
    assert hall.change_numbers() == before
    as_of = hall.run(
        "select fresh_as_of at time zone 'Asia/Tokyo', last_stamp from intake.feed where feed = 'JUMIN'"
    )[0]
    assert as_of[0] == as_of[1]
    ahead = hall.run("select (clock_timestamp() at time zone 'Asia/Tokyo')")[0][0] + timedelta(minutes=5)
    hall.take("JUMIN", [], stamp=ahead)
    assert hall.run("select fresh_as_of <= clock_timestamp() from intake.feed where feed = 'JUMIN'") == [
        (True,)
    ]


def test_a_rejected_or_waiting_file_does_not_make_a_feed_fresh(hall, rows):
    """I-06, I-12: a stalled feed grows old whatever arrives behind the stop."""
    hall.put("JUMIN", [rows.person(1, sex="5")], sequence=1)
    hall.put("JUMIN", [], sequence=2)
    hall.look()
    assert hall.run("select fresh_as_of, last_applied_at from intake.feed where feed = 'JUMIN'") == [
        (None, None)
    ]


def test_links_devices_and_odd_names_are_not_followed(hall, rows, tmp_path):
    """Nothing but a plain file in the folder is read, and nobody waits for a pipe."""
    outside = tmp_path / "outside"
    outside.write_bytes(rows.line(rows.person(1)).encode())
    linked = hall.put("JUMIN", [rows.person(1)], sequence=1)
    (hall.inbox / linked).unlink()
    (hall.inbox / linked).symlink_to(outside)
    piped = hall.put("JPKI", [rows.serial(1, "ab")], sequence=1)
    (hall.inbox / piped).unlink()
    os.mkfifo(hall.inbox / piped)
    (hall.inbox / "JUMIN_1.csv.end").write_bytes(b"")
    (hall.inbox / os.fsdecode(b"\xff\xfe\n.end")).write_bytes(b"")
    (hall.inbox / "YOKUSHI_20250601090000_000001_D.csv.end").symlink_to(outside)
    (hall.inbox / "YOKUSHI_20250601090000_000001_D.csv").write_bytes(b"")
    hall.look()
    assert hall.state(linked) == hall.state(piped) == ""
    assert (
        hall.state("YOKUSHI_20250601090000_000001_D.csv") == "rejected"
    )  # a marker that is a link is no marker
    _, oddities = hall.drop.look(0)
    odd_name = "not <FEED>_<yyyymmddHHMMSS>_<seq>_<F|D>.<csv|dat>"
    assert {(each.name, each.reason) for each in oddities} == {
        ("", odd_name),  # a name that is none to repeat is not repeated
        ("JUMIN_1.csv.end", odd_name),
        (piped, "not a plain file"),
        (linked, "not a plain file"),
    }


def test_a_wrong_extension_is_rejected(hall, rows):
    """A .dat where the layout reads CSV."""
    name = hall.put("JUMIN", [rows.person(1)], name=hall.name("JUMIN").replace(".csv", ".dat"))
    hall.look()
    assert (0, "", "wrong_extension") in hall.report(name)


def test_a_removal_of_too_many_waits_for_an_operator(hall, rows):
    """More than 5 % and at least 20 rows: held, everyone who would go is held too, and applied when approved."""
    everybody = [rows.person(n, household=n) for n in range(1, 101)]
    hall.take("JUMIN", everybody, full=True)
    assert hall.take("JUMIN", everybody[:81], full=True) == "applied"  # 19 of 100
    assert hall.take("JUMIN", everybody, full=True) == "applied"
    name = hall.put("JUMIN", everybody[:80], full=True)
    hall.look()
    assert hall.state(name) == "held"
    assert hall.run(
        "select report ->> 'would_remove', report ->> 'present' from intake.incoming where name = %s", name
    ) == [("20", "100")]
    assert hall.doubted() == {str(n) for n in range(1, 101)}
    assert hall.run("select count(*) from people.person") == [(100,)]
    assert hall.alerts() == ["file_held"]
    hall.look()
    assert hall.state(name) == "held"
    operator(hall, lambda cur: intake_settle.approve(cur, by_name(cur, name)[0].id, "係長"))
    hall.look()
    assert hall.state(name) == "applied"
    assert hall.receipt(name).startswith("ok rows=80 added=0 changed=0 removed=20")
    assert not hall.doubted()


def test_a_difference_file_that_removes_too_many_is_held_too(hall, rows):
    """The share counts whatever kind of file it is."""
    hall.take("JUMIN", [rows.person(n, household=n) for n in range(1, 41)], full=True)
    assert hall.take("JUMIN", [rows.person(n, operation="9") for n in range(1, 21)]) == "held"


def test_any_removal_of_a_hold_waits(hall, rows):
    """Restrictive news counts before permissive news: a hold never ends by a file nobody looked at."""
    hall.take("YOKUSHI", [rows.hold(1, "a"), rows.hold(2, "b")], full=True)
    name = hall.put("YOKUSHI", [rows.hold(1, "a")], full=True)
    hall.look()
    assert hall.state(name) == "held"
    assert hall.run("select count(*) from people.hold") == [(2,)]


def test_the_same_key_twice_in_a_full_file_is_a_bad_row(hall, rows):
    """A key stands once; both lines are named."""
    name = hall.put("JUMIN", [rows.person(1), rows.person(2), rows.person(1, name="ほか")], full=True)
    hall.look()
    assert hall.report(name) == [(1, "宛名番号", "duplicate_key"), (3, "宛名番号", "duplicate_key")]
    assert hall.doubted() == {"1", "2"}


def test_a_daemon_without_the_lease_does_nothing(hall, rows):
    """And one whose epoch is old changes nothing, whatever it had prepared (I-07)."""
    hall.lease.epoch = None
    name = hall.put("JUMIN", [rows.person(1)])
    hall.look()
    assert hall.state(name) == "received"
    hall.lease.epoch = 0
    hall.run("update ops.lease set epoch = 1")
    hall.look()
    assert hall.state(name) == "received"
    assert hall.run("select count(*) from people.person") == [(0,)]
    hall.lease.epoch = 1
    hall.look()
    assert hall.state(name) == "applied"


def test_what_is_staged_counts_only_when_it_is_whole(hall, rows):
    """The staging tables are unlogged: rows that went missing are read again, never half applied."""
    name = hall.put("JUMIN", [rows.person(1), rows.person(2)])
    lost = []

    def lose(point):
        if point == "prepared" and not lost:
            lost.append(point)
            hall.run("delete from intake.staged_person where line = 2")

    hall.points = type("Points", (), {"append": staticmethod(lose)})()
    hall.look()
    assert lost
    assert hall.state(name) == "applied"
    assert hall.run("select count(*) from people.person") == [(2,)]


def test_verify_only_reports_and_holds(hall, rows):
    """A full file of a feed set so changes nothing; the people for whom it differs are held until one agrees."""
    hall.take("JUMIN", [rows.person(1), rows.person(2), rows.person(3)], full=True)
    feed = next(feed for feed in hall.feeds if feed == "JUMIN")
    hall.feeds[feed] = type(hall.feeds[feed])(hall.feeds[feed].layout, verify_only=True)
    hall.restart()
    name = hall.put("JUMIN", [rows.person(1, name="別"), rows.person(2), rows.person(4)], full=True)
    hall.look()
    assert hall.receipt(name).startswith("ok rows=3 added=0 changed=0 removed=0")
    assert hall.run("select report -> 'verified' from intake.incoming where name = %s", name) == [
        ({"added": 1, "changed": 1, "removed": 1},)
    ]
    assert hall.doubted() == {"1", "3", "4"}
    assert hall.alerts() == ["feed_differs"]
    hall.take("JUMIN", [rows.person(1), rows.person(2), rows.person(3)], full=True)
    assert not hall.doubted()


def verifying(hall, feed, *, only=True):
    """The feed's full files report only, or are applied again."""
    hall.feeds[feed] = replace(hall.feeds[feed], verify_only=only)
    hall.restart()


def test_a_full_file_that_waited_to_verify_holds_only_those_who_differ(hall, rows):
    """While it waits everybody in it is held; once it has been compared, only who differs."""
    hall.take("JUMIN", [rows.person(1), rows.person(2)], sequence=1)
    verifying(hall, Feed.JUMIN)
    between = hall.stamp()
    assert hall.take("JUMIN", [rows.person(1, name="別"), rows.person(2)], full=True, sequence=3) == "waiting"
    assert hall.doubted() == {"1", "2"}
    hall.take("JUMIN", [], sequence=2, stamp=between)
    assert hall.doubted() == {"1"}


def test_a_hold_behind_a_comparison_does_not_wait_for_it(hall, rows):
    """Decision 0043: the feed goes on, so restrictive news are in force at once; who differs stays held, by the register's key and by the file's, until a full file
    agrees, whatever differences say meanwhile."""
    hall.take("YOKUSHI", [rows.hold(1, "a"), rows.hold(2, "b")], full=True)
    verifying(hall, Feed.YOKUSHI)
    hall.take("YOKUSHI", [rows.hold(1, "a"), rows.hold(3, "b"), rows.hold(4, "d")], full=True)
    assert hall.doubted() == {"2", "3", "4"}
    assert hall.take("YOKUSHI", [rows.hold(5, "e")]) == "applied"
    assert hall.run("select hold_number from people.hold order by 1") == [("a",), ("b",), ("e",)]
    assert hall.take("YOKUSHI", [rows.hold(3, "b", "2"), rows.hold(4, "d")]) == "applied"
    assert hall.doubted() == {"2", "3", "4"}
    agrees = [rows.hold(number, name) for number, name in ((1, "a"), (3, "b"), (4, "d"), (5, "e"))]
    assert hall.take("YOKUSHI", agrees, full=True) == "applied"
    assert not hall.doubted()


def test_a_full_file_that_is_applied_ends_what_verifying_held(hall, rows):
    """Its data are the feed's now: nobody differs any more, and nobody could release these people by hand."""
    hall.take("JUMIN", [rows.person(1), rows.person(2)], full=True)
    verifying(hall, Feed.JUMIN)
    hall.take("JUMIN", [rows.person(1, name="別"), rows.person(2)], full=True)
    assert hall.doubted() == {"1"}
    verifying(hall, Feed.JUMIN, only=False)
    hall.take("JUMIN", [rows.person(3)])
    assert hall.doubted() == {"1"}  # a difference file says nothing about the others
    assert hall.take("JUMIN", [rows.person(n) for n in (1, 2, 3)], full=True) == "applied"
    assert not hall.doubted()


def test_a_file_that_can_never_be_processed_is_rejected_in_the_end(hall, rows):
    """A defect of ours on one file must not keep the feed trying for ever in silence: three tries, then people are told."""
    hall.run("alter table people.person add constraint nobody check (name <> '例外')")
    name = hall.put("JUMIN", [rows.person(1), rows.person(2, name="例外")])
    for _ in range(3):
        with pytest.raises(psycopg2.errors.CheckViolation):
            hall.look()
        assert hall.state(name) == "received"
    hall.look()
    assert hall.state(name) == "rejected"
    assert hall.report(name) == [(0, "", "not_processed")]
    assert hall.doubted() == {"1", "2"}
    assert hall.alerts() == ["file_rejected"]


def test_a_restart_finds_its_way_from_the_database_alone(hall, rows):
    """A new daemon with an empty memory: waiting files wait on, applied ones get their receipt again, nothing is done twice."""
    hall.take("JUMIN", [rows.person(1)], sequence=1)
    waiting = hall.put("JUMIN", [rows.person(3)], sequence=3)
    hall.look()
    before = hall.change_numbers()
    hall.restart()
    hall.look()
    assert hall.state(waiting) == "waiting"
    assert hall.change_numbers() == before
    hall.restart()
    assert hall.take("JUMIN", [rows.person(2)], sequence=2) == "applied"
    assert hall.state(waiting) == "applied"
    assert hall.receipt(waiting).startswith("ok ")
    assert not list(hall.inbox.iterdir())


def test_the_other_host_goes_on_without_the_folder(hall, rows):
    """Bytes and pictures are in the database from the first step: what one host stored, the other applies (and gives its receipt)."""
    name = hall.put("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    hall.lease.epoch = None
    hall.look()
    assert hall.state(name) == "received"
    shutil.rmtree(hall.inbox)
    hall.inbox.mkdir()
    hall.restart()
    hall.lease.epoch = 0
    hall.look()
    assert hall.state(name) == "applied"
    assert hall.receipt(name).startswith("ok rows=1 added=1")
    assert hall.run("select count(*) from people.seal where rows is not null") == [(1,)]


def test_an_operators_act_counts_only_where_it_fits(hall, rows):
    """What was decided meanwhile is not decided again: approving what is not held, giving up a gap behind a stopped feed."""
    applied = hall.put("JPKI", [rows.serial(1, "ab")])
    stopped = hall.put("JUMIN", [rows.person(1, sex="5")], sequence=1)
    waiting = hall.put("JUMIN", [rows.person(2)], sequence=3)
    hall.look()
    acts = [
        lambda cur: intake_settle.approve(cur, by_name(cur, stopped)[0].id, "係長"),
        lambda cur: intake_settle.release(cur, by_name(cur, applied)[0].id, "係長"),
        lambda cur: intake_gap.give_up(cur, by_name(cur, waiting)[0].id, 2, "係長"),
    ]
    for act in acts:
        with pytest.raises(intake_settle.SettledAlready):
            operator(hall, act)
    assert [hall.state(each) for each in (applied, stopped, waiting)] == ["applied", "rejected", "waiting"]
