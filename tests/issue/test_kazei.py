"""課税証明書 from the desk on a real database: the asked year of the asking person, or a refusal."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import cases
import pypdfium2
from family_desk import FamilyDesk
from town import issue_request, list_request
from twisted.internet.defer import ensureDeferred

from konbinid.domain.kinds import Kind
from konbinid.domain.request import Issued, Listed, Refused
from konbinid.domain.results import Code
from konbinid.domain.tax import Filing
from konbinid.domain.tax_cells import amount_text

NEWEST = cases.NEWEST_YEAR


def text_of(issued: Issued) -> str:
    """The text of the one sheet, without gaps."""
    (page,) = pypdfium2.PdfDocument(io.BytesIO(issued.document))
    return "".join(page.get_textpage().get_text_range().split())


class KazeiTests(FamilyDesk):
    """HEAD has records of two years, SPOUSE of one; NEWEST and the three years before it are offered."""

    def setUp(self) -> None:
        super().setUp()
        self.town.offer_years(NEWEST)
        self.records = {
            NEWEST: cases.tax_record(NEWEST, salary_revenue=7_654_321, address="見本市旧町１番"),
            NEWEST - 3: cases.tax_record(NEWEST - 3, salary_revenue=6_543_210, annual_tax=0),
        }
        self.town.assess(cases.HEAD, *self.records.values())
        self.town.assess(cases.SPOUSE, cases.tax_record(NEWEST, salary_revenue=1_111_111))

    async def ask(self, atena_number: str = cases.HEAD, **overrides: object) -> Issued | Refused:
        return await self.desk.issue(issue_request(atena_number, Kind.KAZEI, **overrides))

    async def test_the_asked_year_of_the_asking_person(self) -> None:
        """Today's 氏名, the record's address, the year's amounts, and nobody else's: neither another year's nor the spouse's."""
        for year, title in ((NEWEST, "課税証明書"), (NEWEST - 3, "非課税証明書")):
            issued = await self.ask(year=year, transaction_id=f"T-{year}")
            assert isinstance(issued, Issued), issued
            text, record = text_of(issued), self.records[year]
            self.assertEqual(text.count("課税証明書"), 1)
            self.assertIn(title, text)
            self.assertEqual("非課税" in text, record.is_untaxed)
            self.assertIn(record.address, text)
            self.assertIn(cases.person().name.replace("　", ""), text)
            shown = {each for each in (7_654_321, 6_543_210, 1_111_111) if amount_text(each) in text}
            self.assertEqual(shown, {record.amounts["salary_revenue"]})

    async def test_the_ledger_keeps_year_and_amounts(self) -> None:
        """What was certified can be told years later: the year in the request's row, every cell and the title in the decision's."""
        issued = await self.ask(year=NEWEST - 3)
        year, content = self.town.run(
            "select year, content from ledger.issuance join ledger.decision using (issuance_number)"
        )[0]
        self.assertEqual((year, content["title"]), (NEWEST - 3, "untaxed"))
        self.assertEqual(content["sections"]["tax"]["salary_revenue"], ["value", "6,543,210"])
        self.assertEqual(content["sections"]["tax"]["forest_tax"], ["omitted", "＊＊＊"])
        assert isinstance(issued, Issued)
        self.assertIn(issued.issuance_number, json.dumps(content))

    async def test_another_year_is_another_request(self) -> None:
        """The same id with another 年度 is 1401; with the same one the same bytes, though the record was corrected meanwhile."""
        first = await self.ask()
        self.refused(await self.ask(year=NEWEST - 3), Code.TRANSACTION_BOUND)
        self.town.news(
            cases.HEAD, "update people.tax set annual_tax = 1 where atena_number = %s", (cases.HEAD,)
        )
        again = await self.ask()
        assert isinstance(first, Issued)
        assert isinstance(again, Issued)
        self.assertEqual(first.document, again.document)
        self.assertEqual((self.town.count("issuance"), self.town.count("replay")), (1, 1))

    async def test_years_that_cannot_be_had(self) -> None:
        """1107 for a year that is not offered, 1109 for one without a record, not filed, or closed by a defect."""
        self.refused(await self.ask(year=NEWEST + 1), Code.OPTION_NOT_ALLOWED)
        self.refused(await self.ask(year=NEWEST - 4), Code.OPTION_NOT_ALLOWED)
        self.refused(await self.ask(year=NEWEST - 1), Code.NO_TAX_RECORD)
        self.town.assess(
            cases.HEAD,
            cases.tax_record(NEWEST - 1, filing=Filing.NOT_FILED),
            cases.tax_record(NEWEST - 2, defect="amounts"),
        )
        for year in (NEWEST - 1, NEWEST - 2):
            self.refused(await self.ask(year=year), Code.NO_TAX_RECORD)
        rules = self.town.run("select rule from ledger.refusal order by at")
        self.assertEqual(
            [rule for (rule,) in rules],
            [
                "year_not_offered",
                "year_not_offered",
                "no_tax_record",
                "tax_not_filed",
                "tax_record_defective",
            ],
        )

    async def test_a_new_year_from_its_day(self) -> None:
        """年度切替: the reserved 年度 is there when its entry begins, and the oldest one is not any more."""
        self.town.assess(cases.HEAD, cases.tax_record(NEWEST + 1))
        self.refused(await self.ask(year=NEWEST + 1), Code.OPTION_NOT_ALLOWED)
        self.town.offer_years(NEWEST + 1)
        assert isinstance(await self.ask(year=NEWEST + 1), Issued)
        self.refused(await self.ask(year=NEWEST - 3, transaction_id="T-2"), Code.OPTION_NOT_ALLOWED)

    async def test_moved_out(self) -> None:
        """1101: the record stays with the city, the paper does not."""
        self.town.news(
            cases.HEAD, "update people.person set state = 3 where atena_number = %s", (cases.HEAD,)
        )
        self.refused(await self.ask(), Code.NO_REGISTER)

    async def test_the_list_shows_the_offered_years(self) -> None:
        """All that the city offers, newest first; whoever can have none of them is not shown kazei; no other kind has years."""
        listed = await self.desk.list_certificates(list_request())
        assert isinstance(listed, Listed)
        years = {one.kind: [(each.year, each.title) for each in one.years] for one in listed.certificates}
        expected = [(2026, "令和8年度"), (2025, "令和7年度"), (2024, "令和6年度"), (2023, "令和5年度")]
        self.assertEqual(years, {Kind.JUMINHYO: [], Kind.KISAIJIKO: [], Kind.KAZEI: expected})
        self.town.news(cases.HEAD, "delete from people.tax where atena_number = %s", (cases.HEAD,))
        without = await self.desk.list_certificates(list_request())
        assert isinstance(without, Listed)
        self.assertEqual([one.kind for one in without.certificates], [Kind.JUMINHYO, Kind.KISAIJIKO])

    async def test_a_correction_committed_before_the_lock_is_seen(self) -> None:
        """I-16: a record corrected after the snapshot and before the locks makes the desk start again: no paper of the old figures."""
        desk, reached, go = self.paused("issue.placed")
        call = ensureDeferred(desk.issue(issue_request(kind=Kind.KAZEI)))
        await reached
        correction = "update people.tax set salary_revenue = 8888888 where atena_number = %s and year = %s"
        self.town.news(cases.HEAD, correction, (cases.HEAD, NEWEST))
        go.callback(None)
        issued = await call
        assert isinstance(issued, Issued), issued
        self.assertIn("8,888,888", text_of(issued))
        self.assertNotIn("7,654,321", text_of(issued))

    async def test_only_the_asking_person_is_held(self) -> None:
        """The household's other members appear on no kazei: their change does not stand in its way."""
        self.town.hold(cases.CHILD)
        assert isinstance(await self.ask(), Issued)
        change = "update people.person set change_in_progress = true where atena_number = %s"
        self.town.news(cases.HEAD, change, (cases.HEAD,))
        self.refused(await self.ask(transaction_id="T-2"), Code.CHANGE_IN_PROGRESS)

    async def test_a_stalled_tax_feed_closes_kazei_only(self) -> None:
        """1203: figures of unknown age are not certified (I-11); other kinds go on (I-13)."""
        self.town.run("update intake.feed set fresh_as_of = null where feed = 'ZEI'")
        self.refused(await self.ask(), Code.STALE)
        assert isinstance(await self.desk.issue(issue_request(transaction_id="T-2")), Issued)

    async def test_a_name_changed_since_the_assessment(self) -> None:
        """Printed with today's 氏名, whatever the tax feed still says (contract 2)."""
        self.town.news(
            cases.HEAD, "update people.person set name = '見本　改次' where atena_number = %s", (cases.HEAD,)
        )
        issued = await self.ask()
        assert isinstance(issued, Issued), issued
        self.assertIn("見本改次", text_of(issued))

    async def test_a_request_with_a_scope(self) -> None:
        """1107: kazei takes none."""
        request = issue_request(kind=Kind.KAZEI)
        scoped = issue_request()
        wrong = replace(request, options=replace(scoped.options, year=NEWEST))
        self.refused(await self.desk.issue(wrong), Code.OPTION_NOT_ALLOWED)
