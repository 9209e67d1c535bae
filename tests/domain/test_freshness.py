"""Freshness counts expected time only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.dates import JST
from konbinid.domain.freshness import (
    AROUND_THE_CLOCK,
    Calendar,
    expected_age,
    is_stale,
    next_expected,
    stale_from,
)
from konbinid.domain.library import Holidays

_WORKING_DAYS = frozenset(range(5))
_OFFICE = Calendar(_WORKING_DAYS, ((8 * 60, 20 * 60),))  # Monday to Friday, 08:00-20:00
_FRIDAY_EVENING = datetime(2026, 11, 20, 19, 0, tzinfo=JST)
_instants = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 11, 20, 19, 30, tzinfo=JST), 0.5),
        (datetime(2026, 11, 20, 23, 0, tzinfo=JST), 1),
        (datetime(2026, 11, 22, 12, 0, tzinfo=JST), 1),  # Sunday
        (datetime(2026, 11, 23, 8, 0, tzinfo=JST), 1),
        (datetime(2026, 11, 23, 9, 0, tzinfo=JST), 2),
        (datetime(2026, 11, 24, 9, 0, tzinfo=JST), 14),
    ],
)
def test_nights_and_weekends_do_not_age(now, hours):
    """The city's data do not go stale over a weekend in which no core system works (I-12)."""
    assert expected_age(_OFFICE, _FRIDAY_EVENING, now) == timedelta(hours=hours)


def test_a_holiday_does_not_age():
    """23 November is a working Monday for the calendar until it is declared a day without files."""
    off = Calendar(_WORKING_DAYS, _OFFICE.windows, Holidays(frozenset({(11, 23)}), frozenset()))
    now = datetime(2026, 11, 24, 9, 0, tzinfo=JST)
    assert expected_age(off, _FRIDAY_EVENING, now) == timedelta(hours=2)


def test_stalled_data_closes_at_the_limit():
    """I-06: data older than the limit is stale, data exactly at it is not."""
    limit = timedelta(hours=2)
    assert not is_stale(_OFFICE, _FRIDAY_EVENING, datetime(2026, 11, 23, 9, 0, tzinfo=JST), limit)
    assert is_stale(_OFFICE, _FRIDAY_EVENING, datetime(2026, 11, 23, 9, 0, 1, tzinfo=JST), limit)


def test_data_of_unknown_age_is_stale():
    """I-11: a feed that never applied a file, as after a restore, closes what depends on it."""
    assert is_stale(AROUND_THE_CLOCK, None, _FRIDAY_EVENING, timedelta(days=365))


def test_very_old_data_is_answered_at_once():
    """Data of a decade ago is stale without walking through ten years of days."""
    old = datetime(1000, 1, 1, tzinfo=UTC)
    assert expected_age(_OFFICE, old, _FRIDAY_EVENING, enough=timedelta(hours=1)) < timedelta(days=10)
    assert is_stale(_OFFICE, old, _FRIDAY_EVENING, timedelta(hours=1))


@given(_instants, _instants, _instants)
def test_age_adds_up(first, second, third):
    """Expected time is a measure: it never runs backwards and two stretches add up to the whole."""
    first, second, third = sorted((first, second, third))
    whole = expected_age(_OFFICE, first, third)
    assert whole == expected_age(_OFFICE, first, second) + expected_age(_OFFICE, second, third)
    assert whole <= third - first
    assert expected_age(AROUND_THE_CLOCK, first, third) == third - first


@given(_instants, _instants, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_stopping_early_changes_no_verdict(since, now, limit):
    """The short cut for old data decides exactly as the full count does."""
    since, now = sorted((since, now))
    assert is_stale(_OFFICE, since, now, limit) is (expected_age(_OFFICE, since, now) > limit)


def test_a_future_stamp_has_no_age():
    """A core system's clock that runs ahead gives no negative age."""
    assert expected_age(AROUND_THE_CLOCK, _FRIDAY_EVENING + timedelta(hours=1), _FRIDAY_EVENING) == timedelta(
        0
    )


@pytest.mark.parametrize(
    ("weekdays", "windows"),
    [
        (frozenset(), ((0, 60),)),
        (frozenset({7}), ((0, 60),)),
        (_WORKING_DAYS, ()),
        (_WORKING_DAYS, ((60, 60),)),
        (_WORKING_DAYS, ((0, 1441),)),
        (_WORKING_DAYS, ((60, 120), (90, 180))),
    ],
)
def test_a_calendar_that_could_never_go_stale_is_refused(weekdays, windows):
    """An empty calendar would switch the freshness rule off by accident."""
    with pytest.raises(ValueError, match=r"calendar|windows"):
        Calendar(weekdays, windows)


def test_a_clock_that_was_set_back_makes_nothing_fresh():
    """Data from the future is of unknown age: it was applied before the clock was set back. Two servers' clocks may differ a little."""
    day = timedelta(days=1)
    assert is_stale(AROUND_THE_CLOCK, _FRIDAY_EVENING, _FRIDAY_EVENING - timedelta(minutes=2), day)
    assert not is_stale(AROUND_THE_CLOCK, _FRIDAY_EVENING, _FRIDAY_EVENING - timedelta(seconds=30), day)


def test_when_something_is_expected_again():
    """Within a window: now; at its end or after it: when the next one opens."""
    monday = datetime(2026, 11, 23, 8, 0, tzinfo=JST)
    assert next_expected(_OFFICE, _FRIDAY_EVENING) == _FRIDAY_EVENING
    assert next_expected(_OFFICE, _FRIDAY_EVENING + timedelta(hours=1)) == monday
    assert next_expected(_OFFICE, monday - timedelta(days=1)) == monday


@given(_instants, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_the_hour_at_which_data_becomes_stale_is_told_as_the_rule_sees_it(since, limit):
    """Not stale at that instant, stale a moment later."""
    at = stale_from(_OFFICE, since, limit)
    assert at is not None
    assert not is_stale(_OFFICE, since, at, limit)
    assert is_stale(_OFFICE, since, at + timedelta(microseconds=1), limit)
