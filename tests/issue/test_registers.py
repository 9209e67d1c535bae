"""Registers' papers on a real database: passed on byte for byte, to whom they belong, and closed by everything that closes a register."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import cases
import register_town as rt
from family_desk import FamilyDesk
from town import delivery, issue_request, list_request, make_desk, make_pool
from twisted.internet import reactor, task
from twisted.internet.defer import Deferred, DeferredList, ensureDeferred
from twisted.internet.threads import deferToThread

from konbinid.domain.kinds import REGISTER_KINDS, Kind, Switch
from konbinid.domain.request import Issued, Listed
from konbinid.domain.results import Code

KINDS = sorted(REGISTER_KINDS, key=list(Kind).index)


class RegisterCase(FamilyDesk):
    """The family of three lives here and is one register with a fourth member elsewhere."""

    async def issued(self, *arguments: object, **overrides: object) -> Issued:
        answer = await self.desk.issue(rt.register_request(*arguments, **overrides))
        assert isinstance(answer, Issued), answer
        return answer

    async def register_elsewhere(self) -> str:
        """Apply and be approved."""
        applied = await self.desk.apply_for_registration(rt.application())
        await deferToThread(rt.approve, self.town, applied.application_number)
        return applied.application_number


class PassedOnTests(RegisterCase):
    def setUp(self) -> None:
        super().setUp()
        rt.settle_registers(self.town)

    async def test_the_very_bytes(self) -> None:
        """Contract 2: never re-rendered; each kind, member and 表示区分 has the document that intake bound to it and no other."""
        show = frozenset({Switch.DOMICILE})
        wanted = [
            ({"kind": Kind.KOSEKI_ZENBU}, ("KOSEKI", "00")),
            ({"kind": Kind.KOSEKI_KOJIN}, ("KOSEKI", "01")),
            ({"kind": Kind.KOSEKI_KOJIN, "member": 4}, ("KOSEKI", "04")),
            ({"kind": Kind.FUHYO}, ("FUHYO", "00")),
            ({"kind": Kind.FUHYO, "show": show}, ("FUHYO", "00", 1)),
            ({"kind": Kind.FUHYO, "member": 2}, ("FUHYO", "02")),
            ({"kind": Kind.FUHYO, "member": 2, "show": show}, ("FUHYO", "02", 1)),
        ]
        for number, (request, document) in enumerate(wanted):
            issued = await self.issued(transaction_id=f"T-{number}", **request)
            self.assertEqual(issued.document, rt.pdf_of(*document))
            self.assertEqual(issued.sha256, hashlib.sha256(issued.document).hexdigest())
            self.assertEqual((issued.pages, issued.total_fee), (2, rt.FEES[request["kind"]]))

    async def test_the_ledger_says_whose_and_which(self) -> None:
        """Register, member, 表示区分 and hash stand in the record; form, fonts and 外字 are none of ours."""
        issued = await self.issued(Kind.KOSEKI_KOJIN, member=2)
        [(atena, printed, content, versions, digest)] = self.town.run(
            "select atena_number, printed, content, array[form_version, form_digest, fonts_digest, gaiji_version], document_sha256 "
            "from ledger.decision"
        )
        self.assertEqual((atena, bytes(digest).hex()), (cases.HEAD, issued.sha256))
        self.assertEqual(versions, [""] * 4)
        self.assertEqual(
            content,
            {
                "kind": "koseki_kojin",
                "issuance_number": issued.issuance_number,
                "register": cases.REGISTER_NUMBER,
                "holder": "01",
                "member": "02",
                "display": 0,
                "pdf_sha256": issued.sha256,
            },
        )
        self.assertEqual(
            printed, [{"atena": cases.SPOUSE, "member": 2, "register_member": "02", "change_no": 3}]
        )

    async def test_bytes_that_are_not_the_bound_ones(self) -> None:
        """Invariant 1: 9001, an alert, the kind closed; and (I-13) only that kind."""
        self.town.run(
            "update people.register_pdf set content = content || '\\x00'::bytea where sha256 = "
            "(select pdf_sha256 from people.koseki where member = '00')"
        )
        self.refused(await self.desk.issue(rt.register_request()), Code.TRY_LATER)
        self.assertEqual(self.town.count("issuance"), 0)
        alerts = self.town.run("select event, severity, subject from ops.alert")
        self.assertEqual(alerts, [("paper.differs", "critical", "koseki_zenbu")])
        self.refused(await self.desk.issue(rt.register_request(transaction_id="T-2")), Code.SUSPENDED)
        await self.issued(Kind.KOSEKI_KOJIN, transaction_id="T-3")
        await self.issued(Kind.FUHYO, transaction_id="T-4")

    async def test_two_requests_in_the_same_second(self) -> None:
        """I-03, family registers: many at one instant on two hosts; everyone has the own register's bytes, each id one paper."""
        other = cases.person(
            atena_number="0000000060",
            household_number="0000000960",
            name="例示　次郎",
            has_individual_number=False,
        )
        self.town.settle(other)
        row = cases.register_row("01", name=other.name, atena_number=other.atena_number)
        foreign = replace(cases.register(number="K-000200"), rows=(row,))
        self.town.run("insert into people.register_lock (register_number) values ('K-000200')")
        document = rt.pdf_of("other", "01")
        rt.put(self.town, "KOSEKI", foreign.number, row, document)
        pool = make_pool(self.database)
        self.addCleanup(pool.stop)
        hosts = [self.desk, make_desk(pool, self.town.keyring)]
        asked = [
            rt.register_request(Kind.KOSEKI_KOJIN, number, f"T-{turn % 4}-{number}", member=1)
            for turn in range(8)
            for number in (cases.HEAD, other.atena_number)
        ]
        answers = await DeferredList(
            [ensureDeferred(hosts[place % 3 % 2].issue(one)) for place, one in enumerate(asked)]
        )
        bound: dict[str, set[str]] = {}
        for (ok, answer), request in zip(answers, asked, strict=True):
            assert ok, answer
            assert isinstance(answer, Issued), answer
            mine = request.credential == rt.register_request(atena_number=cases.HEAD).credential
            self.assertEqual(answer.document, rt.pdf_of("KOSEKI", "01") if mine else document)
            bound.setdefault(request.envelope.transaction_id, set()).add(answer.issuance_number)
        self.assertEqual({len(numbers) for numbers in bound.values()}, {1})
        self.assertEqual((self.town.count("issuance"), self.town.count("replay")), (8, 8))

    async def test_a_stalled_feed_closes_its_kinds_only(self) -> None:
        """I-13: the family register system is down: what its rows decide closes, 附票 with them (届出処理中, decision 0038); everything else goes on."""
        stale = "update intake.feed set fresh_as_of = null where feed = %s"
        self.town.run(stale, ("FUHYO",))
        self.refused(await self.desk.issue(rt.register_request(Kind.FUHYO)), Code.STALE)
        await self.issued(transaction_id="T-2")
        self.town.run(stale, ("KOSEKI",))
        self.refused(await self.desk.issue(rt.register_request()), Code.STALE)
        assert isinstance(await self.desk.issue(issue_request(transaction_id="T-3")), Issued)

    async def test_the_list_names_the_members_who_can_be_had(self) -> None:
        """Operation 2: number and name, no relationship; somebody held or without a PDF is left out."""
        self.town.run("update people.koseki set pdf_sha256 = null where member = '03'")
        rt.hold_member(self.town, "04")
        listed = await self.desk.list_certificates(list_request())
        assert isinstance(listed, Listed)
        by_kind = {one.kind: one for one in listed.certificates}
        self.assertEqual(
            [(m.number, m.name, m.relationship) for m in by_kind[Kind.KOSEKI_KOJIN].members],
            [(1, "見本　太郎", None), (2, "見本　花子", None)],
        )
        self.assertEqual([m.number for m in by_kind[Kind.FUHYO].members], [1, 2, 3])
        self.assertEqual(
            (by_kind[Kind.KOSEKI_ZENBU].members, by_kind[Kind.FUHYO].printable), ((), (Switch.DOMICILE,))
        )
        self.assertEqual({kind: by_kind[kind].fee for kind in KINDS}, rt.FEES)

    async def test_a_missing_document_is_told_to_staff(self) -> None:
        """1301 with an alert that names the rule: the register system must send the PDF."""
        self.town.run("delete from people.fuhyo where member = '00' and display = 1")
        request = rt.register_request(Kind.FUHYO, show=frozenset({Switch.DOMICILE}))
        self.refused(await self.desk.issue(request), Code.UNPRINTABLE)
        [(event, detail)] = self.town.run("select event, detail from ops.alert")
        self.assertEqual((event, detail["place"]), ("paper.unprintable", "register_without_pdf"))

    async def test_too_many_sheets(self) -> None:
        """1302 over the setting, which is the registers' own: 20 sheets unless the city says otherwise."""
        self.town.run("update people.register_pdf set pages = 20")
        await self.issued()
        self.town.run("update people.register_pdf set pages = 21")
        self.refused(await self.desk.issue(rt.register_request(transaction_id="T-2")), Code.TOO_MANY_PAGES)
        desk = make_desk(self.pool, self.town.keyring, register_pages=21)
        assert isinstance(await desk.issue(rt.register_request(transaction_id="T-3")), Issued)

    async def test_somebody_in_two_registers(self) -> None:
        """A contradiction is doubt: 1104, in neither register."""
        self.town.run("insert into people.register_lock (register_number) values ('K-000200')")
        rt.put(self.town, "KOSEKI", "K-000200", cases.register_row("07", atena_number=cases.HEAD), None)
        self.refused(await self.desk.issue(rt.register_request()), Code.CHANGE_IN_PROGRESS)
        self.town.run("update people.koseki set state = 9 where register_number = 'K-000200'")
        await self.issued(transaction_id="T-2")

    async def test_who_is_in_no_register(self) -> None:
        """1101: never, or removed (除籍)."""
        self.town.run("update people.koseki set state = 9 where member = '01'")
        self.refused(await self.desk.issue(rt.register_request()), Code.NO_REGISTER)
        self.town.run("delete from people.fuhyo where atena_number = %s", (cases.HEAD,))
        self.refused(await self.desk.issue(rt.register_request(Kind.FUHYO)), Code.NO_REGISTER)

    async def test_a_hold_reaches_by_the_number_that_only_the_other_feed_has(self) -> None:
        """KOSEKI and FUHYO do not come together: a 支援措置 that names the spouse by 宛名番号 closes fuhyo although FUHYO's row has lost, or never had,
        that number. Else the husband's fuhyo of everybody would show her address."""
        self.town.run("update people.fuhyo set atena_number = null where atena_number = %s", (cases.SPOUSE,))
        await self.issued(Kind.FUHYO)
        self.town.hold(cases.SPOUSE, "01")
        again = rt.register_request(Kind.FUHYO, transaction_id="T-2")
        self.refused(await self.desk.issue(again), Code.MAY_NOT_BE_ISSUED)


