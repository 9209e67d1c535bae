"""``konbinid files``: which of the core systems' files are not settled and why, and what an operator decides about them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg2.errors import LockNotAvailable

from konbinid.cli import files_show
from konbinid.cli.failure import CommandFailed
from konbinid.cli.options import add_config_option, loaded
from konbinid.domain.dates import JST
from konbinid.intake.names import BadName, DropName
from konbinid.store import intake_closed, intake_compare, intake_files, intake_gap, intake_settle
from konbinid.store.audit import insert_audit
from konbinid.store.direct import session, transaction

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from psycopg2.extensions import cursor

    from konbinid.cli.options import Subparsers
    from konbinid.store.intake_files import Incoming

_LIST = """\
Shows every file that is not settled: what its state is, since when, and the number by which the other commands name it. People named in such a
file are provisionally held until it is settled. The rows that are wrong stand in the file's .ng report, not here."""
_CLOSED = """\
Shows whose seal or tax year is closed because the core system's own row contradicts itself, and why. The file was applied; the core system
opens what is closed by sending a corrected row. The list names people by their 宛名番号: keep it as you keep the core system's own lists."""
_APPROVE = """\
Agrees to what a held file would remove. Look at the file with the core system's people first: it is applied at the next look."""
_RELEASE = """\
Lets a file go without applying it: its provisional holds end, and the feed goes on with the next file. What the file said is then missing here, so
the core system must send it again in a later file."""
_APPLY = """\
Has a held or compared file applied at the next look: the same as approve."""
_SHOW = """\
Shows one file: its state, counts and faults, how many people are held because of it, and, of a file that was compared, which rows differ in which
columns. Those rows are named by 宛名番号 or key: keep what is shown as you keep the core system's own lists."""
_VERIFY = """\
Has a full file only compared with what was applied: it is held at its place with what differs, and people who differ are provisionally held, until
somebody decides with apply or release. May be said of a file that waits or is held, or, by its name, of one that has not come yet."""
_GAP = """\
Gives up files that are missing before a waiting one: the feed goes on behind the sequence number that you name. What the missing files said is then
missing here until the core system sends it again."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command with its sub-commands."""
    parser = subparsers.add_parser(
        "files",
        help="Show the core systems' files that wait, and decide about them.",
        description="Shows the core systems' files that wait for a decision, and records an operator's decision about them.",
    )
    acts = parser.add_subparsers(title="sub-commands", metavar="ACT", required=True)
    listing = acts.add_parser("list", help="Show every file that is not settled.", description=_LIST)
    add_config_option(listing)
    listing.set_defaults(run=run_list)
    closed = acts.add_parser(
        "closed", help="Show whose seal or tax year is closed by a contradiction.", description=_CLOSED
    )
    add_config_option(closed)
    closed.add_argument(
        "--by", metavar="NAME", required=True, help="The person who looks; it is kept in the audit."
    )
    closed.set_defaults(run=run_closed)
    _add_deciding(acts)


def _add_deciding(acts: Subparsers) -> None:
    """What is said of one file."""
    for name, help_text, description, act in (
        ("approve", "Agree to what a held file would remove.", _APPROVE, _approve),
        ("apply", "Apply a held or compared file.", _APPLY, _approve),
        ("verify", "Only compare a full file.", _VERIFY, _verify),
        ("show", "Show one file.", _SHOW, None),
        ("release", "Let a file go without applying it.", _RELEASE, _release),
        ("give-up-gap", "Go on behind files that are missing.", _GAP, _give_up_gap),
    ):
        deciding = acts.add_parser(name, help=help_text, description=description)
        deciding.add_argument(
            "file", metavar="FILE", help="The file's number, as `konbinid files list` shows it, or its name."
        )
        deciding.add_argument("--by", metavar="NAME", required=True, help="The person who decides or looks.")
        if act is _give_up_gap:
            deciding.add_argument(
                "--through",
                metavar="SEQUENCE",
                type=int,
                required=True,
                help="The last missing sequence number that is given up.",
            )
        add_config_option(deciding)
        deciding.set_defaults(run=run_show if act is None else run_decision, act=act, action=f"file.{name}")


def run_list(arguments: argparse.Namespace) -> int:
    """Show."""
    with session(loaded(arguments).database.dsns_of("intake"), "files") as made, transaction(made) as cur:
        found = intake_files.unsettled(cur)
    for number, state, name, since in found:
        print(f"{number:>6}  {state:9}  {name}  since {since.astimezone(JST):%Y-%m-%d %H:%M}")
    if not found:
        print("Every file is settled.")
    return 0


