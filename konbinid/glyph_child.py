"""The looking child: ``python -m konbinid.glyph_child``, started by konbinid.ops.glyph_watch and by nothing else.

One look for characters without a glyph, through everything that certificates print, kept in the database. It is a process of its own because it
takes a processor for a minute or two in a large city. On its standard output: counts, or the kind and place of a failure; never a text of anybody.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from konbinid.intake.limits import die_with, limit_memory, make_way
from konbinid.intake.telling import told
from konbinid.issue.missing_glyphs import Search, tally
from konbinid.paper.face import FaceSet
from konbinid.paper.fonts import load_fonts, open_faces
from konbinid.store.direct import PATIENCE, read_now, session, transaction
from konbinid.store.glyph_look import Found, basis_of, keep_look
from konbinid.store.state import clock

_MEMORY = 1024 * 1024 * 1024


class FontsChanged(Exception):
    """The faces on the disk are not those that the daemon prints with."""


def look(question: Mapping[str, Any]) -> Mapping[str, int]:
    """question: ``dsns`` of the role office, ``fonts`` and ``folders`` as configured, ``digest`` of the daemon's base faces."""
    folders = [Path(folder) for folder in question["folders"]]
    bases = FaceSet(open_faces(load_fonts(Path(question["fonts"])), folders, os.environ))
    digest = str(question["digest"])
    if bases.fingerprint() != digest:
        raise FontsChanged
    with session(question["dsns"], "glyphs") as made:
        with transaction(made) as cur:
            cur.execute("set transaction isolation level repeatable read, read only")
            began_at = read_now(cur, clock)
            basis = read_now(cur, lambda tx: basis_of(tx, digest))
            search = Search(made, cur, bases)
            missing = tally(search)
        with transaction(made) as cur:
            cur.execute(PATIENCE)
            found = Found(began_at, basis, search.people, missing)
            new = read_now(cur, lambda tx: keep_look(tx, found))
    return {"people": search.people, "characters": len(missing), "new": new}


def main() -> None:
    """Read the question, look, answer."""
    try:
        question = json.load(sys.stdin)
        die_with(int(question["parent"]))
        limit_memory(_MEMORY)
        make_way()
        answer: Mapping[str, Any] = look(question)
    except Exception as error:  # noqa: BLE001  # whatever it is, the daemon must hear of it
        answer = told(error)
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