class ReplayTests(RegisterCase):
    def setUp(self) -> None:
        super().setUp()
        rt.settle_registers(self.town)

    async def test_the_same_bytes_again_after_the_register_was_replaced(self) -> None:
        """Byte for byte, counted once, also when a newer PDF is bound by now; a new request has the newer one."""
        first = await self.issued()
        document = rt.pdf_of("KOSEKI", "00", edition=2)
        self.town.run("delete from people.koseki where member = '00'")
        rt.put(self.town, "KOSEKI", cases.REGISTER_NUMBER, cases.register_row("00"), document)
        again, afresh = await self.issued(), await self.issued(transaction_id="T-2")
        self.assertEqual((again.document, afresh.document), (first.document, document))
        self.assertEqual((self.town.count("issuance"), self.town.count("replay")), (2, 1))

    async def test_what_is_looked_at_again(self) -> None:
        """1202, 1001, 1002, 1102 and 1104 close the replay one by one (invariant 5)."""
        await self.issued()
        causes = {
            Code.SUSPENDED: (
                "select ops.suspend('koseki_zenbu', 'x', 'y')",
                "update ops.kind_state set suspended = false",
            ),
            Code.CREDENTIAL_UNKNOWN: (
                "update people.credential set present = false",
                "update people.credential set present = true",
            ),
            Code.CREDENTIAL_INVALID: (
                "update people.credential set state = 2",
                "update people.credential set state = 1",
            ),
            Code.MAY_NOT_BE_ISSUED: (
                "insert into people.hold select '1', '1', null, '04', null, false, null, null, 'K-000100', '03', false, 0",
                "delete from people.hold",
            ),
            Code.CHANGE_IN_PROGRESS: (
                "update people.koseki set state = 2 where member = '04'",
                "update people.koseki set state = 1",
            ),
        }
        for code, (cause, undo) in causes.items():
            self.town.run(cause)
            self.refused(await self.desk.issue(rt.register_request()), code)
            self.town.run(undo)
            assert isinstance(await self.desk.issue(rt.register_request()), Issued), code

    async def test_who_has_left_the_register_gets_nothing_again(self) -> None:
        """The holder in another register, the holder removed, the chosen member removed: 1104, a change."""
        await self.issued(Kind.KOSEKI_KOJIN, member=2)
        again = rt.register_request(Kind.KOSEKI_KOJIN, member=2)
        self.town.run("update people.koseki set state = 9 where member = '01'")
        self.refused(await self.desk.issue(again), Code.CHANGE_IN_PROGRESS)
        self.town.run("update people.koseki set state = 1, name = '見本　別人' where member = '02'")
        self.town.run("update people.koseki set state = 1 where member = '01'")
        self.refused(await self.desk.issue(again), Code.CHANGE_IN_PROGRESS)
        self.town.run("update people.koseki set name = '見本　花子' where member = '02'")
        assert isinstance(await self.desk.issue(again), Issued)
        self.town.run("insert into people.register_lock (register_number) values ('K-9')")
        self.town.run("update people.koseki set register_number = 'K-9' where member = '01'")
        self.refused(await self.desk.issue(again), Code.CHANGE_IN_PROGRESS)

    async def test_a_reported_paper_is_closed(self) -> None:
        """1404, as for every kind."""
        issued = await self.issued()
        await self.desk.report_delivery(delivery(issued.issuance_number))
        self.refused(await self.desk.issue(rt.register_request()), Code.TRANSACTION_CLOSED)


