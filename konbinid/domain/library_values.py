"""The library's values as they are written in a file and kept as JSON: one shape per item, read strictly.

Shapes (every key not named optional must stand there; every other key is refused):

- mayor: ``{"title": "泉大津市長", "name": "…"}``
- official_seal: ``{"width": 160, "height": 160, "width_mm": 21.0, "height_mm": 21.0}``, the rows apart as a blob
- policy: any of Policy's fields, each optional
- offered: ``{"offered": true, "max_copies": 10, "switches": ["RELATIONSHIP"]}``; the last two optional
- fee: ``{"yen": 300}``
- hours: ``{"every_day": "06:30-23:00", "sunday": "closed"}``: seven weekdays, ``every_day`` for those not named; to "24:00" at most
- holidays: ``{"yearly": ["12-29"], "single": ["2026-05-07"]}``, both optional
- form: ``{"version": "2026.1"}``
- planned_stop: ``{"reason": "税システムの入替え"}``
- tax_years: ``{"newest": 2026, "count": 4}``, Western years of the 年度; the count optional
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import time
from types import MappingProxyType
from typing import Any, TypeVar

from konbinid.domain.content import OfficialSeal
from konbinid.domain.dates import BadDate, read_day, read_span, read_yearly_day
from konbinid.domain.kinds import KIND_RULES, TITLES, Kind, Switch
from konbinid.domain.library import (
    Holidays,
    Hours,
    Item,
    Mayor,
    Offer,
    PlannedStop,
    Policy,
    TaxYears,
    kinds_of,
)

T = TypeVar("T")

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
CLOSED = "closed"

# certificates.md, "Who may have what"; fees as the demo city takes them.
DEFAULT_HOURS = Hours(((time(6, 30), time(23, 0)),) * 7)
DEFAULT_HOLIDAYS = Holidays(frozenset({(12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3)}), frozenset())
DEFAULT_POLICY = Policy()
DEFAULT_MAX_COPIES = 10
DEFAULT_TAX_YEARS = 4
DEFAULT_FEES = MappingProxyType(dict.fromkeys((Kind.JUMINHYO, Kind.KISAIJIKO, Kind.INKAN, Kind.KAZEI), 300))

MAX_FEE = 10_000
TAX_YEARS, MAX_TAX_YEARS = (2000, 2100), 10  # between which the newest 年度 lies, and how many there may be
MAX_COPIES = 99  # two digits on every kiosk's screen; a city's own limit stands below
MAX_SEAL_PIXELS = 4096
MAX_SEAL_MM = 60.0

FORM_VERSION = r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}"
"""What a form's version looks like, in the library and in the form's own file. It stands in ledger rows and in the PDF."""

LibraryValue = Mayor | OfficialSeal | Policy | Offer | Hours | Holidays | PlannedStop | TaxYears | int | str


class BadLibraryValue(ValueError):
    """A value that does not have its item's shape: ``field`` is the key (empty for the whole), ``reason`` says what is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


def read_value(item: Item, kind: Kind | None, value: object, rows: bytes | None = None) -> LibraryValue:
    """The checked value of one entry: Mayor, OfficialSeal (with ``rows``), Policy, Offer, Hours, Holidays, PlannedStop, TaxYears, a fee
    in yen, or a form's version.

    BadLibraryValue when the item needs a kind and has none or the reverse, and for whatever the shapes above do not allow.
    """
    if kind not in kinds_of(item):
        raise BadLibraryValue("kind", "this item is per kind" if kind is None else "this item has no kind")
    if item is Item.OFFICIAL_SEAL:
        return read_official_seal(value, rows)
    if rows is not None:
        raise BadLibraryValue("", "only the official seal has an image")
    if item is Item.OFFERED:
        assert kind is not None
        return read_offer(value, kind)
    return _READERS[item](value)


def read_mayor(value: object) -> Mayor:
    """Title and name, as the paper shows them."""
    table = _table(value, ("title", "name"))
    return Mayor(_line(table, "title"), _line(table, "name"))


