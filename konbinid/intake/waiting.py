"""Waiting for the end of something that others wait for, too."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred


def settled(pending: Deferred[None]) -> Deferred[None]:
    """Fires when ``pending`` has, without taking part in it."""
    waiter: Deferred[None] = Deferred()

    def fired(result: Any) -> Any:
        waiter.callback(None)
        return result

    pending.addBoth(fired)
    return waiter
