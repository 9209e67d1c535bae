"""The versions of the city's 外字 font, as a request's snapshot has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from konbinid.store.transaction import Transaction

if TYPE_CHECKING:
    from psycopg2.extensions import connection

_VERSION = "select id, version, sha256, taken_at from library.gaiji_font"
_NEWEST = f"{_VERSION} order by id desc limit 1"
_NEWEST_THEN = f"{_VERSION} where taken_at <= %s order by id desc limit 1"
_RECORDED = f"{_VERSION} where id = %s"
_WHOLE = "select content, characters from library.gaiji_font order by id desc limit 1"
_SIZE = "select octet_length(content), characters from library.gaiji_font where id = %s"
_SLICE = "select substring(content from %s for %s) from library.gaiji_font where id = %s"
_SLICE_BYTES = 512 * 1024  # decoding more at one go is felt by the reactor


@dataclass(frozen=True, slots=True)
class GaijiVersion:
    """One version. ``version`` is 版, as the core system calls it; two versions may share it. ``taken_at`` tells versions of a restored
    database apart from those with the same id that came after the backup."""

    id: int
    version: str
    sha256: bytes
    taken_at: datetime

    def __str__(self) -> str:
        """How a certificate's record names it: 「12:0123456789abcdef:2026-03」."""
        return f"{self.id}:{self.sha256.hex()[:16]}:{self.version}"


async def newest(tx: Transaction, known: datetime | None = None) -> GaijiVersion | None:
    """The version in force in this snapshot, or with ``known`` the one that was in force at an instant; None when the city had sent none."""
    row = await (tx.fetch_one(_NEWEST) if known is None else tx.fetch_one(_NEWEST_THEN, (known,)))
    return None if row is None else GaijiVersion(row[0], row[1], bytes(row[2]), row[3])


async def recorded(tx: Transaction, record: str) -> GaijiVersion | None:
    """The version that a certificate's record names; None for a certificate of a time without 外字. LookupError when it is not here."""
    if not record:
        return None
    row = await tx.fetch_one(_RECORDED, (int(record.partition(":")[0]),))
    found = None if row is None else GaijiVersion(row[0], row[1], bytes(row[2]), row[3])
    if found is None or str(found) != record:
        raise LookupError("the version of the 外字 that the record names is not in this database")
    return found


async def font_of(tx: Transaction, version: GaijiVersion) -> tuple[bytes, frozenset[str]]:
    """A version's font and the characters that were in force with it. In slices, so that nothing else waits long for the reactor."""
    sized = await tx.fetch_one(_SIZE, (version.id,))
    assert sized is not None  # rows are never deleted
    slices = []
    for begin in range(1, sized[0] + 1, _SLICE_BYTES):
        found = await tx.fetch_one(_SLICE, (begin, _SLICE_BYTES, version.id))
        assert found is not None
        slices.append(bytes(found[0]))
    return b"".join(slices), _characters(sized[1])


def gaiji_in_force(made: connection) -> tuple[bytes, frozenset[str]] | None:
    """The same for the version in force, at a prompt or at start; None when the city has sent none."""
    with made.cursor() as cur:
        cur.execute(_WHOLE)
        row = cur.fetchone()
    return None if row is None else (bytes(row[0]), _characters(row[1]))


def _characters(codes: str) -> frozenset[str]:
    # Written by our own intake; thousands at once, in the reactor.
    return frozenset(map(chr, map(partial(int, base=16), codes.replace("U+", "").split())))
