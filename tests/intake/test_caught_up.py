"""I-11: after the database went back, a feed is fresh again only by a file that was written later and came in its order."""

from __future__ import annotations

from datetime import datetime, timedelta

from konbinid.domain.dates import JST


def caught_up(hall) -> bool:
    return hall.run(
        "select caught_up = (select max(id) from ops.restoration) from intake.feed where feed = 'JUMIN'"
    ) == [(True,)]


def went_back(hall) -> None:
    hall.run("select ops.note_restoration('host', false, 'r', 1, 2, null)")


def later() -> datetime:
    """A minute ahead of the note, as a core system's clock may be."""
    return datetime.now(JST).replace(tzinfo=None, microsecond=0) + timedelta(minutes=1)


def test_older_files_that_are_dropped_again_open_nothing(hall, rows):
    """The archive's files are applied, and are as old as they were; the file written later opens, not before its gap is closed."""
    hall.take("JUMIN", [rows.person(1)], full=True, sequence=1)
    went_back(hall)
    assert hall.take("JUMIN", [rows.person(2, 2)], sequence=2) == "applied"
    assert not caught_up(hall)
    newest = hall.put("JUMIN", [], sequence=4, stamp=later())
    hall.look()
    assert (hall.state(newest), caught_up(hall), hall.alerts()) == ("waiting", False, ["sequence_gap"])
    assert hall.take("JUMIN", [rows.person(3, 3)], sequence=3) == "applied"
    assert (hall.state(newest), caught_up(hall)) == ("applied", True)
    went_back(hall)
    assert not caught_up(hall)  # each return asks for a file of its own


def test_what_has_caught_up_stays_so(hall, rows):
    """Files come in their order, so one written later proves everything before it, also when the next one bears a stamp from before."""
    hall.take("JUMIN", [rows.person(1)], full=True)
    went_back(hall)
    hall.run("update ops.restoration set at = at - interval '2 hours'")
    went_back(hall)
    assert hall.take("JUMIN", [], stamp=later()) == "applied"
    assert hall.take("JUMIN", [], stamp=later() - timedelta(hours=1)) == "applied"
    assert caught_up(hall)


def test_a_feed_whose_first_full_file_is_lost_needs_one(hall, rows):
    """The backup is older than the feed's beginning: a heartbeat of an empty feed proves nothing."""
    went_back(hall)
    assert hall.take("JUMIN", [], stamp=later()) == "applied"
    assert not caught_up(hall)
    assert hall.take("JUMIN", [rows.person(1)], full=True, stamp=later()) == "applied"
    assert caught_up(hall)
