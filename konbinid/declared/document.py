"""One declared file, parsed: where every key stands, the mistakes found in it, and the refusal that tells them all."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from konbinid.declared.lines import Place, locate
from konbinid.declared.section import Section
from konbinid.declared.words import ENGLISH, Words

_ERROR_LINE = re.compile(r"at line (\d+)")


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: ``key`` as it would be written (``soap.client[1].name``, counted from one), empty for the whole file."""

    file: Path
    line: int
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {f'{self.key}: ' if self.key else ''}{self.reason}"


class FileRefused(Exception):
    """Files that cannot be used as they stand; ``problems`` holds every mistake, in the files' order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda each: (each.file, each.line, each.key)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Document:
    """One parsed file. ``root`` is its top table; ``finish`` raises FileRefused when anything was wrong.

    Raises FileRefused at once when it cannot be read or is no TOML. ``words``: the language that its mistakes are told in.
    """

    def __init__(self, path: Path, words: Words = ENGLISH) -> None:
        self.path = path
        self.words = words
        self.problems: list[Problem] = []
        text = self._read()
        self.values = self._parse(text)
        self.lines = locate(text)
        self.root = Section(self, (), self.values)

    def at(self, place: Place) -> str:
        """「juminhyo.toml:42 people.japanese」, for later messages about what stands there."""
        return f"{self.path}:{self.line(place)} {_written(place)}"

    def line(self, place: Place) -> int:
        """The line of a key, or of the table that lacks it."""
        known = place
        while known and known not in self.lines:
            known = known[:-1]
        return self.lines.get(known, 1)

    def complain(self, place: Place, reason: str) -> None:
        """Note a mistake at a key, or at the table that lacks it."""
        self.problems.append(Problem(self.path, self.line(place), _written(place), reason))

    def finish(self) -> None:
        """Raise FileRefused with all mistakes found, unknown keys included. Without one it may be asked again later."""
        self.root.complain_of_unknown()
        if self.problems:
            raise FileRefused(self.problems)

    def _read(self) -> str:
        try:
            return self.path.read_bytes().decode("utf-8")
        except OSError as error:
            raise self._refused(1, self.words.unreadable.format(error=error.strerror)) from None
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            raise self._refused(line, self.words.not_utf8) from None

    def _parse(self, text: str) -> Mapping[str, Any]:
        try:
            return tomllib.loads(text)
        # tomllib lets Python's own limits through: a number of thousands of digits, lists nested without end.
        except (ValueError, RecursionError) as error:
            found = _ERROR_LINE.search(str(error))
            line = int(found[1]) if found else text.count("\n") + 1
            raise self._refused(line, self.words.not_toml.format(error=error)) from None

    def _refused(self, line: int, reason: str) -> FileRefused:
        return FileRefused([Problem(self.path, line, "", reason)])


def _written(place: Place) -> str:
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part + 1}]"  # people count from one
        else:
            text += f"{'.' if text else ''}{part}"
    return text
