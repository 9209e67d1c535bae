"""Invented tax records for the people that a form is tried out with: both titles, losses, ＊＊＊, years of one and of no 定額減税, and amounts of
twelve digits. But for those the numbers add up as the law has them (令和8年度), because people who check such papers look at them.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from konbinid.domain.tax import AMOUNTS, COUNTS, Filing, TaxRecord
from konbinid.paper.sample_people import PersonaName

_SALARIED = {
    "salary_revenue": 6_200_000,
    "salary_income": 4_520_000,
    "aggregate_income": 4_520_000,
    "total_income": 4_520_000,
    "social_insurance_deduction": 917_000,
    "basic_deduction": 430_000,
    "deductions_total": 1_347_000,
    "tax_base": 3_173_000,
    "adjustment_credit": 2_500,
    "city_income_levy": 188_800,
    "prefecture_income_levy": 125_900,
    "city_per_capita": 3_000,
    "prefecture_per_capita": 1_300,
    "forest_tax": 1_000,
    "annual_tax": 320_000,
}
_WITH_SPOUSE = {
    **_SALARIED,
    "spouse_deduction": 330_000,
    "deductions_total": 1_677_000,
    "tax_base": 2_843_000,
    "city_income_levy": 169_000,
    "prefecture_income_levy": 112_700,
    "annual_tax": 287_000,
    "dependants_under_16": 1,
}
_WITH_LOSSES = {
    **_SALARIED,
    "business_income": -1_234_567,
    "real_estate_income": -987_654,
    "aggregate_income": 2_297_779,
    "total_income": 2_297_779,
    "tax_base": 950_000,
    "city_income_levy": 55_500,
    "prefecture_income_levy": 37_000,
    "annual_tax": 97_800,
}
_WITH_DEPENDANTS = {
    **_SALARIED,
    "dependants_deduction": 1_420_000,
    "deductions_total": 2_767_000,
    "tax_base": 1_753_000,
    "adjustment_credit": 17_500,
    "city_income_levy": 94_600,
    "prefecture_income_levy": 63_100,
    "annual_tax": 163_000,
    "dependants_general": 2,
    "dependants_elderly": 2,
    "dependants_under_16": 3,
}
_NUMBERS: Mapping[PersonaName, Mapping[str, int]] = MappingProxyType(
    {
        PersonaName.MINIMAL: {},
        PersonaName.TYPICAL: _WITH_SPOUSE,
        PersonaName.LONG: _WITH_LOSSES,
        PersonaName.FOREIGN: _SALARIED,
        PersonaName.MANY: _WITH_DEPENDANTS,
        PersonaName.EXTREME: {**dict.fromkeys(AMOUNTS, 999_999_999_999), **dict.fromkeys(COUNTS, 99)},
    }
)


def sample_record(name: PersonaName, year: int, address: str) -> TaxRecord:
    """The record of one persona. MINIMAL has no tax and need not file."""
    numbers = _NUMBERS[name]
    return TaxRecord(
        year=year,
        filing=Filing.NOT_REQUIRED if name is PersonaName.MINIMAL else Filing.FILED,
        address=address,
        amounts={amount: numbers.get(amount, 0) for amount in AMOUNTS},
        counts={count: numbers.get(count, 0) for count in COUNTS},
        deductible_spouse=name is PersonaName.TYPICAL,
    )
