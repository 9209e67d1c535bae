"""JPKI's news and doubt about a card that is registered for people who live elsewhere, whose holder no other feed knows (decision 0029)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cases
import files_in
import register_town as rt
from family_desk import FamilyDesk
from town import Town, list_request
from twisted.internet import reactor, task
from twisted.internet.defer import ensureDeferred
from twisted.internet.threads import deferToThread

from konbinid.domain.kinds import Kind
from konbinid.domain.request import Issued, IssueRequest, Refused
from konbinid.domain.results import Code

HOLDER = "0000000088"  # whose 住民票コード JPKI gives with the card; nobody here has this 宛名番号


def card_row(town: Town, **overrides: object) -> dict[str, object]:
    """A row of JPKI about the registered card."""
    return {
        "type": 1,
        "serial": rt.ELSEWHERE_CARD.serial,
        "resident_code_digest": town.resident_code(HOLDER),
        "issued_on": "20240401",
        "expires_on": "20991231",
        "state": 1,
        **overrides,
    }


def know_card(town: Town) -> None:
    """JPKI knows the card."""
    files_in.apply(town.database, "JPKI", card_row(town))


def move_in(town: Town) -> None:
    """The holder comes to live here."""
    newcomer = cases.person(
        atena_number=HOLDER,
        household_number="0000000988",
        has_individual_number=False,
        name=cases.ELSEWHERE_NAME,
    )
    files_in.apply(town.database, "JUMIN", {**town.row_of(newcomer), "operation": files_in.ADDED})


def doubt_other_card(town: Town) -> None:
    """A file that fails has a row about another card of the same holder."""
    files_in.reject(town.database, "JPKI", card_row(town, serial="beef", state=2))


def asked(transaction_id: str = "T-1", kind: Kind = Kind.KOSEKI_ZENBU) -> IssueRequest:
    """The holder asks."""
    return replace(rt.register_request(kind, transaction_id=transaction_id), credential=rt.ELSEWHERE_CARD)


class RegisteredCase(FamilyDesk):
    async def settle(self, known: Callable[[Town], None] | None = know_card) -> None:
        """The family's register, and the fourth member's card registered for it."""
        rt.settle_registers(self.town)
        applied = await self.desk.apply_for_registration(rt.application())
        await deferToThread(rt.approve, self.town, applied.application_number)
        if known is not None:
            known(self.town)


class DoubtTests(RegisteredCase):
    async def closed_by(self, arrive: Callable[[Town], object]) -> None:
        """1104 for all three kinds, for a replay, and the list names none, until the file is resolved; nobody else of the register is touched."""
        assert isinstance(await self.desk.issue(asked()), Issued)
        arrive(self.town)
        self.refused(await self.desk.issue(asked()), Code.CHANGE_IN_PROGRESS)
        for number, kind in enumerate((Kind.KOSEKI_ZENBU, Kind.FUHYO)):
            self.refused(await self.desk.issue(asked(f"B-{number}", kind)), Code.CHANGE_IN_PROGRESS)
        listed = await self.desk.list_certificates(replace(list_request(), credential=rt.ELSEWHERE_CARD))
        assert isinstance(listed, Refused), listed
        assert isinstance(await self.desk.issue(rt.register_request(transaction_id="T-2")), Issued)
        files_in.release(self.database)
        assert isinstance(await self.desk.issue(asked()), Issued)

    async def test_doubt_closes_the_card(self) -> None:
        """The digest is nobody's here, so no person is held: the card is."""
        await self.settle()
        await self.closed_by(lambda t: files_in.reject(t.database, "JPKI", card_row(t, state=2)))

    async def test_doubt_about_another_card_of_the_holder(self) -> None:
        """住民票コード names the holder, whichever card the row is about."""
        await self.settle()
        await self.closed_by(doubt_other_card)

    async def test_doubt_about_a_card_that_jpki_has_removed(self) -> None:
        """Whose it was is known still."""
        await self.settle()
        files_in.apply(self.database, "JPKI", card_row(self.town, operation=files_in.REMOVED))
        await self.closed_by(lambda t: files_in.reject(t.database, "JPKI", card_row(t, state=2)))

    async def test_doubt_whether_the_holder_moves_in(self) -> None:
        """A row of JUMIN in quarantine has the holder's 住民票コード: then the registration would count no longer."""
        await self.settle()
        newcomer = cases.person(
            atena_number=HOLDER, household_number="0000000988", has_individual_number=False
        )
        await self.closed_by(lambda t: files_in.reject(t.database, "JUMIN", t.row_of(newcomer)))

    async def test_intake_reads_no_application(self) -> None:
        """Of an application it may see card and register, and nothing that the applicant wrote."""
        await self.settle()
        columns = self.database.run("select * from people.registered_credential", role="intake")
        self.assertEqual(columns, [(1, rt.ELSEWHERE_CARD.serial, cases.REGISTER_NUMBER)])
        for table in ("application", "application_request", "application_decision"):
            may = self.database.run(
                f"select has_any_column_privilege('konbinid_intake', 'ledger.{table}', 'select')"
            )
            self.assertEqual(may, [(False,)])


@dataclass(frozen=True)
class News:
    """What arrives, and what the holder is told afterwards."""

    arrive: Callable[[Town], object]
    code: Code
    known: Callable[[Town], None] | None = know_card


NEWS = {
    "revoked": News(
        lambda t: files_in.apply(t.database, "JPKI", card_row(t, state=2)), Code.CREDENTIAL_INVALID
    ),
    "revoked, and never heard of before": News(
        lambda t: files_in.apply(t.database, "JPKI", card_row(t, state=2)), Code.CREDENTIAL_INVALID, None
    ),
    "in doubt": News(
        lambda t: files_in.reject(t.database, "JPKI", card_row(t, state=2)), Code.CHANGE_IN_PROGRESS
    ),
    "another card of the holder in doubt": News(doubt_other_card, Code.CHANGE_IN_PROGRESS),
    "moves in": News(move_in, Code.NO_REGISTER),
}  # fmt: skip


class NewsTests(RegisteredCase):
    """I-06, invariants 2 and 5: committed between snapshot and locks they are seen; begun behind the locks they wait."""

    async def between(self, news: News) -> None:
        await self.settle(news.known)
        desk, reached, go = self.paused("issue.placed")
        call = ensureDeferred(desk.issue(asked()))
        await reached
        await deferToThread(news.arrive, self.town)
        go.callback(None)
        self.refused(await call, news.code)

    async def behind(self, news: News) -> None:
        await self.settle(news.known)
        desk, reached, go = self.paused("issue.recorded")
        call = ensureDeferred(desk.issue(asked()))
        await reached
        arriving = deferToThread(news.arrive, self.town)
        await task.deferLater(reactor, 0.25)
        self.assertFalse(
            arriving.called, "the news were committed while a paper that they close was in the making"
        )
        go.callback(None)
        assert isinstance(await call, Issued)
        await arriving
        self.refused(await desk.issue(asked("T-2")), news.code)


def _tests(place: int, name: str, news: News) -> None:
    async def between(self: NewsTests) -> None:
        await self.between(news)

    async def behind(self: NewsTests) -> None:
        await self.behind(news)

    for moment, body in (("between", between), ("behind", behind)):
        body.__doc__ = f"{name}: {moment}"
        setattr(NewsTests, f"test_{place:02}_{moment}", body)


for _place, (_name, _news) in enumerate(NEWS.items()):
    _tests(_place, _name, _news)
