"""Decides about files in the database: blocking, one connection, called from a thread by konbinid.intake.lane.

Every method is one question or one settled transaction; between two of them the daemon may die.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from psycopg2.extensions import connection, cursor

from konbinid.domain.feeds import Feed
from konbinid.intake import gaps, sequence
from konbinid.intake.differing import report_of
from konbinid.intake.layout import Layout
from konbinid.intake.problems import Fault, ProblemList
from konbinid.intake.sequence import Act, FileState, OpenFile
from konbinid.intake.steps import Passing, Point
from konbinid.intake.tasks import Duty, Reading, Task
from konbinid.store import intake_files, intake_prepare, intake_settle, intake_staging
from konbinid.store.intake_compare import is_chosen
from konbinid.store.intake_files import Incoming
from konbinid.store.intake_link import connect, feed_row, fence, transaction
from konbinid.store.intake_prepare import Prepared
from konbinid.store.intake_settle import SettledAlready
from konbinid.store.intake_tables import TABLES, Table

T = TypeVar("T")
_Outcome = Callable[[cursor, Incoming, Table, Prepared, dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class FeedIntake:
    """One feed as the city wants it taken in.

    More than ``removal_share`` of its rows, and at least ``removal_least_rows``, are not removed without an operator.
    ``verify_only``: full files only report, and hold the people for whom they differ.
    """

    layout: Layout
    removal_share: float = 0.05
    removal_least_rows: int = 20
    verify_only: bool = False

    @property
    def feed(self) -> Feed:
        """Which feed it is."""
        return self.layout.feed


_DUTIES = {
    Act.APPLY: Duty.APPLY,
    Act.APPLY_APPROVED: Duty.APPLY_APPROVED,
    Act.WAIT: Duty.WAIT,
    Act.REFUSE_LATE: Duty.REFUSE,
    Act.REFUSE_OLDER: Duty.REFUSE,
}
_REFUSALS = {Act.REFUSE_LATE: Fault.LATE, Act.REFUSE_OLDER: Fault.OLDER}
# With these nobody knows whether the rows that are there are all that were written, and as they were written.
_TORN = (Fault.HASH_MISMATCH, Fault.TOO_LARGE, Fault.END_MALFORMED)


class Clerk:
    """One feed's decisions. ``dsn`` is the intake role's."""

    def __init__(self, dsn: str, intake: FeedIntake, passing: Passing) -> None:
        self._dsn = dsn
        self._intake = intake
        self._feed = intake.feed.value
        self._table = TABLES[intake.feed]
        self._passing = passing
        self._link: connection | None = None

    def close(self) -> None:
        """Give the connection back."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def incoming(self, incoming_id: int) -> Incoming | None:
        """One file as it stands; None when the database does not know it any more."""
        try:
            return self._ask(lambda cur: intake_files.by_id(cur, incoming_id))
        except LookupError:
            return None

    def decided_under(self, name: str) -> Incoming | None:
        """The newest file of a name, if it is decided."""
        found = self._ask(lambda cur: intake_files.by_name(cur, name))
        return found[-1] if found and found[-1].is_decided else None

    def attachments(self, incoming_id: int) -> dict[str, bytes]:
        """Name -> sha256 of what came with a file."""
        return self._ask(lambda cur: intake_files.attachment_names(cur, incoming_id))

    def next_task(self) -> Task | None:
        """What to do next for this feed; None when it must wait for news."""
        return self._ask(self._next_task)

    def apply(self, task: Task, reading: Reading, epoch: int) -> None:
        """Apply what was read, or reject or hold it. LeaseLost, SettledAlready and StagingLost change nothing."""
        problems = self._all_problems(task.incoming, reading)
        prepared = None
        if not problems:
            prepared, problems = self._prepare(task.incoming, reading)
        self._passing(Point.PREPARED)
        report = problems.as_report()
        if problems or prepared is None:
            self._settle(epoch, lambda cur: self._reject(cur, task.incoming, reading, report))
            return
        if prepared.notes:
            report["notes"] = [{"line": line, "note": note} for line, note in prepared.notes]
            report["notes_left_out"] = prepared.notes_left_out
        done = self._ask(lambda cur: self._outcome(cur, task, prepared))
        if done in {intake_settle.report_only, intake_settle.compare}:
            report |= self._ask(lambda cur: report_of(cur, self._table, self._intake.layout, prepared))

        def settle(cur: cursor) -> None:
            if self._outcome(cur, task, prepared) is not done:
                raise SettledAlready  # an operator chose otherwise in the meantime
            done(cur, task.incoming, self._table, prepared, report)

        self._settle(epoch, settle)

    def wait(self, task: Task, reading: Reading, epoch: int) -> None:
        """Not its turn: hold who is named."""
        self._settle(
            epoch,
            lambda cur: intake_settle.wait(
                cur,
                task.incoming,
                self._table,
                reading.left,
                keys_unread=self._closes(task.incoming, reading),
                gap=task.gap,
            ),
        )

    def refuse(self, task: Task, reading: Reading | None, epoch: int) -> None:
        """It is not to be applied. ``reading``: it contradicts what was, so whoever is named in it is held."""
        problems = ProblemList.of_report(task.incoming.report)
        if task.fault is not None:
            problems.add_file(task.fault)
        past = task.duty is Duty.GO_PAST
        left = None if reading is None or past else reading.left
        self._settle(
            epoch,
            lambda cur: intake_settle.refuse(
                cur,
                task.incoming,
                self._table,
                left,
                problems.as_report(),
                takes_place=past,
                keys_unread=reading is not None and self._closes(task.incoming, reading),
            ),
        )

    @property
    def reads_what_it_passes(self) -> bool:
        """Whether a file that is refused without a contradiction is read all the same: its keys may be unreadable, and then nobody knows whom
        it was about."""
        return self._intake.layout.spec.closes_unread

    def clear(self, run: int) -> None:
        """A reading has done its work: its rows leave the staging tables."""

        def work(cur: cursor) -> None:
            intake_staging.clear(cur, self._table)
            intake_staging.drop_keys(cur, run)

        self._ask(work)

    def _next_task(self, cur: cursor) -> Task | None:
        row = feed_row(cur, self._feed)
        files = intake_files.open_files(cur, self._feed)
        if other := [each for each in files if _has(each, Fault.OTHER_CONTENT)]:
            return Task(Duty.REFUSE, other[0])
        known = {each.id: each for each in files}
        step = sequence.next_step(row.last_sequence, [_open_file(each) for each in files])
        if step is None:
            found = gaps.untold(row, files)
            return None if found is None else Task(Duty.WAIT, found[0], gap=found[1])
        incoming = known[step.file.id]
        if (
            step.act is Act.APPLY
            and incoming.full
            and row.last_stamp is not None
            and incoming.stamp < row.last_stamp
        ):
            return Task(Duty.GO_PAST, incoming, Fault.FULL_OLDER)
        gap = gaps.before(row, files, incoming) if step.act is Act.WAIT else None
        return Task(_DUTIES[step.act], incoming, _REFUSALS.get(step.act), gap)

    def _all_problems(self, incoming: Incoming, reading: Reading) -> ProblemList:
        """What the file's arrival and its rows showed."""
        problems = reading.problems
        for each in ProblemList.of_report(incoming.report).entries:
            if each.line == 0:
                problems.add_file(each.fault)
        if reading.rows != incoming.rows and not _has(incoming, Fault.END_MALFORMED):
            problems.add_file(Fault.ROWS_MISMATCH)
        return problems

    def _prepare(self, incoming: Incoming, reading: Reading) -> tuple[Prepared | None, ProblemList]:
        """The effects; or, when rows contradict, the faults, and the staging tables as they were."""
        problems = ProblemList()
        with transaction(self._connected()) as cur:
            intake_staging.require_whole(cur, self._table, reading.left)
            prepared = intake_prepare.prepare(
                cur,
                self._feed,
                self._table,
                reading.left.run,
                full=incoming.full,
                least_removed=self._intake.removal_least_rows,
            )
            found = [
                (line, self._intake.layout.name_of(each.target), Fault(each.fault))
                for each in prepared.contradictions
                for line in each.lines
            ]
            for line, column, fault in sorted(found, key=lambda each: each[0]):
                problems.add(line, column, fault)
            if problems:
                cur.connection.rollback()
                return None, problems
        return prepared, problems

    def _outcome(self, cur: cursor, task: Task, prepared: Prepared) -> _Outcome:
        intake, approved = self._intake, task.duty is Duty.APPLY_APPROVED
        if task.incoming.full and not approved:
            if is_chosen(cur, task.incoming.name):
                return intake_settle.compare
            if intake.verify_only:
                return intake_settle.report_only
        removed, present = prepared.removed, prepared.present or 0
        too_many = (
            removed > 0 and removed >= intake.removal_least_rows and removed > intake.removal_share * present
        )
        return intake_settle.hold if too_many and not approved else intake_settle.apply

    def _reject(self, cur: cursor, incoming: Incoming, reading: Reading, report: dict[str, Any]) -> None:
        intake_settle.reject(
            cur, incoming, self._table, reading.left, report, keys_unread=self._closes(incoming, reading)
        )

    def _closes(self, incoming: Incoming, reading: Reading) -> bool:
        """Whether every kind that depends on the feed closes: nobody knows whom some row is about, be it one that never arrived."""
        torn = reading.rows < incoming.rows or any(_has(incoming, fault) for fault in _TORN)
        return (reading.keys_unread or torn) and self._intake.layout.spec.closes_unread

    def _settle(self, epoch: int, work: Callable[[cursor], None]) -> None:
        with transaction(self._connected()) as cur:
            fence(cur, self._feed, epoch)
            work(cur)
            self._passing(Point.SETTLING)
        self._passing(Point.SETTLED)

    def _ask(self, work: Callable[[cursor], T]) -> T:
        with transaction(self._connected()) as cur:
            return work(cur)

    def _connected(self) -> connection:
        if self._link is None or self._link.closed:
            self._link = connect(self._dsn, f"konbinid intake {self._feed}")
        return self._link


def _open_file(incoming: Incoming) -> OpenFile:
    state, ahead = FileState(incoming.state), _has(incoming, Fault.STAMP_AHEAD)
    return OpenFile(
        incoming.id, incoming.sequence, incoming.stamp, state, approved=incoming.approved, ahead=ahead
    )


def _has(incoming: Incoming, fault: Fault) -> bool:
    return any(each.fault is fault for each in ProblemList.of_report(incoming.report).entries)
