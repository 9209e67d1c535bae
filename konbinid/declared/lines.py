"""Where each key of a TOML text stands: the standard parser gives values but no lines, and an error without a line is no help.

The text has passed ``tomllib`` before, so this scanner only follows its structure and judges nothing.
"""

from __future__ import annotations

import re
import tomllib

Place = tuple[str | int, ...]
"""A key's place: table names and keys, with the position in the list for tables and values that stand in lists."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_SCALAR = re.compile(r"[^,\]}#\n]+")
# A string of either quote, tripled or not; escapes exist in double-quoted ones only. Up to two quotes may end the tripled forms' content.
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"{3,5}(?!")' + r"|'''.*?'{3,5}(?!')" + r'|"(?:[^"\\\n]|\\.)*"' + r"|'[^'\n]*'",
    re.DOTALL,
)


def locate(text: str) -> dict[Place, int]:
    """Line numbers (from 1) of every table and key of a valid TOML text."""
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n")
        self._at = 0
        self._lines: dict[Place, int] = {}
        self._list_lengths: dict[Place, int] = {}  # of [[tables]]

    def scan(self) -> dict[Place, int]:
        table: Place = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)
        return self._lines

    def _header(self) -> Place:
        line = self._line()
        doubled = self._text.startswith("[[", self._at)
        self._at += 2 if doubled else 1
        path = self._open((), self._key(), line, appends=doubled)
        self._at += 2 if doubled else 1
        return path

    def _open(self, base: Place, keys: list[str], line: int, *, appends: bool) -> Place:
        """The place a header names: a list of tables on the way means its newest table."""
        path = base
        for key in keys[:-1]:
            path = self._step(path, key, line)
        if not appends:
            path = self._step(path, keys[-1], line)
            self._lines[path] = line  # not the line of a table within it that came earlier
            return path
        path = (*path, keys[-1])
        self._lines.setdefault(path, line)
        position = self._list_lengths.get(path, 0)
        self._list_lengths[path] = position + 1
        path = (*path, position)
        self._lines[path] = line
        return path

    def _step(self, path: Place, key: str, line: int) -> Place:
        path = (*path, key)
        self._lines.setdefault(path, line)
        length = self._list_lengths.get(path)
        return path if length is None else (*path, length - 1)

    def _pair(self, table: Place) -> None:
        line = self._line()
        path = table
        for key in self._key():
            path = (*path, key)
            self._lines.setdefault(path, line)
        self._at += 1  # the equals sign, at which _key stopped
        self._skip(_SPACE)
        self._value(path)

    def _key(self) -> list[str]:
        keys = []
        while True:
            self._skip(_SPACE)
            quoted = self._text[self._at] in "\"'"
            word = self._take(_STRING if quoted else _BARE)
            keys.append(str(tomllib.loads(f"key = {word}")["key"]) if quoted else word)
            self._skip(_SPACE)
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _value(self, path: Place) -> None:
        first = self._text[self._at]
        if first in "\"'":
            self._take(_STRING)
        elif first == "[":
            self._list(path)
        elif first == "{":
            self._inline_table(path)
        else:
            self._take(_SCALAR)

    def _list(self, path: Place) -> None:
        position = 0
        while self._next_item("]"):
            self._lines[(*path, position)] = self._line()
            self._value((*path, position))
            position += 1

    def _inline_table(self, path: Place) -> None:
        while self._next_item("}"):
            self._pair(path)

    def _next_item(self, closing: str) -> bool:
        """Step over the opening bracket or the comma; False behind the closing one."""
        self._skip(_BLANK)
        if self._text[self._at] != closing:
            self._at += 1
            self._skip(_BLANK)
        if self._text[self._at] == closing:
            self._at += 1
            return False
        return True

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._at)
        assert found is not None  # these patterns match the empty text too
        self._at = found.end()

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self._text, self._at)
        assert found is not None  # the text is valid TOML
        self._at = found.end()
        return found.group()
