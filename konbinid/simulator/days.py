"""Days as the demo city needs them: ages counted back from the day the files are made."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


def text(day: dt.date) -> str:
    """`YYYYMMDD`, as the feeds write a day."""
    return day.isoformat().replace("-", "")


def years_before(day: dt.date, years: int) -> dt.date:
    """The same day `years` earlier, 28 February for a 29th that does not exist: who was born then has that age on `day`."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


def turns_tomorrow(day: dt.date, years: int) -> dt.date:
    """The birth date of one who completes `years` the day after `day`: still a year younger on `day`."""
    tomorrow = day + dt.timedelta(days=1)
    try:
        return tomorrow.replace(year=tomorrow.year - years)
    except ValueError:  # a 29 February: their birthday falls on 1 March in that year's count
        return tomorrow.replace(year=tomorrow.year - years, month=3, day=1)


def born(rng: random.Random, day: dt.date, age: int) -> dt.date:
    """A birth date of one who is `age` on `day`."""
    return years_before(day, age) - dt.timedelta(days=int(rng.random() * 364))


def between(rng: random.Random, first: dt.date, last: dt.date) -> dt.date:
    """Any day from `first` to `last`; `last` when they are the wrong way round."""
    return last - dt.timedelta(days=int(rng.random() * max(1, (last - first).days)))
