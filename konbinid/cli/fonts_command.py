"""``konbinid fonts``: what the faces can print, and whose texts need a character that none of them has, before a kiosk finds out."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from konbinid.cli.failure import CommandFailed
from konbinid.cli.options import add_config_option, loaded
from konbinid.domain.characters import code_points
from konbinid.issue.missing_glyphs import Search, faces_in_force
from konbinid.paper.coverage import Coverage, coverage_of, jis_x_0213, used_tokens
from konbinid.paper.fonts import FontRefused
from konbinid.paper.glyf import BadFont
from konbinid.preparation import base_faces
from konbinid.store.audit import insert_audit
from konbinid.store.direct import session, transaction

if TYPE_CHECKING:
    import argparse

    from psycopg2.extensions import connection, cursor

    from konbinid.cli.options import Subparsers
    from konbinid.config import Config
    from konbinid.paper.face import FaceSet

_COVERAGE = """\
Shows for every face, in the order in which they are asked, how many characters it prints: those that no earlier face has. Private characters of a
face count only where fonts.toml declares them as its own. At the end: the whole set, and what it lacks of JIS X 0213."""
_MISSING = """\
Looks through everything that certificates print of the residents (names, addresses, 本籍 and so on, and the mayor's name), and shows what needs a
character that no face has: 宛名番号, field and code points, never the text. Whoever is shown is answered 1301 at a kiosk; the audit keeps who looked.
With --summary nobody is shown, so that a timer can run it. Exit status 1 when anything is missing."""
_AT_MOST = 40
"""Code points of JIS X 0213 that are named; of the others only the number is told."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command with its two sub-commands."""
    parser = subparsers.add_parser(
        "fonts",
        help="Show what the faces can print, and what they cannot.",
        description="Shows what the faces of fonts.toml and the city's 外字 can print, and what of the registers they cannot.",
    )
    acts = parser.add_subparsers(title="sub-commands", metavar="ACT", required=True)
    coverage = acts.add_parser("coverage", help="Show what each face covers.", description=_COVERAGE)
    coverage.add_argument(
        "--with-database",
        action="store_true",
        help="Also count the city's 外字 in force, as the database has them.",
    )
    missing = acts.add_parser("missing", help="Show whose texts cannot be printed.", description=_MISSING)
    missing.add_argument(
        "--summary",
        action="store_true",
        help="Show code points and how many texts need them only, no 宛名番号.",
    )
    missing.add_argument(
        "--by", metavar="NAME", help="The person who looks, for the audit. Not needed with --summary."
    )
    for act, run in ((coverage, run_coverage), (missing, run_missing)):
        add_config_option(act)
        act.set_defaults(run=run)


def run_coverage(arguments: argparse.Namespace) -> int:
    """Count."""
    config = loaded(arguments)
    faces = _bases(config)
    if arguments.with_database:
        with session(config.database.dsns_of("office"), "fonts") as made:
            faces = _with_gaiji(faces, made)
    everything: set[str] = set()
    for face in faces.faces:
        tokens = used_tokens(faces, face)
        everything |= tokens
        _show(f"{face.name}  ({face.glyph_count:,} glyphs)", coverage_of(tokens))
    _show("All faces together", coverage_of(everything))
    lacking = sorted(char for char in jis_x_0213() if faces.find(char) is None)
    print(f"\nJIS X 0213: {len(lacking)} of {len(jis_x_0213()):,} characters have no glyph")
    for char in lacking[:_AT_MOST]:
        print(f"  {code_points(char)}")
    return 0


def run_missing(arguments: argparse.Namespace) -> int:
    """Look for them. Who is shown 宛名番号 is in the audit before the first one is."""
    who = (arguments.by or "").strip()
    if not who and not arguments.summary:
        raise CommandFailed(
            "Whoever sees 宛名番号 is written into the audit: give --by NAME, or --summary for code points only."
        )
    config = loaded(arguments)
    needed: Counter[str] = Counter()
    with session(config.database.dsns_of("office"), "fonts") as made:
        if not arguments.summary:
            with transaction(made) as cur:
                insert_audit(cur, who, "fonts.missing", "")
        with transaction(made) as cur:
            cur.execute("set transaction isolation level repeatable read, read only")
            search = _search(made, cur, _bases(config))
            for lack in search:
                needed.update(lack.codes)
                if not arguments.summary:
                    print(f"{lack.whose}  {lack.field}  {', '.join(lack.codes)}")
    for code, times in sorted(needed.items()):
        print(f"{code}: {times:,} texts")
    print(f"{search.texts:,} texts looked through; {len(needed)} characters have no glyph.", file=sys.stderr)
    return 1 if needed else 0


def _bases(config: Config) -> FaceSet:
    try:
        return base_faces(config)
    except (FontRefused, BadFont) as refused:
        raise CommandFailed(str(refused)) from refused


def _with_gaiji(bases: FaceSet, made: connection) -> FaceSet:
    try:
        return faces_in_force(made, bases)
    except BadFont as bad:
        raise CommandFailed(str(bad)) from bad


def _search(made: connection, cur: cursor, bases: FaceSet) -> Search:
    try:
        return Search(made, cur, bases)
    except BadFont as bad:
        raise CommandFailed(str(bad)) from bad


def _show(title: str, coverage: Coverage) -> None:
    print(f"\n{title}: {coverage.characters:,} characters")
    for name, count in coverage.counts.items():
        print(f"  {count:>7,}  {name}")
