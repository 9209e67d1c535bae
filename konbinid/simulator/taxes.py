"""Who of the demo city has a ZEI row for which 年度, and what it says: incomes drawn person by person, families from the household.

Dice are seeded by 宛名番号, so drawing taxes moves nothing else in the city, and a person earns much the same every year.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from konbinid.simulator import tax_law
from konbinid.simulator.household import HOUSEHOLDER
from konbinid.simulator.rows import ADD, LEAVING, MALE, RESIDENT
from konbinid.simulator.tax_law import Declared, Family
from konbinid.simulator.tax_rows import (
    DECLARED,
    EXEMPT,
    NEED_NOT_DECLARE,
    NOT_DECLARED,
    PER_CAPITA_ONLY,
    TAXED,
    TaxRow,
    amount,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from konbinid.simulator.household import Household
    from konbinid.simulator.rows import ResidentRow

YEARS = 4
"""年度 in a full file."""

_SPOUSES = {"妻", "夫"}
_KIN = {"子", "子の子", "父", "母", "妻の母", "父の父"}
_ADULT = 18
_COUNTS = ("dependants_general", "dependants_specific", "dependants_elderly", "dependants_under_16")
_NOTHING = dict.fromkeys(TaxRow._fields, amount(0)) | {
    "process": ADD,
    "disabled": "00",
    "specially_disabled": "00",
}


def tax_years(today: dt.date, count: int = YEARS) -> range:
    """The newest 年度 that are decided on `today`, oldest first: a 年度 is decided in June."""
    newest = today.year if today.month >= 6 else today.year - 1
    return range(newest - count + 1, newest + 1)


def lived_here(resident: ResidentRow, year: int) -> bool:
    """Whether the city taxes the resident for `year`: an address here on 1 January (賦課期日)."""
    day = f"{year}0101"
    return resident.address_since <= day and (
        resident.state in {RESIDENT, LEAVING} or resident.last_changed_on > day
    )


def age_before(resident: ResidentRow, year: int) -> int:
    """The age on the last day of the year before; an unknown birth date is that of somebody of sixty."""
    born = int(resident.birth_date[:4])
    return year - 1 - born if born else 60


def household_rows(
    household: Household, years: Iterable[int], fixed: Mapping[str, Declared] | None = None
) -> Iterator[TaxRow]:
    """The rows of everybody of age in the household. `fixed`: what certain people had, by 宛名番号, in every year; the others' is drawn."""
    for year in years:
        here = [resident for resident in household.residents if lived_here(resident, year)]
        had = {
            resident.atena_number: (fixed or {}).get(resident.atena_number) or _drawn(resident, year)
            for resident in here
        }
        earner = _earner(here, had, year)
        for resident in here:
            declared = had[resident.atena_number]
            if declared.age < _ADULT:
                continue
            family = _family(resident, here, had, year) if resident is earner else Family()
            supported = earner is not None and resident is not earner and _is_kin(resident)
            filing = _filing(declared, supported=supported)
            yield tax_row(household, resident, year, declared=declared, family=family, filing=filing)


def tax_row(
    household: Household, resident: ResidentRow, year: int, *, declared: Declared, family: Family, filing: str
) -> TaxRow:
    """One person's row for one 年度."""
    assessed = tax_law.assess(year, declared, family)
    home = household.home
    address = f"{home.address}　{home.supplement}" if home.supplement else home.address
    columns = _NOTHING | {name: amount(yen) for name, yen in assessed.items() if yen}
    columns |= {
        "year": str(year),
        "atena_number": resident.atena_number,
        "filing": filing,
        "tax_class": _tax_class(assessed),
        # The core system's own columns end here: a longer name is cut, and no certificate prints it.
        "address": address[:60],
        "name": resident.name[:40],
        "determined_on": _decided(year),
        "deductible_spouse": str(assessed["deductible_spouse"]),
    }
    return TaxRow(**(columns | {name: f"{assessed[name]:02d}" for name in _COUNTS}))


