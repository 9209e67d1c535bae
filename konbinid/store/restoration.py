"""Whether the database went back in time, by a restored backup or a fail-over that lost commits (I-11), and who says that all is entered again.

Each host counts a row of its own up (``beat``) and keeps the highest value it saw committed outside the database. A database that shows
less has lost what came in between: holds, moves, suspensions. It is noted before anybody is answered; from then on every feed has to catch up
(intake.feed.caught_up), and everything is closed until staff have confirmed (konbinid.store.state).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from konbinid.domain.feeds import AGEING, Feed
from konbinid.store.audit import insert_audit
from konbinid.store.direct import PATIENCE, transaction
from konbinid.store.errors import DatabaseWentBack
from konbinid.store.state import UNCONFIRMED, raise_alert

if TYPE_CHECKING:
    from psycopg2.extensions import connection

    from konbinid.store.transaction import Transaction

_IDENTITY = "select database_id::text from ops.identity"
_SEEN = "select i.database_id::text, coalesce((select value from ops.beat where host = %s), 0) from ops.identity i"
# Another host's beat within half a minute: a daemon with a witness runs, and has looked. A beat from the future says nothing.
_OTHERS = """
select coalesce(sum(value), 0) > 0, coalesce(bool_or(host <> %s and clock_timestamp() - at between '0' and '30 s'), false) from ops.beat
"""
_BEAT = """
insert into ops.beat as b (host, value, at) values (%s, %s, clock_timestamp())
    on conflict (host) do update set value = greatest(b.value + 1, excluded.value), at = clock_timestamp()
returning value, at
"""
_NOTE = "select ops.note_restoration(%s, %s, %s, %s, %s, %s)"
_OPEN = f"select id, at, noted_by, reason from ops.restoration r where {UNCONFIRMED} order by id"  # noqa: S608  # constant
_CONFIRM = f"""
insert into ops.restoration_confirmed (restoration_id, confirmed_by, reason)
select max(id), %s, %s from ops.restoration r where {UNCONFIRMED} having max(id) is not null returning restoration_id
"""  # noqa: S608  # constant
_BEHIND = "select feed, last_name from intake.feed where caught_up < (select coalesce(max(id), 0) from ops.restoration)"

_TEXT = (
    "データベースが過去の状態に戻りました (バックアップからの復元、または切替え)。すべての証明書を止めています。"
    "運用の手引きの9章の順に、停止・市の設定・ファイルを入れ直し、konbinid restored --confirm で確認してください。"
)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What a host saw committed: its own beat's value in which database, and when by that database's clock."""

    database: str
    value: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Restoration:
    """One return to the past that nobody has confirmed yet. ``noted_by``: the host that noticed, or the person who declared it."""

    id: int
    at: datetime
    noted_by: str
    reason: str


async def require_not_gone_back(tx: Transaction, host: str, witnessed: Witnessed | None) -> None:
    """Make sure, as of this snapshot, that the database still shows what this host saw committed *before* the snapshot was taken.

    DatabaseWentBack: it does not, it is another database, or this host has seen nothing yet.
    """
    row = await tx.fetch_one(_SEEN, (host,))
    if witnessed is None or row is None or row[0] != witnessed.database or row[1] < witnessed.value:
        raise DatabaseWentBack("the database shows less than this host saw committed")


async def beat(tx: Transaction, host: str, witnessed: Witnessed | None) -> tuple[Witnessed, bool]:
    """Count this host's row up, and whether a return to the past was noted with it; true once committed.

    witnessed: what this host saw before; None when it has no witness. A host without one on a database that was in use cannot know: unless another
    daemon runs on it, that counts as a return, too. DatabaseWentBack when it is another database than the witness's: nobody's beat belongs there.
    """
    identity = await tx.fetch_one(_IDENTITY)
    seen = await tx.fetch_one(_SEEN, (host,))
    assert identity is not None
    assert seen is not None
    database, found = str(identity[0]), int(seen[1])
    if witnessed is not None and witnessed.database != database:
        raise DatabaseWentBack("this is another database")
    noted = await _is_back(tx, host, found, witnessed)
    if noted:
        reason = (
            "no witness on this host" if witnessed is None else "the database shows less than was committed"
        )
        least, not_before = (None, None) if witnessed is None else (witnessed.value, witnessed.at)
        await tx.execute(_NOTE, (host, False, reason, found, least, not_before))
        detail = {"text": _TEXT, "found": found, "witnessed": least}
        await raise_alert(tx, "critical", "witness", "database.went_back", subject=host, detail=detail)
    floor = 1 if witnessed is None else witnessed.value + 1
    row = await tx.fetch_one(_BEAT, (host, floor))
    assert row is not None
    return Witnessed(database, row[0], row[1]), noted


async def _is_back(tx: Transaction, host: str, found: int, witnessed: Witnessed | None) -> bool:
    if witnessed is not None:
        return found < witnessed.value
    row = await tx.fetch_one(_OTHERS, (host,))
    assert row is not None
    in_use, watched = row
    return bool(in_use and not watched)


def identity_of(made: connection) -> str | None:
    """The database's own number; None when the schema lacks it."""
    row = _one(made, _IDENTITY)
    return None if row is None else str(row[0])


def declare(made: connection, *, who: str, reason: str) -> None:
    """A person says that the database was restored; all that follows a noticed return follows. Raises psycopg2.Error."""
    with transaction(made) as cur:
        cur.execute(PATIENCE)
        cur.execute(_NOTE, (who, True, reason, None, None, None))
        insert_audit(cur, who, "restoration.declare", "", {"reason": reason})


def confirm(made: connection, *, who: str, reason: str) -> bool:
    """A person says that what staff had entered after the backup is entered again; False, and nothing is written, when nothing waits for that."""
    with transaction(made) as cur:
        cur.execute(_CONFIRM, (who, reason))
        row = cur.fetchone()
        if row is not None:
            insert_audit(cur, who, "restoration.confirm", str(row[0]), {"reason": reason})
    return row is not None


def unconfirmed(made: connection) -> tuple[Restoration, ...]:
    """The returns that close everything, the oldest first."""
    with made.cursor() as cur:
        cur.execute(_OPEN)
        return tuple(Restoration(*row) for row in cur.fetchall())


def behind(made: connection) -> dict[Feed, str | None]:
    """The feeds that have not caught up, with the name of the last file that the restored database has. 外字 close nothing and are left out."""
    with made.cursor() as cur:
        cur.execute(_BEHIND)
        found = {Feed(feed): name for feed, name in cur.fetchall()}
    return {feed: found[feed] for feed in Feed if feed in found and feed in AGEING}


def _one(made: connection, statement: str) -> tuple[Any, ...] | None:
    with made.cursor() as cur:
        cur.execute(statement)
        row: tuple[Any, ...] | None = cur.fetchone()
    return row
