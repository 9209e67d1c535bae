"""Changes that the city reserved by date, as the centre sees them: they come by themselves, at their instant, and end there."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta

import cases
import psycopg2
from family_desk import FamilyDesk
from town import delivery, issue_request, list_request
from twisted.internet import reactor
from twisted.internet.task import deferLater

from konbinid.domain.kinds import Kind
from konbinid.domain.library import Item
from konbinid.domain.request import Issued, Refused, ServiceQuery, ServiceState
from konbinid.domain.results import Code
from konbinid.store.library_write import NewEntry, import_entries, withdraw_entry

_SHORTLY = timedelta(seconds=1.5)


class PlannedChangeTests(FamilyDesk):
    def plan(
        self, item: Item, kind: Kind | None, value: dict, begins: datetime, ends: datetime | None
    ) -> int:
        with closing(psycopg2.connect(self.database.dsn("office"))) as made:
            made.autocommit = True
            entry = NewEntry(item, kind, begins, ends, value)
            import_entries(made, [entry], entered_by="a", approved_by="b", source="x")
        return self.town.run("select max(id) from library.entry")[0][0]

    def now(self) -> datetime:
        return self.town.run("select clock_timestamp()")[0][0]

    async def states(self) -> tuple[ServiceState, dict[Kind, ServiceState]]:
        report = await self.desk.check_service(ServiceQuery(delivery("x").envelope))
        return report.state, {each.kind: each.state for each in report.kinds}

    def code(self, answer: object) -> Code:
        assert isinstance(answer, Refused), answer
        return answer.code

    async def test_stop_of_a_kind_begins_and_ends_by_itself(self) -> None:
        """1202 from its first instant on, for new papers and for the same request again; open again at its end, and the document with it."""
        issued = await self.desk.issue(issue_request())
        assert isinstance(issued, Issued)
        begins = self.now() + _SHORTLY
        self.plan(Item.PLANNED_STOP, Kind.JUMINHYO, {"reason": "x"}, begins, begins + _SHORTLY)
        self.assertEqual((await self.states())[1][Kind.JUMINHYO], ServiceState.OPEN)
        self.assertIsInstance(await self.desk.issue(issue_request(transaction_id="T-2")), Issued)
        await deferLater(reactor, (begins - self.now()).total_seconds() + 0.05)
        whole, kinds = await self.states()
        self.assertEqual((whole, kinds[Kind.JUMINHYO], kinds[Kind.INKAN]), (ServiceState.OPEN, ServiceState.SUSPENDED, ServiceState.OPEN))  # fmt: skip
        self.assertEqual(
            self.code(await self.desk.issue(issue_request(transaction_id="T-3"))), Code.SUSPENDED
        )
        self.assertEqual(self.code(await self.desk.issue(issue_request())), Code.SUSPENDED)
        listed = await self.desk.list_certificates(list_request())
        self.assertNotIn(Kind.JUMINHYO, [each.kind for each in listed.certificates])
        await deferLater(reactor, (begins + _SHORTLY - self.now()).total_seconds() + 0.05)
        again = await self.desk.issue(issue_request())
        assert isinstance(again, Issued)
        self.assertEqual(again.document, issued.document)

    async def test_stop_of_everything_is_told_as_such(self) -> None:
        """CheckService says SUSPENDED for the service and every kind; a withdrawal opens it at once."""
        number = self.plan(
            Item.PLANNED_STOP, None, {"reason": "x"}, self.now(), self.now() + timedelta(hours=1)
        )
        whole, kinds = await self.states()
        self.assertEqual((whole, set(kinds.values())), (ServiceState.SUSPENDED, {ServiceState.SUSPENDED}))
        self.assertEqual(self.code(await self.desk.list_certificates(list_request())), Code.SUSPENDED)
        with closing(psycopg2.connect(self.database.dsn("office"))) as made:
            made.autocommit = True
            withdraw_entry(made, number, withdrawn_by="c", reason="x")
        self.assertEqual((await self.states())[0], ServiceState.OPEN)
        self.assertIsInstance(await self.desk.issue(issue_request()), Issued)

    async def test_holiday_of_a_kind_closes_that_kind_all_day(self) -> None:
        """1201, without hours for today; the others keep theirs."""
        today = self.now().astimezone(cases.JST).date()
        self.plan(Item.HOLIDAYS, Kind.INKAN, {"single": [today.isoformat()]}, self.now(), None)
        report = await self.desk.check_service(ServiceQuery(delivery("x").envelope))
        told = {each.kind: (each.state, each.opens_at is None) for each in report.kinds}
        self.assertEqual(told[Kind.INKAN], (ServiceState.CLOSED, True))
        self.assertEqual(told[Kind.JUMINHYO], (ServiceState.OPEN, False))

    async def test_reserved_fee_counts_from_its_instant(self) -> None:
        """1108 for the old fee from that instant on, though nobody touched the library since: what was read of it is kept, not what is in force."""
        begins = self.now() + _SHORTLY
        self.plan(Item.FEE, Kind.JUMINHYO, {"yen": 350}, begins, None)
        self.assertIsInstance(await self.desk.issue(issue_request()), Issued)
        await deferLater(reactor, (begins - self.now()).total_seconds() + 0.05)
        self.assertEqual(
            self.code(await self.desk.issue(issue_request(transaction_id="T-2"))), Code.FEE_DIFFERS
        )
        self.assertIsInstance(await self.desk.issue(issue_request(transaction_id="T-2", fee=350)), Issued)