# What arrives about the register: how, the code afterwards, the kinds that it closes.
NEWS = {
    "support measure by 構成員番号": (lambda t: rt.hold_member(t, "04", "01", kinds=["inkan"]), Code.MAY_NOT_BE_ISSUED, {Kind.FUHYO}),
    "戸籍抑止": (lambda t: rt.hold_member(t, "04", wide=True, kinds=["kazei"]), Code.MAY_NOT_BE_ISSUED, set(KINDS)),
    "hold on a printed member": (lambda t: rt.hold_member(t, "04"), Code.MAY_NOT_BE_ISSUED, set(KINDS)),
    "hold on a member whom the register does not have": (lambda t: rt.hold_member(t, "77"), Code.MAY_NOT_BE_ISSUED, set(KINDS)),
    "hold by 宛名番号": (lambda t: t.hold(cases.SPOUSE), Code.MAY_NOT_BE_ISSUED, set(KINDS)),
    "doubt about the register": (
        lambda t: rt.news(t, "insert into people.doubt (incoming_id, register_number) values (1, 'K-000100')"),
        Code.CHANGE_IN_PROGRESS,
        set(KINDS),
    ),
    "doubt about a member": (
        lambda t: t.news(cases.CHILD, "insert into people.doubt (incoming_id, atena_number) values (1, %s)", (cases.CHILD,)),
        Code.CHANGE_IN_PROGRESS,
        set(KINDS),
    ),
    "届出処理中 in KOSEKI": (
        lambda t: rt.news(t, "update people.koseki set state = 2 where member = '03'"),
        Code.CHANGE_IN_PROGRESS,
        set(KINDS),
    ),
    "届出処理中 in FUHYO": (
        lambda t: rt.news(t, "update people.fuhyo set state = 2 where member = '03'"),
        Code.CHANGE_IN_PROGRESS,
        {Kind.FUHYO},
    ),
    "a member's 異動処理中": (
        lambda t: t.news(cases.CHILD, "update people.person set change_in_progress = true where atena_number = %s", (cases.CHILD,)),
        Code.CHANGE_IN_PROGRESS,
        set(KINDS),
    ),
    "the holder removed": (
        lambda t: [
            rt.news(t, f"update people.{table} set state = 9 where member = '01'", people=[cases.HEAD])
            for table in ("koseki", "fuhyo")
        ],
        Code.NO_REGISTER,
        set(KINDS),
    ),
}  # fmt: skip


