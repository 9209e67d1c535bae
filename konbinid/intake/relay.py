"""The relay at the city hall: looks through the drop folder, sends what is complete, and brings the receipts back (contract 2, docs/decisions/0035).

It keeps nothing but what lies in its folders. A file stays until its receipt is written; then it goes to the archive, or to the quarantine, as in
the daemon's own inbox. Looking on a timer is the mechanism: on a mounted share nothing hints.
"""

from __future__ import annotations

import errno
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredList, ensureDeferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.protocols.amp import AmpError
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from konbinid.domain.feeds import Feed
from konbinid.intake import wire
from konbinid.intake.collecting import Collector, Sent
from konbinid.intake.downlink import Dialler, Downlink, Server
from konbinid.intake.drop import Arrival, Drop
from konbinid.intake.hint import Hint
from konbinid.intake.oddities import FOLDER, Oddities
from konbinid.intake.sending import Anew, Ask, Sender
from konbinid.intake.sources import Changed
from konbinid.intake.telling import told
from konbinid.intake.waiting import settled

_HINT_SECONDS = 0.01
_ASK_SECONDS = 0.3  # for receipts, while a file waits for its own
_ASK_SLOWLY_SECONDS = 5.0
_SOON = 60.0  # a file that waits for longer waits for people
_TRIES = 3


@dataclass(frozen=True, slots=True)
class RelaySetting:
    """Whose relay it is, where files come and go, and the servers in the order in which they are tried.

    ``busy_seconds``: a server that answers Busy for so long is told of. A database that changes over does it, and passes.
    """

    municipality: str
    name: str
    servers: Sequence[Server]
    folder: Path
    outbox: Path
    archive: Path
    quarantine: Path
    scan_seconds: float = 5.0
    end_wait_seconds: float = 60.0
    busy_seconds: float = 60.0


