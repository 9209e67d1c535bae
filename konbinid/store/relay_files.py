"""Files on their way from a relay: intake.transfer, its parts and attachments.

Everything is asked with the relay's name, so that no relay reaches another one's files. Each function is one step of a transaction; a step that
does not fit what is there changes nothing and raises OutOfStep, and the relay begins again by offering the file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg2 import Binary
from psycopg2.extensions import cursor

MOST_OPEN = 64
"""Files of one relay that are not whole yet."""
_FORGOTTEN = "7 days"  # a relay that has not gone on with a file for so long has withdrawn it


class OutOfStep(Exception):
    """What the relay says does not fit what has come of the file."""


class TooMuch(Exception):
    """The relay has too much under way."""


@dataclass(frozen=True, slots=True)
class Offered:
    """A file as a relay announces it. ``sha256`` is of its bytes as they lie there; ``claimed`` of its marker, None when that is malformed."""

    name: str
    feed: str
    size: int
    sha256: bytes
    rows: int
    claimed: bytes | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """What has come of an offered file. ``named``: its rows have been read for attachments. ``incoming_id``: it is stored."""

    id: int
    relay: str
    offered: Offered
    have: int
    named: bool
    incoming_id: int | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attachment of a transfer. ``fault`` empty: it is not at the relay; None: it is, or nobody has looked yet (then ``sha256`` is None too)."""

    name: str
    size: int | None
    sha256: bytes | None
    fault: str | None

    @classmethod
    def of_row(cls, name: str, size: int | None, sha256: memoryview | None, fault: str | None) -> Attachment:
        """As PostgreSQL gives it."""
        return cls(name, size, None if sha256 is None else bytes(sha256), fault)


_COLUMNS = "id, relay, name, feed, size, sha256, rows, claimed, have, named, incoming_id"


def transfer(cur: cursor, transfer_id: int, relay: str | None = None, *, lock: bool = False) -> Transfer:
    """One transfer, of one relay. OutOfStep when there is none (any more)."""
    cur.execute(
        f"select {_COLUMNS} from intake.transfer where id = %s and (%s::text is null or relay = %s) {'for update' if lock else ''}",  # noqa: S608  # constant
        [transfer_id, relay, relay],
    )
    return _transfer(cur)


def _transfer(cur: cursor) -> Transfer:
    row = cur.fetchone()
    if row is None:
        raise OutOfStep("no such transfer")
    number, relay, name, feed, size, sha256, rows, claimed, have, named, incoming_id = row
    wanted = None if claimed is None else bytes(claimed)
    return Transfer(
        number, relay, Offered(name, feed, size, bytes(sha256), rows, wanted), have, named, incoming_id
    )


def _require_none(cur: cursor, relay: str, name: str) -> None:
    cur.execute("select from intake.transfer where relay = %s and name = %s", [relay, name])
    if cur.rowcount:
        raise TooMuch("it is being stored")


def offer(cur: cursor, relay: str, offered: Offered, most_open_bytes: int) -> Transfer:
    """Begin, or go on with, a file. Another file under the same name takes the place of what has come. TooMuch, also while the file is being stored:
    its row is locked as long, and whatever else the relay says would wait behind this (a hold, too)."""
    cur.execute(
        f"select {_COLUMNS} from intake.transfer where relay = %s and name = %s for update skip locked",  # noqa: S608  # constant
        [relay, offered.name],
    )
    if not cur.rowcount:
        _require_none(cur, relay, offered.name)
    else:
        known = _transfer(cur)
        if known.offered == offered:
            return known
        drop(cur, known.id)
    cur.execute(
        "delete from intake.transfer where relay = %s and incoming_id is null and touched_at < clock_timestamp() - %s::interval",
        [relay, _FORGOTTEN],
    )
    cur.execute(
        "select count(*), coalesce(sum(size), 0) from intake.transfer where relay = %s and incoming_id is null",
        [relay],
    )
    count, size = _row(cur)
    if count >= MOST_OPEN or (count and size + offered.size > most_open_bytes):
        raise TooMuch
    cur.execute(
        _BEGIN,
        {
            "relay": relay,
            "name": offered.name,
            "feed": offered.feed,
            "size": offered.size,
            "sha256": Binary(offered.sha256),
            "rows": offered.rows,
            "claimed": None if offered.claimed is None else Binary(offered.claimed),
        },
    )
    return _transfer(cur)


# The same bytes under the same name came before: the receipt is given again, and the bytes need not come.
_BEGIN = f"""
insert into intake.transfer (relay, name, feed, size, sha256, rows, claimed, incoming_id)
values (%(relay)s, %(name)s, %(feed)s, %(size)s, %(sha256)s, %(rows)s, %(claimed)s,
        (select max(id) from intake.incoming where name = %(name)s and sha256 = %(sha256)s))
returning {_COLUMNS}
"""  # noqa: S608  # constant