class NewsTests(RegisterCase):
    """I-06, invariants 2 and 5: committed between snapshot and locks they are seen; begun behind the locks they wait."""

    def setUp(self) -> None:
        super().setUp()
        rt.settle_registers(self.town)

    async def between(self, name: str) -> None:
        arrive, code, closed = NEWS[name]
        kind = next(kind for kind in KINDS if kind in closed)
        desk, reached, go = self.paused("issue.placed")
        call = ensureDeferred(desk.issue(rt.register_request(kind)))
        await reached
        await deferToThread(arrive, self.town)
        go.callback(None)
        self.refused(await call, code)
        self.assertEqual(self.town.count("issuance"), 0)
        for number, each in enumerate(KINDS):
            member = 1 if each is Kind.KOSEKI_KOJIN else None
            if name.startswith("hold") and each is Kind.KOSEKI_KOJIN:
                member = {"hold by 宛名番号": 2, "hold on a printed member": 4}.get(name, 1)
            answer = await self.desk.issue(
                rt.register_request(each, transaction_id=f"B-{number}", member=member)
            )
            if name == "a member's 異動処理中" and each is Kind.KOSEKI_KOJIN:
                assert isinstance(answer, Issued), answer  # the child is not on it
            elif each in closed:
                self.refused(answer, code)
            else:
                assert isinstance(answer, Issued), (each, answer)

    async def behind(self, name: str, step: str) -> None:
        arrive, code, closed = NEWS[name]
        kind = next(kind for kind in KINDS if kind in closed)
        desk, reached, go = self.paused(step)
        call = ensureDeferred(desk.issue(rt.register_request(kind)))
        await reached
        arriving = deferToThread(arrive, self.town)
        await task.deferLater(reactor, 0.25)
        self.assertFalse(
            arriving.called, "the news were committed while a paper that they close was in the making"
        )
        go.callback(None)
        assert isinstance(await call, Issued)
        await arriving
        self.refused(await desk.issue(rt.register_request(kind, transaction_id="T-2")), code)


