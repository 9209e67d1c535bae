"""An operator gives up files that never came: the feed goes on behind them."""

from __future__ import annotations

from psycopg2.extensions import cursor
from psycopg2.extras import Json

from konbinid.store import intake_files
from konbinid.store.intake_settle import GO_ON, SettledAlready, for_operator

_NUMBERS = 999_999  # 000001 follows 999999


class NotInGap(Exception):
    """The number does not lie between the feed's place and the waiting file: the feed would go back, or pass by a file that is there."""


def give_up(cur: cursor, incoming_id: int, last_missing: int, who: str) -> None:
    """Give up what is missing before a waiting file, up to ``last_missing``: the feed goes on behind it at intake's next look. SettledAlready when
    the file does not wait or something else stops the feed; NotInGap."""
    incoming, feed = for_operator(cur, incoming_id, "waiting")
    if feed.stopped_by is not None:
        raise SettledAlready
    place = (feed.last_sequence or 0) + 1
    through = (last_missing - place) % _NUMBERS
    there = [(each.sequence - place) % _NUMBERS for each in intake_files.open_files(cur, incoming.feed)]
    if through >= (incoming.sequence - place) % _NUMBERS or any(each <= through for each in there):
        raise NotInGap
    cur.execute(GO_ON, [last_missing, incoming.feed])
    note = Json({"gap_given_up_by": who})
    cur.execute("update intake.incoming set report = report || %s where id = %s", [note, incoming.id])
