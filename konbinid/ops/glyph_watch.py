"""Has everything that certificates print looked through for characters without a glyph, when something changed and once a day
(docs/decisions/0041): by the holder of the lease, in a process of its own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from twisted.application.service import Service
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger

from konbinid.store.errors import StoreError
from konbinid.store.glyph_look import is_due

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall
    from twisted.python.failure import Failure

    from konbinid.store.pool import Pool

_ASK_SECONDS = 60.0
_WITHIN = 10.0
_AFTER_FAILURE = 600.0
_LONGEST = 3600.0  # a look at 3.77 million people would take three minutes (docs/measurements.md)
_READ = "begin isolation level repeatable read read only"
_FAILED = "字形のない文字を調べられませんでした。10分ごとにやり直します。続くときは、記録の glyphs.failed を保守担当に伝えてください。"


class HasEpoch(Protocol):
    """The lease of the singleton jobs."""

    @property
    def epoch(self) -> int | None:
        """None when it is not held."""


@dataclass(frozen=True, slots=True, repr=False)
class GlyphWatchSetting:
    """``dsns`` of the role office, one per server; the list of fonts with the folders to search; ``digest`` of the faces that this daemon prints
    with."""

    dsns: Sequence[str]
    fonts: Path
    folders: Sequence[Path]
    digest: str


class LookFailed(Exception):
    """The child did not end its look; the text holds kinds and places, no values."""


class _Child(ProcessProtocol):
    """One look's process."""

    def __init__(self, question: bytes) -> None:
        self._question = question
        self._said = b""
        self.ended: Deferred[dict[str, Any]] = Deferred()

    def connectionMade(self) -> None:  # noqa: N802  # Twisted's name
        """Ask. Secrets go this way, where no process list shows them."""
        assert self.transport is not None
        self.transport.write(self._question)
        self.transport.closeStdin()

    def outReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """The answer, a few hundred bytes."""
        self._said = (self._said + data)[:10000]

    def errReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Not looked at: what a library prints may hold somebody's text."""

    def processEnded(self, reason: Failure) -> None:  # noqa: N802  # Twisted's name
        """Gone, for whatever reason."""
        value = reason.value
        try:
            answer = json.loads(self._said)
        except ValueError:
            how = f"exit code {getattr(value, 'exitCode', None)}, signal {getattr(value, 'signal', None)}"
            self.ended.errback(LookFailed(how))
            return
        if "failed" in answer:
            self.ended.errback(LookFailed(f"{answer['failed']} {answer['sqlstate']} in {answer['where']}"))
        else:
            self.ended.callback(answer)

    def kill(self) -> None:
        """End it; what it had found does not count."""
        if self.transport is not None:
            try:
                self.transport.signalProcess("KILL")
            except ProcessExitedAlready:
                return


class GlyphWatch(Service):
    """Asks every minute whether a look is due. ``pool``: of the role office. ``tell``: raises an alert (severity, source, event, text)."""

    log = Logger()

    def __init__(
        self,
        reactor: Any,  # IReactorTime and IReactorProcess
        pool: Pool,
        lease: HasEpoch,
        setting: GlyphWatchSetting,
        tell: Callable[..., None],
    ) -> None:
        self._reactor = reactor
        self._pool = pool
        self._lease = lease
        self._setting = setting
        self._tell = tell
        self._timer: IDelayedCall | None = None
        self._working: Deferred[None] | None = None
        self._child: _Child | None = None
        self._not_before = 0.0
        self._told = False

    def startService(self) -> None:  # noqa: N802  # Twisted's name
        """Begin to ask, in a minute: what a start is for comes first."""
        super().startService()  # type: ignore[no-untyped-call]  # Twisted's Service has no types
        self._timer = self._reactor.callLater(_ASK_SECONDS, self._ask)

    def stopService(self) -> Deferred[None]:  # noqa: N802  # Twisted's name
        """Kill a look that is under way; fires when it is gone."""
        super().stopService()  # type: ignore[no-untyped-call]  # Twisted's Service has no types
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        if self._child is not None:
            self._child.kill()
        ended: Deferred[None] = Deferred()
        if self._working is None:
            ended.callback(None)
        else:
            self._working.addBoth(lambda _: ended.callback(None))
        return ended

    def _ask(self) -> None:
        self._timer = self._reactor.callLater(_ASK_SECONDS, self._ask)
        ours = self._lease.epoch is not None and self._reactor.seconds() >= self._not_before
        if ours and self._working is None:
            self._working = ensureDeferred(self.look_if_due())
            self._working.addBoth(self._worked)

    def _worked(self, _: object) -> None:
        self._working = None

    async def look_if_due(self) -> None:
        """One round. Whatever happens in it, the next round tries again."""
        try:
            deadline = self._reactor.seconds() + _WITHIN
            due = await self._pool.transaction(
                lambda tx: is_due(tx, self._setting.digest), deadline=deadline, begin=_READ
            )
            if due and self.running:
                found = await self._look()
                self._told = False
                self.log.info("glyphs.looked", **found)
        except StoreError as error:
            self.log.warn("glyphs.failed", reason=type(error).__name__)
        except Exception as error:  # noqa: BLE001  # a defect here must not end the rounds
            if self.running:
                self._failed(error)

    def _failed(self, error: Exception) -> None:
        reason = str(error) if isinstance(error, LookFailed) else type(error).__name__
        self.log.error("glyphs.failed", reason=reason)
        self._not_before = self._reactor.seconds() + _AFTER_FAILURE
        if not self._told:
            self._told = True
            self._tell("error", "glyphs", "glyphs.failed", text=_FAILED)

    async def _look(self) -> dict[str, Any]:
        setting = self._setting
        question = {
            "parent": os.getpid(),
            "dsns": list(setting.dsns),
            "fonts": str(setting.fonts),
            "folders": list(map(str, setting.folders)),
            "digest": setting.digest,
        }
        path = os.pathsep.join(entry for entry in sys.path if entry)
        child = self._child = _Child(json.dumps(question).encode())
        self._reactor.spawnProcess(
            child,
            sys.executable,
            # -P: the folder we happen to run in is no place to import from.
            [sys.executable, "-P", "-m", "konbinid.glyph_child"],
            # fonts.toml may find a face by a variable.
            env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"},
        )
        limit = self._reactor.callLater(_LONGEST, child.kill)
        try:
            return await child.ended
        finally:
            self._child = None
            if limit.active():
                limit.cancel()
