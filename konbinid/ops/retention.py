"""Once a day, what its retention has ended for is removed (docs/decisions/0040): in this host's archive, and, by the holder of the lease, in the
database.

All of it happens in a thread, in short transactions. What was done is an audit row; a run that was cut off leaves none and is done again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from konbinid.store import retention
from konbinid.store.audit import insert_audit
from konbinid.store.direct import PATIENCE, session, transaction
from konbinid.store.intake_link import LeaseLost, hold_lease
from konbinid.store.retention import Duty, Limits, Reckoning, Terms

if TYPE_CHECKING:
    from psycopg2.extensions import connection
    from twisted.internet.interfaces import IDelayedCall

_LOOK_SECONDS = 600.0
# The lease's row is held meanwhile: a process that is stopped in the middle must not keep the other host from taking over.
_NO_PAUSE = "set local idle_in_transaction_session_timeout = '5s'; set local statement_timeout = '60s'"
_REFUSED = {
    "clocks_differ": "サーバとデータベースの時計が10分より大きく違うため、保存期間を過ぎたものの削除を見合わせました。時計を確かめてください。",
    "no_news": "14日より長く、既存システムの新しいファイルがありません。時計が進みすぎているかもしれないため、保存期間を過ぎたものの削除を見合わせました。"
    "時計とデータ連携を確かめてください。",
}


class HasEpoch(Protocol):
    """The lease of the singleton jobs."""

    @property
    def epoch(self) -> int | None:
        """The number to write with; None when it is not held."""


Counts = Mapping[str, Any]
"""What was done, by name."""

Sweep = Callable[["connection", Limits, Callable[[], bool], Callable[[str], None]], Counts]
"""Clears this host's archive: given intake's session, what has ended, whether to go on, and what to call after every removal."""


@dataclass(frozen=True, slots=True, repr=False)
class RetentionSetting:
    """``ops`` and ``intake``: DSNs of the two roles, one per server. ``now``: this host's wall clock, aware. ``passing``: called after every portion,
    with its step; tests die there."""

    host: str
    terms: Terms
    ops: Sequence[str]
    intake: Sequence[str]
    now: Callable[[], datetime]
    sweep: Sweep
    passing: Callable[[str], None] = lambda _: None


class _Stopped(Exception):
    """The service stops: the rest is for the next start."""


class Retention(Service):
    """Looks every ten minutes whether today's removal is still to be done. ``tell``: raises an alert (severity, source, event, text)."""

    name = "retention"
    log = Logger()

    def __init__(
        self,
        reactor: Any,  # IReactorTime and IReactorThreads
        setting: RetentionSetting,
        lease: HasEpoch,
        tell: Callable[..., None],
    ) -> None:
        self._reactor = reactor
        self._setting = setting
        self._lease = lease
        self._tell = tell
        self._timer: IDelayedCall | None = None
        self._working: Deferred[None] | None = None

    def startService(self) -> None:  # noqa: N802  # Twisted's name
        """Begin to look, in ten minutes: what a start is for comes first."""
        super().startService()  # type: ignore[no-untyped-call]  # Twisted's Service has no types
        self._timer = self._reactor.callLater(_LOOK_SECONDS, self._look)

    def stopService(self) -> Deferred[None]:  # noqa: N802  # Twisted's name
        """Begin no more portions; fires when the last one has ended."""
        super().stopService()  # type: ignore[no-untyped-call]
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        ended: Deferred[None] = Deferred()
        if self._working is None:
            ended.callback(None)
        else:
            self._working.addBoth(ended.callback)
        return ended

    def _look(self) -> None:
        self._timer = self._reactor.callLater(_LOOK_SECONDS, self._look)
        if self._working is None:
            self._working = deferToThreadPool(self._reactor, self._reactor.getThreadPool(), self.work)
            self._working.addErrback(self._failed)
            self._working.addBoth(self._worked)

    def _failed(self, failure: Any) -> None:
        """Whatever it was, the next look tries again."""
        if failure.check(_Stopped, LeaseLost) is None:
            self.log.error("retention.failed", reason=failure.type.__name__)

    def _worked(self, _: object) -> None:
        self._working = None

    def work(self) -> None:
        """Do what is due now; blocks. psycopg2.Error, Unavailable or OSError when it could not be done, LeaseLost when another host does it."""
        setting = self._setting
        with session(setting.ops, "retention") as ops, session(setting.intake, "retention") as intake:
            with transaction(intake) as cur:
                reckoning = retention.reckon(cur, setting.now())
            if reckoning is None:
                return
            duty = Duty.archive(setting.host)
            self._do(duty, ops, reckoning, lambda ended: self._archive(intake, ended))
            if self._lease.epoch is not None:
                self._do(Duty.database(), ops, reckoning, lambda ended: self._database(ops, intake, ended))

    def _do(self, duty: Duty, ops: connection, now: Reckoning, work: Callable[[Limits], Counts]) -> None:
        with transaction(ops) as cur:
            if not duty.is_due(cur, now.now):
                return
        done = {"refused": now.doubt} if now.doubt else work(self._setting.terms.before(now.now))
        with transaction(ops) as cur:
            insert_audit(cur, "konbinid", duty.action, duty.subject, {**done, "host": self._setting.host})
        self._reactor.callFromThread(self._say, duty.action, done)

    def _say(self, action: str, done: Counts) -> None:
        if "refused" not in done:
            self.log.info("retention.done", part=action, counts=dict(done))
            return
        self.log.warn("retention.refused", part=action, reason=done["refused"])
        self._tell("error", "retention", "retention.refused", text=_REFUSED[done["refused"]])

    def _archive(self, intake: connection, ended: Limits) -> Counts:
        counts = self._setting.sweep(intake, ended, self._goes_on, self._setting.passing)
        if not self._goes_on():
            raise _Stopped
        return counts

    def _goes_on(self) -> bool:
        return bool(self.running)

    def _database(self, ops: connection, intake: connection, ended: Limits) -> Counts:
        sessions = {"intake": intake, "ops": ops}
        return {step: self._portions(sessions[role], step, ended) for step, role in retention.STEPS.items()}

    def _portions(self, link: connection, step: str, ended: Limits) -> int:
        """Short transactions until nothing is left; in each the lease must still be ours."""
        whole = 0
        while True:
            epoch = self._lease.epoch
            if epoch is None:
                raise LeaseLost
            if not self._goes_on():
                raise _Stopped
            with transaction(link) as cur:
                cur.execute(PATIENCE)
                cur.execute(_NO_PAUSE)
                hold_lease(cur, epoch)
                gone = retention.remove(cur, step, ended)
            self._setting.passing(step)
            if not gone:
                return whole
            whole += gone
