"""Which 年度 can be had: 1107 for one that is not offered, 1109 for one that has no record to certify (docs/decisions/0016)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from case_strategies import YEARS, tax_records
from cases import NEWEST_YEAR, asked, case, family_with, only_right, shelf, tax_record
from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.entitlement import Granted, decide, refusal
from konbinid.domain.kinds import Kind, Scope
from konbinid.domain.library import TaxYears
from konbinid.domain.person import ResidentState
from konbinid.domain.results import Code
from konbinid.domain.tax import Filing
from konbinid.domain.tax_rules import offered_years


def answer(one, request=None):
    decision = decide(one, request or asked(Kind.KAZEI))
    return Code.DONE if isinstance(decision, Granted) else decision.code


def test_years_offered_are_the_citys():
    """The newest N, newest first, with their Japanese names, whoever asks."""
    listed = offered_years(shelf(tax_years=TaxYears(2020, 3)))
    assert [(year.year, year.title) for year in listed] == [
        (2020, "令和2年度"),
        (2019, "令和元年度"),
        (2018, "平成30年度"),
    ]


@pytest.mark.parametrize(
    ("year", "code"),
    [
        (NEWEST_YEAR + 1, Code.OPTION_NOT_ALLOWED),
        (NEWEST_YEAR, Code.DONE),
        (NEWEST_YEAR - 3, Code.DONE),
        (NEWEST_YEAR - 4, Code.OPTION_NOT_ALLOWED),
        (0, Code.OPTION_NOT_ALLOWED),
    ],
)
def test_a_year_that_is_not_offered(year, code):
    """1107, though a record may exist: the new 年度 is for nobody before its day."""
    recorded = tuple(tax_record(each) for each in range(2027, 2021, -1))
    assert answer(case(taxes=recorded), asked(Kind.KAZEI, year=year)) is code


def test_a_year_must_be_said_and_belongs_to_kazei():
    """1107 for kazei without a year, and for a year of another kind."""
    request = asked(Kind.KAZEI)
    unsaid = replace(request, options=replace(request.options, year=None))
    assert answer(case(), unsaid) is Code.OPTION_NOT_ALLOWED
    assert answer(case(), asked(Kind.JUMINHYO, year=NEWEST_YEAR)) is Code.OPTION_NOT_ALLOWED


@pytest.mark.parametrize("scope", Scope)
def test_kazei_takes_no_scope(scope):
    """1107: there is nobody to choose."""
    assert answer(case(), asked(Kind.KAZEI, scope=scope)) is Code.OPTION_NOT_ALLOWED


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ((), Code.NO_TAX_RECORD),
        ((tax_record(NEWEST_YEAR - 1),), Code.NO_TAX_RECORD),
        ((tax_record(filing=Filing.NOT_FILED),), Code.NO_TAX_RECORD),
        ((tax_record(defect="amounts"),), Code.NO_TAX_RECORD),
        ((tax_record(filing=Filing.NOT_REQUIRED),), Code.DONE),
        ((tax_record(annual_tax=0),), Code.DONE),
    ],
)
def test_a_year_without_a_record_to_certify(records, code):
    """1109: nothing recorded, 未申告, or class and amounts that contradict each other; 申告不要 and a tax of 0 are certified."""
    assert answer(case(taxes=records)) is code


def test_only_the_year_that_was_asked_for_is_looked_at():
    """A year closed by a defect closes no other."""
    one = case(taxes=(tax_record(defect="amounts"), tax_record(NEWEST_YEAR - 1)))
    assert answer(one, asked(Kind.KAZEI, year=NEWEST_YEAR - 1)) is Code.DONE


@pytest.mark.parametrize("years", [None, TaxYears(NEWEST_YEAR, 0)], ids=["nothing said", "none of them"])
def test_without_years_in_the_library_kazei_is_not_offered(years):
    """1105: nobody guesses which 年度 the city gives, and a kiosk shows no kind of which no 年度 can be chosen; other kinds need none."""
    one = case(shelf=shelf(tax_years=years))
    assert answer(one) is Code.NOT_OFFERED
    assert answer(one, asked(Kind.JUMINHYO)) is Code.DONE


@pytest.mark.parametrize(
    "state",
    [ResidentState.MOVED_OUT, ResidentState.DEAD, ResidentState.STRUCK_OFF],
    ids=lambda each: each.name,
)
def test_a_record_outlives_its_person_but_is_not_given(state):
    """1101, though the record is there: whoever has gone has no 課税証明書 from a kiosk."""
    gone = family_with("0000000001", state=state)
    assert answer(case(household=gone)) is Code.NO_REGISTER


@given(st.lists(tax_records(), max_size=4, unique_by=lambda record: record.year))
def test_listed_when_one_year_can_be_had(records):
    """Whoever can have one of the offered years is shown kazei, whoever can have none is not: the list promises no more and hides no more."""
    one = case(taxes=tuple(records))
    can_be_had = [year for year in YEARS if answer(one, asked(Kind.KAZEI, year=year)) is Code.DONE]
    refused = refusal(one, only_right(Kind.KAZEI))
    assert (refused is None) == bool(can_be_had)
    assert refused is None or refused.code is Code.NO_TAX_RECORD
