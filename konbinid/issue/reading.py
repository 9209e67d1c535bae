"""Reading the case: everything that decides about a request, from one snapshot, with the rows held that a change must take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from konbinid.domain.case import Case
from konbinid.domain.feeds import stale_kinds
from konbinid.domain.kinds import HOUSEHOLD_KINDS, KIND_RULES, REGISTER_KINDS, Kind
from konbinid.domain.library import shelf_at
from konbinid.domain.redact import Redacted
from konbinid.domain.request import CredentialKey
from konbinid.issue.equipment import Equipment
from konbinid.issue.reading_registers import about_registers
from konbinid.store import residents, state, taxes
from konbinid.store.transaction import Transaction


@dataclass(frozen=True, slots=True, repr=False)
class ReadCase(Redacted):
    """A case with what the desk needs besides: the sealed 個人番号 by 宛名番号."""

    case: Case
    sealed_numbers: dict[str, bytes]


async def read_case(tx: Transaction, equipment: Equipment, key: CredentialKey, kind: Kind | None) -> ReadCase:
    """The case of one credential holder.

    With a kind, the rows of the kind's state, of everyone concerned and of the register are held until the transaction ends, in that order: what changes
    one of them either was committed before (and is seen, or ends this with Conflict) or waits. Without a kind (listCertificates) nothing is held.
    """
    if kind is not None:
        # Looked at every few seconds elsewhere, which ends what runs here; a paper asks in its own snapshot.
        await state.require_approved(tx, equipment.settings.fingerprint)
    suspended = await (state.suspended_kinds(tx) if kind is None else state.lock_kind(tx, kind))
    about, sealed = await about_holder(tx, key, kind)
    if kind is None or kind in REGISTER_KINDS:
        about |= await about_registers(tx, key, kind, about)
    revision, entries = await equipment.library.entries(tx)
    fresh, in_doubt = await state.feeds(tx)
    # The one instant of this request: read last, when everything it decides about is held.
    at = await state.clock(tx)
    settings = equipment.settings
    case = Case(
        at=at,
        municipality=settings.municipality,
        shelf=shelf_at(entries, revision, at),
        suspended=suspended,
        stale=stale_kinds(settings.feeds, fresh, in_doubt, at),
        register_pages=settings.register_pages,
        **about,
    )
    return ReadCase(case, sealed)


async def about_holder(
    tx: Transaction, key: CredentialKey, kind: Kind | None
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The fields of the case that are about the holder, and the sealed numbers; as much as is known."""
    found = await residents.credential_of(tx, key)
    if found is None:
        return {}, {}
    credential, household_number = found
    if credential.atena_number is None or household_number is None:
        return {"credential": credential}, {}
    about, sealed = await about_resident(tx, credential.atena_number, household_number, kind)
    return {"credential": credential, **about}, sealed


async def about_resident(
    tx: Transaction, atena_number: str, household_number: str, kind: Kind | None
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The fields of the case that are about a resident, whatever credential led here, and the sealed numbers; with a kind, the people
    concerned are held."""
    household, sealed = await residents.household_of(tx, household_number)
    members = {atena_number, *(person.atena_number for person in household.members)}
    # For a register's paper the holder is held together with the register's members, in one order.
    if kind is not None and kind not in REGISTER_KINDS:
        await residents.lock_people(tx, members if kind in HOUSEHOLD_KINDS else {atena_number})
    about: dict[str, Any] = {
        "household": household,
        "household_in_doubt": await residents.is_household_in_doubt(tx, household_number),
        "names_stamp": await residents.names_stamp_of(tx, atena_number),
        "holds": await residents.holds_on(tx, members),
        "seals": await residents.seals_of(tx, atena_number),
    }
    if kind is None or KIND_RULES[kind].takes_year:
        about["taxes"] = await taxes.taxes_of(tx, atena_number)
    return about, sealed
