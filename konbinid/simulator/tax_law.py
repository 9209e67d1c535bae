"""市民税・府民税 as the law reckons them, for the demo city's people: incomes of a year and a family in, every amount of a ZEI row out.

The rules of 令和3年度 and later, in their plain form: the rates of the law (市 6 %, 府 4 %), no separate taxation, no carried-over losses. The
numbers add up as they do on a real notice; nobody is taxed by them.
"""

from __future__ import annotations

from typing import NamedTuple

_FOREST_TAX_SINCE = 2024  # 森林環境税, 1,000 yen from 令和6年度
_FIXED_REDUCTION_OF = 2024  # 定額減税, 令和6年度
_WIDER_SALARY_DEDUCTION_SINCE = 2026  # 給与所得控除 of at least 650,000 yen from 令和8年度


class Declared(NamedTuple):
    """What one person had in the year before, and what was paid for it, in yen; `age` on the last day of that year."""

    age: int
    salary: int = 0
    pension: int = 0
    business: int = 0
    real_estate: int = 0
    dividend: int = 0
    social: int = 0
    life: int = 0
    earthquake: int = 0
    medical: int = 0


class Family(NamedTuple):
    """Whom one person supports."""

    spouse: bool = False
    elderly_spouse: bool = False
    general: int = 0
    specific: int = 0
    elderly: int = 0
    under_16: int = 0

    @property
    def heads(self) -> int:
        """控除対象配偶者 and 扶養親族, those under 16 included."""
        return self.spouse + self.general + self.specific + self.elderly + self.under_16


def salary_income(year: int, revenue: int) -> int:
    """給与所得: the revenue less 給与所得控除."""
    least, least_up_to = (550_000, 1_625_000)
    if year >= _WIDER_SALARY_DEDUCTION_SINCE:
        least, least_up_to = (650_000, 1_900_000)
    if revenue <= least_up_to:
        return max(0, revenue - least)
    if revenue <= 1_800_000:
        return revenue - (revenue * 4 // 10 - 100_000)
    if revenue <= 3_600_000:
        return revenue - (revenue * 3 // 10 + 80_000)
    if revenue <= 6_600_000:
        return revenue - (revenue * 2 // 10 + 440_000)
    return revenue - min(revenue // 10 + 1_100_000, 1_950_000)


def pension_income(age: int, revenue: int) -> int:
    """年金所得: the revenue less 公的年金等控除."""
    least, least_up_to = (1_100_000, 3_300_000) if age >= 65 else (600_000, 1_300_000)
    if revenue < least_up_to:
        return max(0, revenue - least)
    return revenue - (revenue * 25 // 100 + 275_000)


def income_of(year: int, declared: Declared) -> int:
    """合計所得金額: a loss of the business or of real estate is set off against the rest."""
    earned = salary_income(year, declared.salary) + pension_income(declared.age, declared.pension)
    return earned + declared.business + declared.real_estate + declared.dividend


def counts_as_supported(year: int, income: int) -> bool:
    """Whether an income leaves somebody a 扶養親族 or 同一生計配偶者."""
    return income <= (580_000 if year >= _WIDER_SALARY_DEDUCTION_SINCE else 480_000)


def assess(year: int, declared: Declared, family: Family) -> dict[str, int]:
    """Every amount and count of the row for 年度 `year`, by the row's column names."""
    income = income_of(year, declared)
    amounts = _incomes(year, declared, income) | _deductions(declared, family)
    base = max(0, income - amounts["deductions_total"]) // 1000 * 1000
    people = 1 + family.heads
    # 均等割 and 所得割 begin at incomes that grow with the family (級地 2).
    pays_per_capita = income > 350_000 * people + 100_000 + (210_000 if family.heads else 0)
    pays_levy = income > 350_000 * people + 100_000 + (320_000 if family.heads else 0)
    adjustment = _adjustment(base, family) if pays_levy else 0
    levies = [max(0, base * 6 // 100 - adjustment * 6 // 10), max(0, base * 4 // 100 - adjustment * 4 // 10)]
    if not pays_levy:
        levies = [0, 0]
    reduction = min(sum(levies), 10_000 * people) if year == _FIXED_REDUCTION_OF else 0
    city = (levies[0] - reduction * 6 // 10) // 100 * 100
    prefecture = max(0, levies[1] - (reduction - reduction * 6 // 10)) // 100 * 100
    per_capita = (3_000, 1_000, 1_000) if year >= _FOREST_TAX_SINCE else (3_500, 1_500, 0)
    if not pays_per_capita:
        per_capita = (0, 0, 0)
    return amounts | {
        "tax_base": base,
        "adjustment_credit": adjustment,
        "fixed_reduction": reduction,
        "city_income_levy": max(0, city),
        "prefecture_income_levy": prefecture,
        "city_per_capita": per_capita[0],
        "prefecture_per_capita": per_capita[1],
        "forest_tax": per_capita[2],
        "annual_tax": max(0, city) + prefecture + sum(per_capita),
    }


def _incomes(year: int, declared: Declared, income: int) -> dict[str, int]:
    return {
        "total_income": income,
        "aggregate_income": income,
        "salary_revenue": declared.salary,
        "salary_income": salary_income(year, declared.salary),
        "pension_revenue": declared.pension,
        "pension_income": pension_income(declared.age, declared.pension),
        "business_income": declared.business,
        "real_estate_income": declared.real_estate,
        "dividend_income": declared.dividend,
    }


def _deductions(declared: Declared, family: Family) -> dict[str, int]:
    deductions = {
        "social_insurance_deduction": declared.social,
        "life_insurance_deduction": declared.life,
        "earthquake_deduction": declared.earthquake,
        "medical_deduction": declared.medical,
        "spouse_deduction": (380_000 if family.elderly_spouse else 330_000) if family.spouse else 0,
        "dependants_deduction": 330_000 * family.general + 450_000 * (family.specific + family.elderly),
        "basic_deduction": 430_000,
    }
    counts = {
        "dependants_general": family.general,
        "dependants_specific": family.specific,
        "dependants_elderly": family.elderly,
        "dependants_under_16": family.under_16,
        "deductible_spouse": int(family.spouse),
    }
    return deductions | counts | {"deductions_total": sum(deductions.values())}


def _adjustment(base: int, family: Family) -> int:
    """調整控除: what the income tax's larger deductions would otherwise cost, 5 % of the difference, at least 2,500 yen."""
    difference = 50_000 + (100_000 if family.elderly_spouse else 50_000 * family.spouse)
    difference += 50_000 * family.general + 180_000 * family.specific + 130_000 * family.elderly
    if base <= 2_000_000:
        return min(difference, base) * 5 // 100
    return max(50_000, difference - (base - 2_000_000)) * 5 // 100
