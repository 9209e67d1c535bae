"""Reading one credential holder, the household and everything that decides about them, in the desk's snapshot."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from konbinid.domain.content import SealImpression
from konbinid.domain.dates import PartialDate
from konbinid.domain.kinds import CredentialType, Kind
from konbinid.domain.person import (
    Credential,
    Hold,
    HoldSource,
    Household,
    Person,
    ResidentClass,
    ResidentState,
    Seal,
    SealNameKind,
    SealState,
    Sex,
)
from konbinid.domain.request import CredentialKey
from konbinid.store.keyring import Keyring
from konbinid.store.transaction import Transaction

CREDENTIAL_TYPES = {CredentialType.CARD: 1, CredentialType.PHONE: 2}

_CREDENTIAL = """
select c.issued_on, c.expires_on, c.state, p.atena_number, p.household_number
  from people.credential c left join people.person p on p.resident_code_digest = c.resident_code_digest
 where c.type = %s and c.serial = %s and c.present
"""
_CREDENTIAL_DOUBT = """
select 1 from people.credential c join people.doubt d on d.resident_code_digest = c.resident_code_digest
 where c.type = %s and c.serial = %s limit 1
"""

_CREDENTIALS = """
select c.type, c.serial, c.issued_on, c.expires_on, c.state
  from people.credential c join people.person p on p.resident_code_digest = c.resident_code_digest
 where p.atena_number = %s and c.present
 order by c.type, c.issued_on, c.serial
"""
_HOUSEHOLD_NUMBER = "select household_number from people.person where atena_number = %s"

# Columns that are fields of Person under the same name, as they are.
_PLAIN = [
    "atena_number",
    "household_number",
    "household_order",
    "name",
    "name_kana",
    "former_name",
    "former_name_kana",
    "alias",
    "alias_kana",
    "name_roman",
    "name_katakana",
    "relationship",
    "address",
    "address_supplement",
    "previous_address",
    "domicile",
    "head_of_register",
    "nationality",
    "article_30_45",
    "residence_status",
    "period_of_stay",
    "residence_card_number",
    "alias_history",
    "change_in_progress",
    "kana_registered",
    "former_kana_registered",
]
_DATES = ("resident_since", "address_since", "notified_on", "stay_expires_on")
_OTHER = "resident_class, state, sex, birth_date, birth_era, individual_number_sealed, coalesce(m.number, 0), coalesce(l.change_no, -1)"
_HOUSEHOLD = f"""
select {", ".join((*_PLAIN, *_DATES))}, {_OTHER}
  from people.person p
  left join people.member_number m using (household_number, atena_number)
  left join people.person_lock l using (atena_number)
 where household_number = %s
 order by household_order, atena_number
"""  # noqa: S608  # the columns are constants of this module

# By whichever key a hold or a doubt names them (migration 016): 宛名番号, 住民票コード, or 戸籍番号 and 構成員番号.
_HOLDS = """
select 'core', atena_number, category, kinds, household, starts_on, ends_on
  from people.person_hold where atena_number = any(%s)
union all
select distinct 'doubt', atena_number, '', null::text[], false, null, null from people.person_doubt where atena_number = any(%s)
"""

_HOUSEHOLD_DOUBT = "select 1 from people.doubt where household_number = %s limit 1"

_SEALS = """
select registration_number, state, name_kind, file_stamp, width, height, dpi, rows, defect
  from people.seal where atena_number = %s
