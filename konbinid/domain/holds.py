"""Which holds reach a request: those on who asks or is printed, and those that close a whole household (contract 2, YOKUSHI)."""

from __future__ import annotations

from collections.abc import Iterator

from konbinid.domain.case import Asked, Case
from konbinid.domain.kinds import HOUSEHOLD_KINDS, REGISTER_KINDS
from konbinid.domain.person import CHANGE_HOLD, SUPPORT_MEASURE, Hold, HoldSource
from konbinid.domain.register_holds import reaching_register


def is_change(hold: Hold) -> bool:
    """異動処理中 and doubt are answered as a change in progress (1104), every other hold with 1102."""
    return hold.source is HoldSource.DOUBT or hold.category == CHANGE_HOLD


def _is_household_wide(hold: Hold, case: Case) -> bool:
    """世帯抑止, a 支援措置 unless the city decided otherwise (another member's paper would show the protected person's address), and
    doubt: while it is not known what is true of one member, it is not known what the household is."""
    protects = hold.category == SUPPORT_MEASURE and case.shelf.policy.support_measure_blocks_household
    return hold.household or protects or hold.source is HoldSource.DOUBT


def reaching(case: Case, asked: Asked) -> Iterator[Hold]:
    """Every hold that is in force and closes this request. 対象 says what is closed for the person named; it does not narrow what a
    household-wide hold closes for the others. Doubt counts for whoever was ever in the household: a file in doubt may be the one that brings
    somebody back."""
    concerned = {person.atena_number for person in case.concerned(asked)}
    members = {person.atena_number: person for person in case.household.members} if case.household else {}
    for hold in case.holds:
        own = hold.atena_number in concerned and hold.covers(asked.kind, case.today)
        wide = (
            asked.kind in HOUSEHOLD_KINDS
            and hold.atena_number in members
            and (members[hold.atena_number].state.is_living or hold.source is HoldSource.DOUBT)
            and _is_household_wide(hold, case)
            and hold.is_in_force(case.today)
        )
        if own or wide:
            yield hold
    if asked.kind in REGISTER_KINDS:
        yield from reaching_register(case, asked)
