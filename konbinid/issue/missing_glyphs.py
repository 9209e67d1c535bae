"""What the faces in force cannot print of everything that papers are drawn from: looked for before somebody stands at a kiosk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from konbinid.domain.characters import code_points
from konbinid.domain.library import Item, in_force
from konbinid.domain.redact import Redacted
from konbinid.paper.coverage import Lacking
from konbinid.paper.face import FaceSet
from konbinid.paper.gaiji import opened_font
from konbinid.store.direct import read_now
from konbinid.store.gaiji import gaiji_in_force
from konbinid.store.library_write import approved_entries
from konbinid.store.printed_texts import printed_rows
from konbinid.store.state import clock

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor

MAYOR = "mayor"
"""The one field that is nobody's: title and name of the mayor, today's and those that are entered for later."""


@dataclass(frozen=True, slots=True, repr=False)
class Lack(Redacted):
    """One text with characters that no face has: whose (宛名番号, or an entry of the library), which field, the code points of each."""

    whose: str
    field: str
    codes: tuple[str, ...]


class Search:
    """One pass over the city, as of one snapshot, in bounded memory. ``people`` and ``texts`` count what it has looked through."""

    def __init__(self, made: connection, cur: cursor, bases: FaceSet) -> None:
        """cur: in a transaction at REPEATABLE READ, on ``made``. BadFont when the city's 外字 do not go with these faces."""
        self.people = self.texts = 0
        self._made, self._cur = made, cur
        self._lacking = Lacking(faces_in_force(made, bases))

    def __iter__(self) -> Iterator[Lack]:
        """Whatever cannot be printed: the mayor first, then the residents'."""
        yield from self._mayors()
        for row in printed_rows(self._cur):
            self.people += row.fields[0] == "name"
            self.texts += sum(map(bool, row.texts))
            # Nearly everybody's characters are all known: one look at the whole row instead of one at each text.
            if self._lacking.may_be_in("".join(row.texts)):
                for field, text in zip(row.fields, row.texts, strict=True):
                    if codes := self._codes(text):
                        yield Lack(row.atena_number, field, codes)

    def _mayors(self) -> Iterator[Lack]:
        entries, now = approved_entries(self._made), read_now(self._cur, clock)
        today = in_force(entries, Item.MAYOR, None, now)
        for entry in entries:
            if entry.item is Item.MAYOR and (entry is today or entry.effective_from > now):
                self.texts += 1
                if codes := self._codes(entry.value.title + entry.value.name):
                    yield Lack(f"library {entry.id}", MAYOR, codes)

    def _codes(self, text: str) -> tuple[str, ...]:
        return tuple(map(code_points, self._lacking.in_text(text)))


def faces_in_force(made: connection, bases: FaceSet) -> FaceSet:
    """These faces with the city's 外字 in force. BadFont."""
    found = gaiji_in_force(made)
    return bases if found is None else FaceSet(bases.bases, opened_font(*found))


def tally(lacks: Iterable[Lack]) -> dict[str, tuple[int, Mapping[str, int]]]:
    """Without anybody in it: code -> (residents who need it, field -> how many do), what most people need first."""
    whose: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for lack in lacks:
        for code in lack.codes:
            whose[code][lack.field].add(lack.whose)
    counted = {
        code: (
            len(set().union(*(who for field, who in fields.items() if field != MAYOR))),
            {field: len(who) for field, who in fields.items()},
        )
        for code, fields in whose.items()
    }
    return dict(sorted(counted.items(), key=lambda item: (MAYOR not in item[1][1], -item[1][0], item[0])))
