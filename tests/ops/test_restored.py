"""I-11: a database that went back in time answers nobody until that is noted, and opens kind by kind as its feeds catch up.

The backup is a real one (pg_basebackup of the running server), the daemon is the real one, and it runs while the server is replaced.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

import pytest
from running_daemon import approve, daemon, make_city
from twisted.internet import reactor
from twisted.internet.defer import gatherResults
from twisted.trial.unittest import TestCase

from konbinid.cli.main import main
from konbinid.config import load
from konbinid.domain.dates import JST
from konbinid.domain.feeds import Feed, FeedRule, stale_kinds
from konbinid.domain.freshness import AROUND_THE_CLOCK
from konbinid.domain.kinds import Kind
from konbinid.ops.alerts import Alerts
from konbinid.ops.witness import Witness, WitnessRefused, read_witness, require_same_database, write_witness
from konbinid.store import state
from konbinid.store.direct import read_now, session, transaction
from konbinid.store.errors import DatabaseWentBack
from konbinid.store.pool import Pool
from konbinid.store.restoration import Witnessed, beat, confirm, declare, require_not_gone_back

_RULES = {feed: FeedRule(AROUND_THE_CLOCK, timedelta(hours=24)) for feed in Feed}
_NEEDED = [feed for feed in Feed if feed is not Feed.GAIJI]
_LATER = timedelta(seconds=2)


def _closed(config) -> tuple[frozenset[Kind], frozenset[str]]:
    """What the desk's own reading says: the kinds that are stale, and what is suspended."""
    with session(load(config).database.dsns_of("desk"), "test") as made, transaction(made) as cur:
        fresh, doubt = read_now(cur, state.feeds)
        now = read_now(cur, state.clock)
        return stale_kinds(_RULES, fresh, doubt, now), read_now(cur, state.suspended_kinds)


def _drop(config, feed: str, sequence: int, stamp: datetime, *, full: bool = False, settle=None) -> str:
    """An empty file, as a core system without news sends it."""
    inbox = config.parent / "spool" / "inbox"
    ending = "dat" if feed == "ZEI" else "csv"
    name = f"{feed}_{stamp:%Y%m%d%H%M%S}_{sequence:06d}_{'F' if full else 'D'}.{ending}"
    (inbox / name).write_bytes(b"")
    (inbox / f"{name}.end").write_text(f"rows=0 sha256={sha256(b'').hexdigest()}\n")
    return name


