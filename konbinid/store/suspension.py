"""What staff suspend and open again (ops.kind_state), on a blocking connection of the role konbinid_office; the audit keeps each act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from konbinid.store.audit import insert_audit
from konbinid.store.direct import PATIENCE, transaction
from konbinid.store.state import UNCONFIRMED

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor

_STATE = "select kind, reason, changed_by, changed_at from ops.kind_state where kind = %s and suspended"
_ALL = f"""
select kind, reason, changed_by, changed_at from ops.kind_state where suspended
 union all
select '*', 'restoration; ended by `konbinid restored --confirm` only: ' || reason, noted_by, at from ops.restoration r where {UNCONFIRMED}
 order by 4, 1
"""  # noqa: S608  # constant
_SUSPEND = "select ops.suspend(%s, %s, %s)"
_RESUME = """
update ops.kind_state
   set suspended = false, reason = %s, changed_by = %s, changed_at = clock_timestamp(), change_no = change_no + 1
 where kind = %s
"""


@dataclass(frozen=True, slots=True)
class Suspension:
    """One kind (or '*', everything) that is suspended: why, by whom, since when. ``who`` is desk, intake or center when the daemon did it."""

    kind: str
    reason: str
    who: str
    since: datetime


def suspensions(made: connection) -> tuple[Suspension, ...]:
    """All that is suspended now, the oldest first."""
    with made.cursor() as cur:
        cur.execute(_ALL)
        return tuple(Suspension(*row) for row in cur.fetchall())


def suspend(made: connection, kind: str, *, reason: str, who: str) -> Suspension | None:
    """Close a kind, or everything by '*'. Returns the suspension that was there before, whose reason stays, or None.

    When this returns, no paper of the kind is given out any more. Raises psycopg2.Error.
    """
    with transaction(made) as cur:
        before = _looked_up(cur, kind)
        cur.execute(_SUSPEND, (kind, reason, who))
        detail = {"reason": reason, "was_suspended": before is not None}
        insert_audit(cur, who, "kind.suspend", kind, detail)
    return before


def resume(made: connection, kind: str, *, reason: str, who: str) -> Suspension | None:
    """Open a kind (or '*') again. Returns the suspension that has ended; None, and nothing is written, when there was none.

    A suspension has one reason: whoever opens ends all of them. Raises psycopg2.Error.
    """
    with transaction(made) as cur:
        ended = _looked_up(cur, kind)
        if ended is not None:
            cur.execute(_RESUME, (reason, who, kind))
            detail = {"reason": reason, "ended_reason": ended.reason, "ended_by": ended.who}
            insert_audit(cur, who, "kind.resume", kind, detail)
    return ended


def _looked_up(cur: cursor, kind: str) -> Suspension | None:
    cur.execute(PATIENCE)
    cur.execute(
        "select ops.take_kinds()"
    )  # before any row: papers in the making would let each other in before us
    cur.execute(_STATE, (kind,))
    row = cur.fetchone()
    return None if row is None else Suspension(*row)
