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

from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.protocol import ProcessProtocol

from konbinid.ops.rounds import Rounds
from konbinid.store.errors import StoreError
from konbinid.store.glyph_look import is_due

if TYPE_CHECKING:
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


class GlyphWatch(Rounds):
    """Asks every minute whether a look is due. ``pool``: of the role office. ``tell``: raises an alert (severity, source, event, text)."""

    def __init__(
        self,
        reactor: Any,  # IReactorTime and IReactorProcess
        pool: Pool,
        lease: HasEpoch,
        setting: GlyphWatchSetting,
        tell: Callable[..., None],
    ) -> None:
        super().__init__(reactor, _ASK_SECONDS)
        self._pool = pool
        self._lease = lease
        self._setting = setting
        self._tell = tell
        self._child: _Child | None = None
        self._not_before = 0.0
        self._told = False

    def stopService(self) -> Deferred[None] | None:  # noqa: N802  # Twisted's name
        """Kill a look that is under way; fires when it is gone."""
        stopped = super().stopService()
        if self._child is not None:
            self._child.kill()
        return stopped

    async def round(self) -> None:
        """Look, when it is ours to do and due."""
        if self._lease.epoch is None or self._clock.seconds() < self._not_before:
            return
        deadline = self._clock.seconds() + _WITHIN
        try:
            due = await self._pool.transaction(
                lambda tx: is_due(tx, self._setting.digest), deadline=deadline, begin=_READ
            )
            if due and self.running:
                found = await self._look()
                self._told = False
                people, characters, new = found["people"], found["characters"], found["new"]
                self.log.info("glyphs.looked", people=people, characters=characters, new=new)
        except StoreError as error:
            self.log.warn("glyphs.failed", reason=type(error).__name__)
        except (LookFailed, OSError) as error:
            if self.running:
                self._failed(str(error) if isinstance(error, LookFailed) else type(error).__name__)

    def _failed(self, reason: str) -> None:
        self.log.error("glyphs.failed", reason=reason)
        self._not_before = self._clock.seconds() + _AFTER_FAILURE
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
        self._clock.spawnProcess(
            child,
            sys.executable,
            # -P: the folder we happen to run in is no place to import from.
            [sys.executable, "-P", "-m", "konbinid.glyph_child"],
            # fonts.toml may find a face by a variable.
            env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"},
        )
        limit = self._clock.callLater(_LONGEST, child.kill)
        try:
            return await child.ended
        finally:
            self._child = None
            if limit.active():
                limit.cancel()
