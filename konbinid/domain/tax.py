"""What one 年度 says about a person's income and taxes (contract 2, ZEI), and what a 年度 is called on paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from konbinid.domain.dates import era_date, era_of, era_year
from konbinid.domain.redact import Redacted

INCOMES = (
    "total_income",
    "aggregate_income",
    "salary_revenue",
    "salary_income",
    "pension_revenue",
    "pension_income",
    "business_income",
    "farm_income",
    "real_estate_income",
    "dividend_income",
    "occasional_income",
    "miscellaneous_income",
)
DEDUCTIONS = (
    "social_insurance_deduction",
    "small_enterprise_deduction",
    "life_insurance_deduction",
    "earthquake_deduction",
    "medical_deduction",
    "disability_deduction",
    "spouse_deduction",
    "spouse_special_deduction",
    "dependants_deduction",
    "basic_deduction",
    "other_deductions",
    "deductions_total",
)
LEVIES = (
    "tax_base",
    "adjustment_credit",
    "other_credits",
    "fixed_reduction",
    "city_per_capita",
    "city_income_levy",
    "prefecture_per_capita",
    "prefecture_income_levy",
    "forest_tax",
    "annual_tax",
)
COUNTS = (
    "dependants_general",
    "dependants_specific",
    "dependants_elderly",
    "dependants_under_16",
    "disabled",
    "specially_disabled",
)
AMOUNTS = (*INCOMES, *DEDUCTIONS, *LEVIES)
"""Everything of a record that is an amount in yen, by the name that table, record and form share."""


class Filing(IntEnum):
    """申告状況."""

    FILED = 1  # 申告済
    NOT_FILED = 2  # 未申告
    NOT_REQUIRED = 3  # 申告不要


@dataclass(frozen=True, slots=True, repr=False)
class TaxRecord(Redacted):
    """One row of ZEI. ``amounts`` has every name of AMOUNTS (yen, an income may be negative), ``counts`` every name of COUNTS (people).

    ``address`` is that of 1 January (賦課期日); ``defect`` names why the person's year is closed, empty when it is not. ValueError for an
    amount or a count too few or too many: a missing one would stand on paper as nothing recorded.
    """

    year: int
    filing: Filing
    address: str
    amounts: Mapping[str, int]
    counts: Mapping[str, int]
    deductible_spouse: bool
    defect: str = ""

    def __post_init__(self) -> None:
        if self.amounts.keys() != set(AMOUNTS) or self.counts.keys() != set(COUNTS):
            raise ValueError("not the amounts and counts of a tax record")

    @property
    def is_untaxed(self) -> bool:
        """Whether the year's tax is 0: the paper is then a 非課税証明書 (certificates.md)."""
        return self.amounts["annual_tax"] == 0


def _year_name(year: int) -> str:
    """The era that the calendar year ended in: 2019 is 令和元年, as the government named its 年度 after the change (docs/decisions/0017)."""
    return era_year(year, era_of(date(year, 12, 31)))


def fiscal_year(year: int) -> str:
    """「令和6年度」."""
    return f"{_year_name(year)}度"


def income_year(year: int) -> str:
    """The year whose income is taxed in a 年度, the one before it: 「令和5年分」."""
    return f"{_year_name(year - 1)}分"


def assessment_day(year: int) -> str:
    """賦課期日 of a 年度, in the era of that day: 「令和6年1月1日」."""
    return era_date(date(year, 1, 1))
