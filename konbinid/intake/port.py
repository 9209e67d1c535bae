"""The server's port for relays: who may speak, what comes is stored, and whoever holds the lease takes it in (docs/decisions/0035, 0036).

Any host that may issue accepts files, with the lease or without: the bytes are in PostgreSQL either way.
"""
# mypy: disable-error-code=no-untyped-call
# (Twisted's services have no types)

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredLock, TimeoutError, ensureDeferred  # noqa: A004  # its own
from twisted.internet.protocol import Factory
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from konbinid.domain.characters import CodeRange
from konbinid.domain.feeds import Feed
from konbinid.intake import wire
from konbinid.intake.layout import Layout
from konbinid.intake.oddities import WORDS
from konbinid.intake.seldom import Seldom
from konbinid.intake.transfers import Scribe
from konbinid.intake.turns import is_large
from konbinid.intake.uplink import Uplink
from konbinid.intake.waiting import joined, passing_threads
from konbinid.intake.worker import JobFailed, Worker, WorkerLost, WorkerSetting
from konbinid.store.relay_files import Transfer

_THREADS = 4
_STRANGERS = 16  # connections that have not introduced themselves
_END_SECONDS = 5.0
_SETBACKS = 3  # failures on end, after which a feed counts as stuck: as in the inbox

Tell = Callable[..., None]
"""konbinid.ops.alerts.Alerts.tell."""

_TURNED_AWAY = {
    "certificate": "接続中の連携サーバの証明書が、期限切れか失効になりました。証明書を更新してください。",
    "city": "他の団体コードを名乗る連携サーバの接続を断りました。連携サーバの設定の municipality を確かめてください。",
    "relay": "証明書と異なる名前を名乗る連携サーバの接続を断りました。連携サーバの設定の name と証明書を確かめてください。",
    "version": "版の異なる連携サーバの接続を断りました。連携サーバとサーバのプログラムを同じ版にしてください。",
}
_STRANGER = (
    "連携サーバの接続を断りました。期限、発行した認証局、団体コード、名前を確かめてください。({who}: {why})"
)
# What konbinid.ops.tls finds, in words for people.
_FINDINGS = {
    "it has expired": "期限切れ",
    "it is not valid yet": "有効期間の前",
    "its certificate is not in force": "期限切れ、または有効期間の前",
    "it has been revoked": "失効",
    "its authority is not ours": "認証局が違う",
    "it is signed by itself": "認証局が違う (自己署名)",
    "it carries no name of the allow-list": "この団体の連携サーバの名前がない",
    "it is not made for clients": "クライアント用でない",
}


@dataclass(frozen=True, slots=True, repr=False)
class PortSetting:
    """``dsn`` is the intake role's. ``most_bytes``: the largest data file taken. ``layouts``: the feeds that the city sends. ``hello_seconds``: how
    long a connection may keep its place without a name."""

    municipality: str
    dsn: str
    keys: Path
    layouts: Mapping[Feed, Layout]
    private: Sequence[CodeRange] = ()
    most_bytes: int = 8 * 1024**3
    stamp_ahead_seconds: float = 600.0
    child_memory_bytes: int = 1024**3
    child_silent_seconds: float = 120.0
    child_idle_seconds: float = 60.0
    hello_seconds: float = 15.0


