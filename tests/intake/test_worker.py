"""The reading child: killed, silent, out of memory, orphaned; and what it may tell of a failure."""

from __future__ import annotations

import errno
import os
import platform
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from konbinid.declared.document import FileRefused
from konbinid.intake.framing import FRAME_LIMIT, FrameBroken, Unpacker, pack
from konbinid.intake.layout import load
from konbinid.intake.telling import told
from konbinid.intake.worker import JobFailed, Worker, WorkerLost, WorkerSetting

MESSAGE = st.dictionaries(
    st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=20), st.none()), max_size=3
)


@given(st.lists(MESSAGE, max_size=4), st.integers(1, 50))
def test_messages_arrive_whole_however_they_are_cut(messages, size):
    """Pipes cut where they like."""
    data = b"".join(map(pack, messages))
    unpacker = Unpacker()
    found = [message for at in range(0, len(data), size) for message in unpacker.feed(data[at : at + size])]
    assert found == messages


@pytest.mark.parametrize(
    "data", [(FRAME_LIMIT + 1).to_bytes(4, "big"), b"\x00\x00\x00\x02[]", b"\x00\x00\x00\x01x"]
)
def test_nonsense_from_the_child_is_refused(data):
    """An impossible length, a message that is none, bytes that are no JSON."""
    with pytest.raises(FrameBroken):
        list(Unpacker().feed(data))


def test_a_failure_is_told_without_its_text():
    """Texts of exceptions may hold values of rows; kinds and places do not."""
    try:
        load(Path("/nowhere/試験花子.toml"))
    except FileRefused as error:
        message = told(error)
    assert "試験花子" not in str(message)
    assert message["failed"] == "FileRefused"
    assert any(place.startswith("layout:") for place in message["where"])


class NoProcess:
    """A machine at its limit."""

    def spawnProcess(self, *_, **__):  # Twisted's name
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))