def _await(what, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _applied(database, name: str) -> bool:
    return database.run("select state from intake.incoming where name = %s", (name,)) == [("applied",)]


def _now() -> datetime:
    return datetime.now(JST).replace(tzinfo=None)


@pytest.mark.slow
def test_a_restored_backup_closes_everything_until_staff_and_feeds_have_caught_up(
    own_server, tmp_path, capsys
):
    """The whole way: backup, later file, restore under a running daemon, noted and told, confirmed, files again, kinds open one by one."""
    config = make_city(tmp_path, own_server)
    approve(config)
    early = _now() - timedelta(hours=1)
    with daemon(config) as child:
        child.wait_for("lease.taken", 90)
        for feed in _NEEDED:
            _drop(config, feed, 1, early, full=True)
        _await(lambda: not _closed(config)[0])
        backup = _backup(own_server, tmp_path)
        after = _drop(config, "YOKUSHI", 2, early + timedelta(minutes=1))
        # Not only applied: told. A file that has its receipt is missed, however soon after it the database goes back.
        _await((config.parent / "spool" / "outbox" / f"{after}.ok").exists)
        own_server.run("select ops.suspend('inkan', 'after the backup', 'x')", role="ops")
        seen = read_witness(config.parent / "state")
        assert seen is not None
        _restore(own_server, backup)
        child.wait_for("witness.went_back", 120)
        assert own_server.run("select count(*) from intake.incoming where name = %s", (after,)) == [(0,)]
        assert own_server.run("select noted_by, declared from ops.restoration") == [("test-host", False)]
        assert own_server.run("select severity from ops.alert where event = 'database.went_back'") == [
            ("critical",)
        ]
        assert _closed(config) == (frozenset(Kind), frozenset({"*"}))
        _catch_up(config, own_server, after, early, capsys)


def _catch_up(config, database, after, early, capsys):
    arguments = ["--by", "見本 一郎", "--reason", "入れ直した", "--config", str(config)]
    assert main(["restored", "--confirm", *arguments]) == 0
    assert "YOKUSHI  has not caught up" in capsys.readouterr().out
    assert _closed(config) == (frozenset(Kind), frozenset())
    # The archive's file again, in its order: applied, and opens nothing.
    archived = next((config.parent / "spool" / "archive").rglob(after))
    inbox = config.parent / "spool" / "inbox"
    shutil.copy(archived, inbox)
    shutil.copy(f"{archived}.end", inbox)
    _await(lambda: _applied(database, after))
    assert _closed(config)[0] == frozenset(Kind)
    time.sleep(_LATER.total_seconds())
    name = ""
    for feed in ("YOKUSHI", "JPKI", "JUMIN"):
        name = _drop(config, feed, 3 if feed == "YOKUSHI" else 2, _now())
        _await(partial(_applied, database, name))
    opened = {Kind.JUMINHYO, Kind.KISAIJIKO}
    assert _closed(config)[0] == frozenset(Kind) - opened
    for feed, kinds in (
        ("INKAN", {Kind.INKAN}),
        ("ZEI", {Kind.KAZEI}),
        ("KOSEKI", {Kind.KOSEKI_ZENBU, Kind.KOSEKI_KOJIN}),
        ("FUHYO", {Kind.FUHYO}),
    ):
        name = _drop(config, feed, 2, _now())
        _await(partial(_applied, database, name))
        opened |= kinds
        assert _closed(config)[0] == frozenset(Kind) - opened
    assert main(["restored", "--config", str(config)]) == 0
    assert capsys.readouterr().out.endswith("Nothing is closed because of a restoration.\n")


def _backup(database, folder):
    place = folder / "backup"
    server = database.server
    program = server.binaries.folder / "pg_basebackup"
    socket = ["-h", str(server.socket_folder), "-p", "5432", "-U", "postgres"]
    subprocess.run([program, *socket, "-D", place, "-X", "stream", "-c", "fast"], check=True)
    return place


def _restore(database, backup) -> None:
    server = database.server
    server.stop()
    shutil.rmtree(server.data)
    shutil.copytree(backup, server.data)
    for path in (server.data, *server.data.rglob("*")):
        server.account.own(path)
    server.data.chmod(0o700)
    server.start()


@pytest.mark.usefixtures("database")
class Beats(TestCase):
    """The heartbeat and what it notes, on a real database."""

    @pytest.fixture(autouse=True)
    def _have_folder(self, tmp_path):
        self.folder = tmp_path

    def _pool(self, role="ops"):
        pool = Pool(reactor, [self.database.dsn(role)], role=role, size=2)
        pool.start()
        self.addCleanup(pool.stop)
        return lambda work: pool.transaction(work, deadline=reactor.seconds() + 20, begin="begin")

    def _restorations(self):
        return self.database.run("select noted_by, found, witnessed from ops.restoration order by id")

    async def test_two_hosts_meet_a_restored_database(self):
        """Each counts a row of its own: neither's beats hide what the other lost, and both note it however they race."""
        ask = self._pool()
        seen = dict.fromkeys(("a", "b"))
        for _ in range(3):
            for host in seen:
                seen[host], noted = await ask(lambda tx, host=host: beat(tx, host, seen[host]))
                assert not noted
        self.database.run("update ops.beat set value = 1", role="owner")
        for _ in range(5):  # b goes on alone for long
            last = (await ask(lambda tx: beat(tx, "b", seen["b"])))[0]
            seen["b"] = last
        assert self._restorations() == [("b", 1, 3)]
        _, noted = await ask(lambda tx: beat(tx, "a", seen["a"]))
        assert noted
        assert self._restorations() == [("b", 1, 3), ("a", 1, 3)]

    async def test_a_snapshot_that_shows_less_answers_nothing(self):
        """Between the return and its noting there is no answer; afterwards there is one, closed."""
        ask = self._pool()
        seen, _ = await ask(lambda tx: beat(tx, "a", None))
        seen, _ = await ask(lambda tx: beat(tx, "a", seen))
        await ask(lambda tx: require_not_gone_back(tx, "a", seen))
        self.database.run("update ops.beat set value = 1", role="owner")
        for kept in (seen, None, Witnessed("another", 0, seen.at)):
            with self.assertRaises(DatabaseWentBack):
                await ask(lambda tx, kept=kept: require_not_gone_back(tx, "a", kept))
        seen, noted = await ask(lambda tx: beat(tx, "a", seen))
        assert noted
        await ask(lambda tx: require_not_gone_back(tx, "a", seen))
        assert "*" in await ask(state.suspended_kinds)
        assert "*" in await self._pool("desk")(lambda tx: state.lock_kind(tx, "inkan"))

    async def test_a_lost_commit_of_a_fail_over_is_noted(self):
        """One beat less is enough."""
        ask = self._pool()
        seen, _ = await ask(lambda tx: beat(tx, "a", None))
        seen, _ = await ask(lambda tx: beat(tx, "a", seen))
        self.database.run("update ops.beat set value = value - 1", role="owner")
        assert (await ask(lambda tx: beat(tx, "a", seen)))[1]

    async def test_a_host_without_a_witness_trusts_only_a_database_that_is_watched(self):
        """A lost state folder beside a used database is no proof of anything; a second host beside a running one, or a first installation, is ordinary."""
        ask = self._pool()
        assert not (await ask(lambda tx: beat(tx, "a", None)))[1]
        assert not (await ask(lambda tx: beat(tx, "b", None)))[1]
        self.database.run("update ops.beat set at = at - interval '1 hour'", role="owner")
        assert (await ask(lambda tx: beat(tx, "c", None)))[1]

    async def test_a_clock_that_was_set_back_brings_no_restoration_before_what_was_seen(self):
        """Files that were written before the restoration must not count as later because the restored server's clock is behind."""
        ask = self._pool()
        seen, _ = await ask(lambda tx: beat(tx, "a", None))
        ahead = Witnessed(seen.database, 9, seen.at + timedelta(days=1))
        await ask(lambda tx: beat(tx, "a", ahead))
        assert self.database.run("select at >= %s from ops.restoration", (ahead.at,)) == [(True,)]

    def _witness(self, folder):
        pool = Pool(reactor, [self.database.dsn("ops")], role="ops", size=2)
        pool.start()
        self.addCleanup(pool.stop)
        return Witness(reactor, pool, Alerts(reactor, pool), folder=folder, host="a")

    async def test_what_was_attested_is_missed_however_soon_it_is_lost(self):
        """Between two beats of the timer a file's receipt would be given and its commit lost without a trace (I-11)."""
        witness = self._witness(self.folder)
        assert await witness.attest()
        backup = self.database.run("select value from ops.beat")
        assert await witness.attest()
        self.database.run("update ops.beat set value = %s", backup[0], role="owner")
        assert not await witness.attest()
        assert self._restorations() == [("a", 1, 2)]
        assert await witness.attest()
        assert read_witness(self.folder).value == self.database.run("select value from ops.beat")[0][0]
        self.flushLoggedErrors()

    async def test_a_beat_under_way_attests_nothing_for_who_comes_later(self):
        """It may have been sent before the other's commit. All who come meanwhile share the next one."""
        witness = self._witness(self.folder)
        answers = await gatherResults([witness.attest() for _ in range(4)])
        assert answers == [True] * 4
        assert self.database.run("select value from ops.beat") == [(2,)]

    async def test_nothing_is_attested_that_could_not_be_written_down(self):
        """A restart would forget it."""
        witness = self._witness(self.folder / "missing")
        assert not await witness.attest()


def test_another_database_is_told_apart(tmp_path):
    """A deliberately new database is no restored one: the daemon does not start, and says which file to remove."""
    write_witness(tmp_path, Witnessed("one", 5, datetime.now(JST)))
    require_same_database(tmp_path, "one")
    with pytest.raises(WitnessRefused, match=r"witness\.json .* remove that file"):
        require_same_database(tmp_path, "two")
    (tmp_path / "witness.json").write_text("{")
    with pytest.raises(WitnessRefused, match="cannot be read"):
        read_witness(tmp_path)


def test_a_person_may_declare_and_only_confirming_ends_it(database):
    """Resuming everything is not confirming; a second restoration needs its own word."""
    with session([database.dsn("office")], "test") as made:
        assert not confirm(made, who="a", reason="r")
        declare(made, who="a", reason="r")
        database.run("update ops.kind_state set suspended = false")
        assert database.run("select count(*) from ops.restoration") == [(1,)]
        with transaction(made) as cur:
            assert read_now(cur, state.suspended_kinds) == {"*"}
        assert confirm(made, who="a", reason="r")
        with transaction(made) as cur:
            assert read_now(cur, state.suspended_kinds) == frozenset()
        declare(made, who="a", reason="again")
        with transaction(made) as cur:
            assert read_now(cur, state.suspended_kinds) == {"*"}
    assert database.run("select action from ledger.audit order by id") == [
        ("restoration.declare",),
        ("restoration.confirm",),
        ("restoration.declare",),
    ]
