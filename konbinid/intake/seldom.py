"""What anybody may cause to be told is told seldom: a relay that knocks a thousand times is one alert."""

from __future__ import annotations

from collections.abc import Callable, Hashable

_EVERY = 3600.0
_MOST = 60


class Seldom:
    """Each thing once an hour, and so many different ones an hour at most. ``seconds``: a clock that only goes forward."""

    def __init__(self, seconds: Callable[[], float], *, every: float = _EVERY, most: int = _MOST) -> None:
        self._seconds = seconds
        self._every = every
        self._most = most
        self._told: dict[Hashable, float] = {}

    @property
    def is_full(self) -> bool:
        """Whether nothing new may be told for now."""
        now = self._seconds()
        return sum(now - at < self._every for at in self._told.values()) >= self._most

    def may(self, what: Hashable) -> bool:
        """Whether it is to be told now; it counts as told then."""
        now = self._seconds()
        self._told = {each: at for each, at in self._told.items() if now - at < self._every}
        if what in self._told or len(self._told) >= self._most:
            return False
        self._told[what] = now
        return True
