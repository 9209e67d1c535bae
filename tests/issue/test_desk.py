"""The desk on a real database, with the real press: one request in, one certificate out, or nothing at all."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import timedelta

import cases
import psycopg2
import pypdfium2
from family_desk import FamilyDesk
from town import KIOSK, card, delivery, issue_request, list_request, make_desk, make_pool
from twisted.internet import reactor, task
from twisted.internet.defer import Deferred, DeferredList, ensureDeferred

from konbinid.domain.kinds import Kind, Switch
from konbinid.domain.request import (
    Accepted,
    ContractBroken,
    ErrorReport,
    Issued,
    Listed,
    Outcome,
    ServiceQuery,
    ServiceState,
)
from konbinid.domain.results import Code
from konbinid.paper.press import Press, Printed
from konbinid.store.errors import StatementFailed


def text_of(issued: Issued) -> str:
    """All text of the paper, without line ends."""
    document = pypdfium2.PdfDocument(io.BytesIO(issued.document))
    return (
        "".join(page.get_textpage().get_text_range() for page in document).replace("\r", "").replace("\n", "")
    )


class IssueTests(FamilyDesk):
    async def test_household_gets_its_paper(self) -> None:
        """The whole path: ledger row, decision, document and the bytes belong together, and every member stands on the paper."""
        issued = await self.desk.issue(issue_request())
        assert isinstance(issued, Issued)
        text = text_of(issued)
        for person in cases.family():
            self.assertIn(person.name.replace("　", ""), text.replace("　", ""))
        self.assertIn(issued.issuance_number, text)
        self.assertEqual(hashlib.sha256(issued.document).hexdigest(), issued.sha256)
        row = self.town.run(
            "select document_sha256, pages, total_fee, atena_number, jsonb_array_length(printed) from ledger.decision"
        )
        self.assertEqual([(bytes(row[0][0]).hex(), *row[0][1:])], [(issued.sha256, 1, 300, cases.HEAD, 3)])

    async def test_document_in_the_ledger_is_sealed(self) -> None:
        """Invariant 3: in the database the bytes lie sealed; the number alone opens them."""
        issued = await self.desk.issue(issue_request())
        sealed, key = self.town.run(
            "select sealed, wrapped_key from ledger.document join ledger.document_key using (issuance_number)"
        )[0]
        self.assertNotIn(b"%PDF", bytes(sealed))
        self.assertEqual(
            self.town.keyring.open_document(issued.issuance_number, bytes(key), bytes(sealed)),
            issued.document,
        )

    async def test_individual_number_is_printed_on_request_only_and_stored_nowhere(self) -> None:
        """個人番号 stands on the paper that asked for it; the ledger has a keyed digest; delivery destroys the document's key."""
        issued = await self.desk.issue(issue_request(show={Switch.INDIVIDUAL_NUMBER}, members=(1,)))
        self.assertIn("123456789018", text_of(issued))
        self.assertNotIn("123456789018", str(self.town.run("select content from ledger.decision")[0][0]))
        await self.desk.report_delivery(delivery(issued.issuance_number))
        self.assertEqual(self.town.count("document_key"), 0)
        plain = await self.desk.issue(issue_request(transaction_id="T-2", members=(1,)))
        self.assertNotIn("123456789018", text_of(plain))
        await self.desk.report_delivery(delivery(plain.issuance_number))
        self.assertEqual(self.town.count("document_key"), 1)

    async def test_same_request_gives_the_same_bytes_counted_once(self) -> None:
        """Invariant 4: at most one document per bound transactionId."""
        first, again = [await self.desk.issue(issue_request()) for _ in range(2)]
        self.assertEqual((first.document, first.issuance_number), (again.document, again.issuance_number))
        self.assertEqual((self.town.count("issuance"), self.town.count("replay")), (1, 1))

    async def test_same_request_twice_at_once(self) -> None:
        """I-03, I-07: two at the same instant wait for each other in the database, not in a process."""
        other_pool = make_pool(self.database)
        self.addCleanup(other_pool.stop)
        other_host = make_desk(other_pool, self.town.keyring)
        calls = [ensureDeferred(desk.issue(issue_request())) for desk in (self.desk, other_host) * 3]
        answers = [answer for ok, answer in await DeferredList(calls)]
        self.assertEqual(len({answer.document for answer in answers}), 1)
        self.assertEqual((self.town.count("issuance"), self.town.count("replay")), (1, 5))

    async def test_other_content_under_a_bound_id(self) -> None:
        """1401; and the first document is still there."""
        await self.desk.issue(issue_request())
        self.refused(await self.desk.issue(issue_request(copies=2)), Code.TRANSACTION_BOUND)
        assert isinstance(await self.desk.issue(issue_request()), Issued)

    async def test_other_city_comes_before_a_bound_id(self) -> None:
        """The contract's order: 1501 before 1401."""
        await self.desk.issue(issue_request())
        request = issue_request()
        elsewhere = replace(
            request, envelope=replace(request.envelope, municipality=cases.OTHER_MUNICIPALITY)
        )
        self.refused(await self.desk.issue(elsewhere), Code.OTHER_MUNICIPALITY)

    async def test_unknown_dates_restrict(self) -> None:
        """All zeros in 有効期限 is unknown: a credential that may have expired is not taken; an unknown end of a hold is open."""
        self.town.hold(cases.CHILD)
        self.town.run("update people.hold set starts_on = '00000000', ends_on = '00000000'")
        self.refused(await self.desk.issue(issue_request()), Code.MAY_NOT_BE_ISSUED)
        self.town.run("update people.credential set expires_on = '00000000'")
        self.refused(await self.desk.issue(issue_request()), Code.CREDENTIAL_INVALID)

    async def test_same_id_of_another_client_is_another_id(self) -> None:
        """TransactionIds are per allow-listed client."""
        request = issue_request()
        mine = await self.desk.issue(request)
        other = await self.desk.issue(replace(request, envelope=replace(request.envelope, client="other")))
        self.assertNotEqual(mine.issuance_number, other.issuance_number)

    async def test_refusal_binds_nothing(self) -> None:
        """After a refusal the same id is decided afresh."""
        self.refused(await self.desk.issue(issue_request(fee=200)), Code.FEE_DIFFERS)
        self.assertEqual((self.town.count("issuance"), self.town.count("refusal")), (0, 1))
        assert isinstance(await self.desk.issue(issue_request()), Issued)

    async def test_replay_is_closed_by_any_report(self) -> None:
        """1404 after a report of any outcome."""
        issued = await self.desk.issue(issue_request())
        await self.desk.report_delivery(delivery(issued.issuance_number, Outcome.CANCELLED, 0))
        self.refused(await self.desk.issue(issue_request()), Code.TRANSACTION_CLOSED)

    async def test_replay_ends(self) -> None:
        """1404 after expiresAt."""
        desk = make_desk(self.pool, self.town.keyring, report_within=timedelta(0))
        await desk.issue(issue_request())
        self.refused(await desk.issue(issue_request()), Code.TRANSACTION_CLOSED)

    async def test_replay_looks_again(self) -> None:
        """Invariant 5: no document leaves while a hold is in force, not even one that was made before (I-06)."""
        await self.desk.issue(issue_request())
        self.town.hold(cases.SPOUSE)
        self.refused(await self.desk.issue(issue_request()), Code.MAY_NOT_BE_ISSUED)

    async def test_replay_after_somebody_left_the_household(self) -> None:
        """Someone on the paper is no longer looked at by the rules: that is a change, not a reason to give it again."""
        await self.desk.issue(issue_request())
        self.town.news(
            cases.CHILD,
            "update people.person set household_number = '0000000999' where atena_number = %s",
            (cases.CHILD,),
        )
        self.refused(await self.desk.issue(issue_request()), Code.CHANGE_IN_PROGRESS)

    async def test_unknown_card(self) -> None:
        """1001."""
        self.refused(await self.desk.issue(issue_request("0000000042")), Code.CREDENTIAL_UNKNOWN)

    async def test_name_without_glyph(self) -> None:
        """1301 with an alert that names the code point, never a substitute."""
        self.town.run(
            "update people.person set name = %s where atena_number = %s", ("見本\U0003fffd", cases.CHILD)
        )
        self.refused(await self.desk.issue(issue_request()), Code.UNPRINTABLE)
        alert = self.town.run("select event, detail from ops.alert")[0]
        self.assertEqual(alert[0], "paper.unprintable")
        self.assertIn("U+3FFFD", str(alert[1]))

    async def test_inkan_at_true_size(self) -> None:
        """The seal's picture goes through unchanged."""
        self.town.register_seal(
            cases.HEAD,
            cases.seal(impression=cases.impression(width=200, height=200, dpi=400, rows=b"\xf0" * 25 * 200)),
        )
        issued = await self.desk.issue(issue_request(kind=Kind.INKAN))
        assert isinstance(issued, Issued), issued
        self.assertEqual(issued.pages, 1)


