"""What is open, and what one credential holder may have now."""

from __future__ import annotations

from datetime import datetime

from konbinid.domain.case import EVERYTHING, Asked, Case
from konbinid.domain.entitlement import (
    allowed_switches,
    change_in_progress,
    decide,
    may_not_be_issued,
    refusal,
)
from konbinid.domain.feeds import stale_kinds
from konbinid.domain.hours import opening_today
from konbinid.domain.kinds import HOUSEHOLD_KINDS, KIND_RULES, REGISTER_KINDS, TITLES, Kind, Scope, Switch
from konbinid.domain.library import Shelf, shelf_at
from konbinid.domain.register_papers import register_of
from konbinid.domain.request import (
    KindState,
    Listed,
    ListedCertificate,
    ListedMember,
    ListRequest,
    Options,
    Refused,
    ServiceQuery,
    ServiceReport,
    ServiceState,
)
from konbinid.domain.results import ORDER, Code
from konbinid.domain.tax_rules import offered_years
from konbinid.issue.equipment import Equipment
from konbinid.issue.reading import read_case
from konbinid.store import ledger, state
from konbinid.store.transaction import Transaction


async def check_service(
    tx: Transaction, equipment: Equipment, query: ServiceQuery
) -> ServiceReport | Refused:
    """checkService: the state of the service and of every offered kind."""
    settings = equipment.settings
    if query.envelope.municipality != settings.municipality:
        return Refused(Code.OTHER_MUNICIPALITY, "other_municipality")
    suspended = await state.suspended_kinds(tx)
    revision, entries = await equipment.library.entries(tx)
    fresh, in_doubt = await state.feeds(tx)
    at = await state.clock(tx)
    shelf = shelf_at(entries, revision, at)
    stale = stale_kinds(settings.feeds, fresh, in_doubt, at)
    kinds = tuple(_kind_state(shelf, kind, suspended, stale, at) for kind in Kind if _is_offered(shelf, kind))
    if EVERYTHING in suspended or shelf.stop is not None:
        whole = ServiceState.SUSPENDED
    else:
        whole = ServiceState.OPEN if any(k.state is ServiceState.OPEN for k in kinds) else ServiceState.CLOSED
    return ServiceReport(whole, settings.environment, at, settings.version, kinds)


def _is_offered(shelf: Shelf, kind: Kind) -> bool:
    case = Case(at=shelf.at, municipality="", shelf=shelf)
    return refusal(case, Asked("", kind), (Code.NOT_OFFERED,)) is None


def _kind_state(
    shelf: Shelf, kind: Kind, suspended: frozenset[str], stale: frozenset[Kind], at: datetime
) -> KindState:
    hours, holidays = shelf.kinds[kind].hours, shelf.holidays_of(kind)
    assert hours is not None  # an offered kind has hours
    assert holidays is not None
    today = opening_today(hours, holidays, at)
    if kind in suspended or EVERYTHING in suspended or shelf.stop_of(kind) is not None:
        said = ServiceState.SUSPENDED
    elif not today.open_now:
        said = ServiceState.CLOSED
    else:
        said = ServiceState.STALE if kind in stale else ServiceState.OPEN
    return KindState(kind, said, today.opens_at, today.closes_at)


async def list_certificates(tx: Transaction, equipment: Equipment, request: ListRequest) -> Listed | Refused:
    """listCertificates: the kinds that are not refused; when none is left, the earliest refusal (contract 1, operation 2)."""
    case = (await read_case(tx, equipment, request.credential, None)).case
    refusals: dict[Kind, Refused] = {}
    listed = []
    for kind in Kind:
        refused = refusal(case, Asked(request.envelope.municipality, kind))
        if refused is None:
            listed.append(_listed(case, request, kind))
        else:
            refusals[kind] = refused
    if listed:
        return Listed(tuple(listed))
    answer = _earliest(refusals)
    applicant = case.applicant
    number = applicant.atena_number if applicant is not None else None
    note = ledger.RefusalNote("listCertificates", None, answer.code, answer.rule, number)
    await ledger.insert_refusal(tx, request.envelope, request.kiosk, note, equipment.origin)
    return answer


# A kind refused with one of these is not "offered and open".
_NOT_OPEN = frozenset({Code.SUSPENDED, Code.CLOSED, Code.NOT_OFFERED})


def _earliest(refusals: dict[Kind, Refused]) -> Refused:
    """The earliest refusal that any offered and open kind gave; when there is none, the earliest of all."""
    in_service = [refused for refused in refusals.values() if refused.code not in _NOT_OPEN]
    return min(in_service or refusals.values(), key=lambda refused: ORDER.index(refused.code))


def _listed(case: Case, request: ListRequest, kind: Kind) -> ListedCertificate:
    shelf = case.shelf.kinds[kind]
    assert shelf.fee is not None  # an offered kind has a fee and an offer
    assert shelf.offer is not None
    allowed = allowed_switches(case, kind)
    return ListedCertificate(
        kind=kind,
        title=TITLES[kind],
        fee=shelf.fee,
        max_copies=shelf.offer.max_copies,
        members=_members(case, request, kind),
        printable=tuple(switch for switch in Switch if switch in allowed),
        years=offered_years(case.shelf) if KIND_RULES[kind].takes_year else (),
    )


def _members(case: Case, request: ListRequest, kind: Kind) -> tuple[ListedMember, ...]:
    """Who can be chosen: members of the household, or of the register for the kinds that print a single one of it."""
    if kind in REGISTER_KINDS:
        return _of_register(case, request, kind) if Scope.MEMBERS in KIND_RULES[kind].scopes else ()
    return _of_household(case, request, kind)


def _of_register(case: Case, request: ListRequest, kind: Kind) -> tuple[ListedMember, ...]:
    """Every member whose paper could be passed on now, by number and name; the others are left out."""
    register = register_of(case, kind)
    members = []
    for row in () if register is None else register.members:
        alone = Asked(request.envelope.municipality, kind, options=Options(Scope.MEMBERS, (row.number,)))
        if row.number and not isinstance(decide(case, alone), Refused):
            members.append(ListedMember(row.number, row.name, None))
    return tuple(members)


def _of_household(case: Case, request: ListRequest, kind: Kind) -> tuple[ListedMember, ...]:
    """The living members who could be printed now, one by one; one who is held or about to change is left out."""
    if kind not in HOUSEHOLD_KINDS or case.household is None:
        return ()
    members = []
    for person in case.household.living:
        if not person.member_number:
            continue  # not numbered yet: cannot be chosen
        alone = Asked(
            request.envelope.municipality, kind, options=Options(Scope.MEMBERS, (person.member_number,))
        )
        if may_not_be_issued(case, alone) is None and change_in_progress(case, alone) is None:
            members.append(ListedMember(person.member_number, person.name, person.relationship))
    return tuple(members)
