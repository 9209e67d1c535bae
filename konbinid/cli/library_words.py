"""How the commands about the library say what an entry is, what it changes, and what became of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from konbinid.domain.content import OfficialSeal
from konbinid.domain.dates import JST
from konbinid.domain.kinds import TITLES, Kind
from konbinid.domain.library import Item, LibraryEntry
from konbinid.domain.library_history import LibraryAct, LibraryChange, LibraryRecord
from konbinid.domain.library_values import write_value

NOTHING = "nothing"


def day(at: datetime) -> str:
    """「2027-04-01」, or with its time where that is not 00:00."""
    local = at.astimezone(JST)
    shown = f"{local:%Y-%m-%d %H:%M:%S}"
    return shown.removesuffix(":00").removesuffix(" 00:00")


def about(item: Item, kind: Kind | None) -> str:
    """「fee 住民票の写し」"""
    return str(item) if kind is None else f"{item} {TITLES[kind]}"


def value_of(entry: LibraryEntry) -> str:
    """The value as the file would say it; of a seal's picture the beginning of its digest."""
    shown = write_value(entry.value)
    if isinstance(entry.value, OfficialSeal):
        shown["image"] = hashlib.sha256(entry.value.rows).hexdigest()[:12]
    return json.dumps(shown, ensure_ascii=False)


def span_of(entry: LibraryEntry) -> str:
    """「from 2026-07-01 until 2026-07-08 09:00」"""
    until = "" if entry.effective_to is None else f" until {day(entry.effective_to)}"
    return f"from {day(entry.effective_from)}{until}"


def line(entry: LibraryEntry) -> str:
    """An entry in one line."""
    return f"{about(entry.item, entry.kind)}: {value_of(entry)} ({span_of(entry)})"


def act(word: str, done: LibraryAct) -> str:
    """「approved by 見本 花子 at 2026-11-25 17:50」"""
    return f"{word} by {done.who} at {day(done.at)}"


def numbered(entry: LibraryEntry | None) -> str:
    """「#4 {"yen": 300}」, or nothing."""
    return NOTHING if entry is None else f"#{entry.id} {value_of(entry)}"


def change_lines(change: LibraryChange) -> Iterator[str]:
    """What an entry changes when it begins to count, and what makes people stop and look."""
    if change.is_over:
        yield "Warning: its end has passed; it changes nothing."
        return
    yield f"from {day(change.begins)}: {numbered(change.before)} -> {numbered(change.after)}"
    if change.entry.effective_to is not None:
        yield f"from {day(change.entry.effective_to)}: {numbered(change.then)}"
    if change.is_late:
        yield (
            "Warning: the beginning that it names has passed. It counts from its approval on; "
            "certificates issued before keep what they show."
        )
    if not change.has_effect:
        yield "Warning: another entry is in force when this one begins, because it begins later or was entered later."


def history_lines(record: LibraryRecord, superseded: LibraryEntry | None) -> Iterator[str]:
    """One entry with everything that was done about it."""
    yield f"#{record.entry.id} {value_of(record.entry)} ({span_of(record.entry)}) {state_of(record)}"
    if record.note:
        yield f"    note: {record.note}"
    yield f"    {act('entered', record.entered)}"
    if record.approved is not None:
        yield f"    {act('approved', record.approved)}; took the place of {numbered(superseded)}"
    if record.withdrawn is not None:
        yield f"    {act('withdrawn', record.withdrawn)}: {record.reason}"


def state_of(record: LibraryRecord) -> str:
    """Where an entry stands."""
    if record.withdrawn is not None:
        return "withdrawn"
    return "waits for approval" if record.approved is None else "approved"


def indented(lines: Sequence[str] | Iterator[str]) -> str:
    """Under the line they belong to."""
    return "".join(f"\n    {each}" for each in lines)
