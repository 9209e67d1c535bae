"""What the desk works with, and what the city set for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import deferLater

from konbinid.domain.feeds import Feed, FeedRule
from konbinid.issue.gaiji_presses import GaijiPresses
from konbinid.paper.press import Press
from konbinid.store.keyring import Keyring
from konbinid.store.ledger import Origin
from konbinid.store.library import LibraryReader
from konbinid.store.pool import Pool
from konbinid.store.transaction import Transaction

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: read aloud at a counter without mistakes


def new_issuance_number(random: Callable[[int], bytes]) -> str:
    """16 of 32 signs from 80 random bits, in fours: never from time or a counter (I-03). The database keeps it unique."""
    value = int.from_bytes(random(10), "big")
    signs = [_ALPHABET[value >> (5 * place) & 31] for place in range(16)]
    return "-".join("".join(signs[start : start + 4]) for start in range(0, 16, 4))


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """What configuration says. answer_within: seconds within which the database part of a request must end (the caller's time-out less five)."""

    municipality: str
    environment: str
    version: str
    fingerprint: str
    feeds: Mapping[Feed, FeedRule]
    fonts_digest: str = ""  # of every base face, read once at start: hashing a face takes 30 ms
    answer_within: float = 30.0
    lock_timeout: float = 2.0
    report_within: timedelta = timedelta(minutes=60)
    suspend_on_error_report: bool = False
    register_pages: int = 20  # contract 1, 1302

    @property
    def specimen(self) -> bool:
        """Whether every sheet is marked 「見本」."""
        return self.environment != "PRODUCTION"


async def _pass(_: str) -> None:
    """Nothing happens at a named step unless a test puts a fault there."""


Requirement = Callable[[Transaction], Awaitable[None]]
"""Awaited in a transaction before anything else; raises DatabaseWentBack."""


class History(Protocol):
    """What this host knows of the database's past (konbinid.ops.witness)."""

    def requirement(self) -> Requirement | None:
        """What a snapshot that is taken from now on must show."""


class NoHistory:
    """For who knows nothing of it: commands, tests."""

    def requirement(self) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """The desk's means. ``press`` has the base faces only; ``gaiji`` gives the press of a request. ``step`` is awaited at every named step of a transaction; ``random`` gives n random bytes."""

    clock: IReactorTime
    random: Callable[[int], bytes]
    pool: Pool
    press: Press
    keyring: Keyring
    library: LibraryReader
    origin: Origin
    settings: DeskSettings
    step: Callable[[str], Awaitable[None]] = _pass
    gaiji: GaijiPresses = field(default_factory=GaijiPresses)
    history: History = field(default_factory=NoHistory)

    def pause(self) -> Deferred[None]:
        """Let the reactor turn in the middle of long work."""
        return deferLater(self.clock, 0)

    def deadline(self) -> float:
        """Reactor seconds at which a request that comes now must have left the database."""
        return self.clock.seconds() + self.settings.answer_within
