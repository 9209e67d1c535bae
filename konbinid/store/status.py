"""What the operating part and the status page read: lease, feeds, fingerprint, alerts, the last issuances without anybody's name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from konbinid.domain.feeds import Feed, FeedRule, Standing, standing_of
from konbinid.domain.kinds import Kind
from konbinid.store.audit import insert_audit
from konbinid.store.direct import transaction

if TYPE_CHECKING:
    from psycopg2.extensions import connection

    from konbinid.store.transaction import Transaction

_APPROVED = "select fingerprint, approved_by, at from ops.fingerprint order by id desc limit 1"
_APPROVE = "insert into ops.fingerprint (fingerprint, approved_by) values (%s, %s)"
_LEASE = "select epoch, holder, since from ops.lease where name = 'singleton'"
_FEEDS = """
select f.feed, f.last_name, f.last_applied_at, f.fresh_as_of,
       f.stopped_by is not null or exists (select from people.feed_doubt d where d.feed = f.feed),
       (select count(*) from intake.incoming i
         where i.feed = f.feed and i.state in ('received', 'waiting', 'held', 'rejected')),
       caught_up < (select coalesce(max(id), 0) from ops.restoration),
       exists (select from ops.feed_standing s where s.feed = f.feed and s.standing = 'stale' and s.as_of >= f.fresh_as_of)
  from intake.feed f
"""
_ISSUANCES = """
select issuance_number, kind, received_at, state from ledger.issuance_state order by received_at desc limit %s
"""
_TODAY = """
select (select count(*) from ledger.issuance where received_at >= %s),
       (select count(*) from ledger.refusal where at >= %s and operation = 'issueCertificate')
"""
_REMOVAL = """
select at, coalesce(detail ->> 'refused', '') from ledger.audit where action = 'retention.database' order by id desc limit 1
"""
_ALERTS = """
select a.at, a.severity, a.event, a.subject, coalesce(a.detail ->> 'text', ''), coalesce(a.detail ->> 'place', '')
  from ops.alert a
 where not exists (select from ops.alert_seen s where s.alert_id = a.id)
 order by a.at desc
 limit %s
"""


@dataclass(frozen=True, slots=True)
class ApprovedFingerprint:
    """The newest approval: the fingerprint that may serve, who approved it, when."""

    value: str
    approved_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """Who last took the lease. That the host still holds it is known to that host only."""

    epoch: int
    holder: str
    since: datetime


@dataclass(frozen=True, slots=True)
class FeedRow:
    """Where a feed stands. ``stopped``: a file in quarantine stops it. ``open_files``: files that wait, are held or were rejected.
    ``behind``: it has not caught up with a restoration. ``was_stale``: this very data was found too old before."""

    feed: Feed
    last_name: str | None
    last_applied_at: datetime | None
    fresh_as_of: datetime | None
    stopped: bool
    open_files: int
    behind: bool = False
    was_stale: bool = False

    def standing(self, rule: FeedRule, now: datetime) -> Standing:
        """As the desk sees its age."""
        if self.behind:
            return Standing.BEHIND
        return Standing.STALE if self.was_stale else standing_of(rule, self.fresh_as_of, now)


@dataclass(frozen=True, slots=True)
class IssuanceRow:
    """One issuance without its people: ``state`` is OPEN, MADE, UNREPORTED, DELIVERED, CANCELLED or FAILED."""

    number: str
    kind: Kind
    received_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert that nobody has marked as seen. ``text`` is Japanese where the source gave one; ``place`` names field and code points of a paper."""

    at: datetime
    severity: str
    event: str
    subject: str
    text: str
    place: str


@dataclass(frozen=True, slots=True)
class RemovalRow:
    """When what its retention had ended for was last removed. ``refused``: why nothing was, empty when it was."""

    at: datetime
    refused: str


@dataclass(frozen=True, slots=True)
class Status:
    """All of it, as of one snapshot."""

    lease: LeaseRow
    feeds: tuple[FeedRow, ...]
    issuances: tuple[IssuanceRow, ...]
    issued_today: int
    refused_today: int
    alerts: tuple[AlertRow, ...]
    approved: ApprovedFingerprint | None
    removal: RemovalRow | None = None


async def read_status(tx: Transaction, *, today: datetime, rows: int = 20) -> Status:
    """today: when the Japanese day began. rows: at most so many issuances and alerts, the newest first."""
    lease = await tx.fetch_one(_LEASE)
    counts = await tx.fetch_one(_TODAY, (today, today))
    removal = await tx.fetch_one(_REMOVAL)
    assert lease is not None
    assert counts is not None
    feeds = await read_feeds(tx)
    issuances = [
        IssuanceRow(number, Kind(kind), at, state)
        for number, kind, at, state in await tx.fetch(_ISSUANCES, (rows,))
    ]
    return Status(
        lease=LeaseRow(*lease),
        feeds=feeds,
        issuances=tuple(issuances),
        issued_today=counts[0],
        refused_today=counts[1],
        alerts=tuple(AlertRow(*row) for row in await tx.fetch(_ALERTS, (rows,))),
        approved=await approved_fingerprint(tx),
        removal=None if removal is None else RemovalRow(*removal),
    )


async def read_feeds(tx: Transaction) -> tuple[FeedRow, ...]:
    """Where every feed stands, in the feeds' order."""
    feeds = [FeedRow(Feed(feed), *rest) for feed, *rest in await tx.fetch(_FEEDS)]
    return tuple(sorted(feeds, key=lambda row: list(Feed).index(row.feed)))


async def approved_fingerprint(tx: Transaction) -> ApprovedFingerprint | None:
    """The newest approval, None when nothing was ever approved."""
    row = await tx.fetch_one(_APPROVED)
    return None if row is None else ApprovedFingerprint(*row)


def look_up_fingerprint(made: connection) -> ApprovedFingerprint | None:
    """The same on a blocking connection."""
    with made.cursor() as cur:
        cur.execute(_APPROVED)
        row = cur.fetchone()
    return None if row is None else ApprovedFingerprint(*row)


def approve_fingerprint(made: connection, value: str, approved_by: str) -> None:
    """From now on this fingerprint may serve, and no other; the audit keeps who said so."""
    with transaction(made) as cur:
        cur.execute(_APPROVE, (value, approved_by))
        insert_audit(cur, approved_by, "fingerprint.approve", value)


def read_lease(made: connection) -> LeaseRow | None:
    """The lease's row on a blocking connection, None when the schema lacks it."""
    with made.cursor() as cur:
        cur.execute(_LEASE)
        row = cur.fetchone()
    return None if row is None else LeaseRow(*row)
