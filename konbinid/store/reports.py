"""What the centre reports back, in the ledger: what became of a document, and that something is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from konbinid.domain.request import DeliveryReport, ErrorReport
from konbinid.store.ledger import Origin, place_of
from konbinid.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Made:
    """An issuance as reportDelivery needs it."""

    kind: str
    copies: int
    decided_at: datetime
    expires_at: datetime


async def made_for(tx: Transaction, client: str, number: str) -> Made | None:
    """An issuance of this client; None when the number is unknown or another client's."""
    row = await tx.fetch_one(
        "select i.kind, i.copies, d.decided_at, d.expires_at from ledger.issuance i join ledger.decision d using (issuance_number) "
        "where i.issuance_number = %s and i.client = %s",
        (number, client),
    )
    return None if row is None else Made(*row)


async def insert_delivery(tx: Transaction, report: DeliveryReport, origin: Origin, *, late: bool) -> None:
    """What became of the document. Duplicate on the primary key when a report was accepted before."""
    await tx.execute(
        "insert into ledger.delivery (issuance_number, outcome, copies, occurred_at, late, detail, transaction_id, chain_code, "
        "store_code, store_name, terminal_id, channel, host) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            report.issuance_number,
            report.outcome.value,
            report.copies,
            report.occurred_at,
            late,
            report.detail,
            report.envelope.transaction_id,
            *place_of(report.kiosk),
            origin.host,
        ),
    )
    await tx.execute("select ledger.shred_delivered(%s)", (report.issuance_number,))


async def delivery_of(tx: Transaction, number: str) -> tuple[str, int] | None:
    """(outcome, copies) of the report that was accepted."""
    row = await tx.fetch_one(
        "select outcome, copies from ledger.delivery where issuance_number = %s", (number,)
    )
    return None if row is None else (row[0], row[1])


async def insert_error_report(tx: Transaction, report: ErrorReport, origin: Origin, *, known: bool) -> None:
    """What the centre found wrong."""
    await tx.execute(
        "insert into ledger.error_report (client, transaction_id, issuance_number, kind, error_code, detail, known, chain_code, store_code, "
        "store_name, terminal_id, channel, host) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            report.envelope.client,
            report.envelope.transaction_id,
            report.issuance_number,
            report.kind,
            report.error_code,
            report.detail,
            known,
            *place_of(report.kiosk),
            origin.host,
        ),
    )