def append(cur: cursor, relay: str, transfer_id: int, *, part: str, offset: int, content: bytes) -> int:
    """The next bytes of a data file (``part`` empty) or of an attachment; how many there are now. OutOfStep when they do not follow what is there."""
    values = {
        "id": transfer_id,
        "relay": relay,
        "name": part,
        "offset": offset,
        "size": len(content),
        "content": Binary(content),
    }
    if content:
        cur.execute(_APPEND_ATTACHED if part else _APPEND_DATA, values)
    if not content or cur.rowcount != 1:
        raise OutOfStep("bytes that do not follow")
    return offset + len(content)


_APPEND_DATA = """
with grown as (
    update intake.transfer set have = have + %(size)s, touched_at = clock_timestamp()
     where id = %(id)s and relay = %(relay)s and have = %(offset)s and have + %(size)s <= size and incoming_id is null
    returning id)
insert into intake.transfer_part (transfer_id, attachment, start, content) select id, '', %(offset)s, %(content)s from grown
"""
_APPEND_ATTACHED = """
with grown as (
    update intake.transfer_attachment a set have = a.have + %(size)s from intake.transfer t
     where t.id = a.transfer_id and t.id = %(id)s and t.relay = %(relay)s and t.incoming_id is null
       and a.name = %(name)s and a.have = %(offset)s and a.have + %(size)s <= a.size
    returning t.id)
insert into intake.transfer_part (transfer_id, attachment, start, content) select id, %(name)s, %(offset)s, %(content)s from grown
"""


def end_names(cur: cursor, transfer_id: int) -> None:
    """All names have been noted."""
    cur.execute("update intake.transfer set named = true where id = %s", [transfer_id])


def wanted(cur: cursor, transfer_id: int, after: str, most: int) -> list[tuple[str, bytes | None]]:
    """The next names in order, each with the hash of what is here, None when nothing whole is."""
    cur.execute(
        "select name, case when have = size then sha256 end from intake.transfer_attachment "
        'where transfer_id = %s and name collate "C" > %s order by name collate "C" limit %s',
        [transfer_id, after, most],
    )
    return [(name, None if digest is None else bytes(digest)) for name, digest in cur.fetchall()]


def attach(cur: cursor, relay: str, transfer_id: int, name: str, *, size: int, sha256: bytes) -> int:
    """An attachment lies at the relay; how much of it is here, all of it when the same bytes came before. OutOfStep."""
    known = _attachment_for_update(cur, relay, transfer_id, name)
    if known.sha256 != sha256:
        if known.sha256 is not None:
            cur.execute(
                "delete from intake.transfer_part where transfer_id = %s and attachment = %s",
                [transfer_id, name],
            )
        cur.execute(_ATTACH, [size, Binary(sha256), Binary(sha256), size, transfer_id, name])
    else:
        cur.execute(
            "select have from intake.transfer_attachment where transfer_id = %s and name = %s",
            [transfer_id, name],
        )
    return int(_row(cur)[0])


_ATTACH = """
update intake.transfer_attachment
   set size = %s, sha256 = %s, fault = null, have = (select coalesce(max(bytes), 0) from intake.attachment where sha256 = %s and bytes = %s)
 where transfer_id = %s and name = %s returning have
"""


def unusable(cur: cursor, relay: str, transfer_id: int, name: str, fault: str) -> None:
    """An attachment is not at the relay (``fault`` empty), or lies there and cannot be taken. OutOfStep."""
    _attachment_for_update(cur, relay, transfer_id, name)
    cur.execute(
        "delete from intake.transfer_part where transfer_id = %s and attachment = %s", [transfer_id, name]
    )
    cur.execute(
        "update intake.transfer_attachment set size = null, sha256 = null, have = 0, fault = %s where transfer_id = %s and name = %s",
        [fault, transfer_id, name],
    )


def _attachment_for_update(cur: cursor, relay: str, transfer_id: int, name: str) -> Attachment:
    cur.execute(
        "select a.name, a.size, a.sha256, a.fault from intake.transfer_attachment a join intake.transfer t on t.id = a.transfer_id "
        "where t.id = %s and t.relay = %s and t.incoming_id is null and a.name = %s for update of a",
        [transfer_id, relay, name],
    )
    row = cur.fetchone()
    if row is None:
        raise OutOfStep("an attachment that no row names")
    return Attachment.of_row(*row)


def drop(cur: cursor, transfer_id: int) -> None:
    """Forget a transfer: its receipt was taken, or it begins anew."""
    cur.execute("delete from intake.transfer where id = %s", [transfer_id])


def _row(cur: cursor) -> tuple[Any, ...]:
    row = cur.fetchone()
    assert row is not None
    return row
