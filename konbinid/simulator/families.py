"""Japanese households drawn at random: singles, couples, families with children, three generations, house shares.

Shares of the kinds and of ages follow no statistic closely; they give about 2.2 people per household and every
続柄 that current law writes (子 for every child, 妻の母, 子の子, 縁故者).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from konbinid.simulator import addresses, days, names
from konbinid.simulator.household import HOUSEHOLDER, Household, Person
from konbinid.simulator.rows import FEMALE, MALE, ResidentRow

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


@dataclass
class Draft:
    """A household in the making: its dice, its surname, its 本籍 and its householder's full name (the 筆頭者)."""

    rng: random.Random
    household: Household
    surname: names.Name
    domicile: str
    head: str = ""

    @property
    def today(self) -> dt.date:
        """The day the files are made."""
        return self.household.today

    def member(
        self, relationship: str, age: int, *, male: bool, surname: names.Name | None = None
    ) -> ResidentRow:
        """Enter one more person of that age. Whoever has a surname of their own has a family register of their own."""
        born = days.born(self.rng, self.today, age)
        given = names.given_name(self.rng, born.year, male=male)
        family = surname or self.surname
        full = f"{family.text}　{given.text}"
        birth = self._recorded(born)
        person = Person(full, f"{family.kana}　{given.kana}", birth, MALE if male else FEMALE, relationship)
        if not self.head:
            self.head = full
        head = full if surname else self.head
        return self.household.add_japanese(person, self.domicile, head, **self._reading())

    def _recorded(self, born: dt.date) -> str:
        # Registers of the oldest have birth dates of which only the year or the month is known.
        if born.year < 1950 and self.rng.random() < 0.004:
            return f"{born.year:04d}{born.month:02d}00" if self.rng.random() < 0.5 else f"{born.year:04d}0000"
        return days.text(born)

    def _reading(self) -> dict[str, str]:
        return {} if self.rng.random() < 0.93 else {"kana_registered": "0"}


def start(index: int, rng: random.Random, today: dt.date, *, alone: bool) -> Draft:
    """An empty household at an address, with the day it moved in and where it came from."""
    since = days.between(rng, days.years_before(today, 35), today - dt.timedelta(days=20))
    previous = addresses.elsewhere(rng)
    household = Household(index, addresses.home(rng, alone=alone), today, since, previous)
    return Draft(rng, household, names.surname(rng), addresses.domicile(rng))


def single(draft: Draft) -> None:
    """One person, young or old."""
    rng = draft.rng
    age = rng.randint(19, 45) if rng.random() < 0.5 else rng.randint(46, 97)
    draft.member(HOUSEHOLDER, age, male=rng.random() < 0.5)


def couple(draft: Draft) -> int:
    """Two spouses; the wife may have entered her 旧氏. Returns the wife's age."""
    rng = draft.rng
    age = rng.randint(24, 90)
    draft.member(HOUSEHOLDER, age, male=True)
    return _wife(draft, age)


def _wife(draft: Draft, age: int) -> int:
    rng = draft.rng
    younger = max(20, age + rng.randint(-6, 3))
    wife = draft.member("妻", younger, male=False)
    if rng.random() < 0.05:
        before = names.surname(rng)
        draft.household.residents[-1] = wife._replace(
            former_name=before.text,
            former_name_kana=before.kana,
            former_kana_registered="1" if wife.kana_registered == "1" else "0",
        )
    return younger


def family(draft: Draft) -> None:
    """Parents with one to four children, seldom more."""
    rng = draft.rng
    age = rng.randint(27, 58)
    draft.member(HOUSEHOLDER, age, male=True)
    mother = _wife(draft, age)
    children = rng.choices((1, 2, 3, 4, 5, 7), (40, 42, 13, 3, 1, 1))[0]
    _children(draft, mother, children, "子")


def _children(draft: Draft, mother: int, count: int, relationship: str) -> None:
    rng = draft.rng
    eldest = min(25, max(0, mother - rng.randint(20, 34)))
    ages = sorted((max(0, eldest - 2 * nth - rng.randint(0, 1)) for nth in range(count)), reverse=True)
    for age in ages:
        draft.member(relationship, age, male=rng.random() < 0.5)


def single_parent(draft: Draft) -> None:
    """A mother, seldom a father, with one or two children."""
    rng = draft.rng
    age = rng.randint(24, 55)
    draft.member(HOUSEHOLDER, age, male=rng.random() < 0.15)
    _children(draft, age, rng.choices((1, 2, 3), (6, 3, 1))[0], "子")


def three_generations(draft: Draft) -> None:
    """A family with the householder's mother, or the wife's, seldom with a grandchild."""
    rng = draft.rng
    family(draft)
    if rng.random() < 0.5:
        draft.member("母", rng.randint(70, 95), male=False)
    else:
        draft.member("妻の母", rng.randint(70, 95), male=False, surname=names.surname(rng))
    if rng.random() < 0.3:
        draft.member("子の子", rng.randint(0, 3), male=rng.random() < 0.5)


def shared(draft: Draft) -> None:
    """People who live together: brothers and sisters, 縁故者 or a home of up to 13."""
    rng = draft.rng
    age = rng.randint(22, 80)
    draft.member(HOUSEHOLDER, age, male=rng.random() < 0.5)
    if rng.random() < 0.6:
        male = rng.random() < 0.5
        draft.member("弟" if male else "妹", max(20, age - rng.randint(1, 9)), male=male)
        return
    for _ in range(rng.choices((1, 3, 6, 12), (60, 25, 10, 5))[0]):
        draft.member("縁故者", rng.randint(19, 85), male=rng.random() < 0.5, surname=names.surname(rng))


KINDS: tuple[tuple[Callable[[Draft], object], float], ...] = (
    (single, 40.0),
    (couple, 20.0),
    (family, 25.0),
    (single_parent, 8.0),
    (three_generations, 4.0),
    (shared, 3.0),
)
"""What households there are, and how often per hundred."""