class InterleavingTests(FamilyDesk):
    """News that arrive while a paper is in the making."""

    async def test_hold_committed_before_the_lock_is_seen(self) -> None:
        """A hold committed after the snapshot and before the locks makes the desk start again and refuse."""
        desk, reached, go = self.paused("issue.placed")
        call = ensureDeferred(desk.issue(issue_request()))
        await reached
        self.town.hold(cases.CHILD)
        go.callback(None)
        self.refused(await call, Code.MAY_NOT_BE_ISSUED)

    async def test_suspension_committed_before_the_lock_is_seen(self) -> None:
        """The same for a kind that staff closed meanwhile."""
        desk, reached, go = self.paused("issue.placed")
        call = ensureDeferred(desk.issue(issue_request()))
        await reached
        self.town.run("select ops.suspend('juminhyo', 'test', 'staff')")
        go.callback(None)
        self.refused(await call, Code.SUSPENDED)

    async def test_hold_waits_for_a_paper_in_the_making(self) -> None:
        """Once the desk holds the people, a hold cannot be committed until the paper is settled: no paper overtakes a committed hold."""
        desk, reached, go = self.paused("issue.recorded")
        call = ensureDeferred(desk.issue(issue_request()))
        await reached
        with self.assertRaisesRegex(psycopg2.Error, "lock timeout"):
            self.town.hold(cases.CHILD, patience="200ms")
        go.callback(None)
        assert isinstance(await call, Issued)
        self.town.hold(cases.CHILD)

    async def test_conflicts_do_not_go_on_for_ever(self) -> None:
        """Three new snapshots at most; then 9001, and nothing was issued."""

        async def step(at: str) -> None:
            if at == "issue.placed":
                self.town.news(cases.CHILD, "select 1")

        desk = make_desk(self.pool, self.town.keyring, step=step)
        self.refused(await desk.issue(issue_request()), Code.TRY_LATER)
        self.assertEqual(self.town.count("issuance"), 0)


