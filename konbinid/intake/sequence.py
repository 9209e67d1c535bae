"""Which file of a feed is next: the order that contract 2 gives to files, as a pure decision over what is stored.

A feed moves forward one sequence number at a time. The number it waits for is the *place*; a file at the place is applied, one
beyond it waits, one before it came too late. A rejected or held file keeps its place, so the feed stops there, until a corrected file
with a newer time stamp takes the same place or an operator lets the feed go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from konbinid.intake.names import LAST_SEQUENCE


class FileState(StrEnum):
    """The states of intake.incoming in which a file is still open."""

    RECEIVED = "received"  # its bytes are stored
    WAITING = "waiting"  # not its turn; who is named in it is held
    HELD = "held"  # would remove too much; an operator decides
    REJECTED = "rejected"  # quarantined; a corrected file or an operator decides


_UNDECIDED = frozenset({FileState.RECEIVED, FileState.WAITING})


class Act(StrEnum):
    """What is to be done with one file."""

    APPLY = "apply"
    APPLY_APPROVED = "apply_approved"
    WAIT = "wait"
    REFUSE_LATE = "refuse_late"  # its place was taken by another file
    REFUSE_OLDER = "refuse_older"  # at a stopped place, but not newer than the file that stopped it


@dataclass(frozen=True, slots=True)
class OpenFile:
    """One open file of a feed. ``approved``: an operator agreed to a held one. ``ahead``: its time stamp lay in the future when it came, so it says
    nothing about what is newer."""

    id: int
    sequence: int
    stamp: datetime
    state: FileState
    approved: bool = False
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, with one file."""

    act: Act
    file: OpenFile


def after(sequence: int) -> int:
    """The next number; 000001 follows 999999."""
    return sequence % LAST_SEQUENCE + 1


def before(sequence: int) -> int:
    """The number before; 999999 precedes 000001."""
    return (sequence - 2) % LAST_SEQUENCE + 1


def distance(place: int, sequence: int) -> int:
    """How far a number lies beyond the place; negative when it lies before it. The nearer way round counts."""
    ahead = (sequence - place) % LAST_SEQUENCE
    return ahead if ahead <= LAST_SEQUENCE // 2 else ahead - LAST_SEQUENCE


def place_of(last: int | None, files: Iterable[OpenFile]) -> int | None:
    """The number the feed waits for. A feed that never had a file begins where its oldest file says; None without any."""
    if last is not None:
        return after(last)
    first = min(files, key=lambda file: (file.stamp, file.sequence), default=None)
    return None if first is None else first.sequence


def next_step(last: int | None, files: Iterable[OpenFile]) -> Step | None:
    """The next thing to do for a feed whose last settled number is ``last``; None when it must wait for news."""
    known = sorted(files, key=lambda file: (file.stamp, file.id))
    place = place_of(last, known)
    if place is None:
        return None
    for file in known:
        if distance(place, file.sequence) < 0 and file.state in _UNDECIDED:
            return Step(Act.REFUSE_LATE, file)
    step = _at_place([file for file in known if file.sequence == place])
    if step is not None:
        return step
    ahead = [file for file in known if distance(place, file.sequence) > 0]
    return next((Step(Act.WAIT, file) for file in ahead if file.state is FileState.RECEIVED), None)


def _at_place(files: list[OpenFile]) -> Step | None:
    """Among the files of one place, oldest first, the newest counts: it corrects the others."""
    fresh = [file for file in files if file.state in _UNDECIDED]
    stopped = [file for file in files if file.state not in _UNDECIDED]
    for file in fresh:
        if file.ahead and len(fresh) > 1:
            return Step(Act.APPLY, file)  # which rejects it; then any other corrects it
        if any(file.stamp <= each.stamp for each in stopped if not each.ahead):
            return Step(Act.REFUSE_OLDER, file)
    if fresh:
        twins = [file for file in fresh if file.stamp == fresh[-1].stamp]
        # Two files that claim one place at one second contradict each other; the one that came first stands.
        return Step(Act.REFUSE_OLDER, twins[1]) if len(twins) > 1 else Step(Act.APPLY, fresh[-1])
    approved = [file for file in stopped if file.state is FileState.HELD and file.approved]
    return Step(Act.APPLY_APPROVED, approved[-1]) if approved and approved[-1] is stopped[-1] else None
