"""How often a transaction is tried: again on a new snapshot after a conflict, again on another connection, never after COMMIT was sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from konbinid.issue.equipment import Equipment, Requirement
from konbinid.store.errors import Conflict, ConnectionLost
from konbinid.store.transaction import Transaction

T = TypeVar("T")

CONFLICTS = 3  # house.md: the whole thing again, three times at most, within the deadline


async def settle(
    equipment: Equipment,
    work: Callable[[Transaction], Awaitable[T]],
    *,
    deadline: float,
    before: Callable[[], None] = lambda: None,
    answers: bool = True,
) -> T:
    """Run ``work`` in a transaction until it is settled one way or the other; ``before`` is called ahead of every attempt.
    ``answers``: somebody is told what the database says, so it must not have gone back in time (I-11).

    A connection that broke before COMMIT holds the request until a writable server answers or the deadline passes. Everything else that the
    pool raises goes on to the caller, OutcomeUnknown first of all.
    """
    conflicts = 0
    while True:
        before()
        # Taken before the snapshot: the snapshot must show at least that.
        require = equipment.history.requirement() if answers else None

        async def guarded(tx: Transaction, require: Requirement | None = require) -> T:
            if require is not None:
                await require(tx)
            return await work(tx)

        try:
            return await equipment.pool.transaction(guarded, deadline=deadline)
        except Conflict:
            conflicts += 1
            if conflicts > CONFLICTS:
                raise
        except ConnectionLost:
            continue