"""

_LOCK = (
    "select atena_number from people.person_lock where atena_number = any(%s) order by atena_number for share"
)


class RegisterBroken(Exception):
    """What the database holds about somebody cannot be read as a person: a defect, never an answer."""


def _day(text: str | None, *, unknown: date | None = None) -> date | None:
    """A day of a feed; None when none was given. ``unknown`` stands for all zeros: choose what restricts more."""
    if text is None:
        return None
    return unknown if text == "00000000" else date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _partial(text: str | None, era: str = "") -> PartialDate | None:
    if text is None:
        return None
    return PartialDate(int(text[:4]), int(text[4:6]), int(text[6:]), era)


def _person(row: Sequence[Any]) -> tuple[Person, bytes | None]:
    """A row of _HOUSEHOLD as a person, and the sealed 個人番号."""
    fields: dict[str, Any] = dict(zip(_PLAIN, row, strict=False))
    dates = row[len(_PLAIN) : len(_PLAIN) + len(_DATES)]
    fields |= {name: _partial(text) for name, text in zip(_DATES, dates, strict=True)}
    resident_class, resident_state, sex, birth_date, birth_era, sealed, member_number, change_no = row[-8:]
    birth = _partial(birth_date, birth_era)
    if birth is None or change_no < 0:
        raise RegisterBroken("a person without birth date or lock row")
    person = Person(
        **fields,
        resident_class=ResidentClass(resident_class),
        state=ResidentState(resident_state),
        sex=Sex(sex),
        birth_date=birth,
        has_individual_number=sealed is not None,
        member_number=member_number,
        change_no=change_no,
    )
    return person, None if sealed is None else bytes(sealed)


async def credential_of(tx: Transaction, key: CredentialKey) -> tuple[Credential, str | None] | None:
    """The credential with the resident it belongs to, and the 世帯番号; None when it is unknown."""
    row = await tx.fetch_one(_CREDENTIAL, (CREDENTIAL_TYPES[key.type], key.serial))
    if row is None:
        return None
    issued, expires, state, atena, household = row
    return Credential(
        key.type, key.serial, atena, state == 1, _day(issued), _day(expires, unknown=date.min)
    ), household


async def is_credential_in_doubt(tx: Transaction, key: CredentialKey) -> bool:
    """Whether a file in doubt names whoever has, or had, this credential by JPKI, be it somebody whom no other feed knows."""
    return await tx.fetch_one(_CREDENTIAL_DOUBT, (CREDENTIAL_TYPES[key.type], key.serial)) is not None


async def credentials_of(tx: Transaction, atena_number: str) -> tuple[Credential, ...]:
    """Every credential that the register has for a resident, valid or not."""
    types = {number: kind for kind, number in CREDENTIAL_TYPES.items()}
    return tuple(
        Credential(
            types[number],
            serial,
            atena_number,
            state == 1,
            _day(issued),
            _day(expires, unknown=date.min),
        )
        for number, serial, issued, expires, state in await tx.fetch(_CREDENTIALS, (atena_number,))
    )


async def household_number_of(tx: Transaction, atena_number: str) -> str | None:
    """A resident's 世帯番号; None when the register does not know the person."""
    row = await tx.fetch_one(_HOUSEHOLD_NUMBER, (atena_number,))
    return None if row is None else str(row[0])


async def household_of(tx: Transaction, number: str) -> tuple[Household, dict[str, bytes]]:
    """Everyone of a household, and the sealed 個人番号 of those who have one."""
    read = [_person(row) for row in await tx.fetch(_HOUSEHOLD, (number,))]
    sealed = {person.atena_number: box for person, box in read if box is not None}
    return Household(number, tuple(person for person, _ in read)), sealed


async def holds_on(tx: Transaction, atena_numbers: Collection[str]) -> tuple[Hold, ...]:
    """Every hold, of core systems and from doubt, that names one of these people; dates are looked at by the rules."""
    numbers = list(atena_numbers)
    rows = await tx.fetch(_HOLDS, (numbers, numbers))
    return tuple(
        Hold(
            source=HoldSource(source),
            atena_number=atena,
            category=category,
            kinds=None if kinds is None else frozenset(Kind(kind) for kind in kinds),
            household=household,
            starts_on=_day(starts),
            ends_on=_day(ends),
        )
        for source, atena, category, kinds, household, starts, ends in rows
    )


async def is_household_in_doubt(tx: Transaction, number: str) -> bool:
    """Whether a file in doubt names the household: it may have a member that the register does not know yet."""
    return await tx.fetch_one(_HOUSEHOLD_DOUBT, (number,)) is not None


async def seals_of(tx: Transaction, atena_number: str) -> tuple[Seal, ...]:
    """Every seal row of a person, registered or not."""
    return tuple(
        Seal(
            registration_number=number,
            state=SealState(state),
            name_kind=SealNameKind(name_kind),
            file_stamp=stamp,
            impression=None if rows is None else SealImpression(width, height, dpi, bytes(rows)),
            defect=defect,
        )
        for number, state, name_kind, stamp, width, height, dpi, rows, defect in await tx.fetch(
            _SEALS, (atena_number,)
        )
    )


async def lock_people(tx: Transaction, atena_numbers: Collection[str]) -> None:
    """Hold these people's rows until the transaction ends, in 宛名番号 order. Conflict when one was changed after the snapshot."""
    wanted = sorted(set(atena_numbers))
    if len(await tx.fetch(_LOCK, (wanted,))) != len(wanted):
        raise RegisterBroken("a person without a lock row")


async def names_stamp_of(tx: Transaction, atena_number: str) -> datetime | None:
    """Stamp of the file that last changed this person's 氏名, 旧氏 or 通称; None when none did."""
    row = await tx.fetch_one(
        "select names_stamp from people.person_lock where atena_number = %s", (atena_number,)
    )
    return None if row is None else row[0]


def open_number(keyring: Keyring, person: Person, sealed: dict[str, bytes]) -> str:
    """The 個人番号 of one person, empty when none is recorded. SealBroken when it is not this person's."""
    box = sealed.get(person.atena_number)
    return "" if box is None else keyring.open_number(person.atena_number, box)
