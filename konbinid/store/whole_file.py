"""A small file that is there whole or not at all, and still there after a power cut."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_whole(folder: Path, name: str, text: str) -> None:
    """Put it there, or in the place of an older one. OSError.

    Two daemons may write the same file at once (one that does not know yet that it lost the lease): each into a file of its own. What one that
    was killed has left behind goes with the next file of that name; the other's goes too, at worst, and that one tries again.
    """
    for left in folder.glob(f".{name}.*.part"):
        left.unlink(missing_ok=True)
    # In the folder itself, so that it can be renamed; not by tempfile.NamedTemporaryFile, whose 0600 would keep others from reading it.
    waiting = folder / f".{name}.{os.getpid()}-{secrets.token_hex(4)}.part"
    with waiting.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    waiting.replace(folder / name)
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(place)
    finally:
        os.close(place)
