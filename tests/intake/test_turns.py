"""One large file at a time, and nobody small waits behind it."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred, ensureDeferred

from konbinid.domain.feeds import Feed
from konbinid.intake.turns import Turns


class Work:
    """Files that are worked on until they are told to be ready."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.begun: list[str] = []
        self.ready: dict[str, Deferred[None]] = {}

    def start(self, name: str, rows: int, feed: Feed = Feed.JUMIN, *, attached: bool = False) -> Deferred:
        self.ready[name] = Deferred()

        async def work() -> None:
            async with self.turns.turn(feed, rows, attached=attached):
                self.begun.append(name)
                await self.ready[name]

        return ensureDeferred(work())


def test_large_files_take_turns():
    """Two large files at once would take both processors from the kiosks (bench/beside.py)."""
    work = Work()
    work.start("first", 75_000)
    work.start("second", 75_000, Feed.ZEI)
    work.start("pictures", 100, Feed.INKAN, attached=True)
    assert work.begun == ["first"]
    work.ready["first"].callback(None)
    assert work.begun == ["first", "second"]
    work.ready["second"].callback(None)
    assert work.begun == ["first", "second", "pictures"]


def test_news_of_a_day_and_every_hold_go_past_a_large_file():
    """A one-row difference counts within a second and a hold at once, whatever is being loaded (contract 2: restrictive news first)."""
    work = Work()
    work.start("city", 75_000)
    work.start("one row", 1, Feed.JUMIN)
    work.start("some pictures", 99, Feed.INKAN, attached=True)
    work.start("all holds", 75_000, Feed.YOKUSHI)
    assert work.begun == ["city", "one row", "some pictures", "all holds"]


def test_a_failure_gives_the_turn_on():
    """A file at which reading broke keeps no other feed waiting."""
    work = Work()
    failed = work.start("broken", 75_000)
    work.start("next", 75_000)
    work.ready["broken"].errback(ValueError("broken"))
    assert work.begun == ["broken", "next"]
    with pytest.raises(ValueError, match=r"^broken$"):
        failed.result.raiseException()
    failed.addErrback(lambda _: None)


def test_what_reads_a_large_file_makes_way(hall, rows):
    """Not what reads a small one: news of a hold is not put behind the kiosks' work. Many rows, or fewer that each bring a picture."""

    def told(feed: Feed, records: list[list[str]], **options: object) -> set[bool]:
        jobs = hall.lane(feed)._tools.worker.jobs
        jobs.clear()
        assert hall.take(feed.value, records, full=True, **options) == "applied"
        return {job["large"] for job in jobs}

    assert told(Feed.JUMIN, [rows.person(n) for n in range(1, 2000)]) == {False}
    assert told(Feed.JUMIN, [rows.person(n) for n in range(1, 2001)]) == {True}
    for count in (99, 100):
        pictures = {f"{n}.bmp": rows.bmp() for n in range(1, count + 1)}
        seals = [rows.seal(n, str(n)) for n in range(1, count + 1)]
        assert told(Feed.INKAN, seals, attachments=pictures) == {count == 100}
