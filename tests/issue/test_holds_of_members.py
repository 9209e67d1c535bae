"""Holds and doubt by 戸籍番号 and 構成員番号, and by a 宛名番号 that the registers have forgotten, reach whoever they mean (decision 0029).

The family of three lives here and is one register with a fourth member elsewhere. What arrives is brought by intake's own code.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import cases
import files_in
import register_town as rt
from family_desk import FamilyDesk
from files_in import ADDED, REMOVED
from town import Town, envelope, issue_request
from twisted.internet import reactor, task
from twisted.internet.defer import ensureDeferred
from twisted.internet.threads import deferToThread

from konbinid.domain.kinds import Kind
from konbinid.domain.request import Issued, IssueRequest, Refused
from konbinid.domain.results import Code

_ids = itertools.count()
SPOUSE_ROW = {"register_number": cases.REGISTER_NUMBER, "member": "02", "display": 0}


def hold_row(member: str | None = None, **overrides: object) -> dict[str, object]:
    """A row of YOKUSHI: 職権, about a member when one is given."""
    return {
        "business_code": "01",
        "hold_number": "1",
        "register_number": None if member is None else cases.REGISTER_NUMBER,
        "register_member": member,
        "category": "04",
        "household": False,
        "register_wide": False,
        **overrides,
    }


def bring_hold(town: Town, member: str | None = "02", **overrides: object) -> None:
    """A hold arrives."""
    files_in.apply(town.database, "YOKUSHI", hold_row(member, **overrides))


def doubt_hold(town: Town, member: str | None = "02", **overrides: object) -> None:
    """A hold stands in a file that is put in quarantine."""
    files_in.reject(town.database, "YOKUSHI", hold_row(member, **overrides))


def spouse_row(**overrides: object) -> dict[str, object]:
    """The spouse's row of KOSEKI or FUHYO as a file may bring it."""
    return SPOUSE_ROW | {
        "domicile": rt.DOMICILE,
        "head_of_register": rt.HEAD_OF_REGISTER,
        "name": "見本　花子",
        "birth_date": "19880229",
        "birth_era": "",
        "atena_number": None,
        "state": 1,
        "pdf_name": "x.pdf",
        **overrides,
    }


def forget(town: Town) -> None:
    """The registers empty the spouse's 宛名番号: she lives elsewhere."""
    for feed, shown in (("KOSEKI", [0]), ("FUHYO", [0, 1])):
        files_in.apply(
            town.database, feed, *(spouse_row(display=each, pdf_name=f"{each}.pdf") for each in shown)
        )


def inkan(atena_number: str, transaction_id: str = "T-1") -> IssueRequest:
    """A paper that shows its owner alone."""
    return issue_request(atena_number, Kind.INKAN, transaction_id)


class MemberCase(FamilyDesk):
    def setUp(self) -> None:
        super().setUp()
        for number in (cases.HEAD, cases.SPOUSE, cases.CHILD):
            self.town.register_seal(number, cases.seal(registration_number=number))
        rt.settle_registers(self.town)

    async def told(self, *requests: IssueRequest) -> list[Code]:
        """What each request is told, each under an id of its own; a paper is DONE."""
        answers = [
            await self.desk.issue(replace(each, envelope=envelope(f"N-{next(_ids)}"))) for each in requests
        ]
        return [each.code if isinstance(each, Refused) else Code.DONE for each in answers]

    async def again(self, request: IssueRequest) -> Code:
        """What the same request is told."""
        answer = await self.desk.issue(request)
        return answer.code if isinstance(answer, Refused) else Code.DONE


