"""利用登録 at the kiosk (contract 1, operations 5 and 6), on a real database: numbered once, told truly, and refused as the contract says."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import cases
import psycopg2
import register_town as rt
from family_desk import FamilyDesk
from town import envelope, issue_request, make_desk, make_pool
from twisted.internet import reactor, task
from twisted.internet.defer import DeferredList, ensureDeferred

from konbinid.domain.kinds import CredentialType
from konbinid.domain.request import Applied, CredentialKey, Issued, Refused
from konbinid.domain.results import Code
from konbinid.store import registration_office

REASON = "本籍が確認できませんでした。市役所へお問い合わせください。"


class RegistrationCase(FamilyDesk):
    def setUp(self) -> None:
        super().setUp()
        rt.settle_registers(self.town)

    async def applied(self, *arguments: object, **overrides: object) -> str:
        answer = await self.desk.apply_for_registration(rt.application(*arguments, **overrides))
        assert isinstance(answer, Applied), answer
        return answer.application_number

    async def status(self) -> tuple[str, str | None, bool, str | None]:
        """(state, number, whether a time of decision is told, reason)."""
        told = await self.desk.registration_status(rt.status_query())
        assert not isinstance(told, Refused), told
        return told.state, told.application_number, told.decided_at is not None, told.reason

    def decide(self, number: str) -> None:
        with closing(psycopg2.connect(self.database.dsn("office"))) as connection, connection.cursor() as cur:
            registration_office.reject(cur, number, reason=REASON, who="見本 一郎")
            connection.commit()

    def count(self) -> tuple[int, int]:
        return self.town.count("application"), self.town.count("application_request")


class ApplyTests(RegistrationCase):
    async def test_an_application_is_kept_as_written(self) -> None:
        """What staff compare is what the applicant wrote, and the number is random (I-03)."""
        number = await self.applied()
        self.assertRegex(number, r"\A[0-9A-Z-]{12,24}\Z")
        row = self.town.run(
            "select application_number, credential_type, credential_serial, name, birth_date::text, address, domicile, head_of_register from ledger.application"
        )
        self.assertEqual(
            row,
            [
                (
                    number,
                    "CARD",
                    rt.ELSEWHERE_CARD.serial,
                    "見本遠子",
                    "1990-07-04",
                    "例示県例示市一丁目１番",
                    rt.DOMICILE,
                    rt.HEAD_OF_REGISTER,
                )
            ],
        )

    async def test_the_same_id_again(self) -> None:
        """Same content, same number, whatever became of it meanwhile; other content 1401; another client's id is another."""
        number = await self.applied()
        self.assertEqual(await self.applied(), number)
        self.decide(number)
        self.assertEqual(await self.applied(), number)
        self.assertEqual(self.count(), (1, 1))
        other = rt.application(domicile="別の本籍")
        self.refused(await self.desk.apply_for_registration(other), Code.TRANSACTION_BOUND)
        foreign = replace(rt.application(), envelope=envelope("A-1", client="other"))
        assert (await self.desk.apply_for_registration(foreign)).application_number != number
        self.assertEqual(
            self.town.run("select count(*) from ledger.audit where action = 'application.asked_again'"),
            [(2,)],
        )

    async def test_a_second_application_while_one_is_pending(self) -> None:
        """The first's number, whatever it says; and after the decision a new one may be made."""
        first = await self.applied()
        self.assertEqual(await self.applied("A-2", domicile="別の本籍"), first)
        self.assertEqual(self.count(), (1, 2))
        self.decide(first)
        second = await self.applied("A-3")
        self.assertNotEqual(second, first)
        self.assertEqual(await self.applied("A-2", domicile="別の本籍"), first)
        self.assertEqual(await self.status(), ("PENDING", second, False, None))

    async def test_many_at_once_are_one(self) -> None:
        """I-03, I-07: two hosts, one instant, the same id and others: one application."""
        pool = make_pool(self.database)
        self.addCleanup(pool.stop)
        hosts = [self.desk, make_desk(pool, self.town.keyring)]
        asked = [rt.application(f"A-{turn // 3}") for turn in range(9)]
        answers = await DeferredList(
            [ensureDeferred(hosts[turn % 2].apply_for_registration(one)) for turn, one in enumerate(asked)]
        )
        told = {answer for ok, answer in answers if ok}
        numbers = {answer.application_number for answer in told if isinstance(answer, Applied)}
        self.assertEqual(len(numbers), 1)
        self.assertEqual(
            {answer.code for answer in told if isinstance(answer, Refused)} - {Code.TRY_LATER}, set()
        )
        self.assertEqual(self.count()[0], 1)

    async def test_a_telephone_cannot_apply(self) -> None:
        """1107; asking what became of it is allowed, and the answer is NONE: never 1001."""
        phone = CredentialKey.of(CredentialType.PHONE, rt.ELSEWHERE_CARD.serial)
        self.refused(
            await self.desk.apply_for_registration(rt.application(credential=phone)), Code.OPTION_NOT_ALLOWED
        )
        self.assertEqual((await self.desk.registration_status(rt.status_query(phone))).state, "NONE")
        self.assertEqual(self.count(), (0, 0))
        self.assertEqual(
            self.town.run("select operation, code, atena_number from ledger.refusal"),
            [("applyForRegistration", "1107", None)],
        )

    async def test_out_of_service(self) -> None:
        """1501 before all; then what every offered register kind says: 1202, 1201, 1105. While one of them is open one may apply."""
        elsewhere = replace(rt.application(), envelope=envelope("A-1", municipality=cases.OTHER_MUNICIPALITY))
        self.refused(await self.desk.apply_for_registration(elsewhere), Code.OTHER_MUNICIPALITY)
        query = replace(rt.status_query(), envelope=elsewhere.envelope)
        self.refused(await self.desk.registration_status(query), Code.OTHER_MUNICIPALITY)
        for kind in ("koseki_zenbu", "koseki_kojin"):
            self.town.run("select ops.suspend(%s, 'x', 'y')", (kind,))
        self.assertEqual((await self.status())[0], "NONE")
        self.town.run("select ops.suspend('fuhyo', 'x', 'y')")
        self.refused(await self.desk.apply_for_registration(rt.application()), Code.SUSPENDED)
        self.refused(await self.desk.registration_status(rt.status_query()), Code.SUSPENDED)
        self.town.run("update ops.kind_state set suspended = false")
        self.library("hours", '{"every_day": "closed"}')
        self.refused(await self.desk.apply_for_registration(rt.application()), Code.CLOSED)
        self.library("offered", '{"offered": false}')
        self.refused(await self.desk.apply_for_registration(rt.application()), Code.NOT_OFFERED)
        self.assertEqual(self.count(), (0, 0))

    def library(self, item: str, value: str) -> None:
        self.town.run(
            "insert into library.entry (item, kind, effective_from, value, entered_by) "
            "select %s, k, clock_timestamp(), %s, 'one' from unnest(array['koseki_zenbu', 'koseki_kojin', 'fuhyo']) k",
            (item, value),
        )
        self.town.run(
            "insert into library.approval (entry_id, approved_by) select id, 'two' from library.entry e "
            "where not exists (select from library.approval a where a.entry_id = e.id)"
        )

    async def test_a_card_that_jpki_knows_to_be_revoked(self) -> None:
        """1002; a card that JPKI does not know was validated by the centre."""
        self.town.settle(
            cases.person(
                atena_number="0000000070", household_number="0000000970", has_individual_number=False
            )
        )
        self.town.run(
            "update people.credential set serial = %s, state = 2 where serial like '%%70'",
            (rt.ELSEWHERE_CARD.serial,),
        )
        self.refused(await self.desk.apply_for_registration(rt.application()), Code.CREDENTIAL_INVALID)
        self.refused(await self.desk.registration_status(rt.status_query()), Code.CREDENTIAL_INVALID)


