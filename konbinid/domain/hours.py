"""When a kind is open: its weekly hours and the closed days, read at one instant in Japan time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from konbinid.domain.dates import JST
from konbinid.domain.library import Holidays, Hours


@dataclass(frozen=True, slots=True)
class OpeningToday:
    """Today's opening of one kind; both ends are aware Japan times, None together when it is closed all day."""

    open_now: bool
    opens_at: datetime | None
    closes_at: datetime | None


_CLOSED_TODAY = OpeningToday(open_now=False, opens_at=None, closes_at=None)


def opening_today(hours: Hours, holidays: Holidays, at: datetime) -> OpeningToday:
    """What checkService tells of today, and whether a request is in time (1201 when not).

    ``at`` is the request's one instant, aware. Hours are half-open: at the closing minute it is closed;
    a closing time of 00:00 is the midnight at the day's end. Today is the Japanese calendar day of ``at``.
    """
    local = at.astimezone(JST)
    day = local.date()
    span = hours.by_weekday[day.weekday()]
    if span is None or holidays.includes(day):
        return _CLOSED_TODAY
    opens_at, closes_at = (datetime.combine(day, edge, JST) for edge in span)
    if span[1] == time(0):
        closes_at += timedelta(days=1)
    return OpeningToday(opens_at <= local < closes_at, opens_at, closes_at)
