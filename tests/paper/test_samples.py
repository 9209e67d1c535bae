"""The invented households that forms are tried out with: they reach what they are there for, and the shipped forms hold them all."""

from __future__ import annotations

from datetime import date

import pytest

from konbinid.domain.content import OMITTED, OfficialSeal
from konbinid.domain.kinds import REGISTER_KINDS, Kind
from konbinid.domain.library import Mayor
from konbinid.domain.tax import DEDUCTIONS, INCOMES
from konbinid.paper import readback
from konbinid.paper.sample_people import PERSONAS, PersonaName
from konbinid.paper.sample_taxes import sample_record
from konbinid.paper.samples import NUMBER, sample_contents

_ON = date(2026, 11, 25)


@pytest.mark.parametrize("name", PersonaName)
def test_every_shipped_form_holds_every_persona(press, forms, name):
    """I-16: a form is proven on all of its parts, not only on the one that was changed; what is printed reads back as it was meant."""
    for kind, version in forms:
        content = sample_contents(kind, version, _ON)[name]
        assert content.specimen
        assert content.issuance_number == NUMBER
        printed = press.print(content)
        readback.check(printed.document, content, press)
        assert printed.pages == press.form(content).sheets(len(content.entries))


def test_every_kind_that_is_made_has_samples():
    """A kind that this build prints can be previewed, compared and checked before its form comes into force."""
    for kind in set(Kind) - REGISTER_KINDS:
        assert list(sample_contents(kind, "1", _ON)) == list(PersonaName)
    assert sample_contents(Kind.KOSEKI_ZENBU, "1", _ON) == {}


def test_the_personas_reach_what_they_are_for():
    """60 characters of address, unknown months and days, first years, a part of a household, more people than a sheet takes."""
    contents = sample_contents(Kind.JUMINHYO, "1", _ON)
    extreme = contents[PersonaName.EXTREME]
    assert len(extreme.heading["address"].text) == 60
    first, second, third = (entry.cells for entry in extreme.entries)
    assert first["birth_date"].text == "昭和10年6月日不詳"
    assert (first["resident_since"].text, first["address_since"].text) == ("平成元年1月8日", "令和元年5月1日")
    assert second["birth_date"].text == "1991年月日不詳"
    assert third["birth_date"].text == "不詳"
    assert contents[PersonaName.MINIMAL].sentence == "part"
    assert contents[PersonaName.MINIMAL].entries[0].cells["domicile"] == OMITTED
    assert len(contents[PersonaName.MANY].entries) == 9
    assert {entry.cells["article_30_45"].text for entry in contents[PersonaName.FOREIGN].entries} == {
        "中長期在留者",
        "特別永住者",
        "経過滞在者（出生）",
    }
    assert all(persona.household.householder == persona.people[0] for persona in PERSONAS)


def test_tax_certificates_have_both_titles():
    """The two that a form must be able to print before it comes into force show one title each (library_check)."""
    contents = sample_contents(Kind.KAZEI, "1", _ON)
    assert contents[PersonaName.MINIMAL].title == "untaxed"
    assert contents[PersonaName.TYPICAL].title == "taxed"
    assert contents[PersonaName.LONG].sections["tax"]["business_income"].text.startswith("△")
    assert contents[PersonaName.EXTREME].sections["tax"]["annual_tax"].text == "999,999,999,999"


@pytest.mark.parametrize("name", [name for name in PersonaName if name is not PersonaName.EXTREME])
def test_the_taxes_add_up(name):
    """Whoever checks papers looks at the sums: a form is not to be approved, or a gallery shown, with a dependant and no deduction for it."""
    record = sample_record(name, 2026, "見本市")
    yen = record.amounts
    earned = [
        each
        for each in INCOMES
        if each.endswith("_income") and each not in {"total_income", "aggregate_income"}
    ]
    assert yen["total_income"] == yen["aggregate_income"] == sum(yen[each] for each in earned)
    assert yen["deductions_total"] == sum(yen[each] for each in DEDUCTIONS[:-1])
    general, elderly = record.counts["dependants_general"], record.counts["dependants_elderly"]
    assert yen["dependants_deduction"] == 330_000 * general + 380_000 * elderly
    assert bool(yen["spouse_deduction"]) is record.deductible_spouse
    base = max(0, yen["total_income"] - yen["deductions_total"]) // 1000 * 1000
    assert yen["tax_base"] == base
    for levy, tenths in (("city_income_levy", 6), ("prefecture_income_levy", 4)):
        credit = yen["adjustment_credit"] * tenths // 10
        assert yen[levy] == (base * tenths // 100 - credit) // 100 * 100
    fixed = ("city_per_capita", "prefecture_per_capita", "forest_tax")
    assert yen["annual_tax"] == sum(
        yen[each] for each in ("city_income_levy", "prefecture_income_levy", *fixed)
    )


def test_nobody_came_before_birth():
    """A day of a sample that cannot be is the first thing that an officer sees."""
    for persona in PERSONAS:
        for person in persona.people:
            for day in (person.resident_since, person.address_since, person.notified_on):
                if day is not None and "00" not in str(person.birth_date)[4:] and "不詳" not in person.name:
                    assert str(person.birth_date) <= str(day), (persona.name, person.name)


def test_mayor_seal_and_day_are_those_that_are_asked_for():
    """A preview shows what the library will say on that day."""
    seal = OfficialSeal(8, 8, b"\xff" * 8, 20.0, 20.0)
    content = sample_contents(Kind.INKAN, "1", date(2019, 5, 1), Mayor("見本市長職務代理者", "試験"), seal)[
        PersonaName.TYPICAL
    ]
    signature = content.signature
    assert (signature.title, signature.issued_on, signature.seal) == (
        "見本市長職務代理者",
        "令和元年5月1日",
        seal,
    )
    assert content.impression is not None
    assert content.impression.size_mm == pytest.approx((13.5, 13.5), abs=0.05)
