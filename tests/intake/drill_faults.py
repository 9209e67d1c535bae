"""The drill: every fault at every named point, and the tables, folders and receipts afterwards are those of an undisturbed run.

Not collected by itself, it takes a quarter of an hour: `make drill-intake`, which prints the matrix feed × fault × point (tests/support/drill_table.py).
A small part of it is tests/intake/test_kill.py. Faults of the processes are drilled with every feed; those of the servers, which know no feeds,
with two: rows alone (JUMIN) and rows with attachments that another process examines (KOSEKI).
"""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from fault_town import DAYS, Daemon, differences, drop, snapshot, start, until_done
from private_database import Database, drop_database, make_database, run, start_server
from standby import make_standby, part, promote, set_standby_names, wait_for_standby

from konbinid.domain.feeds import Feed
from konbinid.intake.steps import Point
from konbinid.simulator.postgres import PrivatePostgres
from konbinid.store.keyring import Keyring

SERVER_FEEDS = ("JUMIN", "KOSEKI")
FULL_SECONDS = 0.7  # of looking again and again at a disk that is full
# A clock that the roles of intake see instead of PostgreSQL's own.
_CLOCK = """
create schema drill; grant usage on schema drill to public;
create table drill.moved (by interval); insert into drill.moved values ('0'); grant select on drill.moved to public;
create function drill.clock_timestamp() returns timestamptz language sql volatile
    as 'select pg_catalog.clock_timestamp() + by from drill.moved';
"""


@dataclass
class Case:
    """One cell of the matrix while it is drilled."""

    hall: Any
    daemon: Daemon
    files: int
    folder: Path


def daemon_killed(case: Case) -> None:
    """Killed by -9, and another is started."""
    case.daemon.kill()
    case.daemon = start(case.hall)


def child_killed(case: Case) -> None:
    """The reading child is killed by -9, at work or not."""
    case.daemon.go_on()
    case.daemon.kill_child()


def connections_cut(case: Case) -> None:
    """pg_terminate_backend for every session of intake."""
    cut = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'konbinid_intake' and datname = current_database()"
    case.hall.database.run(cut, role="postgres")
    case.daemon.go_on()


def restarted(how: str) -> Callable[[Case], None]:
    """The server is stopped, fast or as by a power cut (which empties the unlogged tables), and started again."""

    def fault(case: Case) -> None:
        pg_ctl(case.hall.database.server, "restart", "-m", how)
        case.daemon.go_on()

    return fault


def failed_over(case: Case) -> None:
    """The primary is lost in the middle, and its synchronous standby takes over."""
    old = case.hall.database.server
    new = STANDBYS.pop()
    part(old, new)
    promote(new)
    pg_ctl(old, "stop", "-m", "immediate")
    case.hall.database = Database(new, case.hall.database.name)
    case.daemon.go_on()


def folders_full(case: Case) -> None:
    """Nothing can be written into a file by the daemon (a limit of the kernel in place of a full disk, which needs no root)."""
    pid = case.daemon.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, before[1]))
    case.daemon.go_on()
    time.sleep(FULL_SECONDS)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


def database_full(case: Case) -> None:
    """Not a byte is left where PostgreSQL keeps its data; later there is room, and the server is started if it went down."""
    server = case.hall.database.server
    ballast = server.folder / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(bytes(65536)) == 65536:
            pass
    with pytest.raises(psycopg2.Error):  # it is full for the server, too
        run(server.dsn(), "create table more as select generate_series(1, 1000000)")
    case.daemon.go_on()
    time.sleep(FULL_SECONDS)
    ballast.unlink()
    try:
        run(server.dsn(), "select")
    except Exception:  # noqa: BLE001  # however it went down
        pg_ctl(server, "restart", "-m", "immediate")


def overtaken(case: Case) -> None:
    """The holder of the lease is stopped as by a paused machine; another does the work; then the first wakes and goes on where it stood."""
    first = case.daemon
    case.daemon = start(case.hall, lease=case.hall.database.dsn("ops"))
    first.process.send_signal(19)  # SIGSTOP
    try:
        assert until_done(case.hall, case.files, case.daemon), "the second daemon does not take over"
        first.process.send_signal(18)  # SIGCONT
        first.go_on()
        time.sleep(1.0)
        first.stop()
    finally:
        first.end()


def clock_moved(by: str, seconds: float) -> Callable[[Case], None]:
    """Wall clocks of the daemon and of the database jump, and stay wrong."""

    def fault(case: Case) -> None:
        case.hall.database.run(_CLOCK, role="postgres")
        role = f"alter role konbinid_intake in database {case.hall.database.name} set search_path = drill, pg_catalog, public"
        case.hall.database.run(role, role="postgres")
        case.hall.database.run("update drill.moved set by = %s", [by], role="postgres")
        connections = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'konbinid_intake' and datname = current_database()"
        case.hall.database.run(connections, role="postgres")
        case.daemon.go_on(seconds)

    return fault


