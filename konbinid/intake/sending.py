"""One file from the relay's folder to the server: offered, its bytes sent from where the server has none, its attachments, and the end told.

Many commands are under way at once, a bounded number of bytes of them; the server answers a chunk when it is in PostgreSQL.
"""
# mypy: disable-error-code=no-untyped-call
# (AMP has no types)

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred

from konbinid.intake import sources, wire
from konbinid.intake.drop import Arrival
from konbinid.intake.problems import Fault

WINDOW_BYTES = 16 * wire.CHUNK_BYTES
_WINDOW_COMMANDS = 24  # the feeds together stay below what the server allows a connection

Ask = Callable[..., Deferred[dict[str, Any]]]
"""callRemote of the connection."""


class Anew(Exception):
    """What came is not what was offered: the file changed on its way, and is offered again."""


class Window:
    """Commands under way. The first that fails ends the file."""

    def __init__(self) -> None:
        self._open: deque[tuple[Deferred[Any], int]] = deque()
        self._bytes = 0

    async def add(self, answer: Deferred[Any], size: int = 0) -> None:
        """One more; waits while too much is under way."""
        # AMP takes a failure that nobody waits for yet as one that nobody handles, and drops the connection.
        kept: Deferred[Any] = Deferred()
        answer.addCallbacks(kept.callback, kept.errback)
        self._open.append((kept, size))
        self._bytes += size
        while self._bytes > WINDOW_BYTES or len(self._open) > _WINDOW_COMMANDS:
            await self._oldest()

    async def drain(self) -> None:
        """Until all are answered."""
        while self._open:
            await self._oldest()

    def give_up(self) -> None:
        """Nobody asks how the others ended."""
        while self._open:
            self._open.popleft()[0].addErrback(lambda _: None)

    async def _oldest(self) -> None:
        answer, size = self._open.popleft()
        self._bytes -= size
        await answer


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends one file. ``most_bytes`` is the server's; ``passing`` is called at named points (tests die there)."""

    ask: Ask
    folder: Path
    arrival: Arrival
    most_bytes: int
    in_thread: Callable[[Callable[[], Any]], Awaitable[Any]]
    passing: Callable[[str], object]

    async def send(self) -> int:
        """Its transfer, stored now. Changed and Anew: to be offered again; OSError; AMP's errors and the wire's."""
        window = Window()
        try:
            return await self._send(window)
        finally:
            window.give_up()

    async def _send(self, window: Window) -> int:
        arrival, end = self.arrival, self.arrival.end
        found = await self.in_thread(lambda: sources.measure(self.folder, arrival, self.most_bytes))
        self.passing("measured")
        offered = await self.ask(
            wire.Offer,
            name=arrival.name.text,
            size=found.size,
            sha256=found.sha256,
            rows=end.rows if end else 0,
            claimed=end.sha256 if end else b"",
        )
        transfer: int = offered["transfer"]
        if not offered["stored"]:
            await self._data(window, transfer, offered["have"], found.size)
            await self._attachments(window, transfer)
            # What was written after the marker is not what the core system announced: the bytes that came are another file's beginning.
            await self.in_thread(lambda: sources.require_same(self.folder, arrival))
            self.passing("sent")
            if (await self.ask(wire.Finish, transfer=transfer))["anew"]:
                raise Anew
        self.passing("finished")
        return transfer

    async def _data(self, window: Window, transfer: int, offset: int, size: int) -> None:
        while offset < size:
            read = partial(sources.block, self.folder, self.arrival, offset, size - offset)
            data = await self.in_thread(read)
            await self._chunks(window, transfer, "", data, offset)
            offset += len(data)
            self.passing("block")
        await window.drain()

    async def _chunks(self, window: Window, transfer: int, part: str, data: bytes, offset: int) -> None:
        for start in range(0, len(data), wire.CHUNK_BYTES):
            content = data[start : start + wire.CHUNK_BYTES]
            chunk = self.ask(wire.Chunk, transfer=transfer, part=part, offset=offset + start, content=content)
            await window.add(chunk, len(content))

    async def _attachments(self, window: Window, transfer: int) -> None:
        after = ""
        while True:
            page = await self.ask(wire.Wanted, transfer=transfer, after=after)
            if page["anew"]:
                raise Anew
            listed = wire.entries_of(page["names"], 2)
            if not listed:
                return
            for name, held in listed:
                await self._attachment(window, transfer, wire.plain(name), held, page["most_bytes"])
            await window.drain()
            self.passing("attached")
            after = listed[-1][0]

    async def _attachment(self, window: Window, transfer: int, name: str, held: str, limit: int) -> None:
        """``held``: the hash, in hex, of what the server has of this name already."""
        content = await self.in_thread(lambda: sources.attachment(self.folder, self.arrival, name, limit))
        if content is None or isinstance(content, Fault):
            await window.add(self.ask(wire.Unusable, transfer=transfer, name=name, fault=content or ""))
            return
        digest = sha256(content).digest()
        if digest.hex() == held:
            return
        first = content[: wire.CHUNK_BYTES]
        attached = self.ask(
            wire.Attach,
            transfer=transfer,
            name=name,
            size=len(content),
            sha256=digest,
            content=first,
        )
        if len(first) == len(content):
            await window.add(attached, len(content))
            return
        have = (await attached)["have"]
        await self._chunks(window, transfer, name, content[have:], have)