class FaultTests(FamilyDesk):
    """What goes wrong inside, and what the centre is told."""

    async def test_readback_mismatch_closes_the_kind(self) -> None:
        """Invariant 1 (I-01, I-02, I-05): a paper that shows another person is never given; the kind closes at once."""
        other = await self.desk.issue(issue_request(cases.SPOUSE, transaction_id="T-0", members=(2,)))

        class WrongPress(Press):
            """Hands out the previous person's paper, as incident I-05 did."""

            def print(self, content) -> Printed:
                return Printed(other.document, 1, other.sha256)

        wrong = _same_press(self.desk.equipment.press, WrongPress)
        desk = make_desk(self.pool, self.town.keyring, the_press=wrong)
        self.refused(await desk.issue(issue_request(members=(1,))), Code.TRY_LATER)
        self.assertEqual(self.town.count("issuance"), 1)
        self.assertEqual(
            self.town.run("select event, severity from ops.alert"), [("paper.differs", "critical")]
        )
        self.refused(await self.desk.issue(issue_request(transaction_id="T-9")), Code.SUSPENDED)

    async def test_crash_at_every_step_leaves_nothing(self) -> None:
        """A request that dies at any named step leaves no row, and the same id works afterwards."""
        for name in ("issue.placed", "issue.read", "issue.printed", "issue.recorded"):

            async def step(at: str, name: str = name) -> None:
                if at == name:
                    raise ZeroDivisionError

            with self.assertRaises(ZeroDivisionError):
                await make_desk(self.pool, self.town.keyring, step=step).issue(issue_request())
            self.assertEqual(self.town.count("issuance"), 0, name)
        assert isinstance(await self.desk.issue(issue_request()), Issued)

    async def test_deadline_gives_9001_and_nothing_later(self) -> None:
        """I-01: a timed-out job is poisoned; its late result reaches nobody."""

        async def step(at: str) -> None:
            if at == "issue.recorded":
                gone: Deferred[None] = Deferred()
                reactor.callLater(1.0, gone.callback, None)
                await gone

        desk = make_desk(self.pool, self.town.keyring, step=step, answer_within=0.6)
        self.refused(await desk.issue(issue_request()), Code.TRY_LATER)
        self.assertEqual(self.town.count("issuance"), 0)

    async def test_deadline_behind_a_refusal_promises_nothing(self) -> None:
        """The refusal has taken the ledger row back: the same id may be placed and committed by another request before the time is up."""
        others: list[object] = []

        async def step(at: str) -> None:
            if at == "issue.refused":
                others.append(await self.desk.issue(issue_request()))
                await task.deferLater(reactor, 1.0)

        desk = make_desk(self.pool, self.town.keyring, step=step, answer_within=0.9)
        self.refused(await desk.issue(issue_request(fee=1)), Code.OUTCOME_UNKNOWN)
        self.assertEqual([type(answer) for answer in others], [Issued])

    async def test_deviating_host_issues_nothing(self) -> None:
        """I-05, I-07: a host whose build or configuration is not the approved one issues nothing from the moment of the approval on, not from
        the next look at it."""
        self.town.run("insert into ops.fingerprint (fingerprint, approved_by) values ('another', 'two')")
        self.refused(await self.desk.issue(issue_request()), Code.TRY_LATER)
        self.assertEqual((self.town.count("issuance"), self.town.count("decision")), (0, 0))
        self.town.run("insert into ops.fingerprint (fingerprint, approved_by) values ('f', 'two')")
        assert isinstance(await self.desk.issue(issue_request()), Issued)

    async def test_no_database_is_an_unknown_outcome(self) -> None:
        """Without the database nobody can say that an earlier request with this id was not committed: 9002, not 9001."""
        self.pool.stop()
        self.refused(await self.desk.issue(issue_request()), Code.OUTCOME_UNKNOWN)
        self.refused(await self.desk.list_certificates(list_request()), Code.TRY_LATER)

    async def test_commit_without_answer_is_9002_and_the_ledger_decides(self) -> None:
        """After 9002 the same request is replayed from what was committed."""
        self.database.run(
            "create function ledger.warn() returns trigger language plpgsql as $$ begin raise warning 'w'; return null; end $$"
        )
        self.database.run(
            "create constraint trigger w after insert on ledger.issuance deferrable initially deferred for each row execute function ledger.warn()"
        )
        self.refused(await self.desk.issue(issue_request()), Code.OUTCOME_UNKNOWN)
        self.assertEqual(self.town.count("issuance"), 1)
        assert isinstance(await self.desk.issue(issue_request()), Issued)
        self.assertEqual(self.town.count("issuance"), 1)

    async def test_held_people_give_9001(self) -> None:
        """A file that takes long makes the kiosk wait two seconds at most; nothing was issued."""
        desk = make_desk(self.pool, self.town.keyring, lock_timeout=0.2)
        blocker = psycopg2.connect(self.database.dsn("intake"))
        self.addCleanup(blocker.close)
        blocker.cursor().execute(
            "update people.person_lock set change_no = change_no + 1 where atena_number = %s", (cases.CHILD,)
        )
        began = reactor.seconds()
        self.refused(await desk.issue(issue_request()), Code.TRY_LATER)
        self.assertLess(reactor.seconds() - began, 2)

    async def test_desk_role_cannot_change_the_ledger(self) -> None:
        """Insert-only is a right of the role, not a habit of the code."""
        await self.desk.issue(issue_request())
        for statement in (
            "update ledger.issuance set copies = 9",
            "delete from ledger.document_key",
            "update people.person set name = 'x'",
        ):
            with self.assertRaises(StatementFailed):
                await self.pool.transaction(
                    lambda tx, s=statement: tx.execute(s), deadline=self.desk.equipment.deadline()
                )


