"""Who has the city looked through for characters without a glyph, and what becomes of a look that fails: the real child, and the rounds around it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from glyph_town import DIGEST, setting, settle
from kept_things import Lease
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import TestCase

from konbinid.ops import glyph_watch
from konbinid.ops.glyph_watch import GlyphWatch
from konbinid.store.errors import Unavailable
from konbinid.store.glyph_look import read_look
from konbinid.store.pool import Pool


@pytest.mark.usefixtures("database", "keyring_folder")
class GlyphWatchTest(TestCase):
    """With a real database, the real process and the reactor's own clock."""

    def setUp(self):
        settle(self.database, self.keyring_folder)
        self.told = []
        self.lease = Lease()
        self.pool = Pool(reactor, [self.database.dsn("office")], role="office", size=1)
        self.pool.start()
        self.addCleanup(self.pool.stop)

    def _watch(self, **changes):
        made = GlyphWatch(
            reactor,
            self.pool,
            self.lease,
            setting(self.database, **changes),
            lambda *said, **named: self.told.append((*said, *named)),
        )
        made.running = True  # the rounds are the test's
        return made

    async def _kept(self):
        return await self.pool.transaction(
            lambda tx: read_look(tx, DIGEST), deadline=reactor.seconds() + 10, begin="begin"
        )

    async def test_a_look_is_made_kept_and_not_made_again(self):
        """The whole way with the real child; what it kept is current for the daemon, whose sessions have another time zone than the child's."""
        self.database.run(
            "insert into intake.incoming (name, feed, stamp, sequence, full_file, rows, sha256, bytes, state, added, changed, removed, applied_at) "
            "values ('x', 'JUMIN', now(), 1, true, 3, '', 1, 'applied', 3, 0, 0, clock_timestamp())"
        )
        self.database.run("alter role konbinid_office set timezone = 'Asia/Tokyo'", role="postgres")
        self.addCleanup(self.database.run, "alter role konbinid_office reset timezone", role="postgres")
        watch = self._watch()
        await watch.round()
        kept = await self._kept()
        self.assertEqual((kept.people, kept.characters, kept.is_current), (3, 3, True))
        await watch.round()
        self.assertEqual((await self._kept()).began_at, kept.began_at)
        self.assertEqual(self.told, [])

    async def test_a_look_that_fails_is_told_once_and_tried_again(self):
        """Fonts that are not the daemon's: nothing is kept, staff hear of it once until it works again, and the next round waits ten minutes."""
        watch = self._watch(digest="0" * 64)
        for _ in range(2):
            watch._not_before = 0.0
            await watch.round()
        self.assertIsNone(await self._kept())
        self.assertEqual(self.told, [("error", "glyphs", "glyphs.failed", "text")])
        self.assertGreater(watch._not_before, reactor.seconds() + 500)
        watch._setting, watch._not_before = setting(self.database), 0.0
        await watch.round()
        self.assertEqual((await self._kept()).characters, 3)
        self.assertFalse(watch._told)

    async def test_a_stop_ends_the_process(self):
        """A look of minutes does not keep a daemon from stopping; nobody is told of it, and nothing is left behind."""
        watch = self._watch()
        looking = watch._under_way = Deferred.fromCoroutine(watch.round())
        while watch._child is None:
            await deferLater(reactor, 0.005)
        pid = watch._child.transport.pid
        await watch.stopService()
        self.assertTrue(looking.called)
        self.assertIsNone(await self._kept())
        self.assertEqual(self.told, [])
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    async def test_no_secret_stands_in_the_process_list(self):
        """The DSN with its password goes through the pipe."""
        watch = self._watch()
        watch._under_way = Deferred.fromCoroutine(watch.round())
        while watch._child is None:
            await deferLater(reactor, 0.005)
        process = Path(f"/proc/{watch._child.transport.pid}")
        while b"konbinid.glyph_child" not in (process / "cmdline").read_bytes():
            await deferLater(reactor, 0.001)
        said = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        self.assertNotIn(b"dbname=", said)
        await watch.stopService()


class _PoolThatFails:
    def __init__(self, *errors):
        self.errors, self.asked = list(errors), 0

    async def transaction(self, work, *, deadline, begin):
        self.asked += 1
        raise self.errors.pop(0)


def _rounds(pool, lease, told):
    clock = Clock()
    watch = GlyphWatch(clock, pool, lease, None, lambda *said, **_: told.append(said))
    watch._setting = type("Setting", (), {"digest": "d"})
    watch.startService()
    return clock, watch


def test_only_the_holder_looks():
    """Two hosts do not do it twice."""
    lease, pool = Lease(), _PoolThatFails(Unavailable("x"))
    lease.epoch = None
    clock, _ = _rounds(pool, lease, [])
    clock.advance(glyph_watch._ASK_SECONDS)
    assert pool.asked == 0
    lease.epoch = 1
    clock.advance(glyph_watch._ASK_SECONDS)
    assert pool.asked == 1


def test_what_fails_is_tried_again():
    """A database that is away: in a minute, without an alert. A process that cannot be had: in ten, with one alert for all its failures."""
    told = []
    pool = _PoolThatFails(Unavailable("x"), OSError(), BlockingIOError(), Unavailable("x"))
    clock, watch = _rounds(pool, Lease(), told)
    assert (pool.asked, len(told)) == (1, 0)
    clock.advance(glyph_watch._ASK_SECONDS)
    assert (pool.asked, len(told)) == (2, 1)
    clock.advance(glyph_watch._ASK_SECONDS)
    assert pool.asked == 2
    for _ in range(11):
        clock.advance(glyph_watch._ASK_SECONDS)
    assert (pool.asked, len(told)) == (3, 1)
    watch.stopService()
    clock.advance(10 * glyph_watch._AFTER_FAILURE)
    assert pool.asked == 3
