"""Strict reading of a TOML file: every key is asked for by name and type, what nobody asked for is a mistake, and all mistakes
are collected, each with its line, before anything is refused."""

from __future__ import annotations

import difflib
import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from konbinid.config_lines import Place, locate

T = TypeVar("T")

_ERROR_LINE = re.compile(r"at line (\d+)")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: ``key`` as it would be written (``soap.client[1].name``), empty for the whole file."""

    file: Path
    line: int
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {f'{self.key}: ' if self.key else ''}{self.reason}"


class FileRefused(Exception):
    """A file that cannot be used as it stands; ``problems`` holds every mistake, in the file's order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line, problem.key)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Document:
    """One parsed file. ``root`` is its top table; ``finish`` raises FileRefused when anything was wrong."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        try:
            text = path.read_bytes().decode("utf-8")
        except OSError as error:
            raise FileRefused([Problem(path, 1, "", f"cannot be read ({error.strerror})")]) from None
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise FileRefused([Problem(path, line, "", "is not UTF-8")]) from None
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = _ERROR_LINE.search(str(error))
            line = int(found[1]) if found else text.count("\n") + 1
            raise FileRefused([Problem(path, line, "", f"is not TOML: {error}")]) from None
        self.lines = locate(text)
        self.root = Section(self, (), data)

    def complain(self, place: Place, reason: str) -> None:
        """Note a mistake at a key, or at the table that lacks it."""
        known = place
        while known and known not in self.lines:
            known = known[:-1]
        self.problems.append(Problem(self.path, self.lines.get(known, 1), _written(place), reason))

    def finish(self) -> None:
        """Raise FileRefused with all mistakes found, unknown keys included."""
        self.root.complain_of_unknown()
        if self.problems:
            raise FileRefused(self.problems)


class Section:
    """One table. Each reader returns the value or, after noting the mistake, a harmless one of the same type: a document with
    mistakes never leaves ``finish``."""

    def __init__(
        self, document: Document, place: Place, data: Mapping[str, Any], *, absent: bool = False
    ) -> None:
        self.document = document
        self.place = place
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

    def raw(self, key: str) -> Any:
        """The value as it stands, unchecked; None and a note when it is missing."""
        self._asked.setdefault(key, [])
        if key not in self._data:
            self.complain(key, "missing")
        return self._data.get(key)

    def has(self, key: str) -> bool:
        """Whether the key is given; asks for it."""
        self._asked.setdefault(key, [])
        return key in self._data

    def text(
        self, key: str, default: str | None = None, *, pattern: str = r"(?s).+", shape: str = "text"
    ) -> str:
        """A text of a shape. ``shape`` says in words what ``pattern`` wants."""
        value = self._typed(key, str, default, "", shape)
        if not re.fullmatch(pattern, value) and self._stands(key, str):
            self.complain(key, f"must be {shape}")
        return value

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        """One of a few words."""
        value = self._typed(key, str, default, choices[0], f"one of {', '.join(choices)}")
        if value not in choices:
            self.complain(key, f"must be one of {', '.join(choices)}")
            return choices[0]
        return value

    def whole(self, key: str, default: int | None = None, *, least: int, most: int) -> int:
        """A whole number within bounds, both included."""
        value = self._typed(key, int, default, least, f"a whole number from {least} to {most}")
        if not least <= value <= most:
            self.complain(key, f"must be a whole number from {least} to {most}")
            return least
        return value

    def number(self, key: str, default: float | None = None, *, least: float, most: float) -> float:
        """A number within bounds, both included."""
        wanted = f"a number from {least:g} to {most:g}"
        if self._stands(key, int):
            value = float(self._data[key])
            self._asked.setdefault(key, [])
        else:
            value = self._typed(key, float, default, least, wanted)
        if not least <= value <= most:
            self.complain(key, f"must be {wanted}")
            return least
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        return self._typed(key, bool, default, default, "true or false")

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts."""
        values = self._typed(key, list, None if default is None else list(default), [], "a list of texts")
        for position, value in enumerate(values):
            if not isinstance(value, str):
                self.document.complain((*self.place, key, position), "must be a text")
        return tuple(value for value in values if isinstance(value, str))

    def file(self, key: str) -> Path:
        """A file that exists and can be read; a relative path starts at the folder of the document."""
        path = self._path(key)
        if self._stands(key, str) and not (path.is_file() and os.access(path, os.R_OK)):
            self.complain(key, f"{path}: {'cannot be read' if path.is_file() else 'no such file'}")
        return path

    def secret_file(self, key: str) -> Path:
        """As ``file``, and nobody but its owner may read or write it."""
        path = self.file(key)
        if self._stands(key, str) and path.is_file() and path.stat().st_mode & _OTHERS:
            self.complain(key, f"{path}: others than its owner may use it; run chmod 600 on it")
        return path

    def folder(self, key: str, *, writable: bool = False, private: bool = False) -> Path:
        """A folder that exists and can be entered; ``writable``: by us; ``private``: by its owner only."""
        path = self._path(key)
        if not self._stands(key, str):
            return path
        if not path.is_dir():
            self.complain(key, f"{path}: no such folder")
        elif not os.access(path, os.R_OK | os.X_OK | (os.W_OK if writable else 0)):
            self.complain(key, f"{path}: cannot be {'read and written' if writable else 'read'}")
        elif private and path.stat().st_mode & _OTHERS:
            self.complain(key, f"{path}: others than its owner may use it; run chmod 700 on it")
        return path

    def folders(self, key: str) -> tuple[Path, ...]:
        """A list of folders, empty unless given; each must exist."""
        found = tuple(self.document.path.parent / text for text in self.texts(key, ()))
        for position, path in enumerate(found):
            if not path.is_dir():
                self.document.complain((*self.place, key, position), f"{path}: no such folder")
        return found

    def table(self, key: str, *, optional: bool = False) -> Section:
        """A table within this one; when optional and missing, an empty one."""
        value = self._typed(key, dict, {} if optional else None, {}, "a table")
        absent = not optional and not self._stands(key, dict)
        return self._inner(key, (*self.place, key), value, absent=absent)

    def tables(self, key: str) -> tuple[Section, ...]:
        """A list of tables (``[[key]]``) with at least one."""
        values = self._typed(key, list, None, [], "a list of tables")
        if not values and self._stands(key, list):
            self.complain(key, "needs at least one")
        found = []
        for position, value in enumerate(values):
            place = (*self.place, key, position)
            if isinstance(value, dict):
                found.append(self._inner(key, place, value))
            else:
                self.document.complain(place, "must be a table")
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
                self.complain(key, f"unknown{f'; did you mean {near[0]}?' if near else ''}")
        for sections in self._asked.values():
            for section in sections:
                section.complain_of_unknown()

    def _inner(self, key: str, place: Place, data: Mapping[str, Any], *, absent: bool = False) -> Section:
        section = Section(self.document, place, data, absent=absent)
        self._asked.setdefault(key, []).append(section)
        return section

    def _path(self, key: str) -> Path:
        return self.document.path.parent / self._typed(key, str, None, "", "a path")

    def _stands(self, key: str, kind: type) -> bool:
        value = self._data.get(key)
        return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))

    def _typed(self, key: str, kind: type[T], default: T | None, harmless: T, wanted: str) -> T:
        self._asked.setdefault(key, [])
        if key not in self._data:
            if default is None:
                self.complain(key, f"missing; it must be {wanted}")
            return harmless if default is None else default
        if not self._stands(key, kind):
            self.complain(key, f"must be {wanted}")
            return harmless
        value: T = self._data[key]
        return value


def _written(place: Place) -> str:
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part + 1}]"  # people count from one
        else:
            text += f"{'.' if text else ''}{part}"
    return text