class OneIdTests(RegistrationCase):
    """Decision 0030: a client's transactionId belongs to one request, of whichever operation."""

    def bound(self) -> tuple[int, int, int]:
        return (
            self.town.count("issuance"),
            self.town.count("application_request"),
            self.town.count("bound_transaction"),
        )

    async def test_an_id_of_a_certificate(self) -> None:
        """1401 for the application, with a row in the ledger and nothing of it kept; the certificate is given again as before."""
        issued = await self.desk.issue(issue_request(transaction_id="X-1"))
        assert isinstance(issued, Issued), issued
        self.refused(await self.desk.apply_for_registration(rt.application("X-1")), Code.TRANSACTION_BOUND)
        self.assertEqual(self.bound(), (1, 0, 1))
        self.assertEqual(self.count(), (0, 0))
        said = self.town.run("select operation, code, rule, atena_number from ledger.refusal")
        self.assertEqual(said, [("applyForRegistration", "1401", "other_operation", None)])
        self.assertEqual(
            (await self.desk.issue(issue_request(transaction_id="X-1"))).document, issued.document
        )
        await self.applied("X-2")

    async def test_an_id_of_an_application(self) -> None:
        """1401 for the certificate, 1501 before it; the application is told again as before; another client's id is another."""
        number = await self.applied("X-1")
        request = issue_request(transaction_id="X-1")
        self.refused(await self.desk.issue(request), Code.TRANSACTION_BOUND)
        foreign = replace(request, envelope=envelope("X-1", municipality=cases.OTHER_MUNICIPALITY))
        self.refused(await self.desk.issue(foreign), Code.OTHER_MUNICIPALITY)
        said = self.town.run(
            "select operation, code, rule, kind, atena_number from ledger.refusal order by id"
        )
        self.assertEqual(
            said,
            [
                ("issueCertificate", "1401", "other_operation", "juminhyo", None),
                ("issueCertificate", "1501", "other_municipality", "juminhyo", None),
            ],
        )
        self.assertEqual(self.bound(), (0, 1, 1))
        self.assertEqual(await self.applied("X-1"), number)
        other = replace(request, envelope=envelope("X-1", client="other"))
        assert isinstance(await self.desk.issue(other), Issued)

    async def test_only_0000_binds(self) -> None:
        """A refusal of one operation leaves the id to the other."""
        self.town.hold(cases.HEAD, "04")
        self.refused(await self.desk.issue(issue_request(transaction_id="X-1")), Code.MAY_NOT_BE_ISSUED)
        phone = CredentialKey.of(CredentialType.PHONE, rt.ELSEWHERE_CARD.serial)
        refused = await self.desk.apply_for_registration(rt.application("X-2", credential=phone))
        self.refused(refused, Code.OPTION_NOT_ALLOWED)
        self.assertEqual(self.bound(), (0, 0, 0))
        self.town.run("delete from people.hold")
        await self.applied("X-1")
        assert isinstance(await self.desk.issue(issue_request(transaction_id="X-2")), Issued)

    async def test_the_second_waits_for_a_certificate(self) -> None:
        """Asked by INSERT: the application waits until the certificate is settled, and has the id when it is refused."""
        for refused in (False, True):
            if refused:
                self.town.hold(cases.HEAD, "04")
            name = f"X-{refused:d}"
            desk, reached, go = self.paused("issue.placed")
            first = ensureDeferred(desk.issue(issue_request(transaction_id=name)))
            await reached
            second = ensureDeferred(self.desk.apply_for_registration(rt.application(name)))
            await task.deferLater(reactor, 0.25)
            self.assertFalse(second.called, "the second did not wait for the first")
            go.callback(None)
            assert isinstance(await first, Refused if refused else Issued)
            answer = await second
            if refused:
                assert isinstance(answer, Applied), answer
            else:
                self.refused(answer, Code.TRANSACTION_BOUND)

    async def test_the_second_waits_for_an_application(self) -> None:
        """The other way round."""
        desk, reached, go = self.paused("application.placed")
        first = ensureDeferred(desk.apply_for_registration(rt.application("X-1")))
        await reached
        second = ensureDeferred(self.desk.issue(issue_request(transaction_id="X-1")))
        await task.deferLater(reactor, 0.25)
        self.assertFalse(second.called, "the second did not wait for the first")
        go.callback(None)
        assert isinstance(await first, Applied)
        self.refused(await second, Code.TRANSACTION_BOUND)

    async def test_many_at_once(self) -> None:
        """I-03, I-07: two hosts, one instant, both operations under one id: one of them has it, whichever."""
        pool = make_pool(self.database)
        self.addCleanup(pool.stop)
        hosts = [self.desk, make_desk(pool, self.town.keyring)]
        calls = [
            hosts[turn % 2].issue(issue_request(transaction_id=f"X-{turn // 4}"))
            if turn % 4 < 2
            else hosts[turn % 2].apply_for_registration(rt.application(f"X-{turn // 4}"))
            for turn in range(16)
        ]
        answers = await DeferredList([ensureDeferred(call) for call in calls])
        for name in range(4):
            told = [answer for ok, answer in answers[name * 4 : name * 4 + 4] if ok]
            self.assertEqual(len(told), 4)
            kinds = {type(answer) for answer in told if not isinstance(answer, Refused)}
            self.assertEqual(len(kinds), 1, "one id, two operations")
            codes = {answer.code for answer in told if isinstance(answer, Refused)}
            self.assertLessEqual(codes, {Code.TRANSACTION_BOUND, Code.TRY_LATER})
        self.assertEqual(self.bound()[0] + self.bound()[1], 4)
        self.assertEqual(self.bound()[2], 4)


