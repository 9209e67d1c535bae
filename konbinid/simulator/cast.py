"""The demo's fixed people: the stage on which they are put, and what `kiosk cards` tells about each.

They are there whatever the seed and the size of the city, each with the same card number, certificate serial and
宛名番号 every time. Only dates move: they are counted from the day the files are made.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from konbinid.simulator import addresses, days, numbers, rows
from konbinid.simulator.addresses import Home
from konbinid.simulator.household import Household, Impression, Person

if TYPE_CHECKING:
    from konbinid.simulator.rows import ResidentRow


class Persona(NamedTuple):
    """One card of the demo.

    `serial` is what the kiosk sends, `kind` CARD or PHONE, `note` what is special. `juminhyo` (the whole household,
    nothing shown on request), `inkan` and `kazei` (the newest 年度) are the result codes that contract 1 asks for, once all feeds are applied.
    """

    card: int
    name: str
    kind: str
    serial: str
    note: str
    juminhyo: str
    inkan: str
    kazei: str

    def __repr__(self) -> str:
        return f"<Persona {self.card}>"


class Stage:
    """Households of the fixed people, in the order in which they are put up; their place decides their numbers."""

    def __init__(self, today: dt.date) -> None:
        self.today = today
        self.households: list[Household] = []
        self.personas: list[Persona] = []

    def household(self, address: str, supplement: str = "", *, years: int = 8) -> Household:
        """A new household at 泉大津市 `address`, moved in about so many years ago."""
        since = days.years_before(self.today, years) - dt.timedelta(days=40)
        home = Home(f"{addresses.CITY}{address}", supplement)
        previous = "大阪府和泉市例示町12番3号"
        household = Household(len(self.households), home, self.today, since, previous)
        self.households.append(household)
        return household

    def aged(self, years: int, shift: int = 100) -> str:
        """The birth date of somebody of that age whose birthday was `shift` days ago."""
        return days.text(days.years_before(self.today, years) - dt.timedelta(days=shift))

    def card(
        self,
        number: int,
        resident: ResidentRow,
        note: str,
        *,
        juminhyo: str = "0000",
        inkan: str = "0000",
        kazei: str = "0000",
        phone: bool = False,
        valid: bool = True,
        issued: dt.date | None = None,
    ) -> None:
        """Give the resident card `number` (or a phone) and say what is special and how each kind is answered."""
        serial = numbers.persona_serial(number)
        # The feed writes it as the communication server does: lower case, with leading zeros.
        self._household_of(resident).give_credential(
            resident,
            serial.lower().zfill(20),
            kind=rows.PHONE if phone else rows.CARD,
            valid=valid,
            issued=issued or days.years_before(self.today, 1),
        )
        kind = "PHONE" if phone else "CARD"
        self.personas.append(Persona(number, resident.name, kind, serial, note, juminhyo, inkan, kazei))

    def seal(
        self, resident: ResidentRow, characters: str, outline: str = "round", tenths: int = 150, **row: str
    ) -> None:
        """Register a seal of that look for the resident; `row` overrides columns of INKAN."""
        registered = days.years_before(self.today, 3)
        impression = Impression(characters, outline, tenths, 400)
        self._household_of(resident).register_seal(resident, impression, registered, **row)

    def _household_of(self, resident: ResidentRow) -> Household:
        return next(
            household
            for household in reversed(self.households)
            if numbers.household_number(household.index) == resident.household_number
        )


def person(name: str, kana: str, birth: str, sex: str, relationship: str) -> Person:
    """`Person` from a name whose parts are separated by an ordinary space (they are stored with a full-width one)."""
    return Person(name.replace(" ", "　"), kana.replace(" ", "　"), birth, sex, relationship)
