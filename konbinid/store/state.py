"""State of the kinds and of the feeds, the database's clock, alerts and suspensions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg2.extras import Json

from konbinid.domain.case import EVERYTHING
from konbinid.domain.feeds import Feed
from konbinid.store.errors import HostDeviates
from konbinid.store.transaction import Transaction

UNCONFIRMED = "not exists (select from ops.restoration_confirmed c where c.restoration_id >= r.id)"
"""Of a row r of ops.restoration: nobody has said yet that staff's own entries are there again. While there is one, everything is closed (I-11)."""

_STATES = f"""
select kind from ops.kind_state where suspended
union select '*' where exists (select from ops.restoration r where {UNCONFIRMED})
"""  # noqa: S608  # constant
_MOVED = """
select kind from ops.kind_state, (select %s::timestamptz as since) s where changed_at > since
    or kind = '*' and (exists (select from ops.restoration where at > since) or exists (select from ops.restoration_confirmed where at > since))
"""
_LOCK_STATES = f"""
select kind, suspended or kind = '*' and exists (select from ops.restoration r where {UNCONFIRMED})
  from ops.kind_state where kind = any(%s) order by kind for share
"""  # noqa: S608  # constant
# A feed that has not caught up with a restoration has no age. What was found too old stays so until a newer file: a clock that is set back opens nothing.
_FEEDS = """
select feed, case when caught_up >= (select coalesce(max(id), 0) from ops.restoration) then fresh_as_of end,
       exists (select from people.feed_doubt d where d.feed = f.feed)
       or exists (select from ops.feed_standing s where s.feed = f.feed and s.standing = 'stale' and s.as_of >= f.fresh_as_of)
  from intake.feed f
"""


async def require_approved(tx: Transaction, fingerprint: str) -> None:
    """Make sure, as of this snapshot, that a host with this fingerprint may issue. HostDeviates."""
    row = await tx.fetch_one("select fingerprint from ops.fingerprint order by id desc limit 1")
    if row is None or row[0] != fingerprint:
        raise HostDeviates("another fingerprint is approved")


async def clock(tx: Transaction) -> datetime:
    """The database's own clock, now (not the transaction's beginning). Aware, UTC."""
    row = await tx.fetch_one("select clock_timestamp()")
    assert row is not None
    instant: datetime = row[0]
    return instant


async def suspended_kinds(tx: Transaction) -> frozenset[str]:
    """Kinds that are suspended; EVERYTHING among them when all are."""
    return frozenset(row[0] for row in await tx.fetch(_STATES))


async def suspensions_moved(tx: Transaction, since: datetime) -> frozenset[str]:
    """Kinds (EVERYTHING among them) that were suspended or opened after an instant: of these nobody knows here what they were at it."""
    return frozenset(row[0] for row in await tx.fetch(_MOVED, (since,)))


async def lock_kind(tx: Transaction, kind: str) -> frozenset[str]:
    """Hold the state of a kind and of all kinds until the transaction ends. Conflict when one moved after the snapshot."""
    rows = await tx.fetch(_LOCK_STATES, ([EVERYTHING, kind],))
    return frozenset(name for name, is_suspended in rows if is_suspended)


async def feeds(tx: Transaction) -> tuple[dict[Feed, datetime | None], frozenset[Feed]]:
    """As of when each feed is fresh (None: never applied, or not since a restoration), and the feeds that are closed whatever their age: a file's keys
    cannot be read, or the data was found too old before."""
    rows = await tx.fetch(_FEEDS)
    return {Feed(feed): as_of for feed, as_of, _ in rows}, frozenset(
        Feed(feed) for feed, _, doubt in rows if doubt
    )


async def raise_alert(
    tx: Transaction,
    severity: str,
    source: str,
    event: str,
    *,
    subject: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Something a person must look at. ``detail`` never holds personal data."""
    await tx.execute(
        "insert into ops.alert (severity, source, event, subject, detail) values (%s, %s, %s, %s, %s)",
        (severity, source, event, subject, Json(dict(detail or {}))),
    )


async def suspend(tx: Transaction, kind: str, reason: str, who: str) -> None:
    """Close a kind (or EVERYTHING). Opening it again is not this part's right."""
    await tx.execute("select ops.suspend(%s, %s, %s)", (kind, reason, who))
