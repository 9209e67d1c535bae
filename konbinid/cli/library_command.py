"""``konbinid library``: what the city decides by date goes in from a file, and can be looked at for any day."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.cli.failure import CommandFailed
from konbinid.cli.library_file import read_library_file
from konbinid.cli.options import add_config_option, instant, loaded
from konbinid.domain.dates import JST
from konbinid.domain.kinds import TITLES, Kind
from konbinid.domain.library import PER_KIND, Item, LibraryEntry, in_force
from konbinid.domain.library_values import write_value
from konbinid.store.direct import session
from konbinid.store.library_write import approved_entries, import_entries

if TYPE_CHECKING:
    from konbinid.cli.options import Subparsers

_DESCRIPTION = """\
The library holds what the city decides and changes by date: mayor and seal, fees, hours, holidays, which certificates are
offered, and the versions of the forms. An entry is never edited; a change is a new entry with its own date."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command with its two parts."""
    parser = subparsers.add_parser(
        "library", help="Import the city's dated decisions, or show them.", description=_DESCRIPTION
    )
    parts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    taking = parts.add_parser(
        "import",
        help="Import a file of entries.",
        description="Checks the whole file, then writes all its entries and their approval in one transaction. "
        "Entries that the database has already are left as they are.",
    )
    taking.add_argument("file", metavar="FILE", type=Path, help="The TOML file with the entries.")
    taking.add_argument(
        "--entered-by", metavar="NAME", required=True, help="The person who prepared the file."
    )
    taking.add_argument(
        "--approved-by", metavar="NAME", required=True, help="The person who checked it; somebody else."
    )
    add_config_option(taking)
    taking.set_defaults(run=run_import)
    showing = parts.add_parser(
        "show",
        help="Show what is in force.",
        description="Shows what is in force now, or at another time.",
    )
    showing.add_argument(
        "--at",
        metavar="WHEN",
        type=instant,
        help="A day or a time, like 2027-04-01 or 2027-04-01T09:00, in Japan time. Without this option it is now.",
    )
    add_config_option(showing)
    showing.set_defaults(run=run_show)


def run_import(arguments: argparse.Namespace) -> int:
    """Import the file."""
    names = (arguments.entered_by.strip(), arguments.approved_by.strip())
    if not all(names):
        raise CommandFailed("Both --entered-by and --approved-by need a name.")
    if names[0] == names[1]:
        raise CommandFailed("--approved-by must name somebody else than --entered-by: four eyes decide.")
    database = loaded(arguments).database
    entries = read_library_file(arguments.file)
    with session(database.dsns_of("office"), "library import") as made:
        written = import_entries(
            made, entries, entered_by=names[0], approved_by=names[1], source=arguments.file.name
        )
    print(f"{written} entries were written; {len(entries) - written} were there already.")
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """Show what is in force."""
    at = arguments.at or datetime.now(UTC)
    database = loaded(arguments).database
    with session(database.dsns_of("office"), "library show") as made:
        entries = approved_entries(made)
    print(f"In force at {at.astimezone(JST):%Y-%m-%d %H:%M} (Japan time):")
    kinds = ((item, kind) for item in Item for kind in (Kind if item in PER_KIND else (None,)))
    found = [entry for item, kind in kinds if (entry := in_force(entries, item, kind, at)) is not None]
    for entry in found:
        print(_line(entry))
    if not found:
        print("  nothing")
    return 0


def _line(entry: LibraryEntry) -> str:
    about = entry.item if entry.kind is None else f"{entry.item} {TITLES[entry.kind]}"
    until = "" if entry.effective_to is None else f" until {_day(entry.effective_to)}"
    value = json.dumps(write_value(entry.value), ensure_ascii=False)
    return f"  {about}: {value} (from {_day(entry.effective_from)}{until})"


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(JST):%Y-%m-%d %H:%M}".removesuffix(" 00:00")
