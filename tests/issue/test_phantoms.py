"""News that are committed while a paper is in the making: seen, or kept waiting, whatever they are about.

A desk's snapshot is older than its locks. Every kind of news that could close a paper is brought here by intake's own code at two moments:
between snapshot and locks, where the desk must answer as if it had asked afterwards, and behind the locks, where the news must wait until the paper
is settled. What passes between the two is a paper that overtakes a committed hold (I-06, invariants 2 and 5).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

import cases
import files_in
import psycopg2
from family_desk import FamilyDesk
from files_in import ADDED, REMOVED
from town import Town, card, issue_request
from twisted.internet import reactor, task
from twisted.internet.defer import ensureDeferred
from twisted.internet.threads import deferToThread

from konbinid.domain.kinds import Kind
from konbinid.domain.person import Person, ResidentState
from konbinid.domain.request import Issued, Refused
from konbinid.domain.results import Code

NEWBORN = "0000000004"
STRANGER = "0000000050"


def _hold(atena: str, **overrides: object) -> dict[str, object]:
    return {
        "business_code": "01",
        "hold_number": atena,
        "atena_number": atena,
        "category": "04",
        "household": False,
        "register_wide": False,
        **overrides,
    }


def _suspend(town: Town, kind: str) -> None:
    town.database.run("select ops.suspend(%s, 'x', 'y')", (kind,), role="ops")


def _change_fee(town: Town) -> None:
    """A new fee is entered and approved, as the library's import does it, in one transaction."""
    with (
        closing(psycopg2.connect(town.database.dsn("office"))) as connection,
        connection,
        connection.cursor() as cur,
    ):
        cur.execute(
            "insert into library.entry (item, kind, effective_from, value, entered_by) "
            "values ('fee', 'juminhyo', clock_timestamp(), '{\"yen\": 350}', 'one') returning id"
        )
        cur.execute("insert into library.approval (entry_id, approved_by) values (%s, 'two')", cur.fetchone())


@dataclass(frozen=True)
class News:
    """What arrives, and what whoever asks afterwards is told (None: another paper is given, and ``sheet`` names who is new on it)."""

    arrive: Callable[[Town], None]
    code: Code | None
    kind: Kind = Kind.JUMINHYO
    sheet: str = ""


def jumin(
    code: Code | None, *changes: tuple[str, dict[str, object]], sheet: str = "", kind: Kind = Kind.JUMINHYO
) -> News:
    """Members of the family change."""
    by_number = {person.atena_number: person for person in cases.family()}

    def arrive(town: Town) -> None:
        rows = [town.row_of(replace(by_number[number], **change)) for number, change in changes]
        files_in.apply(town.database, "JUMIN", *rows)

    return News(arrive, code, kind, sheet)


def _baby() -> Person:
    return cases.child(
        atena_number=NEWBORN, household_order=4, name="見本　双葉", has_individual_number=False
    )


def _birth(town: Town) -> None:
    files_in.apply(town.database, "JUMIN", {**town.row_of(_baby()), "operation": ADDED})


def _held_stranger_moves_in(town: Town) -> None:
    """The hold came first, about somebody nobody knew; now the person appears, in this household."""
    person = cases.child(
        atena_number=STRANGER, household_order=5, name="例示　五郎", has_individual_number=False
    )
    files_in.apply(town.database, "JUMIN", {**town.row_of(person), "operation": ADDED})


def _card_row(town: Town, atena: str, **overrides: object) -> dict[str, object]:
    return {
        "type": 1,
        "serial": card(atena).serial,
        "resident_code_digest": town.resident_code(atena),
        "issued_on": "20240401",
        "expires_on": "20991231",
        "state": 1,
        **overrides,
    }


def _seal_row(**overrides: object) -> dict[str, object]:
    picture = cases.impression()
    return {
        "registration_number": "S-0001",
        "atena_number": cases.HEAD,
        "state": 1,
        "image_name": "x.bmp",
        "width": picture.width,
        "height": picture.height,
        "dpi": picture.dpi,
        "rows": picture.rows,
        "defect": "",
        "name_kind": 1,
        **overrides,
    }


