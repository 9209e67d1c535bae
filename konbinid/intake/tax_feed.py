"""ZEI: what one 年度 says about a person's income and taxes (contract 2), and when 課税区分 and the amounts contradict each other.

A contradiction rejects no file: the person's 年度 is closed and listed for staff. Refused is only what cannot be right: 減免 and 定額減税
make rows that look odd and are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from konbinid.domain.feeds import Feed
from konbinid.domain.tax import AMOUNTS, COUNTS, DEDUCTIONS, LEVIES
from konbinid.intake.feeds import (
    REMOVE,
    Columns,
    FeedSpec,
    FormName,
    RowFault,
    Target,
    coded,
    date,
    digits,
    flag,
    spec,
    text,
)
from konbinid.intake.problems import Fault

TAXED, PER_CAPITA_ONLY, EXEMPT = "1", "2", "3"  # 課税区分
_YEARS = range(1989, 2201)
_FOREST_TAX_SINCE = 2024  # 森林環境税, from 令和6年度

_INCOME_LEVIES = ("city_income_levy", "prefecture_income_levy")
_PARTS = (*_INCOME_LEVIES, "city_per_capita", "prefecture_per_capita", "forest_tax")
# An income may be a loss; what is taken off, and what is to be paid, is never less than nothing.
_NEVER_NEGATIVE = ("salary_revenue", "pension_revenue", *DEDUCTIONS, *LEVIES)

NEGATIVE = "収入、控除または税額がマイナスです。"
EXEMPT_BUT_TAXED = "課税区分が非課税なのに、税額があります。"
TAXED_BUT_NOTHING = "課税区分が課税または均等割のみなのに、年税額が0円です。"
LEVY_BUT_PER_CAPITA_ONLY = "課税区分が均等割のみなのに、所得割があります。"
MORE_THAN_ITS_PARTS = "年税額が、均等割、所得割、森林環境税の合計より多くなっています。"
FOREST_TAX_TOO_EARLY = "令和5年度以前なのに、森林環境税があります。"
NO_ADDRESS = "賦課期日住所がありません。"


def defects(columns: Columns) -> list[str]:
    """For each row, in words for staff, why the person's year is closed; empty when it is not. Amounts are canonical, or empty in a
    removal, which closes nothing."""
    negative = _with_a_negative(columns)
    rows = zip(
        columns["operation"],
        columns["year"],
        columns["tax_class"],
        columns["address"],
        columns["annual_tax"],
        *(columns[name] for name in _PARTS),
        strict=True,
    )
    found = []
    for at, (operation, year, tax_class, address, annual, *parts) in enumerate(rows):
        if operation == REMOVE:
            found.append("")
        elif at in negative:
            found.append(NEGATIVE)
        else:
            taxes = tuple(map(int, parts))
            found.append(_contradiction(tax_class, int(annual), taxes) or _oddity(int(year), taxes, address))
    return found


def _contradiction(tax_class: str, annual: int, parts: tuple[int, ...]) -> str:
    """課税区分 against the amounts. 定額減税 and other credits may bring the 所得割 of a 課税 person to 0; 年税額 may lie below the sum of its
    parts (減免), never above."""
    if tax_class == EXEMPT and (annual or any(parts)):
        return EXEMPT_BUT_TAXED
    if tax_class != EXEMPT and not annual:
        return TAXED_BUT_NOTHING
    if tax_class == PER_CAPITA_ONLY and any(parts[: len(_INCOME_LEVIES)]):
        return LEVY_BUT_PER_CAPITA_ONLY
    return MORE_THAN_ITS_PARTS if annual > sum(parts) else ""


def _oddity(year: int, parts: tuple[int, ...], address: str) -> str:
    if year < _FOREST_TAX_SINCE and parts[-1]:
        return FOREST_TAX_TOO_EARLY
    return "" if address else NO_ADDRESS


def _with_a_negative(columns: Columns) -> set[int]:
    """The rows with a minus where none can be. Hardly ever is there one: a column is looked at whole first."""
    found: set[int] = set()
    for name in _NEVER_NEGATIVE:
        if "-" in "".join(columns[name]):
            found.update(at for at, value in enumerate(columns[name]) if value.startswith("-"))
    return found


def _derive(columns: Columns) -> dict[str, Sequence[str]]:
    return {"defect": defects(columns)}


def _year_rule(columns: Columns) -> list[RowFault]:
    """A year that is none of a tax's; the few that there are, are looked at once each."""
    wrong = {year for year in set(columns["year"]) if int(year) not in _YEARS}
    return [(at, "year", Fault.OUT_OF_RANGE) for at, year in enumerate(columns["year"]) if year in wrong]


def _amounts(*names: str) -> Iterator[Target]:
    for name in names:
        yield Target(name, frozenset({FormName.AMOUNT}), required=True, nullable=True)


def _counts(*names: str) -> Iterator[Target]:
    for name in names:
        yield Target(name, frozenset({FormName.NUMBER}), required=True, nullable=True)


_TARGETS = spec(
    digits("year", 4, key=True),
    digits("atena_number", 10, key=True),
    coded("filing", "1", "2", "3", nullable=True),
    coded("tax_class", TAXED, PER_CAPITA_ONLY, EXEMPT, nullable=True),
    text("address"),
    text("name"),
    *_amounts(*AMOUNTS),
    *_counts(*COUNTS),
    date("determined_on"),
    flag("deductible_spouse"),
)

TAX_FEED = FeedSpec(
    Feed.ZEI, _TARGETS, ("atena_number",), closes_unread=False, check=_year_rule, derive=_derive
)
