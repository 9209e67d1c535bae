"""A day of files for every feed, a daemon that can be held at a named point, and everything that is compared afterwards.

Used by tests/intake/test_kill.py and by the drill (tests/intake/drill_faults.py). ``hall`` and ``rows`` are fixtures of tests/intake.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import foreign_pdfs as pdfs
import gaiji_samples

PROGRAM = Path(__file__).parents[1] / "intake" / "mortal_daemon.py"

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


def _jumin(hall: Any, rows: Any) -> None:
    hall.put(
        "JUMIN", [rows.person(1), rows.person(2, relationship="妻"), rows.person(3, 3)], full=True, sequence=1
    )
    hall.put(
        "JUMIN", [rows.person(2, 3, "2", name="改姓"), rows.person(4, 1), rows.person(3, 3, "9")], sequence=2
    )


def _inkan(hall: Any, rows: Any) -> None:
    hall.put("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()}, sequence=1)
    hall.put(
        "INKAN", [rows.seal(2, "200")], attachments={"200.bmp": rows.bmp(ink=70)}, beside=True, sequence=2
    )


def _yokushi(hall: Any, rows: Any) -> None:
    hall.put("YOKUSHI", [rows.hold(1, "a"), rows.hold(4, "b", category="77"), ["1"]], sequence=1)


def _zei(hall: Any, rows: Any) -> None:
    hall.put("ZEI", [rows.tax(1), rows.tax(1, 2025), rows.tax(2, tax_class="3")], full=True, sequence=1)
    hall.put("ZEI", [rows.tax(1, 2025, "9"), rows.tax(2, 2026, "2", name="葛\U000e0100城")], sequence=2)


def _gaiji(hall: Any, _: Any) -> None:
    font = gaiji_samples.eudc({"\ue000": 1})
    hall.put("GAIJI", gaiji_samples.rows("\ue000"), attachments={"EUDC.TTE": font}, sequence=1)


def _jpki(hall: Any, rows: Any) -> None:
    hall.put("JPKI", [rows.serial(1, "ab")], sequence=1)
    hall.put("JPKI", [rows.serial(4, "cd")], sequence=3)


def _koseki(hall: Any, rows: Any) -> None:
    papers = [pdfs.paper("試験　太郎"), pdfs.paper("試験　太郎", "試験　花子")]
    members = [rows.register("R-1", "00", papers[1]), rows.register("R-1", "01", papers[0])]
    hall.put("KOSEKI", members, attachments={members[0][9]: papers[1], members[1][9]: papers[0]}, sequence=1)
    changed = rows.register("R-1", "01", papers[1], "2", state="2")
    hall.put("KOSEKI", [changed], attachments={changed[9]: papers[1]}, beside=True, sequence=2)


def _fuhyo(hall: Any, rows: Any) -> None:
    broken = rows.register("R-2", "00", b"%PDF-1.7")
    hall.put("FUHYO", [broken], attachments={broken[9]: b"%PDF-1.7"}, sequence=1)


# A full file, differences, pictures in a folder and beside, two to be rejected, one that waits for another.
DAYS: dict[str, Callable[[Any, Any], None]] = {
    "JUMIN": _jumin,
    "INKAN": _inkan,
    "YOKUSHI": _yokushi,
    "ZEI": _zei,
    "GAIJI": _gaiji,
    "JPKI": _jpki,
    "KOSEKI": _koseki,
    "FUHYO": _fuhyo,
}
WAITING = {"JPKI": 1}  # files of a day that are left in the drop folder


def drop(hall: Any, rows: Any, feeds: Iterable[str] = tuple(DAYS)) -> int:
    """A day's files of these feeds; how many."""
    for feed in feeds:
        DAYS[feed](hall, rows)
    return len(list(hall.inbox.glob("*.end")))