def _tax_class(assessed: Mapping[str, int]) -> str:
    if not assessed["annual_tax"]:
        return EXEMPT
    levied = assessed["city_income_levy"] + assessed["prefecture_income_levy"] + assessed["fixed_reduction"]
    return TAXED if levied else PER_CAPITA_ONLY


def _decided(year: int) -> str:
    """5 June, in 和暦."""
    return f"5{year - 2018:02d}0605" if year >= 2019 else f"4{year - 1988:02d}0605"


def _drawn(resident: ResidentRow, year: int) -> Declared:
    age = age_before(resident, year)
    if age < _ADULT:
        return Declared(age)
    rng = random.Random(f"tax/{resident.atena_number}")
    kind, level = rng.random(), rng.random()
    if age >= 65:
        pension = _thousands((1_400_000 if resident.sex == MALE else 700_000) + 1_500_000 * level)
        salary = _thousands(1_800_000 * level) if kind < 0.15 else 0
        return Declared(age, salary=salary, pension=pension, social=_thousands(pension * 0.06))
    if resident.relationship == "子" and age <= 22 and kind < 0.6:
        return Declared(age, salary=_thousands(900_000 * level) if kind < 0.3 else 0)
    if resident.relationship in _SPOUSES and kind < 0.7:
        return Declared(age, salary=_thousands(500_000 + 600_000 * level) if kind < 0.35 else 0)
    return _at_work(age, year, kind, level)


def _at_work(age: int, year: int, kind: float, level: float) -> Declared:
    """A salary, a business of one's own, seldom neither."""
    if kind > 0.97:
        return Declared(age)
    if kind > 0.9:
        business = _thousands(9_000_000 * level * level - 1_000_000)
        return Declared(age, business=business, social=_thousands(350_000))
    rise = 1 + (year - 2024) / 100  # wages rise, and nobody earns the same to the yen twice
    salary = _thousands((1_900_000 + 8_500_000 * level**3) * rise)
    life, earthquake = (70_000 if level > 0.4 else 0), (18_000 if level > 0.6 else 0)
    return Declared(age, salary=salary, social=_thousands(salary * 0.148), life=life, earthquake=earthquake)


def _thousands(yen: float) -> int:
    return int(yen) // 1000 * 1000


def _is_kin(resident: ResidentRow) -> bool:
    return resident.relationship in _SPOUSES | _KIN or resident.relationship == HOUSEHOLDER


def _earner(here: Iterable[ResidentRow], had: Mapping[str, Declared], year: int) -> ResidentRow | None:
    """Householder or spouse, whoever earns more: that one supports the family."""
    couple = [each for each in here if each.relationship in _SPOUSES | {HOUSEHOLDER}]
    return max(couple, key=lambda each: tax_law.income_of(year, had[each.atena_number]), default=None)


def _family(
    earner: ResidentRow, here: Iterable[ResidentRow], had: Mapping[str, Declared], year: int
) -> Family:
    counts = {"general": 0, "specific": 0, "elderly": 0, "under_16": 0}
    spouse = elderly_spouse = False
    # 配偶者控除 shrinks above nine million and ends soon after.
    may_deduct = tax_law.income_of(year, had[earner.atena_number]) <= 9_000_000
    for each in here:
        declared = had[each.atena_number]
        if each is earner or not tax_law.counts_as_supported(year, tax_law.income_of(year, declared)):
            continue
        if each.relationship in _KIN:
            counts[_dependant(declared.age)] += 1
        elif (each.relationship in _SPOUSES) != (earner.relationship in _SPOUSES) and _is_kin(each):
            spouse = may_deduct
            elderly_spouse = may_deduct and declared.age >= 70
    return Family(spouse=spouse, elderly_spouse=elderly_spouse, **counts)


def _dependant(age: int) -> str:
    if age < 16:
        return "under_16"
    if 19 <= age <= 22:
        return "specific"
    return "elderly" if age >= 70 else "general"


def _filing(declared: Declared, *, supported: bool) -> str:
    """Who had nothing need not declare when somebody supports them; alone they ought to have."""
    if declared != Declared(declared.age):
        return DECLARED
    return NEED_NOT_DECLARE if supported else NOT_DECLARED
