"""``konbinid fingerprint``: what runs here, to compare two hosts, and to say which may issue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from konbinid.cli.check_config import clocks_now
from konbinid.cli.failure import CommandFailed
from konbinid.cli.options import add_config_option, loaded
from konbinid.domain.dates import JST
from konbinid.preparation import prepare
from konbinid.store.direct import session
from konbinid.store.status import approve_fingerprint, look_up_fingerprint

if TYPE_CHECKING:
    import argparse

    from konbinid.cli.options import Subparsers
    from konbinid.store.status import ApprovedFingerprint

_DESCRIPTION = """\
Prints the fingerprint of this host: the program and everything that the two hosts of a city must agree on, part by part. A host
whose fingerprint is not the approved one does not issue. Run it on both hosts, compare, and approve once."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "fingerprint", help="Show this host's fingerprint, or approve it.", description=_DESCRIPTION
    )
    add_config_option(parser)
    parser.add_argument(
        "--approve",
        action="store_true",
        help="From now on hosts with this fingerprint may issue, and no others. It needs --by.",
    )
    parser.add_argument("--by", metavar="NAME", help="The person who approves.")
    parser.add_argument(
        "--offline",
        action="store_true",
        help="Do not ask the database which fingerprint is approved.",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show or approve."""
    if arguments.approve and not (arguments.by or "").strip():
        raise CommandFailed("Say who approves with --by NAME.")
    if arguments.approve and arguments.offline:
        raise CommandFailed("An approval is written to the database: leave --offline out.")
    config = loaded(arguments)
    found = prepare(config, clocks_now(), lambda _: None)
    for name, word in found.fingerprint.parts.items():
        print(f"{name + ':':20}{word}")
    own = found.fingerprint.value
    print(f"{'fingerprint:':20}{own}")
    if arguments.offline:
        return 0
    with session(config.database.dsns_of("office"), "fingerprint") as made:
        if arguments.approve:
            approve_fingerprint(made, own, arguments.by.strip())
        approved = look_up_fingerprint(made)
    print(f"{'approved:':20}{_told(own, approved)}")
    return 0


def _told(own: str, approved: ApprovedFingerprint | None) -> str:
    if approved is None:
        return "none yet; compare the hosts, then run this with --approve --by NAME"
    when = f"by {approved.approved_by} at {approved.at.astimezone(JST):%Y-%m-%d %H:%M}"
    return f"this one, {when}" if approved.value == own else f"another, {approved.value}, {when}"
