"""``konbinid files``: which of the core systems' files are not settled and why, and what an operator decides about them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg2.errors import LockNotAvailable

from konbinid.cli.failure import CommandFailed
from konbinid.cli.options import add_config_option, loaded
from konbinid.domain.dates import JST
from konbinid.store import intake_closed, intake_files, intake_settle
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
    closed.set_defaults(run=run_closed)
    for name, help_text, description, act in (
        ("approve", "Agree to what a held file would remove.", _APPROVE, _approve),
        ("release", "Let a file go without applying it.", _RELEASE, _release),
        ("give-up-gap", "Go on behind files that are missing.", _GAP, _give_up_gap),
    ):
        deciding = acts.add_parser(name, help=help_text, description=description)
        deciding.add_argument(
            "file", metavar="NUMBER", type=int, help="The file's number, as `konbinid files list` shows it."
        )
        deciding.add_argument("--by", metavar="NAME", required=True, help="The person who decided it.")
        if act is _give_up_gap:
            deciding.add_argument(
                "--through",
                metavar="SEQUENCE",
                type=int,
                required=True,
                help="The last missing sequence number that is given up.",
            )
        add_config_option(deciding)
        deciding.set_defaults(run=run_decision, act=act, action=f"file.{name}")


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
    """Show who is listed."""
    with session(loaded(arguments).database.dsns_of("intake"), "files") as made, transaction(made) as cur:
        found = intake_closed.listed(cur)
    for each in found:
        print(f"{each.feed:6} {each.atena_number}  {each.year or '':4}  {each.why}  {each.file}")
    if not found:
        print("Nothing is closed by a contradiction.")
    return 0


def run_decision(arguments: argparse.Namespace) -> int:
    """Record one decision, with who made it, in one transaction with its effect."""
    who = arguments.by.strip()
    if not who:
        raise CommandFailed("--by needs the name of the person who decided it.")
    with _deciding(arguments) as cur:
        act: Callable[[cursor, argparse.Namespace, str], None] = arguments.act
        act(cur, arguments, who)
        incoming = intake_files.by_id(cur, arguments.file)
        insert_audit(cur, who, arguments.action, incoming.name, {"file": incoming.id})
    print(f"{incoming.name}: {_done(arguments, incoming)}")
    return 0


@contextmanager
def _deciding(arguments: argparse.Namespace) -> Iterator[cursor]:
    with session(loaded(arguments).database.dsns_of("intake"), "files") as made:
        try:
            with transaction(made) as cur:
                yield cur
        except LookupError:
            raise CommandFailed(
                f"There is no file {arguments.file}; `konbinid files list` shows the numbers."
            ) from None
        except intake_settle.SettledAlready:
            raise CommandFailed(
                "The file is not in a state for this; `konbinid files list` shows what is open."
            ) from None
        except LockNotAvailable:
            raise CommandFailed("A file of this feed is being applied. Run the command again.") from None


def _approve(cur: cursor, arguments: argparse.Namespace, who: str) -> None:
    intake_settle.approve(cur, arguments.file, who)


def _release(cur: cursor, arguments: argparse.Namespace, who: str) -> None:
    intake_settle.release(cur, arguments.file, who)


def _give_up_gap(cur: cursor, arguments: argparse.Namespace, who: str) -> None:
    waiting = intake_files.by_id(cur, arguments.file)
    if not 1 <= arguments.through <= 999_999 or arguments.through >= waiting.sequence > 1:
        raise CommandFailed(
            f"--through must lie before the waiting file's own sequence number {waiting.sequence}."
        )
    intake_settle.give_up_gap(cur, arguments.file, arguments.through, who)


def _done(arguments: argparse.Namespace, incoming: Incoming) -> str:
    if incoming.state == "released":
        return "released. Its rows were not applied."
    if arguments.act is _approve:
        return "approved. It is applied at the next look."
    return "the feed goes on behind the gap at the next look."
