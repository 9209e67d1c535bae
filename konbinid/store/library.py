"""Reading the dated library. What was read at a revision is kept until the revision moves: it holds nothing about people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from konbinid.domain.kinds import Kind
from konbinid.domain.library import Item, LibraryEntry
from konbinid.domain.library_values import read_value
from konbinid.store.transaction import Transaction

_REVISION = "select revision, moved_at from library.revision"
APPROVED_ENTRIES = """
select e.id, e.item, e.kind, e.effective_from, e.effective_to, e.value, b.content
  from library.entry e
  join library.approval a on a.entry_id = e.id
  left join library.blob b on b.sha256 = e.blob_sha256
 where not exists (select from library.withdrawal w where w.entry_id = e.id)
 order by e.id
"""
"""Every entry that counts, past and future ones included, oldest first; ``entry_of`` takes its rows."""


def entry_of(row: Sequence[Any]) -> LibraryEntry:
    """The value of a row of ``APPROVED_ENTRIES``. BadLibraryValue when the database holds what an import would have refused."""
    number, item_name, kind_name, begins, ends, value, content = row
    item, kind = Item(item_name), None if kind_name is None else Kind(kind_name)
    pixels = None if content is None else bytes(content)
    return LibraryEntry(number, item, kind, begins, ends, read_value(item, kind, value, pixels))


class LibraryReader:
    """The approved entries, as of the snapshot of whoever asks."""

    def __init__(self) -> None:
        self._read_at: tuple[Any, ...] = ()
        self._entries: tuple[LibraryEntry, ...] = ()

    async def entries(self, tx: Transaction) -> tuple[int, tuple[LibraryEntry, ...]]:
        """(revision, entries). BadLibraryValue."""
        moved = await tx.fetch_one(_REVISION)
        assert moved is not None
        if moved != self._read_at:
            # Both at once, and only then: another request may ask between two statements of this one.
            entries = tuple(map(entry_of, await tx.fetch(APPROVED_ENTRIES)))
            self._read_at, self._entries = moved, entries
            return moved[0], entries
        return moved[0], self._entries
