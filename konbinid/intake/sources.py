"""A relay's files as it reads them: no link is followed, and what changes while it is read is noticed. Blocks; runs in threads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from konbinid.intake.drop import Arrival, identity_of
from konbinid.intake.folder import chunks, opened_file, opened_folder
from konbinid.intake.places import attachment_places, first_content
from konbinid.intake.problems import Fault

BLOCK_BYTES = 16 * 60_000
"""What is read at a time: whole chunks of the wire."""


class Changed(Exception):
    """The file is not the one that was found: it is still being written, or was replaced."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A file's size and hash, of at most a byte more than is taken."""

    size: int
    sha256: bytes


def measure(folder: Path, arrival: Arrival, most_bytes: int) -> Measured:
    """Read a file through. Changed; OSError when it cannot be read."""
    digest, size = sha256(), 0
    with opened_folder(folder) as opened, opened_file(arrival.name.text, opened) as descriptor:
        _require_same(descriptor, arrival)
        for data in chunks(descriptor, BLOCK_BYTES, most_bytes):
            digest.update(data)
            size += len(data)
        _require_same(descriptor, arrival)
    return Measured(size, digest.digest())


def block(folder: Path, arrival: Arrival, offset: int, size: int) -> bytes:
    """Bytes of a file that was measured. Changed, OSError."""
    with opened_folder(folder) as opened, opened_file(arrival.name.text, opened) as descriptor:
        data = os.pread(descriptor, min(size, BLOCK_BYTES), offset)
        _require_same(descriptor, arrival)
    if not data:
        raise Changed
    return data


def require_same(folder: Path, arrival: Arrival) -> None:
    """The file is still the one that was found. Changed, OSError."""
    with opened_folder(folder) as opened, opened_file(arrival.name.text, opened) as descriptor:
        _require_same(descriptor, arrival)


def attachment(folder: Path, arrival: Arrival, name: str, limit: int) -> bytes | Fault | None:
    """An attachment's bytes; None when it is not there; a fault when what is there cannot be taken (konbinid.intake.places)."""
    with opened_folder(folder) as opened, attachment_places(arrival.name, opened) as places:
        return first_content(name, places, limit)


def _require_same(descriptor: int, arrival: Arrival) -> None:
    if identity_of(os.fstat(descriptor)) != arrival.identity:
        raise Changed
