"""The archive: what PostgreSQL says is applied and over goes, with everything that belongs to it; nothing else does, whatever lies there."""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from datetime import UTC, datetime, timedelta

import foreign_pdfs
import gaiji_samples
import psycopg2
import pytest

from konbinid.intake.archive import clear_archive
from konbinid.store import retention
from konbinid.store.retention import Limits

LATER = datetime.now(UTC) + timedelta(days=1)  # everything that is applied in a test is over by then


def clear(hall, limit=LATER, *, go_on=lambda: True):
    with closing(psycopg2.connect(hall.database.dsn("intake"))) as link:
        link.autocommit = True
        return clear_archive(
            hall.folder / "archive", link, Limits(limit, limit, limit), go_on, lambda _: None
        )


def lying(hall):
    """Everything in the archive, by its path in it."""
    root = hall.folder / "archive"
    return {str(each.relative_to(root)) for each in root.rglob("*")}


@pytest.fixture
def filed(hall, rows):
    """A seal's file with its picture in a folder, and a heartbeat; gives the day's folder and the file's stem."""
    name = hall.put("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    hall.look()
    assert hall.state(name) == "applied"
    stem = name.removesuffix(".csv")
    (day,) = (hall.folder / "archive").iterdir()
    assert lying(hall) == {day.name} | {
        f"{day.name}/{each}" for each in (name, f"{name}.end", stem, f"{stem}/100.bmp")
    }
    return day, stem


def test_a_file_goes_with_marker_and_attachments(hall, filed):
    """And the day's folder, when nothing is left in it. Looking again finds nothing to do."""
    assert clear(hall) == {"removed": 3, "left": 0}
    assert lying(hall) == set()
    assert clear(hall) == {"removed": 0, "left": 0}


def test_what_is_not_over_stays(hall, filed):
    """Counted from being applied: a file with an old name that was applied today is kept its whole time."""
    before = lying(hall)
    hall.run("update intake.incoming set stamp = stamp - interval '400 days'")
    day, _ = filed
    day.rename(day.with_name("20200101"))
    assert clear(hall, datetime.now(UTC) - timedelta(days=1)) == {"removed": 0, "left": 0}
    assert len(lying(hall)) == len(before)


def test_a_clock_that_was_behind_ends_nothing(hall, filed):
    """The database's clock stood at 2001 when the file was applied (a dead battery). The core system's, in the file's name, did not."""
    hall.run("update intake.incoming set applied_at = '2001-01-01'")
    filed[0].rename(filed[0].with_name("20010101"))
    clear(hall, datetime.now(UTC) - timedelta(days=30))
    assert len(lying(hall)) == 5


@pytest.mark.parametrize(
    "state", ["received", "waiting", "held", "rejected", "refused", "released", "superseded"]
)
def test_only_what_was_applied_goes(hall, filed, state):
    """Whatever else a file came to, people decide what becomes of its bytes."""
    hall.run("update intake.incoming set state = %s", state)
    clear(hall)
    assert len(lying(hall)) == 5


def test_other_bytes_under_an_applied_name_stay(hall, filed):
    """Somebody put another file in its place: that is not the one that was applied. Nothing of the name is touched, and it is counted."""
    day, stem = filed
    (day / f"{stem}.csv").write_bytes(b"other")
    assert clear(hall) == {"removed": 0, "left": 1}
    assert len(lying(hall)) == 5


def test_a_repeat_of_an_applied_file_goes_with_it(hall, filed, rows):
    """The same name and bytes came again, were acknowledged, and lie beside the first under a number."""
    day, stem = filed
    for name in (f"{stem}.csv", f"{stem}.csv.end"):
        shutil.copy(day / name, hall.inbox / name)
    hall.restart()
    hall.look()
    assert (day / f"{stem}.csv.2").exists()
    assert clear(hall) == {"removed": 5, "left": 0}
    assert lying(hall) == set()


def test_what_is_not_intakes_stays(hall, filed, tmp_path):
    """Notes of an operator, a file nobody applied, links, pipes: left where they are, and their day's folder with them."""
    day, stem = filed
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_bytes(b"kept")
    (day / "note.txt").write_text("by hand")
    (day / "INKAN_20260101000000_000077_D.csv").write_bytes(b"never came")
    (day / f"{stem}.csv.3").symlink_to(outside / "kept")
    (day / f"{stem}.2").symlink_to(outside)
    (day / f"{stem}" / "link").symlink_to(outside)
    os.mkfifo(day / f"{stem}.csv.4")
    (hall.folder / "archive" / "20000101").symlink_to(outside)
    (hall.folder / "archive" / "notes").mkdir()
    assert clear(hall) == {"removed": 3, "left": 5}
    assert lying(hall) == {day.name, "20000101", "notes"} | {
        f"{day.name}/{name}"
        for name in (
            "note.txt",
            "INKAN_20260101000000_000077_D.csv",
            f"{stem}.csv.3",
            f"{stem}.2",
            f"{stem}.csv.4",
        )
    }
    assert (outside / "kept").read_bytes() == b"kept"


def test_a_daemon_that_stops_begins_no_other_file(hall, filed):
    """The rest is found again by its names."""
    assert clear(hall, go_on=lambda: False) == {"removed": 0, "left": 0}
    assert len(lying(hall)) == 5


def test_what_is_held_can_still_be_named(hall, rows):
    """Contract 2: a difference row may name an attachment that is held, however long ago it came: the seal's picture, the register's PDF, the 外字 font."""
    paper = foreign_pdfs.paper("試験　太郎")
    bound = rows.register("R-1", "01", paper)
    hall.take("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    hall.take("KOSEKI", [bound], attachments={bound[9]: paper})
    font = gaiji_samples.eudc({"\ue000": 1})
    hall.take("GAIJI", gaiji_samples.rows("\ue000"), attachments={"EUDC.TTE": font})
    with closing(psycopg2.connect(hall.database.dsn("intake"))) as link, link, link.cursor() as cur:
        gone = {
            step: retention.remove(cur, step, Limits(LATER, LATER, LATER))
            for step, role in retention.STEPS.items()
            if role == "intake"
        }
    assert gone == {"parts": 3, "names": 3, "attachments": 2, "register_pdfs": 0}
    hall.restart()
    assert hall.take("INKAN", [rows.seal(1, "100", "2", dpi="300")]) == "applied"
    assert hall.take("KOSEKI", [rows.register("R-1", "01", paper, "2", state="2")]) == "applied"
    again = gaiji_samples.row("\ue000", "2", glyph_hash=gaiji_samples.record_hash(font, "\ue000"))
    assert hall.take("GAIJI", [again]) == "applied"
