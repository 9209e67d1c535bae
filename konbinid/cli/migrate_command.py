"""``konbinid migrate``: bring the database's schema to this build's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from konbinid.cli.failure import CommandFailed
from konbinid.cli.options import add_config_option, loaded
from konbinid.store import migrate
from konbinid.store.direct import writable_server

if TYPE_CHECKING:
    import argparse

    from konbinid.cli.options import Subparsers

_DESCRIPTION = """\
Brings the schema of the database to the version this build needs. The daemon never does this by itself. Each step is one
transaction; running the command again does nothing more. The owner of the database is taken from [database.owner] of the
configuration, or from --owner-dsn."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "migrate", help="Bring the database's schema to this build's.", description=_DESCRIPTION
    )
    add_config_option(parser)
    parser.add_argument(
        "--owner-dsn",
        metavar="DSN",
        help='Sign in with this connection string instead, like "host=/run/postgresql dbname=konbinid user=konbinid_owner". '
        "A password belongs into ~/.pgpass, because others can see a command line.",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Migrate and tell which steps were taken."""
    try:
        names = migrate.migrate(writable_server(_owner(arguments), "migrate"))
    except migrate.CannotMigrate as refusal:
        raise CommandFailed(str(refusal)) from refusal
    for name in names:
        print(f"applied {name}")
    print(f"The schema is at {migrate.expected_version()}.")
    return 0


def _owner(arguments: argparse.Namespace) -> tuple[str, ...]:
    if arguments.owner_dsn:
        return (arguments.owner_dsn,)
    database = loaded(arguments).database
    if database.owner is None:
        raise CommandFailed(
            f"{arguments.config} has no section [database.owner]. Add it, or give the owner with --owner-dsn."
        )
    return database.dsns(database.owner)
