"""How a file ends: applied, held, rejected, waiting, refused, released. Each is one transaction behind the fence (intake_link.fence).

A file's state, its feed's place, the provisional holds and the alert change together, so a daemon that is killed anywhere leaves
either all of it or nothing, and the next one goes on from intake.incoming alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg2.extensions import cursor
from psycopg2.extras import Json

from konbinid.store import (
    intake_apply,
    intake_compare,
    intake_files,
    intake_people,
    intake_prepare,
    intake_staging,
)
from konbinid.store.intake_files import OPEN_STATES, Incoming
from konbinid.store.intake_link import FeedRow, enter, feed_row, raise_alert
from konbinid.store.intake_prepare import Prepared
from konbinid.store.intake_staging import Left, StagingLost
from konbinid.store.intake_tables import Table

_SETTLE = """
update intake.incoming
   set state = %(state)s, state_at = clock_timestamp(), report = %(report)s, added = %(added)s, changed = %(changed)s,
       removed = %(removed)s, applied_at = case when %(state)s = 'applied' then clock_timestamp() end
 where id = %(id)s
"""
_MARK = "update intake.incoming set state = %s, state_at = clock_timestamp(), report = report || %s, resolved_by = %s where id = %s"

# caught_up: only a file that was written after a restoration shows that the feed has caught up with it, and only where a full file laid the ground:
# a feed whose first full file came after the backup is empty here (I-11).
# fresh_as_of: the core system's clock when it wrote the file, never later than now. last_stamp only grows: a full file must be newer than
# everything applied.
_ADVANCE = """
update intake.feed
   set last_sequence = %(sequence)s, last_name = %(name)s, last_stamp = greatest(last_stamp, %(stamp)s),
       last_full_stamp = case when %(full)s then %(stamp)s else last_full_stamp end, last_applied_at = clock_timestamp(),
       fresh_as_of = least(%(stamp)s at time zone 'Asia/Tokyo', clock_timestamp()), stopped_by = null,
       caught_up = greatest(caught_up, (select max(id) from ops.restoration
                                         where (%(full)s or last_full_stamp is not null) and %(stamp)s at time zone 'Asia/Tokyo' > at))
 where feed = %(feed)s
"""
GO_ON = "update intake.feed set last_sequence = %s, stopped_by = null where feed = %s"
_STOP = "update intake.feed set stopped_by = %s where feed = %s"
# A file that came since this one was chosen, and corrects it, has not been looked at by anybody: it stays, comes late, and holds whom it names.
_SUPERSEDE = """
update intake.incoming set state = 'superseded', state_at = clock_timestamp(), resolved_by = %s
 where feed = %s and sequence = %s and id <> %s and state = any(%s) and (state in ('held', 'rejected') or stamp < %s)
