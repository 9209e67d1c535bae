"""The child's first job: a file's bytes and attachments into PostgreSQL's intake.incoming, whole or not at all.

They lie in the drop folder (FolderSource), or came from a relay (konbinid.intake.arrived). After it either host can go on without them. What the
file is worth is not judged here; only what will be gone later is noted: whether the bytes are the announced ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from itertools import repeat
from typing import Protocol

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection, cursor

from konbinid.intake.feeds import ADD, REMOVE, Attached
from konbinid.intake.folder import chunks, opened_file
from konbinid.intake.layout import Layout
from konbinid.intake.names import DropName, EndMarker
from konbinid.intake.pictures import owner_of
from konbinid.intake.places import attachment_places, first_content
from konbinid.intake.problems import Fault, ProblemList
from konbinid.intake.records import Block, Reader
from konbinid.store import intake_files
from konbinid.store.intake_files import PART_BYTES
from konbinid.store.intake_link import transaction

_ATTACHMENTS_AT_ONCE = 64
_BYTES_AT_ONCE = 4 * 1024 * 1024  # of attachments, unless a single one is larger


@dataclass(frozen=True, slots=True)
class StoreJob:
    """What to store. ``end`` None: the marker is malformed. ``ahead``: how far a name's time stamp may lie in the future. ``relay``: who brought it."""

    name: DropName
    end: EndMarker | None
    most_bytes: int
    ahead: timedelta
    relay: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """Which file of intake.incoming it is now, and whether it had come before."""

    incoming_id: int
    known: bool


class Source(Protocol):
    """Where a file's bytes and attachments are. ``cur`` is the transaction in which they are stored."""

    def data(self, cur: cursor) -> Iterator[bytes]:
        """The bytes in order, at most PART_BYTES at a time. OSError when they cannot be read."""

    def contents(
        self, cur: cursor, names: list[str], limit: int
    ) -> Iterator[tuple[str, bytes | Fault | None]]:
        """Each attachment's bytes; None: it is not there; a fault: what is there cannot be taken."""

    def stored(self, cur: cursor, incoming_id: int) -> None:
        """The file is, or was before, that row of intake.incoming."""


