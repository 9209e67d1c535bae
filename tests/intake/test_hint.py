"""The hint that something has come: it may fail, and then nothing else does."""

from __future__ import annotations

import tempfile
from pathlib import Path

from twisted.internet import inotify, reactor
from twisted.internet.defer import Deferred
from twisted.python._inotify import INotifyError
from twisted.trial.unittest import TestCase

from konbinid.intake.hint import Hint


class HintTests(TestCase):
    """Real inotify."""

    timeout = 10

    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.folder = Path(place.name) / "drop"
        self.folder.mkdir()
        self.came: Deferred[None] = Deferred()
        self.hint = Hint(reactor, self.folder, lambda: self.came.callback(None))
        self.addCleanup(self.hint.stop)

    async def test_a_marker_is_told(self) -> None:
        """Also in a folder that took the place of the one that was watched."""
        self.hint.ensure(self.hint.place())
        self.folder.rename(self.folder.with_name("old"))
        self.folder.mkdir()
        self.hint.ensure(self.hint.place())
        (self.folder / "a.end").touch()
        await self.came

    def test_inotify_that_is_used_up_leaves_no_hint_and_nothing_open(self) -> None:
        """The user's instances or watches are limited. What Twisted raises is no OSError: the folder was not looked at any more, and each look left a
        descriptor open."""

        def used_up(*_: object, **__: object) -> None:
            raise INotifyError("Failed to add watch")

        before = len(list(Path("/proc/self/fd").iterdir()))
        self.patch(inotify.INotify, "watch", used_up)
        for _ in range(5):
            self.hint.ensure(self.hint.place())
        self.assertEqual(len(list(Path("/proc/self/fd").iterdir())), before)

    def test_without_a_folder_there_is_none(self) -> None:
        """It may be a share that is not mounted yet."""
        self.folder.rmdir()
        self.hint.ensure(self.hint.place())
        self.assertIsNone(self.hint.place())
