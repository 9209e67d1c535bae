"""Files as they arrive: intake.incoming, their bytes, and their attachments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from psycopg2 import Binary
from psycopg2.extensions import cursor
from psycopg2.extras import Json, execute_values

OPEN_STATES = ("received", "waiting", "held", "rejected")
PART_BYTES = 1024 * 1024
_AHEAD = '{"problems": [{"line": 0, "through": 0, "column": "", "fault": "stamp_ahead"}]}'

_COLUMNS = """
id, name, feed, stamp, sequence, full_file, rows, sha256, state, report, resolved_by <> '', added, changed, removed, applied_at, relay
"""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One file that arrived. ``sha256`` is of the bytes that are stored, whatever its marker said; ``approved``: an operator agreed.
    ``relay``: who brought it; empty for one that lay in the daemon's own inbox."""

    id: int
    name: str
    feed: str
    stamp: datetime
    sequence: int
    full: bool
    rows: int
    sha256: bytes
    state: str
    report: dict[str, Any]
    approved: bool
    added: int | None
    changed: int | None
    removed: int | None
    applied_at: datetime | None
    relay: str

    @property
    def unusable(self) -> dict[str, str]:
        """Name -> fault (konbinid.intake.problems.Fault) of the attachments that lay there and were not taken."""
        return dict(self.report.get("unusable", {}))

    @property
    def is_decided(self) -> bool:
        """Whether the core system can be told what became of it."""
        return self.state not in {"received", "waiting", "held"}


def _incoming(row: tuple[Any, ...]) -> Incoming:
    values = list(row)
    values[7] = bytes(values[7])  # psycopg2 gives bytea as a memoryview
    return Incoming(*values)


def by_id(cur: cursor, incoming_id: int) -> Incoming:
    """One file. LookupError when there is none."""
    cur.execute(f"select {_COLUMNS} from intake.incoming where id = %s", [incoming_id])  # noqa: S608  # constant
    row = cur.fetchone()
    if row is None:
        raise LookupError("no such file")
    return _incoming(row)


def by_name(cur: cursor, name: str) -> list[Incoming]:
    """Everything that ever came under a name, the first first."""
    cur.execute(f"select {_COLUMNS} from intake.incoming where name = %s order by id", [name])  # noqa: S608  # constant
    return [_incoming(row) for row in cur.fetchall()]


def unsettled(cur: cursor) -> list[tuple[int, str, str, datetime]]:
    """(id, state, name, since) of every file of any feed that is not settled, and of the refused ones that still hold people or close their feed."""
    cur.execute(
        "select i.id, i.state, i.name, i.state_at from intake.incoming i where i.state = any(%s) or (i.state = 'refused' "
        "and (exists (select from people.doubt d where d.incoming_id = i.id) "
        "or exists (select from people.feed_doubt d where d.incoming_id = i.id))) order by i.feed, i.id",
        [list(OPEN_STATES)],
    )
    return cur.fetchall()


def held_because_of(cur: cursor, incoming_id: int) -> tuple[int, bool]:
    """How many people, residents and registers a file holds provisionally, and whether it closes its feed."""
    cur.execute(
        "select (select count(*) from people.doubt where incoming_id = %s), exists (select from people.feed_doubt where incoming_id = %s)",
        [incoming_id, incoming_id],
    )
    row = cur.fetchone()
    assert row is not None
    return int(row[0]), bool(row[1])


def open_files(cur: cursor, feed: str) -> list[Incoming]:
    """A feed's files that are not settled. The reports of those that were judged are left out, but for a time stamp ahead of its time: they can be
    long, and this is asked often."""
    short = f"case when state in ('received', 'waiting') then report when report @> '{_AHEAD}' then '{_AHEAD}' else '{{}}' end"
    cur.execute(
        f"select {_COLUMNS.replace('report', short)} from intake.incoming where feed = %s and state = any(%s) order by id",  # noqa: S608  # constant
        [feed, list(OPEN_STATES)],
    )
    return [_incoming(row) for row in cur.fetchall()]


def japan_now(cur: cursor) -> datetime:
    """The database's clock as a Japanese wall shows it, without an offset, as file names have it."""
    cur.execute("select clock_timestamp() at time zone 'Asia/Tokyo'")
    row = cur.fetchone()
    assert row is not None
    now: datetime = row[0]
    return now


def add(
    cur: cursor,
    *,
    name: str,
    feed: str,
    stamp: datetime,
    sequence: int,
    full: bool,
    rows: int,
    placeholder: bytes,
    relay: str = "",
) -> int:
    """A new file whose hash is not known yet: ``placeholder`` stands for it until ``seal``."""
    cur.execute(
        "insert into intake.incoming (name, feed, stamp, sequence, full_file, rows, sha256, bytes, relay) "
        "values (%s, %s, %s, %s, %s, %s, %s, 0, %s) returning id",
        [name, feed, stamp, sequence, full, rows, Binary(placeholder), relay],
    )
    row = cur.fetchone()
    assert row is not None
    return int(row[0])


def add_part(cur: cursor, incoming_id: int, part: int, content: bytes) -> None:
    """The next bytes of a file; at most PART_BYTES."""
    cur.execute(
        "insert into intake.incoming_part (incoming_id, part, content) values (%s, %s, %s)",
        [incoming_id, part, Binary(content)],
    )


def seal(cur: cursor, incoming_id: int, sha256: bytes, size: int, report: dict[str, Any]) -> None:
    """The file is whole. UniqueViolation when the same name came with the same bytes before."""
    cur.execute(
        "update intake.incoming set sha256 = %s, bytes = %s, report = %s where id = %s",
        [Binary(sha256), size, Json(report), incoming_id],
    )


