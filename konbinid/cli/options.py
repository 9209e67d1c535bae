"""Options that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid import config

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    Subparsers = _SubParsersAction[argparse.ArgumentParser]

DEFAULT_CONFIG = Path("/etc/konbinid/konbinid.toml")


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """``--config FILE``."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        default=DEFAULT_CONFIG,
        help=f"The configuration file to use. Without this option it is {DEFAULT_CONFIG}.",
    )


def loaded(arguments: argparse.Namespace) -> config.Config:
    """The configuration that the options name. FileRefused."""
    return config.load(arguments.config)
