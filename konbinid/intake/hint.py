"""A hint that something has come: inotify, where there is one.

Only a hint. On a network share nothing is reported, an overflow of the kernel's queue is dropped by Twisted, and its INotify closes itself when the
folder is removed; so the folder is looked through on a timer whatever this says, and every look makes sure that the hint still watches.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet import inotify
from twisted.python._inotify import INotifyError  # no other name leads to what it raises; it is no OSError
from twisted.python.filepath import FilePath

_MASK = inotify.IN_CLOSE_WRITE | inotify.IN_MOVED_TO

Place = tuple[int, int]
"""Device and inode."""


class Hint:
    """Calls ``come`` when a marker appears in ``folder``."""

    def __init__(self, reactor: Any, folder: Path, come: Callable[[], object]) -> None:
        self._reactor = reactor
        self._folder = folder
        self._come = come
        self._watch: inotify.INotify | None = None
        self._identity: tuple[int, int] | None = None

    def place(self) -> Place | None:
        """Which folder the path names now. For a thread: a share that hangs keeps whoever asks."""
        try:
            status = self._folder.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def ensure(self, place: Place | None) -> None:
        """Watch what ``place`` told. Without a folder, or without inotify (its instances or watches may be used up), there is no hint."""
        if (
            place is not None
            and self._watch is not None
            and self._watch.connected
            and place == self._identity
        ):
            return
        self.stop()
        if place is None:
            return
        try:
            self._watch, self._identity = inotify.INotify(self._reactor), place  # type: ignore[no-untyped-call]
            self._watch.startReading()  # type: ignore[no-untyped-call]
            folder = FilePath(str(self._folder))
            self._watch.watch(folder, mask=_MASK, callbacks=[self._happened])  # type: ignore[no-untyped-call]
        except (OSError, INotifyError):
            self.stop()

    def stop(self) -> None:
        """Watch no more."""
        watch, self._watch = self._watch, None
        if watch is not None and watch.connected:
            watch.loseConnection()  # type: ignore[no-untyped-call]

    def _happened(self, _: object, path: FilePath[bytes], __: int) -> None:
        if path.basename().endswith(b".end"):
            self._come()
