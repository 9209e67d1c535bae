"""What became of every entry of the library, and what was in force at an instant as it was known at another.

Two times are kept apart. An entry *says* from when and until when it is meant; it *counts* from its approval until its withdrawal, whatever
days it names. So a certificate of last week can be explained by what counted last week, though an entry approved today names that day too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from konbinid.domain.library import LibraryEntry, in_force


@dataclass(frozen=True, slots=True)
class LibraryAct:
    """Who did something, and when (aware)."""

    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LibraryRecord:
    """An entry with all that was done about it. ``reason`` is the withdrawal's."""

    entry: LibraryEntry
    note: str
    entered: LibraryAct
    approved: LibraryAct | None = None
    withdrawn: LibraryAct | None = None
    reason: str = ""

    @property
    def waits(self) -> bool:
        """Entered, and neither approved nor withdrawn."""
        return self.approved is None and self.withdrawn is None

    @property
    def counts(self) -> bool:
        """Approved and not withdrawn: as of all that is known."""
        return self.approved is not None and self.withdrawn is None

    def counted_at(self, known: datetime) -> bool:
        """Whether it was approved and not withdrawn at that instant. At the instant of an act the act is done."""
        return (
            self.approved is not None
            and self.approved.at <= known
            and (self.withdrawn is None or known < self.withdrawn.at)
        )


def known_at(records: Iterable[LibraryRecord], known: datetime) -> tuple[LibraryEntry, ...]:
    """The entries that counted at an instant: what the desk read then."""
    return tuple(record.entry for record in records if record.counted_at(known))


def counting(records: Iterable[LibraryRecord]) -> tuple[LibraryEntry, ...]:
    """The entries that count, as of all that is known."""
    return tuple(record.entry for record in records if record.counts)


@dataclass(frozen=True, slots=True)
class LibraryChange:
    """What happens to an entry's item and kind when the entry begins (or ceases) to count.

    ``begins``: when anything can change, never before the approval. ``before`` and ``after``: what is in force there without and with it;
    ``then``: what follows when it ends, None with an entry that has no end.
    """

    entry: LibraryEntry
    begins: datetime
    before: LibraryEntry | None
    after: LibraryEntry | None
    then: LibraryEntry | None

    @property
    def is_late(self) -> bool:
        """The entry names a beginning that has passed: it counts from its approval, and what was issued before stays as it is."""
        return self.entry.effective_from < self.begins

    @property
    def is_over(self) -> bool:
        """The entry has ended before it could count."""
        return self.entry.effective_to is not None and self.entry.effective_to <= self.begins

    @property
    def has_effect(self) -> bool:
        """Whether the entry itself is in force when it begins; another that begins later may stand before it."""
        return self.after is not None and self.after.id == self.entry.id


def change_by(entry: LibraryEntry, others: Sequence[LibraryEntry], now: datetime) -> LibraryChange:
    """What an entry changes among ``others`` (with which it is approved, or without which it is withdrawn) when it counts from ``now`` on."""
    without = [other for other in others if other.id != entry.id]
    begins = max(entry.effective_from, now)

    def found(among: Sequence[LibraryEntry], at: datetime) -> LibraryEntry | None:
        return in_force(among, entry.item, entry.kind, at)

    whole = [*without, entry]
    then = None if entry.effective_to is None else found(whole, max(entry.effective_to, begins))
    return LibraryChange(entry, begins, found(without, begins), found(whole, begins), then)


def superseded_by(record: LibraryRecord, records: Sequence[LibraryRecord]) -> LibraryEntry | None:
    """What an approved entry took the place of, as it was known at its approval; None when there was nothing, or while it waits."""
    if record.approved is None:
        return None
    known = [other for other in records if other.entry.id != record.entry.id]
    at = record.approved.at
    return change_by(record.entry, known_at(known, at), at).before
