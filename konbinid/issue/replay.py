"""The same request again: the same bytes, once counted, or why not any more (contract 1, operation 3).

The database said by a refused INSERT that the transactionId is bound; a SELECT would not have known while the first COMMIT still waited for
the standby (measured). The replay is a transaction of its own and commits its row before it answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from hashlib import sha256

from konbinid.domain.case import Asked, Case
from konbinid.domain.entitlement import REPLAY_CODES, refusal
from konbinid.domain.kinds import REGISTER_KINDS
from konbinid.domain.register_papers import own_rows, printed_members, register_of, registration_of
from konbinid.domain.request import Issued, IssueRequest, Refused
from konbinid.domain.results import Code
from konbinid.issue import alarms
from konbinid.issue.attempts import settle
from konbinid.issue.digest import request_digest
from konbinid.issue.equipment import Equipment
from konbinid.issue.reading import read_case
from konbinid.issue.ticket import ReleaseTicket
from konbinid.store import ledger, release
from konbinid.store.errors import Conflict, NotNow, OutcomeUnknown
from konbinid.store.keyring import SealBroken
from konbinid.store.transaction import Transaction


async def replay(equipment: Equipment, request: IssueRequest, deadline: float) -> Issued | Refused:
    """The bound document, or a refusal. Whatever keeps it from being settled is 9002: the id *is* bound, so 9001 would be untrue."""
    return await _settled(equipment, request, deadline, _give_again)


async def bound_to_application(equipment: Equipment, request: IssueRequest, deadline: float) -> Refused:
    """The id is an application's (decision 0030): 1401, after 1501. It stays bound, so what keeps that from being told is 9002 here, too."""
    given = await _settled(equipment, request, deadline, _refuse_application)
    assert isinstance(given, Refused)
    return given


async def _settled(
    equipment: Equipment,
    request: IssueRequest,
    deadline: float,
    work: Callable[[Transaction, Equipment, IssueRequest], Awaitable[ReleaseTicket | Refused]],
) -> Issued | Refused:
    try:
        given = await settle(equipment, lambda tx: work(tx, equipment, request), deadline=deadline)
    except SealBroken:
        await alarms.paper_differs(equipment, request.kind, "sealed document")
        return Refused(Code.OUTCOME_UNKNOWN, "sealed_document")
    except (NotNow, OutcomeUnknown) as error:
        return Refused(Code.OUTCOME_UNKNOWN, type(error).__name__)
    except Exception as error:  # noqa: BLE001  # a Fault would say of a bound id that it is decided afresh
        await alarms.defect(equipment, "issueCertificate", error)
        return Refused(Code.OUTCOME_UNKNOWN, type(error).__name__)
    return given if isinstance(given, Refused) else given.spend()


async def _give_again(
    tx: Transaction, equipment: Equipment, request: IssueRequest
) -> ReleaseTicket | Refused:
    await tx.wait_at_most(equipment.settings.lock_timeout)
    bound = await ledger.bound_to(tx, request.envelope)
    if bound is None:
        raise Conflict("the bound issuance is not in this snapshot")
    box = await ledger.sealed_document(tx, bound.issuance_number)
    refused = await _refusal(tx, equipment, request, bound, is_kept=box is not None)
    if refused is not None:
        await _note(tx, equipment, request, bound, refused)
        return refused
    assert box is not None  # what is not kept was refused
    document = equipment.keyring.open_document(bound.issuance_number, *box)
    if sha256(document).digest() != bound.document_sha256:
        raise SealBroken("a sealed document is not the one that the ledger is bound to")
    await ledger.insert_replay(tx, bound.issuance_number, request.kiosk, equipment.origin)
    await equipment.step("replay.recorded")
    issued = Issued(
        bound.issuance_number,
        bound.pages,
        bound.total_fee,
        bound.expires_at,
        document,
        bound.document_sha256.hex(),
    )
    return ReleaseTicket(issued, bound.document_sha256)


