"""Every feed of another, very different vendor (config/layouts/examples): a file written as that vendor would, by hand, says the same as the city's own, when it is
read and when it stands in the tables."""

from __future__ import annotations

from hashlib import sha256

import pytest
from other_vendor import FEEDS, LAYOUTS, example
from private_database import drop_database, make_database

from konbinid.domain.feeds import Feed
from konbinid.intake.clerk import FeedIntake
from konbinid.intake.layout import load
from konbinid.intake.records import Reader
from konbinid.store.intake_tables import TABLES

# Sealed afresh with every reading (the digest says whether it is the same), and a column of the staging table alone.
NOT_COMPARED = {"individual_number_sealed", "font_sha256"}


def read(layout, data: bytes, *, full: bool) -> list[dict[str, str]]:
    reader = Reader(layout, full=full)
    blocks = [*reader.feed(data), *reader.finish()]
    assert not reader.problems, reader.problems.entries
    return [
        {name: values[at] for name, values in block.columns.items()}
        for block in blocks
        for at in range(len(block.lines))
    ]


@pytest.mark.parametrize("feed", FEEDS)
def test_both_files_are_read_alike(rows, feed):
    """Field by field, in the contract's own values."""
    facts = FEEDS[feed](rows)
    line = rows.dat_line if feed == "ZEI" else rows.line
    city = read(
        load(LAYOUTS / f"{feed.lower()}.toml"), "".join(map(line, facts.city)).encode(), full=facts.full
    )
    other = read(example(feed), facts.other.encode(), full=facts.full)
    assert len(city) == facts.count
    assert other == city


@pytest.fixture
def two_halls(hall, postgres, tmp_path, keyring_folder):
    """A city of its own layouts and one of the other vendor's, each with a database of its own, and the same keys."""
    database = make_database(postgres)
    (tmp_path / "other").mkdir()
    feeds = {feed: FeedIntake(example(feed), removal_least_rows=0, removal_share=1.0) for feed in Feed}
    other = type(hall)(database, tmp_path / "other", keyring_folder, feeds)
    yield hall, other
    other.restart()
    drop_database(database)


def stands(hall, feed: str) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """The feed's table, and what its receipts counted."""
    table = TABLES[feed]
    columns = ", ".join(
        each for each in (*table.key, *table.values, *table.carried) if each not in NOT_COMPARED
    )
    found = hall.run(f"select {columns} from {table.schema}.{table.name} order by {', '.join(table.key)}")
    return found, hall.run("select state, rows, added, changed, removed from intake.incoming")


@pytest.mark.parametrize("feed", FEEDS)
def test_both_files_make_the_same_tables(two_halls, rows, feed):
    """Applied by the daemon's own lanes into PostgreSQL, additions, changes and removals: each table holds the same, and the receipts count the same."""
    city, other = two_halls
    facts = FEEDS[feed](rows)
    if feed == "YOKUSHI":
        city.feeds[Feed.YOKUSHI] = FeedIntake(city.feeds[Feed.YOKUSHI].layout, removal_share=1.0)
    options = {"full": facts.full, "attachments": facts.attachments}
    assert city.take(feed, facts.city, **options) == "applied"
    data = facts.other.encode()
    marker = f"rows={facts.count} sha256={sha256(data).hexdigest()}\n".encode()
    name = other.put(feed, data, end=marker, **options)
    other.look()
    assert (other.state(name), other.report(name)) == ("applied", [])
    assert stands(other, feed) == stands(city, feed)
    assert stands(city, feed)[0]
    assert other.receipt(name).startswith("ok ")
    assert other.run("select count(*) from people.doubt") == [(0,)]
