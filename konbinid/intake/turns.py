"""One large file at a time: what reads, checks and applies many rows takes turns, so that kiosks keep their share of the machine.

Measured (bench/beside.py, two cores): with eight feeds reading at once a kiosk waits for a processor, not for a lock. Small files never wait
for a turn, and neither does YOKUSHI, whatever its size: restrictive news counts first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from twisted.internet.defer import DeferredLock

from konbinid.domain.feeds import Feed

_LARGE_ROWS = 2_000  # a tenth of a second of reading
_LARGE_ROWS_ATTACHED = 100  # rows that each bring a picture or a PDF


def is_large(rows: int, *, attached: bool) -> bool:
    """Whether a file of so many rows is one that takes turns, and whose reading child makes way (konbinid.intake.limits)."""
    return rows >= (_LARGE_ROWS_ATTACHED if attached else _LARGE_ROWS)


class Turns:
    """Shared by the lanes of one inbox."""

    def __init__(self) -> None:
        self._lock = DeferredLock()

    @asynccontextmanager
    async def turn(self, feed: Feed, rows: int, *, attached: bool) -> AsyncIterator[None]:
        """The time in which a file of so many rows is worked on: its own, if it is a large one."""
        if not is_large(rows, attached=attached) or feed is Feed.YOKUSHI:
            yield
            return
        await self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()
