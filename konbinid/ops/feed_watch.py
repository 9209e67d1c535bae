"""Looks at the age of the feeds now and then and has people told: before kinds close, when they do, and when they open again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from konbinid.ops.rounds import Rounds
from konbinid.store.errors import StoreError
from konbinid.store.feed_standing import note_standings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from konbinid.store.pool import Pool

EVERY_SECONDS = 30.0
_WITHIN = 10.0


class FeedWatch(Rounds):
    """rules: the city's feeds and how old each may be (konbinid.domain.feeds.FeedRule). Runs on every host; what one has told the other does not tell."""

    def __init__(self, clock: Any, pool: Pool, rules: Mapping[Any, Any]) -> None:
        super().__init__(clock, EVERY_SECONDS)
        self._pool = pool
        self._rules = rules

    async def round(self) -> None:
        """Note what changed since the last look, and tell it."""
        deadline = self._clock.seconds() + _WITHIN
        try:
            await self._pool.transaction(
                lambda tx: note_standings(tx, self._rules), deadline=deadline, begin="begin"
            )
        except StoreError as error:
            self.log.warn("feeds.not_watched", reason=type(error).__name__)
