"""Gaps in a feed's sequence: what is missing before a file that waits, told once for each place at which the feed has to wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from konbinid.intake.sequence import FileState, after, distance
from konbinid.intake.sequence import before as number_before
from konbinid.store.intake_files import Incoming
from konbinid.store.intake_link import FeedRow


def before(row: FeedRow, files: Sequence[Incoming], incoming: Incoming) -> dict[str, Any] | None:
    """The numbers missing before a file; None when something else stops the feed, or when they were told (the waiting file's report says so)."""
    if row.stopped_by is not None or row.last_sequence is None:
        return None
    first = after(row.last_sequence)
    if any(each.report.get("gap", {}).get("missing_from") == first for each in files):
        return None
    return {"missing_from": first, "missing_through": number_before(incoming.sequence)}


def untold(row: FeedRow, files: Sequence[Incoming]) -> tuple[Incoming, dict[str, Any]] | None:
    """A gap that nobody saw when the file behind it came, because something else stopped the feed then or another gap lay before;
    with the file that waits for it."""
    waiting = [each for each in files if each.state == FileState.WAITING]
    if not waiting:
        return None
    place = row.last_sequence or 0
    nearest = min(waiting, key=lambda each: distance(place, each.sequence))
    gap = before(row, files, nearest)
    return None if gap is None else (nearest, gap)
