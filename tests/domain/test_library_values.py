"""The library's JSON shapes: what is written can be read again, and nothing else is taken."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.content import OfficialSeal
from konbinid.domain.kinds import KIND_RULES, Kind
from konbinid.domain.library import Holidays, Hours, Item, Mayor, Offer, PlannedStop, Policy, TaxYears
from konbinid.domain.library_values import (
    DEFAULT_FEES,
    DEFAULT_HOLIDAYS,
    DEFAULT_HOURS,
    DEFAULT_MAX_COPIES,
    BadLibraryValue,
    read_value,
    write_value,
)

_SEAL = {"width": 9, "height": 2, "width_mm": 21, "height_mm": 21.5}
_times = st.times(max_value=time(23, 58)).map(lambda t: t.replace(second=0, microsecond=0))
_spans = st.none() | st.tuples(_times, _times | st.just(time(0))).filter(
    lambda span: span[0] < span[1] or span[1] == time(0)
)


@given(st.lists(_spans, min_size=7, max_size=7).map(lambda days: Hours(tuple(days))))
def test_hours_survive_the_round_trip(hours):
    """What the office stores as opening hours is what the kiosk path reads."""
    assert read_value(Item.HOURS, Kind.INKAN, write_value(hours)) == hours


@given(st.sampled_from(Kind), st.booleans(), st.integers(1, 99), st.data())
def test_offers_survive_the_round_trip(kind, offered, copies, data):
    """Every set of a kind's own switches is kept exactly."""
    switches = (
        data.draw(st.frozensets(st.sampled_from(sorted(KIND_RULES[kind].switches))))
        if KIND_RULES[kind].switches
        else frozenset()
    )
    offer = Offer(offered, copies, switches)
    assert read_value(Item.OFFERED, kind, write_value(offer)) == offer


@pytest.mark.parametrize(
    ("item", "kind", "value"),
    [
        (Item.MAYOR, None, Mayor("見本市長", "見本　太郎")),
        (Item.POLICY, None, Policy(minimum_age=18, individual_number_offered=False)),
        (Item.HOLIDAYS, None, Holidays(frozenset({(2, 29), (12, 29)}), frozenset({"2026-05-07"}))),
        (Item.HOLIDAYS, None, DEFAULT_HOLIDAYS),
        (Item.HOLIDAYS, Kind.INKAN, DEFAULT_HOLIDAYS),
        (Item.PLANNED_STOP, None, PlannedStop("電源の工事")),
        (Item.PLANNED_STOP, Kind.INKAN, PlannedStop("印鑑システムの入替え")),
        (Item.FEE, Kind.JUMINHYO, 0),
        (Item.FORM, Kind.JUMINHYO, "2026.1"),
        (Item.TAX_YEARS, None, TaxYears(2026, 4)),
    ],
)
def test_values_survive_the_round_trip(item, kind, value):
    """Each item's JSON is read back to the same value."""
    assert read_value(item, kind, write_value(value)) == value


def test_seal_keeps_its_rows_and_its_size():
    """The official seal is drawn at the size the city declared, from exactly the stored pixels."""
    rows = bytes([0xFF, 0x80, 0x01, 0x00])
    seal = read_value(Item.OFFICIAL_SEAL, None, _SEAL, rows)
    assert seal == OfficialSeal(9, 2, rows, 21.0, 21.5)
    assert read_value(Item.OFFICIAL_SEAL, None, write_value(seal), rows) == seal