class StatusTests(RegistrationCase):
    async def test_every_state(self) -> None:
        """NONE, PENDING, REJECTED with time and reason, PENDING again, APPROVED with time, and taken back: REJECTED with that reason."""
        self.assertEqual(await self.status(), ("NONE", None, False, None))
        first = await self.applied()
        self.assertEqual(await self.status(), ("PENDING", first, False, None))
        self.decide(first)
        self.assertEqual(await self.status(), ("REJECTED", first, True, REASON))
        second = await self.applied("A-2")
        self.assertEqual(await self.status(), ("PENDING", second, False, None))
        rt.approve(self.town, second)
        self.assertEqual(await self.status(), ("APPROVED", second, True, None))
        rt.end(self.town, second)
        self.assertEqual(
            await self.status(), ("REJECTED", second, True, "本人からの申出により終了しました。")
        )

    async def test_a_new_card_is_unknown(self) -> None:
        """Re-application when the credential changes: the new serial has no application, and may make one."""
        rt.approve(self.town, await self.applied())
        renewed = CredentialKey.of(CredentialType.CARD, "e15e000002")
        self.assertEqual((await self.desk.registration_status(rt.status_query(renewed))).state, "NONE")
        await self.applied("A-2", credential=renewed)
        self.assertEqual((await self.desk.registration_status(rt.status_query(renewed))).state, "PENDING")
        self.assertEqual((await self.status())[0], "APPROVED")

    async def test_an_application_is_decided_once(self) -> None:
        """By two members of staff at once: the second is told by the database."""
        number = await self.applied()
        rt.approve(self.town, number)
        with self.assertRaises(psycopg2.errors.UniqueViolation):
            self.decide(number)
        rt.end(self.town, number)
        with self.assertRaises(psycopg2.errors.UniqueViolation):
            rt.end(self.town, number)
