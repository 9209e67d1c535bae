"""Looks now and then whether the city's relays are heard, and has people told: when one is silent, and when it is back (contract 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from konbinid.store.errors import StoreError
from konbinid.store.relay_standing import note_silence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from konbinid.store.pool import Pool

_MOST_SECONDS = 30.0
_WITHIN = 10.0


class RelayWatch(Service):
    """relays: their names. silent_after: how long one may say nothing. Runs on every host; what one has told the other does not tell."""

    log = Logger()

    def __init__(self, clock: Any, pool: Pool, relays: Sequence[str], silent_after: timedelta) -> None:
        self._clock = clock  # IReactorTime
        self._pool = pool
        self._relays = relays
        self._silent_after = silent_after
        self._loop = LoopingCall(self._look)
        self._loop.clock = clock
        self._under_way: Deferred[None] | None = None

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Begin to look."""
        super().startService()  # type: ignore[no-untyped-call]  # Twisted's Service has no types
        self._loop.start(min(_MOST_SECONDS, self._silent_after.total_seconds() / 4))

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
                lambda tx: note_silence(tx, self._relays, self._silent_after),
                deadline=deadline,
                begin="begin",
            )
        except StoreError as error:
            self.log.warn("relay.not_watched", reason=type(error).__name__)
