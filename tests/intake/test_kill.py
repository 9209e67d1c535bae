"""Exactly once: kill -9 at every named point, start again, and the tables, receipts and folders are those of an undisturbed run."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import foreign_pdfs as pdfs
import gaiji_samples
import pytest

from konbinid.intake.steps import Point

PROGRAM = Path(__file__).with_name("mortal_daemon.py")

TABLES = (
    "select atena_number, household_number, name, address, individual_number_digest from people.person",
    "select atena_number, names_stamp from people.person_lock",
    "select household_number, atena_number, number from people.member_number",
    "select type, serial, resident_code_digest, present from people.credential",
    "select business_code, hold_number, atena_number from people.hold",
    "select registration_number, atena_number, state, image_sha256, rows, file_stamp from people.seal",
    "select year, atena_number, address, annual_tax, defect from people.tax",
    "select register_number, member, state, pdf_sha256 from people.koseki",
    "select register_number, member, display, pdf_sha256 from people.fuhyo",
    "select sha256, pages from people.register_pdf",
    "select register_number from people.register_lock",
    "select register_number, member, birth_date, atena_number from people.register_link",
    "select register_number, member, number from people.register_member_number",
    "select atena_number, resident_code_digest, household_number, register_number, held_member, name from people.doubt d join intake.incoming i on i.id = d.incoming_id",
    "select code, version, glyph_hash, shape_hash, redefinable, font_name, note from library.gaiji",
    "select version, sha256, characters, length(content) from library.gaiji_font",
    "select d.feed, name from people.feed_doubt d join intake.incoming i on i.id = d.incoming_id",
    "select name, state, added, changed, removed, encode(sha256, 'hex') from intake.incoming",
    "select feed, last_sequence, last_name, last_stamp, fresh_as_of, stopped_by is null from intake.feed",
    "select event, subject from ops.alert",
    "select count(*) from intake.incoming_part",
    "select n.feed, n.name, i.name from intake.attachment_name n join intake.incoming i on i.id = n.incoming_id",
)


def drop(hall, rows) -> None:
    """A day's files: a full one, differences, pictures in a folder and beside, one to be rejected, one that waits for another."""
    hall.put(
        "JUMIN", [rows.person(1), rows.person(2, relationship="妻"), rows.person(3, 3)], full=True, sequence=1
    )
    hall.put(
        "JUMIN", [rows.person(2, 3, "2", name="改姓"), rows.person(4, 1), rows.person(3, 3, "9")], sequence=2
    )
    hall.put("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()}, sequence=1)
    hall.put(
        "INKAN", [rows.seal(2, "200")], attachments={"200.bmp": rows.bmp(ink=70)}, beside=True, sequence=2
    )
    hall.put("YOKUSHI", [rows.hold(1, "a"), rows.hold(4, "b", category="77"), ["1"]], sequence=1)
    hall.put("ZEI", [rows.tax(1), rows.tax(1, 2025), rows.tax(2, tax_class="3")], full=True, sequence=1)
    hall.put("ZEI", [rows.tax(1, 2025, "9"), rows.tax(2, 2026, "2", name="葛\U000e0100城")], sequence=2)
    hall.put(
        "GAIJI",
        gaiji_samples.rows("\ue000"),
        attachments={"EUDC.TTE": gaiji_samples.eudc({"\ue000": 1})},
        sequence=1,
    )
    hall.put("JPKI", [rows.serial(1, "ab")], sequence=1)
    hall.put("JPKI", [rows.serial(4, "cd")], sequence=3)
    papers = [pdfs.paper("試験　太郎"), pdfs.paper("試験　太郎", "試験　花子")]
    members = [rows.register("R-1", "00", papers[1]), rows.register("R-1", "01", papers[0])]
    hall.put("KOSEKI", members, attachments={members[0][9]: papers[1], members[1][9]: papers[0]}, sequence=1)
    changed = rows.register("R-1", "01", papers[1], "2", state="2")
    hall.put("KOSEKI", [changed], attachments={changed[9]: papers[1]}, beside=True, sequence=2)
    broken = rows.register("R-2", "00", b"%PDF-1.7")
    hall.put("FUHYO", [broken], attachments={broken[9]: b"%PDF-1.7"}, sequence=1)


def start(hall, **more) -> subprocess.Popen[bytes]:
    said = {
        "folder": str(hall.folder),
        "dsn": hall.database.dsn("intake"),
        "keys": str(hall.keys),
        "layouts": [str(intake.layout.path) for intake in hall.feeds.values()],
        **more,
    }
    return subprocess.Popen([sys.executable, str(PROGRAM), json.dumps(said)])


def finish(hall, daemon) -> None:
    """Wait until nothing is left to do, then stop the daemon in good order."""
    deadline = time.monotonic() + 60
    while not is_done(hall):
        assert daemon.poll() is None
        assert time.monotonic() < deadline, hall.run("select name, state from intake.incoming")
        time.sleep(0.05)
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(30) == 0


def is_done(hall) -> bool:
    left = {each.name for each in hall.inbox.iterdir()}
    states = dict(hall.run("select name, state from intake.incoming"))
    return len(states) == 13 and "received" not in states.values() and len(left) == 2


def snapshot(hall) -> dict[str, object]:
    found: dict[str, object] = {}
    for statement in TABLES:
        found[statement] = sorted(
            map(
                str,
                (
                    tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
                    for row in hall.run(statement)
                ),
            )
        )
    for folder in ("inbox", "archive", "quarantine"):
        root = hall.folder / folder
        found[folder] = sorted(str(each.relative_to(root)) for each in root.rglob("*") if each.is_file())
    found["outbox"] = {
        each.name: each.read_text(encoding="utf-8").partition(" applied_at=")[0]
        for each in (hall.folder / "outbox").iterdir()
    }
    return found


def wipe(hall) -> None:
    hall.run(
        "truncate people.person, people.person_lock, people.member_number, people.credential, people.hold, people.seal, people.tax, "
        "people.doubt, people.feed_doubt, people.koseki, people.fuhyo, people.register_pdf, people.register_lock, "
        "people.register_member_number, people.register_link, library.gaiji, library.gaiji_font, intake.incoming_part, intake.attachment_name, intake.attachment, "
        "ops.alert cascade"
    )
    hall.run(
        "update intake.feed set last_sequence = null, last_name = null, last_stamp = null, last_full_stamp = null, "
        "last_applied_at = null, fresh_as_of = null, stopped_by = null"
    )
    hall.run("delete from intake.incoming")
    for folder in ("inbox", "outbox", "archive", "quarantine"):
        shutil.rmtree(hall.folder / folder)
        (hall.folder / folder).mkdir()


@pytest.mark.slow
def test_killed_at_every_point_it_ends_as_if_undisturbed(hall, rows, tmp_path):
    """Every point of steps.Point, the first and a later time it is passed (I-11's cousin: never half, never twice)."""
    drop(hall, rows)
    kept = tmp_path / "dropped"
    shutil.copytree(hall.inbox, kept)
    daemon = start(hall)
    finish(hall, daemon)
    expected = snapshot(hall)
    assert len(expected["outbox"]) == 12  # type: ignore[arg-type]
    survived = []
    later = [(Point.STORED, 3), (Point.SETTLED, 3), (Point.DATA_FILED, 2)]
    for point, times in [*((point, 1) for point in Point), *later]:
        wipe(hall)
        shutil.copytree(kept, hall.inbox, dirs_exist_ok=True)
        daemon = start(hall, point=point, times=times)
        if daemon.wait(60) != -signal.SIGKILL:
            survived.append((point, times))
        finish(hall, start(hall))
        assert snapshot(hall) == expected, (point, times)
    assert not survived
