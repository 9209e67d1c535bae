"""Writing feed files as a core system does (contract 2): the rows, then the marker that says that they are all there.

A file is written under its own name while it grows: nobody reads it before its `.end` marker, and the marker
appears whole (made beside and renamed).
"""

from __future__ import annotations

import csv
import hashlib
import re
from typing import IO, TYPE_CHECKING, Self

from konbinid.simulator.tax_rows import fixed_line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

FULL, DIFFERENCE = "F", "D"
FIXED_WIDTH = {"ZEI": fixed_line}
"""The feeds that come as `.dat`, and how a row of each becomes a line; all others are CSV."""

_PLAIN_NAME = re.compile(r"[A-Za-z0-9._-]+")


def feed_file_name(feed: str, stamp: dt.datetime, seq: int, scope: str) -> str:
    """`<FEED>_<yyyymmddHHMMSS>_<seq>_<F|D>.<csv|dat>`; `stamp` is Japan time without an offset."""
    if not 1 <= seq <= 999_999:
        raise ValueError(f"a feed's sequence number lies between 1 and 999999, not {seq}")
    if stamp.tzinfo is not None:
        raise ValueError("the stamp of a file name is Japan time without an offset")
    extension = "dat" if feed in FIXED_WIDTH else "csv"
    return f"{feed}_{stamp:%Y%m%d%H%M%S}_{seq:06d}_{scope}.{extension}"


class FeedWriter:
    """One growing feed file: rows and attachments go in, leaving the `with` block writes the marker.

    When the block is left by an exception no marker is written, so that half a file is never read.
    `path` is the data file, `rows` how many records it has so far. Memory does not grow with the rows.
    """

    def __init__(self, folder: Path, feed: str, seq: int, stamp: dt.datetime, scope: str = FULL) -> None:
        self.path = folder / feed_file_name(feed, stamp, seq, scope)
        self._attachments = folder / self.path.stem
        self._hash = hashlib.sha256()
        self.rows = 0
        # "x": a file that has its marker may not change under it. newline="": the CSV writer's own line ends (CRLF, RFC 4180) must reach the file unchanged.
        self._file: IO[str] = self.path.open("x", encoding="utf-8", newline="")
        self._hashing = _Hashing(self._file, self._hash)
        self._csv = csv.writer(self._hashing, quoting=csv.QUOTE_ALL)
        self._line = FIXED_WIDTH.get(feed)

    def write(self, row: Sequence[str]) -> None:
        """One record."""
        if self._line is None:
            self._csv.writerow(row)
        else:
            self._hashing.write(self._line(row))
        self.rows += 1

    def attach(self, name: str, data: bytes) -> None:
        """A file that a row names, in the folder that belongs to this feed file."""
        if not _PLAIN_NAME.fullmatch(name) or name.startswith("."):
            raise ValueError("an attachment's name consists of letters, digits, dots, lines and hyphens")
        self._attachments.mkdir(exist_ok=True)
        (self._attachments / name).write_bytes(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind is None:
            write_marker(self.path, self.rows, self._hash.hexdigest())


class _Hashing:
    """A text file that hashes what passes through it, so that millions of rows are not read a second time."""

    def __init__(self, file: IO[str], digest: hashlib._Hash) -> None:
        self._file = file
        self._digest = digest

    def write(self, text: str) -> int:
        self._digest.update(text.encode())
        return self._file.write(text)


def write_marker(path: Path, rows: int, sha256: str) -> None:
    """`<name>.end`: the file beside it is complete."""
    making = path.with_name(f".{path.name}.end.making")
    making.write_text(f"rows={rows} sha256={sha256}\n", encoding="ascii")
    making.rename(path.with_name(f"{path.name}.end"))


def write_full(
    folder: Path,
    feed: str,
    seq: int,
    rows: Iterable[Sequence[str]],
    stamp: dt.datetime,
    *,
    attachments: Mapping[str, bytes] | None = None,
) -> Path:
    """A full file (全件) with these rows; returns the data file's path. FileExistsError when it is there already."""
    return _write(FeedWriter(folder, feed, seq, stamp, FULL), rows, attachments)


def write_difference(
    folder: Path,
    feed: str,
    seq: int,
    rows: Iterable[Sequence[str]],
    stamp: dt.datetime,
    *,
    attachments: Mapping[str, bytes] | None = None,
) -> Path:
    """A difference file (異動) with these rows, none of them being the heartbeat; returns the data file's path."""
    return _write(FeedWriter(folder, feed, seq, stamp, DIFFERENCE), rows, attachments)


def _write(
    writer: FeedWriter, rows: Iterable[Sequence[str]], attachments: Mapping[str, bytes] | None
) -> Path:
    with writer:
        for name, data in (attachments or {}).items():
            writer.attach(name, data)
        for row in rows:
            writer.write(row)
    return writer.path
