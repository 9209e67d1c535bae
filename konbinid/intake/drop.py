"""The drop folder: what lies there complete, and where it goes when it is settled.

Only looking and moving; what a file is worth is decided elsewhere. Everything here blocks and runs in a thread.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from pathlib import Path

from konbinid.intake.folder import chunks, is_there, may_read, opened_file, opened_folder, read_small
from konbinid.intake.names import END_LIMIT, BadEnd, BadName, DropName, EndMarker
from konbinid.intake.steps import Passing, Point

_END = ".end"
_HASHED_AT_ONCE = 1024 * 1024
_MOST_HASHED = 64 * 1024 * 1024  # more than any attachment that is taken


class FoldersRefused(Exception):
    """The four folders cannot be used together; the text says why."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A data file with its marker.

    ``end`` None: the marker is malformed. ``identity`` changes when the file does. ``gone``: the marker stands alone.
    """

    name: DropName
    end: EndMarker | None
    identity: tuple[int, ...]
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something in the folder that is not taken. ``name`` is empty when the name itself is none to repeat."""

    name: str
    reason: str


@dataclass(slots=True)
class Drop:
    """One drop folder with its archive and quarantine, all on one file system: a file goes from one to the other by its name alone."""

    folder: Path
    archive: Path
    quarantine: Path
    end_wait_seconds: float
    _empty_since: dict[str, float] = field(default_factory=dict)

    def require_folders(self) -> None:
        """FoldersRefused when one is missing, not ours to write, or on another file system."""
        devices = set()
        for path in (self.folder, self.archive, self.quarantine):
            if not path.is_dir() or not os.access(path, os.R_OK | os.W_OK | os.X_OK):
                raise FoldersRefused(f"{path}: no folder that can be read and written")
            devices.add(path.stat().st_dev)
        if len(devices) != 1:
            raise FoldersRefused(
                f"{self.folder}, {self.archive} and {self.quarantine} must lie on one file system"
            )

    def look(self, now: float) -> tuple[list[Arrival], list[Oddity]]:
        """What is complete, oldest first, and what is odd. ``now`` is monotonic: an empty marker is given time to be filled."""
        arrivals: list[Arrival] = []
        oddities: list[Oddity] = []
        with opened_folder(self.folder) as folder:
            markers = [name for name in os.listdir(folder) if name.endswith(_END)]  # noqa: PTH208  # an open folder has no path
            for marker in markers:
                found = self._marked(marker, folder, now)
                if isinstance(found, Arrival):
                    arrivals.append(found)
                elif found is not None:
                    oddities.append(found)
        for name in self._empty_since.keys() - set(markers):
            del self._empty_since[name]
        return sorted(arrivals, key=lambda arrival: arrival.name), oddities

    def _marked(self, marker: str, folder: int, now: float) -> Arrival | Oddity | None:
        try:
            name = DropName.parse(marker.removesuffix(_END))
        except BadName as bad:
            shown = marker if marker.isascii() and marker.isprintable() else ""
            return Oddity(shown, str(bad))
        try:
            content = read_small(marker, folder, END_LIMIT)
            if content is None and not may_read(marker, folder):
                return Oddity(marker, "may not be read")
            status = _status(name.text, folder)
        except OSError as error:
            return _unreadable(name, error)
        if content == b"" and now - self._empty_since.setdefault(marker, now) < self.end_wait_seconds:
            return None
        try:
            end = EndMarker.parse(content or b"")
        except BadEnd:
            end = None
        return self._beside(name, end, status, folder)

    @staticmethod
    def _beside(
        name: DropName, end: EndMarker | None, status: os.stat_result | None, folder: int
    ) -> Arrival | Oddity:
        """The data file of a marker."""
        if status is None:
            return Arrival(name, end, (), gone=True)
        if not stat.S_ISREG(status.st_mode):
            return Oddity(name.text, "not a plain file")
        try:
            # Opened and shut: what may not be read would be tried again for ever, and nobody told.
            with opened_file(name.text, folder):
                pass
        except OSError as error:
            return _unreadable(name, error)
        return Arrival(name, end, identity_of(status))

    def file_away(
        self, arrival: Arrival, place: Path, attachments: Mapping[str, bytes], passing: Passing
    ) -> None:
        """Take a settled file out of the drop folder, to the archive or the quarantine, with its attachments (name -> sha256). The marker goes
        last, so whoever is interrupted finds it and goes on.

        What has been written since it was read stays, with its marker: nobody has read it yet, and it may be another file under the same name.
        """
        name = arrival.name
        target = place / name.stamp.strftime("%Y%m%d")
        target.mkdir(exist_ok=True)
        with opened_folder(self.folder) as folder, opened_folder(target) as into:
            if identity_of(_status(name.text, folder)) != arrival.identity:
                return
            _move(name.stem, folder, into, stat.S_ISDIR)
            if attachments:
                self._file_attachments(name, attachments, folder, into)
            passing(Point.ATTACHMENTS_FILED)
            _move(name.text, folder, into, stat.S_ISREG)
            os.fsync(into)
            passing(Point.DATA_FILED)
            # Whatever it is: a link or folder that stayed would have the receipt written again at every look.
            _move(name.end, folder, into, lambda _: True)
            os.fsync(folder)
        passing(Point.FILED)

    @staticmethod
    def _file_attachments(name: DropName, attachments: Mapping[str, bytes], folder: int, into: int) -> None:
        """Those that lay beside the data file, unless the name holds something newer by now: that belongs to a later file."""
        with suppress(FileExistsError):
            os.mkdir(name.stem, dir_fd=into)
        with opened_folder(name.stem, into) as own:
            for each in sorted(attachments.keys() & set(os.listdir(folder))):  # as above
                if _digest(each, folder) == attachments[each]:
                    _move(each, folder, own, stat.S_ISREG)
            os.fsync(own)


def _status(name: str, folder: int) -> os.stat_result | None:
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def identity_of(status: os.stat_result | None) -> tuple[int, ...]:
    """What changes when a file does; nothing for one that is not there."""
    return () if status is None else (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def _digest(name: str, folder: int) -> bytes | None:
    """A plain file's hash; None when it is none or cannot be read."""
    digest = sha256()
    try:
        with opened_file(name, folder) as descriptor:
            for data in chunks(descriptor, _HASHED_AT_ONCE, _MOST_HASHED):
                digest.update(data)
    except OSError:
        return None
    return digest.digest()


def _unreadable(name: DropName, error: OSError) -> Oddity:
    denied = error.errno in {errno.EACCES, errno.EPERM}
    return Oddity(name.text, "may not be read" if denied else "cannot be read now")


def _move(name: str, folder: int, into: int, is_wanted: Callable[[int], bool]) -> None:
    """Move one entry by its name; what is there already keeps its name, and the newcomer gets a number behind it."""
    try:
        mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return
    if is_wanted(mode):
        free = next(each for each in _names(name) if not is_there(each, into))
        os.rename(name, free, src_dir_fd=folder, dst_dir_fd=into)


def _names(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}.{number}" for number in count(2))
