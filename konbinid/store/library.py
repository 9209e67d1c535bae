"""Reading the dated library. What was read at a revision is kept until the revision moves: it holds nothing about people."""

from __future__ import annotations

from konbinid.domain.kinds import Kind
from konbinid.domain.library import Item, LibraryEntry
from konbinid.domain.library_values import read_value
from konbinid.store.transaction import Transaction

_REVISION = "select revision from library.revision"
_ENTRIES = """
select e.id, e.item, e.kind, e.effective_from, e.effective_to, e.value, b.content
  from library.entry e
  join library.approval a on a.entry_id = e.id
  left join library.withdrawal w on w.entry_id = e.id
  left join library.blob b on b.sha256 = e.blob_sha256
 where w.entry_id is null
 order by e.id
"""


class LibraryReader:
    """The approved entries, as of the snapshot of whoever asks."""

    def __init__(self) -> None:
        self._revision = -1
        self._entries: tuple[LibraryEntry, ...] = ()

    async def entries(self, tx: Transaction) -> tuple[int, tuple[LibraryEntry, ...]]:
        """(revision, entries). BadLibraryValue when the database holds what an import would have refused."""
        row = await tx.fetch_one(_REVISION)
        assert row is not None
        revision = row[0]
        if revision == self._revision:
            return revision, self._entries
        entries = tuple(
            LibraryEntry(
                id=number,
                item=Item(item),
                kind=None if kind is None else Kind(kind),
                effective_from=begins,
                effective_to=ends,
                value=read_value(
                    Item(item),
                    None if kind is None else Kind(kind),
                    value,
                    None if rows is None else bytes(rows),
                ),
            )
            for number, item, kind, begins, ends, value, rows in await tx.fetch(_ENTRIES)
        )
        # A snapshot older than what is kept may ask later than a newer one: only what is newer is kept.
        if revision > self._revision:
            self._revision, self._entries = revision, entries
        return revision, entries
