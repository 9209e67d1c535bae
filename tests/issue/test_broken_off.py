"""A request that is broken off at any named step: answered as if undisturbed, or certainly not counted, and never twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import cases
import pytest
from town import Town, delivery, issue_request, list_request, make_desk, make_pool
from twisted.internet import reactor, task
from twisted.internet.defer import CancelledError, Deferred, ensureDeferred
from twisted.trial.unittest import TestCase

from konbinid.domain.request import Accepted, Issued, Outcome, Refused
from konbinid.domain.results import Code
from konbinid.issue import alarms
from konbinid.issue.desk import Desk
from konbinid.store import ledger, reports
from konbinid.store.errors import Conflict
from konbinid.store.residents import RegisterBroken

STEPS = ("issue.placed", "issue.read", "issue.printed", "issue.recorded")
Fault = Callable[[], Awaitable[None]]


class BrokenOffCase(TestCase):
    """A desk on whose named steps faults are put."""

    timeout = 120

    def setUp(self) -> None:
        self.town = Town(self.database, self.keyring_folder)
        self.town.settle(*cases.family())
        self.pool = make_pool(self.database)
        self.addCleanup(self.pool.stop)

    def desk(self, at_step: str, fault: Fault, *, times: int = 1, **settings: object) -> Desk:
        """A desk to which the fault happens at a step, the first so many times."""
        left = [times]

        async def step(name: str) -> None:
            if name == at_step and left[0]:
                left[0] -= 1
                await fault()

        return make_desk(self.pool, self.town.keyring, step=step, **settings)

    def refused(self, answer: object, code: Code) -> None:
        assert isinstance(answer, Refused), answer
        self.assertEqual(answer.code, code, answer.rule)

    def counts(self) -> tuple[int, ...]:
        return tuple(self.town.count(table) for table in ("issuance", "decision", "document", "document_key"))

    def in_transaction(self) -> int:
        return self.database.run(
            "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
            role="postgres",
        )[0][0]


@pytest.mark.usefixtures("database", "keyring_folder")
class SessionTests(BrokenOffCase):
    """The desk's session ends, as it does when a primary is demoted."""

    async def kill(self) -> None:
        self.database.run(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'konbinid desk' and datname = current_database()",
            role="postgres",
        )
        await task.deferLater(reactor, 0.05)

    async def test_session_killed_at_each_step(self) -> None:
        """COMMIT was not sent: the same request is done again on another connection, and counts once."""
        for number, step in enumerate(STEPS, start=1):
            answer = await self.desk(step, self.kill).issue(issue_request(transaction_id=f"T-{number}"))
            assert isinstance(answer, Issued), (step, answer)
            self.assertEqual(self.counts(), (number,) * 4, step)

    async def test_session_killed_while_a_refusal_is_written(self) -> None:
        """The refusal is written once, and binds nothing."""
        answer = await self.desk("issue.refused", self.kill).issue(issue_request(fee=1))
        self.refused(answer, Code.FEE_DIFFERS)
        self.assertEqual((self.town.count("refusal"), self.counts()), (1, (0, 0, 0, 0)))

    async def test_session_killed_in_a_replay(self) -> None:
        """The document is given, and the replay counted, once."""
        first = await make_desk(self.pool, self.town.keyring).issue(issue_request())
        again = await self.desk("replay.recorded", self.kill).issue(issue_request())
        assert isinstance(again, Issued), again
        self.assertEqual((again.document, self.town.count("replay")), (first.document, 1))

    async def test_session_killed_in_a_report(self) -> None:
        """The report is taken once."""
        issued = await make_desk(self.pool, self.town.keyring).issue(issue_request())
        desk = self.desk("delivery.recorded", self.kill)
        self.assertEqual(await desk.report_delivery(delivery(issued.issuance_number)), Accepted())
        self.assertEqual(self.town.count("delivery"), 1)

    async def test_statement_cancelled_at_each_step(self) -> None:
        """An administrator's cancel strikes some statement: 9001, or 9002 when the id was not placed; nothing is issued and nothing stays open."""

        async def cancel_next() -> None:
            reactor.callLater(0, self.cancel)

        for number, step in enumerate(STEPS[:-1], start=1):
            answer = await self.desk(step, cancel_next).issue(issue_request(transaction_id=f"T-{number}"))
            if isinstance(answer, Refused):
                self.refused(answer, Code.TRY_LATER)
        self.assertEqual(self.in_transaction(), 0)

    def cancel(self) -> None:
        self.database.run(
            "select pg_cancel_backend(pid) from pg_stat_activity where application_name = 'konbinid desk' and datname = current_database()",
            role="postgres",
        )

    async def test_alarm_survives_the_session_it_was_raised_on(self) -> None:
        """A kind that must close closes, though the servers are being switched at that moment."""
        real = self.pool.transaction
        tries = []

        async def breaking(work: object, **how: object) -> object:
            async def broken(tx: object) -> None:
                await work(tx)
                if len(tries) < 2:
                    tries.append(1)
                    await self.kill()

            return await real(broken, **how)

        self.patch(self.pool, "transaction", breaking)
        desk = make_desk(self.pool, self.town.keyring)
        await alarms.paper_differs(desk.equipment, issue_request().kind, "sheet 1")
        self.assertEqual(len(tries), 2)
        self.assertEqual(self.town.run("select kind from ops.kind_state where suspended"), [("juminhyo",)])
        self.assertEqual(self.town.run("select count(*) from ops.alert"), [(1,)])


