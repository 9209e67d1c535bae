"""The inbox: a service that looks through the drop folder and lets each feed's lane take in what is there.

Looking on a timer is the mechanism; inotify only makes the next look come sooner. It works only while this daemon holds the lease of the
singleton jobs; a daemon that loses it in the middle of a file changes nothing (konbinid.store.intake_link.fence).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from psycopg2.extensions import cursor
from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, ensureDeferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from konbinid.domain.characters import CodeRange
from konbinid.domain.feeds import Feed
from konbinid.intake.clerk import Clerk, FeedIntake
from konbinid.intake.drop import Arrival, Drop, Oddity
from konbinid.intake.hint import Hint
from konbinid.intake.lane import Lane, Lease, Tools
from konbinid.intake.steps import Passing, pass_by
from konbinid.intake.telling import told
from konbinid.intake.turns import Turns
from konbinid.intake.waiting import settled
from konbinid.intake.worker import Worker, WorkerSetting
from konbinid.store.intake_link import connect, raise_alert, transaction

_HINT_SECONDS = 0.01  # a burst of events is one look
_RUN_BYTES = 7  # a run fits a bigint
_TOLD_AT_ONCE = 20
_SETBACKS = 3  # failures on end, after which a feed counts as stuck


@dataclass(frozen=True, slots=True, repr=False)
class InboxSetting:
    """Where files come and go, and what is given to the reading children. ``dsn`` is the intake role's.

    ``private``: characters that are a base face's own and no 外字. ``most_bytes``: the largest data file taken. ``stamp_ahead_seconds``: how far a name's time stamp may lie in the future.
    """

    folder: Path
    outbox: Path
    archive: Path
    quarantine: Path
    dsn: str
    keys: Path
    feeds: Sequence[FeedIntake]
    private: Sequence[CodeRange] = ()
    scan_seconds: float = 5.0
    end_wait_seconds: float = 60.0
    most_bytes: int = 8 * 1024**3
    stamp_ahead_seconds: float = 600.0
    child_memory_bytes: int = 1024**3
    child_silent_seconds: float = 120.0
    child_idle_seconds: float = 300.0


@dataclass(slots=True)
class _Track:
    """A lane and what it is doing."""

    lane: Lane
    clerk: Clerk
    worker: Worker
    busy: Deferred[None] | None = None
    missed: bool = False  # something came while it was busy
    setbacks: int = 0  # failures on end that do not pass by themselves


class Inbox(Service):
    """Looks, and keeps the lanes going. ``attest``: see Tools. ``random_bytes`` names readings; ``passing`` is called at every named point (tests die there)."""

    name = "inbox"
    log = Logger()

    def __init__(
        self,
        reactor: Any,
        setting: InboxSetting,
        lease: Lease,
        attest: Callable[[], Awaitable[bool]],
        random_bytes: Callable[[int], bytes],
        *,
        passing: Passing = pass_by,
    ) -> None:
        self._reactor = reactor
        self._setting = setting
        self._lease = lease
        self._attest = attest
        self._random_bytes = random_bytes
        self._passing = passing
        self._pool = ThreadPool(minthreads=0, maxthreads=len(setting.feeds) + 1, name="intake")
        self._turns = Turns()
        self._drop = Drop(setting.folder, setting.archive, setting.quarantine, setting.end_wait_seconds)
        self._tracks = {intake.feed: self._track(intake) for intake in setting.feeds}
        self._hint = Hint(reactor, setting.folder, self.look_soon)
        self._timer: IDelayedCall | None = None
        self._looking: Deferred[None] | None = None
        self._told_of: set[Oddity] = set()

    def startService(self) -> None:  # noqa: N802  # Twisted's name
        """Begin to look. FoldersRefused when the folders cannot be used."""
        self._drop.require_folders()
        super().startService()  # type: ignore[no-untyped-call]
        self._pool.start()
        self._schedule(0)

    def stopService(self) -> Deferred[None]:  # noqa: N802  # Twisted's name
        """Take in nothing more. A transaction that is being committed is waited for; a reading child is killed, its work does not count."""
        super().stopService()  # type: ignore[no-untyped-call]
        self._hint.stop()
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        return ensureDeferred(self._stop())

    async def _stop(self) -> None:
        if self._looking is not None:
            await settled(self._looking)
        for track in self._tracks.values():
            await track.worker.stop()
        await DeferredList([settled(track.busy) for track in self._tracks.values() if track.busy is not None])
        for track in self._tracks.values():
            await track.worker.stop()  # one that a lane started before it noticed
            await self._in_thread(track.clerk.close)
        self._pool.stop()

    def _track(self, intake: FeedIntake) -> _Track:
        setting = self._setting
        clerk = Clerk(setting.dsn, intake, self._passing)
        worker = Worker(
            self._reactor,
            WorkerSetting(
                dsn=setting.dsn,
                keys=setting.keys,
                layouts=(intake.layout,),
                private=setting.private,
                memory_bytes=setting.child_memory_bytes,
                silent_seconds=setting.child_silent_seconds,
                idle_seconds=setting.child_idle_seconds,
            ),
        )
        tools = Tools(
            drop=self._drop,
            outbox=setting.outbox,
            clerk=clerk,
            worker=worker,
            lease=self._while_running(),
            attest=self._attest,
            in_thread=self._in_thread,
            new_run=lambda: int.from_bytes(self._random_bytes(_RUN_BYTES), "big"),
            passing=self._passing,
            most_bytes=setting.most_bytes,
            stamp_ahead_seconds=setting.stamp_ahead_seconds,
            turns=self._turns,
            attached=intake.layout.spec.attachment is not None,
        )
        return _Track(Lane(tools), clerk, worker)

    def _while_running(self) -> Lease:
        return _LeaseWhile(self._lease, lambda: bool(self.running))

    def _in_thread(self, work: Callable[[], Any]) -> Deferred[Any]:
        return deferToThreadPool(self._reactor, self._pool, work)

    def look_soon(self) -> None:
        """Something has come: into the folder, or from a relay."""
        self._schedule(_HINT_SECONDS)

    def _schedule(self, seconds: float) -> None:
        """Look in so many seconds, or sooner if that was planned already."""
        if not self.running:
            return
        if self._timer is not None and self._timer.active():
            if self._timer.getTime() <= self._reactor.seconds() + seconds:
                return
            self._timer.cancel()
        self._timer = self._reactor.callLater(seconds, self._look)

    def _look(self) -> None:
        self._schedule(self._setting.scan_seconds)
        if self._looking is not None or self._lease.epoch is None:
            return
        self._looking = ensureDeferred(self._look_once())
        self._looking.addErrback(self._failed, "looking through the drop folder")
        self._looking.addBoth(self._looked)

    def _looked(self, _: object) -> None:
        self._looking = None

    async def _look_once(self) -> None:
        place = await self._in_thread(self._hint.place)
        if not self.running:
            return  # stopped meanwhile: a watch made now would stay
        self._hint.ensure(place)
        now = self._reactor.seconds()
        arrivals, oddities = await self._in_thread(lambda: self._drop.look(now))
        by_feed: dict[Feed, list[Arrival]] = {feed: [] for feed in self._tracks}
        for arrival in arrivals:
            if arrival.name.feed in by_feed:
                by_feed[arrival.name.feed].append(arrival)
            else:
                oddities.append(Oddity(arrival.name.text, "no such feed is configured"))
        self._drive(by_feed)
        await self._tell_of(oddities)

    def _drive(self, by_feed: Mapping[Feed, Sequence[Arrival]]) -> None:
        for feed, arrivals in by_feed.items():
            track = self._tracks[feed]
            if track.busy is not None:
                track.missed = track.missed or bool(arrivals)
            elif self.running:
                track.busy = ensureDeferred(track.lane.work(arrivals))
                track.busy.addCallbacks(self._went_well, self._stuck, (track,), {}, (track, feed), {})
                track.busy.addErrback(self._failed, feed.value)
                track.busy.addBoth(self._rested, track)

    def _went_well(self, _: object, track: _Track) -> None:
        track.setbacks = 0

    def _stuck(self, failure: Failure, track: _Track, feed: Feed) -> Deferred[None] | None:
        """The next look tries again. What fails over and over for no reason that passes is told to people, once: the feed stands still."""
        detail = self._failed(failure, feed.value)
        if detail is None or detail.get("passing"):
            return None
        track.setbacks += 1
        if track.setbacks != _SETBACKS:
            return None
        return self._in_thread(
            partial(self._tell, lambda cur: raise_alert(cur, "error", "feed_stuck", feed.value, detail))
        )

    def _rested(self, _: object, track: _Track) -> None:
        track.busy = None
        if track.missed:
            track.missed = False
            self._schedule(_HINT_SECONDS)

    async def _tell_of(self, oddities: Sequence[Oddity]) -> None:
        """Each oddity once; it stays where it is. Not many at one look, which may be needed for files."""
        news = [oddity for oddity in dict.fromkeys(oddities) if oddity not in self._told_of]
        for oddity in news[:_TOLD_AT_ONCE]:
            self.log.warn("{file}: not taken: {reason}", file=oddity.name, reason=oddity.reason)
            await self._in_thread(partial(self._tell, partial(_tell_of_oddity, oddity)))
            self._told_of.add(oddity)

    def _tell(self, alert: Callable[[cursor], None]) -> None:
        with closing(connect(self._setting.dsn, "konbinid intake")) as link, transaction(link) as cur:
            alert(cur)

    def _failed(self, failure: Failure, what: str) -> dict[str, Any] | None:
        """Whatever it was, the next look tries again. What may be told of it; None while we stop."""
        if not self.running or failure.value is None:
            return None  # a child that was killed because we stop
        detail: dict[str, Any] = getattr(failure.value, "detail", None) or told(failure.value)
        self.log.error("{what}: failed, to be tried again", what=what, failure=detail)
        return detail


def _tell_of_oddity(oddity: Oddity, cur: cursor) -> None:
    raise_alert(cur, "warning", "file_not_taken", oddity.name, {"reason": oddity.reason})


class _LeaseWhile:
    """A lease that also ends when the service does."""

    def __init__(self, lease: Lease, running: Callable[[], bool]) -> None:
        self._lease = lease
        self._running = running

    @property
    def epoch(self) -> int | None:
        """As the lease says, while running."""
        return self._lease.epoch if self._running() else None
