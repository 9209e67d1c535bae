"""The same request again: the same bytes, once counted, or why not any more (contract 1, operation 3).

The database said by a refused INSERT that the transactionId is bound; a SELECT would not have known while the first COMMIT still waited for
the standby (measured). The replay is a transaction of its own and commits its row before it answers.
"""

from __future__ import annotations

from konbinid.domain.case import Asked, Case
from konbinid.domain.entitlement import REPLAY_CODES, refusal
from konbinid.domain.request import Issued, IssueRequest, Refused
from konbinid.domain.results import Code
from konbinid.issue import alarms
from konbinid.issue.attempts import settle
from konbinid.issue.digest import request_digest
from konbinid.issue.equipment import Equipment
from konbinid.issue.reading import read_case
from konbinid.issue.ticket import ReleaseTicket
from konbinid.store import ledger
from konbinid.store.errors import Conflict, StoreError
from konbinid.store.keyring import SealBroken
from konbinid.store.transaction import Transaction


async def replay(equipment: Equipment, request: IssueRequest, deadline: float) -> Issued | Refused:
    """The bound document, or a refusal. Whatever keeps it from being settled is 9002: the id *is* bound, so 9001 would be untrue."""
    try:
        given = await settle(equipment, lambda tx: _give_again(tx, equipment, request), deadline=deadline)
    except SealBroken:
        await alarms.paper_differs(equipment, request.kind, "sealed document")
        return Refused(Code.OUTCOME_UNKNOWN, "sealed_document")
    except StoreError as error:
        return Refused(Code.OUTCOME_UNKNOWN, type(error).__name__)
    return given if isinstance(given, Refused) else given.spend()


async def _give_again(
    tx: Transaction, equipment: Equipment, request: IssueRequest
) -> ReleaseTicket | Refused:
    await tx.execute(
        "select set_config('lock_timeout', %s, true)", (f"{int(equipment.settings.lock_timeout * 1000)}ms",)
    )
    bound = await ledger.bound_to(tx, request.envelope)
    if bound is None:
        raise Conflict("the bound issuance is not in this snapshot")
    if bound.request_digest != request_digest(equipment.keyring, request):
        return await _refuse(
            tx, equipment, request, Refused(Code.TRANSACTION_BOUND, "other_content"), bound.atena_number
        )
    if bound.reported:
        return await _refuse(
            tx, equipment, request, Refused(Code.TRANSACTION_CLOSED, "reported"), bound.atena_number
        )
    case = (await read_case(tx, equipment, request.credential, request.kind)).case
    if case.at >= bound.expires_at:
        return await _refuse(
            tx, equipment, request, Refused(Code.TRANSACTION_CLOSED, "expired"), bound.atena_number
        )
    refused = _still_entitled(case, request, bound)
    if refused is not None:
        return await _refuse(tx, equipment, request, refused, bound.atena_number)
    box = await ledger.sealed_document(tx, bound.issuance_number)
    if box is None:
        return await _refuse(
            tx, equipment, request, Refused(Code.TRANSACTION_CLOSED, "document_destroyed"), bound.atena_number
        )
    await ledger.insert_replay(tx, bound.issuance_number, request.kiosk, equipment.origin)
    await equipment.step("replay.recorded")
    document = equipment.keyring.open_document(bound.issuance_number, *box)
    issued = Issued(
        bound.issuance_number,
        bound.pages,
        bound.total_fee,
        bound.expires_at,
        document,
        bound.document_sha256.hex(),
    )
    return ReleaseTicket(issued, bound.document_sha256)


def _still_entitled(case: Case, request: IssueRequest, bound: ledger.Bound) -> Refused | None:
    """1202, 1001, 1002, 1102 and 1104 as of now. The credential must still be the same person's, and whoever is on the paper must still be among
    those whose holds were looked at: someone who has left the household since is a change."""
    asked = Asked(request.envelope.municipality, request.kind, request.copies, None, request.options)
    refused = refusal(case, asked, REPLAY_CODES)
    if refused is not None:
        return refused
    applicant = case.applicant
    if applicant is None or applicant.atena_number != bound.atena_number:
        return Refused(Code.CHANGE_IN_PROGRESS, "credential_moved")
    looked_at = {person.atena_number for person in case.concerned(asked)}
    return (
        None
        if looked_at.issuperset(bound.printed)
        else Refused(Code.CHANGE_IN_PROGRESS, "printed_person_left")
    )


async def _refuse(
    tx: Transaction, equipment: Equipment, request: IssueRequest, refused: Refused, atena_number: str
) -> Refused:
    note = ledger.RefusalNote("issueCertificate", request.kind, refused.code, refused.rule, atena_number)
    await ledger.insert_refusal(tx, request.envelope, request.kiosk, note, equipment.origin)
    return refused
