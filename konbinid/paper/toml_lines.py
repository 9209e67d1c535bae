"""On which line of a TOML file each value stands: ``tomllib`` gives the values, a good message needs the line.

The scanner runs only over text that ``tomllib`` has accepted, so it follows the syntax without judging it.
"""

from __future__ import annotations

import re

Path = tuple[str | int, ...]

_BLANK = re.compile(r"(?:\s|#[^\n]*)*")
_KEY = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([A-Za-z0-9_-]+))\s*(\.)?""")
_STRING = re.compile(r'"""(?s:.*?)"""+|\'\'\'(?s:.*?)\'\'\'+|"(?:[^"\\]|\\.)*"|\'[^\']*\'')
_BARE = re.compile(r"[^,\]}\n#]*")


def lines_of(text: str) -> dict[Path, int]:
    """The line of every table, key and array element, by its path: ``("row", 0, "cells", 2, "size")``."""
    return _Scanner(text).run()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {}
        self._arrays: dict[Path, int] = {}

    def run(self) -> dict[Path, int]:
        table: Path = ()
        self._skip()
        while self.at < len(self.text):
            table = self._header() if self._is("[") else self._pair(table)
            self._skip()
        return self.found

    def _is(self, start: str) -> bool:
        return self.text.startswith(start, self.at)

    def _skip(self) -> None:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _note(self, path: Path, at: int) -> None:
        self.found.setdefault(path, self.text.count("\n", 0, at) + 1)

    def _keys(self) -> list[str]:
        keys = []
        more = True
        while more:
            found = _KEY.match(self.text, self.at)
            if not found:
                break
            keys.append(found[1] or found[2] or found[3] or "")
            self.at = found.end()
            more = bool(found[4])
        return keys

    def _header(self) -> Path:
        start, many = self.at, self._is("[[")
        self.at += 2 if many else 1
        keys = self._keys()
        self.at = self.text.index("]", self.at) + (2 if many else 1)
        path: Path = ()
        for depth, key in enumerate(keys):
            path = (*path, key)
            if many and depth == len(keys) - 1:
                self._arrays[path] = self._arrays.get(path, -1) + 1
            if path in self._arrays:
                self._note(path, start)
                path = (*path, self._arrays[path])
        self._note(path, start)
        return path

    def _pair(self, table: Path) -> Path:
        start = self.at
        path: Path = (*table, *self._keys())
        self._note(path, start)
        self.at = self.text.index("=", self.at) + 1
        self._value(path)
        return table

    def _value(self, path: Path) -> None:
        self._skip()
        self._note(path, self.at)
        if self._is("[") or self._is("{"):
            self._collection(path, array=self._is("["))
            return
        found = _STRING.match(self.text, self.at) or _BARE.match(self.text, self.at)
        self.at = found.end() if found else self.at

    def _collection(self, path: Path, *, array: bool) -> None:
        self.at += 1
        index = 0
        while True:
            self._skip()
            if self._is("]" if array else "}"):
                self.at += 1
                return
            if self._is(","):
                self.at += 1
            elif array:
                self._value((*path, index))
                index += 1
            else:
                self._pair(path)
