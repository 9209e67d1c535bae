"""What the centre reports back: what became of a document, and that something is wrong."""

from __future__ import annotations

from datetime import timedelta

from konbinid.domain.request import Accepted, ContractBroken, DeliveryReport, ErrorReport, Outcome, Refused
from konbinid.domain.results import Code
from konbinid.issue.equipment import Equipment
from konbinid.store import ledger, release, reports, state
from konbinid.store.errors import Conflict
from konbinid.store.transaction import Transaction

_SKEW = timedelta(minutes=5)  # contract 1, operation 4


async def report_delivery(
    tx: Transaction, equipment: Equipment, report: DeliveryReport
) -> Accepted | Refused:
    """reportDelivery, in one transaction. Duplicate: the caller asks ``compare_delivery`` in a fresh one."""
    made, refused = await _looked_up(tx, equipment, report)
    if refused is not None or made is None:
        return await _refused(tx, equipment, report, refused or Refused(Code.ISSUANCE_UNKNOWN))
    now = await state.clock(tx)
    if not made.decided_at - _SKEW <= report.occurred_at <= now + _SKEW:
        raise ContractBroken("occurredAt lies more than five minutes before the issue or ahead of now")
    await release.bar_replays(tx, report.issuance_number)
    await reports.insert_delivery(tx, report, equipment.origin, late=now >= made.expires_at)
    await equipment.step("delivery.recorded")
    return Accepted()


async def _looked_up(
    tx: Transaction, equipment: Equipment, report: DeliveryReport
) -> tuple[reports.Made | None, Refused | None]:
    if report.envelope.municipality != equipment.settings.municipality:
        return None, Refused(Code.OTHER_MUNICIPALITY, "other_municipality")
    made = await reports.made_for(tx, report.envelope.client, report.issuance_number)
    if made is None:
        return None, Refused(Code.ISSUANCE_UNKNOWN, "issuance_unknown")
    delivered = report.outcome is Outcome.DELIVERED
    if not (1 <= report.copies <= made.copies if delivered else report.copies == 0):
        return made, Refused(Code.OPTION_NOT_ALLOWED, "copies")
    return made, None


async def _refused(
    tx: Transaction, equipment: Equipment, report: DeliveryReport, refused: Refused
) -> Refused:
    """The refusal's row. It is also what keeps a primary that was deposed from calling a number unknown that only the new one has: its COMMIT
    is never answered."""
    note = ledger.RefusalNote("reportDelivery", None, refused.code, refused.rule, None)
    await ledger.insert_refusal(tx, report.envelope, report.kiosk, note, equipment.origin)
    return refused


async def compare_delivery(
    tx: Transaction, equipment: Equipment, report: DeliveryReport
) -> Accepted | Refused:
    """A report was accepted before: the same one again is done, a contradicting one is refused and raises an alert."""
    accepted = await reports.delivery_of(tx, report.issuance_number)
    if accepted is None:
        raise Conflict("the accepted report is not in this snapshot: another server answers by now")
    if accepted == (report.outcome.value, report.copies):
        await tx.wait_for_standby()  # the accepted report may be one that was answered with 9002
        return Accepted()
    detail = {"accepted": accepted, "reported": [report.outcome.value, report.copies]}
    await state.raise_alert(
        tx, "error", "desk", "delivery.contradicts", subject=report.issuance_number, detail=detail
    )
    return await _refused(tx, equipment, report, Refused(Code.CONTRADICTING_REPORT, "contradicts"))


async def report_error(tx: Transaction, equipment: Equipment, report: ErrorReport) -> Accepted | Refused:
    """reportError: always an alert, 1403 all the same when the number is unknown; by setting the kind is closed at once."""
    if report.envelope.municipality != equipment.settings.municipality:
        return Refused(Code.OTHER_MUNICIPALITY, "other_municipality")
    made = None
    if report.issuance_number is not None:
        made = await reports.made_for(tx, report.envelope.client, report.issuance_number)
    known = report.issuance_number is None or made is not None
    await reports.insert_error_report(tx, report, equipment.origin, known=known)
    kind = made.kind if made is not None else report.kind
    detail = {"error_code": report.error_code, "kind": kind, "known": known}
    await state.raise_alert(
        tx, "critical", "center", "center.error", subject=report.issuance_number or "", detail=detail
    )
    if kind is not None and equipment.settings.suspend_on_error_report:
        await state.suspend(tx, kind, f"reportError {report.error_code}", "center")
    return Accepted() if known else Refused(Code.ISSUANCE_UNKNOWN, "issuance_unknown")
