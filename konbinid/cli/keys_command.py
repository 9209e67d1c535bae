"""``konbinid keys``: the keys outside the database are made once, and never replaced."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.cli.failure import CommandFailed
from konbinid.store.keyring import KEY_FILES, Keyring, KeysRefused

if TYPE_CHECKING:
    import argparse

    from konbinid.cli.options import Subparsers

_DESCRIPTION = """\
The keys lie outside the database. Without them nobody can open a 個人番号 or a stored document, and nobody can tell which person a
住民票コード belongs to."""
_CREATE = """\
Makes the folder with its three keys, closed to everybody but the user who runs this command: run it as the daemon's user, on one host, once.
Copy the folder to the other host and keep a copy in a safe. Keys that are there are never replaced."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command with its part."""
    parser = subparsers.add_parser(
        "keys", help="Make the keys of a new installation.", description=_DESCRIPTION
    )
    parts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    making = parts.add_parser("create", help="Make the folder with the keys.", description=_CREATE)
    making.add_argument(
        "folder",
        metavar="FOLDER",
        type=Path,
        help="The folder that [keys] folder of the configuration names.",
    )
    making.set_defaults(run=run_create)


def run_create(arguments: argparse.Namespace) -> int:
    """Make what a new installation needs; refuse a folder that has lost a part of its keys."""
    folder: Path = arguments.folder
    try:
        there = [name for name in KEY_FILES if (folder / name).exists()]
        if folder.is_dir() and folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise CommandFailed(f"{folder}: others than its owner may use it; run chmod 700 on it.")
        # A new key beside old ones would open nothing of what the lost one sealed, and nobody would notice until somebody asks for it.
        if there and len(there) < len(KEY_FILES):
            missing = ", ".join(name for name in KEY_FILES if name not in there)
            raise CommandFailed(
                f"{folder} lacks {missing}. Put it back from your copy; a new key cannot take its place."
            )
        keyring = Keyring.create(folder)
    except OSError as error:
        raise CommandFailed(f"{error.filename}: cannot be made ({error.strerror}).") from error
    except KeysRefused as refusal:
        raise CommandFailed(str(refusal)) from refusal
    print(
        f"{folder} has its keys already; nothing was changed."
        if there
        else f"The keys were made in {folder}."
    )
    print(f"{'keys:':20}{keyring.fingerprint()}")
    return 0
