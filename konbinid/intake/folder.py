"""Files in the drop folder, opened so that nothing but a plain file in that very folder is ever read.

Whoever may write to the folder may put anything there: links, devices, pipes, odd names, files that grow. Names are looked up in an open
folder (dir_fd), links are not followed, and only what turns out to be a regular file is read.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FILE = (
    os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
)  # not blocking: a pipe without a writer must not hang us
_FOLDER = os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC


# Why a name leads to no plain file that we may read, now and at the next look. Anything else (too many open files, a share that is gone) passes.
_NO_PLAIN_FILE = frozenset(
    {
        None,  # it was opened, and is something else
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENXIO,
        errno.ENODEV,
        errno.EACCES,
        errno.EPERM,
        errno.ENAMETOOLONG,
    }
)


_NO_RIGHT = frozenset({errno.EACCES, errno.EPERM})
CLOSED_FOLDER = _NO_RIGHT | {errno.ELOOP, errno.ENOTDIR}
"""Why something is there that is no folder of ours to look into, now and at the next look."""
_NOTHING = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG})


class NotPlain(OSError):
    """A link, device, pipe or folder where a plain file was expected."""


@contextmanager
def opened_folder(path: Path | str, inside: int | None = None) -> Iterator[int]:
    """A folder's descriptor. The configured folder itself may be reached by links; one inside another may not be a link."""
    flags = _FOLDER if inside is not None else _FOLDER & ~os.O_NOFOLLOW
    descriptor = os.open(path, flags, dir_fd=inside)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def opened_file(name: str, folder: int) -> Iterator[int]:
    """A plain file's descriptor. NotPlain when it is something else, OSError when it cannot be opened."""
    try:
        descriptor = os.open(name, _FILE, dir_fd=folder)
    except OSError as error:
        raise NotPlain(error.errno, error.strerror) from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotPlain(None, "not a plain file")
        yield descriptor
    finally:
        os.close(descriptor)


def read_small(name: str, folder: int, limit: int) -> bytes | None:
    """A file of at most ``limit`` bytes; None when it is larger, is not there, or is not a plain file that we may read.

    OSError when it cannot be read at this moment: that says nothing about the file.
    """
    try:
        with opened_file(name, folder) as descriptor:
            content = _read_upto(descriptor, limit + 1)
    except NotPlain as error:
        if error.errno in _NO_PLAIN_FILE:
            return None
        raise
    return None if len(content) > limit else content


def may_read(name: str, folder: int) -> bool:
    """False for a plain file that we have no right to read."""
    try:
        with opened_file(name, folder):
            return True
    except OSError as error:
        return error.errno not in _NO_RIGHT


def is_there(name: str, folder: int) -> bool:
    """Whether there is anything of this name, a link that leads nowhere too. A folder that we may not look into holds everything: nothing else may
    stand in for what it hides. OSError when it cannot be told at this moment."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno in _NO_RIGHT:
            return True
        if error.errno in _NOTHING:
            return False
        raise
    return True


def size_of(name: str, folder: int) -> int | None:
    """Bytes of a plain file; None when there is none."""
    try:
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def chunks(descriptor: int, size: int, limit: int) -> Iterator[bytes]:
    """A file's bytes from the beginning, ``size`` at a time, and at most ``limit`` and a byte of them: one that grows as it is read ends too."""
    left = limit + 1
    while left > 0:
        data = _read_upto(descriptor, min(size, left))
        if not data:
            return
        left -= len(data)
        yield data


def _read_upto(descriptor: int, size: int) -> bytes:
    pieces = []
    while size > 0:
        data = os.read(descriptor, size)
        if not data:
            break
        pieces.append(data)
        size -= len(data)
    return b"".join(pieces)
