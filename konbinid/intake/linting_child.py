"""The linting process: ``python -m konbinid.intake.linting_child``, started by konbinid.intake.lint_apart and by nothing else.

Whoever lints looks at files that others wrote, so it is done as the daemon's child does it: under a memory limit, dying with whoever asked, and
telling of a failure only the kind and the place in our code.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

from konbinid.intake.framing import Message, pack
from konbinid.intake.layout import load
from konbinid.intake.limits import die_with, limit_memory
from konbinid.intake.linting import Linter
from konbinid.intake.names import DropName
from konbinid.intake.telling import told


def main() -> None:
    """Look at one file. Arguments: the parent's process id, bytes of memory; the question is on standard input, in UTF-8."""
    die_with(int(sys.argv[1]))
    limit_memory(int(sys.argv[2]))
    asked = json.load(sys.stdin)
    outgoing = os.dup(1)
    # What any library prints goes to standard error, never between the messages.
    os.dup2(2, 1)
    with os.fdopen(outgoing, "wb") as answers:
        try:
            _lint(asked, answers.write)
        except OSError as error:
            answers.write(pack({"unreadable": error.strerror or "no plain file"}))
        except Exception as error:  # noqa: BLE001  # whatever it is, whoever asked must hear of it
            answers.write(pack(told(error)))


def _lint(asked: Message, write: Callable[[bytes], object]) -> None:
    path = Path(asked["path"])
    name = DropName.parse(path.name) if asked["named"] else None
    found = Linter(path, name, load(Path(asked["layout"])), asked["show"]).lint()
    for line, row in found.first:
        write(pack({"line": line, "row": row}))
    write(pack({"rows": found.rows, "report": found.problems.as_report(), "notes": found.notes}))


if __name__ == "__main__":
    main()