class ReachTests(MemberCase):
    async def test_the_member_who_lives_here_is_held(self) -> None:
        """The hold was written for somebody elsewhere and never re-keyed; she lives here now, and the register says which 宛名番号 she has."""
        bring_hold(self.town)
        self.assertEqual(
            await self.told(
                inkan(cases.SPOUSE),
                inkan(cases.HEAD),
                issue_request(),
                issue_request(members=(1,)),
            ),
            [Code.MAY_NOT_BE_ISSUED, Code.DONE, Code.MAY_NOT_BE_ISSUED, Code.DONE],
        )

    async def test_its_rules_are_those_of_a_hold_by_the_number(self) -> None:
        """対象, days, 世帯抑止 and 支援措置 as in 0005: what closes the household closes it from here, too."""
        mine, ours = inkan(cases.SPOUSE), issue_request(members=(1,))
        for overrides, expected in (
            ({"kinds": ["kazei"]}, [Code.DONE, Code.DONE]),
            ({"kinds": ["inkan"]}, [Code.MAY_NOT_BE_ISSUED, Code.DONE]),
            ({"ends_on": "20200101"}, [Code.DONE, Code.DONE]),
            ({"kinds": ["kazei"], "household": True}, [Code.DONE, Code.MAY_NOT_BE_ISSUED]),
            ({"kinds": ["kazei"], "category": "01"}, [Code.DONE, Code.MAY_NOT_BE_ISSUED]),
            ({"category": "02"}, [Code.CHANGE_IN_PROGRESS, Code.DONE]),
        ):
            bring_hold(self.town, **overrides)
            self.assertEqual(await self.told(mine, ours), expected, overrides)

    async def test_a_hold_by_a_member_reaches_the_persons_other_register(self) -> None:
        """It is a hold on the person, wherever the person stands."""
        self.town.run("insert into people.register_lock (register_number) values ('K-000200')")
        row = cases.register_row(
            "07", atena_number=cases.SPOUSE, name="見本　花子", birth_date=cases.spouse().birth_date
        )
        rt.put(self.town, "KOSEKI", "K-000200", row, None)
        bring_hold(self.town, None, register_number="K-000200", register_member="07", kinds=["koseki_zenbu"])
        self.assertEqual(await self.told(rt.register_request()), [Code.MAY_NOT_BE_ISSUED])

    async def test_registers_that_have_emptied_the_number(self) -> None:
        """A link stays as long as that member stands in either feed: by the member she is held here, by her number the register is."""
        forget(self.town)
        bring_hold(self.town)
        self.assertEqual(await self.told(inkan(cases.SPOUSE)), [Code.MAY_NOT_BE_ISSUED])
        self.town.run("delete from people.hold")
        fuhyo = rt.register_request(Kind.FUHYO)
        bring_hold(self.town, None, atena_number=cases.SPOUSE, category="01", kinds=["inkan"])
        self.assertEqual(await self.told(fuhyo), [Code.MAY_NOT_BE_ISSUED])
        for feed in ("KOSEKI", "FUHYO"):
            files_in.apply(self.database, feed, SPOUSE_ROW | {"operation": REMOVED})
        self.town.run("delete from people.fuhyo where member = '02'")
        self.assertEqual(await self.told(fuhyo), [Code.DONE])

    async def test_a_hold_by_a_forgotten_number_closes_its_member_and_nobody_else(self) -> None:
        """The member is known: her own paper and that of everybody, not her child's."""
        forget(self.town)
        bring_hold(self.town, None, atena_number=cases.SPOUSE)
        self.assertEqual(
            await self.told(
                rt.register_request(Kind.KOSEKI_KOJIN, member=2),
                rt.register_request(Kind.KOSEKI_KOJIN, member=3),
                rt.register_request(),
            ),
            [Code.MAY_NOT_BE_ISSUED, Code.DONE, Code.MAY_NOT_BE_ISSUED],
        )

    async def test_a_link_never_opens(self) -> None:
        """Who has no number in the register today reaches none, whatever stood there before."""
        forget(self.town)
        self.assertEqual(
            await self.told(
                rt.register_request(atena_number=cases.SPOUSE),
                rt.register_request(Kind.FUHYO, cases.SPOUSE),
            ),
            [Code.NO_REGISTER, Code.NO_REGISTER],
        )

    async def test_a_used_member_number_is_somebody_else(self) -> None:
        """With another birth date the 構成員番号 is another person's: a hold on that one does not close her here."""
        for feed in ("KOSEKI", "FUHYO"):
            files_in.apply(self.database, feed, spouse_row(name="見本　次子", birth_date="20010101"))
        self.town.run("delete from people.fuhyo where member = '02' and display = 1")
        bring_hold(self.town)
        self.assertEqual(await self.told(inkan(cases.SPOUSE)), [Code.DONE])

    async def test_nobody_by_that_member_number(self) -> None:
        """It closes the register (0021); of residents it names none."""
        bring_hold(self.town, "77")
        self.assertEqual(
            await self.told(rt.register_request(), inkan(cases.SPOUSE)),
            [Code.MAY_NOT_BE_ISSUED, Code.DONE],
        )

    async def test_doubt_about_a_hold_closes_whom_it_may_hold(self) -> None:
        """A row of YOKUSHI in quarantine: 1104 for the member who lives here, her household, and the register; without a 構成員番号 anybody's."""
        doubt_hold(self.town)
        self.assertEqual(
            await self.told(
                inkan(cases.SPOUSE),
                inkan(cases.HEAD),
                issue_request(),
                rt.register_request(),
            ),
            [Code.CHANGE_IN_PROGRESS, Code.DONE, Code.CHANGE_IN_PROGRESS, Code.CHANGE_IN_PROGRESS],
        )
        files_in.release(self.database)
        doubt_hold(self.town, None, register_number=cases.REGISTER_NUMBER)
        self.assertEqual(await self.told(inkan(cases.HEAD)), [Code.CHANGE_IN_PROGRESS])
        files_in.release(self.database)
        self.assertEqual(await self.told(inkan(cases.HEAD)), [Code.DONE])

    async def test_doubt_about_the_register_is_no_doubt_about_the_household(self) -> None:
        """A row of KOSEKI says nothing about 住民票 or seal of somebody whose 宛名番号 neither it nor the row it would change
        names."""
        forget(self.town)
        files_in.reject(self.database, "KOSEKI", spouse_row())
        self.assertEqual(
            await self.told(
                inkan(cases.SPOUSE),
                issue_request(),
                rt.register_request(),
            ),
            [Code.DONE, Code.DONE, Code.CHANGE_IN_PROGRESS],
        )

    async def test_a_replay_looks_again(self) -> None:
        """1102 and 1104 before the same bytes are given again (invariant 5)."""
        request = issue_request()
        self.assertEqual(await self.again(request), Code.DONE)
        bring_hold(self.town)
        self.assertEqual(await self.again(request), Code.MAY_NOT_BE_ISSUED)
        self.town.run("delete from people.hold")
        doubt_hold(self.town)
        self.assertEqual(await self.again(request), Code.CHANGE_IN_PROGRESS)
        files_in.release(self.database)
        self.assertEqual(await self.again(request), Code.DONE)


