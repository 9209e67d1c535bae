"""A hint that something has come: inotify, where there is one.

Only a hint. On a network share nothing is reported, an overflow of the kernel's queue is dropped by Twisted, and its INotify closes itself when the
folder is removed; so the folder is looked through on a timer whatever this says, and every look makes sure that the hint still watches.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet import inotify
from twisted.python.filepath import FilePath

_MASK = inotify.IN_CLOSE_WRITE | inotify.IN_MOVED_TO


class Hint:
    """Calls ``come`` when a marker appears in ``folder``."""

    def __init__(self, reactor: Any, folder: Path, come: Callable[[], object]) -> None:
        self._reactor = reactor
        self._folder = folder
        self._come = come
        self._watch: inotify.INotify | None = None
        self._identity: tuple[int, int] | None = None

    def ensure(self) -> None:
        """Watch the folder that the path names now. Without one, or without inotify, there is no hint."""
        try:
            status = self._folder.stat()
        except OSError:
            self.stop()
            return
        identity = (status.st_dev, status.st_ino)
        if self._watch is not None and self._watch.connected and identity == self._identity:
            return
        self.stop()
        try:
            watch = inotify.INotify(self._reactor)  # type: ignore[no-untyped-call]
            watch.startReading()  # type: ignore[no-untyped-call]
            place = FilePath(str(self._folder))
            watch.watch(place, mask=_MASK, callbacks=[self._happened])  # type: ignore[no-untyped-call]
        except OSError:
            return
        self._watch, self._identity = watch, identity

    def stop(self) -> None:
        """Watch no more."""
        watch, self._watch = self._watch, None
        if watch is not None and watch.connected:
            watch.loseConnection()  # type: ignore[no-untyped-call]

    def _happened(self, _: object, path: FilePath[bytes], __: int) -> None:
        if path.basename().endswith(b".end"):
            self._come()
