"""What passes between a feed's lane and its clerk: a file with what is to be done with it, and what was read of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from konbinid.intake.problems import Fault, ProblemList
from konbinid.store.intake_files import Incoming
from konbinid.store.intake_staging import Left


class Duty(StrEnum):
    """What the lane must do with a file next."""

    APPLY = "apply"
    APPLY_APPROVED = "apply_approved"
    WAIT = "wait"
    REFUSE = "refuse"
    GO_PAST = "go_past"  # refused, and the feed goes on behind it


@dataclass(frozen=True, slots=True)
class Task:
    """One file and what is to be done with it. ``fault``: why it is refused. ``gap``: what is missing before it."""

    duty: Duty
    incoming: Incoming
    fault: Fault | None = None
    gap: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the child read of a file, and what of it is staged."""

    left: Left
    rows: int
    problems: ProblemList
    keys_unread: bool
