"""What a relay brought, on its way into intake.incoming: read for the attachments that its rows name, and stored like a file of the inbox.

Part of the reading child: rows are others' bytes. Whatever does not agree with what the relay announced makes the file begin anew; nothing of it
was believed by then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from psycopg2.extensions import connection, cursor

from konbinid.intake.layout import Layout
from konbinid.intake.names import DropName, EndMarker
from konbinid.intake.problems import Fault
from konbinid.intake.storing import Stored, StoreJob, Storer, Wanted
from konbinid.store import relay_arrived, relay_files
from konbinid.store.intake_files import PART_BYTES
from konbinid.store.intake_link import transaction
from konbinid.store.relay_files import Transfer


class Torn(Exception):
    """What came is not what the relay announced, or not all of it."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One transfer whose bytes are here. ``progress`` is called now and then."""

    link: connection
    layout: Layout
    transfer: Transfer
    progress: Callable[[], None]

    def note_names(self) -> None:
        """Note the attachments that the rows name. Torn."""
        wanted = Wanted(self.layout, full=DropName.parse(self.transfer.offered.name).full)
        with transaction(self.link) as cur:
            for data in self._data(cur):
                self.progress()
                self._note(cur, list(wanted.names_in(data)))
            self._note(cur, list(wanted.last_names()))
            relay_files.end_names(cur, self.transfer.id)

    def _note(self, cur: cursor, names: list[str]) -> None:
        if names:
            relay_arrived.note_names(cur, self.transfer.id, names)

    def _data(self, cur: cursor) -> Iterator[bytes]:
        return ArrivedSource(self.transfer).data(cur)

    def store(self, most_bytes: int, ahead: timedelta) -> Stored:
        """Store it. Torn."""
        offered, end = self.transfer.offered, None
        if offered.claimed is not None:
            end = EndMarker(offered.rows, offered.claimed)
        job = StoreJob(DropName.parse(offered.name), end, most_bytes, ahead, self.transfer.relay)
        return Storer(self.layout, job, ArrivedSource(self.transfer), self.progress).store(self.link)


@dataclass(frozen=True, slots=True)
class ArrivedSource:
    """The bytes of a transfer (konbinid.intake.storing.Source)."""

    transfer: Transfer

    def data(self, cur: cursor) -> Iterator[bytes]:
        """Source. Torn at the end, when they are not the announced ones."""
        digest = sha256()
        # Held until the transaction ends: another host may store the same transfer at this moment.
        if relay_files.transfer(cur, self.transfer.id, lock=True).incoming_id is not None:
            raise Torn
        with closing(relay_arrived.data(cur, self.transfer.id, PART_BYTES)) as pieces:
            for piece in pieces:
                digest.update(piece)
                yield piece
        if digest.digest() != self.transfer.offered.sha256:
            raise Torn

    def contents(self, cur: cursor, names: list[str], _: int) -> Iterator[tuple[str, bytes | Fault | None]]:
        """Source. Torn, too, when nobody asked the relay for one: the layout is another one by now."""
        noted = relay_arrived.attachments(cur, self.transfer.id, names)
        for name in names:
            each = noted.get(name)
            if each is None or (each.fault is None and each.sha256 is None):
                raise Torn
            if each.fault is not None:
                yield name, Fault(each.fault) if each.fault else None
                continue
            content = relay_arrived.content_of(cur, self.transfer.id, each)
            if content is None or sha256(content).digest() != each.sha256:
                raise Torn
            yield name, content

    def stored(self, cur: cursor, incoming_id: int) -> None:
        """Source. What came is dropped in the same transaction."""
        relay_arrived.end(cur, self.transfer.id, incoming_id)


def settle(
    link: connection, layout: Layout, job: dict[str, Any], progress: Callable[[], None]
) -> dict[str, Any]:
    """One of the child's jobs about a transfer: ``names`` or ``store``. ``anew``: it must begin anew, and nothing is kept of it. OutOfStep."""
    number = int(job["transfer"])
    with transaction(link) as cur:
        transfer = relay_files.transfer(cur, number)
        if transfer.incoming_id is not None:
            return {"incoming_id": transfer.incoming_id, "known": True, "anew": False}
        if job["job"] == "store":
            relay_arrived.require_whole(cur, transfer)
    arrived = Arrived(link, layout, transfer, progress)
    try:
        if job["job"] == "names":
            arrived.note_names()
            return {"anew": False}
        stored = arrived.store(job["most_bytes"], timedelta(seconds=job["ahead"]))
    except Torn:
        with transaction(link) as cur:
            if relay_files.transfer(cur, number, lock=True).incoming_id is None:
                relay_files.drop(cur, number)
        return {"anew": True}
    return {"incoming_id": stored.incoming_id, "known": stored.known, "anew": False}
