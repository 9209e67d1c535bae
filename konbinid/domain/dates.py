"""Dates as registers keep them (unknown month or day) and as paper shows them (era or Western)."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

from konbinid.domain.redact import Redacted

JST = timezone(timedelta(hours=9), "JST")  # Japan has no summer time; the contract prints +09:00
MINUTES_OF_DAY = 24 * 60

_SPAN = re.compile(r"([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])")


class BadDate(ValueError):
    """A date that does not exist or cannot be read; the text never repeats the value."""


@dataclass(frozen=True, slots=True)
class Era:
    """One era name: its code in 和暦 columns (contract 2) and its first day."""

    code: str
    name: str
    first: date


# First days: 明治 from the start of its first year (明治元年1月1日 of the old calendar); 大正, 昭和, 平成, 令和 by their orders. Newest first.
ERAS = (
    Era("5", "令和", date(2019, 5, 1)),
    Era("4", "平成", date(1989, 1, 8)),
    Era("3", "昭和", date(1926, 12, 25)),
    Era("2", "大正", date(1912, 7, 30)),
    Era("1", "明治", date(1868, 1, 25)),
)


def _last_day(era: Era) -> date:
    """The last day of an era: the eve of the next one."""
    following = min((other.first for other in ERAS if other.first > era.first), default=None)
    return date.max if following is None else following - timedelta(days=1)


def era_of(day: date) -> Era:
    """The era a day belongs to. BadDate before 明治."""
    for era in ERAS:
        if day >= era.first:
            return era
    raise BadDate("before the first era on record")


def era_year(year: int, era: Era) -> str:
    """「令和元年」, never 「令和1年」."""
    number = year - era.first.year + 1
    return f"{era.name}{'元' if number == 1 else number}年"


def era_date(day: date) -> str:
    """「令和8年11月23日」."""
    return f"{era_year(day.year, era_of(day))}{day.month}月{day.day}日"


def read_day(text: str) -> date:
    """A day that exists, written ``2027-05-03`` and no other way. BadDate."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise BadDate("no day like 2027-05-03")
    return day


def read_yearly_day(text: str) -> tuple[int, int]:
    """(month, day) of a day of every year, written ``12-29``; 02-29 is one. BadDate."""
    day = read_day(f"2000-{text}")  # a leap year
    return day.month, day.day


def read_span(text: str) -> tuple[int, int]:
    """``08:00-24:00`` as minutes from 00:00; it ends after it begins, by 24:00 of the same day. BadDate."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise BadDate("no span like 08:00-24:00")
    begins, ends = (int(hour) * 60 + int(minute) for hour, minute in (found.group(1, 2), found.group(3, 4)))
    if not begins < ends <= MINUTES_OF_DAY:
        raise BadDate("a span that does not end after it begins, by 24:00")
    return begins, ends


def in_japan(given: date | datetime) -> datetime:
    """What a person of the city writes as an instant: a day begins at 00:00, and a time without an offset is Japan time."""
    if not isinstance(given, datetime):
        given = datetime.combine(given, time(0))
    return given if given.tzinfo is not None else given.replace(tzinfo=JST)


def japan_day(instant: datetime) -> date:
    """The Japanese calendar day of an aware instant."""
    return instant.astimezone(JST).date()


@dataclass(frozen=True, slots=True, repr=False)
class PartialDate(Redacted):
    """A date of a register whose month or day may be unknown (contract 2: ``19350000``, ``19350400``).

    ``year`` 0 means that nothing is known; ``era`` is the era code when the source gave the date in 和暦 with an
    unknown day in a year of two eras, so that the paper shows the era that the register has. BadDate for what is no date,
    lies before the first era, or cannot lie in the given era: such a date has no form on paper.
    """

    year: int
    month: int = 0
    day: int = 0
    era: str = ""

    def __post_init__(self) -> None:
        if self.year == 0 and (self.month or self.day or self.era):
            raise BadDate("a month, day or era without a year")
        if self.month == 0 and self.day:
            raise BadDate("a day without a month")
        if not 0 <= self.month <= 12:
            raise BadDate("no such month")
        if self.year and not 1868 <= self.year <= 9999:
            raise BadDate("no such year")
        if self.day and not 1 <= self.day <= calendar.monthrange(self.year, self.month)[1]:
            raise BadDate("no such day")
        if self.year:
            self._check_era()

    def _check_era(self) -> None:
        era, last = self._era(), date(self.year, *self._last_month_and_day())
        if date(self.year, self.month or 1, self.day or 1) > _last_day(era) or last < era.first:
            raise BadDate("not a date of that era")

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """From ``YYYYMMDD``; zeros are unknown parts. BadDate when it is none."""
        if len(text) != 8 or not (text.isascii() and text.isdigit()):
            raise BadDate("not eight digits")
        return cls(int(text[:4]), int(text[4:6]), int(text[6:]))

    def __str__(self) -> str:
        return f"{self.year:04d}{self.month:02d}{self.day:02d}"

    @property
    def is_exact(self) -> bool:
        """Whether the whole date is known."""
        return bool(self.day)

    def latest(self) -> date:
        """The latest day it can be: what every rule about age takes. An unknown year is never old enough."""
        if self.year == 0:
            return date.max
        last = date(self.year, *self._last_month_and_day())
        return min(last, _last_day(self._era())) if self.era else last

    def _last_month_and_day(self) -> tuple[int, int]:
        month = self.month or 12
        return month, self.day or calendar.monthrange(self.year, month)[1]

    def _era(self) -> Era:
        if not self.era:
            return era_of(self.latest())
        for era in ERAS:
            if era.code == self.era:
                return era
        raise BadDate("no such era")

    def in_era(self) -> str:
        """「昭和10年6月3日」, 「昭和10年6月日不詳」, 「昭和10年月日不詳」, 「不詳」."""
        if self.year == 0:
            return "不詳"
        return era_year(self.year, self._era()) + self._rest()

    def western(self) -> str:
        """「1985年6月3日」 and the same unknown forms."""
        if self.year == 0:
            return "不詳"
        return f"{self.year}年{self._rest()}"

    def _rest(self) -> str:
        if self.day:
            return f"{self.month}月{self.day}日"
        return f"{self.month}月日不詳" if self.month else "月日不詳"


def birthday_in(birth: date, year: int) -> date:
    """The day of ``year`` on which an age is reached: 29 February becomes 1 March in common years (certificates.md)."""
    if birth.month == 2 and birth.day == 29 and not calendar.isleap(year):
        return date(year, 3, 1)
    return birth.replace(year=year)


def age_on(birth: PartialDate, today: date, *, eve: bool = False) -> int:
    """Completed years on ``today``, counted from 00:00 of the birthday.

    ``eve`` is the civil-law reading (年齢計算ニ関スル法律): an age is reached at the end of the day before.
    Unknown parts take the latest possible day, so that doubt never makes a person older. Negative for the unknown.
    """
    latest = birth.latest()
    if latest == date.max:
        return -1
    reckoned = today + timedelta(days=1) if eve else today
    years = reckoned.year - latest.year
    return years if reckoned >= birthday_in(latest, reckoned.year) else years - 1
