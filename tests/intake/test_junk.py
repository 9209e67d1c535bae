"""Junk in the drop folder: told to people once, left where it is, never read, and no good file waits for it."""

from __future__ import annotations

import os
import socket
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest
from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from konbinid.intake.inbox import Inbox

STAMP = "20261101090000"
ODD_NAMES = [
    "jumin_20261101090000_000001_F.csv",
    "JUMIN_20261101090000_000000_F.csv",
    "JUMIN_20261131090000_000001_F.csv",
    "JUMIN_20261101090000_000001_X.csv",
    "JUMIN_20261101090000_000001_F.xlsx",
    "JUMIN_20261101090000_0000001_F.csv",
    "KOKUHO_20261101090000_000001_F.csv",
    ".._JUMIN.csv",
    "x" * 240,
    *(f"copy ({number}) of JUMIN.csv" for number in range(15)),
]
UNSPEAKABLE = [b"a\nb", b"\xff\xfe", "住民\u202e".encode(), b"\x1b[2J"]


def make(kind: str, path: Path, outside: Path) -> None:
    """Something that is no plain file."""
    if kind == "folder":
        path.mkdir()
        (path / "JUMIN_20261101090000_000001_F.csv.end").write_bytes(b"rows=0")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        # A socket's address has 108 bytes at most, a test's folder may have more.
        folder = os.open(path.parent, os.O_PATH)
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(f"/proc/self/fd/{folder}/{path.name}")
        os.close(folder)
    elif kind == "device":
        try:
            os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero: it never ends
        except PermissionError:
            os.mkfifo(path)
    else:
        path.symlink_to(outside if kind == "link" else path.name)


KINDS = ("folder", "pipe", "socket", "device", "link", "loop")


def listed(folder: Path) -> dict[str, tuple[int, int, int]]:
    """What lies there: by name, which file it is and of which kind."""
    return {
        each.name: (
            each.inode(),
            *each.stat(follow_symlinks=False)[:1],
            each.stat(follow_symlinks=False).st_size,
        )
        for each in os.scandir(folder)
    }


@pytest.mark.usefixtures("hall", "rows")
class JunkTests(TestCase):
    """With the real reactor, child processes and PostgreSQL."""

    timeout = 120

    @pytest.fixture(autouse=True)
    def _have_rows(self, rows, tmp_path):
        self.rows, self.outside = rows, tmp_path / "outside"
        self.outside.write_bytes(rows.line(rows.person(9)).encode())

    def litter(self) -> set[str]:
        """Fill the folder; gives the subjects of the alerts that are to come."""
        inbox = self.hall.inbox
        for name in ("readme.txt", ".hidden", "Thumbs.db", f"JUMIN_{STAMP}_000005_F.csv"):
            (inbox / name).write_bytes(b"junk")  # without a marker nobody looks
        subjects = {f"{name}.end" for name in ODD_NAMES} | {""}
        for name in ODD_NAMES:
            (inbox / f"{name}.end").write_bytes(b"rows=1")
        for name in UNSPEAKABLE:
            (inbox / os.fsdecode(name + b".end")).mkdir()
        for number, kind in enumerate(KINDS, 11):
            name = f"JPKI_{STAMP}_{number:06d}_D.csv"
            (inbox / f"{name}.end").write_bytes(b"rows=1 sha256=" + b"0" * 64)
            make(kind, inbox / name, self.outside)
            make(kind, inbox / f"{kind}.end", self.outside)
            subjects |= {name, f"{kind}.end"}
        return subjects

    async def until(self, name: str) -> None:
        deadline = time.monotonic() + 60
        while (found := await deferToThread(self.hall.state, name)) != "applied":
            assert time.monotonic() < deadline, found
            await deferLater(reactor, 0.02)

    async def test_junk_is_told_once_and_left_alone(self):
        """Odd names, folders, pipes, sockets, devices, links: an alert for each, with a name only where it can be repeated; what was there stays as it was, nothing of it is
        stored, and files that come before and after are applied."""
        subjects = self.litter()
        before = listed(self.hall.inbox)
        first = self.hall.put("INKAN", [self.rows.seal(1, "100")], attachments={"100.bmp": self.rows.bmp()})
        setting = replace(self.hall.setting, scan_seconds=0.05)
        service = Inbox(reactor, setting, self.hall.lease, self.hall.attest, os.urandom)
        service.startService()
        self.addCleanup(service.stopService)
        await self.until(first)
        deadline = time.monotonic() + 30
        while len(self.hall.alerts()) < len(subjects):
            assert time.monotonic() < deadline, self.hall.alerts()
            await deferLater(reactor, 0.05)
        second = self.hall.put("YOKUSHI", [self.rows.hold(1, "a")])
        await self.until(second)
        await deferLater(reactor, 0.5)
        told = self.hall.run("select event, severity, subject from ops.alert")
        self.assertEqual(sorted(told), sorted(("file_not_taken", "warning", each) for each in subjects))
        self.assertEqual(listed(self.hall.inbox), before)
        stored = {name for (name,) in self.hall.run("select name from intake.incoming")}
        self.assertEqual(stored, {first, second})


@pytest.mark.parametrize("kind", KINDS)
def test_a_marker_that_is_no_plain_file_goes_with_its_file(hall, rows, tmp_path, kind):
    """The file is rejected, once: a marker that stayed behind made the daemon write the receipt again at every look, after the core system had
    collected it."""
    name = hall.put("YOKUSHI", [rows.hold(1, "a")])
    (hall.inbox / f"{name}.end").unlink()
    make(kind, hall.inbox / f"{name}.end", tmp_path / "outside")
    hall.look()
    assert hall.state(name) == "rejected"
    assert "fault=end_malformed" in hall.receipt(name)
    (hall.folder / "outbox" / f"{name}.ng").unlink()
    hall.look()
    assert hall.receipt(name) == ""
    assert list(hall.inbox.iterdir()) == []