def run_closed(arguments: argparse.Namespace) -> int:
    """Show who is listed; looking at people's numbers leaves a row in the audit."""
    who = _person(arguments)
    with session(loaded(arguments).database.dsns_of("intake"), "files") as made, transaction(made) as cur:
        found = intake_closed.listed(cur)
        insert_audit(cur, who, "file.closed", "", {"listed": len(found)})
    for each in found:
        print(f"{each.feed:6} {each.atena_number}  {each.year or '':4}  {each.why}  {each.file}")
    if not found:
        print("Nothing is closed by a contradiction.")
    return 0


def run_decision(arguments: argparse.Namespace) -> int:
    """Record one decision, with who made it, in one transaction with its effect."""
    who = _person(arguments)
    with _deciding(arguments) as cur:
        if arguments.act is _verify and _is_yet_to_come(cur, arguments.file):
            intake_compare.choose(cur, arguments.file, who)
            subject, said, detail = arguments.file, "will only be compared when it comes.", {}
        else:
            number = files_show.found(cur, arguments.file).id
            act: Callable[[cursor, int, argparse.Namespace, str], None] = arguments.act
            act(cur, number, arguments, who)
            incoming = intake_files.by_id(cur, number)
            subject, said, detail = incoming.name, _done(arguments, incoming), {"file": number}
        insert_audit(cur, who, arguments.action, subject, detail)
    print(f"{subject}: {said}")
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """Show one file; looking at people's numbers leaves a row in the audit."""
    who = _person(arguments)
    with _deciding(arguments) as cur:
        incoming = files_show.found(cur, arguments.file)
        lines = files_show.lines_about(cur, incoming)
        insert_audit(cur, who, arguments.action, incoming.name, {"file": incoming.id})
    print("\n".join(lines))
    return 0


def _person(arguments: argparse.Namespace) -> str:
    who: str = arguments.by.strip()
    if not who:
        raise CommandFailed("--by needs a person's name.")
    return who


def _is_yet_to_come(cur: cursor, named: str) -> bool:
    """Whether it is the name of a full file that has not come. CommandFailed for a name that no full file can have."""
    if named.isdecimal() or intake_files.by_name(cur, named):
        return False
    try:
        full = DropName.parse(named).full
    except BadName as bad:
        raise CommandFailed(f"No file can have this name: {bad}.") from None
    if not full:
        raise CommandFailed(
            "Only a full file (…_F) can be compared: what a difference file says would be missing."
        )
    return True


@contextmanager
def _deciding(arguments: argparse.Namespace) -> Iterator[cursor]:
    with session(loaded(arguments).database.dsns_of("intake"), "files") as made:
        try:
            with transaction(made) as cur:
                yield cur
        except intake_settle.SettledAlready:
            raise CommandFailed(
                "The file is not in a state for this; `konbinid files list` shows what is open."
            ) from None
        except LockNotAvailable:
            raise CommandFailed("A file of this feed is being applied. Run the command again.") from None


def _verify(cur: cursor, number: int, _: argparse.Namespace, who: str) -> None:
    intake_settle.verify(cur, number, who)


def _approve(cur: cursor, number: int, _: argparse.Namespace, who: str) -> None:
    intake_settle.approve(cur, number, who)


def _release(cur: cursor, number: int, _: argparse.Namespace, who: str) -> None:
    intake_settle.release(cur, number, who)


def _give_up_gap(cur: cursor, number: int, arguments: argparse.Namespace, who: str) -> None:
    waiting = intake_files.by_id(cur, number)
    wrong = f"--through must be a number that is missing before the waiting file's own sequence number {waiting.sequence}."
    if not 1 <= arguments.through <= 999_999:
        raise CommandFailed(wrong)
    try:
        intake_gap.give_up(cur, number, arguments.through, who)
    except intake_gap.NotInGap:
        raise CommandFailed(wrong) from None


def _done(arguments: argparse.Namespace, incoming: Incoming) -> str:
    if incoming.state == "released":
        return "released. Its rows were not applied."
    if arguments.act is _approve:
        return "approved. It is applied at the next look."
    if arguments.act is _verify:
        return "is compared at the next look, and held."
    return "the feed goes on behind the gap at the next look."
