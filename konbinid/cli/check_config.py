"""``konbinid check-config``: everything the daemon checks when it starts, without starting it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from konbinid.cli.library_check import unprintable
from konbinid.cli.options import add_config_option, loaded
from konbinid.preparation import Clocks, check_database, gaiji_face, prepare
from konbinid.store.direct import session
from konbinid.store.library_write import approved_entries

if TYPE_CHECKING:
    import argparse

    from konbinid.cli.options import Subparsers
    from konbinid.config import Config
    from konbinid.preparation import Prepared

_DESCRIPTION = """\
Reads the configuration and all that it names: keys, fonts, forms, layouts, certificates. Every mistake in the file is told at
once, with its line. With --with-database it also checks what the database must hold before the daemon can start."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "check-config",
        help="Check the configuration and everything it names.",
        description=_DESCRIPTION,
    )
    add_config_option(parser)
    parser.add_argument(
        "--with-database",
        action="store_true",
        help="Also check that the database answers, and that its schema, its lease and the library fit this build, "
        "and tell what the library has reserved and this configuration cannot print.",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check."""
    config = loaded(arguments)
    clocks = clocks_now()
    warnings: list[str] = []
    prepared = prepare(config, clocks, warnings.append)
    for warning in warnings:
        print(f"Warning: {warning}")
    if arguments.with_database:
        check_database(config, prepared, clocks)
        for fault in _faults_to_come(config, prepared, clocks.now()):
            print(f"Warning: {fault}")
    print(f"{config.path} and everything it names are in order.")
    return 0


def _faults_to_come(config: Config, prepared: Prepared, now: datetime) -> list[str]:
    """What the library says for today or later and this configuration cannot print: a form's file may have gone, or a font changed."""
    with session(config.database.dsns_of("office"), "check") as made:
        entries = approved_entries(made)
    gaiji = gaiji_face(config)
    press = prepared.press if gaiji is None else prepared.press.with_gaiji(gaiji)
    return unprintable(entries, entries, press, now)


def clocks_now() -> Clocks:
    """The machine's clocks."""
    return Clocks(now=lambda: datetime.now(UTC), seconds=time.monotonic, sleep=time.sleep)
