"""The feeds of contract 2, and which kinds close when one of them is too old."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from konbinid.domain.freshness import Calendar, expected_age, is_stale
from konbinid.domain.kinds import Kind


class Feed(StrEnum):
    """The core systems' files."""

    JUMIN = "JUMIN"
    JPKI = "JPKI"
    YOKUSHI = "YOKUSHI"
    INKAN = "INKAN"
    ZEI = "ZEI"
    KOSEKI = "KOSEKI"
    FUHYO = "FUHYO"
    GAIJI = "GAIJI"


# Who may have something (JPKI), whether (YOKUSHI) and where they stand (JUMIN) is asked for every kind. GAIJI is sent only when a glyph
# is new: its age says nothing.
_ALWAYS = frozenset({Feed.JUMIN, Feed.JPKI, Feed.YOKUSHI})
KIND_FEEDS: Mapping[Kind, frozenset[Feed]] = {
    Kind.JUMINHYO: _ALWAYS,
    Kind.KISAIJIKO: _ALWAYS,
    Kind.INKAN: _ALWAYS | {Feed.INKAN},
    Kind.KAZEI: _ALWAYS | {Feed.ZEI},
    Kind.KOSEKI_ZENBU: _ALWAYS | {Feed.KOSEKI},
    Kind.KOSEKI_KOJIN: _ALWAYS | {Feed.KOSEKI},
    # 届出処理中 is said by KOSEKI and closes fuhyo too (decision 0038).
    Kind.FUHYO: _ALWAYS | {Feed.FUHYO, Feed.KOSEKI},
}
AGEING = frozenset(feed for feeds in KIND_FEEDS.values() for feed in feeds)
"""The feeds whose age closes something: all but GAIJI."""

_EARLY = 0.75  # of the maximum age: people are told before a kind closes


@dataclass(frozen=True, slots=True)
class FeedRule:
    """How old a feed may grow, in expected time."""

    calendar: Calendar
    maximum_age: timedelta


class Standing(StrEnum):
    """How old a feed's data is. NONE: never applied; BEHIND: not caught up with a restoration; LATE: will be STALE soon unless something comes."""

    NONE = "none"
    BEHIND = "behind"
    FRESH = "fresh"
    LATE = "late"
    STALE = "stale"

    @property
    def closes(self) -> bool:
        """Whether the kinds that depend on the feed are closed."""
        return self not in {Standing.FRESH, Standing.LATE}


def standing_of(rule: FeedRule, since: datetime | None, now: datetime) -> Standing:
    """By age alone."""
    if since is None:
        return Standing.NONE
    if is_stale(rule.calendar, since, now, rule.maximum_age):
        return Standing.STALE
    age = expected_age(rule.calendar, since, now, enough=rule.maximum_age)
    return Standing.LATE if age >= rule.maximum_age * _EARLY else Standing.FRESH


def kinds_of(feed: Feed) -> tuple[Kind, ...]:
    """The kinds that close with a feed."""
    return tuple(kind for kind in Kind if feed in KIND_FEEDS[kind])


def stale_kinds(
    rules: Mapping[Feed, FeedRule],
    fresh_as_of: Mapping[Feed, datetime | None],
    in_doubt: Iterable[Feed],
    now: datetime,
) -> frozenset[Kind]:
    """The kinds that are closed with 1203: a feed they depend on is too old, was never applied, or holds a file whose keys cannot be read.

    A feed without a rule is never too old, but must have been applied once.
    """
    closed = set(in_doubt)
    for feed in Feed:
        since, rule = fresh_as_of.get(feed), rules.get(feed)
        if since is None or (rule is not None and is_stale(rule.calendar, since, now, rule.maximum_age)):
            closed.add(feed)
    return frozenset(kind for kind, feeds in KIND_FEEDS.items() if feeds & closed)
