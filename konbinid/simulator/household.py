"""One household as the core systems know it: its rows for JUMIN, JPKI, YOKUSHI, INKAN and ZEI, put together person by person."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from konbinid.simulator import days, numbers
from konbinid.simulator.rows import (
    ADD,
    CARD,
    FOREIGN,
    JAPANESE,
    RESIDENT,
    CredentialRow,
    HoldRow,
    ResidentRow,
    SealRow,
)

if TYPE_CHECKING:
    from konbinid.simulator.addresses import Home
    from konbinid.simulator.registers import Register
    from konbinid.simulator.tax_law import Declared

HOUSEHOLDER = "世帯主"

# What is empty for everyone unless it is said otherwise.
_NOTHING = dict.fromkeys(ResidentRow._fields, "") | {
    "process": ADD,
    "state": RESIDENT,
    "change_in_progress": "0",
    "kana_registered": "0",
    "former_kana_registered": "0",
}


class Person(NamedTuple):
    """Who somebody is, before any register says where: `birth` is `YYYYMMDD`, zeros for unknown parts."""

    name: str
    kana: str
    birth: str
    sex: str
    relationship: str

    def __repr__(self) -> str:
        return "<Person>"


class Impression(NamedTuple):
    """How a seal looks: its characters, its outline (`round`, `square` or `oval`), its height in tenths of a millimetre, dpi."""

    characters: str
    outline: str
    tenths: int
    dpi: int

    def __repr__(self) -> str:
        return "<Impression>"


class Seal(NamedTuple):
    """A row of INKAN and the look of the picture that it names."""

    row: SealRow
    impression: Impression


class Household:
    """A household that grows; `index` gives everybody in it their numbers, `today` is the day the files are made."""

    def __init__(self, index: int, home: Home, today: dt.date, since: dt.date, previous: str) -> None:
        self.index = index
        self.home = home
        self.today = today
        self.since = since
        self.previous = previous
        self.residents: list[ResidentRow] = []
        self.credentials: list[CredentialRow] = []
        self.holds: list[HoldRow] = []
        self.seals: list[Seal] = []
        self.incomes: dict[str, Declared] | None = (
            None  # of the cast, by 宛名番号; everybody else's are drawn
        )
        self.registers: list[Register] = []  # those made by hand; the others follow from 本籍 and 筆頭者
        # 宛名番号 of those whose register is written with another household
        self.registered_with_others: set[str] = set()

    def add_japanese(self, person: Person, domicile: str, head: str, **register: str) -> ResidentRow:
        """Enter a Japanese resident with 本籍 and 筆頭者; `register` overrides columns by their name."""
        kana = "1" if person.kana else "0"
        return self._add(
            person,
            {"resident_class": JAPANESE, "domicile": domicile, "head_of_register": head} | register,
            kana_registered=kana,
        )

    def add_foreigner(self, person: Person, status: dict[str, str], **register: str) -> ResidentRow:
        """Enter a foreign resident; `status` holds the columns from 国籍・地域 to the card number."""
        # The reading of a foreigner's name is never 戸籍に記載.
        return self._add(person, {"resident_class": FOREIGN} | status | register, kana_registered="0")

    def _add(self, person: Person, columns: dict[str, str], *, kana_registered: str) -> ResidentRow:
        place = len(self.residents)
        ordinal = numbers.person_ordinal(self.index, place)
        # One who was born into the household became a resident by birth and came from nowhere.
        came = days.text(self.since)
        by_birth = not person.birth.endswith("00") and person.birth > came
        since = person.birth if by_birth else came
        row = {
            "atena_number": numbers.atena_number(ordinal),
            "household_number": numbers.household_number(self.index),
            "household_order": str(place + 1),
            "name": person.name,
            "name_kana": person.kana,
            "birth_date": person.birth,
            "sex": person.sex,
            "relationship": person.relationship,
            "address": self.home.address,
            "address_supplement": self.home.supplement,
            "resident_since": since,
            "address_since": since,
            "notified_on": days.text(_notified(since, self.today)),
            "previous_address": "" if by_birth else self.previous,
            "individual_number": numbers.individual_number(ordinal),
            "resident_code": numbers.resident_code(ordinal),
            "last_changed_on": since,
            "kana_registered": kana_registered,
        }
        made = ResidentRow(**(_NOTHING | row | columns))
        self.residents.append(made)
        return made

    def give_credential(
        self, resident: ResidentRow, serial: str, *, kind: str = CARD, valid: bool = True, issued: dt.date
    ) -> None:
        """A user certificate (電子証明書): five years from the day it was issued."""
        expires = days.years_before(issued, -5)
        self.credentials.append(
            CredentialRow(
                process=ADD,
                resident_code=resident.resident_code,
                serial=serial,
                kind=kind,
                issued_on=days.text(issued),
                expires_on=days.text(expires),
                state="1" if valid else "2",
            )
        )

    def place_hold(
        self,
        resident: ResidentRow,
        category: str,
        *,
        target: str = "ALL",
        household_wide: bool = False,
        starts: dt.date,
        ends: dt.date | None = None,
    ) -> HoldRow:
        """A hold of 抑止区分 `category`; its key is made from the person's 宛名番号 and the number of holds here."""
        hold = HoldRow(
            process=ADD,
            atena_number=resident.atena_number,
            category=category,
            target=target,
            household_wide="1" if household_wide else "0",
            starts_on=days.text(starts),
            ends_on=days.text(ends) if ends else "",
            register_number="",
            register_member="",
            register_wide="0",
            business_code="12" if category == "01" else "11",
            hold_number=f"{resident.atena_number}-{len(self.holds) + 1:02d}",
        )
        self.holds.append(hold)
        return hold

    def register_seal(
        self, resident: ResidentRow, impression: Impression, registered: dt.date, **row: str
    ) -> Seal:
        """A registered seal (印鑑登録); `row` overrides columns of INKAN by their name."""
        place = int(resident.household_order) - 1
        number = numbers.seal_registration_number(numbers.person_ordinal(self.index, place))
        columns = {
            "process": ADD,
            "atena_number": resident.atena_number,
            "registration_number": number,
            "registered_on": days.text(registered),
            "state": "1",
            "cancelled_on": "",
            "image_name": f"seal_{number}.bmp",
            "dpi": str(impression.dpi),
            "name_kind": "1",
        }
        seal = Seal(SealRow(**(columns | row)), impression)
        self.seals.append(seal)
        return seal


def _notified(day: str, today: dt.date) -> dt.date:
    """届出: within two weeks of the event, never ahead of today."""
    event = dt.date(int(day[:4]), int(day[4:6]), int(day[6:]))
    return min(today, event + dt.timedelta(days=int(day[6:]) % 11))
