"""Receipts come back: into the core system's folder, then the file goes from the relay's drop folder to its archive, and then the server is told.

In that order: whoever is interrupted is given the receipt again.
"""
# mypy: disable-error-code=no-untyped-call
# (AMP has no types)

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from twisted.logger import Logger

from konbinid.intake import wire
from konbinid.intake.drop import Arrival, Drop
from konbinid.intake.folder import is_there, opened_folder
from konbinid.intake.names import DropName
from konbinid.intake.sending import Ask
from konbinid.intake.steps import Passing, Point
from konbinid.store.whole_file import write_whole


@dataclass(frozen=True, slots=True)
class Sent:
    """A file of the folder that the server has stored, under which transfer."""

    arrival: Arrival
    transfer: int


@dataclass(frozen=True, slots=True)
class Collector:
    """``sent``: by name; what is done is taken out. ``odd`` tells the server of trouble that people must see to."""

    drop: Drop
    outbox: Path
    sent: dict[str, Sent]
    in_thread: Callable[[Callable[[], Any]], Awaitable[Any]]
    odd: Callable[[str, str], Awaitable[object]]
    passing: Passing

    log = Logger()

    async def collect(self, ask: Ask) -> None:
        """Take every receipt that can be taken now. AMP's errors and the wire's."""
        decided = await ask(wire.Receipts)
        for number, name in wire.entries_of(decided["decided"], 2):
            arrival = await self._whose(int(number), DropName.parse(name))
            if arrival is None:
                continue
            await self._take(ask, int(number), arrival)

    async def _whose(self, transfer: int, name: DropName) -> Arrival | None:
        """The file that a receipt is for; None while one of that name waits to be offered, or while nobody can see."""
        known = self.sent.get(name.text)
        if known is not None:
            return known.arrival if known.transfer == transfer else None
        try:
            waits = await self.in_thread(lambda: self._is_complete(name))
        except OSError:
            return None  # the next receipt may be of a file that is known
        if waits:
            return None
        # Taken away by somebody, or by us before we were interrupted.
        return Arrival(name, None, (), gone=True)

    def _is_complete(self, name: DropName) -> bool:
        with opened_folder(self.drop.folder) as folder:
            return is_there(name.text, folder) and is_there(name.end, folder)

    async def _take(self, ask: Ask, transfer: int, arrival: Arrival) -> None:
        name = arrival.name.text
        ok, text = await self._text(ask, transfer)
        attached = {} if arrival.gone else await self._attached(ask, transfer)
        place = self.drop.archive if ok else self.drop.quarantine
        receipt = f"{name}.{'ok' if ok else 'ng'}"
        step = "receipt"
        try:
            await self.in_thread(lambda: write_whole(self.outbox, receipt, text.decode("utf-8")))
            self.passing(Point.ANSWERED)
            step = "filing"
            await self.in_thread(lambda: self.drop.file_away(arrival, place, attached, self.passing))
        except OSError as failed:
            self.log.warn("relay.not_filed", file=name, step=step, reason=type(failed).__name__)
            await self.odd(name, step)
            return
        await ask(wire.Taken, transfer=transfer)
        self.sent.pop(name, None)
        self.log.info("relay.receipt", file=name, ok=ok)

    @staticmethod
    async def _text(ask: Ask, transfer: int) -> tuple[bool, bytes]:
        """The whole receipt. Refused when it changes while it is read: it is asked for again."""
        text, digest, size = b"", None, 0
        while digest is None or len(text) < size:
            piece = await ask(wire.Receipt, transfer=transfer, offset=len(text))
            if not piece["content"] or digest not in {None, piece["sha256"]}:
                raise wire.Refused("a receipt that changes")
            text += piece["content"]
            digest, size, ok = piece["sha256"], piece["size"], piece["ok"]
        if sha256(text).digest() != digest:
            raise wire.Refused("a receipt that changes")
        return ok, text

    @staticmethod
    async def _attached(ask: Ask, transfer: int) -> dict[str, bytes]:
        """Name -> sha256 of everything that came with a file."""
        found: dict[str, bytes] = {}
        while True:
            page = wire.entries_of(
                (await ask(wire.Attached, transfer=transfer, after=max(found, default="")))["attached"], 2
            )
            if not page:
                return found
            found |= {wire.plain(name): bytes.fromhex(digest) for name, digest in page}
