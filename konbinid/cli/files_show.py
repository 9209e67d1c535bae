"""``konbinid files show``: one file as it stands: state, counts, faults, what differs, and how many people it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from konbinid.cli.failure import CommandFailed
from konbinid.domain.dates import JST
from konbinid.intake.differing import lines_of
from konbinid.intake.problems import ProblemList
from konbinid.store import intake_files

if TYPE_CHECKING:
    from psycopg2.extensions import cursor

    from konbinid.store.intake_files import Incoming

_MOST = 50


def found(cur: cursor, named: str) -> Incoming:
    """The file of a number, or the newest of a name. CommandFailed when there is none."""
    try:
        files = (
            [intake_files.by_id(cur, int(named))] if named.isdecimal() else intake_files.by_name(cur, named)
        )
    except LookupError:
        files = []
    if not files:
        raise CommandFailed(f"There is no file {named}; `konbinid files list` shows the numbers and names.")
    return files[-1]


def lines_about(cur: cursor, incoming: Incoming) -> list[str]:
    """Everything that is known of a file, without anybody's name; 宛名番号 and keys of rows that differ."""
    report = incoming.report
    people, closes = intake_files.held_because_of(cur, incoming.id)
    applied = {"added": incoming.added, "changed": incoming.changed, "removed": incoming.removed}
    lines = [
        f"{incoming.id}  {incoming.name}",
        f"state      {incoming.state}{', approved' if incoming.approved and incoming.state == 'held' else ''}",
        f"rows       {incoming.rows}",
    ]
    if incoming.applied_at is not None:
        lines.append(f"applied    {incoming.applied_at.astimezone(JST):%Y-%m-%d %H:%M:%S}")
        lines.append(f"counts     {_counts(applied)}")
    lines += [
        f"{name:10} would be {_counts(report[name])}" for name in ("verified", "compared") if name in report
    ]
    if "would_remove" in report:
        lines.append(f"removals   {report['would_remove']} of {report['present']} rows would go")
    if "gap" in report:
        lines.append(
            f"gap        {report['gap']['missing_from']} to {report['gap']['missing_through']} are missing before it"
        )
    lines.append(f"holds      {people} people, residents, households or registers named by it")
    if closes:
        lines.append("closes     every kind that depends on its feed: keys cannot be read")
    problems = ProblemList.of_report(report)
    lines += [
        f"line {each.line}{'' if each.through == each.line else f'-{each.through}'}  {each.column}  {each.fault}"
        for each in problems.entries[:_MOST]
    ]
    left_out = problems.left_out + max(0, len(problems.entries) - _MOST)
    notes = report.get("notes", [])
    more = report.get("notes_left_out", 0) + max(0, len(notes) - _MOST)
    lines += [f"line {each['line']}  {each['note']}" for each in notes[:_MOST]]
    lines += [f"{count} more {what}" for count, what in ((left_out, "faults"), (more, "notes")) if count]
    return [*lines, *lines_of(report)]


def _counts(counts: dict[str, int | None]) -> str:
    return " ".join(f"{name}={count}" for name, count in counts.items())
