"""The service: looks by itself, needs the lease, survives its child and its database, tells without telling names."""

from __future__ import annotations

import itertools
import os
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from twisted.internet import reactor
from twisted.internet.task import LoopingCall, deferLater
from twisted.internet.threads import deferToThread
from twisted.logger import eventAsText, globalLogPublisher
from twisted.trial.unittest import TestCase

from konbinid.domain.feeds import Feed
from konbinid.intake.drop import FoldersRefused
from konbinid.intake.hint import Hint
from konbinid.intake.inbox import Inbox
from konbinid.intake.steps import Point


@pytest.mark.usefixtures("hall", "rows")
class InboxTests(TestCase):
    """With the real reactor, child processes and PostgreSQL."""

    timeout = 120

    @pytest.fixture(autouse=True)
    def _have_rows(self, rows):
        self.rows = rows

    def begin(self, passing=None, **changes):
        setting = replace(self.hall.setting, **changes)
        inbox = Inbox(
            reactor,
            setting,
            self.hall.lease,
            self.hall.attest,
            os.urandom,
            passing=passing or (lambda _: None),
        )
        inbox.startService()
        self.addCleanup(inbox.stopService)
        return inbox

    async def until(self, name, state="applied", seconds=30.0):
        deadline = time.monotonic() + seconds
        while (found := await deferToThread(self.hall.state, name)) != state:
            assert time.monotonic() < deadline, found
            await deferLater(reactor, 0.02)

    async def test_a_dropped_file_is_applied_by_looking(self):
        """What lies there at the start, without any hint."""
        name = self.hall.put("JUMIN", [self.rows.person(1)])
        self.begin()
        await self.until(name)

    async def test_stopped_while_it_looks_for_its_folder_it_watches_nothing(self):
        """A share answers late; a watch made by then would outlive the inbox, for every change of the host's fitness one more."""
        asked, answered, place = threading.Event(), threading.Event(), Hint.place

        def late(hint):
            asked.set()
            answered.wait(10)
            return place(hint)

        self.patch(Hint, "place", late)
        inbox = Inbox(reactor, self.hall.setting, self.hall.lease, self.hall.attest, os.urandom)
        inbox.startService()
        await deferToThread(asked.wait, 10)
        stopped = inbox.stopService()
        answered.set()
        await stopped
        self.assertIsNone(inbox._hint._watch)

    async def test_a_hint_makes_it_quick(self):
        """With half a minute between looks, a dropped file is applied within seconds."""
        self.begin(scan_seconds=30.0)
        await deferLater(reactor, 0.5)
        name = self.hall.put("JUMIN", [self.rows.person(1)])
        await self.until(name, seconds=10.0)

    async def test_a_folder_that_was_replaced_is_watched_again(self):
        """Twisted's INotify closes itself when its folder goes; looking goes on, and the hint finds the new folder."""
        self.begin(scan_seconds=0.2)
        await deferLater(reactor, 0.5)
        self.hall.inbox.rename(self.hall.folder / "old")
        await deferLater(reactor, 0.5)
        self.hall.inbox.mkdir()
        name = self.hall.put("JUMIN", [self.rows.person(1)])
        await self.until(name)
        self.flushLoggedErrors()

    async def test_without_the_lease_nothing_happens(self):
        """And with it the work begins at the next look."""
        self.hall.lease.epoch = None
        name = self.hall.put("JUMIN", [self.rows.person(1)])
        self.begin(scan_seconds=0.1)
        await deferLater(reactor, 0.5)
        self.assertEqual(self.hall.state(name), "")
        self.hall.lease.epoch = 0
        await self.until(name)

    async def test_a_child_killed_at_work_is_replaced(self):
        """Whatever it was doing is done again by another."""
        kills = []

        def passing(point):
            if point is Point.FOUND and len(kills) < 2:
                kills.append(point)
                for track in inbox._tracks.values():
                    reactor.callLater(0.05, track.worker.kill)

        name = self.hall.put("JUMIN", [self.rows.person(n) for n in range(1, 2000)])
        inbox = self.begin(passing, scan_seconds=0.2)
        await self.until(name)
        self.assertTrue(kills)
        self.assertEqual(self.hall.run("select count(*) from people.person"), [(1999,)])
        self.flushLoggedErrors()

    async def test_a_feed_that_fails_over_and_over_is_told_once(self):
        """A file at which the child always dies before it is stored: no state of the file could say so, the feed would stand still in silence."""

        def passing(point):
            if point is Point.FOUND:
                reactor.callLater(0, inbox._tracks[Feed.JUMIN].worker.kill)

        self.hall.put("JUMIN", [self.rows.person(1)])
        inbox = self.begin(passing, scan_seconds=0.05)
        deadline = time.monotonic() + 30
        while not (told := self.hall.alerts()):
            assert time.monotonic() < deadline
            await deferLater(reactor, 0.05)
        await deferLater(reactor, 1.0)
        self.assertEqual((told, self.hall.alerts()), (["feed_stuck"], ["feed_stuck"]))
        self.flushLoggedErrors()

    async def test_a_hold_does_not_wait_behind_a_city(self):
        """Restrictive news first: a one-row YOKUSHI file is applied while 30,000 residents are being read."""
        city = self.hall.put("JUMIN", [self.rows.person(n, n) for n in range(1, 30001)], full=True)
        self.begin(scan_seconds=0.1)
        await self.until(city, "received")
        hold = self.hall.put("YOKUSHI", [self.rows.hold(1, "a")])
        await self.until(hold)
        self.assertEqual(self.hall.state(city), "received")
        await self.until(city, seconds=60.0)

    async def test_the_reactor_goes_on_while_a_city_is_taken_in(self):
        """Reading is the child's, deciding a thread's: the longest pause of the reactor stays far below what a kiosk would notice."""
        ticks = []
        ticking = LoopingCall(lambda: ticks.append(time.monotonic()))
        ticking.start(0.002)
        self.addCleanup(ticking.stop)
        city = self.hall.put("JUMIN", [self.rows.person(n, n) for n in range(1, 20001)], full=True)
        ticks.clear()
        self.begin(scan_seconds=0.5)
        await self.until(city, seconds=60.0)
        longest = max(later - earlier for earlier, later in itertools.pairwise(ticks))
        self.assertLess(
            longest, 0.25
        )  # 20 ms on a quiet machine (bench/intake.py measures it); tests share theirs

    async def test_what_is_told_names_nobody(self):
        """Good, bad and contradicting files: no event, alert or report holds a name, an address, a number, and no event a 宛名番号."""
        heard = []
        globalLogPublisher.addObserver(heard.append)
        self.addCleanup(globalLogPublisher.removeObserver, heard.append)
        hall, rows = self.hall, self.rows
        files = [
            hall.put("JUMIN", [rows.person(4711)], sequence=1),
            hall.put(
                "JUMIN",
                [rows.person(4712), rows.person(4713, individual_number=rows.individual_number(4712))],
                sequence=2,
            ),
            hall.put("JPKI", [rows.serial(4711, "ab"), ["x"]], sequence=1),
        ]
        self.begin(scan_seconds=0.1)
        for name, state in zip(files, ("applied", "rejected", "rejected"), strict=True):
            await self.until(name, state)
        await deferLater(reactor, 0.3)
        told = "".join(filter(None, (eventAsText(event) for event in heard))) + str(heard)
        stored = str(hall.run("select report from intake.incoming")) + str(
            hall.run("select * from ops.alert")
        )
        assert files[0] in told
        for secret in ("試験", "東雲", rows.individual_number(4712), rows.resident_code(4711)):
            self.assertNotIn(secret, told)
            self.assertNotIn(secret, stored)
        self.assertNotIn("0000004711", told)

    async def test_oddities_are_told_once(self):
        """A name that is none: an alert, and no second one at the next look."""
        del self.hall.feeds[Feed.ZEI]
        (self.hall.inbox / "JUMIN_1_F.csv.end").write_bytes(b"")
        (self.hall.inbox / "ZEI_20261101090000_000001_F.dat.end").write_bytes(b"rows")
        self.begin(scan_seconds=0.05)
        await deferLater(reactor, 1.0)
        found = self.hall.run("select subject, detail ->> 'reason' from ops.alert order by subject")
        self.assertEqual(
            [subject for subject, _ in found], ["JUMIN_1_F.csv.end", "ZEI_20261101090000_000001_F.dat"]
        )
        self.assertEqual(found[1][1], "no such feed is configured")

    def test_folders_that_cannot_be_used_refuse_to_start(self):
        """Told at the start, not when the first file is to be put away."""
        setting = replace(self.hall.setting, archive=self.hall.folder / "missing")
        inbox = Inbox(reactor, setting, self.hall.lease, self.hall.attest, os.urandom)
        with self.assertRaises(FoldersRefused):
            inbox.startService()
        if Path("/dev/shm").stat().st_dev != self.hall.folder.stat().st_dev:
            setting = replace(self.hall.setting, archive=Path("/dev/shm"))
            with self.assertRaises(FoldersRefused):
                Inbox(reactor, setting, self.hall.lease, self.hall.attest, os.urandom).startService()