class Storer:
    """Stores one file. ``progress`` is called now and then while it works."""

    def __init__(self, layout: Layout, job: StoreJob, source: Source, progress: Callable[[], None]) -> None:
        self._layout = layout
        self._job = job
        self._source = source
        self._unusable: dict[str, Fault] = {}
        self._progress = progress

    def store(self, link: connection) -> Stored:
        """Store it unless the same bytes came under the same name before. OSError when it cannot be read."""
        known = self._known(link)
        if isinstance(known, Stored):
            return known
        try:
            with transaction(link) as cur:
                return Stored(self._store(cur, other_content=known), known=False)
        except UniqueViolation:
            # Another daemon stored the same bytes under the same name in the meantime.
            known = self._known(link)
            if not isinstance(known, Stored):
                raise
            return known

    def _known(self, link: connection) -> Stored | bool:
        """The same bytes under this name; else whether there are others."""
        with transaction(link) as cur:
            known = intake_files.by_name(cur, self._job.name.text)
            if not known:
                return False
            digest = sha256()
            for data in self._read(cur):
                digest.update(data)
            same = next((each.id for each in known if each.sha256 == digest.digest()), None)
            if same is None:
                return True
            self._source.stored(cur, same)
            return Stored(same, known=True)

    def _read(self, cur: cursor) -> Iterator[bytes]:
        for data in self._source.data(cur):
            self._progress()
            yield data

    def _store(self, cur: cursor, *, other_content: bool) -> int:
        name, end = self._job.name, self._job.end
        incoming_id = intake_files.add(
            cur,
            name=name.text,
            feed=name.feed,
            stamp=name.stamp,
            sequence=name.sequence,
            full=name.full,
            rows=end.rows if end else 0,
            placeholder=os.urandom(32),
            relay=self._job.relay,
        )
        wanted = Wanted(self._layout, full=name.full) if self._layout.spec.attachment else None
        digest, size = sha256(), 0
        for part, data in enumerate(self._read(cur)):
            digest.update(data)
            size += len(data)
            intake_files.add_part(cur, incoming_id, part, data)
            if wanted is not None:
                self._bring(cur, incoming_id, wanted.names_in(data))
        if wanted is not None:
            self._bring(cur, incoming_id, wanted.last_names())
        faults = self._faults(cur, digest.digest(), size)
        if other_content:
            faults.add_file(Fault.OTHER_CONTENT)
        report = {**faults.as_report(), "unusable": self._unusable}
        intake_files.seal(cur, incoming_id, digest.digest(), size, report)
        self._source.stored(cur, incoming_id)
        return incoming_id

    def _faults(self, cur: cursor, digest: bytes, size: int) -> ProblemList:
        job, faults = self._job, ProblemList()
        if job.end is None:
            faults.add_file(Fault.END_MALFORMED)
        elif job.end.sha256 != digest:
            faults.add_file(Fault.HASH_MISMATCH)
        if size > job.most_bytes:
            faults.add_file(Fault.TOO_LARGE)
        if job.name.extension != self._layout.extension:
            faults.add_file(Fault.WRONG_EXTENSION)
        if job.name.stamp > intake_files.japan_now(cur) + job.ahead:
            faults.add_file(Fault.STAMP_AHEAD)
        return faults

    def _bring(self, cur: cursor, incoming_id: int, owners: dict[str, str | None]) -> None:
        """Store the named attachments. What is not there may be held already."""
        names = list(owners)
        for start in range(0, len(names), _ATTACHMENTS_AT_ONCE):
            self._progress()
            for found in self._contents(cur, names[start : start + _ATTACHMENTS_AT_ONCE]):
                intake_files.add_attachments(cur, self._job.name.feed, incoming_id, found, owners)

    def _contents(self, cur: cursor, names: list[str]) -> Iterator[list[tuple[str, bytes, bytes]]]:
        """(name, sha256, content) of those that are there, never many bytes at once."""
        found: list[tuple[str, bytes, bytes]] = []
        size = 0
        for name, content in self._source.contents(cur, names, self._layout.spec.attachment_bytes):
            if content is None:
                continue
            if isinstance(content, Fault):
                self._unusable[name] = content
                continue
            if found and size + len(content) > _BYTES_AT_ONCE:
                yield found
                found, size = [], 0
            found.append((name, sha256(content).digest(), content))
            size += len(content)
        if found:
            yield found


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A file in an open drop folder, with its attachments in a folder of its own or beside it."""

    folder: int
    name: DropName
    most_bytes: int

    def data(self, _: cursor) -> Iterator[bytes]:
        """Source."""
        with opened_file(self.name.text, self.folder) as descriptor:
            yield from chunks(descriptor, PART_BYTES, self.most_bytes)

    def contents(self, _: cursor, names: list[str], limit: int) -> Iterator[tuple[str, bytes | Fault | None]]:
        """Source."""
        with attachment_places(self.name, self.folder) as places:
            for name in names:
                yield name, first_content(name, places, limit)

    def stored(self, _: cursor, __: int) -> None:
        """Source. It stays where it is until it has its receipt."""


class Wanted:
    """The attachments that a file's rows name, each with whose it is (konbinid.intake.pictures): None when that is not known, or matters to nobody."""

    def __init__(self, layout: Layout, *, full: bool) -> None:
        self._reader = Reader(layout, full=full)
        self._field = layout.spec.attachment or ""
        self._of_seals = layout.spec.attached is Attached.SEAL

    def names_in(self, data: bytes) -> dict[str, str | None]:
        """Names in the rows that these bytes complete."""
        return self._names(self._reader.feed(data))

    def last_names(self) -> dict[str, str | None]:
        """Names in a last row without line end."""
        return self._names(self._reader.finish())

    def _names(self, blocks: Iterator[Block]) -> dict[str, str | None]:
        named: dict[str, str | None] = {}
        for block in blocks:
            # A removal has no picture. What it names is not looked at, so it could be any file in the folder, another feed's too.
            names = block.columns[self._field]
            operations = block.columns.get("operation", [ADD] * len(names))
            for operation, name, owner in zip(operations, names, self._owners(block), strict=True):
                if name and operation != REMOVE:
                    _note(named, name, owner)
        for (
            name,
            who,
        ) in self._reader.attachments_of_bad_rows:  # whoever corrects the row may name the picture again
            number, atena = who.key.get("registration_number", ""), who.people.get("atena_number", "")
            _note(named, name, owner_of(number, atena) if self._of_seals else None)
        self._reader.attachments_of_bad_rows = []
        return named

    def _owners(self, block: Block) -> Iterable[str | None]:
        if not self._of_seals:
            return repeat(None, len(block.lines))
        return map(owner_of, block.columns["registration_number"], block.columns["atena_number"])


def _note(named: dict[str, str | None], name: str, owner: str | None) -> None:
    """Two rows that differ about the owner leave nobody."""
    named[name] = owner if named.get(name, owner) == owner else None
