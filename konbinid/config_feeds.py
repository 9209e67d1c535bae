"""[feeds.NAME] of the configuration: what is expected from each core system, when, and how much it may take away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from konbinid.declared.section import Section
from konbinid.domain.dates import read_day, read_span, read_yearly_day
from konbinid.domain.feeds import Feed, FeedRule
from konbinid.domain.freshness import AROUND_THE_CLOCK, Calendar
from konbinid.domain.library import Holidays

T = TypeVar("T")

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class FeedSetting:
    """One feed: its declared layout, how old its data may be in expected time, and what it may remove unasked."""

    feed: Feed
    layout: Path
    rule: FeedRule
    removal_share: float
    removal_least_rows: int
    verify_only: bool


def read_feeds(section: Section) -> Mapping[Feed, FeedSetting]:
    """[feeds.NAME]"""
    feeds = {}
    for name in section.keys:
        if name in tuple(Feed):
            feeds[Feed(name)] = _feed(section.table(name), Feed(name))
        else:
            section.raw(name)
            section.complain(name, f"no such feed; there are {', '.join(Feed)}")
    if not feeds:
        section.complain("", "needs at least one feed, like [feeds.JUMIN]")
    return MappingProxyType(feeds)


def _feed(section: Section, feed: Feed) -> FeedSetting:
    restrictive = feed is Feed.YOKUSHI  # contract 2: any removal of a hold waits for an operator
    share = section.number("removal_share_percent", 0.0 if restrictive else 5.0, least=0, most=100)
    maximum_age = timedelta(hours=section.number("maximum_age_hours", 24.0, least=0.1, most=24 * 31))
    return FeedSetting(
        feed=feed,
        layout=section.file("layout"),
        rule=FeedRule(_calendar(section), maximum_age),
        removal_share=share / 100,
        removal_least_rows=section.whole(
            "removal_least_rows", 0 if restrictive else 20, least=0, most=1_000_000
        ),
        verify_only=section.flag("verify_only", default=False),
    )


def _calendar(section: Section) -> Calendar:
    mistakes = len(section.document.problems)
    weekdays = _each(section, "weekdays", _WEEKDAYS, _WEEKDAYS.index, f"must be of {', '.join(_WEEKDAYS)}")
    windows = _each(
        section, "windows", ("00:00-24:00",), read_span, 'must be like "08:00-20:00", to 24:00 at most'
    )
    reason = 'must be a day that exists, "12-29" or "2027-05-03"'
    days = _each(section, "no_files_on", (), _day, reason)
    if len(section.document.problems) > mistakes:
        return AROUND_THE_CLOCK
    try:
        yearly = frozenset(day for day in days if isinstance(day, tuple))
        single = frozenset(day.isoformat() for day in days if isinstance(day, date))
        return Calendar(frozenset(weekdays), tuple(windows), Holidays(yearly, single))
    except ValueError as error:
        section.complain("windows" if weekdays else "weekdays", str(error))
        return AROUND_THE_CLOCK


def _each(
    section: Section, key: str, default: tuple[str, ...], read: Callable[[str], T], reason: str
) -> list[T]:
    values = []
    for position, text in enumerate(section.texts(key, default)):
        try:
            values.append(read(text))
        except ValueError:
            section.document.complain((*section.place, key, position), reason)
    return values


def _day(text: str) -> date | tuple[int, int]:
    return read_day(text) if len(text) == len("2027-05-03") else read_yearly_day(text)