def _same_press(good: Press, kind: type[Press]) -> Press:
    made = object.__new__(kind)
    made.__dict__.update(good.__dict__)
    return made


class ReportTests(FamilyDesk):
    async def issued(self, **overrides: object) -> Issued:
        answer = await self.desk.issue(issue_request(**overrides))
        assert isinstance(answer, Issued)
        return answer

    async def test_delivery_is_taken_once(self) -> None:
        """Same outcome and copies again = done; a contradicting one is 1402 with an alert."""
        issued = await self.issued(copies=2)
        for _ in range(2):
            self.assertEqual(
                await self.desk.report_delivery(delivery(issued.issuance_number, copies=1)), Accepted()
            )
        contradicting = delivery(issued.issuance_number, Outcome.FAILED, 0)
        self.refused(await self.desk.report_delivery(contradicting), Code.CONTRADICTING_REPORT)
        self.assertEqual(self.town.run("select event from ops.alert"), [("delivery.contradicts",)])
        self.assertEqual(self.town.count("delivery"), 1)

    async def test_copies_must_fit_the_outcome(self) -> None:
        """1107 for more copies than issued, none delivered, or some cancelled."""
        issued = await self.issued()
        for outcome, copies in ((Outcome.DELIVERED, 2), (Outcome.DELIVERED, 0), (Outcome.CANCELLED, 1)):
            self.refused(
                await self.desk.report_delivery(delivery(issued.issuance_number, outcome, copies)),
                Code.OPTION_NOT_ALLOWED,
            )

    async def test_times_out_of_reason_break_the_contract(self) -> None:
        """Over five minutes before the issue or ahead is a Fault."""
        issued = await self.issued()
        for shift in (timedelta(minutes=-6), timedelta(minutes=6)):
            report = delivery(issued.issuance_number)
            with self.assertRaises(ContractBroken):
                await self.desk.report_delivery(replace(report, occurred_at=report.occurred_at + shift))

    async def test_number_of_another_client_is_unknown(self) -> None:
        """1403: a number says nothing to a client it was not given to."""
        issued = await self.issued()
        report = delivery(issued.issuance_number)
        self.refused(
            await self.desk.report_delivery(
                replace(report, envelope=replace(report.envelope, client="other"))
            ),
            Code.ISSUANCE_UNKNOWN,
        )

    async def test_late_delivery_is_taken_and_marked(self) -> None:
        """After expiresAt a report is still taken."""
        desk = make_desk(self.pool, self.town.keyring, report_within=timedelta(0))
        issued = await desk.issue(issue_request())
        await desk.report_delivery(delivery(issued.issuance_number))
        self.assertEqual(self.town.run("select late from ledger.delivery"), [(True,)])

    async def test_error_report_alerts_and_can_suspend(self) -> None:
        """An error of the centre is never only a line in a log; by setting it closes the kind of the issuance."""
        issued = await self.issued()
        desk = make_desk(self.pool, self.town.keyring, suspend_on_error_report=True)
        report = ErrorReport(delivery("x").envelope, None, issued.issuance_number, Kind.INKAN, "E1", "")
        self.assertEqual(await desk.report_error(report), Accepted())
        self.assertEqual(self.town.run("select kind from ops.kind_state where suspended"), [("juminhyo",)])
        self.refused(
            await desk.report_error(replace(report, issuance_number="0000-0000-0000-0000")),
            Code.ISSUANCE_UNKNOWN,
        )
        self.assertEqual(len(self.town.run("select 1 from ops.alert where event = 'center.error'")), 2)

    async def test_where_a_request_came_from_is_in_the_ledger(self) -> None:
        """Contract 1: the kiosk goes into the ledger, whatever it asked for or reported."""
        issued = await self.issued()
        await self.desk.issue(issue_request())
        await self.desk.report_delivery(delivery(issued.issuance_number))
        report = ErrorReport(delivery("x").envelope, KIOSK, issued.issuance_number, None, "E1", "")
        await self.desk.report_error(report)
        for table in ("issuance", "replay", "delivery", "error_report"):
            row = self.town.run(
                f"select chain_code, store_code, store_name, terminal_id, channel from ledger.{table}"
            )
            self.assertEqual(row, [("SEJ", "0001234", "見本店", "T1", "STORE")], table)


