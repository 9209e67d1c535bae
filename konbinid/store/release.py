"""A document is given again, or what became of it is reported: never both at once (contract 1: after an accepted report its document is closed).

Each is a transaction of its own whose snapshot may be older than the other's COMMIT, so neither can see the other by looking.
"""

from __future__ import annotations

from hashlib import sha256

from konbinid.store.errors import Duplicate
from konbinid.store.transaction import Transaction


def _key(number: str) -> int:
    """The advisory lock of an issuance number. Two numbers that share one wait for each other and come to no harm."""
    return int.from_bytes(sha256(b"release " + number.encode()).digest()[:8], "big", signed=True)


async def bar_reports(tx: Transaction, number: str) -> bool:
    """Keep reports waiting until this transaction ends; False when one was accepted before. Asked by INSERT: a SELECT knows the snapshot only."""
    await tx.execute("select pg_advisory_xact_lock_shared(%s)", (_key(number),))
    await tx.execute("savepoint asking")
    try:
        await tx.execute(
            "insert into ledger.delivery (issuance_number, outcome, copies, occurred_at, late, detail, transaction_id, host) "
            "values (%s, 'FAILED', 0, clock_timestamp(), false, '', '', '')",
            (number,),
        )
    except Duplicate:
        return False
    finally:
        await tx.execute("rollback to savepoint asking")
    return True


async def bar_replays(tx: Transaction, number: str) -> None:
    """Wait for the document that is being given again, and keep the next one waiting until this transaction ends."""
    await tx.execute("select pg_advisory_xact_lock(%s)", (_key(number),))
