"""Waiting for the end of something: of what others wait for, too, and of threads."""

from __future__ import annotations

from threading import Thread
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.threadpool import ThreadPool


def settled(pending: Deferred[None]) -> Deferred[None]:
    """Fires when ``pending`` has, without taking part in it."""
    waiter: Deferred[None] = Deferred()

    def fired(result: Any) -> Any:
        waiter.callback(None)
        return result

    pending.addBoth(fired)
    return waiter


class _PassingThread(Thread):
    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named, daemon=True)


def passing_threads(most: int, name: str) -> ThreadPool:
    """A pool whose threads do not keep the process from ending: for work that a kill -9 may cut off at any moment."""
    pool = ThreadPool(minthreads=0, maxthreads=most, name=name)
    pool.threadFactory = _PassingThread
    return pool


def joined(reactor: Any, pool: ThreadPool) -> Deferred[None]:
    """Takes no more work for a pool; fires when its threads have ended, and the reactor goes on meanwhile.

    ``ThreadPool.stop`` waits for the threads where it is called, and a COMMIT waits for a synchronous standby that is away without limit.
    """
    ended: Deferred[None] = Deferred()

    def join() -> None:
        pool.stop()
        reactor.callFromThread(ended.callback, None)

    Thread(target=join, name=f"{pool.name} ends", daemon=True).start()
    return ended
