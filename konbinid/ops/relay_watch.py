"""Looks now and then whether the city's relays are heard, and has people told: when one is silent, and when it is back (contract 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from konbinid.ops.rounds import Rounds
from konbinid.store.errors import StoreError
from konbinid.store.relay_standing import note_silence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from konbinid.store.pool import Pool

_MOST_SECONDS = 30.0
_WITHIN = 10.0


class RelayWatch(Rounds):
    """relays: their names. silent_after: how long one may say nothing. Runs on every host; what one has told the other does not tell."""

    def __init__(self, clock: Any, pool: Pool, relays: Sequence[str], silent_after: timedelta) -> None:
        super().__init__(clock, min(_MOST_SECONDS, silent_after.total_seconds() / 4))
        self._pool = pool
        self._relays = relays
        self._silent_after = silent_after

    async def round(self) -> None:
        """Note who fell silent and who is heard again, and tell it."""
        deadline = self._clock.seconds() + _WITHIN
        try:
            await self._pool.transaction(
                lambda tx: note_silence(tx, self._relays, self._silent_after),
                deadline=deadline,
                begin="begin",
            )
        except StoreError as error:
            self.log.warn("relay.not_watched", reason=type(error).__name__)
