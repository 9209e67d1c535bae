"""The server's hand in the database for one relay's connection: what has come is written in threads, many commands in one transaction.

A command is answered when its transaction is committed. While one is under way the next ones gather, so a slow COMMIT (a synchronous replica) costs
no throughput. What is refused is refused alone; what the database refuses ends all that were written with it, and the relay begins again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from psycopg2.extensions import connection, cursor
from twisted.internet.defer import Deferred, ensureDeferred

from konbinid.intake import receipts
from konbinid.intake.wire import PAGE, Busy, Refused
from konbinid.store import intake_files, relay_files, relay_receipts
from konbinid.store.intake_link import connect, transaction
from konbinid.store.relay_files import OutOfStep, TooMuch

T = TypeVar("T")
Work = Callable[[cursor], Any]
_AT_ONCE = 64  # commands in a transaction: at most 4 MB


class Scribe:
    """One connection to PostgreSQL, one thread at a time. ``dsn`` is the intake role's; ``in_thread`` runs blocking work elsewhere."""

    def __init__(self, dsn: str, in_thread: Callable[[Callable[[], Any]], Awaitable[Any]]) -> None:
        self._dsn = dsn
        self._in_thread = in_thread
        self._waiting: deque[tuple[Work, Deferred[Any]]] = deque()
        self._link: connection | None = None
        self._writing = False
        self._closed = False

    def write(self, work: Callable[[cursor], T]) -> Deferred[T]:
        """Have it written, in the order of asking. Refused, Busy; psycopg2.Error when the database does not take it."""
        answer: Deferred[T] = Deferred()
        if self._closed:
            answer.errback(Busy("closed"))
            return answer
        self._waiting.append((work, answer))
        if not self._writing:
            self._writing = True
            ensureDeferred(self._go_on())
        return answer

    def close(self) -> None:
        """No more; what is being written is ended in its own time."""
        self._closed = True
        while self._waiting:
            self._waiting.popleft()[1].errback(Busy("closed"))
        if not self._writing:
            self._let_go()

    async def _go_on(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
            works = [work for work, _ in batch]
            try:
                results = await self._in_thread(lambda: self._written(works))  # noqa: B023  # awaited before the next
            except Exception as failed:  # noqa: BLE001  # each of them is told
                self._let_go()
                for _, answer in batch:
                    answer.errback(failed)
                continue
            for (_, answer), result in zip(batch, results, strict=True):
                if isinstance(result, Exception):
                    answer.errback(result)
                else:
                    answer.callback(result)
        self._writing = False
        if self._closed:
            self._let_go()

    def _written(self, works: list[Work]) -> list[Any]:
        if self._link is None or self._link.closed:
            self._link = connect(self._dsn, "konbinid intake relay")
        with transaction(self._link) as cur:
            return [_tried(work, cur) for work in works]

    def _let_go(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()


def _tried(work: Work, cur: cursor) -> Any:
    """What a refusal changes is nothing, so the others' work stands."""
    try:
        return work(cur)
    except OutOfStep as refused:
        return Refused(str(refused))
    except TooMuch:
        return Busy("too much is under way")


def decided(cur: cursor, relay: str) -> list[tuple[object, ...]]:
    """(transfer, name) of the files whose receipt the relay may take; the relay is heard."""
    relay_receipts.heard(cur, relay)
    return [(transfer, name) for transfer, _, name in relay_receipts.decided(cur, relay, PAGE)]


def receipt(cur: cursor, relay: str, transfer_id: int) -> tuple[bool, bytes]:
    """Whether it was applied, and the receipt's text. OutOfStep when it is not decided."""
    incoming = intake_files.by_id(cur, _stored(cur, relay, transfer_id))
    if not incoming.is_decided:
        raise OutOfStep("not decided")
    applied = incoming.state == "applied"
    text = receipts.ok_text(incoming) if applied else receipts.ng_text(incoming)
    return applied, text.encode("utf-8")


def attached(cur: cursor, relay: str, transfer_id: int, after: str) -> list[tuple[object, ...]]:
    """(name, sha256 in hex) of what came with a stored file."""
    found = relay_receipts.attached(cur, _stored(cur, relay, transfer_id), after, PAGE)
    return [(name, digest.hex()) for name, digest in found]


def taken(cur: cursor, relay: str, transfer_id: int) -> None:
    """A receipt has arrived. OutOfStep when there was none to take."""
    _stored(cur, relay, transfer_id)
    relay_files.drop(cur, transfer_id)


def _stored(cur: cursor, relay: str, transfer_id: int) -> int:
    found = relay_files.transfer(cur, transfer_id, relay)
    if found.incoming_id is None:
        raise OutOfStep("not stored")
    return found.incoming_id
