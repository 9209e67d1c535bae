"""Looks at the age of the feeds now and then and has people told: before kinds close, when they do, and when they open again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from konbinid.store.errors import StoreError
from konbinid.store.feed_standing import note_standings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from konbinid.store.pool import Pool

EVERY_SECONDS = 30.0
_WITHIN = 10.0


class FeedWatch(Service):
    """rules: the city's feeds and how old each may be (konbinid.domain.feeds.FeedRule). Runs on every host; what one has told the other does not tell."""

    log = Logger()

    def __init__(self, clock: Any, pool: Pool, rules: Mapping[Any, Any]) -> None:
        self._clock = clock  # IReactorTime
        self._pool = pool
        self._rules = rules
        self._loop = LoopingCall(self._look)
        self._loop.clock = clock
        self._under_way: Deferred[None] | None = None

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Begin to look."""
        super().startService()  # type: ignore[no-untyped-call]  # Twisted's Service has no types
        self._loop.start(EVERY_SECONDS)

    def stopService(self) -> Deferred[None] | None:  # noqa: N802 - Twisted's name
        """Stop; a look that is under way is waited for."""
        super().stopService()  # type: ignore[no-untyped-call]  # Twisted's Service has no types
        if self._loop.running:
            self._loop.stop()
        return self._under_way

    def _look(self) -> Deferred[None]:
        self._under_way = ensureDeferred(self._note())
        return self._under_way

    async def _note(self) -> None:
        deadline = self._clock.seconds() + _WITHIN
        try:
            await self._pool.transaction(
                lambda tx: note_standings(tx, self._rules), deadline=deadline, begin="begin"
            )
        except StoreError as error:
            self.log.warn("feeds.not_watched", reason=type(error).__name__)