@pytest.mark.usefixtures("own_server", "keyring_folder")
class ServerTests(BrokenOffCase):
    """The whole server crashes and comes back."""

    def setUp(self) -> None:
        self.database = self.own_server
        super().setUp()

    async def crash(self) -> None:
        server = self.own_server.server
        self.patch(server, "temporary", True)
        server._run("pg_ctl", *server._on_data(), "-m", "immediate", "-w", "stop")
        server._run("pg_ctl", *server._on_data(), "-w", "-l", str(server.log_file), "start")
        await task.deferLater(reactor, 0.05)

    async def test_server_crashes_at_each_step(self) -> None:
        """The request is held until the server is back, and then answered, once."""
        for number, step in enumerate(STEPS, start=1):
            answer = await self.desk(step, self.crash).issue(issue_request(transaction_id=f"T-{number}"))
            assert isinstance(answer, Issued), (step, answer)
            self.assertEqual(self.counts(), (number,) * 4, step)
            again = await make_desk(self.pool, self.town.keyring).issue(
                issue_request(transaction_id=f"T-{number}")
            )
            self.assertEqual(again.document, answer.document)

    async def test_certainty_ends_with_the_attempt(self) -> None:
        """It had placed the id, then the server went. Whoever waited for the id may have it by now: 9002, not 9001 (docs/decisions/0003)."""
        server = self.own_server.server

        async def gone() -> None:
            server.stop()
            await task.deferLater(reactor, 0.05)

        self.addCleanup(server.start)
        desk = self.desk("issue.read", gone, answer_within=2.0)
        self.refused(await desk.issue(issue_request()), Code.OUTCOME_UNKNOWN)


@pytest.mark.usefixtures("database", "keyring_folder")
class TimeTests(BrokenOffCase):
    """Time is up at each step."""

    async def late(self) -> None:
        await task.deferLater(reactor, 0.9)

    async def test_time_is_up_at_each_step(self) -> None:
        """I-01: 9001 is true: nothing is issued, now or later, no transaction stays open, and the same id works afterwards."""
        for step in STEPS:
            self.refused(
                await self.desk(step, self.late, answer_within=0.7).issue(issue_request()), Code.TRY_LATER
            )
            self.assertEqual((self.counts(), self.in_transaction()), ((0, 0, 0, 0), 0), step)
        assert isinstance(await make_desk(self.pool, self.town.keyring).issue(issue_request()), Issued)

    async def test_time_is_up_while_a_refusal_is_written(self) -> None:
        """The refusal is not told when it is not in the ledger; nor 9001, because the id was free while it was being written."""
        desk = self.desk("issue.refused", self.late, answer_within=0.7)
        self.refused(await desk.issue(issue_request(fee=1)), Code.OUTCOME_UNKNOWN)
        self.assertEqual(self.town.count("refusal"), 0)

    async def test_time_is_up_in_a_replay(self) -> None:
        """The id *is* bound: 9001 would be untrue, and nothing is given that the ledger does not count."""
        await make_desk(self.pool, self.town.keyring).issue(issue_request())
        desk = self.desk("replay.recorded", self.late, answer_within=0.7)
        self.refused(await desk.issue(issue_request()), Code.OUTCOME_UNKNOWN)
        self.assertEqual(self.town.count("replay"), 0)

    async def test_papers_share_their_people_with_each_other(self) -> None:
        """A replay does not wait for another paper of the same household: only changes do."""
        await make_desk(self.pool, self.town.keyring).issue(issue_request())
        holding = ensureDeferred(
            self.desk("issue.recorded", self.late).issue(issue_request(transaction_id="T-2"))
        )
        await task.deferLater(reactor, 0.2)
        again = await make_desk(self.pool, self.town.keyring, lock_timeout=0.2).issue(issue_request())
        assert isinstance(again, Issued), again
        self.assertFalse(holding.called)
        await holding

    async def test_caller_that_waits_for_another_gives_up_in_time(self) -> None:
        """The second of two with one id ends by its own deadline, and knows nothing: 9002."""
        holding = ensureDeferred(self.desk("issue.recorded", self.late).issue(issue_request()))
        await task.deferLater(reactor, 0.2)
        began = reactor.seconds()
        second = make_desk(self.pool, self.town.keyring, answer_within=0.4)
        self.refused(await second.issue(issue_request()), Code.OUTCOME_UNKNOWN)
        self.assertLess(reactor.seconds() - began, 0.7)
        assert isinstance(await holding, Issued)

    async def test_first_that_refuses_lets_the_second_decide_afresh(self) -> None:
        """Only 0000 binds: who waited for a refusal is decided by itself, on what holds by then."""
        slow = self.desk("issue.refused", self.late)
        first = ensureDeferred(slow.issue(issue_request(fee=1)))
        await task.deferLater(reactor, 0.2)
        second = await make_desk(self.pool, self.town.keyring).issue(issue_request())
        assert isinstance(second, Issued), second
        self.refused(await first, Code.FEE_DIFFERS)

    async def test_cancelled_from_outside(self) -> None:
        """Nobody cancels a request; if somebody did, nothing would be issued, and no connection would be lost or left in a transaction."""
        for step in STEPS:
            stands: Deferred[None] = Deferred()
            call = ensureDeferred(self.desk(step, lambda d=stands: d).issue(issue_request()))
            while not stands.called and not self.in_transaction():
                await task.deferLater(reactor, 0.02)
            await task.deferLater(reactor, 0.3)
            call.cancel()
            with self.assertRaises(CancelledError):
                await call
            self.assertEqual((self.counts(), self.in_transaction()), ((0, 0, 0, 0), 0), step)
        self.assertEqual(self.pool.connected, 4)