@dataclass(frozen=True)
class News:
    """What arrives after ``before``, what whoever asks afterwards is told, and for what."""

    arrive: Callable[[Town], object]
    code: Code
    request: Callable[[str], IssueRequest]
    before: Callable[[Town], object] = lambda _: None


def _household(transaction_id: str) -> IssueRequest:
    return issue_request(transaction_id=transaction_id)


def _own(transaction_id: str) -> IssueRequest:
    return inkan(cases.SPOUSE, transaction_id)


def _fuhyo(transaction_id: str) -> IssueRequest:
    return rt.register_request(Kind.FUHYO, transaction_id=transaction_id)


def _never_linked(town: Town) -> None:
    """Nobody ever told whom of the register this is; the hold came first."""
    for feed in ("koseki", "fuhyo"):
        town.run(f"update people.{feed} set atena_number = null where member = '02'")
    town.run("delete from people.register_link where member = '02'")
    bring_hold(town)


def _elsewhere(town: Town) -> None:
    """She moved out alone, and the registers have emptied her number: nothing but the link leads from it to the register."""
    town.run(
        "update people.person set state = 3, household_number = '0000000777' where atena_number = %s",
        (cases.SPOUSE,),
    )
    forget(town)


def _gone(town: Town) -> None:
    """She was removed from both feeds, and the hold came then."""
    town.run("delete from people.koseki where member = '02'")
    town.run("delete from people.fuhyo where member = '02'")
    bring_hold(town)


NEWS = {
    "hold by member": News(bring_hold, Code.MAY_NOT_BE_ISSUED, _own),
    "hold by member, household": News(lambda t: bring_hold(t, category="01"), Code.MAY_NOT_BE_ISSUED, _household),
    "hold by member whose number is forgotten": News(bring_hold, Code.MAY_NOT_BE_ISSUED, _own, forget),
    "doubt by member": News(doubt_hold, Code.CHANGE_IN_PROGRESS, _own),
    "doubt by member, household": News(doubt_hold, Code.CHANGE_IN_PROGRESS, _household),
    "doubt by the register alone": News(
        lambda t: doubt_hold(t, None, register_number=cases.REGISTER_NUMBER), Code.CHANGE_IN_PROGRESS, _own
    ),
    "a register tells the held member's number": News(
        lambda t: files_in.apply(t.database, "KOSEKI", spouse_row(atena_number=cases.SPOUSE)),
        Code.MAY_NOT_BE_ISSUED,
        _own,
        _never_linked,
    ),
    "the held member comes back without a number": News(
        lambda t: files_in.apply(t.database, "FUHYO", {**spouse_row(), "operation": ADDED}), Code.MAY_NOT_BE_ISSUED, _own, _gone
    ),
    "hold by a forgotten number": News(
        lambda t: bring_hold(t, None, atena_number=cases.SPOUSE, category="01", kinds=["inkan"]),
        Code.MAY_NOT_BE_ISSUED,
        _fuhyo,
        _elsewhere,
    ),
    "doubt by a forgotten number": News(
        lambda t: doubt_hold(t, None, atena_number=cases.SPOUSE), Code.CHANGE_IN_PROGRESS, _fuhyo, _elsewhere
    ),
}  # fmt: skip


class NewsTests(MemberCase):
    """I-06, invariants 2 and 5: committed between snapshot and locks they are seen; begun behind the locks they wait."""

    async def between(self, news: News) -> None:
        news.before(self.town)
        desk, reached, go = self.paused("issue.placed")
        call = ensureDeferred(desk.issue(news.request("T-1")))
        await reached
        await deferToThread(news.arrive, self.town)
        go.callback(None)
        self.refused(await call, news.code)

    async def behind(self, news: News) -> None:
        news.before(self.town)
        desk, reached, go = self.paused("issue.recorded")
        call = ensureDeferred(desk.issue(news.request("T-1")))
        await reached
        arriving = deferToThread(news.arrive, self.town)
        await task.deferLater(reactor, 0.25)
        self.assertFalse(
            arriving.called, "the news were committed while a paper that they close was in the making"
        )
        go.callback(None)
        assert isinstance(await call, Issued)
        await arriving
        self.refused(await desk.issue(news.request("T-2")), news.code)


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
