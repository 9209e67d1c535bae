"""One feed's way through intake: arrivals are stored, files are taken in their order, receipts given, files put away.

Feeds do not wait for each other: a long 全件 of JUMIN does not keep a single hold of YOKUSHI waiting (restrictive news first). Within a
feed everything happens one after another. A lane remembers nothing that matters: what it knows of a file it asks from
intake.incoming each time (konbinid.intake.steps).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import psycopg2
from twisted.logger import Logger

from konbinid.domain.feeds import Feed
from konbinid.intake import receipts
from konbinid.intake.clerk import Clerk
from konbinid.intake.drop import Arrival, Drop
from konbinid.intake.problems import Fault, ProblemList
from konbinid.intake.steps import Passing, Point
from konbinid.intake.tasks import Duty, Reading, Task
from konbinid.intake.telling import is_passing
from konbinid.intake.turns import Turns, is_large
from konbinid.intake.worker import JobFailed, Worker, WorkerLost
from konbinid.store.intake_files import Incoming
from konbinid.store.intake_link import LeaseLost
from konbinid.store.intake_settle import SettledAlready
from konbinid.store.intake_staging import Left, StagingLost
from konbinid.store.whole_file import write_whole

_TRIES = 3  # a file at which the reading child fails so often is rejected


class Lease(Protocol):
    """The right to be the one daemon that takes files in."""

    @property
    def epoch(self) -> int | None:
        """The number under which the lease was had; None without it."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a lane works with. ``in_thread`` runs blocking work elsewhere than in the reactor; ``new_run`` names a reading at random.

    ``stamp_ahead_seconds``: how far the time stamp in a name may lie in the future, for clocks that differ. ``attached``: the feed's rows
    bring pictures or PDFs. ``attest`` answers true once this host would notice it if the database lost what it had committed before the call.
    """

    drop: Drop
    outbox: Path
    clerk: Clerk
    worker: Worker
    lease: Lease
    attest: Callable[[], Awaitable[bool]]
    in_thread: Callable[[Callable[[], Any]], Awaitable[Any]]
    new_run: Callable[[], int]
    passing: Passing
    most_bytes: int
    stamp_ahead_seconds: float
    turns: Turns
    attached: bool


class Lane:
    """Takes in the files of one feed."""

    log = Logger()

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._clerk = tools.clerk
        self._stored: dict[
            str, tuple[tuple[int, ...], int]
        ] = {}  # name -> identity and id; saves reading it again
        self._failures: dict[int, int] = {}

    async def work(self, arrivals: Sequence[Arrival]) -> None:
        """Take in what has arrived and settle everything that can be settled now."""
        names = {arrival.name.text for arrival in arrivals}
        for name in self._stored.keys() - names:
            del self._stored[name]
        try:
            for arrival in arrivals:
                await self._take_in(arrival)
            await self._settle_all(names)
        finally:
            await self._put_away(arrivals)

    async def _take_in(self, arrival: Arrival) -> None:
        """Store a file, unless that has been done."""
        name = arrival.name.text
        known = self._stored.get(name)
        if arrival.gone or (known is not None and known[0] == arrival.identity):
            return
        self._tools.passing(Point.FOUND)
        end, epoch = arrival.end, self._tools.lease.epoch
        rows = end.rows if end else 0
        job = {
            "job": "store",
            "folder": str(self._tools.drop.folder),
            "name": name,
            "large": self._is_large(rows),
            "rows": rows,
            "sha256": end.sha256.hex() if end else "",
            "most_bytes": self._tools.most_bytes,
            "ahead": self._tools.stamp_ahead_seconds,
        }
        try:
            async with self._turn(arrival.name.feed, rows):
                if self._tools.lease.epoch != epoch:
                    return  # it was lost, or we stop, while others had their turn
                stored = await self._tools.worker.run(job)
        except JobFailed as failed:
            if not failed.detail.get("io"):
                raise
            self.log.warn("{file}: cannot be read now", file=name, failure=failed.detail)
            return
        self._stored[name] = (arrival.identity, stored["incoming_id"])
        if not stored["known"]:
            self.log.info("{file}: stored", file=name, feed=arrival.name.feed.value)
        self._tools.passing(Point.STORED)

    async def _settle_all(self, here: set[str]) -> None:
        """Do what is to be done, until the feed must wait for news. ``here``: files that get their receipt when they are put away."""
        setbacks = 0
        while (epoch := self._tools.lease.epoch) is not None and setbacks < _TRIES:
            task: Task | None = await self._tools.in_thread(self._clerk.next_task)
            if task is None:
                return
            try:
                async with self._turn(Feed(task.incoming.feed), task.incoming.rows):
                    if self._tools.lease.epoch != epoch:
                        return
                    await self._do(task, epoch)
            except (SettledAlready, StagingLost) as passed:
                setbacks += 1
                self.log.info(
                    "{file}: {why}, looking again", file=task.incoming.name, why=type(passed).__name__
                )
            except LeaseLost:
                self.log.warn("{file}: the lease was lost before it was settled", file=task.incoming.name)
                return
            else:
                await self._tell(task.incoming.id, here)

    def _turn(self, feed: Feed, rows: int) -> AbstractAsyncContextManager[None]:
        return self._tools.turns.turn(feed, rows, attached=self._tools.attached)

    def _is_large(self, rows: int) -> bool:
        return is_large(rows, attached=self._tools.attached)

    async def _do(self, task: Task, epoch: int) -> None:
        incoming = task.incoming
        if task.duty is Duty.GO_PAST and not self._clerk.reads_what_it_passes:
            await self._tools.in_thread(lambda: self._clerk.refuse(task, None, epoch))
            return
        reading = await self._read(incoming)
        self._tools.passing(Point.STAGED)
        refuse = self._clerk.refuse
        settle = {Duty.WAIT: self._clerk.wait, Duty.REFUSE: refuse, Duty.GO_PAST: refuse}.get(
            task.duty, self._clerk.apply
        )
        try:
            await self._tools.in_thread(lambda: settle(task, reading, epoch))
        except psycopg2.Error as failed:
            self._count_failure(incoming.id, passing=is_passing(failed))
            raise
        self._failures.pop(incoming.id, None)
        await self._tools.in_thread(lambda: self._clerk.clear(reading.left.run))

    def _count_failure(self, incoming_id: int, *, passing: bool) -> None:
        """A fault that may pass by itself says nothing about the file."""
        self._failures[incoming_id] = self._failures.get(incoming_id, 0) + (not passing)

    async def _read(self, incoming: Incoming) -> Reading:
        """Have the child stage a file. One that failed too often is rejected, with the people that can be read of it."""
        run = self._tools.new_run()
        large = self._is_large(incoming.rows)
        job = {"job": "stage", "large": large, "feed": incoming.feed, "incoming_id": incoming.id, "run": run}
        give_up = self._failures.get(incoming.id, 0) >= _TRIES
        try:
            done = await self._tools.worker.run(job)
        except (JobFailed, WorkerLost) as failed:
            self._count_failure(incoming.id, passing=isinstance(failed, JobFailed) and failed.is_passing)
            if not give_up:
                raise
            done = {"rows": incoming.rows, "staged": None, "named": 0, "report": {}, "keys_unread": True}
        problems = ProblemList.of_report(done["report"])
        if give_up:
            problems.add_file(Fault.NOT_PROCESSED)
        left = Left(run, done["staged"], done["named"])
        return Reading(left, done["rows"], problems, keys_unread=done["keys_unread"])

    async def _tell(self, incoming_id: int, here: set[str]) -> None:
        incoming: Incoming | None = await self._tools.in_thread(lambda: self._clerk.incoming(incoming_id))
        if incoming is None:
            return
        self.log.info(
            "{file}: {state}",
            file=incoming.name,
            feed=incoming.feed,
            state=incoming.state,
            rows=incoming.rows,
            added=incoming.added,
            changed=incoming.changed,
            removed=incoming.removed,
            bad_rows=incoming.report.get("bad_rows", 0),
        )
        told_here = incoming.is_decided and incoming.name not in here and not incoming.relay
        if told_here and await self._tools.attest():
            # The other host stored it; its folder will be put in order when that host looks again.
            await self._tools.in_thread(lambda: self._write_receipt(incoming))

    async def _put_away(self, arrivals: Sequence[Arrival]) -> None:
        """Give the receipts of decided files and take these out of the folder; again, if an earlier try was cut short.

        Whoever has a receipt sends the file no more. So it is given only when a database that goes back behind it would be noticed (I-11), and only
        of what is still decided then.
        """
        decided = [each for each in arrivals if await self._tools.in_thread(partial(self._decided, each))]
        if not decided or not await self._tools.attest():
            return
        for arrival in decided:
            await self._tools.in_thread(partial(self._put_away_now, arrival))

    def _decided(self, arrival: Arrival) -> Incoming | None:
        """What became of a file; None while it waits."""
        name = arrival.name.text
        if arrival.gone:
            return self._clerk.decided_under(name)
        known = self._stored.get(name)
        if known is None:
            return None
        incoming = self._clerk.incoming(known[1])
        if incoming is None or incoming.name != name:
            # The database went back behind it, and may have given its number to another file.
            del self._stored[name]
            return None
        return incoming if incoming.is_decided else None

    def _put_away_now(self, arrival: Arrival) -> None:
        incoming = self._decided(arrival)
        if incoming is None:
            return
        self._write_receipt(incoming)
        self._tools.passing(Point.ANSWERED)
        drop = self._tools.drop
        place = drop.archive if incoming.state == "applied" else drop.quarantine
        drop.file_away(arrival, place, self._clerk.attachments(incoming.id), self._tools.passing)

    def _write_receipt(self, incoming: Incoming) -> None:
        applied = incoming.state == "applied"
        text = receipts.ok_text(incoming) if applied else receipts.ng_text(incoming)
        write_whole(self._tools.outbox, f"{incoming.name}.{'ok' if applied else 'ng'}", text)