@pytest.mark.usefixtures("database", "keyring_folder")
class UnforeseenTests(BrokenOffCase):
    """What nobody foresaw."""

    async def raise_it(self) -> None:
        raise KeyError("見本　太郎")

    async def test_people_are_told_without_anybodys_name(self) -> None:
        """The alert names the operation and the class of the error; its text may quote."""
        with self.assertRaises(KeyError):
            await self.desk("issue.read", self.raise_it).issue(issue_request())
        ((event, subject, detail),) = self.town.run("select event, subject, detail::text from ops.alert")
        self.assertEqual((event, subject), ("desk.defect", "issueCertificate"))
        self.assertIn("KeyError", detail)
        self.assertNotIn("見本", detail)

    async def test_register_that_cannot_be_read(self) -> None:
        """A person without a lock row can be held by nobody: no paper, no list, an alert for each."""
        self.town.run("delete from people.person_lock where atena_number = %s", (cases.CHILD,))
        desk = make_desk(self.pool, self.town.keyring)
        with self.assertRaises(RegisterBroken):
            await desk.issue(issue_request())
        with self.assertRaises(RegisterBroken):
            await desk.list_certificates(list_request())
        self.assertEqual(
            self.town.run("select subject from ops.alert order by id"),
            [("issueCertificate",), ("listCertificates",)],
        )

    async def test_report_that_another_server_knows(self) -> None:
        """The duplicate was seen on the old primary, and the new one has no report: not a contradiction, to be asked again."""
        issued = await make_desk(self.pool, self.town.keyring).issue(issue_request())
        desk = make_desk(self.pool, self.town.keyring)
        report = delivery(issued.issuance_number)
        await desk.report_delivery(report)

        async def unknown(tx: object, number: str) -> None:
            return None

        self.patch(reports, "delivery_of", unknown)
        self.refused(await desk.report_delivery(report), Code.TRY_LATER)
        self.assertEqual(self.town.run("select count(*) from ops.alert"), [(0,)])

    async def test_issuance_that_another_server_knows(self) -> None:
        """The same for a replay: 9002, and the next try is decided where it is asked."""

        async def unknown(tx: object, envelope: object) -> None:
            return None

        desk = make_desk(self.pool, self.town.keyring)
        await desk.issue(issue_request())
        self.patch(ledger, "bound_to", unknown)
        answer = await desk.issue(issue_request())
        self.refused(answer, Code.OUTCOME_UNKNOWN)
        self.assertEqual(answer.rule, Conflict.__name__)

    async def test_contradicting_reports_at_the_same_instant(self) -> None:
        """One is taken, the other refused with 1402 and an alert, whichever comes first."""
        issued = await make_desk(self.pool, self.town.keyring).issue(issue_request())
        other_pool = make_pool(self.database)
        self.addCleanup(other_pool.stop)
        hosts = [make_desk(pool, self.town.keyring) for pool in (self.pool, other_pool)]
        reports = [
            delivery(issued.issuance_number),
            delivery(issued.issuance_number, Outcome.CANCELLED, 0),
        ]
        calls = [
            ensureDeferred(host.report_delivery(report)) for host, report in zip(hosts, reports, strict=True)
        ]
        answers = [await call for call in calls]
        self.assertEqual(sum(answer == Accepted() for answer in answers), 1)
        for answer in answers:
            if answer != Accepted():
                self.refused(answer, Code.CONTRADICTING_REPORT)
        self.assertEqual(self.town.count("delivery"), 1)
        self.assertEqual(self.town.run("select event from ops.alert"), [("delivery.contradicts",)])
