"""The pool when its connections, its servers or its callers misbehave: no place is lost, nothing is shared, nothing is left open."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from twisted.internet import reactor, task
from twisted.internet.defer import CancelledError, Deferred, DeferredList, ensureDeferred
from twisted.trial.unittest import TestCase

from konbinid.store import pool as pool_module
from konbinid.store.errors import ConnectionLost, DeadlinePassed, LockTimeout, StoreError, Unavailable
from konbinid.store.pool import Pool
from konbinid.store.transaction import Transaction

SIZE = 3


def within(seconds: float) -> float:
    return reactor.seconds() + seconds


def sockets() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.usefixtures("database")
class FaultCase(TestCase):
    """A small pool as the office, and a look at its sessions from outside."""

    timeout = 60

    def setUp(self) -> None:
        self.pool = self.make_pool()

    def make_pool(self, *servers: str, size: int = SIZE) -> Pool:
        pool = Pool(reactor, servers or (self.database.dsn("office"),), role="office", size=size)
        pool.start()
        self.addCleanup(pool.stop)
        return pool

    async def until(self, true: object, seconds: float = 5) -> None:
        end = within(seconds)
        while not true():
            assert reactor.seconds() < end, "not in time"
            await task.deferLater(reactor, 0.02)

    async def full(self) -> None:
        await self.until(lambda: self.pool.connected == SIZE)

    def sessions(self, state: str = "%") -> int:
        return self.database.run(
            "select count(*) from pg_stat_activity where datname = %s and application_name like 'konbinid%%' and state like %s",
            (self.database.name, state),
            role="postgres",
        )[0][0]

    def kill(self, what: str = "pg_terminate_backend") -> None:
        self.database.run(
            f"select {what}(pid) from pg_stat_activity where datname = %s and application_name like 'konbinid%%'",
            (self.database.name,),
            role="postgres",
        )


class DialTests(FaultCase):
    async def test_dial_that_is_closed_at_any_moment_is_dialled_again(self) -> None:
        """A connection that is closed just as it stands makes txpostgres raise a ValueError; a pool that loses a place to that ends empty."""
        self.pool.stop()
        patience = pool_module._DIAL_SECONDS
        dice = random.Random(7)
        self.addCleanup(setattr, pool_module, "_DIAL_SECONDS", patience)
        for _ in range(30):
            pool_module._DIAL_SECONDS = dice.uniform(0, 0.02)
            pool = self.make_pool()
            await task.deferLater(reactor, 0.02)
            pool.stop()
        pool = self.pool = self.make_pool()
        await task.deferLater(reactor, 0.3)
        pool_module._DIAL_SECONDS = patience
        await self.full()

    async def test_unforeseen_failure_of_a_dial_costs_no_place(self) -> None:
        """Whatever happens in a dial, its place is dialled again."""
        self.pool.stop()
        failing = [True]
        real = pool_module._Wire.runQuery

        def run_query(wire: object, *arguments: object) -> Deferred[object]:
            if failing[0]:
                raise RuntimeError
            return real(wire, *arguments)

        self.patch(pool_module._Wire, "runQuery", run_query)
        self.pool = self.make_pool()
        await task.deferLater(reactor, 0.5)
        self.assertEqual(self.sessions(), 0, "a failed dial leaves no session")
        failing[0] = False
        await self.full()

    async def test_sessions_killed_again_and_again(self) -> None:
        """Neither sockets nor dead connections pile up, and the pool comes back to its size each time."""
        await self.full()
        before = sockets()
        for _ in range(10):
            self.kill()
            await self.until(lambda: self.pool.connected < SIZE)
            await self.full()
        self.assertLessEqual(sockets(), before + 1)
        self.assertLessEqual(len(self.pool._idle), SIZE)
        self.assertEqual(self.sessions(), SIZE)

    async def test_never_more_connections_than_its_size(self) -> None:
        """A stop and a start, breaks and time-outs all at once: the server sees no more sessions than were configured."""
        await self.full()
        calls = [
            ensureDeferred(
                self.pool.transaction(lambda tx: tx.execute("select pg_sleep(1)"), deadline=within(0.2))
            )
            for _ in range(SIZE)
        ]
        self.kill()
        self.pool.stop()
        self.pool.start()
        await DeferredList(calls, consumeErrors=True)
        await self.full()
        await task.deferLater(reactor, 0.7)
        self.assertEqual((self.pool.connected, self.sessions()), (SIZE, SIZE))


class CallerTests(FaultCase):
    async def test_connection_is_never_shared(self) -> None:
        """I-02: whatever dies and whoever gives up, two transactions never meet on one connection, and none sees another's rest."""
        await self.full()
        dice = random.Random(11)

        async def work(tx: Transaction, mark: str) -> str:
            assert (await tx.fetch_one("select current_setting('konbinid.mark', true)"))[0] in {None, ""}
            await tx.execute("select set_config('konbinid.mark', %s, true)", (mark,))
            await tx.execute("select pg_sleep(%s)", (dice.choice([0, 0.005, 0.02]),))
            match dice.randrange(6):
                case 0:
                    raise ZeroDivisionError
                case 1:
                    await tx.execute("select 1/0")
                case 2:
                    await tx.execute("select pg_terminate_backend(pg_backend_pid())")
            return (await tx.fetch_one("select current_setting('konbinid.mark')"))[0]

        marks = [str(number) for number in range(150)]
        calls = [
            ensureDeferred(
                self.pool.transaction(
                    lambda tx, mark=mark: work(tx, mark), deadline=within(dice.uniform(0.05, 20))
                )
            )
            for mark in marks
        ]
        results = await DeferredList(calls, consumeErrors=True)
        done = [(mark, answer) for mark, (ok, answer) in zip(marks, results, strict=True) if ok]
        self.assertGreater(len(done), 10)
        self.assertTrue(all(mark == answer for mark, answer in done))
        for ok, failure in results:
            if not ok:
                failure.trap(StoreError, ZeroDivisionError)
        await self.full()
        self.assertEqual(self.sessions("idle in transaction%"), 0)

    async def test_lock_timeout_does_not_survive(self) -> None:
        """What a transaction sets for itself ends with it, on commit and on rollback."""
        pool = self.make_pool(size=1)

        async def patient(tx: Transaction) -> None:
            await tx.wait_at_most(0.05)

        async def failing(tx: Transaction) -> None:
            await patient(tx)
            raise ZeroDivisionError

        async def look(tx: Transaction) -> str:
            return (await tx.fetch_one("show lock_timeout"))[0]

        await pool.transaction(patient, deadline=within(5))
        self.assertEqual(await pool.transaction(look, deadline=within(5)), "0")
        with self.assertRaises(ZeroDivisionError):
            await pool.transaction(failing, deadline=within(5))
        self.assertEqual(await pool.transaction(look, deadline=within(5)), "0")

    async def test_wait_of_no_time_is_short_and_not_endless(self) -> None:
        """lock_timeout 0 would mean for ever."""

        async def waits(tx: Transaction) -> str:
            await tx.wait_at_most(-3)
            return (await tx.fetch_one("show lock_timeout"))[0]

        self.assertEqual(await self.pool.transaction(waits, deadline=within(5)), "1ms")

    async def test_statement_cancelled_by_an_administrator(self) -> None:
        """pg_cancel_backend comes as twisted's CancelledError: it must have a name that callers know, and cost no connection."""
        await self.full()
        call = ensureDeferred(
            self.pool.transaction(lambda tx: tx.execute("select pg_sleep(5)"), deadline=within(10))
        )
        await self.until(lambda: self.sessions("active"))
        self.kill("pg_cancel_backend")
        with self.assertRaises(Unavailable):
            await call
        self.assertEqual((self.pool.connected, len(self.pool._idle)), (SIZE, SIZE))

    async def test_begin_that_fails_gives_the_connection_up(self) -> None:
        """A place that is neither given back nor dialled again starves the desk."""
        for _ in range(2 * SIZE):
            with self.assertRaises(StoreError):
                await self.pool.transaction(
                    lambda tx: tx.execute("select 1"), deadline=within(5), begin="begin nonsense"
                )
        await self.full()

    async def test_begin_that_is_cancelled_gives_the_connection_up(self) -> None:
        """The same for what is not an error of the store."""
        real = Transaction.execute

        async def execute(tx: Transaction, statement: str, parameters: object = ()) -> None:
            if statement.startswith("begin"):
                raise CancelledError
            await real(tx, statement, parameters)

        self.patch(Transaction, "execute", execute)
        for _ in range(2 * SIZE):
            with self.assertRaises(CancelledError):
                await self.pool.transaction(lambda tx: tx.execute("select 1"), deadline=within(5))
        await self.full()

    async def test_broken_before_commit_was_sent_is_certain(self) -> None:
        """A session that ended while the paper was drawn is noticed before COMMIT leaves: that is no unknown outcome, it is done again."""

        async def work(tx: Transaction) -> None:
            await tx.execute("update ops.kind_state set suspended = true where kind = 'inkan'")
            self.kill()
            await task.deferLater(reactor, 0.3)

        with self.assertRaises(ConnectionLost):
            await self.pool.transaction(work, deadline=within(5))
        self.assertEqual(
            self.database.run("select suspended from ops.kind_state where kind = 'inkan'"), [(False,)]
        )

    async def test_time_out_renews_the_idle_connections(self) -> None:
        """A server that lets a transaction's time pass may hang or be deposed: the next caller gets a connection that was dialled afterwards."""
        await self.full()
        old = set(self.pool._wires)
        with self.assertRaises(DeadlinePassed):
            await self.pool.transaction(lambda tx: tx.execute("select pg_sleep(3)"), deadline=within(0.2))
        await self.full()
        self.assertEqual(old & self.pool._wires, set())

    async def test_lock_that_others_hold_is_no_lost_connection(self) -> None:
        """LockTimeout is the statement's failure, not the connection's."""
        await self.full()
        old = set(self.pool._wires)
        taken: Deferred[None] = Deferred()
        go: Deferred[None] = Deferred()

        async def hold(tx: Transaction) -> None:
            await tx.execute("update ops.kind_state set reason = 'x' where kind = 'inkan'")
            taken.callback(None)
            await go

        async def wait(tx: Transaction) -> None:
            await tx.wait_at_most(0.1)
            await tx.execute("update ops.kind_state set reason = 'y' where kind = 'inkan'")

        holding = ensureDeferred(self.pool.transaction(hold, deadline=within(10)))
        await taken
        with self.assertRaises(LockTimeout):
            await self.pool.transaction(wait, deadline=within(10))
        go.callback(None)
        await holding
        self.assertEqual(old, self.pool._wires)

    async def test_work_that_runs_on_after_its_time_reaches_nothing(self) -> None:
        """I-01: work that waits for something else than the database, past its deadline, can neither read, write nor commit any more."""
        said = []

        async def work(tx: Transaction) -> str:
            await tx.execute("update ops.kind_state set suspended = true where kind = 'inkan'")
            await task.deferLater(reactor, 0.4)
            try:
                await tx.execute("select 1")
            except DeadlinePassed as error:
                said.append(type(error))
            return "late"

        with self.assertRaises(DeadlinePassed):
            await self.pool.transaction(work, deadline=within(0.1))
        self.assertEqual(said, [DeadlinePassed])
        self.assertEqual(
            self.database.run("select suspended from ops.kind_state where kind = 'inkan'"), [(False,)]
        )
