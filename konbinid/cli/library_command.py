"""``konbinid library``: what the city decides by date goes in from a file, is approved by a second person, and can be looked at for any instant."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.cli import library_approval, library_words
from konbinid.cli.library_approval import LOCKED, judge_of, person
from konbinid.cli.library_file import read_library_file
from konbinid.cli.office_session import office_session
from konbinid.cli.options import ALL_KNOWN, add_config_option, add_known_option, instant, loaded
from konbinid.domain.dates import JST
from konbinid.domain.kinds import Kind
from konbinid.domain.library import Item, LibraryEntry, in_force, kinds_of
from konbinid.domain.library_history import counting, known_at, superseded_by
from konbinid.store.direct import session
from konbinid.store.library_history import records
from konbinid.store.library_write import import_entries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from konbinid.cli.options import Subparsers

_DESCRIPTION = """\
The library holds what the city decides and changes by date: mayor and seal, fees, hours, holidays, planned stops, which certificates
are offered, and the versions of the forms. An entry is never edited; a change is a new entry with its own date, approved by somebody
else than who entered it, and a mistake is withdrawn."""
_SHOW = """\
Shows what is in force now, or at another time. For a time that has passed it shows what counted then: what the certificates of that instant
were made with. An approval or a withdrawal that came later changes nothing about it; --as-known-at shows the same time as it is known at another."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command with its parts."""
    parser = subparsers.add_parser(
        "library", help="Change the city's dated decisions, or show them.", description=_DESCRIPTION
    )
    parts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_import(parts)
    library_approval.add_parsers(parts)
    _add_show(parts)
    _add_history(parts)


def _add_import(parts: Subparsers) -> None:
    taking = parts.add_parser(
        "import",
        help="Import a file of entries that two people have checked.",
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


def _add_show(parts: Subparsers) -> None:
    showing = parts.add_parser("show", help="Show what is in force.", description=_SHOW)
    showing.add_argument(
        "--at",
        metavar="WHEN",
        type=instant,
        help="A day or a time, like 2027-04-01 or 2027-04-01T09:00, in Japan time. Without this option it is now.",
    )
    add_known_option(showing)
    add_config_option(showing)
    showing.set_defaults(run=run_show)


def _add_history(parts: Subparsers) -> None:
    telling = parts.add_parser(
        "history",
        help="Show every entry of an item, and what became of it.",
        description="Shows every entry of an item, withdrawn ones too: who entered, approved and withdrew it and when, and what it "
        "took the place of.",
    )
    telling.add_argument("item", metavar="ITEM", choices=tuple(Item), help=f"One of {', '.join(Item)}.")
    telling.add_argument("--kind", choices=tuple(Kind), help="Only what concerns this kind of certificate.")
    add_config_option(telling)
    telling.set_defaults(run=run_history)


def run_import(arguments: argparse.Namespace) -> int:
    """Import the file."""
    entered, approved = person(arguments, "entered_by"), person(arguments, "approved_by")
    library_approval.refuse_one_person(entered, approved)
    config = loaded(arguments)
    entries = read_library_file(arguments.file)
    with office_session(config, "library import", locked=LOCKED) as made:
        written = import_entries(
            made,
            entries,
            entered_by=entered,
            approved_by=approved,
            source=arguments.file.name,
            judge=judge_of(config),
        )
    print(f"{written} entries were written; {len(entries) - written} were there already.")
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """Show what is in force."""
    now = datetime.now(UTC)
    at, known = arguments.at or now, arguments.as_known_at
    with session(loaded(arguments).database.dsns_of("office"), "library show") as made:
        found = records(made)
    today = _in_force(counting(found), at)
    if known is None:
        known = at if at < now else ALL_KNOWN
    shown = today if known is ALL_KNOWN else _in_force(known_at(found, known), at)
    if known is ALL_KNOWN:
        how = ""
    else:
        how = (
            ", as it was known then"
            if known == at
            else f", as it was known at {known.astimezone(JST):%Y-%m-%d %H:%M}"
        )
    print(f"In force at {at.astimezone(JST):%Y-%m-%d %H:%M} (Japan time){how}:")
    for entry in shown:
        print(f"  {library_words.line(entry)}")
    if not shown:
        print("  nothing")
    if [entry.id for entry in shown] != [entry.id for entry in today]:
        print(
            "What was approved or withdrawn later says something else: see the same with --as-known-at now."
        )
    return 0


def _in_force(entries: Sequence[LibraryEntry], at: datetime) -> list[LibraryEntry]:
    found = [in_force(entries, item, kind, at) for item in Item for kind in kinds_of(item)]
    return [entry for entry in found if entry is not None]


def run_history(arguments: argparse.Namespace) -> int:
    """Show what became of the entries."""
    item, wanted = Item(arguments.item), arguments.kind
    with session(loaded(arguments).database.dsns_of("office"), "library history") as made:
        found = records(made)
    for kind in kinds_of(item):
        own = [record for record in found if (record.entry.item, record.entry.kind) == (item, kind)]
        if not own or (wanted is not None and kind not in {None, wanted}):
            continue
        print(library_words.about(item, kind))
        for record in own:
            for line in library_words.history_lines(record, superseded_by(record, found)):
                print(f"  {line}")
    return 0
