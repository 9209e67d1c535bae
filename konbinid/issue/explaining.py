"""「なぜ出ない」: the case of one resident, or of whoever holds a credential, as the desk would see it; read for staff who were asked why a paper did not
come. Nothing is held, written or kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from konbinid.domain.case import EVERYTHING, Asked, Case
from konbinid.domain.doubts import people_in_doubt, registers_in_doubt
from konbinid.domain.entitlement import credential_invalid
from konbinid.domain.explanation import Evidence
from konbinid.domain.feeds import Feed, FeedRule, stale_kinds
from konbinid.domain.kinds import Kind
from konbinid.domain.library import shelf_at
from konbinid.domain.library_history import counting, known_at
from konbinid.domain.person import Credential
from konbinid.domain.redact import Redacted
from konbinid.domain.registration import Application
from konbinid.domain.request import CredentialKey
from konbinid.domain.results import Code
from konbinid.issue.reading import about_holder, about_resident
from konbinid.issue.reading_registers import about_registers, reaches_of
from konbinid.store import applications, doubts, library_history, residents, state
from konbinid.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Standards:
    """What the configuration says that decides about people: the desk's settings have the same."""

    municipality: str
    feeds: Mapping[Feed, FeedRule]
    register_pages: int


@dataclass(frozen=True, slots=True)
class Moment:
    """What is asked about. ``at`` None: now. ``known``: as of when the library and the 外字 count; None: as they were known at a past instant,
    and everything that is known for now and for days to come (docs/decisions/0026)."""

    at: datetime | None = None
    known: datetime | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Looked(Redacted):
    """A case with what staff must know besides. ``credentials``: all that JPKI has of a resident (the case holds the one that opens most), or
    the one that was asked about. ``history``: the applications for 利用登録 of that one.

    ``known``: the instant as of which library and 外字 were read, None for all that is known. ``differs``: all that is known says something else.
    ``past``: the instant asked about has passed.
    """

    case: Case
    evidence: Evidence
    credentials: tuple[Credential, ...] = ()
    history: tuple[Application, ...] = ()
    known: datetime | None = None
    differs: bool = False
    past: bool = False


async def look_at_resident(
    tx: Transaction, standards: Standards, moment: Moment, atena_number: str
) -> Looked:
    """The case of whoever has this 宛名番号.

    Another instant moves hours, holds' days, ages and the library; what the feeds said is what they say now: the register keeps no past.
    """
    looked = await _around(tx, standards, moment)
    household_number = await residents.household_number_of(tx, atena_number)
    if household_number is None:
        return looked
    about, _ = await about_resident(tx, atena_number, household_number, None)
    credentials = await residents.credentials_of(tx, atena_number)
    resident = next((p for p in about["household"].members if p.atena_number == atena_number), None)
    about["reaches"] = await reaches_of(tx, resident, None, None)
    case = replace(looked.case, **about)
    case = replace(case, credential=_best(case, credentials))
    return replace(await _with_doubts(tx, looked, case), credentials=credentials)


async def look_at_holder(tx: Transaction, standards: Standards, moment: Moment, key: CredentialKey) -> Looked:
    """The case of whoever holds this credential, living here or registered."""
    looked = await _around(tx, standards, moment)
    about: dict[str, Any]
    about, _ = await about_holder(tx, key, None)
    about |= await about_registers(tx, key, None, about)
    case = replace(looked.case, **about)
    return replace(
        await _with_doubts(tx, looked, case, key if case.registrant_in_doubt else None),
        credentials=() if case.credential is None else (case.credential,),
        history=await applications.history(tx, key),
    )


async def _around(tx: Transaction, standards: Standards, moment: Moment) -> Looked:
    """The case without anybody in it."""
    suspended = await state.suspended_kinds(tx)
    records = await library_history.records_read(tx)
    fresh, in_doubt = await state.feeds(tx)
    now = await state.clock(tx)
    at = now if moment.at is None else moment.at
    known = moment.known or (at if at < now else None)
    today = shelf_at(counting(records), 0, at)
    shelf = today if known is None else shelf_at(known_at(records, known), 0, at)
    past = at < now
    moved = await state.suspensions_moved(tx, at) if past else frozenset[str]()
    case = Case(
        at=at,
        municipality=standards.municipality,
        shelf=shelf,
        suspended=suspended - moved,
        # How old the data is can be said of now only: of a day to come nobody knows what will have arrived by then.
        stale=stale_kinds(standards.feeds, fresh, in_doubt, now),
        register_pages=standards.register_pages,
    )
    evidence = Evidence(fresh, unsaid=_unsaid(case, moved) if past else {})
    return Looked(case, evidence, known=known, differs=shelf != today, past=past)


def _unsaid(case: Case, moved: frozenset[str]) -> dict[Kind, frozenset[Code]]:
    """Of an instant that has passed nobody knows how old the data was at it, nor whether a kind was suspended that was suspended or opened since."""
    return {
        kind: frozenset(
            {Code.STALE}
            if case.shelf.stop_of(kind) is not None or not moved & {EVERYTHING, kind}
            else {Code.STALE, Code.SUSPENDED}
        )
        for kind in Kind
    }


async def _with_doubts(
    tx: Transaction, looked: Looked, case: Case, registered: CredentialKey | None = None
) -> Looked:
    household = case.household.number if case.household is not None and case.household_in_doubt else None
    found = await doubts.doubts_about(
        tx, people_in_doubt(case), household, registers_in_doubt(case), registered
    )
    return replace(looked, case=case, evidence=replace(looked.evidence, doubts=found))


def _best(case: Case, credentials: tuple[Credential, ...]) -> Credential | None:
    """A valid one where there is one: the resident may have used any."""
    asked = Asked(case.municipality, Kind.JUMINHYO)
    valid = [
        each for each in credentials if credential_invalid(replace(case, credential=each), asked) is None
    ]
    return next(iter(valid or credentials), None)
