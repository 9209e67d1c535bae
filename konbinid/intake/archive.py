"""The archive: applied files whose retention has ended are removed, and nothing else is (contract 2; docs/decisions/0040).

What may go is asked of PostgreSQL by name, and a data file goes only when its bytes are those that were applied. Everything is looked up in an
open folder (konbinid.intake.folder), and no link is followed: others may write to the archive. Blocks; runs in a thread.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.domain.dates import JST
from konbinid.intake.folder import chunks, opened_file, opened_folder
from konbinid.store.direct import transaction
from konbinid.store.retention import Limits, ended_files

if TYPE_CHECKING:
    from psycopg2.extensions import connection

_DAY = re.compile(r"[0-9]{8}")
# A data file, its marker, the folder of its attachments; with a number behind it what came under a name that was there (intake.drop).
_ENTRY = re.compile(r"([A-Z]{1,16}_[0-9]{14}_[0-9]{6}_[FD])(\.csv|\.dat)?(\.end)?(?:\.[0-9]+)?")
_BYTES = 1024 * 1024
_ANY_SIZE = 1 << 60
_EXTENSIONS = (".csv", ".dat")

Ended = Callable[[list[str]], Mapping[str, Collection[bytes]]]
"""Of these names those whose retention has ended, with the hashes of what was applied under them."""


def clear_archive(
    folder: Path, link: connection, limits: Limits, go_on: Callable[[], bool], passing: Callable[[str], None]
) -> dict[str, int]:
    """Remove what has ended from an archive. How many entries went, and how many were left because they are not intake's
    or not the bytes that were applied. OSError, psycopg2.Error."""

    def ended(names: list[str]) -> Mapping[str, Collection[bytes]]:
        with transaction(link) as cur:
            return ended_files(cur, names, limits)

    sweep = Sweep(folder, ended, go_on, passing)
    sweep.clear(limits.files)
    return {"removed": sweep.removed, "left": sweep.left}


@dataclass(slots=True)
class _Bundle:
    """What lies in a day's folder of one file: data files, and what goes with them."""

    data: list[str] = field(default_factory=list)
    markers: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Sweep:
    """One look through the archive.

    ``go_on`` is asked before every file, so that a daemon can stop; ``passing`` is called after every removal. ``removed`` counts entries;
    ``left`` those that are no file of intake's or do not hold the bytes that were applied: people look at them.
    """

    folder: Path
    ended: Ended
    go_on: Callable[[], bool]
    passing: Callable[[str], None]
    removed: int = 0
    left: int = 0

    def clear(self, limit: datetime) -> None:
        """Remove what was applied before ``limit``. OSError when the archive cannot be read or written."""
        last = limit.astimezone(JST).strftime("%Y%m%d")
        with opened_folder(self.folder) as archive:
            # A folder is named for the day in its files' names, and nothing is applied before it was written.
            days = [name for name in os.listdir(archive) if _DAY.fullmatch(name) and name <= last]  # noqa: PTH208  # an open folder has no path
            for day in sorted(days):
                if not stat.S_ISDIR(_mode(day, archive)):
                    self.left += 1
                    continue
                with opened_folder(day, archive) as inside:
                    self._clear_day(inside)
                with suppress(OSError):  # something is left in it
                    os.rmdir(day, dir_fd=archive)

    def _clear_day(self, inside: int) -> None:
        bundles: dict[str, _Bundle] = {}
        for entry in sorted(os.listdir(inside)):
            found = _ENTRY.fullmatch(entry)
            place = None if found is None else _place(bundles, found, _mode(entry, inside))
            if place is None:
                self.left += 1
            else:
                place.append(entry)
        ended = self.ended([stem + extension for stem in bundles for extension in _EXTENSIONS])
        for stem, bundle in bundles.items():
            applied = {digest for extension in _EXTENSIONS for digest in ended.get(stem + extension, ())}
            if applied and self.go_on():
                self._clear_bundle(inside, bundle, applied)

    def _clear_bundle(self, inside: int, bundle: _Bundle, applied: Collection[bytes]) -> None:
        """The data file goes first. Whoever is interrupted finds the rest by its name."""
        if any(_digest(name, inside) not in applied for name in bundle.data):
            self.left += 1
            return
        for name in (*bundle.data, *bundle.markers):
            os.unlink(name, dir_fd=inside)
            self._gone()
        for name in bundle.folders:
            shutil.rmtree(name, dir_fd=inside)  # follows no link, and refuses to begin at one
            self._gone()

    def _gone(self) -> None:
        self.removed += 1
        self.passing("archive")


def _place(bundles: dict[str, _Bundle], found: re.Match[str], mode: int) -> list[str] | None:
    """The list that an entry belongs to; None when it is no plain file, or no folder, where one is expected."""
    stem, extension, end = found.groups()
    if extension is None:
        return None if end or not stat.S_ISDIR(mode) else bundles.setdefault(stem, _Bundle()).folders
    if not stat.S_ISREG(mode):
        return None
    bundle = bundles.setdefault(stem, _Bundle())
    return bundle.markers if end else bundle.data


def _mode(name: str, folder: int) -> int:
    return os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode


def _digest(name: str, folder: int) -> bytes:
    total = sha256()
    with opened_file(name, folder) as descriptor:
        for piece in chunks(descriptor, _BYTES, _ANY_SIZE):
            total.update(piece)
    return total.digest()
