"""What a relay may take back: the receipts of its files that are decided, and that it was heard."""

from __future__ import annotations

from psycopg2.extensions import cursor

from konbinid.store.intake_files import OPEN_STATES

_UNDECIDED = [state for state in OPEN_STATES if state != "rejected"]  # as Incoming.is_decided


def decided(cur: cursor, relay: str, most: int) -> list[tuple[int, int, str]]:
    """(transfer, file of intake.incoming, name) of what is decided and whose receipt the relay has not taken, oldest first."""
    cur.execute(
        "select t.id, i.id, t.name from intake.transfer t join intake.incoming i on i.id = t.incoming_id "
        "where t.relay = %s and not i.state = any(%s) order by i.state_at, t.id limit %s",
        [relay, _UNDECIDED, most],
    )
    return cur.fetchall()


def returns(cur: cursor) -> int:
    """The newest note that the database went back; 0 without any."""
    cur.execute("select coalesce(max(id), 0) from ops.restoration")
    row = cur.fetchone()
    assert row is not None
    return int(row[0])


def greeted(cur: cursor, relay: str) -> int:
    """A relay has connected; gives the newest note that the database went back."""
    heard(cur, relay)
    return returns(cur)


def heard(cur: cursor, relay: str) -> None:
    """A relay has spoken."""
    cur.execute(
        "insert into ops.relay (relay, heard_at) values (%s, clock_timestamp()) on conflict (relay) do update set heard_at = excluded.heard_at "
        "where relay.heard_at is null or relay.heard_at < clock_timestamp() - interval '5 seconds'",
        [relay],
    )


def attached(cur: cursor, incoming_id: int, after: str, most: int) -> list[tuple[str, bytes]]:
    """(name, sha256) of what came with a stored file, the next in order."""
    cur.execute(
        'select name, sha256 from intake.attachment_name where incoming_id = %s and name collate "C" > %s order by name collate "C" limit %s',
        [incoming_id, after, most],
    )
    return [(name, bytes(digest)) for name, digest in cur.fetchall()]
