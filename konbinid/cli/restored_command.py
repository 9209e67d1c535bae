"""``konbinid restored``: what stays closed after a restored backup, a person's word that there was one, and the word that all is entered again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from konbinid.cli.failure import CommandFailed
from konbinid.cli.office_session import office_session
from konbinid.cli.options import add_config_option, loaded
from konbinid.domain.dates import JST
from konbinid.store import restoration

if TYPE_CHECKING:
    import argparse

    from psycopg2.extensions import connection

    from konbinid.cli.options import Subparsers

_LINE = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_ABOUT = """\
Without --by: shows what is closed since the database was restored, and after which file of each feed the archive has to be dropped again. With --by
and --reason: declares that the database was restored, which closes everything (the daemon notices that by itself in most cases). With --confirm:
says that suspensions, holds and library entries made after the backup are entered again; each feed still stays closed until it has caught up."""
_LOCKED = "Certificates are being made without a pause"


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "restored", help="Show, declare or confirm that the database was restored.", description=_ABOUT
    )
    parser.add_argument("--by", metavar="NAME", help="The person who declares or confirms.")
    parser.add_argument("--reason", metavar="TEXT", help="Why, in one line without anybody's personal data.")
    parser.add_argument(
        "--confirm", action="store_true", help="What staff had entered after the backup is entered again."
    )
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Do one of the three."""
    acts = arguments.by is not None or arguments.reason is not None or arguments.confirm
    who, reason = (_line(arguments, name) for name in ("by", "reason")) if acts else ("", "")
    with office_session(loaded(arguments), "restored", locked=_LOCKED) as made:
        if arguments.confirm:
            if not restoration.confirm(made, who=who, reason=reason):
                raise CommandFailed("No restoration waits to be confirmed.")
            print("Confirmed: what staff had entered is there again.")
        elif acts:
            restoration.declare(made, who=who, reason=reason)
            print("Declared: everything is closed until it is confirmed and the feeds have caught up.")
        _show(made)
    return 0


def _show(made: connection) -> None:
    waiting, behind = restoration.unconfirmed(made), restoration.behind(made)
    for each in waiting:
        print(
            f"Everything is closed since {each.at.astimezone(JST):%Y-%m-%d %H:%M} (noted by {each.noted_by}: {each.reason}). Enter again what was "
            "entered after the backup, then `konbinid restored --confirm`."
        )
    for feed, name in behind.items():
        print(
            f"{feed:8} has not caught up. Drop what came after {name or 'the beginning (nothing is here)'} again, in its order; a file "
            "written after the restoration opens it."
        )
    if not waiting and not behind:
        print("Nothing is closed because of a restoration.")


def _line(arguments: argparse.Namespace, name: str) -> str:
    text = (getattr(arguments, name) or "").strip()
    if not _LINE.fullmatch(text):
        raise CommandFailed(f"--{name} needs one line of 1 to 200 characters.")
    return text
