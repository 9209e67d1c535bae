"""Whether what the library is about to say can be printed: tried with the forms and fonts of this server before it counts.

A mayor's title too long for its box, a character without a glyph, a seal larger than its frame, a form that is not there: each would
answer every request with a refusal or a fault from the first second of its day. So the entry is refused instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from konbinid.cli.failure import CommandFailed
from konbinid.cli.library_words import day
from konbinid.config import Config
from konbinid.domain.dates import japan_day
from konbinid.domain.kinds import TITLES, Kind
from konbinid.domain.library import Item, LibraryEntry, in_force
from konbinid.ops.startup import StartUp
from konbinid.paper import readback
from konbinid.paper.press import Press, Unprintable
from konbinid.paper.readback import ReadbackMismatch
from konbinid.paper.sample_people import PersonaName
from konbinid.paper.samples import SPECIMEN_MAYOR, sample_contents
from konbinid.preparation import press_in_force

_PRINTED = frozenset({Item.MAYOR, Item.OFFICIAL_SEAL, Item.FORM})
_TRIED = (
    PersonaName.MINIMAL,
    PersonaName.TYPICAL,
)  # what a form must be able to print; `form preview` shows the others


def refuse_unprintable(
    config: Config,
    seconds: Callable[[], float],
    known: Sequence[LibraryEntry],
    new: Sequence[LibraryEntry],
    now: datetime,
) -> None:
    """CommandFailed with everything that could not be printed once ``new`` counts beside ``known``, from ``now`` on. Reads fonts and forms only
    when a mayor, a seal or a form is among the new."""
    if not any(entry.item in _PRINTED for entry in new):
        return
    faults = unprintable(known, new, press_in_force(config, StartUp(seconds)), now)
    if faults:
        raise CommandFailed("Nothing was written, because this cannot be printed:\n  " + "\n  ".join(faults))


def unprintable_without(
    config: Config,
    seconds: Callable[[], float],
    gone: LibraryEntry,
    left: Sequence[LibraryEntry],
    now: datetime,
) -> list[str]:
    """What cannot be printed any more once an entry has gone: what counts in its place may never have met the forms of today."""
    if gone.item not in _PRINTED:
        return []
    return unprintable(left, left, press_in_force(config, StartUp(seconds)), now)


def unprintable(
    known: Sequence[LibraryEntry], new: Sequence[LibraryEntry], press: Press, now: datetime
) -> list[str]:
    """What cannot be printed while one of the new entries is in force, each combination of form, mayor and seal once, by date."""
    fresh = frozenset(entry.id for entry in new)
    entries = [
        entry for entry in {each.id: each for each in (*known, *new)}.values() if entry.item in _PRINTED
    ]
    tried: set[tuple[Kind, tuple[int, ...]]] = set()
    faults: dict[str, None] = {}
    for at in _edges(entries, now):
        mayor, seal = (in_force(entries, item, None, at) for item in (Item.MAYOR, Item.OFFICIAL_SEAL))
        for kind in Kind:
            form = in_force(entries, Item.FORM, kind, at)
            ids = tuple(0 if entry is None else entry.id for entry in (form, mayor, seal))
            if form is None or (kind, ids) in tried or not fresh.intersection(ids):
                continue
            tried.add((kind, ids))
            faults.update(dict.fromkeys(_faults(press, (form, mayor, seal), at)))
    return list(faults)


def _edges(entries: Sequence[LibraryEntry], now: datetime) -> list[datetime]:
    """The instants from now on at which something begins or ends."""
    edges = {
        edge for entry in entries for edge in (entry.effective_from, entry.effective_to) if edge is not None
    }
    return sorted({now, *(edge for edge in edges if edge > now)})


def _faults(
    press: Press, combined: tuple[LibraryEntry, LibraryEntry | None, LibraryEntry | None], at: datetime
) -> Iterator[str]:
    form, mayor, seal = combined
    kind = form.kind
    assert kind is not None  # a form is per kind
    named = f"{TITLES[kind]}, form {form.value}, from {day(at)}"
    if (kind, form.value) not in press.versions:
        yield f"{named}: this version is not in [forms] folder."
        return
    contents = sample_contents(
        kind,
        form.value,
        japan_day(at),
        SPECIMEN_MAYOR if mayor is None else mayor.value,
        None if seal is None else seal.value,
    )
    for name in _TRIED:
        if name in contents:
            try:
                readback.check(press.print(contents[name]).document, contents[name], press)
            except (Unprintable, ReadbackMismatch) as refused:
                yield f"{named}: {refused}"