class ListTests(FamilyDesk):
    async def test_list_of_an_ordinary_resident(self) -> None:
        """What is offered and not refused, with members and switches; inkan is missing without a seal."""
        listed = await self.desk.list_certificates(list_request())
        assert isinstance(listed, Listed)
        self.assertEqual([c.kind for c in listed.certificates], [Kind.JUMINHYO, Kind.KISAIJIKO])
        self.assertEqual([m.number for m in listed.certificates[0].members], [1, 2, 3])

    async def test_member_without_a_number_is_not_listed(self) -> None:
        """A number is given once and for all by intake; until then nobody can choose the person, and 0 is no number."""
        self.town.run("delete from people.member_number where atena_number = %s", (cases.CHILD,))
        listed = await self.desk.list_certificates(list_request())
        self.assertEqual([m.number for m in listed.certificates[0].members], [1, 2])

    async def test_stranger_is_told_nothing_more(self) -> None:
        """1001 for an unknown card."""
        self.refused(await self.desk.list_certificates(list_request("0000000042")), Code.CREDENTIAL_UNKNOWN)
        self.assertEqual(
            self.town.run("select operation, code from ledger.refusal"), [("listCertificates", "1001")]
        )

    async def test_service_state_follows_feeds_and_suspension(self) -> None:
        """I-06, I-13: a stalled feed closes the kinds that depend on it, a suspension its kind, the others go on."""
        query = ServiceQuery(delivery("x").envelope)
        self.town.run("update intake.feed set fresh_as_of = null where feed = 'INKAN'")
        self.town.run("select ops.suspend('kisaijiko', 'test', 'staff')")
        report = await self.desk.check_service(query)
        self.assertEqual(report.state, ServiceState.OPEN)
        self.assertEqual(
            {k.kind: k.state for k in report.kinds},
            {
                Kind.JUMINHYO: ServiceState.OPEN,
                Kind.KISAIJIKO: ServiceState.SUSPENDED,
                Kind.INKAN: ServiceState.STALE,
                Kind.KAZEI: ServiceState.OPEN,
                # The family register system has not sent anything here.
                **dict.fromkeys((Kind.KOSEKI_ZENBU, Kind.KOSEKI_KOJIN, Kind.FUHYO), ServiceState.STALE),
            },
        )


def test_card_serials_are_distinct() -> None:
    """The town's own fixture: two people never share a serial."""
    assert card(cases.HEAD) != card(cases.SPOUSE)
