"""One open transaction on a connection of the pool: statements, and COMMIT with everything that can be said of its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg2
from psycopg2 import errorcodes
from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectionDone

from konbinid.store.errors import (
    Conflict,
    ConnectionLost,
    DeadlinePassed,
    Duplicate,
    LockTimeout,
    OutcomeUnknown,
    StatementFailed,
    StoreError,
    Unavailable,
)


def _translated(error: psycopg2.Error) -> StoreError:
    """Our name for a statement's error. The server's text may hold values, so only the SQLSTATE goes on."""
    state = error.pgcode
    if state in {errorcodes.SERIALIZATION_FAILURE, errorcodes.DEADLOCK_DETECTED}:
        return Conflict(f"SQLSTATE {state}")
    if state == errorcodes.LOCK_NOT_AVAILABLE:
        return LockTimeout("a lock was not had in time")
    if state == errorcodes.UNIQUE_VIOLATION:
        return Duplicate(error.diag.constraint_name or "")
    # 25006: this server became a standby; 25P03 and 25P04: the server ended a session that hung. All are gone for our purposes.
    if state is None or state.startswith(("08", "57P")) or state in {"25006", "25P03", "25P04"}:
        return ConnectionLost("the connection broke")
    if state.startswith("53"):
        return Unavailable(f"the server has no room, SQLSTATE {state}")
    return StatementFailed(state)


class Transaction:
    """One open transaction; lives as long as the work that was given to ``Pool.transaction``."""

    def __init__(self, wire: Any) -> None:
        self._wire = wire
        self.timed_out = False

    async def fetch(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows. Raises the errors of konbinid.store.errors."""
        try:
            cursor = await self._wire.cursor().execute(statement, tuple(parameters))
            rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description is not None else []
            cursor.close()
        except psycopg2.Error as error:
            raise self._late() or _translated(error) from None
        except ConnectionDone:
            raise self._late() or ConnectionLost("the connection was closed") from None
        except CancelledError:
            # txpostgres' name for 57014: an administrator cancelled the statement.
            raise self._late() or Unavailable("the server cancelled the statement") from None
        return rows

    def _late(self) -> StoreError | None:
        return DeadlinePassed("no time left before COMMIT") if self.timed_out else None

    async def fetch_one(self, statement: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        """The only row, or None."""
        rows = await self.fetch(statement, parameters)
        return rows[0] if rows else None

    async def execute(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement for its effect."""
        await self.fetch(statement, parameters)

    async def wait_at_most(self, seconds: float) -> None:
        """How long a statement from here on waits for a lock before it is LockTimeout; never without end, which 0 would mean."""
        await self.execute(
            "select set_config('lock_timeout', %s, true)", (f"{max(1, int(seconds * 1000))}ms",)
        )

    async def wait_for_standby(self) -> None:
        """Make COMMIT wait for the standby though nothing was written: what was read may be a row whose own wait was cancelled, and a COMMIT
        of reads alone waits for nobody (measured)."""
        await self.execute("select pg_logical_emit_message(true, 'konbinid', '')")

    async def commit(self) -> None:
        """Send COMMIT. From the first byte on every doubt is OutcomeUnknown, a notice included: the warning that synchronous replication was
        given up comes as one, in whatever language the server speaks."""
        connection = self._wire.pollable()
        if connection.closed:
            raise self._late() or ConnectionLost("the connection broke before COMMIT was sent")
        del connection.notices[:]
        try:
            cursor = await self._wire.cursor().execute("commit")
            said = cursor.statusmessage
        except Exception:  # noqa: BLE001  # whatever kept the answer away, nobody knows what became of it
            raise OutcomeUnknown("no answer to COMMIT") from None
        if connection.notices:
            raise OutcomeUnknown("COMMIT was answered with a warning")
        if said != "COMMIT":
            raise StatementFailed("25P02")  # the server rolled back an aborted transaction
