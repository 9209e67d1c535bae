"""`konbinid city`: write the demo city's feed files into a folder."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.simulator.city import REGISTERS, City, write_city, write_gaiji
from konbinid.simulator.seals import SealCutter, find_font
from konbinid.simulator.taxes import YEARS

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction
    from collections.abc import Callable

_JST = dt.timezone(dt.timedelta(hours=9))
_EVERY = 50_000
_MANY = 100_000
"""From so many people on, all processors draw them."""

_DESCRIPTION = """\
Writes the files that a city's core systems would send (full files of JUMIN, JPKI, YOKUSHI, INKAN, ZEI, KOSEKI, FUHYO and GAIJI) for an
invented city of any size. The same seed, day and stamp give the same files. All people are invented."""


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the command; it sets `run(arguments) -> exit status`."""
    parser = subparsers.add_parser(
        "city", help="Write the files of an invented city.", description=_DESCRIPTION
    )
    parser.add_argument(
        "--people", type=int, required=True, metavar="N", help="How many people the JUMIN file has."
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="S", help="Which city it is. The default is 1."
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="The folder to write into, an inbox perhaps."
    )
    parser.add_argument(
        "--date",
        type=_day,
        metavar="YYYY-MM-DD",
        help="The day on which the files are made; ages count from it. The default is today in Japan.",
    )
    parser.add_argument(
        "--stamp",
        type=_stamp,
        metavar="YYYYMMDDHHMMSS",
        help="The time stamp in the file names. The default is now in Japan.",
    )
    parser.add_argument(
        "--sequence", type=int, default=1, metavar="N", help="The files' sequence number. The default is 1."
    )
    _add_amounts(parser)
    parser.add_argument("--no-gaiji", action="store_true", help="Do not write the GAIJI file.")
    parser.set_defaults(run=_run)


def _add_amounts(parser: ArgumentParser) -> None:
    """How much of what makes the files long."""
    parser.add_argument(
        "--seals",
        type=int,
        metavar="N",
        help="At most so many registered seals, each of which is a picture; 0 for none. Without it as many as a city has.",
    )
    parser.add_argument(
        "--registers",
        type=int,
        default=REGISTERS,
        metavar="N",
        help=f"At most so many family registers, each of which has PDFs for all of its members; 0 for none. The default is {REGISTERS}.",
    )
    parser.add_argument(
        "--tax-years",
        type=int,
        default=YEARS,
        choices=range(YEARS + 1),
        metavar="N",
        help=f"The newest N 年度 of ZEI, 0 to {YEARS}, which is the default.",
    )


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day like 2026-11-23") from None


def _stamp(text: str) -> dt.datetime:
    try:
        return dt.datetime.strptime(text, "%Y%m%d%H%M%S")  # noqa: DTZ007 - a file's stamp has no offset
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time like 20261123060000") from None


def _run(arguments: Namespace) -> int:
    now = dt.datetime.now(_JST).replace(tzinfo=None, microsecond=0)
    stamp = arguments.stamp or now
    city = City(arguments.people, arguments.seed, arguments.date or now.date())
    font = find_font(os.environ)
    cutter = None if arguments.seals == 0 else SealCutter(font)
    try:
        written = write_city(
            arguments.out,
            city,
            stamp,
            seq=arguments.sequence,
            cutter=cutter,
            seals=arguments.seals,
            tax_years=arguments.tax_years,
            register_font=font if arguments.registers else None,
            registers=arguments.registers,
            processes=1 if city.people < _MANY else os.cpu_count() or 1,
            progress=_progress(city.people),
        )
        if not arguments.no_gaiji:
            write_gaiji(arguments.out, stamp, seq=arguments.sequence)
    except (ValueError, OSError) as problem:
        print(f"konbinid: {problem}", file=sys.stderr)
        return 1
    print(
        f"{arguments.out}: 住民 {written.residents:,}人、電子証明書 {written.credentials:,}件、"
        f"抑止 {written.holds:,}件、印鑑 {written.seals:,}件、課税 {written.taxes:,}件、戸籍 {written.koseki:,}件、附票 {written.fuhyo:,}件"
    )
    return 0


def _progress(people: int) -> Callable[[int], None]:
    """Says where it stands every 50,000 people, on the error stream."""
    shown = 0

    def tell(written: int) -> None:
        nonlocal shown
        if written // _EVERY > shown:
            shown = written // _EVERY
            print(f"{written:,} / {people:,}人", file=sys.stderr)

    return tell
