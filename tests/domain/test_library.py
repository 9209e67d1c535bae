"""The dated library: what counts at an instant, whatever order the entries come in."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import cases
import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.dates import JST
from konbinid.domain.kinds import Kind
from konbinid.domain.library import (
    Holidays,
    Hours,
    Item,
    KindShelf,
    LibraryEntry,
    Mayor,
    PlannedStop,
    Policy,
    in_force,
    shelf_at,
)

START = datetime(2026, 4, 1, tzinfo=JST)


def _day(number):
    return START + timedelta(days=number)


def _fee(number, begins, ends, yen, kind=Kind.JUMINHYO):
    return LibraryEntry(number, Item.FEE, kind, _day(begins), None if ends is None else _day(ends), yen)


REGULAR, CAMPAIGN, RAISED = _fee(1, 0, None, 300), _fee(2, 30, 60, 100), _fee(3, 90, None, 350)


@pytest.mark.parametrize(
    ("day", "yen"),
    [
        pytest.param(0, 300, id="from its first instant"),
        pytest.param(29, 300, id="before the campaign"),
        pytest.param(30, 100, id="the campaign's first day"),
        pytest.param(59, 100, id="its last day"),
        pytest.param(60, 300, id="its end is exclusive: back to what was"),
        pytest.param(89, 300, id="before the change"),
        pytest.param(90, 350, id="after the change"),
    ],
)
def test_a_campaign_gives_way_at_its_end(day, yen):
    """A reserved campaign ends by itself, and what was in force before it counts again."""
    found = in_force([REGULAR, CAMPAIGN, RAISED], Item.FEE, Kind.JUMINHYO, _day(day))
    assert found is not None
    assert found.value == yen


def test_an_entry_begins_and_ends_to_the_microsecond():
    """Half-open: no instant has two answers at a boundary, and none has no answer between two entries."""
    tick = timedelta(microseconds=1)
    known = [REGULAR, CAMPAIGN]
    values = [
        in_force(known, Item.FEE, Kind.JUMINHYO, at).value
        for at in (_day(30) - tick, _day(30), _day(60) - tick, _day(60))
    ]
    assert values == [300, 100, 100, 300]


def test_nothing_is_in_force_before_the_first_entry():
    """What the city has not decided is not there: the kind is not offered then (1105)."""
    assert in_force([REGULAR], Item.FEE, Kind.JUMINHYO, _day(0) - timedelta(microseconds=1)) is None
    assert in_force([], Item.FEE, Kind.JUMINHYO, _day(0)) is None


def test_of_two_that_begin_together_the_newer_counts():
    """A correction with the same beginning replaces the mistake."""
    newer = _fee(9, 0, None, 200)
    assert in_force([newer, REGULAR], Item.FEE, Kind.JUMINHYO, _day(5)) is newer
    assert in_force([REGULAR, newer], Item.FEE, Kind.JUMINHYO, _day(5)) is newer


_OTHERS = st.sampled_from([(Item.FEE, Kind.JUMINHYO), (Item.FEE, Kind.INKAN), (Item.MAYOR, None)])


@st.composite
def _entries(draw):
    spans = draw(
        st.lists(
            st.tuples(_OTHERS, st.integers(0, 20), st.none() | st.integers(1, 20), st.integers()), max_size=8
        )
    )
    return [
        LibraryEntry(number, item, kind, _day(begins), None if lasts is None else _day(begins + lasts), value)
        for number, ((item, kind), begins, lasts, value) in enumerate(spans)
    ]


@given(_entries(), st.integers(-1, 45), st.randoms(use_true_random=False))
def test_the_order_of_the_entries_says_nothing(entries, day, random):
    """Two hosts that read the same rows in another order print with the same seal, fee and form."""
    shuffled = list(entries)
    random.shuffle(shuffled)
    for item, kind in ((Item.FEE, Kind.JUMINHYO), (Item.FEE, Kind.INKAN), (Item.MAYOR, None)):
        assert in_force(entries, item, kind, _day(day)) is in_force(shuffled, item, kind, _day(day))


@given(_entries(), st.integers(-1, 45))
def test_what_is_in_force_is_live_and_the_latest(entries, day):
    """Of its own item and kind, begun, not ended, and no other live entry began later."""
    at = _day(day)
    found = in_force(entries, Item.FEE, Kind.JUMINHYO, at)
    live = [
        entry
        for entry in entries
        if (entry.item, entry.kind) == (Item.FEE, Kind.JUMINHYO)
        and entry.effective_from <= at
        and (entry.effective_to is None or entry.effective_to > at)
    ]
    assert (found is None) == (not live)
    if found is not None:
        assert found in live
        assert all(other.effective_from <= found.effective_from for other in live)


@given(_entries(), st.integers(-1, 45))
def test_the_past_stays_what_it_was(entries, day):
    """An entry that begins later changes nothing about an earlier instant: a paper can be explained years after."""
    at = _day(day)
    later = _fee(999, day + 1, None, 1)
    before = in_force(entries, Item.FEE, Kind.JUMINHYO, at)
    assert in_force([*entries, later], Item.FEE, Kind.JUMINHYO, at) is before


def test_the_shelf_puts_everything_in_its_place():
    """Every item is found under its own name, per kind where it is per kind; a kind nobody spoke of stays empty."""
    hours = Hours(((time(9), time(17)),) * 7)
    whole = cases.shelf()
    offer = whole.kinds[Kind.INKAN].offer
    parts = [
        (Item.MAYOR, None, Mayor("見本市長", "試験　一郎")),
        (Item.OFFICIAL_SEAL, None, whole.official_seal),
        (Item.POLICY, None, Policy(minimum_age=18)),
        (Item.HOLIDAYS, None, whole.holidays),
        (Item.OFFERED, Kind.INKAN, offer),
        (Item.FEE, Kind.INKAN, 0),
        (Item.HOURS, Kind.INKAN, hours),
        (Item.FORM, Kind.INKAN, "2026.2"),
    ]
    entries = [
        LibraryEntry(number, item, kind, _day(0), None, value)
        for number, (item, kind, value) in enumerate(parts)
    ]
    shelf = shelf_at(iter(entries), 12, _day(1))
    assert (shelf.revision, shelf.at) == (12, _day(1))
    assert (shelf.mayor, shelf.official_seal) == (parts[0][2], whole.official_seal)
    assert (shelf.policy.minimum_age, shelf.holidays) == (18, whole.holidays)
    assert shelf.kinds[Kind.INKAN] == KindShelf(offer, 0, hours, "2026.2")
    assert shelf.kinds[Kind.JUMINHYO] == KindShelf(None, None, None, None)
    assert set(shelf.kinds) == set(Kind)


@given(st.lists(st.tuples(st.none() | st.sampled_from(Kind), st.integers(0, 20), st.integers(1, 20)), max_size=6), st.integers(-1, 45))  # fmt: skip
def test_any_planned_stop_that_is_live_closes_its_kinds(spans, day):
    """Stops may overlap in any way, of everything and of kinds: while one of them lasts, its kinds are closed, and no longer."""
    entries = [
        LibraryEntry(n, Item.PLANNED_STOP, kind, _day(begins), _day(begins + lasts), PlannedStop(str(n)))
        for n, (kind, begins, lasts) in enumerate(spans)
    ]
    shelf = shelf_at(entries, 1, _day(day))
    for kind in Kind:
        live = [
            e for e in entries if e.kind in {None, kind} and e.effective_from <= _day(day) < e.effective_to
        ]
        assert (shelf.stop_of(kind) is None) == (not live)


def test_a_kinds_own_holidays_add_to_the_citys():
    """A kind with days of its own stays closed on the city's; days of a kind alone do not stand for the city's, which must be decided."""
    city = LibraryEntry(1, Item.HOLIDAYS, None, _day(0), None, Holidays(frozenset({(12, 29)}), frozenset()))
    own = LibraryEntry(
        2, Item.HOLIDAYS, Kind.INKAN, _day(0), None, Holidays(frozenset({(5, 7)}), frozenset({"2026-06-01"}))
    )
    shelf = shelf_at([city, own], 1, _day(1))
    assert shelf.holidays_of(Kind.JUMINHYO) == city.value
    assert shelf.holidays_of(Kind.INKAN) == Holidays(frozenset({(5, 7), (12, 29)}), frozenset({"2026-06-01"}))
    assert shelf_at([own], 1, _day(1)).holidays_of(Kind.INKAN) is None


def test_an_empty_library_has_the_default_policy_and_nothing_else():
    """The city's switches have defaults; a fee, a seal or a mayor have none and are not guessed."""
    shelf = shelf_at([], 0, _day(0))
    assert shelf.policy == Policy()
    assert (shelf.mayor, shelf.official_seal, shelf.holidays) == (None, None, None)


def test_the_default_policy_is_the_one_decided():
    """Fifteen years from the birthday, 支援措置 and 転出予定 close the household, a new credential counts at once."""
    policy = Policy()
    assert policy.minimum_age == 15
    assert not policy.age_reached_on_eve
    assert policy.support_measure_blocks_household
    assert policy.leaving_member_closes_household
    assert policy.individual_number_offered
    assert not policy.credential_next_day
