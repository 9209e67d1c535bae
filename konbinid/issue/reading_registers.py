"""The part of a case that is about family registers: how the credential reaches one, and everything that decides about it."""

from __future__ import annotations

from typing import Any

from konbinid.domain.case import applicant_of
from konbinid.domain.feeds import Feed
from konbinid.domain.kinds import REGISTER_KINDS, Kind
from konbinid.domain.person import Person
from konbinid.domain.registers import Reach, Registration, reaches_by_registration
from konbinid.domain.registration import registration_in
from konbinid.domain.request import CredentialKey
from konbinid.store import applications, registers, residents
from konbinid.store.transaction import Transaction


def feed_of(kind: Kind) -> Feed:
    """Where a kind's rows come from."""
    return Feed.FUHYO if kind is Kind.FUHYO else Feed.KOSEKI


async def about_registers(
    tx: Transaction, key: CredentialKey, kind: Kind | None, about: dict[str, Any]
) -> dict[str, Any]:
    """The fields of the case that are about registers, given those that are about the holder (``konbinid.issue.reading``).

    With a kind, the holder and all members of the register who live here are held, in 宛名番号 order, and after them the register.
    """
    applicant = applicant_of(about.get("credential"), about.get("household"))
    registration = registration_in(await applications.history(tx, key))
    reaches = await reaches_of(tx, applicant, registration, kind)
    if kind is not None:
        await _hold(tx, applicant, *reaches.values())
    in_doubt = registration is not None and await residents.is_credential_in_doubt(tx, key)
    return {"registration": registration, "registrant_in_doubt": in_doubt, "reaches": reaches}


async def reaches_of(
    tx: Transaction, applicant: Person | None, registration: Registration | None, kind: Kind | None
) -> dict[Kind, Reach]:
    """The registers that somebody is led to, by residence or by 利用登録: for one register kind, or for all of them. Nothing is held."""
    kinds = [each for each in Kind if each in REGISTER_KINDS and kind in {None, each}]
    feeds = {feed_of(each): Reach() for each in kinds}
    for feed in feeds:
        feeds[feed] = await _reach(tx, feed, applicant, registration)
    return {each: feeds[feed_of(each)] for each in kinds}


async def _reach(
    tx: Transaction, feed: Feed, applicant: Person | None, registration: Registration | None
) -> Reach:
    if registration is not None and reaches_by_registration(applicant, registration):
        numbers: tuple[str, ...] = (registration.register_number,)
    elif applicant is not None and applicant.state.is_living:
        numbers = await registers.registers_of_resident(tx, feed, applicant.atena_number)
    else:
        return Reach()
    return Reach(numbers, await registers.register(tx, feed, numbers[0]) if len(numbers) == 1 else None)


async def _hold(tx: Transaction, applicant: Person | None, *reached: Reach) -> None:
    people = set() if applicant is None else {applicant.atena_number}
    numbers: set[str] = set()
    for reach in reached:
        numbers.update(reach.numbers)
        if reach.register is not None:
            people.update(member.atena_number for member in reach.register.here)
    await residents.lock_people(tx, people)
    await registers.lock_registers(tx, numbers)
