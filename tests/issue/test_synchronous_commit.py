"""COMMIT and a standby that is not there: what is not on two servers is nobody's paper, and what may be is never denied.

With a real streaming standby. Whoever looks sees a row whose wait was cancelled, and yet it dies with the primary; whoever is told 0000
holds a paper that any fail-over would forget (facts: 278 acknowledged and lost).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import cases
import pytest
from private_database import Database, drop_database, make_database, run, short_folder, start_server
from standby import halt, make_standby, part, promote, resume, wait_for_standby, waiting
from town import Town, delivery, issue_request, make_desk
from twisted.internet import reactor, task
from twisted.internet.defer import ensureDeferred
from twisted.trial.unittest import TestCase

from konbinid.domain.request import Accepted, Issued, Refused
from konbinid.domain.results import Code
from konbinid.issue.desk import Desk
from konbinid.simulator.postgres import PrivatePostgres
from konbinid.store.pool import Pool


@contextmanager
def two_servers() -> Iterator[tuple[PrivatePostgres, PrivatePostgres]]:
    """A primary and the standby that its COMMITs wait for."""
    primary = start_server(short_folder(), temporary=False)
    standby = make_standby(primary, short_folder())
    try:
        wait_for_standby(primary)
        yield primary, standby
    finally:
        for server in (standby, primary):
            server.stop()
            shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[PrivatePostgres, PrivatePostgres]]:
    """Two servers for the tests that leave them as they were."""
    with two_servers() as made:
        yield made


@pytest.fixture
def rejoined(request: pytest.FixtureRequest, pair: tuple[PrivatePostgres, PrivatePostgres]) -> Iterator[None]:
    """The pair, streaming, and a database of its own."""
    request.instance.primary, request.instance.standby = pair
    request.instance.database = make_database(pair[0])
    yield
    drop_database(request.instance.database)


@pytest.fixture
def broken_up(request: pytest.FixtureRequest) -> Iterator[None]:
    """Two servers that are not the same afterwards."""
    with two_servers() as made:
        request.instance.primary, request.instance.standby = made
        request.instance.database = make_database(made[0])
        yield


class SynchronousCase(TestCase):
    """A primary that waits for its standby, and a desk that knows both."""

    timeout = 120

    def setUp(self) -> None:
        self.town = Town(self.database, self.keyring_folder)
        self.town.settle(*cases.family())
        self.other = Database(self.standby, self.database.name)
        self.desk = self.desk_on(self.database, self.other)

    def desk_on(self, *databases: Database, **settings: object) -> Desk:
        pool = Pool(reactor, [each.dsn("desk") for each in databases], role="desk", size=3)
        pool.start()
        self.addCleanup(pool.stop)
        return make_desk(pool, self.town.keyring, **settings)

    async def until_waiting(self, count: int = 1) -> list[int]:
        for _ in range(500):
            found = waiting(self.database)
            if len(found) >= count:
                return found
            await task.deferLater(reactor, 0.02)
        raise AssertionError("no COMMIT waits")

    def end(self, pids: list[int], how: str = "pg_terminate_backend") -> None:
        self.database.run(f"select {how}(unnest(%s))", (pids,), role="postgres")

    def refused(self, answer: object, code: Code) -> None:
        assert isinstance(answer, Refused), answer
        self.assertEqual(answer.code, code, answer.rule)

    def numbers(self, database: Database) -> list[str]:
        return [
            row[0] for row in database.run("select issuance_number from ledger.issuance", role="postgres")
        ]


@pytest.mark.usefixtures("keyring_folder", "rejoined")
class CommitTests(SynchronousCase):
    def halt(self) -> None:
        """The standby goes silent, until ``resume`` or the test's end."""
        self.receiver = halt(self.standby)
        self.addCleanup(resume, self.receiver)

    def resume(self) -> None:
        resume(self.receiver)

    async def test_answered_paper_is_on_both_servers(self) -> None:
        """The ordinary case: when the answer leaves, the standby has the row."""
        issued = await self.desk.issue(issue_request())
        assert isinstance(issued, Issued), issued
        written = run(self.primary.dsn(), "select pg_current_wal_flush_lsn()")[0]
        received = run(self.standby.dsn(), "select pg_last_wal_receive_lsn() >= %s::pg_lsn", written)
        self.assertEqual(received, [(True,)])

    async def test_cancelled_wait_is_no_answer(self) -> None:
        """pg_cancel_backend makes PostgreSQL say COMMIT with a warning. That is 9002, and the same request gets the paper once it is safe."""
        self.halt()
        call = ensureDeferred(self.desk.issue(issue_request()))
        self.end(await self.until_waiting(), "pg_cancel_backend")
        self.refused(await call, Code.OUTCOME_UNKNOWN)
        (number,) = self.numbers(self.database)  # there to be seen, and yet not on the standby
        self.resume()
        again = await self.desk.issue(issue_request())
        assert isinstance(again, Issued), again
        self.assertEqual((again.issuance_number, self.numbers(self.database)), (number, [number]))

    async def test_replay_of_a_paper_that_is_not_replicated_waits_too(self) -> None:
        """After a cancelled wait the row is visible: a SELECT would give the paper away. The replay's own COMMIT waits for the standby."""
        self.halt()
        call = ensureDeferred(self.desk.issue(issue_request()))
        self.end(await self.until_waiting(), "pg_cancel_backend")
        await call
        again = ensureDeferred(self.desk.issue(issue_request()))
        self.end(await self.until_waiting(), "pg_cancel_backend")
        self.refused(await again, Code.OUTCOME_UNKNOWN)

    async def test_terminated_while_waiting_is_no_answer(self) -> None:
        """The session ends instead of the wait."""
        self.halt()
        call = ensureDeferred(self.desk.issue(issue_request()))
        self.end(await self.until_waiting())
        self.refused(await call, Code.OUTCOME_UNKNOWN)

    async def test_deadline_while_commit_waits_is_9002(self) -> None:
        """I-01: time is up after COMMIT was sent. 9001 would be untrue: the row counts as soon as the standby is back."""
        self.halt()
        desk = self.desk_on(self.database, answer_within=1.0)
        self.refused(await desk.issue(issue_request()), Code.OUTCOME_UNKNOWN)
        self.resume()
        again = await self.desk.issue(issue_request())
        assert isinstance(again, Issued), again
        self.assertEqual(self.numbers(self.database), [again.issuance_number])

    async def test_second_request_waits_for_a_commit_that_waits(self) -> None:
        """Measured: SELECT sees nothing while a COMMIT waits, INSERT waits. Two daemons and one id: one paper, however it ends."""
        self.halt()
        first = ensureDeferred(self.desk.issue(issue_request()))
        await self.until_waiting()
        self.assertEqual(self.numbers(self.database), [])
        second = ensureDeferred(self.desk_on(self.database).issue(issue_request()))
        await task.deferLater(reactor, 0.5)
        self.assertFalse(first.called or second.called)
        self.resume()
        one, two = await first, await second
        assert isinstance(one, Issued)
        assert isinstance(two, Issued)
        self.assertEqual((one.document, self.town.count("replay")), (two.document, 1))

    async def test_second_request_that_waits_too_long_promises_nothing(self) -> None:
        """It could not place the id: the other may come through. 9002, not 9001 (docs/decisions/0003)."""
        self.halt()
        first = ensureDeferred(self.desk.issue(issue_request()))
        await self.until_waiting()
        second = self.desk_on(self.database, answer_within=0.7)
        self.refused(await second.issue(issue_request()), Code.OUTCOME_UNKNOWN)
        self.resume()
        assert isinstance(await first, Issued)

    async def test_delivery_whose_commit_waits_is_not_accepted(self) -> None:
        """A report that a fail-over would forget must be repeated by the centre: 9002."""
        issued = await self.desk.issue(issue_request())
        self.halt()
        report = delivery(issued.issuance_number)
        call = ensureDeferred(self.desk.report_delivery(report))
        self.end(await self.until_waiting(), "pg_cancel_backend")
        self.refused(await call, Code.OUTCOME_UNKNOWN)
        self.resume()
        self.assertEqual(await self.desk.report_delivery(report), Accepted())

    async def test_delivery_reported_again_is_done_when_it_is_on_both_servers(self) -> None:
        """After a cancelled wait the report is there to be seen: a COMMIT that wrote nothing would say 0000 of what dies with the primary."""
        issued = await self.desk.issue(issue_request())
        self.halt()
        report = delivery(issued.issuance_number)
        call = ensureDeferred(self.desk.report_delivery(report))
        self.end(await self.until_waiting(), "pg_cancel_backend")
        self.refused(await call, Code.OUTCOME_UNKNOWN)
        again = ensureDeferred(self.desk.report_delivery(report))
        self.end(await self.until_waiting(), "pg_cancel_backend")
        self.refused(await again, Code.OUTCOME_UNKNOWN)


