"""Receipts for the core system: ``.ok`` when a file was applied, ``.ng`` with the report when it was not (contract 2)."""

from __future__ import annotations

from typing import Any

from konbinid.domain.dates import JST
from konbinid.intake.differing import lines_of
from konbinid.intake.problems import WORDS, Problem, ProblemList
from konbinid.store.intake_files import Incoming

_NOTES = {
    "added_but_there": "追加の行ですが、すでにあるため更新しました。",
    "changed_but_not_there": "更新の行ですが、もとの行がないため追加しました。",
    "removed_but_not_there": "削除の行ですが、もとの行がありません。キーを確かめてください。",
}


def ok_text(incoming: Incoming) -> str:
    """One line: what the file brought about. Below it the rows that found the opposite of what they say, and, of a file that was only
    compared, what differs."""
    assert incoming.applied_at is not None
    at = incoming.applied_at.astimezone(JST).isoformat(timespec="seconds")
    counts = f"added={incoming.added} changed={incoming.changed} removed={incoming.removed}"
    said = [
        f"rows={incoming.rows} {counts} applied_at={at}",
        *note_lines(incoming.report),
        *lines_of(incoming.report),
    ]
    return "\n".join(said) + "\n"


def note_lines(report: dict[str, Any]) -> list[str]:
    """A line for each row whose 処理区分 did not fit (contract 2: reported): a cancellation that found nothing has ended nothing."""
    lines = [
        f"line={each['line']} note={each['note']} {_NOTES[each['note']]}" for each in report.get("notes", ())
    ]
    left_out = report.get("notes_left_out", 0)
    return [*lines, f"notes_left_out={left_out}"] if left_out else lines


def ng_text(incoming: Incoming) -> str:
    """A line about the file, then one for each fault: line, column, kind, and words for people; what differs, of a file
    that was only compared. Never a value, but 宛名番号 and keys."""
    found = ProblemList.of_report(incoming.report)
    lines = [f"result={incoming.state} rows={incoming.rows} bad_rows={found.bad_rows}"]
    return "\n".join([*lines, *problem_lines(found), *lines_of(incoming.report)]) + "\n"


def problem_lines(found: ProblemList) -> list[str]:
    """A line for each fault."""
    lines = [_problem_line(each) for each in found.entries]
    if found.left_out:
        lines.append(f"left_out={found.left_out} ほかにも誤りがあります。")
    return lines


def _problem_line(problem: Problem) -> str:
    place = []
    if problem.line:
        through = "" if problem.through == problem.line else f"-{problem.through}"
        place.append(f"line={problem.line}{through}")
    if problem.column:
        place.append(f"column={problem.column}")
    return " ".join([*place, f"fault={problem.fault}", WORDS[problem.fault]])
