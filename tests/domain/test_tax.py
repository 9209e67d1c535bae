"""Tax records as values, and the names of years on paper (certificates.md, kazei)."""

from __future__ import annotations

import pytest
from cases import tax_record
from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.tax import AMOUNTS, TaxRecord, assessment_day, fiscal_year, income_year


@pytest.mark.parametrize(
    ("year", "names"),
    [
        (2026, ("令和8年度", "令和7年分", "令和8年1月1日")),
        (2024, ("令和6年度", "令和5年分", "令和6年1月1日")),
        (2020, ("令和2年度", "令和元年分", "令和2年1月1日")),
        (2019, ("令和元年度", "平成30年分", "平成31年1月1日")),
        (1990, ("平成2年度", "平成元年分", "平成2年1月1日")),
    ],
)
def test_years_in_their_era(year, names):
    """元年, not 1年; the 年度 of 2019 is 令和元年度 though its 賦課期日 was in 平成 (docs/decisions/0017)."""
    assert (fiscal_year(year), income_year(year), assessment_day(year)) == names


@given(st.integers(1990, 2200))
def test_a_year_has_one_name_everywhere(year):
    """The income year of a 年度 has the name that the 年度 before it had: no paper and no list disagree about an era."""
    assert income_year(year)[:-1] == fiscal_year(year - 1)[:-1]


@pytest.mark.parametrize("change", [{"lost": "annual_tax"}, {"added": "car_tax"}])
def test_a_record_is_whole(change):
    """A column that table and record do not share is an error, never an empty cell on a certificate."""
    whole = tax_record()
    amounts = {name: whole.amounts[name] for name in AMOUNTS if name != change.get("lost")}
    amounts |= {change["added"]: 0} if "added" in change else {}
    with pytest.raises(ValueError, match="amounts"):
        TaxRecord(2026, whole.filing, whole.address, amounts, whole.counts, deductible_spouse=True)


def test_untaxed_is_a_tax_of_nothing():
    """One yen is a tax."""
    assert tax_record(annual_tax=0).is_untaxed
    assert not tax_record(annual_tax=1).is_untaxed
