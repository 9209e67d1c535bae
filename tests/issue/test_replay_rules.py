"""The same request again: what is looked at once more, in which order, what is not, and for whom (contract 1, operation 3)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import cases
import psycopg2
from family_desk import FamilyDesk
from town import CLIENT, KIOSK, Town, card, delivery, issue_request, make_desk
from twisted.internet import reactor, task
from twisted.internet.defer import DeferredList, ensureDeferred
from twisted.internet.threads import deferToThread

from konbinid.domain.kinds import Channel, CredentialType, Kind, Scope, Switch
from konbinid.domain.request import Accepted, CredentialKey, Issued, Options, Outcome, Refused
from konbinid.domain.results import Code

# How each code that is looked at again comes about after the paper was made, in the contract's order.
CAUSES: dict[Code, Callable[[Town], None]] = {
    Code.SUSPENDED: lambda town: town.run("select ops.suspend('juminhyo', 'x', 'y')"),
    Code.CREDENTIAL_UNKNOWN: lambda town: town.run("update people.credential set present = false"),
    Code.CREDENTIAL_INVALID: lambda town: town.run("update people.credential set state = 2"),
    Code.MAY_NOT_BE_ISSUED: lambda town: town.hold(cases.SPOUSE),
    Code.CHANGE_IN_PROGRESS: lambda town: town.news(
        cases.CHILD,
        "update people.person set change_in_progress = true where atena_number = %s",
        (cases.CHILD,),
    ),
}
# What would be refused if it were asked afresh, and is not looked at again.
NOT_AGAIN = {
    "fee": """insert into library.entry (item, kind, effective_from, value, entered_by)
              values ('fee', 'juminhyo', clock_timestamp(), '{"yen": 350}', 'one')""",
    "closed all day": """insert into library.entry (item, kind, effective_from, value, entered_by)
              values ('hours', 'juminhyo', clock_timestamp(), '{"every_day": "closed"}', 'one')""",
    "not offered": """insert into library.entry (item, kind, effective_from, value, entered_by)
              values ('offered', 'juminhyo', clock_timestamp(), '{"offered": false}', 'one')""",
    "minimum age": """insert into library.entry (item, effective_from, value, entered_by)
              values ('policy', clock_timestamp(), '{"minimum_age": 99}', 'one')""",
    "stale": "update intake.feed set fresh_as_of = null",
    "a baby": """insert into people.person select '0000000004', household_number, 4, resident_class, state, '見本　双葉', '', '', '', '', '', '',
              '20260101', '', 1, '子', address, address_supplement, null, null, null, '', '', '', null, null, null, '', '', '', '', null, '',
              false, null, false, false, '', '', 0 from people.person where atena_number = '0000000003'""",
}


class ReplayCase(FamilyDesk):
    async def made(self, **overrides: Any) -> Issued:
        answer = await self.desk.issue(issue_request(**overrides))
        assert isinstance(answer, Issued), answer
        return answer

    def approve(self) -> None:
        self.town.run(
            "insert into library.approval (entry_id, approved_by) select id, 'two' from library.entry e "
            "where not exists (select from library.approval a where a.entry_id = e.id)"
        )


class LookedAtAgainTests(ReplayCase):
    async def test_each_code_that_is_looked_at_again(self) -> None:
        """Invariant 5: one by one, each of the five closes the replay, and when its cause is gone the paper is given again."""
        first = await self.made()
        for number, (code, cause) in enumerate(CAUSES.items()):
            cause(self.town)
            self.refused(await self.desk.issue(issue_request()), code)
            self.undo()
            again = await self.desk.issue(issue_request())
            assert isinstance(again, Issued), code
            self.assertEqual((again.document, self.town.count("replay")), (first.document, number + 1))

    def undo(self) -> None:
        self.town.run("update ops.kind_state set suspended = false")
        self.town.run("update people.credential set present = true, state = 1")
        self.town.run("delete from people.hold")
        self.town.run("update people.person set change_in_progress = false")

    async def test_the_order_of_what_applies_together(self) -> None:
        """All at once: the contract's order, from 1501 down; each is answered once those before it are gone."""
        issued = await self.made()
        for cause in CAUSES.values():
            cause(self.town)
        await self.desk.report_delivery(delivery(issued.issuance_number, Outcome.FAILED, 0))
        request = issue_request()
        elsewhere = replace(request.envelope, municipality=cases.OTHER_MUNICIPALITY)
        other_content = replace(request, copies=2)
        self.refused(
            await self.desk.issue(replace(other_content, envelope=elsewhere)), Code.OTHER_MUNICIPALITY
        )
        self.refused(await self.desk.issue(other_content), Code.TRANSACTION_BOUND)
        self.refused(await self.desk.issue(request), Code.TRANSACTION_CLOSED)
        self.town.run("delete from ledger.delivery")
        for code, undo in (
            (Code.SUSPENDED, "update ops.kind_state set suspended = false"),
            (Code.CREDENTIAL_UNKNOWN, "update people.credential set present = true"),
            (Code.CREDENTIAL_INVALID, "update people.credential set state = 1"),
            (Code.MAY_NOT_BE_ISSUED, "delete from people.hold"),
            (Code.CHANGE_IN_PROGRESS, "update people.person set change_in_progress = false"),
        ):
            self.refused(await self.desk.issue(request), code)
            self.town.run(undo)
        assert isinstance(await self.desk.issue(request), Issued)

    async def test_expiry_comes_before_what_is_looked_at_again(self) -> None:
        """1404 stands before 1202."""
        desk = make_desk(self.pool, self.town.keyring, report_within=timedelta(0))
        await desk.issue(issue_request())
        for cause in CAUSES.values():
            cause(self.town)
        self.refused(await desk.issue(issue_request()), Code.TRANSACTION_CLOSED)

    async def test_nothing_else_is_looked_at(self) -> None:
        """The kiosk took the fee for this paper: a new fee, the closing hour or a stalled feed do not take it away again."""
        first = await self.made()
        self.town.run("insert into people.person_lock (atena_number) values ('0000000004')")
        for name, statement in NOT_AGAIN.items():
            self.town.run(statement)
            self.approve()
            again = await self.desk.issue(issue_request())
            assert isinstance(again, Issued), (name, again)
            self.assertEqual(again.document, first.document)
        self.refused(await self.desk.issue(issue_request(transaction_id="T-2")), Code.CLOSED)

    async def test_card_that_leads_to_somebody_else_by_now(self) -> None:
        """The credential must still be the same person's, not only valid: neither the old owner's paper nor the new owner's is given."""
        await self.made(members=(1,))
        self.town.settle(
            cases.person(
                atena_number="0000000060", household_number="0000000960", has_individual_number=False
            )
        )
        digest = self.town.resident_code
        self.town.run(
            "update people.person set resident_code_digest = null where atena_number = '0000000060'"
        )
        self.town.run(
            "update people.person set resident_code_digest = %s where atena_number = %s",
            (digest("0000000060"), cases.HEAD),
        )
        self.town.run(
            "update people.person set resident_code_digest = %s where atena_number = '0000000060'",
            (digest(cases.HEAD),),
        )
        self.refused(await self.desk.issue(issue_request(members=(1,))), Code.CHANGE_IN_PROGRESS)

    async def test_card_that_leads_to_another_member_by_now(self) -> None:
        """Also within one household, where everybody on the paper is still looked at: it was another one who asked."""
        await self.made()
        self.town.run(
            "update people.person set resident_code_digest = null where atena_number = %s", (cases.SPOUSE,)
        )
        for holder, code in ((cases.HEAD, b"new"), (cases.SPOUSE, self.town.resident_code(cases.HEAD))):
            self.town.run(
                "update people.person set resident_code_digest = %s where atena_number = %s", (code, holder)
            )
        self.refused(await self.desk.issue(issue_request()), Code.CHANGE_IN_PROGRESS)

    async def test_applicant_who_is_gone_from_the_register(self) -> None:
        """Whoever is on nobody's register any more has no paper to be given again."""
        await self.made(kind=Kind.JUMINHYO, members=(1,))
        self.town.news(cases.HEAD, "delete from people.person where atena_number = %s", (cases.HEAD,))
        self.refused(await self.desk.issue(issue_request(members=(1,))), Code.CHANGE_IN_PROGRESS)

    async def test_printed_person_who_died(self) -> None:
        """Someone on the paper is not on the register today: that is a change."""
        await self.made()
        self.town.news(
            cases.CHILD, "update people.person set state = 4 where atena_number = %s", (cases.CHILD,)
        )
        self.refused(await self.desk.issue(issue_request()), Code.CHANGE_IN_PROGRESS)

    async def test_hold_committed_between_snapshot_and_lock(self) -> None:
        """A replay's snapshot is older than its locks, too."""
        await self.made()
        with closing(psycopg2.connect(self.database.dsn("intake"))) as intake, intake.cursor() as cur:
            cur.execute("update people.person_lock set change_no = change_no + 1")
            cur.execute(
                "insert into people.hold (business_code, hold_number, atena_number, category, household, register_wide, incoming_id) "
                "values ('01', '1', %s, '04', false, false, 0)",
                (cases.CHILD,),
            )
            call = ensureDeferred(self.desk.issue(issue_request()))
            await task.deferLater(reactor, 0.5)
            self.assertFalse(call.called)
            await deferToThread(intake.commit)
        self.refused(await call, Code.MAY_NOT_BE_ISSUED)

    async def test_hold_waits_for_a_replay(self) -> None:
        """No document leaves behind a committed hold, not even one that was made before."""
        await self.made()
        desk, reached, go = self.paused("replay.recorded")
        call = ensureDeferred(desk.issue(issue_request()))
        await reached
        arriving = deferToThread(self.town.hold, cases.CHILD)
        await task.deferLater(reactor, 0.3)
        self.assertFalse(arriving.called)
        go.callback(None)
        assert isinstance(await call, Issued)
        await arriving

    async def test_report_waits_for_a_replay(self) -> None:
        """After an accepted report the document is not given again: the report is accepted when the replay has left, not while it is leaving."""
        issued = await self.made()
        desk, reached, go = self.paused("replay.recorded")
        call = ensureDeferred(desk.issue(issue_request()))
        await reached
        reporting = ensureDeferred(self.desk.report_delivery(delivery(issued.issuance_number)))
        await task.deferLater(reactor, 0.3)
        self.assertFalse(reporting.called)
        go.callback(None)
        assert isinstance(await call, Issued)
        self.assertIsInstance(await reporting, Accepted)

    async def test_report_accepted_after_the_snapshot_of_a_replay(self) -> None:
        """The replay's snapshot is older than the report: a SELECT would give the document out once more, the INSERT knows."""
        issued = await self.made()
        with closing(psycopg2.connect(self.database.dsn("intake"))) as held, held.cursor() as cur:
            cur.execute("select from people.person_lock for update")
            call = ensureDeferred(self.desk.issue(issue_request()))
            await task.deferLater(reactor, 0.3)
            self.assertFalse(call.called)
            accepted = await self.desk.report_delivery(delivery(issued.issuance_number))
            self.assertIsInstance(accepted, Accepted)
            held.rollback()
            self.refused(await call, Code.TRANSACTION_CLOSED)


