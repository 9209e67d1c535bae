"""How old each feed's data is told to be: every change once, whichever host sees it, as an alert in the transaction that records it.

What was found too old stays so until a newer file is applied or the city sets a longer limit: a clock that is set back opens nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from konbinid.domain.feeds import AGEING, Feed, FeedRule, Standing, kinds_of, standing_of
from konbinid.domain.kinds import TITLES
from konbinid.store.state import clock, raise_alert

if TYPE_CHECKING:
    from konbinid.store.transaction import Transaction

_SOURCE = "feeds"
_ALONE = "lock table ops.feed_standing in share row exclusive mode"  # two hosts look at the same time
_READ = """
select f.feed, f.fresh_as_of, f.caught_up < (select coalesce(max(id), 0) from ops.restoration), s.standing, s.as_of, s.limit_seconds
  from intake.feed f left join ops.feed_standing s using (feed)
"""
_WRITE = """
insert into ops.feed_standing (feed, standing, as_of, limit_seconds) values (%s, %s, %s, %s)
    on conflict (feed) do update
   set standing = excluded.standing, as_of = excluded.as_of, limit_seconds = excluded.limit_seconds, at = clock_timestamp()
"""
_LATE = "データが届いていません。このまま届かないと止まる証明書: {kinds}。送信元に確かめてください。"
_STALE = "データが古くなりすぎたため、止めました: {kinds}。送信元に確かめてください。"
_AGAIN = "新しいデータを反映し、この種別の古さによる停止が終わりました: {kinds}。"


async def note_standings(tx: Transaction, rules: Mapping[Feed, FeedRule]) -> None:
    """Look at every feed of the city whose age closes something, in a transaction of its own at READ COMMITTED."""
    await tx.execute(_ALONE)
    now = await clock(tx)
    for name, since, behind, before, as_of, limit in await tx.fetch(_READ):
        feed = Feed(name)
        if feed not in rules or feed not in AGEING:
            continue
        allowed = rules[feed].maximum_age.total_seconds()
        old = None if before is None else Standing(before)
        stuck = old is Standing.STALE and _is_of(since, as_of) and allowed <= limit
        new = Standing.BEHIND if behind else Standing.STALE if stuck else standing_of(rules[feed], since, now)
        if new is not old or (new is Standing.STALE and not stuck):
            await tx.execute(_WRITE, (name, new, since, allowed))
        if new is not old:
            await _tell(tx, feed, old, new)


def _is_of(since: datetime | None, as_of: datetime | None) -> bool:
    return since is not None and as_of is not None and since <= as_of


async def _tell(tx: Transaction, feed: Feed, old: Standing | None, new: Standing) -> None:
    kinds = "、".join(TITLES[kind] for kind in kinds_of(feed))

    def detail(text: str) -> dict[str, str]:
        return {"text": text.format(kinds=kinds)}

    if old in {Standing.STALE, Standing.BEHIND} and not new.closes:
        await raise_alert(tx, "info", _SOURCE, "feed_open_again", subject=feed, detail=detail(_AGAIN))
    if new is Standing.LATE:
        await raise_alert(tx, "warning", _SOURCE, "feed_late", subject=feed, detail=detail(_LATE))
    elif new is Standing.STALE:
        await raise_alert(tx, "error", _SOURCE, "feed_stale", subject=feed, detail=detail(_STALE))
