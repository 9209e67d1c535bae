"""The invented households that forms are tried out with: they reach what they are there for, and the shipped forms hold them all."""

from __future__ import annotations

from datetime import date

import pytest

from konbinid.domain.content import OMITTED, OfficialSeal
from konbinid.domain.kinds import REGISTER_KINDS, Kind
from konbinid.domain.library import Mayor
from konbinid.paper import readback
from konbinid.paper.sample_people import PERSONAS, PersonaName
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
