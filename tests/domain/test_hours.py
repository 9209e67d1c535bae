"""Opening hours at their edges: the minute, the holiday, the other side of midnight."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.dates import JST
from konbinid.domain.hours import opening_today
from konbinid.domain.library import Holidays, Hours
from konbinid.domain.library_values import DEFAULT_HOLIDAYS, DEFAULT_HOURS

_NO_HOLIDAYS = Holidays(frozenset(), frozenset())


@pytest.mark.parametrize(
    ("clock", "open_now"),
    [("06:29:59.999999", False), ("06:30:00", True), ("22:59:59.999999", True), ("23:00:00", False)],
)
def test_hours_are_half_open(clock, open_now):
    """Nothing is issued before 06:30 or from 23:00 on, to the microsecond."""
    today = opening_today(
        DEFAULT_HOURS, DEFAULT_HOLIDAYS, datetime.fromisoformat(f"2026-11-24T{clock}+09:00")
    )
    assert today.open_now is open_now
    assert today.opens_at == datetime(2026, 11, 24, 6, 30, tzinfo=JST)
    assert today.closes_at == datetime(2026, 11, 24, 23, 0, tzinfo=JST)


def test_the_day_is_the_japanese_day():
    """A server that keeps UTC opens by Japan's clock: 21:30 UTC is 06:30 of the next day."""
    today = opening_today(DEFAULT_HOURS, DEFAULT_HOLIDAYS, datetime(2026, 12, 28, 21, 30, tzinfo=UTC))
    assert today.opens_at is None  # 29 December, a closed day
    assert opening_today(DEFAULT_HOURS, DEFAULT_HOLIDAYS, datetime(2026, 12, 27, 21, 30, tzinfo=UTC)).open_now


@pytest.mark.parametrize("day", ["2026-12-29", "2026-12-31", "2027-01-01", "2027-01-03"])
def test_year_end_is_closed_all_day(day):
    """29 December to 3 January has no hours at all, so checkService leaves them out."""
    today = opening_today(DEFAULT_HOURS, DEFAULT_HOLIDAYS, datetime.fromisoformat(f"{day}T12:00:00+09:00"))
    assert (today.open_now, today.opens_at, today.closes_at) == (False, None, None)


def test_a_single_day_closes_that_day_only():
    """A maintenance day does not come back next year."""
    holidays = Holidays(frozenset(), frozenset({"2026-05-07"}))
    assert not opening_today(DEFAULT_HOURS, holidays, datetime(2026, 5, 7, 12, tzinfo=JST)).open_now
    assert opening_today(DEFAULT_HOURS, holidays, datetime(2027, 5, 7, 12, tzinfo=JST)).open_now


def test_open_around_the_clock_has_no_closed_minute():
    """A test environment that is open all day is open in the last minute too, and closes at the next day's midnight."""
    hours = Hours(((time(0), time(0)),) * 7)
    today = opening_today(hours, _NO_HOLIDAYS, datetime(2026, 11, 23, 23, 59, 59, 999_999, tzinfo=JST))
    assert today.open_now
    assert today.closes_at == datetime(2026, 11, 24, tzinfo=JST)


def test_each_weekday_has_its_own_hours():
    """A kind closed on Sundays and short on Mondays keeps both."""
    week = [(time(9), time(17)), *[(time(6, 30), time(23))] * 5, None]
    hours = Hours(tuple(week))
    assert not opening_today(hours, _NO_HOLIDAYS, datetime(2026, 11, 23, 17, tzinfo=JST)).open_now  # Monday
    assert opening_today(hours, _NO_HOLIDAYS, datetime(2026, 11, 24, 17, tzinfo=JST)).open_now
    assert (
        opening_today(hours, _NO_HOLIDAYS, datetime(2026, 11, 29, 12, tzinfo=JST)).opens_at is None
    )  # Sunday


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_open_means_between_the_two_ends(at):
    """At any instant, open_now agrees with the hours that are told."""
    today = opening_today(DEFAULT_HOURS, DEFAULT_HOLIDAYS, at)
    told = today.opens_at is not None and today.opens_at <= at < today.closes_at
    assert today.open_now is told