OTHERS = {
    "chain": {"kiosk": replace(KIOSK, chain_code="OTHER")},
    "store": {"kiosk": replace(KIOSK, store_code="0009999")},
    "store name": {"kiosk": replace(KIOSK, store_name="見本店　二号")},
    "terminal": {"kiosk": replace(KIOSK, terminal_id="T2")},
    "channel": {"kiosk": replace(KIOSK, channel=Channel.OFFICE)},
    "card": {"credential": card(cases.SPOUSE)},
    "type": {"credential": CredentialKey.of(CredentialType.PHONE, f"a{cases.HEAD}")},
    "kind": {"kind": Kind.KISAIJIKO},
    "copies": {"copies": 2},
    "fee": {"fee": 301},
    "scope": {"options": Options(Scope.HOUSEHOLD, (), frozenset({Switch.RELATIONSHIP}))},
    "no scope": {"options": Options(None, (1, 2), frozenset({Switch.RELATIONSHIP}))},
    "members": {"options": Options(Scope.MEMBERS, (1, 3), frozenset({Switch.RELATIONSHIP}))},
    "fewer members": {"options": Options(Scope.MEMBERS, (1,), frozenset({Switch.RELATIONSHIP}))},
    "show": {"options": Options(Scope.MEMBERS, (1, 2), frozenset({Switch.DOMICILE}))},
    "more shown": {"options": Options(Scope.MEMBERS, (1, 2), frozenset(Switch))},
    "year": {"options": Options(Scope.MEMBERS, (1, 2), frozenset({Switch.RELATIONSHIP}), 2026)},
}


