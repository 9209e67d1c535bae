"""How old a feed's data is, counting only the time in which the core system is expected to send (contract 2, rows=0).

A night or a weekend in which nothing is due does not make data old; every expected minute without a file or a
heartbeat does. So kinds close when the linkage stalls (I-06, I-12) and stay open when nobody was to send.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from konbinid.domain.dates import JST, MINUTES_OF_DAY
from konbinid.domain.library import Holidays

_NONE = Holidays(frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Calendar:
    """When a feed is expected: weekdays (0 = Monday), windows of the day in minutes from 00:00 Japan time (half-open,
    ascending, apart from each other, 1440 = midnight at the day's end), and days on which nothing is due.

    ValueError when nothing would ever be expected or the windows overlap: such a feed could never go stale.
    """

    weekdays: frozenset[int]
    windows: tuple[tuple[int, int], ...]
    holidays: Holidays = _NONE

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= frozenset(range(7)):
            raise ValueError("a calendar needs at least one weekday, 0 to 6")
        if not self.windows:
            raise ValueError("a calendar needs at least one window")
        end = 0
        for opens, closes in self.windows:
            if not end <= opens < closes <= MINUTES_OF_DAY:
                raise ValueError("windows must ascend within the day and not overlap")
            end = closes

    def expects_on(self, day: date) -> bool:
        """Whether the core system works on this day."""
        return day.weekday() in self.weekdays and not self.holidays.includes(day)


AROUND_THE_CLOCK = Calendar(frozenset(range(7)), ((0, MINUTES_OF_DAY),))


def expected_age(
    calendar: Calendar, since: datetime, now: datetime, *, enough: timedelta | None = None
) -> timedelta:
    """The expected time between two aware instants; zero when ``since`` is not before ``now``.

    Counting stops at the first day's end that is over ``enough``: years without a file cost no more than days.
    """
    start, end = since.astimezone(JST), now.astimezone(JST)
    age = timedelta(0)
    day = start.date()
    while day <= end.date() and (enough is None or age <= enough):
        if calendar.expects_on(day):
            midnight = datetime.combine(day, time(0), JST)
            for opens, closes in calendar.windows:
                began = max(start, midnight + timedelta(minutes=opens))
                ended = min(end, midnight + timedelta(minutes=closes))
                age += max(timedelta(0), ended - began)
        day += timedelta(days=1)
    return age


_SKEW = timedelta(minutes=1)  # two database servers' clocks
_DAYS_AHEAD = 800  # a calendar whose only days lie further ahead is told as never


def is_stale(calendar: Calendar, since: datetime | None, now: datetime, maximum: timedelta) -> bool:
    """Whether more expected time has passed than ``maximum``.

    Data of unknown age is stale (I-11): None, and data from the future, which shows that the clock was set back after it was applied.
    """
    if since is None or since > now + _SKEW:
        return True
    return expected_age(calendar, since, now, enough=maximum) > maximum


def next_expected(calendar: Calendar, now: datetime) -> datetime | None:
    """When something is expected again: now, within a window, else when the next one opens; None when that is years ahead."""
    return _reached(calendar, now, timedelta(0), least=True)


def stale_from(calendar: Calendar, since: datetime, maximum: timedelta) -> datetime | None:
    """The last instant at which data of ``since`` is not stale yet; None when that is years ahead."""
    return _reached(calendar, since, maximum, least=False)


def _reached(calendar: Calendar, since: datetime, age: timedelta, *, least: bool) -> datetime | None:
    """The first (``least``) or last instant at which expected time since ``since`` is ``age``."""
    start = since.astimezone(JST)
    left = age
    for ahead in range(_DAYS_AHEAD):
        day = start.date() + timedelta(days=ahead)
        if not calendar.expects_on(day):
            continue
        midnight = datetime.combine(day, time(0), JST)
        for opens, closes in calendar.windows:
            began = max(start, midnight + timedelta(minutes=opens))
            ended = midnight + timedelta(minutes=closes)
            span = max(timedelta(0), ended - began)
            if left < span or (least and left == span and span):
                return began + left
            left -= span
    return None
