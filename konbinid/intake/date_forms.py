"""Forms of dates: either calendar, with or without something between year, month and day; canonical is YYYYMMDD."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

from konbinid.domain.dates import ERAS, BadDate, PartialDate, era_of
from konbinid.intake.problems import BadValue, Fault
from konbinid.intake.values import Remembering

UNKNOWN_DATE = "00000000"


def _joined(value: str, separator: str, year_digits: int) -> str:
    """Year, month and day without what stands between them, zeros put in front of each."""
    parts = value.split(separator)
    if len(parts) != 3:
        raise BadValue(Fault.NO_SUCH_DATE)
    year, month, day = parts
    if not (0 < len(year) <= year_digits and 0 < len(month) <= 2 and 0 < len(day) <= 2):
        raise BadValue(Fault.NO_SUCH_DATE)
    return f"{year:0>{year_digits}}{month:0>2}{day:0>2}"


class WesternDate(Remembering):
    """YYYYMMDD; all zeros = unknown. ``partial``: month or day may be unknown (births). ``separator``: what parts year, month and day, which
    then need no zeros in front. ``unknown``: texts that mean an unknown day."""

    def __init__(self, *, partial: bool, separator: str = "", unknown: Collection[str] = ()) -> None:
        super().__init__()
        self.partial = partial
        self.separator = separator
        self.unknown = frozenset(unknown)

    def _read(self, value: str) -> str:
        if value in self.unknown:
            return UNKNOWN_DATE
        return self._plain(_joined(value, self.separator, 4) if self.separator else value)

    def _plain(self, value: str) -> str:
        if len(value) > 8:
            raise BadValue(Fault.TOO_LONG)
        if not (len(value) == 8 and value.isascii() and value.isdigit()):
            raise BadValue(Fault.NO_SUCH_DATE)
        if value == UNKNOWN_DATE:
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return self._partial(value)
        if day < ERAS[-1].first:  # paper shows dates in an era: one without is none of a register's
            raise BadValue(Fault.NO_SUCH_DATE)
        return value

    def _partial(self, value: str) -> str:
        if not self.partial:
            raise BadValue(Fault.NO_SUCH_DATE)
        try:
            PartialDate.parse(value)
        except BadDate:
            raise BadValue(Fault.NO_SUCH_DATE) from None
        return value


class EraDate(Remembering):
    """GYYMMDD in 和暦; all zeros = unknown. Canonical: YYYYMMDD, and for a birth with unknown parts in a year of two eras
    the era's code as a ninth character, so that the paper shows the era that the register has. ``separator`` and ``unknown``: as in WesternDate."""

    def __init__(
        self, eras: Mapping[str, str], *, partial: bool, separator: str = "", unknown: Collection[str] = ()
    ) -> None:
        super().__init__()
        self.partial = partial
        self.separator = separator
        self.unknown = frozenset(unknown)
        self.eras = {code: next(era for era in ERAS if era.code == known) for code, known in eras.items()}

    def _read(self, value: str) -> str:
        if value in self.unknown:
            return UNKNOWN_DATE
        if self.separator:
            value = value[:1] + _joined(value[1:], self.separator, 2)
        return self._plain(value)

    def _plain(self, value: str) -> str:
        if len(value) > 7:
            raise BadValue(Fault.TOO_LONG)
        if value == "0000000":
            return UNKNOWN_DATE
        era = self.eras.get(value[:1])
        if era is None or len(value) != 7 or not (value[1:].isascii() and value[1:].isdigit()):
            raise BadValue(Fault.NO_SUCH_DATE)
        number = int(value[1:3])
        try:
            day = PartialDate(era.first.year + number - 1, int(value[3:5]), int(value[5:]))
            first = PartialDate(day.year, day.month or 1, day.day or 1).latest()
        except BadDate:
            raise BadValue(Fault.NO_SUCH_DATE) from None
        if number == 0 or (not day.is_exact and not self.partial):
            raise BadValue(Fault.NO_SUCH_DATE)
        ends = min((other.first for other in ERAS if other.first > era.first), default=None)
        if day.latest() < era.first or (ends is not None and first >= ends):
            raise BadValue(Fault.OUTSIDE_ERA)
        return str(day) if day.is_exact or _in_one_era(first, day) else f"{day}{era.code}"


def _in_one_era(first: date, day: PartialDate) -> bool:
    """Whether the whole span of an inexact date, from its first possible day on, lies in one era."""
    return first >= era_of(day.latest()).first