@pytest.mark.usefixtures("hall", "rows")
class ChildTests(TestCase):
    """A real child process."""

    timeout = 60

    @pytest.fixture(autouse=True)
    def _have_rows(self, rows):
        self.rows = rows

    def worker(self, **changes):
        hall = self.hall
        layouts = [intake.layout for intake in hall.feeds.values()]
        made = Worker(reactor, WorkerSetting(hall.database.dsn("intake"), hall.keys, layouts, **changes))
        self.addCleanup(made.stop)
        return made

    def store_job(self, name, *, large=False):
        return {
            "job": "store",
            "folder": str(self.hall.inbox),
            "name": name,
            "rows": 1,
            "sha256": "00" * 32,
            "most_bytes": 2**30,
            "ahead": 600,
            "large": large,
        }

    async def test_a_job_is_done_and_the_child_kept_for_the_next(self):
        """Store and stage in one and the same process."""
        worker = self.worker()
        stored = await worker.run(self.store_job(self.hall.put("JUMIN", [self.rows.person(1)])))
        pid = worker.pid
        done = await worker.run(
            {"job": "stage", "large": False, "feed": "JUMIN", "incoming_id": stored["incoming_id"], "run": 5}
        )
        self.assertEqual((done["rows"], done["staged"], done["keys_unread"]), (1, 1, False))
        self.assertEqual(worker.pid, pid)
        self.assertEqual(self.hall.run("select run, line from intake.staged_person"), [(5, 1)])

    async def test_a_child_that_could_not_be_started_is_started_for_the_next_job(self):
        """No process, descriptor or memory left at one moment: the feed stood still until the daemon was started again."""
        worker = self.worker()
        self.patch(worker, "_processes", NoProcess())
        with self.assertRaises(WorkerLost):
            await worker.run(self.store_job(self.hall.put("JUMIN", [self.rows.person(1)])))
        self.patch(worker, "_processes", reactor)
        name = self.hall.put("JUMIN", [self.rows.person(1)])
        self.assertGreater((await worker.run(self.store_job(name)))["incoming_id"], 0)

    async def test_the_child_makes_way_for_kiosks(self):
        """As soon as there is a large file to read; by its priority, and where sessions share processors, as a session of its own: PostgreSQL's backends are never in the daemon's."""
        worker = self.worker()
        small, large = (self.hall.put("JUMIN", [self.rows.person(n)], sequence=n) for n in (1, 2))
        await worker.run(self.store_job(small))
        self.assertEqual(os.getpriority(os.PRIO_PROCESS, worker.pid), os.getpriority(os.PRIO_PROCESS, 0))
        await worker.run(self.store_job(large, large=True))
        self.assertEqual(os.getpriority(os.PRIO_PROCESS, worker.pid), 10)
        self.assertEqual(os.getsid(worker.pid), worker.pid)
        self.assertIn(session_of(worker.pid), {"nice 10", None})

    async def test_a_killed_child_costs_its_job_only(self):
        """The job fails, the next one gets a fresh process."""
        worker = self.worker()
        name = self.hall.put("JUMIN", [self.rows.person(1)])
        await worker.run(self.store_job(name))
        job = worker.run({"job": "stage", "large": False, "feed": "JUMIN", "incoming_id": 1, "run": 5})
        os.kill(worker.pid, signal.SIGSTOP)
        reactor.callLater(0.05, worker.kill)
        with self.assertRaises(WorkerLost):
            await job
        done = await worker.run({"job": "stage", "large": False, "feed": "JUMIN", "incoming_id": 1, "run": 6})
        self.assertEqual(done["staged"], 1)

    async def test_a_silent_child_is_killed(self):
        """A job that shows no progress is given up."""
        worker = self.worker(silent_seconds=1.0)
        await worker.run(self.store_job(self.hall.put("JUMIN", [self.rows.person(1)])))
        os.kill(worker.pid, signal.SIGSTOP)
        with self.assertRaises(WorkerLost):
            await worker.run({"job": "stage", "large": False, "feed": "JUMIN", "incoming_id": 1, "run": 5})

    async def test_an_idle_child_is_let_go(self):
        """And the next job starts another."""
        worker = self.worker(idle_seconds=0.05)
        await worker.run(self.store_job(self.hall.put("JUMIN", [self.rows.person(1)])))
        pid = worker.pid
        await deferLater(reactor, 0.5)
        self.assertIsNone(worker.pid)
        done = await worker.run({"job": "stage", "large": False, "feed": "JUMIN", "incoming_id": 1, "run": 5})
        self.assertEqual(done["staged"], 1)
        self.assertNotEqual(worker.pid, pid)

    async def test_memory_is_limited(self):
        """Under a limit that is too small the job fails; the daemon hears of it and lives."""
        worker = self.worker(memory_bytes=60 * 1024 * 1024)
        with self.assertRaises((JobFailed, WorkerLost)):
            await worker.run(
                self.store_job(self.hall.put("JUMIN", [self.rows.person(n) for n in range(20000)]))
            )

    async def test_another_layout_than_the_daemons_is_refused(self):
        """A layout file that changed under a running daemon is not read by."""
        layout = self.hall.feeds["JUMIN"].layout
        changed = self.hall.folder / "changed.toml"
        changed.write_text(layout.path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
        told_other = type(layout)(changed, layout.digest, *[getattr(layout, f) for f in layout.__slots__[2:]])
        setting = WorkerSetting(self.hall.database.dsn("intake"), self.hall.keys, [told_other])
        worker = Worker(reactor, setting)
        self.addCleanup(worker.stop)
        with self.assertRaises(JobFailed) as caught:
            await worker.run(self.store_job(self.hall.put("JUMIN", [])))
        self.assertEqual(caught.exception.detail["failed"], "LayoutChanged")

    async def test_a_failure_of_the_child_holds_no_values(self):
        """PostgreSQL's own messages quote values; they do not leave the child."""
        self.hall.run("alter table intake.staged_person add constraint nobody check (name is null)")
        worker = self.worker()
        await worker.run(self.store_job(self.hall.put("JUMIN", [self.rows.person(1)])))
        with self.assertRaises(JobFailed) as caught:
            await worker.run({"job": "stage", "large": False, "feed": "JUMIN", "incoming_id": 1, "run": 5})
        self.assertEqual((caught.exception.detail["sqlstate"], caught.exception.is_passing), ("23514", False))
        self.assertNotIn("試験", str(caught.exception) + str(caught.exception.detail))


PARENT = """
    import os, sys, time
    from konbinid.intake.limits import die_with
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        die_with(parent)
        time.sleep(60)
    print(pid, flush=True)
    time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the number of the system call is x86-64's")
def test_where_it_may_not_make_way_it_goes_on():
    """The filter of systemd may refuse setpriority: a child that ended by it would take in no file at all."""
    program = """
    import ctypes, os, struct
    SETPRIORITY, REFUSED, ALLOWED = 141, 0x00050001, 0x7FFF0000
    steps = [(0x20, 0, 0, 0), (0x15, 0, 1, SETPRIORITY), (0x06, 0, 0, REFUSED), (0x06, 0, 0, ALLOWED)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    filter = struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None)
    assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, filter) == 0
    try:
        os.setpriority(os.PRIO_PROCESS, 0, 10)
    except PermissionError:
        from konbinid.intake.limits import make_way
        print(make_way())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() in {"True", "False"}, done.stderr


def test_the_child_dies_with_the_daemon_even_by_kill_9():
    """No reader of personal data outlives its daemon."""
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT)], stdout=subprocess.PIPE, text=True
    )
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and alive(child):
        time.sleep(0.02)
    assert not alive(child)


def session_of(pid: int) -> str | None:
    """How a process's session stands among the others; None where Linux does not share processors out among them."""
    place = Path(f"/proc/{pid}/autogroup")
    return place.read_text().strip().partition(" ")[2] if place.exists() else None


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").split()[2] != "Z"
    except OSError:
        return False
