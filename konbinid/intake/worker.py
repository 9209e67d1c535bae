"""The daemon's side of the reading child (konbinid.intake.child): one process, one job at a time, killed when it goes silent.

It is started when there is something to read and let go after a while without. A killed child costs its job and nothing else: what it had
staged does not count, and the file is read again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ProcessExitedAlready
from twisted.internet.interfaces import IDelayedCall, IReactorProcess, IReactorTime
from twisted.internet.protocol import ProcessProtocol
from twisted.logger import Logger
from twisted.python.failure import Failure

from konbinid.domain.characters import CodeRange
from konbinid.intake.framing import FrameBroken, Message, Unpacker, pack
from konbinid.intake.layout import Layout

_PASSED_ON = frozenset({"PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH"})


class WorkerLost(Exception):
    """The child ended in the middle of a job; the text says how, without anything of the file."""


class JobFailed(Exception):
    """The child reports a failure of its own. ``detail`` is konbinid.intake.telling.told's: kinds and places, no values."""

    def __init__(self, detail: Message) -> None:
        super().__init__(f"{detail.get('failed')} {detail.get('sqlstate', '')} in {detail.get('where')}")
        self.detail = detail

    @property
    def is_passing(self) -> bool:
        """Whether the fault lies with the database or the file system at this moment, not with the file."""
        return bool(self.detail.get("passing"))


@dataclass(frozen=True, slots=True, repr=False)
class WorkerSetting:
    """What the child is given: the intake role's DSN, the folder of keys, the layouts, the private characters that are no 外字, its limits.

    ``silent_seconds``: a job without any sign of progress for so long is killed. ``idle_seconds``: without a job for so long, the child is
    let go.
    """

    dsn: str
    keys: Path
    layouts: Sequence[Layout]
    private: Sequence[CodeRange] = ()
    memory_bytes: int = 1024 * 1024 * 1024
    silent_seconds: float = 120.0
    idle_seconds: float = 300.0


class _ChildProtocol(ProcessProtocol):
    """The pipe to one child."""

    log = Logger()

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._unpacker = Unpacker()
        self._printed = 0

    def outReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Messages; a child that speaks nonsense is killed."""
        try:
            for message in self._unpacker.feed(data):
                self._worker.heard(self, message)
        except FrameBroken:
            self._worker.kill()

    def errReceived(self, data: bytes) -> None:  # noqa: N802  # Twisted's name
        """Not looked at: what a library prints about a row may hold its values."""
        self._printed += len(data)

    def processEnded(self, reason: Failure) -> None:  # noqa: N802  # Twisted's name
        """Gone, for whatever reason."""
        value = reason.value
        if self._printed:
            self.log.warn(
                "the reading process printed {bytes} bytes, which are not shown", bytes=self._printed
            )
        how = f"exit code {getattr(value, 'exitCode', None)}, signal {getattr(value, 'signal', None)}"
        self._worker.ended(self, how)


class Worker:
    """One child process. ``run`` one job at a time; ``reactor`` gives processes and time."""

    def __init__(self, reactor: Any, setting: WorkerSetting) -> None:
        self._processes: IReactorProcess = reactor
        self._clock: IReactorTime = reactor
        self._setting = setting
        self._protocol: _ChildProtocol | None = None
        self._answer: Deferred[Message] | None = None
        self._ended: list[Deferred[None]] = []
        self._timer: IDelayedCall | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        transport = self._protocol.transport if self._protocol is not None else None
        return None if transport is None else transport.pid

    async def run(self, job: Message) -> Message:
        """Have one job done. JobFailed when the child says so, WorkerLost when it is gone before it answered."""
        if self._ended:
            await self.stop()  # the last child is on its way out
        try:
            if self._protocol is None:
                await self._start()
            answer = await self._ask(job)
        except JobFailed:
            # Nobody knows in what state it is: the next job gets a fresh one.
            await self.stop()
            raise
        self._set_timer(self._setting.idle_seconds, self.stop)
        done: Message = answer["done"]
        return done

    def stop(self) -> Deferred[None]:
        """Kill the child; fires when it is gone."""
        if self._protocol is None:
            return succeed(None)
        ended: Deferred[None] = Deferred()
        self._ended.append(ended)
        self._set_timer(None, self.kill)
        self.kill()
        return ended

    def kill(self) -> None:
        """End it at once. Whatever it was doing does not count."""
        transport = self._protocol.transport if self._protocol is not None else None
        if transport is not None:
            try:
                transport.signalProcess("KILL")
            except ProcessExitedAlready:
                return

    def heard(self, protocol: _ChildProtocol, message: Message) -> None:
        """A message came; anything but progress answers the job."""
        if protocol is not self._protocol or self._answer is None:
            return
        if "progress" in message:
            self._set_timer(self._setting.silent_seconds, self.kill)
            return
        answer, self._answer = self._answer, None
        self._set_timer(None, self.kill)
        if "failed" in message:
            answer.errback(JobFailed(message))
        else:
            answer.callback(message)

    def ended(self, protocol: _ChildProtocol, how: str) -> None:
        """The process is gone."""
        if protocol is self._protocol:
            self._protocol = None
            self._set_timer(None, self.kill)
            answer, self._answer = self._answer, None
            if answer is not None:
                answer.errback(WorkerLost(f"the reading process ended: {how}"))
        waiting, self._ended = self._ended, []
        for each in waiting:
            each.callback(None)

    async def _start(self) -> None:
        self._protocol = _ChildProtocol(self)
        path = os.pathsep.join(entry for entry in sys.path if entry)
        passed_on = {
            name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith("PG")
        }
        # -P: the folder we happen to run in is no place to import from.
        command = [sys.executable, "-P", "-m", "konbinid.intake.child"]
        environment = {**passed_on, "PYTHONPATH": path, "PYTHONUTF8": "1"}
        try:
            self._processes.spawnProcess(self._protocol, sys.executable, command, env=environment)
        except OSError as error:  # no more processes, files or memory at this moment
            self._protocol = None
            raise WorkerLost(f"the reading process could not be started: {error.strerror}") from None
        setting = self._setting
        await self._ask(
            {
                "parent": os.getpid(),
                "dsn": setting.dsn,
                "keys": str(setting.keys),
                "layouts": [[str(layout.path), layout.digest] for layout in setting.layouts],
                "private": [[each.first, each.last] for each in setting.private],
                "memory": setting.memory_bytes,
            }
        )

    def _ask(self, message: Message) -> Deferred[Message]:
        assert self._answer is None  # one job at a time
        assert self._protocol is not None
        answer: Deferred[Message] = Deferred()
        self._answer = answer
        self._set_timer(self._setting.silent_seconds, self.kill)
        assert self._protocol.transport is not None
        self._protocol.transport.write(pack(message))
        return answer

    def _set_timer(self, seconds: float | None, call: Callable[[], object]) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None if seconds is None else self._clock.callLater(seconds, call)
