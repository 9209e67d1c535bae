"""What counted when, as it was known when: later approvals and withdrawals never reach back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.dates import JST
from konbinid.domain.kinds import Kind
from konbinid.domain.library import Item, LibraryEntry, in_force, shelf_at
from konbinid.domain.library_history import (
    LibraryAct,
    LibraryRecord,
    change_by,
    counting,
    known_at,
    superseded_by,
)

START = datetime(2026, 4, 1, tzinfo=JST)


def _day(number):
    return START + timedelta(days=number)


def _fee(number, begins, ends, yen):
    return LibraryEntry(
        number, Item.FEE, Kind.JUMINHYO, _day(begins), None if ends is None else _day(ends), yen
    )


def _record(entry, entered, approved=None, withdrawn=None):
    def act(day):
        return None if day is None else LibraryAct("x", _day(day))

    return LibraryRecord(entry, "", LibraryAct("a", _day(entered)), act(approved), act(withdrawn))


_spans = st.tuples(
    st.integers(0, 20),  # begins
    st.none() | st.integers(1, 20),  # lasts
    st.integers(0, 20),  # entered
    st.none() | st.integers(0, 10),  # approved so much later
    st.none() | st.integers(0, 20),  # withdrawn so much later than entered
)


@st.composite
def _records(draw):
    made = []
    for number, (begins, lasts, entered, wait, until) in enumerate(draw(st.lists(_spans, max_size=8)), 1):
        entry = _fee(number, begins, None if lasts is None else begins + lasts, number)
        approved = None if wait is None else entered + wait
        withdrawn = None if until is None else entered + until
        if approved is not None and withdrawn is not None and withdrawn < approved:
            approved = None  # what was withdrawn while it waited is never approved
        made.append(_record(entry, entered, approved, withdrawn))
    return made


_days = st.integers(-1, 45)


def _fee_then(records, at, known):
    return in_force(known_at(records, known), Item.FEE, Kind.JUMINHYO, at)


@given(_records(), _days, st.data())
def test_what_is_done_later_changes_nothing_that_was_known(records, day, data):
    """A certificate of that day is explained by what counted that day, whatever is entered, approved or withdrawn afterwards."""
    at = _day(day)
    before = _fee_then(records, at, at)
    changed = [
        replace(
            record, withdrawn=record.withdrawn or LibraryAct("w", _day(day + data.draw(st.integers(1, 30))))
        )
        for record in records
    ]
    changed = [
        replace(record, approved=LibraryAct("b", _day(day + data.draw(st.integers(1, 30))))) if record.approved is None else record
        for record in changed
    ]  # fmt: skip
    later = _record(_fee(999, data.draw(_days), None, 1), day + 1, day + 1)
    assert _fee_then([*changed, later], at, at) == before


@given(_records(), _days, _days)
def test_what_is_known_is_what_was_approved_and_not_withdrawn(records, at, known):
    """Nothing that waits ever counts, and an instant after every act knows what counts now."""
    for entry in known_at(records, _day(known)):
        (record,) = (one for one in records if one.entry is entry)
        assert record.approved is not None
        assert record.approved.at <= _day(known)
        assert record.withdrawn is None or record.withdrawn.at > _day(known)
    assert known_at(records, _day(1000)) == counting(records)
    assert _fee_then(records, _day(at), _day(1000)) == in_force(
        counting(records), Item.FEE, Kind.JUMINHYO, _day(at)
    )


@given(_records(), st.integers(0, 40), st.none() | st.integers(1, 20), st.integers(0, 40))
def test_a_change_says_what_will_be_in_force(records, begins, lasts, now):
    """What an approver is shown is what the desk will do at that instant: before, after, and when it ends."""
    entry = _fee(500, begins, None if lasts is None else begins + lasts, 1)
    known = counting(records)
    change = change_by(entry, known, _day(now))
    assert change.begins == max(_day(begins), _day(now))
    assert change.before == in_force(known, Item.FEE, Kind.JUMINHYO, change.begins)
    assert change.after == in_force([*known, entry], Item.FEE, Kind.JUMINHYO, change.begins)
    assert change.is_late == (begins < now)
    if change.is_over:
        assert not change.has_effect
    if entry.effective_to is not None and not change.is_over:
        assert change.then == in_force(known, Item.FEE, Kind.JUMINHYO, entry.effective_to)


@given(_records(), st.integers(-1, 40))
def test_a_late_approval_reaches_no_earlier_instant(records, now):
    """An entry that names a past day is in force from its approval on: at every instant before, what counted then stays."""
    late = _record(_fee(500, -1, None, 1), now, now)
    for day in range(-1, now):
        assert _fee_then([*records, late], _day(day), _day(day)) == _fee_then(records, _day(day), _day(day))


def test_the_history_names_what_was_replaced_as_it_was_known():
    """Withdrawn since or not: at its approval the entry took the place of what counted then."""
    old = _record(_fee(1, 0, None, 300), 0, 0, 30)
    new = _record(_fee(2, 10, None, 350), 5, 6)
    waits = _record(_fee(3, 20, None, 400), 7)
    found = [old, new, waits]
    assert superseded_by(new, found) == old.entry
    assert superseded_by(old, found) is None
    assert superseded_by(waits, found) is None


def test_a_planned_change_begins_at_midnight_in_japan():
    """The last microsecond of 31 March has the old fee, the first of 1 April the new one: 00:00 +09:00, no other midnight."""
    entries = [_fee(1, -30, None, 300), _fee(2, 0, None, 350)]
    midnight = datetime.fromisoformat("2026-03-31T15:00:00+00:00")
    fees = [
        shelf_at(entries, 1, at).kinds[Kind.JUMINHYO].fee
        for at in (midnight - timedelta(microseconds=1), midnight)
    ]
    assert fees == [300, 350]
