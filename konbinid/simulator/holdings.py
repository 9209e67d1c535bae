"""What happens to a household after it was drawn: cards and phones, seals, holds, people who leave, leave and die.

Rates are higher than a real city's where a rule of the contract wants to be met in a small city.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import TYPE_CHECKING

from konbinid.simulator import days, numbers
from konbinid.simulator.household import Household, Impression
from konbinid.simulator.rows import DEAD, FOREIGN, LEAVING, MOVED_OUT, PHONE, RESIDENT, ResidentRow

if TYPE_CHECKING:
    import random

_OUTLINES = ("round", "round", "round", "square", "oval")
_DPI = (300, 300, 400, 600)


def complete(rng: random.Random, household: Household) -> None:
    """Draw what the other feeds say about the household, and what has happened to it since it moved in."""
    _people_who_are_gone(rng, household)
    _changes_under_way(rng, household)
    for resident in household.residents:
        _credentials(rng, household, resident)
        _seal(rng, household, resident)
        _hold(rng, household, resident)


def _people_who_are_gone(rng: random.Random, household: Household) -> None:
    """A child who moved out, a parent who died: their rows stay. Only the last member goes, never a householder."""
    last = household.residents[-1]
    if len(household.residents) < 2 or last.resident_class == FOREIGN or rng.random() >= 0.04:
        return
    state = DEAD if last.birth_date < days.text(days.years_before(household.today, 60)) else MOVED_OUT
    when = days.text(days.between(rng, household.since, household.today))
    household.residents[-1] = last._replace(state=state, last_changed_on=max(when, last.last_changed_on))


def _changes_under_way(rng: random.Random, household: Household) -> None:
    draw = rng.random()
    if draw < 0.003:  # the whole household has announced that it moves away
        household.residents = [
            row._replace(state=LEAVING, last_changed_on=days.text(household.today))
            if row.state == RESIDENT
            else row
            for row in household.residents
        ]
    elif draw < 0.004:
        first = household.residents[0]
        household.residents[0] = first._replace(change_in_progress="1")


def _age_class(household: Household, resident: ResidentRow) -> str:
    return next((label for label, born in _ages(household.today) if resident.birth_date > born), "old")


@cache
def _ages(today: dt.date) -> tuple[tuple[str, str], ...]:
    """Whoever was born after such a day is a child, a youth, an adult; asked for everybody of a city, so worked out once."""
    bounds = (("child", 15), ("youth", 20), ("adult", 75))
    return tuple((label, days.text(days.years_before(today, years))) for label, years in bounds)


def _credentials(rng: random.Random, household: Household, resident: ResidentRow) -> None:
    """Eight of ten people have a card; of those one in six has a certificate on the phone as well."""
    if rng.random() >= 0.8:
        return
    ordinal = numbers.person_ordinal(household.index, int(resident.household_order) - 1)
    # A certificate a little over five years old has expired; some were revoked before.
    issued = days.between(rng, days.years_before(household.today, 5) - dt.timedelta(days=40), household.today)
    gone = resident.state == DEAD
    valid = not gone and rng.random() >= 0.015
    household.give_credential(resident, numbers.serial_number(ordinal, 0), valid=valid, issued=issued)
    if valid and rng.random() < 0.16 and _age_class(household, resident) != "child":
        since = days.between(rng, issued, household.today)
        serial = numbers.serial_number(ordinal, 1)
        household.give_credential(resident, serial, kind=PHONE, issued=since)


def _seal(rng: random.Random, household: Household, resident: ResidentRow) -> None:
    share = {"child": 0.0, "youth": 0.1, "adult": 0.55, "old": 0.8}[_age_class(household, resident)]
    if rng.random() >= share:
        return
    name, name_kind = _name_of_seal(rng, resident)
    tenths = rng.randint(90, 180)
    # A narrower oval would not be over 8 mm wide, and such a seal cannot be registered.
    outline = rng.choice(_OUTLINES) if tenths >= 115 else "round"
    impression = Impression(name, outline, tenths, rng.choice(_DPI))
    registered = days.between(rng, household.since, household.today)
    row = {"name_kind": name_kind}
    if resident.state in {DEAD, MOVED_OUT} or rng.random() < 0.02:
        row |= {"state": "2", "cancelled_on": days.text(days.between(rng, registered, household.today))}
    elif rng.random() < 0.005:
        row["state"] = "3"
    household.register_seal(resident, impression, registered, **row)


def _name_of_seal(rng: random.Random, resident: ResidentRow) -> tuple[str, str]:
    """The characters of the seal and its 登録氏名区分: the surname, seldom the full name, or another name on record."""
    if resident.former_name and rng.random() < 0.5:
        return resident.former_name, "2"
    if resident.resident_class == FOREIGN:
        if resident.alias:
            return resident.alias.split("　")[0], "3"
        return resident.name_katakana.split("　")[0], "4"
    surname, given = resident.name.split("　")
    return (surname + given if rng.random() < 0.2 else surname), "1"


def _hold(rng: random.Random, household: Household, resident: ResidentRow) -> None:
    draw = rng.random()
    if draw >= 0.006:
        return
    starts = days.between(rng, days.years_before(household.today, 1), household.today)
    if draw < 0.0015:
        ends = days.years_before(starts, -1)  # 支援措置 run for a year and are renewed
        household.place_hold(resident, "01", household_wide=True, starts=starts, ends=ends)
    elif draw < 0.0025:
        household.place_hold(resident, "02", starts=starts)
    elif draw < 0.0045:
        household.place_hold(resident, "03", target="inkan", starts=starts)
    elif draw < 0.0055:
        household.place_hold(resident, "04", target="juminhyo|kisaijiko", starts=starts)
    else:
        over = starts + dt.timedelta(days=30)
        household.place_hold(resident, "99", target="kazei", starts=starts, ends=over)
