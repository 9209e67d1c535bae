"""``konbinid library enter``, ``pending``, ``approve`` and ``withdraw``: four eyes on every change of the library."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.cli import library_words
from konbinid.cli.failure import CommandFailed
from konbinid.cli.library_check import refuse_unprintable, unprintable_without
from konbinid.cli.library_file import read_library_file
from konbinid.cli.office_session import office_session
from konbinid.cli.options import add_config_option, loaded
from konbinid.domain.four_eyes import same_person
from konbinid.domain.library import LibraryEntry
from konbinid.domain.library_history import LibraryChange, change_by, counting
from konbinid.store.direct import session
from konbinid.store.library_history import records
from konbinid.store.library_write import EntryRefused, Judge, approve_entries, enter_entries, withdraw_entry

if TYPE_CHECKING:
    import argparse

    from konbinid.cli.options import Subparsers
    from konbinid.config import Config

LOCKED = "Somebody else is changing the library, or certificates are being made without a pause"
_LINE = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_ENTER = """\
Checks the whole file and writes its entries, which wait: nothing of them counts before somebody else has approved it. Entries that the database
has already, approved or waiting, are left as they are."""
_APPROVE = """\
Approves entries that wait, all that are named or none, and says what changes and from when. They must have been entered by somebody else, and a
mayor, a seal or a form must be printable with the forms and fonts of this server."""
_WITHDRAW = """\
Withdraws an entry that is a mistake, waiting or approved, and says what counts in its place. Certificates that were issued with it keep what they
show, and so does the history."""


def add_parsers(parts: Subparsers) -> None:
    """Add the four commands."""
    entering = parts.add_parser(
        "enter", help="Enter a file of entries, to be approved by somebody else.", description=_ENTER
    )
    entering.add_argument("file", metavar="FILE", type=Path, help="The TOML file with the entries.")
    _add_by(entering, "The person who prepared the file.")
    entering.set_defaults(run=run_enter)
    waiting = parts.add_parser(
        "pending",
        help="Show what waits for approval.",
        description="Shows every entry that waits, and what it would change if it were approved now.",
    )
    add_config_option(waiting)
    waiting.set_defaults(run=run_pending)
    approving = parts.add_parser("approve", help="Approve entries that wait.", description=_APPROVE)
    approving.add_argument(
        "id", metavar="ID", type=int, nargs="+", help="The numbers that `library pending` shows."
    )
    _add_by(approving, "The person who checked them; not who entered them.")
    approving.set_defaults(run=run_approve)
    withdrawing = parts.add_parser("withdraw", help="Withdraw an entry.", description=_WITHDRAW)
    withdrawing.add_argument("id", metavar="ID", type=int, help="Its number, as `library history` shows it.")
    _add_by(withdrawing, "The person who decided it.")
    withdrawing.add_argument(
        "--reason", metavar="TEXT", required=True, help="Why, in one line without anybody's personal data."
    )
    withdrawing.set_defaults(run=run_withdraw)


def _add_by(parser: argparse.ArgumentParser, help_text: str) -> None:
    parser.add_argument("--by", metavar="NAME", required=True, help=help_text)
    add_config_option(parser)


def run_enter(arguments: argparse.Namespace) -> int:
    """Enter the file."""
    by, config = person(arguments, "by"), loaded(arguments)
    entries = read_library_file(arguments.file)
    with office_session(config, "library enter", locked=LOCKED) as made:
        written = enter_entries(
            made, entries, entered_by=by, source=arguments.file.name, judge=judge_of(config)
        )
    for number in written:
        print(f"#{number} waits for approval.")
    print(f"{len(written)} entries were written; {len(entries) - len(written)} were there already.")
    return 0


def run_pending(arguments: argparse.Namespace) -> int:
    """Show what waits."""
    now = datetime.now(UTC)
    with session(loaded(arguments).database.dsns_of("office"), "library pending") as made:
        found = records(made)
    waiting = [record for record in found if record.waits]
    for record in waiting:
        print(f"#{record.entry.id} {library_words.line(record.entry)}")
        print(f"    {library_words.act('entered', record.entered)}{record.note and f': {record.note}'}")
        for line in library_words.change_lines(change_by(record.entry, counting(found), now)):
            print(f"    {line}")
    if not waiting:
        print("Nothing waits for approval.")
    return 0


def run_approve(arguments: argparse.Namespace) -> int:
    """Approve."""
    by, config, ids = person(arguments, "by"), loaded(arguments), sorted(set(arguments.id))
    told: list[str] = []
    printable = judge_of(config)

    def judge(known: Sequence[LibraryEntry], new: Sequence[LibraryEntry], now: datetime) -> None:
        printable(known, new, now)
        for entry in new:
            change = change_by(entry, (*known, *new), now)
            told.append(f"#{entry.id} {library_words.line(entry)}")
            told.extend(f"    {line}" for line in library_words.change_lines(change))

    with office_session(config, "library approve", locked=LOCKED) as made:
        try:
            approve_entries(made, ids, approved_by=by, judge=judge)
        except EntryRefused as refused:
            raise CommandFailed(f"{refused} Nothing was approved.") from refused
    print("\n".join([*told, f"{len(ids)} entries were approved."]))
    return 0


def run_withdraw(arguments: argparse.Namespace) -> int:
    """Withdraw."""
    by, reason = person(arguments, "by"), arguments.reason.strip()
    if not _LINE.fullmatch(reason):
        raise CommandFailed("--reason needs one line of 1 to 200 characters.")
    config, now = loaded(arguments), datetime.now(UTC)
    with office_session(config, "library withdraw", locked=LOCKED) as made:
        try:
            record = withdraw_entry(made, arguments.id, withdrawn_by=by, reason=reason)
        except EntryRefused as refused:
            raise CommandFailed(str(refused)) from refused
        left = counting(records(made))
    print(f"Withdrawn: #{record.entry.id} {library_words.line(record.entry)}")
    if record.approved is None:
        print("It never counted; nothing changes.")
        return 0
    for line in _left_by(change_by(record.entry, left, now)):
        print(line)
    for fault in unprintable_without(config, time.monotonic, record.entry, left, now):
        print(f"Warning: {fault}")
    return 0


def _left_by(change: LibraryChange) -> Iterator[str]:
    """What counts in place of an entry that was withdrawn."""
    if change.is_over or not change.has_effect:
        yield "It was not in force any more, or would not have been; nothing changes."
        return
    yield f"from {library_words.day(change.begins)}: {library_words.numbered(change.before)} counts in its place."
    if change.before is None:
        yield "Warning: nothing counts in its place. See what this leaves with `konbinid library show`."


def person(arguments: argparse.Namespace, name: str) -> str:
    """The name that an option gives. CommandFailed when it is none."""
    given = getattr(arguments, name).strip()
    if not _LINE.fullmatch(given):
        raise CommandFailed(
            f"--{name.replace('_', '-')} needs a name, in one line of at most 200 characters."
        )
    return str(given)


def refuse_one_person(entered: str, approved: str) -> None:
    """CommandFailed when one hand would do both."""
    if same_person(entered, approved):
        raise CommandFailed("--approved-by must name somebody else than --entered-by: four eyes decide.")


def judge_of(config: Config) -> Judge:
    """Refuses what could not be printed with this configuration's forms and fonts."""
    return lambda known, new, now: refuse_unprintable(config, time.monotonic, known, new, now)