async def _refuse_application(tx: Transaction, equipment: Equipment, request: IssueRequest) -> Refused:
    elsewhere = request.envelope.municipality != equipment.settings.municipality
    refused = (
        Refused(Code.OTHER_MUNICIPALITY, "other_municipality")
        if elsewhere
        else Refused(Code.TRANSACTION_BOUND, "other_operation")
    )
    await _note(tx, equipment, request, None, refused)
    return refused


async def _note(
    tx: Transaction,
    equipment: Equipment,
    request: IssueRequest,
    bound: ledger.Bound | None,
    refused: Refused,
) -> None:
    """The refusal's row. Only the same content came with the bound person's card; with other content it may be anybody's."""
    same_content = refused.code not in {Code.OTHER_MUNICIPALITY, Code.TRANSACTION_BOUND}
    note = ledger.RefusalNote(
        "issueCertificate",
        request.kind,
        refused.code,
        refused.rule,
        bound.atena_number if bound is not None and same_content else None,
    )
    await ledger.insert_refusal(tx, request.envelope, request.kiosk, note, equipment.origin)


async def _refusal(
    tx: Transaction, equipment: Equipment, request: IssueRequest, bound: ledger.Bound, *, is_kept: bool
) -> Refused | None:
    """1501, 1401, 1404, then what is looked at again before a document is given a second time."""
    if request.envelope.municipality != equipment.settings.municipality:
        return Refused(Code.OTHER_MUNICIPALITY, "other_municipality")
    if bound.request_digest != request_digest(equipment.keyring, request):
        return Refused(Code.TRANSACTION_BOUND, "other_content")
    if bound.reported or not is_kept:
        return Refused(Code.TRANSACTION_CLOSED, "reported" if bound.reported else "document_destroyed")
    case = (await read_case(tx, equipment, request.credential, request.kind)).case
    if case.at >= bound.expires_at:
        return Refused(Code.TRANSACTION_CLOSED, "expired")
    if not await release.bar_reports(tx, bound.issuance_number):
        return Refused(Code.TRANSACTION_CLOSED, "reported_meanwhile")
    return _still_entitled(case, request, bound)


def _still_entitled(case: Case, request: IssueRequest, bound: ledger.Bound) -> Refused | None:
    """1202, 1001, 1002, 1102 and 1104 as of now. The credential must still be the same person's, and whoever is on the paper must still be among
    those whose holds were looked at: someone who has left the household since is a change."""
    asked = Asked.of(request)
    refused = refusal(case, asked, REPLAY_CODES)
    if refused is not None:
        return refused
    if request.kind in REGISTER_KINDS:
        return _register_left(case, asked, bound)
    applicant = case.applicant
    if applicant is None or applicant.atena_number != bound.atena_number:
        return Refused(Code.CHANGE_IN_PROGRESS, "credential_moved")
    looked_at = {person.atena_number for person in case.concerned(asked)}
    if not looked_at.issuperset(bound.printed):
        return Refused(Code.CHANGE_IN_PROGRESS, "printed_person_left")
    return None


def _register_left(case: Case, asked: Asked, bound: ledger.Bound) -> Refused | None:
    """The credential must still be the same member's of the same register, and whoever was chosen still a member: the same change, in a register."""
    applicant, register = case.applicant, register_of(case, asked.kind)
    here = applicant is not None and registration_of(case) is None
    if (applicant.atena_number if here and applicant is not None else "") != bound.atena_number:
        return Refused(Code.CHANGE_IN_PROGRESS, "credential_moved")
    own = {row.member for row in own_rows(case, asked.kind)}
    if register is None or register.number != bound.register or own != {bound.holder}:
        return Refused(Code.CHANGE_IN_PROGRESS, "register_left")
    return None if printed_members(case, asked) else Refused(Code.CHANGE_IN_PROGRESS, "printed_person_left")
