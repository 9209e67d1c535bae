"""Having a file linted in a process of its own (konbinid.intake.linting_child): what it reads was written by others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from konbinid.intake.framing import FrameBroken, Unpacker
from konbinid.intake.linting import Linted
from konbinid.intake.problems import ProblemList

MEMORY_BYTES = 1024 * 1024 * 1024  # as the daemon's reading child has


class NotLinted(Exception):
    """The process did not come to an end of it; the text says how, without anything of the file."""


def lint_apart(
    path: Path, layout: Path, show: int, *, named: bool, memory_bytes: int = MEMORY_BYTES
) -> Linted:
    """What konbinid.intake.linting.Linter finds. ``named``: the file has a name of the contract. OSError when it cannot be read, NotLinted
    when the process gave up or was ended."""
    asked = {"path": str(path.absolute()), "layout": str(layout.absolute()), "show": show, "named": named}
    done = subprocess.run(  # noqa: S603  # our own interpreter and module
        [sys.executable, "-P", "-m", "konbinid.intake.linting_child", str(os.getpid()), str(memory_bytes)],
        input=json.dumps(asked).encode("ascii"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # what a library prints about a row may hold its values
        check=False,
    )
    found = Linted()
    try:
        for message in Unpacker().feed(done.stdout):
            if "row" in message:
                found.first.append((message["line"], message["row"]))
            elif "unreadable" in message:
                raise OSError(None, message["unreadable"])
            elif "failed" in message:
                raise NotLinted(f"{message['failed']} in {message['where']}")
            else:
                found.rows, found.notes = message["rows"], message["notes"]
                found.problems = ProblemList.of_report(message["report"])
                return found
    except FrameBroken:
        pass
    raise NotLinted(f"the process ended with status {done.returncode}")
