"""One table of a declared file: every key is asked for by name and type, and what nobody asked for is a mistake."""

from __future__ import annotations

import difflib
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from konbinid.declared.document import Document
    from konbinid.declared.lines import Place

T = TypeVar("T")
Chosen = TypeVar("Chosen", bound=str)

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def readable(path: Path) -> bool:
    """Whether it is a file that we may read."""
    return stat.S_ISREG(_mode(path) or 0) and os.access(path, os.R_OK)


def _mode(path: Path) -> int | None:
    """The kind and the rights of what lies there, 0 when nothing does. None when a folder on the way is closed to us: then
    nobody can tell, and `Path.is_file` would raise."""
    try:
        return path.stat().st_mode
    except PermissionError:
        return None
    except (OSError, ValueError):  # a text that cannot name a file is the name of no file
        return 0


class Section:
    """One table. Each reader returns the value or, after noting the mistake, a harmless one of the same type: a document with
    mistakes never leaves ``finish``."""

    def __init__(
        self, document: Document, place: Place, data: Mapping[str, Any], *, absent: bool = False
    ) -> None:
        self.document = document
        self.place = place
        self._words = document.words
        self._data = data
        self._absent = absent  # a missing table is one mistake, not one for each of its keys
        self._asked: dict[str, list[Section]] = {}

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that stand in this table."""
        return tuple(self._data)

    def complain(self, key: str, reason: str) -> None:
        """Note a mistake at one of this table's keys; an empty key means the table."""
        if self._absent:
            return
        self.document.complain((*self.place, key) if key else self.place, reason)

    def at(self) -> str:
        """「juminhyo.toml:42 people.japanese」, for later messages about this table."""
        return self.document.at(self.place)

    def raw(self, key: str) -> Any:
        """The value as it stands, unchecked; None and a note when it is missing."""
        self._asked.setdefault(key, [])
        if key not in self._data:
            self.complain(key, self._words.missing)
        return self._data.get(key)

    def has(self, key: str) -> bool:
        """Whether the key is given; asks for it."""
        self._asked.setdefault(key, [])
        return key in self._data

    def text(
        self, key: str, default: str | None = None, *, pattern: str = r"(?s).+", shape: str | None = None
    ) -> str:
        """A text of a shape. ``shape`` says in words what ``pattern`` wants."""
        wanted = self._words.text if shape is None else shape
        value = self._typed(key, str, default, "", wanted)
        if not re.fullmatch(pattern, value) and self._stands(key, str):
            self._complain_of_value(key, wanted)
        return value

    def wording(self, key: str, *, longest: int = 200) -> str:
        """A text that people read: not blank, ``longest`` code points at most."""
        shape = self._words.wording.format(longest=longest)
        return self.text(key, pattern=rf"(?s)(?=.*\S).{{1,{longest}}}", shape=shape)

    def choice(self, key: str, choices: Sequence[Chosen], default: Chosen | None = None) -> Chosen:
        """One of a few words, or of an enumeration's members."""
        wanted = self._words.choice.format(choices=", ".join(choices))
        value = self._typed(key, str, default, choices[0], wanted)
        if value not in choices:
            self._complain_of_value(key, wanted)
            return choices[0]
        return choices[choices.index(value)]

    def whole(self, key: str, default: int | None = None, *, least: int, most: int) -> int:
        """A whole number within bounds, both included."""
        wanted = self._words.whole.format(least=least, most=most)
        value = self._typed(key, int, default, least, wanted)
        if not least <= value <= most:
            self._complain_of_value(key, wanted)
            return least
        return value

    def number(self, key: str, default: float | None = None, *, least: float, most: float) -> float:
        """A number within bounds, both included."""
        wanted = self._words.number.format(least=least, most=most)
        kind: type[float] = int if self._stands(key, int) else float
        value = self._typed(key, kind, default, least, wanted)
        # Compared before it is converted: a whole number may be too large for a float. nan is within no bounds.
        if not least <= value <= most:
            self._complain_of_value(key, wanted)
            return float(least)
        return float(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        return self._typed(key, bool, default, default, self._words.flag)

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts, none of them empty."""
        given = None if default is None else list(default)
        values = self._typed(key, list, given, [], self._words.texts)
        for position, value in enumerate(values):
            if not isinstance(value, str) or not value:
                reason = self._words.wrong.format(wanted=self._words.text)
                self.document.complain((*self.place, key, position), reason)
        return tuple(value for value in values if isinstance(value, str) and value)

    def file(self, key: str) -> Path:
        """A file that exists and can be read; a relative path starts at the folder of the document."""
        path = self._path(key)
        if self._stands(key, str) and not readable(path):
            mode = _mode(path)
            there = mode is None or stat.S_ISREG(mode)
            self.complain(key, (self._words.closed_file if there else self._words.no_file).format(path=path))
        return path

    def secret_file(self, key: str) -> Path:
        """As ``file``, and nobody but its owner may read or write it."""
        path = self.file(key)
        mode = _mode(path) or 0
        if self._stands(key, str) and stat.S_ISREG(mode) and mode & _OTHERS:
            self.complain(key, self._words.open_file.format(path=path))
        return path

    def folder(self, key: str, *, writable: bool = False, private: bool = False) -> Path:
        """A folder that exists and can be entered; ``writable``: by us; ``private``: by its owner only."""
        path = self._path(key)
        if not self._stands(key, str):
            return path
        mode = _mode(path)
        if mode is not None and not stat.S_ISDIR(mode):
            self.complain(key, self._words.no_folder.format(path=path))
        elif mode is None or not os.access(path, os.R_OK | os.X_OK | (os.W_OK if writable else 0)):
            reason = self._words.locked_folder if writable else self._words.closed_folder
            self.complain(key, reason.format(path=path))
        elif private and mode & _OTHERS:
            self.complain(key, self._words.open_folder.format(path=path))
        return path

    def folders(self, key: str) -> tuple[Path, ...]:
        """A list of folders, empty unless given; each must exist."""
        found = tuple(self.document.path.parent / text for text in self.texts(key, ()))
        for position, path in enumerate(found):
            mode = _mode(path)
            if mode is None or not stat.S_ISDIR(mode):
                reason = self._words.closed_folder if mode is None else self._words.no_folder
                self.document.complain((*self.place, key, position), reason.format(path=path))
        return found

    def table(self, key: str, *, optional: bool = False) -> Section:
        """A table within this one; when optional and missing, an empty one."""
        value = self._typed(key, dict, {} if optional else None, {}, self._words.table)
        fine = self._stands(key, dict) or (optional and key not in self._data)
        return self._inner(key, (*self.place, key), value, absent=self._absent or not fine)

    def tables(self, key: str, *, optional: bool = False) -> tuple[Section, ...]:
        """A list of tables (``[[key]]``) with at least one, unless it is optional."""
        values = self._typed(key, list, [] if optional else None, [], self._words.tables)
        if not values and self._stands(key, list) and not optional:
            self.complain(key, self._words.none_given)
        found = []
        for position, value in enumerate(values):
            place = (*self.place, key, position)
            if isinstance(value, dict):
                found.append(self._inner(key, place, value))
            else:
                self.document.complain(place, self._words.wrong.format(wanted=self._words.table))
        return tuple(found)

    def asked(self) -> Iterator[tuple[str, str]]:
        """Every option that was asked for here and below, as (table, key)."""
        table = ".".join(part for part in self.place if isinstance(part, str))
        for key, sections in self._asked.items():
            yield table, key
            for section in sections:
                yield from section.asked()

    def complain_of_unknown(self) -> None:
        """Note every key that no reader asked for, here and in the tables read from here."""
        for key in self._data:
            if key not in self._asked:
                near = difflib.get_close_matches(key, self._asked, n=1)
                words = self._words.unknown_near.format(near=near[0]) if near else self._words.unknown
                self.complain(key, words)
        for sections in self._asked.values():
            for section in sections:
                section.complain_of_unknown()

    def _complain_of_value(self, key: str, wanted: str) -> None:
        self.complain(key, self._words.wrong.format(wanted=wanted))

    def _inner(self, key: str, place: Place, data: Mapping[str, Any], *, absent: bool = False) -> Section:
        section = Section(self.document, place, data, absent=absent)
        self._asked.setdefault(key, []).append(section)
        return section

    def _path(self, key: str) -> Path:
        return self.document.path.parent / self._typed(key, str, None, "", self._words.path)

    def _stands(self, key: str, kind: type) -> bool:
        value = self._data.get(key)
        return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))

    def _typed(self, key: str, kind: type[T], default: T | None, harmless: T, wanted: str) -> T:
        self._asked.setdefault(key, [])
        if key not in self._data:
            if default is None:
                self.complain(key, self._words.missing_wanted.format(wanted=wanted))
            return harmless if default is None else default
        if not self._stands(key, kind):
            self._complain_of_value(key, wanted)
            return harmless
        value: T = self._data[key]
        return value