class ContentTests(ReplayCase):
    request = issue_request(members=(1, 2), show={Switch.RELATIONSHIP})

    async def test_every_element_binds(self) -> None:
        """1401 for any other content, one element at a time; the paper of the first is not touched by it."""
        first = await self.desk.issue(self.request)
        for name, other in OTHERS.items():
            answer = await self.desk.issue(replace(self.request, **other))
            assert isinstance(answer, Refused), name
            self.assertEqual(answer.code, Code.TRANSACTION_BOUND, name)
        again = await self.desk.issue(self.request)
        self.assertEqual(again.document, first.document)

    async def test_what_is_the_same(self) -> None:
        """Sets in another order, a serial in another writing: the same request."""
        first = await self.desk.issue(self.request)
        for same in (
            replace(self.request, options=replace(self.request.options, members=(2, 1))),
            replace(
                self.request, credential=CredentialKey.of(CredentialType.CARD, f"000A{cases.HEAD}".upper())
            ),
        ):
            again = await self.desk.issue(same)
            assert isinstance(again, Issued), again
            self.assertEqual(again.document, first.document)

    async def test_ids_differ_by_case_and_client(self) -> None:
        """T-a is not T-A, and a client never sees what another's id is bound to."""
        papers = [
            await self.desk.issue(issue_request(transaction_id=name, members=(1,))) for name in ("T-a", "T-A")
        ]
        self.assertNotEqual(papers[0].issuance_number, papers[1].issuance_number)
        other = issue_request(transaction_id="T-a", members=(2,))
        theirs = replace(other, envelope=replace(other.envelope, client=f"{CLIENT}2"))
        answer = await self.desk.issue(theirs)
        assert isinstance(answer, Issued)
        again = [
            await self.desk.issue(each)
            for each in (theirs, issue_request(transaction_id="T-a", members=(1,)))
        ]
        self.assertEqual([each.document for each in again], [answer.document, papers[0].document])

    async def test_refusal_is_not_written_under_the_bound_person(self) -> None:
        """Another one's card under a bound id: the ledger must not say that the first person had asked."""
        await self.made(members=(1,))
        self.refused(await self.desk.issue(issue_request(cases.SPOUSE, members=(2,))), Code.TRANSACTION_BOUND)
        self.assertEqual(
            self.town.run("select code, atena_number from ledger.refusal"), [(Code.TRANSACTION_BOUND, None)]
        )

    async def test_many_at_once_in_any_mixture(self) -> None:
        """I-03: the same id with two contents at the same instant: one wins, all of its kind get its bytes, all others 1401."""
        mine, other = issue_request(members=(1,)), issue_request(cases.SPOUSE, members=(2,))
        answers = await DeferredList(
            [ensureDeferred(self.desk.issue(request)) for request in (mine, other) * 4], consumeErrors=True
        )
        of_mine = [answer for _, answer in answers[0::2]]
        of_other = [answer for _, answer in answers[1::2]]
        if isinstance(of_other[0], Issued):
            of_mine, of_other = of_other, of_mine
        self.assertEqual(len({answer.document for answer in of_mine}), 1)
        for answer in of_other:
            self.refused(answer, Code.TRANSACTION_BOUND)
        self.assertEqual(self.town.count("issuance"), 1)