def read_official_seal(value: object, rows: bytes | None) -> OfficialSeal:
    """Pixels, size on paper in millimetres, and the 1-bit rows that came with them."""
    table = _table(value, ("width", "height", "width_mm", "height_mm"))
    width, height = (_whole(table, key, 1, MAX_SEAL_PIXELS) for key in ("width", "height"))
    width_mm, height_mm = (_length(table, key) for key in ("width_mm", "height_mm"))
    if rows is None:
        raise BadLibraryValue("", "the seal's image is missing")
    if len(rows) != (width + 7) // 8 * height:
        raise BadLibraryValue("", "the seal's image does not have the given width and height")
    if not any(rows):
        raise BadLibraryValue("", "the seal's image is blank")
    return OfficialSeal(width, height, rows, width_mm, height_mm)


def read_policy(value: object) -> Policy:
    """The city's switches; what is not named keeps its default."""
    names = tuple(field.name for field in fields(Policy))
    table = _table(value, (), names)
    given: dict[str, Any] = {key: _flag(table, key) for key in table if key != "minimum_age"}
    if "minimum_age" in table:
        given["minimum_age"] = _whole(table, "minimum_age", 0, 120)
    return Policy(**given)


def read_offer(value: object, kind: Kind) -> Offer:
    """Whether a kind is offered, how many copies, and which of its switches. Switches of another kind are refused."""
    table = _table(value, ("offered",), ("max_copies", "switches"))
    copies = _whole(table, "max_copies", 1, MAX_COPIES) if "max_copies" in table else DEFAULT_MAX_COPIES
    switches: set[Switch] = set()
    for name in _texts(table, "switches"):
        try:
            switch = Switch(name)
        except ValueError:
            raise BadLibraryValue("switches", f"no such switch; one of {', '.join(Switch)}") from None
        if switch not in KIND_RULES[kind].switches:
            raise BadLibraryValue("switches", f"{switch} does not exist for {kind} ({TITLES[kind]})")
        if switch in switches:
            raise BadLibraryValue("switches", f"{switch} stands there twice")
        switches.add(switch)
    return Offer(_flag(table, "offered"), copies, frozenset(switches))


def read_fee(value: object) -> int:
    """Yen a copy, 0 to 10,000."""
    return _whole(_table(value, ("yen",)), "yen", 0, MAX_FEE)


def read_hours(value: object) -> Hours:
    """Opening hours by weekday; every weekday must be decided, by its name or by ``every_day``."""
    table = _table(value, (), ("every_day", *WEEKDAYS))
    days = []
    for weekday in WEEKDAYS:
        key = weekday if weekday in table else "every_day"
        if key not in table:
            raise BadLibraryValue(weekday, "missing: give it, or every_day for the days not named")
        days.append(_span(table, key))
    return Hours(tuple(days))


def read_holidays(value: object) -> Holidays:
    """Closed days: ``MM-DD`` of every year and single ``YYYY-MM-DD``."""
    table = _table(value, (), ("yearly", "single"))
    yearly = _each(table, "yearly", read_yearly_day, "must be days that exist, like 12-29")
    single = _each(table, "single", read_day, "must be days that exist, like 2027-05-03")
    return Holidays(frozenset(yearly), frozenset(day.isoformat() for day in single))


def read_form(value: object) -> str:
    """A form's version: up to 32 of ``[A-Za-z0-9._-]``."""
    version = _line(_table(value, ("version",)), "version")
    if not re.fullmatch(FORM_VERSION, version):
        raise BadLibraryValue("version", "up to 32 of [A-Za-z0-9._-], the first a letter or digit")
    return version


def read_stop(value: object) -> PlannedStop:
    """Why the city stops, for staff."""
    return PlannedStop(_line(_table(value, ("reason",)), "reason"))


def read_tax_years(value: object) -> TaxYears:
    """The newest 年度 offered, and how many (4 unless said)."""
    table = _table(value, ("newest",), ("count",))
    count = _whole(table, "count", 1, MAX_TAX_YEARS) if "count" in table else DEFAULT_TAX_YEARS
    return TaxYears(_whole(table, "newest", *TAX_YEARS), count)