class Relay(Service):
    """``options``: TLS for a server's name. ``passing`` is called at named points (tests die there)."""

    name = "relay"
    log = Logger()

    def __init__(
        self,
        reactor: Any,
        setting: RelaySetting,
        options: Callable[[str], Any],
        passing: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._reactor = reactor
        self._setting = setting
        self._passing = passing
        self._drop = Drop(setting.folder, setting.archive, setting.quarantine, setting.end_wait_seconds)
        self._pool = ThreadPool(minthreads=0, maxthreads=len(Feed) + 2, name="relay")
        self._sent: dict[str, Sent] = {}
        self._oddities = Oddities(self._ask_now)
        self._collector = Collector(
            self._drop, setting.outbox, self._sent, self._in_thread, self._oddities.tell, passing
        )
        hello = {"version": wire.VERSION, "city": setting.municipality, "relay": setting.name}
        self._dialler = Dialler(reactor, setting.servers, options, hello, self._connected)
        self._hint = Hint(reactor, setting.folder, lambda: self._look_in(_HINT_SECONDS))
        self._link: Downlink | None = None
        self._busy: dict[Feed, Deferred[None]] = {}
        self._works: dict[str, Deferred[None]] = {}
        self._timers: dict[str, IDelayedCall] = {}
        # Name -> what fails, how often, and since when.
        self._failures: defaultdict[str, dict[str, tuple[int, float]]] = defaultdict(dict)
        self._blind = 0  # looks on end that could not see the folder
        self._last_sent = 0.0

    def require_folders(self) -> None:
        """FoldersRefused when they cannot be used."""
        self._drop.require_folders()

    def startService(self) -> None:  # noqa: N802  # Twisted's name
        """Begin to call the servers."""
        super().startService()  # type: ignore[no-untyped-call]
        self._pool.start()
        self._begin("dialling", self._dialler.run)

    def stopService(self) -> Deferred[None]:  # noqa: N802  # Twisted's name
        """Nothing more; what is under way is offered again at the next start."""
        super().stopService()  # type: ignore[no-untyped-call]
        self._hint.stop()
        for timer in self._timers.values():
            if timer.active():
                timer.cancel()
        self._dialler.stop()
        return ensureDeferred(self._stop())

    async def _stop(self) -> None:
        pending = [*self._works.values(), *self._busy.values()]
        await DeferredList([settled(each) for each in pending])
        self._pool.stop()

    def _in_thread(self, work: Callable[[], Any]) -> Deferred[Any]:
        return deferToThreadPool(self._reactor, self._pool, work)

    def _connected(self, link: Downlink) -> None:
        self._link = link
        # What the server knew is asked again: it may be another one.
        self._sent.clear()
        self._oddities.forget()
        self._look_in(0)
        self._ask_in(0)

    def _ask_of(self, link: Downlink) -> Callable[..., Deferred[dict[str, Any]]]:
        return link.callRemote

    def _ask_now(self) -> Ask | None:
        return None if self._link is None else self._ask_of(self._link)

    # Looking and sending

    def _look_in(self, seconds: float) -> None:
        self._after("look", seconds, self._look)

    def _look(self) -> None:
        self._look_in(self._setting.scan_seconds)
        self._begin("look", self._look_once)

    async def _look_once(self) -> None:
        link = self._link
        if link is None or link.lost.called:
            return
        place = await self._in_thread(self._hint.place)
        if not self.running:
            return  # stopped meanwhile: a watch made now would stay
        self._hint.ensure(place)
        now = self._reactor.seconds()
        try:
            arrivals, oddities = await self._in_thread(lambda: self._drop.look(now))
        except OSError as failed:
            await self._saw_nothing(failed)
            return
        self._blind = 0
        here = {arrival.name.text for arrival in arrivals}
        for name in self._sent.keys() - here:
            del self._sent[name]
        for name in self._failures.keys() - here:
            del self._failures[name]
        self._oddities.keep(here | {oddity.name for oddity in oddities})
        for feed in {arrival.name.feed for arrival in arrivals} - self._busy.keys():
            mine = [each for each in arrivals if each.name.feed is feed and self._is_new(each)]
            if mine and self.running:
                self._busy[feed] = ensureDeferred(self._send_all(link, mine))
                self._busy[feed].addErrback(self._failed, feed.value)
                self._busy[feed].addBoth(self._rested, feed)
        await self._oddities.tell_of(oddities)

    async def _saw_nothing(self, failed: OSError) -> None:
        """A share that is away, or rights that changed: the line and the receipts go on, so nobody but us can say it."""
        self.log.error("{what}: failed, to be tried again", what="look", failure=told(failed))
        self._blind += 1
        if self._blind >= _TRIES:
            await self._oddities.tell("", FOLDER)

    def _is_new(self, arrival: Arrival) -> bool:
        known = self._sent.get(arrival.name.text)
        return not arrival.gone and (known is None or known.arrival.identity != arrival.identity)

    def _rested(self, _: object, feed: Feed) -> None:
        self._busy.pop(feed, None)

    async def _send_all(self, link: Downlink, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            if link.lost.called or not self.running:
                return
            name = arrival.name.text
            sender = Sender(
                self._ask_of(link),
                self._setting.folder,
                arrival,
                link.most_bytes,
                self._in_thread,
                self._passing,
            )
            try:
                transfer = await sender.send()
            except wire.Busy as busy:
                await self._not_sent(name, busy)
                return  # nor the next ones now
            except (Changed, Anew, wire.Refused, OSError) as failed:
                if getattr(failed, "errno", None) != errno.ENOENT:  # it has gone to the archive meanwhile
                    await self._not_sent(name, failed)
            else:
                self._failures.pop(name, None)
                self._sent[name] = Sent(arrival, transfer)
                self._last_sent = self._reactor.seconds()
                self.log.info("relay.sent", file=name, feed=arrival.name.feed.value)
                self._ask_in(0)
                self._look_in(_HINT_SECONDS)  # what came meanwhile

    async def _not_sent(self, name: str, failed: Exception) -> None:
        """It is tried again at the next look; what fails over and over is told to people."""
        self.log.warn("relay.not_sent", file=name, failure=told(failed))
        kinds = {Changed: "changing", Anew: "changing", wire.Busy: "busy", wire.Refused: "other"}
        what = kinds.get(type(failed), "unreadable")
        now = self._reactor.seconds()
        often, since = self._failures[name].get(what, (0, now))
        self._failures[name][what] = often + 1, since
        patience = self._setting.busy_seconds if what == "busy" else 0
        if often + 1 >= _TRIES and now - since >= patience:
            await self._oddities.tell(name, what)

    # Receipts

    def _ask_in(self, seconds: float) -> None:
        self._after("ask", seconds, self._ask)

    def _ask(self) -> None:
        soon = bool(self._sent) and self._reactor.seconds() - self._last_sent < _SOON
        self._ask_in(_ASK_SECONDS if soon else _ASK_SLOWLY_SECONDS)
        self._begin("ask", self._ask_once)

    async def _ask_once(self) -> None:
        link = self._link
        if link is not None and not link.lost.called:
            await self._collector.collect(self._ask_of(link))

    # What runs

    def _after(self, what: str, seconds: float, call: Callable[[], None]) -> None:
        """In so many seconds, or sooner if that was planned already."""
        if not self.running:
            return
        timer = self._timers.get(what)
        if timer is not None and timer.active():
            if timer.getTime() <= self._reactor.seconds() + seconds:
                return
            timer.cancel()
        self._timers[what] = self._reactor.callLater(seconds, call)

    def _begin(self, what: str, work: Callable[[], Any]) -> None:
        """One of each at a time."""
        if what in self._works:
            return
        self._works[what] = ensureDeferred(work())
        self._works[what].addErrback(self._failed, what)
        self._works[what].addBoth(self._ended, what)

    def _ended(self, _: object, what: str) -> None:
        self._works.pop(what, None)

    def _failed(self, failure: Failure, what: str) -> None:
        """A line that broke is dialled again; whatever else it was, the next look tries again."""
        passing = isinstance(failure.value, AmpError | wire.Busy | wire.Refused | wire.Unwelcome)
        stands = self._link is not None and not self._link.lost.called
        if self.running and stands and not passing:
            self.log.error(
                "{what}: failed, to be tried again", what=what, failure=told(failure.value or Exception())
            )
