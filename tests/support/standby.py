"""A second PostgreSQL that streams from the first, made as an operator makes one: pg_basebackup, start, synchronous_standby_names."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path

from private_database import Database, run

from konbinid.simulator.postgres import PrivatePostgres


def make_standby(primary: PrivatePostgres, folder: Path) -> PrivatePostgres:
    """A running standby of a running server."""
    standby = PrivatePostgres(folder, fast=True)
    standby.folder.mkdir(mode=0o700, parents=True)
    standby.account.own(standby.folder)
    assert primary.binaries is not None
    program = str(primary.binaries.folder / "pg_basebackup")
    where = ["-h", str(primary.socket_folder), "-U", "postgres", "-D", str(standby.data)]
    how = ["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"]
    assert primary.account.run([program, *where, *how], subprocess.DEVNULL) == 0
    standby.start()
    return standby


def wait_for_standby(primary: PrivatePostgres, *, names: str = "*") -> None:
    """From now on a COMMIT waits for the standby."""
    set_standby_names(primary, names)
    for _ in range(500):
        state = run(primary.dsn(), "select sync_state from pg_stat_replication, pg_sleep(0.02)")
        if state == [("sync",)]:
            # Every session knows by now, but COMMITs wait only once the checkpointer has read the setting, too (measured: with a stopped
            # checkpointer none waits). It reads it before it begins a checkpoint.
            run(primary.dsn(), "checkpoint")
            return
    raise AssertionError("the standby does not stream")


def set_standby_names(server: PrivatePostgres, names: str) -> None:
    """Which standbys a COMMIT waits for; none when empty."""
    assert "'" not in names
    run(server.dsn(), f"alter system set synchronous_standby_names = '{names}'")
    run(server.dsn(), "select pg_reload_conf()")


def promote(standby: PrivatePostgres) -> None:
    """The standby becomes a primary of its own, on a new timeline; the old one is not asked."""
    set_standby_names(standby, "")
    assert run(standby.dsn(), "select pg_promote()") == [(True,)]


def halt(standby: PrivatePostgres) -> int:
    """The standby takes nothing more, without a word: a COMMIT on the primary waits. The process that ``resume`` wakes."""
    while True:
        found = run(
            standby.dsn(),
            "select pid from pg_stat_activity, pg_sleep(0.02) where backend_type = 'walreceiver'",
        )
        if found:
            os.kill(found[0][0], signal.SIGSTOP)
            return found[0][0]


def resume(receiver: int) -> None:
    """The standby goes on; a second time does no harm."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(receiver, signal.SIGCONT)


def part(primary: PrivatePostgres, standby: PrivatePostgres) -> None:
    """The network between the two breaks, for good: a COMMIT waits on the primary, and the standby can be promoted."""
    run(standby.dsn(), "alter system set primary_conninfo = ''")
    run(standby.dsn(), "select pg_reload_conf()")
    while run(primary.dsn(), "select from pg_stat_replication, pg_sleep(0.02)"):
        pass


def waiting(database: Database) -> list[int]:
    """Sessions whose COMMIT waits for the standby."""
    found = run(
        database.dsn("postgres"),
        "select pid from pg_stat_activity where wait_event = 'SyncRep' and datname = current_database()",
    )
    return [pid for (pid,) in found]
