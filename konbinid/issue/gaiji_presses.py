"""The press that a request prints with: of the version of the city's 外字 that its snapshot has in force.

A version is opened when a request first meets it, so a new one counts at once on every host, and no host needs to be told. What is kept belongs
to fonts only, never to a request (I-05).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from konbinid.paper.gaiji import opened_font
from konbinid.paper.press import Press
from konbinid.store import gaiji
from konbinid.store.gaiji import GaijiVersion
from konbinid.store.transaction import Transaction

Pause = Callable[[], Awaitable[None]]
_KEPT = 4  # versions; requests of different snapshots overlap for seconds only


class GaijiPresses:
    """Opens versions and keeps the last few."""

    def __init__(self) -> None:
        self._kept: dict[GaijiVersion, Press] = {}

    async def in_force(
        self, tx: Transaction, base: Press, pause: Pause, known: datetime | None = None
    ) -> tuple[str, Press]:
        """The version's name for the record, empty without any, and its press. ``base``: the press of the base faces; ``pause``: lets the
        reactor turn; ``known``: as of an instant other than the snapshot's."""
        version = await gaiji.newest(tx, known)
        return ("", base) if version is None else (str(version), await self._press(tx, base, version, pause))

    async def recorded(self, tx: Transaction, base: Press, record: str, pause: Pause) -> Press:
        """The press that made a certificate whose record names this version, to read it back or print it again. LookupError."""
        version = await gaiji.recorded(tx, record)
        return base if version is None else await self._press(tx, base, version, pause)

    async def _press(self, tx: Transaction, base: Press, version: GaijiVersion, pause: Pause) -> Press:
        press = self._kept.get(version)
        if press is None:
            content, characters = await gaiji.font_of(tx, version)
            await pause()
            press = self._kept[version] = base.with_gaiji(opened_font(content, characters))
            while len(self._kept) > _KEPT:
                del self._kept[next(iter(self._kept))]
            # Opening a font of thousands takes as long as making a paper: both in one turn would keep the reactor over 20 ms.
            await pause()
        return press
