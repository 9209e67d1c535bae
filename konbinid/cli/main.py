"""The command ``konbinid``: everything an operator does at a prompt. Each sub-command lives in a module of its own."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import psycopg2

from konbinid.cli import (
    check_config,
    completion,
    explain_command,
    feeds_command,
    files_command,
    fingerprint_command,
    fonts_command,
    form_command,
    keys_command,
    layout_command,
    library_command,
    migrate_command,
    registrations_command,
    restored_command,
    suspension_command,
)
from konbinid.cli.failure import CommandFailed
from konbinid.declared.document import FileRefused
from konbinid.ops.startup import StartRefused
from konbinid.store.errors import StoreError

_DESCRIPTION = """\
konbinid issues a municipality's certificates at convenience-store kiosks. The daemon itself is started with
`twistd --nodaemon konbinid --config FILE`; this command prepares it, checks it and tries it out."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 1 refused with a sentence that says what to do, 2 wrong usage."""
    parsed = build_parser().parse_args(arguments)
    try:
        return int(parsed.run(parsed) or 0)
    except (CommandFailed, FileRefused, StartRefused, StoreError) as refusal:
        return _refused(str(refusal))
    except psycopg2.Error as error:
        notes = " ".join(getattr(error, "__notes__", ()))
        return _refused(f"PostgreSQL said: {' '.join(str(error).split())} {notes}".rstrip())
    except BrokenPipeError:
        # The reader went away (`konbinid … | head`): nothing more to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _refused("Interrupted.")


def build_parser() -> argparse.ArgumentParser:
    """The whole command with all its sub-commands, as ``--help`` and the completion show it."""
    # These two bring the demo and the simulated kiosk along; a server without them must not fail by importing this module.
    from konbinid.cli import demo  # noqa: PLC0415
    from konbinid.simulator import commands  # noqa: PLC0415

    parser = argparse.ArgumentParser(prog="konbinid", description=_DESCRIPTION)
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in (
        keys_command,
        check_config,
        migrate_command,
        library_command,
        form_command,
        fingerprint_command,
        suspension_command,
        files_command,
        layout_command,
        feeds_command,
        explain_command,
        fonts_command,
        registrations_command,
        restored_command,
    ):
        module.add_parser(subparsers)
    demo.add_parser(subparsers)
    commands.add_parsers(subparsers)
    completion.add_parser(subparsers, build_parser)
    return parser


def _refused(sentence: str) -> int:
    print(f"konbinid: {sentence}", file=sys.stderr)
    return 1