@pytest.mark.slow
@pytest.mark.usefixtures("own_server", "keyring_folder")
class LostDatabaseTests(TestCase):
    """The database stops in the middle."""

    timeout = 120

    @pytest.fixture(autouse=True)
    def _have(self, rows, city_layouts, tmp_path, request):
        self.rows, self.layouts, self.folder = rows, city_layouts, tmp_path
        self.hall_class = type(request.getfixturevalue("hall"))

    async def test_a_stopped_database_is_waited_for(self):
        """Stopped while a file is read and started again: the file is applied once, by looking again."""
        from konbinid.intake.clerk import FeedIntake

        (self.folder / "own").mkdir()
        feeds = {feed: FeedIntake(layout) for feed, layout in self.layouts.items()}
        hall = self.hall_class(self.own_server, self.folder / "own", self.keyring_folder, feeds)
        stopped = []

        def passing(point):
            if point is Point.SETTLING and not stopped:
                stopped.append(point)
                hall.database.server.stop()

        name = hall.put("JUMIN", [self.rows.person(n) for n in range(1, 500)])
        inbox = Inbox(reactor, hall.setting, hall.lease, hall.attest, os.urandom, passing=passing)
        inbox.startService()
        self.addCleanup(inbox.stopService)
        while not stopped:
            await deferLater(reactor, 0.05)
        await deferLater(reactor, 1.0)
        await deferToThread(hall.database.server.start)
        deadline = time.monotonic() + 60
        while await deferToThread(hall.state, name) != "applied":
            assert time.monotonic() < deadline
            await deferLater(reactor, 0.1)
        self.assertEqual(hall.run("select count(*), max(change_no) from people.person_lock"), [(499, 1)])
        self.flushLoggedErrors()
