"""The dated library: what the city decides and changes by date, and what was in force at any instant.

An entry is never edited: a change is a new entry, a mistake is withdrawn by another row. So the answer for any past instant stays
what it was (certificates.md, "effective-dated").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from konbinid.domain.content import OfficialSeal
from konbinid.domain.kinds import Kind, Switch


class Item(StrEnum):
    """What the library holds. Items marked per kind carry a kind; the others do not."""

    MAYOR = "mayor"  # title, name
    OFFICIAL_SEAL = "official_seal"  # image by its sha256, size
    POLICY = "policy"  # minimum age and the other switches of the city
    OFFERED = "offered"  # per kind: offered or not, max copies, switches
    FEE = "fee"  # per kind: yen a copy
    HOURS = "hours"  # per kind: opening hours by weekday
    HOLIDAYS = "holidays"  # days of the year and single days; for a kind: further days of its own
    FORM = "form"  # per kind: the form's version
    PLANNED_STOP = "planned_stop"  # of a kind, or of everything: why; from and to are the entry's
    TAX_YEARS = "tax_years"  # the 年度 that kazei is offered for


PER_KIND = frozenset({Item.OFFERED, Item.FEE, Item.HOURS, Item.FORM})
# For the whole city, for one kind, or for both: what they say adds up.
CITY_OR_KIND = frozenset({Item.HOLIDAYS, Item.PLANNED_STOP})


def kinds_of(item: Item) -> tuple[Kind | None, ...]:
    """Where an item may stand: per kind, for the whole city (None), or either."""
    if item in PER_KIND:
        return tuple(Kind)
    return (None, *Kind) if item in CITY_OR_KIND else (None,)


@dataclass(frozen=True, slots=True)
class LibraryEntry:
    """One approved, dated entry. ``effective_to`` is exclusive; None = until another entry takes over.

    ``value`` has its item's type: Mayor, OfficialSeal, Policy, Offer, Hours, Holidays, PlannedStop, TaxYears, a fee in yen or a form's version.
    """

    id: int
    item: Item
    kind: Kind | None
    effective_from: datetime
    effective_to: datetime | None
    value: Any


def in_force(
    entries: Iterable[LibraryEntry], item: Item, kind: Kind | None, at: datetime
) -> LibraryEntry | None:
    """The entry of an item that counts at ``at``: the latest to have begun among those not ended; of two that begin together the
    newer one. So a campaign with an end gives way to what was in force before it."""
    live = [
        entry
        for entry in entries
        if entry.item is item
        and entry.kind is kind
        and entry.effective_from <= at
        and (entry.effective_to is None or at < entry.effective_to)
    ]
    return max(live, key=lambda entry: (entry.effective_from, entry.id), default=None)


@dataclass(frozen=True, slots=True)
class Mayor:
    """首長: title (市長, 市長職務代理者 副市長, …) and name."""

    title: str
    name: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered of a kind."""

    offered: bool
    max_copies: int
    switches: frozenset[Switch]


@dataclass(frozen=True, slots=True)
class Policy:
    """City-wide settings (mission/decisions)."""

    minimum_age: int = 15
    age_reached_on_eve: bool = False
    support_measure_blocks_household: bool = True
    leaving_member_closes_household: bool = True
    individual_number_offered: bool = True
    credential_next_day: bool = False


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours by weekday (0 = Monday), half-open [open, close); None = closed all day."""

    by_weekday: tuple[tuple[time, time] | None, ...]


@dataclass(frozen=True, slots=True)
class Holidays:
    """Closed days: (month, day) every year, and single dates as ISO text."""

    yearly: frozenset[tuple[int, int]]
    single: frozenset[str]

    def includes(self, day: date) -> bool:
        """Whether it is one of them; 29 February as a yearly day has no effect in common years."""
        return (day.month, day.day) in self.yearly or day.isoformat() in self.single

    def with_more(self, more: Holidays | None) -> Holidays:
        """These and further days: a day that is closed for the city never opens because a kind has days of its own."""
        return self if more is None else Holidays(self.yearly | more.yearly, self.single | more.single)


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """A stop that the city reserved by date (1202 while it lasts). ``reason`` is for staff, never for the kiosk."""

    reason: str


@dataclass(frozen=True, slots=True)
class TaxYears:
    """The 年度 that kazei is offered for, as Western years: the newest one and those before it, ``count`` in all."""

    newest: int
    count: int

    @property
    def years(self) -> tuple[int, ...]:
        """Newest first."""
        return tuple(range(self.newest, self.newest - self.count, -1))


@dataclass(frozen=True, slots=True)
class KindShelf:
    """What is in force for one kind at an instant; None where the library has nothing (then the kind is not offered).

    ``more_holidays`` and ``stop`` are the kind's own, beside the city's (``Shelf.holidays_of``, ``Shelf.stop_of``); no kind needs them.
    """

    offer: Offer | None
    fee: int | None
    hours: Hours | None
    form_version: str | None
    more_holidays: Holidays | None = None
    stop: PlannedStop | None = None


@dataclass(frozen=True, slots=True)
class Shelf:
    """The whole library at one instant. ``revision`` names the library's state that it was read from."""

    revision: int
    at: datetime
    mayor: Mayor | None
    official_seal: OfficialSeal | None
    policy: Policy
    holidays: Holidays | None
    kinds: Mapping[Kind, KindShelf]
    stop: PlannedStop | None = None
    tax_years: TaxYears | None = None

    def holidays_of(self, kind: Kind) -> Holidays | None:
        """The days on which a kind is closed: the city's and its own. None where the library has none for the city."""
        return None if self.holidays is None else self.holidays.with_more(self.kinds[kind].more_holidays)

    def stop_of(self, kind: Kind) -> PlannedStop | None:
        """The planned stop that closes a kind now: of everything, or its own."""
        return self.stop or self.kinds[kind].stop


_SHELVED = (
    Item.OFFERED,
    Item.FEE,
    Item.HOURS,
    Item.FORM,
    Item.HOLIDAYS,
    Item.PLANNED_STOP,
)  # as in KindShelf


def shelf_at(entries: Iterable[LibraryEntry], revision: int, at: datetime) -> Shelf:
    """What the whole library says at one instant."""
    known = tuple(entries)

    def value(item: Item, kind: Kind | None = None) -> Any:
        entry = in_force(known, item, kind, at)
        return None if entry is None else entry.value

    kinds = {kind: KindShelf(*(value(item, kind) for item in _SHELVED)) for kind in Kind}
    return Shelf(
        revision=revision,
        at=at,
        mayor=value(Item.MAYOR),
        official_seal=value(Item.OFFICIAL_SEAL),
        policy=value(Item.POLICY) or Policy(),
        holidays=value(Item.HOLIDAYS),
        kinds=kinds,
        stop=value(Item.PLANNED_STOP),
        tax_years=value(Item.TAX_YEARS),
    )
