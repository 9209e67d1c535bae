"""The pool on a real server: what commits, what certainly does not, and what nobody can know."""

from __future__ import annotations

import pytest
from twisted.internet import reactor, task
from twisted.internet.defer import DeferredList, ensureDeferred
from twisted.trial.unittest import TestCase

from konbinid.store.errors import (
    Conflict,
    ConnectionLost,
    DeadlinePassed,
    Duplicate,
    LockTimeout,
    OutcomeUnknown,
    StatementFailed,
    Unavailable,
)
from konbinid.store.pool import Pool

SUSPENDED = "select suspended from ops.kind_state where kind = 'inkan'"


def within(seconds: float) -> float:
    return reactor.seconds() + seconds


class PoolCase(TestCase):
    """A pool of two connections as the office (which may update the kinds' state)."""

    timeout = 30

    def setUp(self) -> None:
        self.pool = self.make_pool(self.database.dsn("office"))

    def make_pool(self, *servers: str, size: int = 2, max_waiting: int = 200) -> Pool:
        pool = Pool(reactor, servers, role="office", size=size, max_waiting=max_waiting)
        pool.start()
        self.addCleanup(pool.stop)
        return pool

    async def suspend(self, tx) -> str:
        await tx.execute("update ops.kind_state set suspended = true where kind = 'inkan'")
        return "done"

    def stored(self) -> bool:
        return self.database.run(SUSPENDED)[0][0]


@pytest.mark.usefixtures("database")
class PoolTests(PoolCase):
    async def test_coroutine_body_runs_and_commits(self) -> None:
        """The trap of txpostgres: an async body that is never awaited commits nothing and says it did."""
        self.assertEqual(await self.pool.transaction(self.suspend, deadline=within(5)), "done")
        self.assertTrue(self.stored())

    async def test_error_rolls_back(self) -> None:
        """What the work raises reaches the caller, and nothing of the work counts."""

        async def work(tx) -> None:
            await self.suspend(tx)
            raise ZeroDivisionError

        with self.assertRaises(ZeroDivisionError):
            await self.pool.transaction(work, deadline=within(5))
        self.assertFalse(self.stored())

    async def test_deadline_in_work_counts_nothing(self) -> None:
        """A transaction that is too late is gone with its connection; the pool dials another (I-01: no late result)."""

        async def work(tx) -> None:
            await self.suspend(tx)
            await tx.execute("select pg_sleep(3)")

        with self.assertRaises(DeadlinePassed):
            await self.pool.transaction(work, deadline=within(0.3))
        self.assertFalse(self.stored())
        await self.pool.transaction(self.suspend, deadline=within(5))

    async def test_no_commit_after_the_deadline(self) -> None:
        """Work that ends after the deadline without a statement under way is not committed either."""

        async def work(tx) -> None:
            await self.suspend(tx)
            deadline = within(0.2)
            while reactor.seconds() < deadline:  # a reactor that was kept busy: its timers are late too
                pass

        with self.assertRaises(DeadlinePassed):
            await self.pool.transaction(work, deadline=within(0.1))
        self.assertFalse(self.stored())

    async def test_errors_are_told_apart(self) -> None:
        """Each SQLSTATE class has its own name, without the server's text."""
        statements = {
            "insert into library.revision (revision) values (1)": StatementFailed,  # no right
            "do $$ begin raise exception using errcode = '40001'; end $$": Conflict,
            "do $$ begin raise exception using errcode = '40P01'; end $$": Conflict,
            "do $$ begin raise exception using errcode = '55P03'; end $$": LockTimeout,
            "do $$ begin raise exception using errcode = '23505', constraint = 'x'; end $$": Duplicate,
        }
        for statement, kind in statements.items():
            with self.assertRaises(kind):
                await self.pool.transaction(lambda tx, s=statement: tx.execute(s), deadline=within(5))

    async def test_commit_of_an_aborted_transaction_is_not_success(self) -> None:
        """PostgreSQL answers COMMIT of an aborted transaction with ROLLBACK; swallowing an error must not look like success."""

        async def work(tx) -> None:
            await self.suspend(tx)
            with pytest.raises(StatementFailed):
                await tx.execute("select 1/0")

        with self.assertRaises(StatementFailed):
            await self.pool.transaction(work, deadline=within(5))
        self.assertFalse(self.stored())

    async def test_notice_during_commit_is_unknown(self) -> None:
        """The warning of a cancelled synchronous wait comes as a notice; any notice makes the outcome unknown."""
        self.database.run(
            "create function ops.warn() returns trigger language plpgsql as $$ begin raise warning 'w'; return null; end $$"
        )
        self.database.run(
            "create constraint trigger w after update on ops.kind_state deferrable initially deferred "
            "for each row execute function ops.warn()"
        )
        with self.assertRaises(OutcomeUnknown):
            await self.pool.transaction(self.suspend, deadline=within(5))

    async def test_connection_lost_before_commit_is_certain(self) -> None:
        """A session ended by the server before COMMIT leaves nothing; the next one works."""

        async def work(tx) -> None:
            await self.suspend(tx)
            row = await tx.fetch_one("select pg_backend_pid()")
            self.database.run("select pg_terminate_backend(%s)", (row[0],), role="postgres")
            await tx.execute("select 1")

        with self.assertRaises(ConnectionLost):
            await self.pool.transaction(work, deadline=within(5))
        self.assertFalse(self.stored())
        await self.pool.transaction(self.suspend, deadline=within(5))

    async def test_idle_connections_that_die_are_replaced(self) -> None:
        """A restart while idle costs no request: BEGIN on a dead connection takes the next one."""
        await self.pool.transaction(self.suspend, deadline=within(5))
        self.database.run(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'konbinid%%' and datname = %s",
            (self.database.name,),
            role="postgres",
        )
        self.assertEqual(await self.pool.transaction(self.suspend, deadline=within(5)), "done")

    async def test_more_callers_than_connections_all_finish(self) -> None:
        """Callers wait their turn, first come first served."""

        async def work(tx) -> int:
            row = await tx.fetch_one("select 1 from pg_sleep(0.01)")
            return row[0]

        results = await DeferredList(
            [ensureDeferred(self.pool.transaction(work, deadline=within(10))) for _ in range(20)]
        )
        self.assertEqual(results, [(True, 1)] * 20)

    async def test_too_many_callers_are_turned_away(self) -> None:
        """An unbounded line would answer everybody too late (I-01)."""
        pool = self.make_pool(self.database.dsn("office"), size=1, max_waiting=2)
        await pool.transaction(self.suspend, deadline=within(5))
        calls = [
            ensureDeferred(
                pool.transaction(lambda tx: tx.execute("select pg_sleep(0.2)"), deadline=within(5))
            )
            for _ in range(4)
        ]
        results = await DeferredList(calls, consumeErrors=True)
        self.assertEqual([ok for ok, _ in results], [True, True, True, False])
        results[3][1].trap(Unavailable)

    async def test_waiting_ends_at_the_deadline(self) -> None:
        """With no server there is no answer but the deadline's."""
        pool = self.make_pool("host=/nonexistent dbname=none user=none")
        began = reactor.seconds()
        with self.assertRaises(Unavailable):
            await pool.transaction(self.suspend, deadline=within(0.5))
        self.assertLess(reactor.seconds() - began, 2)

    async def test_only_a_writable_server_is_used(self) -> None:
        """A read-only server (as a standby or a demoted primary is) is passed over for one that writes."""
        readonly = self.database.dsn("office") + " options='-c default_transaction_read_only=on'"
        pool = self.make_pool(
            "host=127.0.0.1 port=1 dbname=none user=none",
            readonly.replace("options=", "options="),
            self.database.dsn("office"),
        )
        await pool.transaction(self.suspend, deadline=within(5))
        self.assertTrue(self.stored())

    async def test_duplicate_waits_for_the_first(self) -> None:
        """A second insert of the same key waits until the first transaction is settled."""

        async def insert(tx, pause: float) -> None:
            await tx.execute("insert into ops.fingerprint (fingerprint, approved_by) values ('f', 'a')")
            await tx.execute("insert into ops.alert_seen (alert_id, seen_by) values (%s, 'me')", (alert,))
            await tx.execute("select pg_sleep(%s)", (pause,))

        alert = self.database.run(
            "insert into ops.alert (severity, source, event) values ('info', 's', 'e') returning id"
        )[0][0]
        first = ensureDeferred(self.pool.transaction(lambda tx: insert(tx, 0.3), deadline=within(5)))
        await task.deferLater(reactor, 0.1)
        with self.assertRaises(Duplicate):
            await self.pool.transaction(lambda tx: insert(tx, 0), deadline=within(5))
        await first


