"""What a relay has brought, read again and stored: the reading child's statements on intake.transfer (konbinid.store.relay_files)."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from psycopg2 import Binary
from psycopg2.extensions import cursor
from psycopg2.extras import execute_values

from konbinid.store.relay_files import Attachment, OutOfStep, Transfer


def note_names(cur: cursor, transfer_id: int, names: Iterable[str]) -> None:
    """What the rows of a whole data file name."""
    execute_values(
        cur,
        "insert into intake.transfer_attachment (transfer_id, name) values %s on conflict do nothing",
        [(transfer_id, name) for name in names],
    )


def require_whole(cur: cursor, found: Transfer) -> None:
    """Everything that belongs to a transfer is here. OutOfStep."""
    cur.execute(
        "select exists (select from intake.transfer_attachment where transfer_id = %s and fault is null and have is distinct from size)",
        [found.id],
    )
    if found.have != found.offered.size or not found.named or cur.fetchone() != (False,):
        raise OutOfStep("it is not whole")


def data(cur: cursor, transfer_id: int, at_once: int) -> Generator[bytes, None, None]:
    """A data file's bytes in order, about ``at_once`` of them at a time."""
    start = -1
    while True:
        cur.execute(
            "select start, content from (select start, content, sum(length(content)) over (order by start) as until "
            "from (select start, content from intake.transfer_part where transfer_id = %s and attachment = '' and start > %s "
            "order by start limit 1024) p) q where until <= %s",
            [transfer_id, start, at_once],
        )
        rows = cur.fetchall()
        if not rows:
            return
        start = rows[-1][0]
        yield b"".join([bytes(content) for _, content in rows])


def attachments(cur: cursor, transfer_id: int, names: list[str]) -> dict[str, Attachment]:
    """Those of these names that are noted."""
    cur.execute(
        "select name, size, sha256, fault from intake.transfer_attachment where transfer_id = %s and name = any(%s)",
        [transfer_id, names],
    )
    return {row[0]: Attachment.of_row(*row) for row in cur.fetchall()}


def content_of(cur: cursor, transfer_id: int, attachment: Attachment) -> bytes | None:
    """An attachment's bytes as they came, or those of the same hash that are held; None without any."""
    cur.execute(
        "select content from intake.transfer_part where transfer_id = %s and attachment = %s order by start",
        [transfer_id, attachment.name],
    )
    pieces = [bytes(content) for (content,) in cur.fetchall()]
    if not pieces and attachment.size and attachment.sha256 is not None:
        cur.execute("select content from intake.attachment where sha256 = %s", [Binary(attachment.sha256)])
        pieces = [bytes(content) for (content,) in cur.fetchall()]
        return pieces[0] if pieces else None
    return b"".join(pieces)


def end(cur: cursor, transfer_id: int, incoming_id: int) -> None:
    """It is stored: what came of it is not needed any more."""
    for table in ("transfer_part", "transfer_attachment"):
        cur.execute(f"delete from intake.{table} where transfer_id = %s", [transfer_id])  # noqa: S608  # constant
    cur.execute("update intake.transfer set incoming_id = %s where id = %s", [incoming_id, transfer_id])
