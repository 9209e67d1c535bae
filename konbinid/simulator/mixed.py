"""Households with foreign residents, drawn at random: alone, shared rooms, families, married to Japanese."""

from __future__ import annotations

from typing import TYPE_CHECKING

from konbinid.simulator import days, foreigners, names
from konbinid.simulator.household import HOUSEHOLDER, Person
from konbinid.simulator.rows import FEMALE, MALE, ResidentRow

if TYPE_CHECKING:
    from konbinid.simulator.families import Draft
    from konbinid.simulator.foreigners import Country, ForeignName


def _enter(
    draft: Draft, country: Country, family: ForeignName, relationship: str, age: int, *, male: bool
) -> ResidentRow:
    rng = draft.rng
    name = foreigners.full_name(rng, country, family, male=male)
    korean_or_chinese = country.nationality in {"韓国", "中国"}
    if country.nationality == "韓国" and rng.random() < 0.6:
        status = foreigners.special_permanent(rng, country.nationality)
    else:
        status = foreigners.residence(rng, country.nationality, draft.today)
    columns = {"name_roman": name.roman, "name_katakana": name.katakana}
    if rng.random() < (0.5 if korean_or_chinese else 0.12):
        columns |= _alias(draft)
    birth = days.text(days.born(rng, draft.today, age))
    person = Person(name.text, name.katakana, birth, MALE if male else FEMALE, relationship)
    return draft.household.add_foreigner(person, status, **columns)


def _alias(draft: Draft) -> dict[str, str]:
    """通称, now and then with the record of one that was given up."""
    rng = draft.rng
    family, given = names.surname(rng), names.given_name(rng, 1990, male=rng.random() < 0.5)
    columns = {"alias": f"{family.text}　{given.text}", "alias_kana": f"{family.kana}　{given.kana}"}
    if rng.random() < 0.2:
        before = f"{names.surname(rng).text}　{given.text}"
        columns["alias_history"] = f"{before}　平成26年4月1日記載　令和3年10月5日削除　大阪府泉大津市"
    return columns


def alone(draft: Draft) -> None:
    """One person, or up to three colleagues who share a flat as one household."""
    rng = draft.rng
    male = rng.random() < 0.55
    country = rng.choice(foreigners.COUNTRIES)
    _enter(draft, country, rng.choice(country.families), HOUSEHOLDER, rng.randint(19, 68), male=male)
    if rng.random() < 0.15:
        for _ in range(rng.randint(1, 3)):
            _enter(draft, country, rng.choice(country.families), "同居人", rng.randint(19, 40), male=male)


def couple_with_children(draft: Draft) -> None:
    """A foreign family."""
    rng = draft.rng
    country = rng.choice(foreigners.COUNTRIES)
    family = rng.choice(country.families)
    age = rng.randint(24, 60)
    _enter(draft, country, family, HOUSEHOLDER, age, male=True)
    _enter(draft, country, rng.choice(country.families), "妻", max(20, age - 3), male=False)
    for nth in range(rng.randint(0, 2)):
        _enter(draft, country, family, "子", max(0, age - 24 - 2 * nth), male=rng.random() < 0.5)


def married_to_japanese(draft: Draft) -> None:
    """A Japanese householder with a foreign spouse and perhaps a Japanese child."""
    rng = draft.rng
    country = rng.choice(foreigners.COUNTRIES)
    husband_is_foreign = rng.random() < 0.3
    age = rng.randint(26, 70)
    draft.member(HOUSEHOLDER, age, male=not husband_is_foreign)
    spouse = "夫" if husband_is_foreign else "妻"
    _enter(draft, country, rng.choice(country.families), spouse, max(20, age - 2), male=husband_is_foreign)
    if rng.random() < 0.5:
        draft.member("子", max(0, age - 27), male=rng.random() < 0.5)


KINDS = (
    (alone, 50.0),
    (couple_with_children, 20.0),
    (married_to_japanese, 30.0),
)
"""What households there are, and how often per hundred."""