FAULTS: dict[str, tuple[Callable[[Case], None], tuple[str, ...]]] = {
    "daemon killed": (daemon_killed, tuple(DAYS)),
    "child killed": (child_killed, tuple(DAYS)),
    "connections cut": (connections_cut, tuple(DAYS)),
    "server restarted": (restarted("fast"), SERVER_FEEDS),
    "server crashed": (restarted("immediate"), SERVER_FEEDS),
    "failed over": (failed_over, SERVER_FEEDS),
    "folders full": (folders_full, SERVER_FEEDS),
    "database full": (database_full, SERVER_FEEDS),
    "overtaken": (overtaken, SERVER_FEEDS),
    "clock a day ahead": (clock_moved("1 day", 86400.0), SERVER_FEEDS),
    "clock an hour back": (clock_moved("-1 hour", -3600.0), SERVER_FEEDS),
}
CELLS = [
    pytest.param(feed, fault, point, id=f"{fault}-{feed}-{point}".replace(" ", "_"))
    for fault, (_, feeds) in FAULTS.items()
    for feed, point in itertools.product(feeds, Point)
]
OWN_SERVER = {"server restarted", "server crashed", "failed over", "database full"}
STANDBYS: list[PrivatePostgres] = []


def pg_ctl(server: PrivatePostgres, *what: str) -> None:
    """As an operator does it, behind the back of whoever started the server."""
    assert server.binaries is not None
    program = str(server.binaries.folder / "pg_ctl")
    call = [program, "-s", "-D", str(server.data), "-l", str(server.log_file), "-w", *what]
    assert server.account.run(call, subprocess.DEVNULL) == 0, what


@pytest.fixture(scope="module")
def keyring_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same keys for every cell: digests are compared."""
    folder = tmp_path_factory.mktemp("keyring") / "keys"
    Keyring.create(folder)
    return folder


@pytest.fixture
def database(
    request: pytest.FixtureRequest, postgres: PrivatePostgres, fault: str, mounted: Path
) -> Iterator[Database]:
    """On the session's server, or on one of its own that may be stopped."""
    if fault not in OWN_SERVER:
        made = make_database(postgres)
        yield made
        drop_database(made)
        return
    server = start_server(mounted / "server", temporary=False)
    servers = [server]
    try:
        made = make_database(server)
        if fault == "failed over":
            servers.append(make_standby(server, mounted / "standby"))
            STANDBYS.append(servers[1])
            wait_for_standby(server)
        yield made
    finally:
        STANDBYS.clear()
        for each in servers:
            with contextlib.suppress(Exception):
                set_standby_names(each, "")
            each.stop()


@pytest.fixture
def mounted(fault: str) -> Iterator[Path]:
    """A folder for servers; a small file system of its own where it will be filled."""
    folder = Path(tempfile.gettempdir()) / f"konbinid-drill-{secrets.token_hex(4)}"
    folder.mkdir()
    small = fault == "database full"
    if small:
        if os.geteuid():
            pytest.skip("a file system to be filled needs root")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "drill", str(folder)], check=True)
    yield folder
    if small:
        subprocess.run(["umount", str(folder)], check=True)
    shutil.rmtree(folder, ignore_errors=True)


EXPECTED: dict[str, dict[str, Any]] = {}


@pytest.fixture
def expected(postgres: PrivatePostgres, rows: Any, feed: str, hall: Any, tmp_path: Path) -> dict[str, Any]:
    """What an undisturbed run of this feed's day leaves behind."""
    if feed not in EXPECTED:
        database = make_database(postgres)
        (tmp_path / "undisturbed").mkdir()
        calm = type(hall)(database, tmp_path / "undisturbed", hall.keys, {Feed(feed): hall.feeds[Feed(feed)]})
        files = drop(calm, rows, [feed])
        daemon = start(calm)
        try:
            assert until_done(calm, files, daemon)
            daemon.stop()
            EXPECTED[feed] = snapshot(calm)
        finally:
            daemon.end()
            drop_database(database)
    return EXPECTED[feed]


@pytest.fixture
def cell(request: pytest.FixtureRequest, feed: str, fault: str, point: Point) -> dict[str, Any]:
    """What the table tells of this cell (tests/support/drill_table.py)."""
    made = {"cell": (feed, fault, point.value), "differs": "not finished"}
    request.node.user_properties.append(("drilled", made))
    return made


@pytest.mark.parametrize(("feed", "fault", "point"), CELLS)
def test_after_the_fault_everything_is_as_undisturbed(hall, rows, tmp_path, expected, cell):
    """One cell: held at the point the first time it is passed, the fault, and on."""
    feed, fault, point = cell["cell"]
    for other in set(hall.feeds) - {Feed(feed)}:
        del hall.feeds[other]
    files = drop(hall, rows, [feed])
    more = {"lease": hall.database.dsn("ops")} if fault == "overtaken" else {}
    dsn = reaching(hall.database, STANDBYS[0]) if fault == "failed over" else ""
    case = Case(hall, start(hall, dsn=dsn, gate=tmp_path / "gate", point=point, **more), files, tmp_path)
    try:
        case.daemon.reached()
        FAULTS[fault][0](case)
        until_done(hall, files, case.daemon)
        time.sleep(0.3)  # whatever is done a second time is done now
        case.daemon.stop()
        differs = differences(expected, snapshot(hall))
    finally:
        case.daemon.end()
    cell["differs"] = differs
    assert not differs


def reaching(database: Database, standby: PrivatePostgres) -> str:
    """Both servers in one DSN, as konbinid.config_sections makes it."""
    hosts = f"{database.server.socket_folder},{standby.socket_folder}"
    return f"host='{hosts}' dbname={database.name} user=konbinid_intake target_session_attrs=read-write"
