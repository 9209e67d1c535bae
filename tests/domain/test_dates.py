"""Dates: what no calendar has is refused, eras change on their days, and an unknown part never makes anybody older."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta

import pytest
from cases import partial
from hypothesis import assume, given
from hypothesis import strategies as st

from konbinid.domain.dates import (
    ERAS,
    JST,
    BadDate,
    PartialDate,
    age_on,
    birthday_in,
    era_date,
    era_of,
    in_japan,
    japan_day,
    read_day,
    read_span,
    read_yearly_day,
)

_days = st.dates(min_value=date(1868, 1, 25), max_value=date(2100, 12, 31))


@st.composite
def _partials(draw):
    """Any date that a register can hold: exact, without its day, without its month, or all unknown."""
    day = draw(_days)
    known = draw(st.integers(0, 3))
    return PartialDate(*((day.year, day.month, day.day)[:known] or (0,)))


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(2019, 12, 31), "令和元年12月31日"),
        (date(2020, 1, 1), "令和2年1月1日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1989, 1, 8), "平成元年1月8日"),
        (date(1926, 12, 24), "大正15年12月24日"),
        (date(1926, 12, 25), "昭和元年12月25日"),
        (date(1912, 7, 29), "明治45年7月29日"),
        (date(1912, 7, 30), "大正元年7月30日"),
        (date(1868, 1, 25), "明治元年1月25日"),
        (date(2026, 11, 23), "令和8年11月23日"),
    ],
)
def test_eras_change_on_their_days(day, text):
    """The paper shows the era that the day has, and 元年, never 1年; certificates.md asks both of the date of issue and of births."""
    assert era_date(day) == text
    assert PartialDate(day.year, day.month, day.day).in_era() == text


def test_no_era_before_the_first():
    """A day before 明治 has no form on paper: it is refused, not printed in some era."""
    with pytest.raises(BadDate):
        era_of(date(1868, 1, 24))
    with pytest.raises(BadDate):
        PartialDate(1868, 1, 24)


@pytest.mark.parametrize(
    ("text", "era", "western"),
    [
        ("19350603", "昭和10年6月3日", "1935年6月3日"),
        ("19350600", "昭和10年6月日不詳", "1935年6月日不詳"),
        ("19350000", "昭和10年月日不詳", "1935年月日不詳"),
        ("00000000", "不詳", "不詳"),
        ("20190500", "令和元年5月日不詳", "2019年5月日不詳"),
        ("20190400", "平成31年4月日不詳", "2019年4月日不詳"),
    ],
)
def test_unknown_parts_are_printed_as_such(text, era, western):
    """The three forms of certificates.md, in both calendars."""
    day = PartialDate.parse(text)
    assert (day.in_era(), day.western()) == (era, western)


@pytest.mark.parametrize(
    ("text", "era", "printed", "latest"),
    [
        ("19890000", "3", "昭和64年月日不詳", date(1989, 1, 7)),
        ("19890000", "4", "平成元年月日不詳", date(1989, 12, 31)),
        ("19890100", "3", "昭和64年1月日不詳", date(1989, 1, 7)),
        ("19890100", "4", "平成元年1月日不詳", date(1989, 1, 31)),
        ("19261200", "2", "大正15年12月日不詳", date(1926, 12, 24)),
        ("19261200", "3", "昭和元年12月日不詳", date(1926, 12, 31)),
        ("19120000", "1", "明治45年月日不詳", date(1912, 7, 29)),
        ("20190000", "4", "平成31年月日不詳", date(2019, 4, 30)),
        ("20190000", "5", "令和元年月日不詳", date(2019, 12, 31)),
    ],
)
def test_a_year_of_two_eras_keeps_the_registers_era(text, era, printed, latest):
    """The era that the source gave is printed, and it bounds the day: 昭和64年 ended on 7 January."""
    day = partial(text, era)
    assert day.in_era() == printed
    assert day.latest() == latest


@pytest.mark.parametrize(
    ("text", "era"),
    [
        ("19890108", "3"),
        ("19890107", "4"),
        ("20190501", "4"),
        ("20190430", "5"),
        ("19500000", "5"),
        ("19890200", "3"),
        ("19500101", "9"),
        ("00000000", "3"),
    ],
)
def test_a_date_outside_its_era_is_none(text, era):
    """Contract 2: a date that lies outside its era is bad. Otherwise a paper could show 令和-68年."""
    with pytest.raises(BadDate):
        partial(text, era)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1935060",
        "193506030",
        "1935-6-3",
        "１９３５０６０３",
        "19351301",
        "19350230",
        "19000229",
        "19350631",
        "19350003",
        "00000603",
        "00000600",
        "18670101",
        "+1935060",
        "1935 603",
    ],
)
def test_what_is_no_date_is_refused_without_repeating_it(text):
    """A date that does not exist is a bad row; the exception's text goes into reports and never holds the value."""
    with pytest.raises(BadDate) as caught:
        PartialDate.parse(text)
    assert not any(sign.isdigit() for sign in str(caught.value))


@pytest.mark.parametrize("parts", [(1935, -1, 0), (1935, 13, 0), (1935, 6, -1), (10000, 1, 1), (-1, 0, 0)])
def test_parts_out_of_range_are_refused(parts):
    """The same holds when the parts come as numbers."""
    with pytest.raises(BadDate):
        PartialDate(*parts)


@given(_partials())
def test_text_round_trip(day):
    """What the database keeps as text is read back as the same date."""
    assert PartialDate.parse(str(day)) == day