def parts(cur: cursor, incoming_id: int) -> Iterator[bytes]:
    """A file's bytes, one part at a time."""
    part = 0
    while True:
        cur.execute(
            "select content from intake.incoming_part where incoming_id = %s and part = %s",
            [incoming_id, part],
        )
        row = cur.fetchone()
        if row is None:
            return
        yield bytes(row[0])
        part += 1


def add_attachments(
    cur: cursor,
    feed: str,
    incoming_id: int,
    files: Collection[tuple[str, bytes, bytes]],
    owners: Mapping[str, str | None],
) -> None:
    """Attachments that came with a file: (name, sha256, content) each. ``owners``: name -> whose it is (``Brought``)."""
    execute_values(
        cur,
        "insert into intake.attachment (sha256, bytes, content) values %s on conflict do nothing",
        [(Binary(digest), len(content), Binary(content)) for _, digest, content in files],
    )
    execute_values(
        cur,
        # Two rows that differ about the owner leave nobody.
        "insert into intake.attachment_name as n (feed, name, sha256, incoming_id, owner) values %s "
        "on conflict (feed, name, incoming_id) do update set owner = null where n.owner is distinct from excluded.owner",
        [(feed, name, Binary(digest), incoming_id, owners.get(name)) for name, digest, _ in files],
    )


# A place's open files: what still claims it. Of others with the same number (a year ago, refused, let go) nothing is taken over.
_OLDER = "(i.stamp < %(stamp)s or i.report @> %(ahead)s)"
_OF_PLACE = """
from intake.incoming i where i.feed = %(feed)s and i.sequence = %(sequence)s and i.id <> %(id)s and i.state = any(%(open)s)
"""
_BROUGHT = f"""
select n.name, n.sha256, n.owner, true as own, true as older, null::timestamp as stamp
  from intake.attachment_name n where n.feed = %(feed)s and n.name = any(%(names)s) and n.incoming_id = %(id)s
union all
select n.name, n.sha256, n.owner, false, o.older, o.stamp
  from (select i.id, i.stamp, {_OLDER} as older {_OF_PLACE}) o join intake.attachment_name n on n.incoming_id = o.id
 where n.feed = %(feed)s and n.name = any(%(names)s)
 order by own desc, stamp desc
"""  # noqa: S608  # constants of this module
_UNTAKEN = f"""
select u.key, u.value, p.stamp
  from (select i.stamp, i.report {_OF_PLACE} and {_OLDER}) p, jsonb_each_text(p.report->'unusable') u order by p.stamp
"""  # noqa: S608  # as above


@dataclass(frozen=True, slots=True)
class Brought:
    """An attachment that came with a file (``own``), or with one that it corrects, written at ``stamp``. ``owner``: whose it was there; None: nobody
    can say. ``others``: whose these very bytes are under this name by other files of the place."""

    sha256: bytes
    own: bool
    owner: str | None
    stamp: datetime | None
    others: frozenset[str] = frozenset()


def brought(cur: cursor, incoming: Incoming, names: Iterable[str]) -> dict[str, Brought]:
    """By name, the attachments that came with a file, or with the newest that it corrects (the same place, still open, written before it)."""
    cur.execute(_BROUGHT, {**_of_place(incoming), "names": list(names)})
    found: dict[str, Brought] = {}
    others: dict[str, set[str]] = {}
    for name, digest, owner, own, older, stamp in cur.fetchall():
        if name not in found and (own or older):
            found[name] = Brought(bytes(digest), own, owner, stamp)
        if not own and owner is not None and name in found and bytes(digest) == found[name].sha256:
            others.setdefault(name, set()).add(owner)
    return {name: replace(each, others=frozenset(others.get(name, ()))) for name, each in found.items()}


def untaken_before(cur: cursor, incoming: Incoming) -> dict[str, tuple[str, datetime]]:
    """By name, the attachments that the files it corrects had and that could not be taken: fault, and when the newest of them was written."""
    cur.execute(_UNTAKEN, _of_place(incoming))
    return {name: (fault, stamp) for name, fault, stamp in cur.fetchall()}


def _of_place(incoming: Incoming) -> dict[str, Any]:
    return {
        "feed": incoming.feed,
        "sequence": incoming.sequence,
        "id": incoming.id,
        "stamp": incoming.stamp,
        "ahead": _AHEAD,
        "open": list(OPEN_STATES),
    }


def held_pictures(cur: cursor, registrations: Iterable[str]) -> dict[tuple[str, str, str], bytes]:
    """(registration number, 宛名番号, picture's name) -> sha256 of what the register holds: a name alone could be another person's, and so could a
    number that was given again."""
    cur.execute(
        "select registration_number, atena_number, image_name, image_sha256 from people.seal "
        "where registration_number = any(%s) and image_sha256 is not null",
        [list(registrations)],
    )
    return {(number, atena, name): bytes(digest) for number, atena, name, digest in cur.fetchall()}


def contents(cur: cursor, digests: Iterable[bytes]) -> dict[bytes, bytes]:
    """sha256 -> bytes of attachments."""
    cur.execute(
        "select sha256, content from intake.attachment where sha256 = any(%s)",
        [[Binary(digest) for digest in digests]],
    )
    return {bytes(digest): bytes(content) for digest, content in cur.fetchall()}


def attachment_names(cur: cursor, incoming_id: int) -> dict[str, bytes]:
    """Name -> sha256 of everything that came with a file. Row by row: fetching 45,000 at once keeps the reactor's thread out for 0.1 s."""
    cur.execute("select name, sha256 from intake.attachment_name where incoming_id = %s", [incoming_id])
    return {name: bytes(digest) for name, digest in cur}