class SealedTests(ReplayCase):
    async def test_document_of_another_issuance_does_not_open(self) -> None:
        """I-03: rows that were mixed up in the database give nobody a paper: 9002, an alert, and the kind closes."""
        await self.made(members=(1,))
        await self.made(members=(2,), transaction_id="T-2")
        self.town.run(
            "update ledger.document d set sealed = o.sealed from ledger.document o where o.issuance_number <> d.issuance_number"
        )
        self.refused(await self.desk.issue(issue_request(members=(1,))), Code.OUTCOME_UNKNOWN)
        self.assertEqual(self.town.run("select event from ops.alert"), [("paper.differs",)])
        self.assertEqual(self.town.run("select kind from ops.kind_state where suspended"), [("juminhyo",)])
        self.assertEqual(self.town.count("replay"), 0)

    async def test_bytes_that_are_not_the_bound_ones_do_not_leave(self) -> None:
        """Sealed anew under the right number, but not what the ledger is bound to: nothing leaves."""
        issued = await self.made(members=(1,))
        wrapped, sealed = self.town.keyring.seal_document(issued.issuance_number, b"%PDF of somebody else")
        self.town.run("update ledger.document set sealed = %s", (sealed,))
        self.town.run("update ledger.document_key set wrapped_key = %s", (wrapped,))
        answer = await self.desk.issue(issue_request(members=(1,)))
        self.refused(answer, Code.OUTCOME_UNKNOWN)
        self.assertEqual(self.town.run("select event from ops.alert"), [("paper.differs",)])

    async def test_destroyed_key_is_the_end(self) -> None:
        """1404 when the retention has destroyed the key, whoever asks."""
        await self.made()
        self.town.run("delete from ledger.document_key")
        self.refused(await self.desk.issue(issue_request()), Code.TRANSACTION_CLOSED)


class DefectTests(ReplayCase):
    async def test_what_nobody_foresaw_is_9002_and_told(self) -> None:
        """The id is bound: a Fault would say that it is decided afresh, and without an alert nobody would look why it never comes."""
        await self.made()
        for error, cause in (
            ("RegisterBroken", "delete from people.person_lock where atena_number = '0000000003'"),
            ("StatementFailed", "revoke insert on ledger.replay from konbinid_desk"),
        ):
            self.town.run("delete from ops.alert")
            self.town.run(cause)
            self.refused(await self.desk.issue(issue_request()), Code.OUTCOME_UNKNOWN)
            told = self.town.run("select event, detail ->> 'error' from ops.alert")
            self.assertEqual(told, [("desk.defect", error)])
            self.town.run(
                "insert into people.person_lock (atena_number) values ('0000000003') on conflict do nothing"
            )
