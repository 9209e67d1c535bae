"""「なぜ出ない」: the case of one resident as the desk would see it, read for staff who were asked why a paper did not come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from konbinid.domain.case import Asked, Case
from konbinid.domain.entitlement import credential_invalid
from konbinid.domain.feeds import Feed, FeedRule, stale_kinds
from konbinid.domain.kinds import Kind
from konbinid.domain.library import shelf_at
from konbinid.domain.person import Credential
from konbinid.domain.redact import Redacted
from konbinid.issue.reading import about_resident
from konbinid.issue.reading_registers import reaches_of
from konbinid.store import residents, state
from konbinid.store.library import LibraryReader
from konbinid.store.transaction import Transaction


@dataclass(frozen=True, slots=True, repr=False)
class ResidentCase(Redacted):
    """A resident's case. ``as_of``: when each feed's data was current (None: never taken in). ``credentials``: all that the register has; the
    case holds the one that opens most."""

    case: Case
    as_of: Mapping[Feed, datetime | None]
    credentials: tuple[Credential, ...]


async def resident_case(
    tx: Transaction,
    municipality: str,
    rules: Mapping[Feed, FeedRule],
    atena_number: str,
    at: datetime | None,
) -> ResidentCase:
    """The case of whoever has this 宛名番号, at ``at`` (None: now, by the database's clock).

    Another instant moves hours, holds' days, ages and the library; what the feeds said is what they say now: the register keeps no past.
    """
    suspended = await state.suspended_kinds(tx)
    revision, entries = await LibraryReader().entries(tx)
    fresh, in_doubt = await state.feeds(tx)
    now = await state.clock(tx)
    instant = now if at is None else at
    case = Case(
        at=instant,
        municipality=municipality,
        shelf=shelf_at(entries, revision, instant),
        suspended=suspended,
        # How old the data is can be said of now only: of a day to come nobody knows what will have arrived by then.
        stale=stale_kinds(rules, fresh, in_doubt, now),
    )
    household_number = await residents.household_number_of(tx, atena_number)
    if household_number is None:
        return ResidentCase(case, fresh, ())
    about, _ = await about_resident(tx, atena_number, household_number, None)
    credentials = await residents.credentials_of(tx, atena_number)
    resident = next((p for p in about["household"].members if p.atena_number == atena_number), None)
    about["reaches"] = await reaches_of(tx, resident, None, None)
    case = replace(case, **about)
    return ResidentCase(replace(case, credential=_best(case, credentials)), fresh, credentials)


def _best(case: Case, credentials: tuple[Credential, ...]) -> Credential | None:
    """A valid one where there is one: the resident may have used any."""
    asked = Asked(case.municipality, Kind.JUMINHYO)
    valid = [
        each for each in credentials if credential_invalid(replace(case, credential=each), asked) is None
    ]
    return next(iter(valid or credentials), None)