def test_defaults_are_the_citys_decisions():
    """06:30-23:00 every day, closed 29 December to 3 January, 300 yen, 10 copies, from 15 years, four 年度 (certificates.md)."""
    assert DEFAULT_HOURS.by_weekday == ((time(6, 30), time(23)),) * 7
    assert DEFAULT_HOLIDAYS.yearly == {(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}
    assert set(DEFAULT_FEES.values()) == {300}
    assert DEFAULT_MAX_COPIES == 10
    assert read_value(Item.TAX_YEARS, None, {"newest": 2026}).years == (2026, 2025, 2024, 2023)
    assert read_value(Item.OFFERED, Kind.INKAN, {"offered": True}) == Offer(True, 10, frozenset())
    assert read_value(Item.POLICY, None, {}) == Policy(minimum_age=15)
    assert read_value(Item.HOURS, Kind.INKAN, {"every_day": "06:30-23:00"}) == DEFAULT_HOURS


@pytest.mark.parametrize(
    ("item", "kind", "value", "field"),
    [
        (Item.FEE, None, {"yen": 300}, "kind"),
        (Item.MAYOR, Kind.INKAN, {"title": "市長", "name": "見本"}, "kind"),
        (Item.FEE, Kind.INKAN, {"yen": True}, "yen"),
        (Item.FEE, Kind.INKAN, {"yen": -1}, "yen"),
        (Item.FEE, Kind.INKAN, {"yen": 300.0}, "yen"),
        (Item.FEE, Kind.INKAN, {"yen": 300, "currency": "JPY"}, "currency"),
        (Item.FEE, Kind.INKAN, [], ""),
        (Item.MAYOR, None, {"title": "市長"}, "name"),
        (Item.MAYOR, None, {"title": "市長", "name": "見本\n太郎"}, "name"),
        (Item.MAYOR, None, {"title": " 市長", "name": "見本"}, "title"),
        (Item.OFFERED, Kind.INKAN, {"offered": True, "switches": ["DOMICILE"]}, "switches"),
        (Item.OFFERED, Kind.JUMINHYO, {"offered": True, "switches": ["EVERYTHING"]}, "switches"),
        (Item.OFFERED, Kind.JUMINHYO, {"offered": True, "switches": ["DOMICILE", "DOMICILE"]}, "switches"),
        (Item.OFFERED, Kind.JUMINHYO, {"offered": 1}, "offered"),
        (Item.OFFERED, Kind.JUMINHYO, {"offered": True, "max_copies": 0}, "max_copies"),
        (Item.HOURS, Kind.INKAN, {"monday": "06:30-23:00"}, "tuesday"),
        (Item.HOURS, Kind.INKAN, {"every_day": "23:00-06:30"}, "every_day"),
        (Item.HOURS, Kind.INKAN, {"every_day": "06:30-24:01"}, "every_day"),
        (Item.HOURS, Kind.INKAN, {"every_day": "24:00-24:00"}, "every_day"),
        (Item.HOURS, Kind.INKAN, {"every_day": "6:30-23:00"}, "every_day"),
        (Item.HOURS, Kind.INKAN, {"every_day": "06:30-23:00", "holiday": "closed"}, "holiday"),
        (Item.HOLIDAYS, None, {"yearly": ["02-30"]}, "yearly"),
        (Item.HOLIDAYS, None, {"single": ["20260507"]}, "single"),
        (Item.HOLIDAYS, None, {"single": "2026-05-07"}, "single"),
        (Item.POLICY, None, {"minimum_age": 15, "age_reached_on_eve": 0}, "age_reached_on_eve"),
        (Item.POLICY, None, {"minimal_age": 15}, "minimal_age"),
        (Item.FORM, Kind.INKAN, {"version": "../other"}, "version"),
        (Item.TAX_YEARS, Kind.KAZEI, {"newest": 2026}, "kind"),
        (Item.TAX_YEARS, None, {"count": 4}, "newest"),
        (Item.TAX_YEARS, None, {"newest": 8}, "newest"),
        (Item.TAX_YEARS, None, {"newest": 2026, "count": 0}, "count"),
        (Item.TAX_YEARS, None, {"newest": 2026, "years": 4}, "years"),
    ],
)
def test_wrong_values_are_refused_with_their_key(item, kind, value, field):
    """A slip in a library file never becomes a guess: it is refused, and the key is named."""
    with pytest.raises(BadLibraryValue) as caught:
        read_value(item, kind, value)
    assert caught.value.field == field


@pytest.mark.parametrize("rows", [None, b"\xff\x80\x01", bytes(4)])
def test_a_seal_without_its_whole_image_is_refused(rows):
    """No paper is certified with a missing, torn or blank seal."""
    with pytest.raises(BadLibraryValue):
        read_value(Item.OFFICIAL_SEAL, None, _SEAL, rows)
