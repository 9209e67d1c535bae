"""Dates as registers keep them (unknown month or day) and as paper shows them (era or Western)."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

JST = timezone(timedelta(hours=9), "JST")  # Japan has no summer time; the contract prints +09:00


class BadDate(ValueError):
    """A date that does not exist or cannot be read; the text never repeats the value."""


@dataclass(frozen=True, slots=True)
class Era:
    """One era name: its code in 和暦 columns (contract 2) and its first day."""

    code: str
    name: str
    first: date


# First days: 明治 by the solar calendar's introduction (明治6年1月1日); 大正, 昭和, 平成, 令和 by their orders.
ERAS = (
    Era("5", "令和", date(2019, 5, 1)),
    Era("4", "平成", date(1989, 1, 8)),
    Era("3", "昭和", date(1926, 12, 25)),
    Era("2", "大正", date(1912, 7, 30)),
    Era("1", "明治", date(1868, 1, 25)),
)


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


def western_date(day: date) -> str:
    """「2027年3月31日」, as residence cards write dates."""
    return f"{day.year}年{day.month}月{day.day}日"


def japan_day(instant: datetime) -> date:
    """The Japanese calendar day of an aware instant."""
    return instant.astimezone(JST).date()


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A date of birth whose month or day may be unknown (contract 2: ``19350000``, ``19350400``).

    ``year`` 0 means that nothing is known; ``era`` is the era code when the source gave the date in 和暦 with an
    unknown day in a year of two eras, so that the paper shows the era that the register has.
    """

    year: int
    month: int = 0
    day: int = 0
    era: str = ""

    def __post_init__(self) -> None:
        if self.year == 0 and (self.month or self.day):
            raise BadDate("a month or day without a year")
        if self.month == 0 and self.day:
            raise BadDate("a day without a month")
        if self.month and not 1 <= self.month <= 12:
            raise BadDate("no such month")
        if self.year and not 1868 <= self.year <= 9999:
            raise BadDate("no such year")
        if self.day and not 1 <= self.day <= calendar.monthrange(self.year, self.month)[1]:
            raise BadDate("no such day")

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
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def _era(self) -> Era:
        for era in ERAS:
            if era.code == self.era:
                return era
        return era_of(self.latest())

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


def utc(instant: datetime) -> datetime:
    """The same instant in UTC; an instant without an offset is a programming error."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return instant.astimezone(UTC)