NEWS = {
    "born": News(_birth, None, sheet="見本双葉"),
    "died": jumin(
        Code.NO_REGISTER,
        (cases.HEAD, {"state": ResidentState.DEAD}),
        (cases.SPOUSE, {"relationship": "世帯主"}),
    ),
    "moved to another household": jumin(
        None, (cases.CHILD, {"household_number": "0000000777"}), sheet="-見本一"
    ),
    "renamed": jumin(None, (cases.CHILD, {"name": "見本　壱"}), sheet="見本壱"),
    "about to leave": jumin(Code.CHANGE_IN_PROGRESS, (cases.CHILD, {"state": ResidentState.LEAVING})),
    "a change begins": jumin(Code.CHANGE_IN_PROGRESS, (cases.CHILD, {"change_in_progress": True})),
    "no householder any more": jumin(
        Code.CHANGE_IN_PROGRESS, (cases.HEAD, {"relationship": "夫"}), kind=Kind.INKAN
    ),
    "renamed, so the seal ends": jumin(
        Code.NO_REGISTER, (cases.HEAD, {"name": "見本　次郎"}), kind=Kind.INKAN
    ),
    "moved out, so the seal ends": jumin(
        Code.NO_REGISTER,
        (cases.HEAD, {"state": ResidentState.MOVED_OUT}),
        (cases.SPOUSE, {"relationship": "世帯主"}),
        kind=Kind.INKAN,
    ),
    "removed from the register": News(
        lambda town: files_in.apply(
            town.database, "JUMIN", {"operation": REMOVED, "atena_number": cases.HEAD}
        ),
        Code.NO_REGISTER,
    ),
    "held": News(
        lambda town: files_in.apply(town.database, "YOKUSHI", _hold(cases.HEAD)), Code.MAY_NOT_BE_ISSUED
    ),
    "another member held": News(
        lambda town: files_in.apply(town.database, "YOKUSHI", _hold(cases.CHILD)), Code.MAY_NOT_BE_ISSUED
    ),
    "held who moves in": News(_held_stranger_moves_in, Code.MAY_NOT_BE_ISSUED),
    "card revoked": News(
        lambda town: files_in.apply(town.database, "JPKI", _card_row(town, cases.HEAD, state=2)),
        Code.CREDENTIAL_INVALID,
    ),
    "card removed": News(
        lambda town: files_in.apply(
            town.database, "JPKI", {"operation": REMOVED, "type": 1, "serial": card(cases.HEAD).serial}
        ),
        Code.CREDENTIAL_UNKNOWN,
    ),
    "card revoked, for a seal": News(
        lambda town: files_in.apply(town.database, "JPKI", _card_row(town, cases.HEAD, state=2)),
        Code.CREDENTIAL_INVALID,
        Kind.INKAN,
    ),
    "seal ended": News(
        lambda town: files_in.apply(town.database, "INKAN", _seal_row(state=2)), Code.NO_REGISTER, Kind.INKAN
    ),
    "seal removed": News(
        lambda town: files_in.apply(
            town.database, "INKAN", {"operation": REMOVED, "registration_number": "S-0001"}
        ),
        Code.NO_REGISTER,
        Kind.INKAN,
    ),
    "in doubt": News(
        lambda town: files_in.reject(town.database, "YOKUSHI", _hold(cases.CHILD)), Code.CHANGE_IN_PROGRESS
    ),
    "in doubt by the digest": News(
        lambda town: files_in.reject(town.database, "JPKI", _card_row(town, cases.CHILD)),
        Code.CHANGE_IN_PROGRESS,
    ),
    "in doubt who would be new in the household": News(
        lambda town: files_in.reject(town.database, "JUMIN", {**town.row_of(_baby()), "operation": ADDED}),
        Code.CHANGE_IN_PROGRESS,
    ),
    "feed in doubt": News(
        lambda town: files_in.reject(town.database, "YOKUSHI", keys_unread=True), Code.STALE
    ),
    "kind suspended": News(lambda town: _suspend(town, "juminhyo"), Code.SUSPENDED),
    "everything suspended": News(lambda town: _suspend(town, "*"), Code.SUSPENDED),
    "fee changed": News(_change_fee, Code.FEE_DIFFERS),
}


class PhantomTests(FamilyDesk):
    def setUp(self) -> None:
        super().setUp()
        self.town.register_seal(cases.HEAD, cases.seal())
        self.town.run(
            "insert into people.hold select '01', '50', %s, '04', null, true, null, null, null, null, false, 0",
            (STRANGER,),
        )

    async def between(self, news: News) -> None:
        """Committed after the snapshot, before the locks."""
        desk, reached, go = self.paused("issue.placed")
        call = ensureDeferred(desk.issue(issue_request(kind=news.kind)))
        await reached
        await deferToThread(news.arrive, self.town)
        go.callback(None)
        answer = await call
        if news.code is not None:
            assert isinstance(answer, Refused), "the paper overtook the news"
            self.assertEqual(answer.code, news.code, answer.rule)
            self.assertEqual(self.town.count("issuance"), 0)
        else:
            assert isinstance(answer, Issued), answer
            self.shows(news.sheet)

    def shows(self, sheet: str) -> None:
        content = self.town.run("select content::text from ledger.decision")[0][0].replace("　", "")
        name = sheet.removeprefix("-")
        self.assertEqual(f'"{name}"' in content, sheet == name)

    async def behind(self, news: News, step: str) -> None:
        """Begun while the paper is held: nothing of it is committed before the paper is."""
        desk, reached, go = self.paused(step)
        call = ensureDeferred(desk.issue(issue_request(kind=news.kind)))
        await reached
        arriving = deferToThread(news.arrive, self.town)
        await task.deferLater(reactor, 0.25)
        self.assertFalse(
            arriving.called, "the news were committed while a paper that they close was in the making"
        )
        go.callback(None)
        assert isinstance(await call, Issued)
        await arriving
        again = await desk.issue(issue_request(kind=news.kind, transaction_id="T-2"))
        if news.code is not None:
            assert isinstance(again, Refused), again
            self.assertEqual(again.code, news.code, again.rule)


def _tests(name: str, news: News) -> None:
    label = name.replace(" ", "_").replace(",", "")

    async def between(self: PhantomTests) -> None:
        await self.between(news)

    async def behind_read(self: PhantomTests) -> None:
        await self.behind(news, "issue.read")

    async def behind_recorded(self: PhantomTests) -> None:
        await self.behind(news, "issue.recorded")

    for moment, body in (
        ("between", between),
        ("behind_read", behind_read),
        ("behind_recorded", behind_recorded),
    ):
        body.__doc__ = f"{name}: {moment}"
        setattr(PhantomTests, f"test_{label}_{moment}", body)


for _name, _news in NEWS.items():
    _tests(_name, _news)