class Port(Service, Factory):
    """The factory of all uplinks, and what they share.

    ``client_of``: the relay that a TLS transport's certificate names. ``attest``: see konbinid.intake.lane.Tools. ``hint``: something new is stored. ``passing``: called at named points
    (tests die there).
    """

    log = Logger()
    noisy = False

    def __init__(
        self,
        reactor: Any,
        setting: PortSetting,
        client_of: Callable[[Any], str | None],
        *,
        attest: Callable[[], Awaitable[bool]],
        hint: Callable[[], object],
        tell: Tell,
        passing: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._reactor = reactor
        self._setting = setting
        self._client_of = client_of
        self._tell = tell
        self.attest = attest
        self.hint = hint
        self.passing = passing
        self.feeds = {feed.value: layout for feed, layout in setting.layouts.items()}
        self.most_bytes = setting.most_bytes
        self.most_attached = max(layout.spec.attachment_bytes for layout in setting.layouts.values())
        self._seldom = Seldom(reactor.seconds)
        # By relay: what others cause to be told, strangers above all, does not silence it.
        self._seldoms: defaultdict[str, Seldom] = defaultdict(lambda: Seldom(reactor.seconds))
        self._setbacks: Counter[str] = Counter()
        self._pool = passing_threads(_THREADS, "relay")
        self._workers = {feed: (DeferredLock(), self._worker(feed)) for feed in self.feeds}
        self._strangers: set[Uplink] = set()
        self._uplinks: dict[str, Uplink] = {}
        self._jobs = 0

    def startService(self) -> None:  # noqa: N802  # Twisted's name
        """Be ready; the door opens after this."""
        super().startService()
        self._pool.start()

    def stopService(self) -> Deferred[None]:  # noqa: N802  # Twisted's name
        """The door is closed by now. Who still speaks is cut off; a relay goes on at the other host, or here later."""
        super().stopService()
        for uplink in [*self._strangers, *self._uplinks.values()]:
            uplink.cut("the server stops")
        return ensureDeferred(self._stop())

    async def _stop(self) -> None:
        for _, worker in self._workers.values():
            await worker.stop()
        until = self._reactor.seconds() + _END_SECONDS
        while (self._strangers or self._uplinks or self._jobs) and self._reactor.seconds() < until:
            await deferLater(self._reactor, 0.02)
        with suppress(TimeoutError):  # what a COMMIT keeps is answered to nobody any more, and comes again
            await joined(self._reactor, self._pool).addTimeout(_END_SECONDS, self._reactor)

    def buildProtocol(self, _: Any) -> Uplink:  # noqa: N802  # Twisted's name
        """One connection more. None, for none, is nothing that a TLS factory understands."""
        made = Uplink(self, self._client_of)
        made.factory = self
        return made

    def came(self, uplink: Uplink) -> None:
        """A connection whose relay is not known yet; cut off when too many wait already."""
        if len(self._strangers) >= _STRANGERS or not self.running:
            uplink.cut("too many strangers")
            return
        self._strangers.add(uplink)
        self._reactor.callLater(self._setting.hello_seconds, self._be_introduced, uplink)

    def _be_introduced(self, uplink: Uplink) -> None:
        if uplink in self._strangers:
            uplink.cut("no Hello")

    def introduced(self, uplink: Uplink) -> None:
        """Its relay is known. One connection a relay: the older one is a dead line, or a second relay under the same name."""
        self._strangers.discard(uplink)
        older = self._uplinks.pop(uplink.relay, None)
        self._uplinks[uplink.relay] = uplink
        if older is not None:
            older.cut("another connection of the same relay")
        self.log.info("relay.connected", relay=uplink.relay, address=uplink.address)

    def went(self, uplink: Uplink) -> None:
        """A connection is over."""
        self._strangers.discard(uplink)
        if self._uplinks.get(uplink.relay) is uplink:
            del self._uplinks[uplink.relay]
            self.log.info("relay.disconnected", relay=uplink.relay)

    def scribe(self) -> Scribe:
        """For one connection."""
        return Scribe(self._setting.dsn, lambda work: deferToThreadPool(self._reactor, self._pool, work))

    def objection(self, certified: str, version: int, city: str, relay: str) -> str:
        """What of a Hello does not agree with this city or with the certificate; empty when all does."""
        said = {
            "version": version == wire.VERSION,
            "city": city == self._setting.municipality,
            "relay": relay == certified,
        }
        return next((what for what, agrees in said.items() if not agrees), "")

    def turned_away(self, who: str, what: str) -> None:
        """A relay whose certificate is sound may not speak."""
        self._alert(self._seldoms[who], "relay.turned_away", who, _TURNED_AWAY[what])

    def stranger(self, who: str, why: str) -> None:
        """Somebody failed in the handshake. ``who``: what the certificate says."""
        text = _STRANGER.format(who=who, why=_FINDINGS.get(why, why))
        self._alert(self._seldom, "relay.turned_away", who, text)

    def odd(self, relay: str, name: str, what: str) -> None:
        """A relay tells of something that an operator must see to. Busy: not now, so it does not count as told."""
        seldom = self._seldoms[relay]
        told = self._alert(seldom, "relay.odd", f"{relay} {name}".strip(), WORDS.get(what, WORDS["other"]))
        if not told and seldom.is_full:
            raise wire.Busy("enough was told for now")

    def _alert(self, seldom: Seldom, event: str, subject: str, text: str) -> bool:
        told = seldom.may((event, subject, text))
        if told:
            self._tell("error", "relay", event, subject=subject, text=text)
        return told

    async def job(self, transfer: Transfer, what: str) -> dict[str, Any]:
        """One of konbinid.intake.arrived's jobs, one at a time for each feed. JobFailed, WorkerLost."""
        offered = transfer.offered
        lock, worker = self._workers[offered.feed]
        attached = self.feeds[offered.feed].spec.attachment is not None
        self._jobs += 1
        try:
            async with lock:
                done = await worker.run(
                    {
                        "job": what,
                        "transfer": transfer.id,
                        "large": is_large(offered.rows, attached=attached),
                        "feed": offered.feed,
                        "most_bytes": self._setting.most_bytes,
                        "ahead": self._setting.stamp_ahead_seconds,
                    }
                )
        except (JobFailed, WorkerLost) as failed:
            self._set_back(offered.feed, failed)
            raise
        finally:
            self._jobs -= 1
        if what == "store":
            self._setbacks[offered.feed] = 0
        return done

    def _set_back(self, feed: str, failed: JobFailed | WorkerLost) -> None:
        """The relay tries again. What fails over and over for no reason that passes is told to people, once: the feed stands still."""
        if not self.running or (isinstance(failed, JobFailed) and failed.is_passing):
            return
        self._setbacks[feed] += 1
        if self._setbacks[feed] == _SETBACKS:
            self._tell("error", "intake", "feed_stuck", subject=feed)

    def _worker(self, feed: str) -> Worker:
        setting = self._setting
        return Worker(
            self._reactor,
            WorkerSetting(
                dsn=setting.dsn,
                keys=setting.keys,
                layouts=(self.feeds[feed],),
                private=setting.private,
                memory_bytes=setting.child_memory_bytes,
                silent_seconds=setting.child_silent_seconds,
                idle_seconds=setting.child_idle_seconds,
            ),
        )