@pytest.mark.usefixtures("keyring_folder", "broken_up")
class FailOverTests(SynchronousCase):
    async def test_deposed_primary_is_not_asked_again(self) -> None:
        """The old primary hangs in its COMMITs and still says that it takes writes: of two that say so the newer timeline is asked."""
        part(self.primary, self.standby)
        desk = self.desk_on(self.database, self.other, answer_within=1.5)
        lost = ensureDeferred(desk.issue(issue_request()))
        await self.until_waiting()
        promote(self.standby)
        self.refused(await lost, Code.OUTCOME_UNKNOWN)
        await task.deferLater(reactor, 1)
        answers = [await desk.issue(issue_request(transaction_id=f"T-{n}")) for n in (1, 2, 3, 4)]
        assert all(isinstance(answer, Issued) for answer in answers), answers
        self.assertEqual(
            sorted(answer.issuance_number for answer in answers), sorted(self.numbers(self.other))
        )
        self.assertEqual(self.numbers(self.database), [])

    async def test_newer_timeline_counts_at_once_and_in_any_order(self) -> None:
        """pg_control_checkpoint() tells the old timeline until the first checkpoint has ended, minutes after a promotion (measured)."""
        self.database.run(
            "create table ledger.bulk as select g, repeat('x', 500) from generate_series(1, 50000) g"
        )
        part(self.primary, self.standby)
        promote(self.standby)
        for order in ((self.database, self.other), (self.other, self.database)):
            pool = self.desk_on(*order).equipment.pool
            await pool.transaction(
                lambda tx: tx.execute("select 1"), deadline=reactor.seconds() + 10, begin="begin"
            )
            asked = {wire.get_dsn_parameters()["host"] for wire in pool._wires}
            self.assertEqual(asked, {str(self.standby.socket_folder)})

    async def test_paper_known_to_the_old_primary_only_is_not_given(self) -> None:
        """The duplicate was seen on the old primary; by the time of the replay the new one serves, which never had it: no 0000, no 9001."""
        part(self.primary, self.standby)
        call = ensureDeferred(self.desk.issue(issue_request()))
        self.end(await self.until_waiting(), "pg_cancel_backend")
        self.refused(await call, Code.OUTCOME_UNKNOWN)
        promote(self.standby)
        self.primary.stop()
        self.addCleanup(self.primary.start)
        fresh = await self.desk.issue(issue_request())
        assert isinstance(fresh, Issued), fresh
        self.assertEqual(self.numbers(self.other), [fresh.issuance_number])

    async def test_paper_known_to_the_new_primary_only_is_not_called_unknown(self) -> None:
        """A daemon that still asks the deposed primary: 1403 would end the matter and the report be lost. It is 9002, and the next one counts."""
        part(self.primary, self.standby)
        promote(self.standby)
        issued = await self.desk_on(self.other).issue(issue_request())
        assert isinstance(issued, Issued), issued
        behind = self.desk_on(self.database, answer_within=1.5)
        self.refused(await behind.report_delivery(delivery(issued.issuance_number)), Code.OUTCOME_UNKNOWN)
