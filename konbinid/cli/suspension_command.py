"""``konbinid suspend``, ``resume`` and ``suspensions``: staff close a kind of certificate, open it again, and see what is closed and why."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from konbinid.cli import library_words
from konbinid.cli.failure import CommandFailed
from konbinid.cli.office_session import office_session
from konbinid.cli.options import add_config_option, loaded
from konbinid.domain.case import EVERYTHING
from konbinid.domain.dates import JST
from konbinid.domain.kinds import TITLES, Kind
from konbinid.domain.library import Item
from konbinid.store import suspension
from konbinid.store.library_write import approved_entries

if TYPE_CHECKING:
    import argparse

    from psycopg2.extensions import connection

    from konbinid.cli.options import Subparsers
    from konbinid.store.suspension import Suspension

_ALL = "all"
_LINE = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_SUSPEND = """\
Closes one kind of certificate, or all of them: the centre is answered with 1202 until somebody opens it again. When the command ends, no further
paper of the kind is given out by either server."""
_RESUME = """\
Opens a kind that was suspended, by staff or by the daemon itself. Look at the reason first with `konbinid suspensions`, and open only when it
has been dealt with."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the three commands."""
    for name, help_text, description, run in (
        ("suspend", "Close a kind of certificate, or all of them.", _SUSPEND, run_suspend),
        ("resume", "Open a suspended kind again.", _RESUME, run_resume),
    ):
        parser = subparsers.add_parser(name, help=help_text, description=description)
        parser.add_argument(
            "kind",
            metavar="KIND",
            choices=(_ALL, *(kind.value for kind in Kind)),  # values: a wrong one is answered with this list
            help=f"One of {', '.join(Kind)}; or {_ALL}, the switch for everything.",
        )
        parser.add_argument("--by", metavar="NAME", required=True, help="The person who decided it.")
        parser.add_argument(
            "--reason",
            metavar="TEXT",
            required=True,
            help="Why, in one line without anybody's personal data.",
        )
        add_config_option(parser)
        parser.set_defaults(run=run)
    showing = subparsers.add_parser(
        "suspensions",
        help="Show what is suspended, since when, by whom and why.",
        description="Shows what is suspended, since when, by whom and why. What the daemon closed itself names desk or center. Stops that the "
        "city planned in the library follow with their entries' numbers.",
    )
    add_config_option(showing)
    showing.set_defaults(run=run_show)


def run_suspend(arguments: argparse.Namespace) -> int:
    """Close."""
    kind, who, reason = _asked(arguments)
    with _office(arguments, "suspend") as made:
        before = suspension.suspend(made, kind, reason=reason, who=who)
    if before is None:
        print(f"{_title(kind)}: suspended.")
    else:
        print(f"Was suspended already; that reason stays: {_line(before)}")
    return 0


def run_resume(arguments: argparse.Namespace) -> int:
    """Open again."""
    kind, who, reason = _asked(arguments)
    with _office(arguments, "resume") as made:
        ended = suspension.resume(made, kind, reason=reason, who=who)
        left, planned = suspension.suspensions(made), _planned(made)
    if ended is None:
        raise CommandFailed(" ".join([f"{_title(kind)} is not suspended.", *planned]))
    print(f"Ended: {_line(ended)}")
    for each in left:
        print(f"Still suspended: {_line(each)}")
    for line in planned:
        print(line)
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """Show."""
    with _office(arguments, "suspensions") as made:
        found, planned = suspension.suspensions(made), _planned(made)
    for each in found:
        print(_line(each))
    if not found:
        print("Nothing is suspended.")
    for line in planned:
        print(line)
    return 0


def _planned(made: connection) -> list[str]:
    """The library's planned stops that have not ended, the first to begin first."""
    now = datetime.now(UTC)
    stops = [
        entry
        for entry in approved_entries(made)
        if entry.item is Item.PLANNED_STOP and (entry.effective_to is None or entry.effective_to > now)
    ]
    return [
        f"Planned stop #{stop.id}{', in force' if stop.effective_from <= now else ''}: {_title(stop.kind or EVERYTHING)} "
        f"({library_words.span_of(stop)}): {stop.value.reason}"
        for stop in sorted(stops, key=lambda stop: (stop.effective_from, stop.id))
    ]


def _office(arguments: argparse.Namespace, purpose: str) -> AbstractContextManager[connection]:
    locked = "Certificates of this kind are being made without a pause"
    return office_session(loaded(arguments), purpose, locked=locked)


def _asked(arguments: argparse.Namespace) -> tuple[str, str, str]:
    who, reason = arguments.by.strip(), arguments.reason.strip()
    for option, text in (("--by", who), ("--reason", reason)):
        if not _LINE.fullmatch(text):
            raise CommandFailed(f"{option} needs one line of 1 to 200 characters.")
    return (EVERYTHING if arguments.kind == _ALL else str(arguments.kind)), who, reason


def _line(found: Suspension) -> str:
    return f"{_title(found.kind)} (since {found.since.astimezone(JST):%Y-%m-%d %H:%M}, by {found.who}): {found.reason}"


def _title(kind: str) -> str:
    return f"{_ALL} (everything)" if kind == EVERYTHING else f"{kind} {TITLES[Kind(kind)]}"
