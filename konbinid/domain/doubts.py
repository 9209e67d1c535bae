"""Provisional holds by the file that is their reason: what must be resolved before they end (contract 2, "doubt closes the person")."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from konbinid.domain.case import Asked, Case
from konbinid.domain.feeds import KIND_FEEDS, Feed
from konbinid.domain.holds import reaching
from konbinid.domain.kinds import HOUSEHOLD_KINDS, REGISTER_KINDS, Kind
from konbinid.domain.person import HoldSource
from konbinid.domain.redact import Redacted
from konbinid.domain.register_papers import reach_of, registration_of


@dataclass(frozen=True, slots=True, repr=False)
class Doubt(Redacted):
    """One file that is not settled, and whom it names: a person, the household, a register or the holder of a registered card; nobody, when its keys cannot be read and the
    feed as such is in doubt.

    ``number`` and ``name`` are the file's, as `konbinid files list` shows them; ``state`` is that of intake.incoming, since ``since`` (empty and None when it is not there any more).
    """

    number: int
    name: str
    feed: Feed
    state: str
    since: datetime | None
    atena_number: str = ""
    household: bool = False
    register_number: str = ""
    registrant: bool = False

    @property
    def is_of_feed(self) -> bool:
        """Whether it is the feed that is in doubt, and nobody in particular."""
        return not (self.atena_number or self.household or self.register_number or self.registrant)


def people_in_doubt(case: Case) -> frozenset[str]:
    """宛名番号 of everybody in whose case a provisional hold was read: of the household, and of the registers."""
    registers = [reach.register for reach in case.reaches.values() if reach.register is not None]
    held = [*case.holds, *(each.hold for register in registers for each in register.holds)]
    return frozenset(hold.atena_number for hold in held if hold.source is HoldSource.DOUBT)


def registers_in_doubt(case: Case) -> frozenset[str]:
    """戸籍番号 of the registers in doubt."""
    reached = [reach.register for reach in case.reaches.values()]
    return frozenset(register.number for register in reached if register is not None and register.in_doubt)


def doubts_about(case: Case, kind: Kind, doubts: tuple[Doubt, ...]) -> tuple[Doubt, ...]:
    """The files whose doubt closes a kind with 1104: by what the rules themselves find, each file once."""
    asked = Asked(case.municipality, kind)
    people = {hold.atena_number for hold in reaching(case, asked) if hold.source is HoldSource.DOUBT}
    register = reach_of(case, kind).register if kind in REGISTER_KINDS else None
    number = register.number if register is not None and register.in_doubt else None
    registered = kind in REGISTER_KINDS and case.registrant_in_doubt and registration_of(case) is not None
    found = (
        doubt
        for doubt in doubts
        if (doubt.household and kind in HOUSEHOLD_KINDS)
        or (doubt.atena_number and doubt.atena_number in people)
        or (doubt.register_number and doubt.register_number == number)
        or (doubt.registrant and registered)
    )
    return _once(found)


def doubts_of_feeds(kind: Kind, doubts: tuple[Doubt, ...]) -> tuple[Doubt, ...]:
    """The files whose unread keys close a kind with 1203."""
    return _once(doubt for doubt in doubts if doubt.is_of_feed and doubt.feed in KIND_FEEDS[kind])


def _once(doubts: Iterable[Doubt]) -> tuple[Doubt, ...]:
    return tuple({doubt.number: doubt for doubt in doubts}.values())
