"""Options that several commands share."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid import config
from konbinid.domain.dates import in_japan

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


def instant(text: str) -> datetime:
    """A day or a time as an operator types it, in Japan time. For ``type=`` of an option."""
    try:
        return in_japan(datetime.fromisoformat(text))
    except ValueError:
        raise argparse.ArgumentTypeError("a day or a time is wanted, like 2027-04-01T09:00") from None


ALL_KNOWN = datetime.max.replace(tzinfo=UTC)  # everything that is known, whatever this machine's clock says


def add_known_option(parser: argparse.ArgumentParser) -> None:
    """``--as-known-at WHEN``: docs/decisions/0026."""
    parser.add_argument(
        "--as-known-at",
        metavar="WHEN",
        type=_known_instant,
        help="Count what was approved and not withdrawn at this day or time; now is one too.",
    )


def _known_instant(text: str) -> datetime:
    return ALL_KNOWN if text == "now" else instant(text)