def write_value(value: LibraryValue) -> dict[str, Any]:  # noqa: PLR0911 - one return a shape
    """The JSON shape of a value, the one ``read_value`` takes; a seal's rows go apart. An int is a fee, a str a form's version."""
    match value:
        case Mayor():
            return {"title": value.title, "name": value.name}
        case OfficialSeal():
            names = ("width", "height", "width_mm", "height_mm")
            return {name: getattr(value, name) for name in names}
        case Policy() | TaxYears():
            return asdict(value)
        case Offer():
            switches = [str(switch) for switch in Switch if switch in value.switches]
            return {"offered": value.offered, "max_copies": value.max_copies, "switches": switches}
        case Hours():
            return {day: _span_text(span) for day, span in zip(WEEKDAYS, value.by_weekday, strict=True)}
        case Holidays():
            yearly = [f"{month:02d}-{day:02d}" for month, day in sorted(value.yearly)]
            return {"yearly": yearly, "single": sorted(value.single)}
        case PlannedStop():
            return {"reason": value.reason}
        case int():
            return {"yen": value}
        case str():
            return {"version": value}


_READERS: Mapping[Item, Callable[[object], LibraryValue]] = MappingProxyType(
    {
        Item.MAYOR: read_mayor,
        Item.POLICY: read_policy,
        Item.FEE: read_fee,
        Item.HOURS: read_hours,
        Item.HOLIDAYS: read_holidays,
        Item.FORM: read_form,
        Item.PLANNED_STOP: read_stop,
        Item.TAX_YEARS: read_tax_years,
    }
)


def _table(value: object, needed: tuple[str, ...], optional: tuple[str, ...] = ()) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise BadLibraryValue("", "must be a table")
    for key in needed:
        if key not in value:
            raise BadLibraryValue(key, "missing")
    for key in value:
        if key not in needed and key not in optional:
            raise BadLibraryValue(str(key), f"unknown; known are {', '.join((*needed, *optional))}")
    return value


def _line(table: Mapping[str, object], key: str) -> str:
    value = table[key]
    if not isinstance(value, str) or not value or value != value.strip():
        raise BadLibraryValue(key, "must be text without spaces at its ends")
    if len(value) > 60 or any(ord(character) < 0x20 or character == "\x7f" for character in value):
        raise BadLibraryValue(key, "must be one line of at most 60 characters")
    return value


def _whole(table: Mapping[str, object], key: str, least: int, most: int) -> int:
    value = table[key]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise BadLibraryValue(key, f"must be a whole number from {least} to {most}")
    return value


def _length(table: Mapping[str, object], key: str) -> float:
    value = table[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1.0 <= value <= MAX_SEAL_MM:
        raise BadLibraryValue(key, f"must be 1 to {MAX_SEAL_MM:g} millimetres")
    return float(value)


def _flag(table: Mapping[str, object], key: str) -> bool:
    value = table[key]
    if not isinstance(value, bool):
        raise BadLibraryValue(key, "must be true or false")
    return value


def _texts(table: Mapping[str, object], key: str) -> list[str]:
    values = table.get(key, [])
    if not isinstance(values, list) or not all(isinstance(text, str) for text in values):
        raise BadLibraryValue(key, "must be a list of texts")
    return values


def _each(table: Mapping[str, object], key: str, read: Callable[[str], T], reason: str) -> list[T]:
    try:
        return [read(text) for text in _texts(table, key)]
    except BadDate:
        raise BadLibraryValue(key, reason) from None


def _span(table: Mapping[str, object], key: str) -> tuple[time, time] | None:
    text = table[key]
    if text == CLOSED:
        return None
    reason = f'must be like "06:30-23:00", closing by 24:00 of the same day, or "{CLOSED}"'
    if not isinstance(text, str):
        raise BadLibraryValue(key, reason)
    try:
        opens, closes = read_span(text)
    except BadDate:
        raise BadLibraryValue(key, reason) from None
    # Closing at 24:00 is kept as 00:00 (konbinid.domain.hours).
    return time(opens // 60, opens % 60), time(closes // 60 % 24, closes % 60)


def _span_text(span: tuple[time, time] | None) -> str:
    if span is None:
        return CLOSED
    return f"{span[0]:%H:%M}-{'24:00' if span[1] == time(0) else f'{span[1]:%H:%M}'}"