returning id
"""
_LOOK_AGAIN = "update intake.incoming set state = 'received' where feed = %s and state = 'waiting'"
_VERIFIED_BEFORE = "select id from intake.incoming where feed = %s and id <> %s and state = 'applied' and report ? 'verified'"

# For the status page: what konbinid.office.words says of this alert, with the count.
_CLOSED_TEXT = "内容が食い違う行が {rows} 件あり、その方の証明書を止めました。konbinid files closed で確かめ、送信元に訂正を求めてください。"


class SettledAlready(Exception):
    """The file is not open any more: another daemon, or an earlier try whose answer was lost, has settled it."""


def apply(cur: cursor, incoming: Incoming, table: Table, prepared: Prepared, report: dict[str, Any]) -> None:
    """Bring a prepared file into people.* and move its feed on."""
    _require_open(cur, incoming)
    _require_prepared(cur, table, prepared)
    intake_people.lock_effective(cur, incoming.feed, table, prepared.run, incoming.stamp)
    intake_apply.write(cur, incoming.feed, table, prepared.run, incoming_id=incoming.id, stamp=incoming.stamp)
    _require_prepared(cur, table, prepared)
    if incoming.full:
        _end_verified(cur, incoming)
    if closing := intake_apply.count_closing(cur, table, prepared.run):
        detail = {"rows": closing, "text": _CLOSED_TEXT.format(rows=closing)}
        raise_alert(cur, "warning", "people_closed", incoming.name, detail)
    _finish(cur, incoming, report, prepared.effects)


def report_only(
    cur: cursor, incoming: Incoming, table: Table, prepared: Prepared, report: dict[str, Any]
) -> None:
    """A full file of a feed that is set to ``verify_only``: changes nothing, and holds the people for whom it would."""
    _require_open(cur, incoming)
    _require_prepared(cur, table, prepared)
    intake_people.end_doubts(cur, [incoming.id])  # those of its waiting, which named everybody
    intake_people.doubt_differing(cur, incoming.feed, table, prepared.run, incoming.id)
    _require_prepared(cur, table, prepared)
    _end_verified(cur, incoming)
    differences = {name: prepared.effects.get(effect, 0) for name, effect in _EFFECT_NAMES.items()}
    if any(differences.values()):
        raise_alert(cur, "warning", "feed_differs", incoming.name, differences)
    _finish(cur, incoming, {**report, "verified": differences}, {}, keep=incoming.id)


def compare(
    cur: cursor, incoming: Incoming, table: Table, prepared: Prepared, report: dict[str, Any]
) -> None:
    """A full file that an operator wants only compared: held at its place with what differs, so that it can still be applied in its order."""
    _require_open(cur, incoming)
    _require_prepared(cur, table, prepared)
    intake_people.end_doubts(cur, [incoming.id])  # those of its waiting, which named everybody
    intake_people.doubt_differing(cur, incoming.feed, table, prepared.run, incoming.id)
    _require_prepared(cur, table, prepared)
    counts = {name: prepared.effects.get(effect, 0) for name, effect in _EFFECT_NAMES.items()}
    _mark(cur, incoming, "held", {**report, "compared": counts})
    cur.execute(_STOP, [incoming.id, incoming.feed])
    raise_alert(cur, "warning", "file_compared", incoming.name, counts)


def hold(cur: cursor, incoming: Incoming, table: Table, prepared: Prepared, report: dict[str, Any]) -> None:
    """It would remove too much: an operator decides. Everyone named, and everyone who would go, is held meanwhile."""
    _require_open(cur, incoming)
    _require_prepared(cur, table, prepared)
    intake_people.doubt_everyone(cur, incoming.feed, table, prepared.run, incoming.id)
    intake_people.doubt_differing(cur, incoming.feed, table, prepared.run, incoming.id)
    _require_prepared(cur, table, prepared)
    counts = {"would_remove": prepared.removed, "present": prepared.present}
    _mark(cur, incoming, "held", {**report, **counts})
    cur.execute(_STOP, [incoming.id, incoming.feed])
    raise_alert(cur, "error", "file_held", incoming.name, counts)


def reject(
    cur: cursor, incoming: Incoming, table: Table, left: Left, report: dict[str, Any], *, keys_unread: bool
) -> None:
    """Quarantine: the feed stops here. Everyone named is held; the feed closes when keys could not be read."""
    _require_open(cur, incoming)
    _doubt(cur, incoming, table, left, keys_unread=keys_unread)
    _mark(cur, incoming, "rejected", report)
    cur.execute(_STOP, [incoming.id, incoming.feed])
    raise_alert(cur, "error", "file_rejected", incoming.name, {"bad_rows": report.get("bad_rows", 0)})


def wait(
    cur: cursor,
    incoming: Incoming,
    table: Table,
    left: Left,
    *,
    keys_unread: bool,
    gap: dict[str, Any] | None,
) -> None:
    """Not its turn. ``gap``: what is missing before it, when nothing else stops the feed."""
    _require_open(cur, incoming)
    _doubt(cur, incoming, table, left, keys_unread=keys_unread)
    _mark(cur, incoming, "waiting", {} if gap is None else {"gap": gap})
    if gap is not None:
        raise_alert(cur, "error", "sequence_gap", incoming.name, gap)


def refuse(
    cur: cursor,
    incoming: Incoming,
    table: Table,
    left: Left | None,
    report: dict[str, Any],
    *,
    takes_place: bool,
    keys_unread: bool,
) -> None:
    """It is not to be applied at all.

    ``left``: its rows are staged and contradict what was applied, so everyone named is held until an operator has looked.
    ``takes_place``: the feed goes on after it, unless another file has stopped it here: what is not applied resolves nobody's doubt.
    ``keys_unread``: the feed closes until then, whoever can be read.
    """
    _require_open(cur, incoming, "refused")
    if left is not None:
        _doubt(cur, incoming, table, left, keys_unread=keys_unread)
    else:
        intake_people.end_doubts(cur, [incoming.id])  # those of its waiting
        if keys_unread:
            intake_people.close_feed(cur, incoming.id, incoming.feed)
    _mark(cur, incoming, "refused", report)
    if takes_place and feed_row(cur, incoming.feed).stopped_by is None:
        # What else claims the place comes late now and is told so: nothing was applied that could resolve its doubts.
        cur.execute(GO_ON, [incoming.sequence, incoming.feed])
    raise_alert(cur, "error", "file_refused", incoming.name, {})


def approve(cur: cursor, incoming_id: int, who: str) -> None:
    """An operator agrees to what a held file removes; intake applies it at its next look. SettledAlready when it is not held."""
    incoming, _ = for_operator(cur, incoming_id, "held")
    cur.execute("update intake.incoming set resolved_by = %s where id = %s", [who, incoming.id])


def release(cur: cursor, incoming_id: int, who: str) -> None:
    """An operator lets a rejected, held, waiting or refused file go unapplied: its provisional holds end, and a feed that it stopped
    goes on behind it. SettledAlready when it is none of these."""
    incoming, feed = for_operator(cur, incoming_id, "rejected", "held", "waiting", "refused")
    _mark(cur, incoming, "released", {}, who)
    intake_people.end_doubts(cur, [incoming.id])
    if feed.stopped_by == incoming.id:
        # A correction that has come but was not looked at yet comes late now, and holds whom it names: its rows are not let go with this file's.
        cur.execute(GO_ON, [incoming.sequence, incoming.feed])
        _supersede(cur, incoming, ["held", "rejected"])


def verify(cur: cursor, incoming_id: int, who: str) -> None:
    """An operator wants a full file only compared; one that is held already is looked at again. SettledAlready when it is judged or no full file."""
    incoming, feed = for_operator(cur, incoming_id, "received", "waiting", "held")
    if not incoming.full or incoming.approved:
        raise SettledAlready
    intake_compare.choose(cur, incoming.name, who)
    if incoming.state == "held":
        _mark(cur, incoming, "waiting", {})  # its holds stay until it has been compared
        if feed.stopped_by == incoming.id:
            cur.execute(_STOP, [None, incoming.feed])


def for_operator(cur: cursor, incoming_id: int, *states: str) -> tuple[Incoming, FeedRow]:
    """A file that an operator decides about, and where its feed stands; nobody else changes either meanwhile. SettledAlready when it is in another state."""
    feed = enter(cur, intake_files.by_id(cur, incoming_id).feed)
    incoming = intake_files.by_id(cur, incoming_id)  # as it is now that nobody else changes it
    if incoming.state not in states:
        raise SettledAlready
    return incoming, feed


def _require_prepared(cur: cursor, table: Table, prepared: Prepared) -> None:
    """Asked before the locks, and again after the last use: what is there then was there all the while."""
    if not intake_prepare.is_still_there(cur, table, prepared):
        raise StagingLost


_EFFECT_NAMES = {"added": "a", "changed": "c", "removed": "r"}


def _finish(
    cur: cursor,
    incoming: Incoming,
    report: dict[str, Any],
    effects: dict[str, int],
    *,
    keep: int | None = None,
) -> None:
    counts = {name: effects.get(effect, 0) for name, effect in _EFFECT_NAMES.items()}
    cur.execute(_SETTLE, {"id": incoming.id, "state": "applied", "report": Json(report), **counts})
    place = ("sequence", "name", "stamp", "full", "feed")
    cur.execute(_ADVANCE, {name: getattr(incoming, name) for name in place})
    if keep is None:
        intake_people.end_doubts(cur, [incoming.id])
    _supersede(cur, incoming)
    if effects:
        # It may have given a key to somebody whom files that wait name by nothing else: they are read again, and whom they name now is held, too.
        cur.execute(_LOOK_AGAIN, [incoming.feed])


def _end_verified(cur: cursor, incoming: Incoming) -> None:
    """A full file speaks of everybody: what earlier ones only reported as different is no doubt any more."""
    cur.execute(_VERIFIED_BEFORE, [incoming.feed, incoming.id])
    intake_people.end_doubts(cur, [row[0] for row in cur.fetchall()])


def _supersede(cur: cursor, incoming: Incoming, states: Sequence[str] = OPEN_STATES) -> None:
    """The place is taken: whatever else claimed it is settled, and its provisional holds end."""
    who = f"file {incoming.id}"
    cur.execute(
        _SUPERSEDE, [who, incoming.feed, incoming.sequence, incoming.id, list(states), incoming.stamp]
    )
    intake_people.end_doubts(cur, [row[0] for row in cur.fetchall()])


def _doubt(cur: cursor, incoming: Incoming, table: Table, left: Left, *, keys_unread: bool) -> None:
    # The kinds' state before the people: the order in which the desk takes them.
    if keys_unread:
        intake_people.close_feed(cur, incoming.id, incoming.feed)
    intake_people.doubt_everyone(cur, incoming.feed, table, left.run, incoming.id)
    intake_staging.require_whole(cur, table, left)  # last: what is there now was there all the while


def _mark(cur: cursor, incoming: Incoming, state: str, report: dict[str, Any], who: str = "") -> None:
    cur.execute(_MARK, [state, Json(report), who, incoming.id])


def _require_open(cur: cursor, incoming: Incoming, *more: str) -> None:
    cur.execute("select state from intake.incoming where id = %s for update", [incoming.id])
    row = cur.fetchone()
    if row is None or row[0] not in {*OPEN_STATES, *more}:
        raise SettledAlready
