"""The child's first job: a file's bytes and attachments from the drop folder into PostgreSQL, whole or not at all.

After it either host can go on without the folder. What the file is worth is not judged here; only what will be gone later is
noted: whether the bytes are the announced ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection, cursor

from konbinid.intake.feeds import ADD, REMOVE
from konbinid.intake.folder import chunks, is_there, opened_file, opened_folder, read_small, size_of
from konbinid.intake.layout import Layout
from konbinid.intake.names import DropName, EndMarker
from konbinid.intake.problems import Fault, ProblemList
from konbinid.intake.records import Block, Reader
from konbinid.store import intake_files
from konbinid.store.intake_files import PART_BYTES, Incoming
from konbinid.store.intake_link import transaction

_ATTACHMENTS_AT_ONCE = 64
_BYTES_AT_ONCE = 4 * 1024 * 1024  # of attachments, unless a single one is larger


@dataclass(frozen=True, slots=True)
class StoreJob:
    """What to store. ``end`` None: the marker is malformed. ``ahead``: how far a name's time stamp may lie in the future."""

    folder: Path
    name: DropName
    end: EndMarker | None
    most_bytes: int
    ahead: timedelta


@dataclass(frozen=True, slots=True)
class Stored:
    """Which file of intake.incoming it is now, and whether it had come before."""

    incoming_id: int
    known: bool


class Storer:
    """Stores one file. ``progress`` is called now and then while it works."""

    def __init__(self, layout: Layout, job: StoreJob, progress: Callable[[], None]) -> None:
        self._layout = layout
        self._job = job
        self._unusable: dict[str, Fault] = {}
        self._progress = progress

    def store(self, link: connection) -> Stored:
        """Store it unless the same bytes came under the same name before. OSError when it cannot be read."""
        with opened_folder(self._job.folder) as folder:
            with transaction(link) as cur:
                known = intake_files.by_name(cur, self._job.name.text)
            same = self._same(known, folder) if known else None
            if same is not None:
                return Stored(same, known=True)
            try:
                with transaction(link) as cur:
                    return Stored(self._store(cur, folder, other_content=bool(known)), known=False)
            except UniqueViolation:
                # Another daemon stored the same bytes under the same name in the meantime.
                with transaction(link) as cur:
                    known = intake_files.by_name(cur, self._job.name.text)
                same = self._same(known, folder)
                if same is None:
                    raise
                return Stored(same, known=True)

    def _same(self, known: Iterable[Incoming], folder: int) -> int | None:
        digest = sha256()
        for data in self._read(folder):
            digest.update(data)
        return next((each.id for each in known if each.sha256 == digest.digest()), None)

    def _read(self, folder: int) -> Iterator[bytes]:
        with opened_file(self._job.name.text, folder) as descriptor:
            for data in chunks(descriptor, PART_BYTES, self._job.most_bytes):
                self._progress()
                yield data

    def _store(self, cur: cursor, folder: int, *, other_content: bool) -> int:
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
        )
        wanted = _Wanted(self._layout, full=name.full) if self._layout.spec.attachment else None
        digest, size = sha256(), 0
        for part, data in enumerate(self._read(folder)):
            digest.update(data)
            size += len(data)
            intake_files.add_part(cur, incoming_id, part, data)
            if wanted is not None:
                self._bring(cur, folder, incoming_id, wanted.names_in(data))
        if wanted is not None:
            self._bring(cur, folder, incoming_id, wanted.last_names())
        faults = self._faults(cur, digest.digest(), size)
        if other_content:
            faults.add_file(Fault.OTHER_CONTENT)
        report = {**faults.as_report(), "unusable": self._unusable}
        intake_files.seal(cur, incoming_id, digest.digest(), size, report)
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

    def _bring(self, cur: cursor, folder: int, incoming_id: int, names: list[str]) -> None:
        """Store the named attachments that lie in the file's own folder or beside it. What is not there may be held already."""
        name = self._job.name
        with ExitStack() as stack:
            places = [folder]
            with suppress(OSError):  # there need not be such a folder, and a link to one is not followed
                places.insert(0, stack.enter_context(opened_folder(name.stem, folder)))
            for start in range(0, len(names), _ATTACHMENTS_AT_ONCE):
                self._progress()
                for found in self._contents(names[start : start + _ATTACHMENTS_AT_ONCE], places):
                    intake_files.add_attachments(cur, name.feed, incoming_id, found)

    def _contents(self, names: list[str], places: list[int]) -> Iterator[list[tuple[str, bytes, bytes]]]:
        """(name, sha256, content) of those that are there, never many bytes at once."""
        found: list[tuple[str, bytes, bytes]] = []
        size = 0
        for name in names:
            content = first_content(name, places, self._layout.spec.attachment_bytes)
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


class _Wanted:
    """The attachments that a file's rows name."""

    def __init__(self, layout: Layout, *, full: bool) -> None:
        self._reader = Reader(layout, full=full)
        self._field = layout.spec.attachment or ""

    def names_in(self, data: bytes) -> list[str]:
        """Names in the rows that these bytes complete."""
        return self._names(self._reader.feed(data))

    def last_names(self) -> list[str]:
        """Names in a last row without line end."""
        return self._names(self._reader.finish())

    def _names(self, blocks: Iterator[Block]) -> list[str]:
        names = []
        for block in blocks:
            # A removal has no picture. What it names is not looked at, so it could be any file in the folder, another feed's too.
            all_names = block.columns[self._field]
            named = zip(block.columns.get("operation", [ADD] * len(all_names)), all_names, strict=True)
            names += [name for operation, name in named if name and operation != REMOVE]
        names += self._reader.attachments_of_bad_rows  # whoever corrects the row may name the picture again
        self._reader.attachments_of_bad_rows = []
        return list(dict.fromkeys(names))


def first_content(name: str, places: list[int], limit: int) -> bytes | Fault | None:
    """An attachment's bytes from the first place where there is anything of its name; None when there is nothing in any of them.

    A fault when what is there cannot be taken: then nothing else may stand in for it, neither an older file nor what is held already.
    """
    place = next((each for each in places if is_there(name, each)), None)
    if place is None:
        return None
    content = read_small(name, place, limit)
    if content is not None:
        return content
    size = size_of(name, place)
    return Fault.ATTACHMENT_TOO_LARGE if size is not None and size > limit else Fault.ATTACHMENT_MISSING