@given(_partials())
def test_every_date_has_both_forms(day):
    """Whatever could be read can be printed: no date is found out to be unprintable while a paper is made."""
    assert day.in_era()
    assert day.western()


@given(_days, st.integers(1, 3), st.booleans())
def test_latest_is_really_the_latest(day, parts, with_era):
    """No day that agrees with what is known comes later: the rules about age stand on it."""
    era = era_of(day).code if with_era else ""
    known = PartialDate(*(day.year, day.month, day.day)[:parts], era=era)
    agreeing = [
        each
        for month in ([known.month] if known.month else range(1, 13))
        for number in range(1, calendar.monthrange(known.year, month)[1] + 1)
        if (known.day or number) == number
        for each in [date(known.year, month, number)]
        if each >= ERAS[-1].first and era in {"", era_of(each).code}
    ]
    assert known.latest() == max(agreeing)
    assert known.is_exact == (known.day != 0)


def test_an_unknown_year_is_never_old_enough():
    """不詳 as a whole: no minimum age is ever reached."""
    assert PartialDate.parse("00000000").latest() == date.max
    assert age_on(PartialDate(0), date(2026, 11, 24)) < 0


@pytest.mark.parametrize(
    ("birth", "today", "plain", "eve"),
    [
        ("20111124", date(2026, 11, 23), 14, 15),
        ("20111124", date(2026, 11, 24), 15, 15),
        ("20111124", date(2026, 11, 22), 14, 14),
        ("20120101", date(2026, 12, 31), 14, 15),
        # 29 February: 1 March in common years, its own day in leap years.
        ("20120229", date(2027, 2, 27), 14, 14),
        ("20120229", date(2027, 2, 28), 14, 15),
        ("20120229", date(2027, 3, 1), 15, 15),
        ("20120229", date(2028, 2, 27), 15, 15),
        ("20120229", date(2028, 2, 28), 15, 16),
        ("20120229", date(2028, 2, 29), 16, 16),
        # Unknown day or month: the latest possible.
        ("20111100", date(2026, 11, 29), 14, 15),
        ("20111100", date(2026, 11, 30), 15, 15),
        ("20110000", date(2026, 12, 30), 14, 15),
        ("20110000", date(2026, 12, 31), 15, 15),
        ("20120200", date(2027, 2, 28), 14, 15),
        ("20120200", date(2027, 3, 1), 15, 15),
    ],
)
def test_ages_at_their_boundaries(birth, today, plain, eve):
    """Both readings of certificates.md, "Who may have what"."""
    born = PartialDate.parse(birth)
    assert age_on(born, today) == plain
    assert age_on(born, today, eve=True) == eve


@given(_days, st.integers(0, 130))
def test_an_age_is_reached_on_one_day(birth, years):
    """The day before its birthday a person is a year younger than on it; the civil-law reading is a day earlier."""
    assume(birth.year + years <= 2200)
    born = PartialDate(birth.year, birth.month, birth.day)
    birthday = birthday_in(birth, birth.year + years)
    eve = birthday - timedelta(days=1)
    assert (age_on(born, eve), age_on(born, birthday)) == (years - 1, years)
    assert age_on(born, eve, eve=True) == years


@given(_days, st.integers(1, 2), _days)
def test_doubt_never_makes_older(birth, known, today):
    """Whoever's day or month is unknown is never reckoned older than with any day it may have been."""
    exact = PartialDate(birth.year, birth.month, birth.day)
    doubtful = PartialDate(*(birth.year, birth.month)[:known])
    assert age_on(doubtful, today) <= age_on(exact, today)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2019, 4, 30, 14, 59, 59, tzinfo=UTC), date(2019, 4, 30)),
        (datetime(2019, 4, 30, 15, 0, tzinfo=UTC), date(2019, 5, 1)),
        (datetime(2026, 11, 24, 0, 0, tzinfo=JST), date(2026, 11, 24)),
    ],
)
def test_the_day_of_issue_is_japans(instant, day):
    """Contract 1: one instant decides, in Japan time; 15:00 UTC is the next day's first minute."""
    assert japan_day(instant) == day


def test_days_and_spans_are_written_one_way():
    """Configuration and library read closed days, windows and hours alike: what is unclear is refused, never guessed."""
    assert read_day("2028-02-29") == date(2028, 2, 29)
    assert read_yearly_day("02-29") == (2, 29)
    assert read_span("08:00-24:00") == (480, 1440)
    for text in ("20270503", "2027-5-3", "2027-02-29", "2027-W18-1", "12-29", ""):
        with pytest.raises(BadDate):
            read_day(text)
    for text in ("2-29", "02-30", "W01-1", "2027-05-03", ""):
        with pytest.raises(BadDate):
            read_yearly_day(text)
    for text in ("8-20", "08:00-24:01", "08:00-08:00", "22:00-06:00", "08:60-09:00", "08:00-20:00 ", ""):
        with pytest.raises(BadDate):
            read_span(text)


def test_what_people_write_is_japan_time():
    """A day begins at 00:00 in Japan, a time may say its own offset."""
    assert in_japan(date(2026, 4, 1)) == datetime(2026, 3, 31, 15, tzinfo=UTC)
    assert in_japan(datetime(2026, 4, 1, 9)) == datetime(2026, 4, 1, tzinfo=UTC)  # noqa: DTZ001 - that is the point
    assert in_japan(datetime(2026, 4, 1, 9, tzinfo=UTC)) == datetime(2026, 4, 1, 9, tzinfo=UTC)