@pytest.mark.usefixtures("own_server")
class RestartTests(PoolCase):
    """The server itself goes away."""

    timeout = 60

    def setUp(self) -> None:
        self.database = self.own_server
        super().setUp()

    async def test_request_is_held_while_the_server_is_away(self) -> None:
        """house.md: while there is no writable primary a request is held, then answered, not failed (I-13)."""
        await self.pool.transaction(self.suspend, deadline=within(5))
        self.database.server.stop()
        held = ensureDeferred(self.pool.transaction(self.suspend, deadline=within(20)))
        await task.deferLater(reactor, 0.5)
        self.assertFalse(held.called)
        self.database.server.start()
        self.assertEqual(await held, "done")

    async def test_server_killed_while_commit_is_under_way_is_unknown(self) -> None:
        """COMMIT left and no answer came: nobody knows, and nobody may pretend to."""
        self.database.run(
            "create function ops.slow() returns trigger language plpgsql as $$ begin perform pg_sleep(5); return null; end $$"
        )
        self.database.run(
            "create constraint trigger s after update on ops.kind_state deferrable initially deferred "
            "for each row execute function ops.slow()"
        )
        call = ensureDeferred(self.pool.transaction(self.suspend, deadline=within(20)))
        await task.deferLater(reactor, 0.7)
        self.database.run(
            "select pg_terminate_backend(pid) from pg_stat_activity where query = 'commit'", role="postgres"
        )
        with self.assertRaises(OutcomeUnknown):
            await call