def _tests(name: str, place: int) -> None:
    async def between(self: NewsTests) -> None:
        await self.between(name)

    async def behind(self: NewsTests) -> None:
        await self.behind(name, "issue.read" if place % 2 else "issue.recorded")

    for moment, body in (("between", between), ("behind", behind)):
        body.__doc__ = f"{name}: {moment}"
        setattr(NewsTests, f"test_{place:02}_{moment}", body)


for _place, _name in enumerate(NEWS):
    _tests(_name, _place)


class ElsewhereTests(RegisterCase):
    """Who lives elsewhere: known for the register kinds by an approved 利用登録, and for nothing else."""

    def setUp(self) -> None:
        super().setUp()
        rt.settle_registers(self.town)

    def request(self, kind: Kind = Kind.KOSEKI_ZENBU, transaction_id: str = "T-1", **overrides: object):
        return replace(
            rt.register_request(kind, transaction_id=transaction_id, **overrides),
            credential=rt.ELSEWHERE_CARD,
        )

    async def test_before_and_after_the_approval(self) -> None:
        """1001 until staff have approved; then all three kinds, and 1001 still for every other kind."""
        self.refused(await self.desk.issue(self.request()), Code.CREDENTIAL_UNKNOWN)
        applied = await self.desk.apply_for_registration(rt.application())
        self.refused(await self.desk.issue(self.request()), Code.CREDENTIAL_UNKNOWN)
        await deferToThread(rt.approve, self.town, applied.application_number)
        for kind in KINDS:
            issued = await self.desk.issue(
                self.request(
                    kind, f"T-{kind}".replace("_", "-"), member=4 if kind is Kind.KOSEKI_KOJIN else None
                )
            )
            assert isinstance(issued, Issued), issued
        self.assertEqual(
            self.town.run("select distinct atena_number, content->>'holder' from ledger.decision"),
            [("", "04")],
        )
        household = replace(issue_request(transaction_id="T-9"), credential=rt.ELSEWHERE_CARD)
        self.refused(await self.desk.issue(household), Code.CREDENTIAL_UNKNOWN)
        listed = await self.desk.list_certificates(replace(list_request(), credential=rt.ELSEWHERE_CARD))
        self.assertEqual([one.kind for one in listed.certificates], KINDS)

    async def test_it_ends_when_the_register_names_another_person(self) -> None:
        """The 構成員番号 was given again, or the name corrected: 1001 until staff have bound the card anew; and not again what was given before."""
        number = await self.register_elsewhere()
        first = await self.desk.issue(self.request())
        assert isinstance(first, Issued)
        for change in ("name = '見本　別子'", "birth_date = '19900705'", "member = '05'"):
            self.town.run(f"update people.koseki set {change} where member = '04'")
            self.refused(await self.desk.issue(self.request()), Code.CREDENTIAL_UNKNOWN)
            self.refused(await self.desk.issue(self.request(transaction_id="T-2")), Code.CREDENTIAL_UNKNOWN)
            self.assertEqual((await self.desk.registration_status(rt.status_query())).state, "NONE")
            self.town.run(
                "update people.koseki set member = '04', name = %s, birth_date = %s where member in ('04', '05')",
                (cases.ELSEWHERE_NAME, cases.ELSEWHERE_BIRTH),
            )
        self.assertEqual((await self.desk.registration_status(rt.status_query())).application_number, number)
        assert isinstance(await self.desk.issue(self.request()), Issued)

    async def test_a_removed_member(self) -> None:
        """除籍: 1101."""
        await self.register_elsewhere()
        self.town.run("update people.koseki set state = 9 where member = '04'")
        self.refused(await self.desk.issue(self.request()), Code.NO_REGISTER)

    async def test_taking_back_is_not_overtaken(self) -> None:
        """Invariant 5: while a paper is in the making the end waits for it; afterwards nothing is given, not even again."""
        number = await self.register_elsewhere()
        reached: Deferred[None] = Deferred()
        go: Deferred[None] = Deferred()

        async def step(at: str) -> None:
            if at == "issue.recorded" and not reached.called:
                reached.callback(None)
                await go

        desk = make_desk(self.pool, self.town.keyring, step=step)
        call = ensureDeferred(desk.issue(self.request()))
        await reached
        ending = deferToThread(rt.end, self.town, number)
        await task.deferLater(reactor, 0.25)
        self.assertFalse(ending.called)
        go.callback(None)
        assert isinstance(await call, Issued)
        await ending
        self.refused(await self.desk.issue(self.request()), Code.CREDENTIAL_UNKNOWN)
        self.refused(await self.desk.issue(self.request(transaction_id="T-2")), Code.CREDENTIAL_UNKNOWN)

    async def test_taking_back_between_snapshot_and_locks(self) -> None:
        """The other moment: seen on the next snapshot."""
        number = await self.register_elsewhere()
        ended = []

        async def step(at: str) -> None:
            if at == "issue.placed" and not ended:
                ended.append(number)
                await deferToThread(rt.end, self.town, number)

        desk = make_desk(self.pool, self.town.keyring, step=step)
        self.refused(await desk.issue(self.request()), Code.CREDENTIAL_UNKNOWN)

    async def test_a_young_member(self) -> None:
        """1103 by the register's birth date: there is no other."""
        self.town.run("delete from people.register_member_number where member = '04'")
        for table in ("koseki", "fuhyo"):
            self.town.run(f"update people.{table} set birth_date = '20150101' where member = '04'")
        applied = await self.desk.apply_for_registration(rt.application())
        await deferToThread(rt.approve, self.town, applied.application_number)
        self.refused(await self.desk.issue(self.request()), Code.UNDER_AGE)

    async def test_who_moves_in_uses_the_card_as_a_resident(self) -> None:
        """Once JPKI and the residents' register know the holder, the registration counts no longer: the 宛名番号 leads to the register."""
        await self.register_elsewhere()
        newcomer = cases.person(
            atena_number="0000000070",
            household_number="0000000970",
            name=cases.ELSEWHERE_NAME,
            birth_date=cases.ELSEWHERE_BIRTH,
            has_individual_number=False,
        )
        self.town.settle(newcomer)
        self.town.run(
            "update people.credential set serial = %s where resident_code_digest = %s",
            (rt.ELSEWHERE_CARD.serial, self.town.resident_code(newcomer.atena_number)),
        )
        self.refused(await self.desk.issue(self.request()), Code.NO_REGISTER)
        self.town.run(
            "update people.koseki set atena_number = %s where member = '04'", (newcomer.atena_number,)
        )
        assert isinstance(await self.desk.issue(self.request()), Issued)
        self.assertEqual(
            self.town.run("select atena_number from ledger.decision"), [(newcomer.atena_number,)]
        )
