"""``konbinid feeds``: how old each feed's data is, in expected time, and until when it stays fresh if nothing comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from konbinid.cli.options import add_config_option, loaded
from konbinid.domain.dates import JST
from konbinid.domain.feeds import AGEING, FeedRule
from konbinid.domain.freshness import expected_age, next_expected, stale_from
from konbinid.store.direct import read_now, session, transaction
from konbinid.store.status import FeedRow, read_feeds

if TYPE_CHECKING:
    import argparse

    from konbinid.cli.options import Subparsers

_ABOUT = """\
Shows each feed that the city sends: its standing (none, behind a restoration, fresh, late, stale), the expected time since its data was written and
how much is allowed, the last file, when it was applied, when something is expected again, and until when the data stays fresh if nothing comes."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser("feeds", help="Show how old each feed's data is.", description=_ABOUT)
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show."""
    config = loaded(arguments)
    with session(config.database.dsns_of("office"), "feeds") as made, transaction(made) as cur:
        rows = read_now(cur, read_feeds)
    now = datetime.now(UTC)
    for row in rows:
        if row.feed in config.feeds:
            print(_line(row, config.feeds[row.feed].rule, now))
    return 0


def _line(row: FeedRow, rule: FeedRule, now: datetime) -> str:
    ages = row.feed in AGEING
    standing = row.standing(rule, now)
    age = None if row.fresh_as_of is None else expected_age(rule.calendar, row.fresh_as_of, now)
    said = [f"{row.feed:8} {standing if ages else '-':7}", f"age {_hours(age)}/{_hours(rule.maximum_age)} h"]
    if ages:
        said.append(f"expected {_at(next_expected(rule.calendar, now))}")
    if ages and row.fresh_as_of is not None and not standing.closes:
        said.append(f"fresh until {_at(stale_from(rule.calendar, row.fresh_as_of, rule.maximum_age))}")
    said.append(f"last {row.last_name or '-'} applied {_at(row.last_applied_at)}")
    return "  ".join([*said, *(["stopped by a file"] if row.stopped else [])])


def _hours(age: timedelta | None) -> str:
    return "-" if age is None else f"{age.total_seconds() / 3600:.1f}"


def _at(instant: datetime | None) -> str:
    return "-" if instant is None else f"{instant.astimezone(JST):%Y-%m-%d %H:%M}"
