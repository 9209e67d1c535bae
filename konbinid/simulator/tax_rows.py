"""One line of ZEI (contract 2): its columns, and how wide each is. Lines are of fixed width, counted in characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

DECLARED, NOT_DECLARED, NEED_NOT_DECLARE = "1", "2", "3"
"""申告状況: 申告済, 未申告, 申告不要."""

TAXED, PER_CAPITA_ONLY, EXEMPT = "1", "2", "3"
"""課税区分: 課税, 均等割のみ, 非課税."""

_AMOUNT = 12


class TaxRow(NamedTuple):
    """ZEI 課税, in the file's order. Amounts are `amount` texts, counts two digits, the day of the decision `GYYMMDD`."""

    process: str
    year: str
    atena_number: str
    filing: str
    tax_class: str
    address: str
    name: str
    total_income: str
    aggregate_income: str
    salary_revenue: str
    salary_income: str
    pension_revenue: str
    pension_income: str
    business_income: str
    farm_income: str
    real_estate_income: str
    dividend_income: str
    occasional_income: str
    miscellaneous_income: str
    deductions_total: str
    social_insurance_deduction: str
    life_insurance_deduction: str
    earthquake_deduction: str
    spouse_deduction: str
    dependants_deduction: str
    basic_deduction: str
    other_deductions: str
    dependants_general: str
    dependants_specific: str
    dependants_elderly: str
    dependants_under_16: str
    disabled: str
    tax_base: str
    city_per_capita: str
    city_income_levy: str
    prefecture_per_capita: str
    prefecture_income_levy: str
    forest_tax: str
    annual_tax: str
    determined_on: str
    medical_deduction: str
    small_enterprise_deduction: str
    spouse_special_deduction: str
    disability_deduction: str
    adjustment_credit: str
    other_credits: str
    fixed_reduction: str
    deductible_spouse: str
    specially_disabled: str

    def __repr__(self) -> str:
        return "<TaxRow>"


_WIDTHS = {
    "process": 1,
    "year": 4,
    "atena_number": 10,
    "filing": 1,
    "tax_class": 1,
    "address": 60,
    "name": 40,
    "dependants_general": 2,
    "dependants_specific": 2,
    "dependants_elderly": 2,
    "dependants_under_16": 2,
    "disabled": 2,
    "determined_on": 7,
    "deductible_spouse": 1,
    "specially_disabled": 2,
}
WIDTHS = tuple(_WIDTHS.get(name, _AMOUNT) for name in TaxRow._fields)
"""Characters of each column."""


def amount(yen: int) -> str:
    """Right-aligned, zeros in front, a minus before them when it is less than nothing."""
    return f"{yen:0{_AMOUNT}d}"


def fixed_line(row: Sequence[str]) -> str:
    """A row as it stands in the file. ValueError for a value that is wider than its column: the core system would cut it itself."""
    if any(len(value) > width for value, width in zip(row, WIDTHS, strict=True)):
        raise ValueError("a value is wider than its column")
    return "".join(value.ljust(width) for value, width in zip(row, WIDTHS, strict=True)) + "\r\n"