@dataclass
class Daemon:
    """A mortal daemon (tests/intake/mortal_daemon.py), which may be held at a point by a gate: a folder."""

    process: subprocess.Popen[bytes]
    up: Path
    gate: Path | None = None

    def reached(self) -> None:
        """Wait until it stands at its point."""
        assert self.gate is not None
        self._wait((self.gate / "reached").exists, "the point is not reached")

    def go_on(self, jump: float = 0.0) -> None:
        """Let it go on, with its wall clock moved by so many seconds."""
        assert self.gate is not None
        (self.gate / "new").write_text(str(jump))
        (self.gate / "new").rename(self.gate / "go")

    def kill(self) -> None:
        """By -9."""
        self.process.kill()
        self.process.wait(30)

    def stop(self) -> None:
        """In good order."""
        self._wait(self.up.exists, "the daemon does not start")
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0

    def end(self) -> None:
        """However it stands."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait(30)

    def children(self) -> list[int]:
        """Process ids of its reading children that live."""
        found = []
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                found += [int(each) for each in (task / "children").read_text().split()]
        return found

    def kill_child(self) -> None:
        """By -9 a reading child, as soon as there is one; without one within a second there is nobody to kill."""
        deadline = time.monotonic() + 1
        while not (found := self.children()):
            if time.monotonic() > deadline:
                return
            time.sleep(0.002)
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _wait(self, came: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + 60
        while not came():
            assert self.process.poll() is None, "the daemon ended"
            assert time.monotonic() < deadline, what
            time.sleep(0.01)


def start(hall: Any, *, dsn: str = "", gate: Path | None = None, **more: Any) -> Daemon:
    """A daemon on the hall's folders. ``gate``: hold it at ``point``, the so-manieth of its ``times``, instead of killing it there."""
    up = hall.folder / f"up-{secrets.token_hex(4)}"
    said = {
        "folder": str(hall.folder),
        "up": str(up),
        "dsn": dsn or hall.database.dsn("intake"),
        "keys": str(hall.keys),
        "layouts": [str(intake.layout.path) for intake in hall.feeds.values()],
        **more,
    }
    if gate is not None:
        gate.mkdir()
        said["gate"] = str(gate)
    return Daemon(
        subprocess.Popen([sys.executable, str(PROGRAM), json.dumps(said)], stdout=subprocess.DEVNULL),
        up,
        gate,
    )


def until_done(hall: Any, files: int, daemon: Daemon, *, seconds: float = 60) -> bool:
    """Wait until nothing is left to do. False when the time is over."""
    deadline = time.monotonic() + seconds
    while not _is_done(hall, files):
        assert daemon.process.poll() is None, "the daemon ended"
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _is_done(hall: Any, files: int) -> bool:
    waiting = sum(number for feed, number in WAITING.items() if feed in hall.feeds)
    states = dict(hall.run("select name, state from intake.incoming"))
    left = [each for each in hall.inbox.iterdir() if each.name.startswith(tuple(DAYS))]
    return len(states) == files and "received" not in states.values() and len(left) == 2 * waiting


def snapshot(hall: Any) -> dict[str, Any]:
    """Tables, folders and receipts, without what differs from run to run (ids, times)."""
    found: dict[str, Any] = {statement: _sorted(hall.run(statement)) for statement in TABLES}
    for folder in ("inbox", "archive", "quarantine"):
        root = hall.folder / folder
        found[folder] = sorted(str(each.relative_to(root)) for each in root.rglob("*") if each.is_file())
    found["outbox"] = {
        each.name: each.read_text(encoding="utf-8").partition(" applied_at=")[0]
        for each in (hall.folder / "outbox").iterdir()
    }
    return found


def _sorted(rows: list[tuple[Any, ...]]) -> list[str]:
    plain = (tuple(bytes(each) if isinstance(each, memoryview) else each for each in row) for row in rows)
    return sorted(map(str, plain))


def differences(expected: dict[str, Any], found: dict[str, Any]) -> str:
    """What differs, in a few words; empty when nothing does."""
    names = [name.partition(" from ")[2].partition(" ")[0] or name for name in expected]
    pairs = zip(names, expected.items(), strict=True)
    return ", ".join(name for name, (key, value) in pairs if found[key] != value)


def wipe(hall: Any) -> None:
    """As before the day."""
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
