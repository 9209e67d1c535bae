"""One table of a declared file, asked key by key: what is missing, unknown or out of range is named with its line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

    from konbinid.paper.toml_lines import Path

    Chosen = TypeVar("Chosen", bound=StrEnum)

_MISSING: Any = object()


class DeclarationFault(ValueError):
    """A declared file that cannot be used: which file, line and field, and what to do (in Japanese, for operators)."""

    def __init__(self, file: str, line: int, field: str, reason: str) -> None:
        self.file, self.line, self.field, self.reason = file, line, field, reason
        place = f"{file} {line}行目" if line else file
        super().__init__(f"{place} {field}: {reason}" if field else f"{place}: {reason}")


class Section:
    """A table of the file. Every question takes the key; ``close`` refuses what nobody asked for."""

    def __init__(self, data: Any, path: Path, file: str, lines: Mapping[Path, int]) -> None:
        self._path, self._file, self._lines = path, file, lines
        if not isinstance(data, dict):
            raise self.fault("", "表 (テーブル) にしてください。")
        self._data: dict[str, Any] = data
        self._asked: set[str] = set()

    def at(self) -> str:
        """「juminhyo.toml:42 people.japanese」, for later messages about this table."""
        return f"{self._file}:{self._line(self._path)} {_dotted(self._path)}"

    def fault(self, key: str, reason: str) -> DeclarationFault:
        """The error for one key of this table, or for the table itself when the key is empty."""
        path = (*self._path, key) if key else self._path
        return DeclarationFault(self._file, self._line(path), _dotted(path), reason)

    def _line(self, path: Path) -> int:
        """The line of the value, else of the nearest table around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def has(self, key: str) -> bool:
        """Whether the key is given."""
        return key in self._data

    def _take(self, key: str, default: Any) -> Any:
        self._asked.add(key)
        if key not in self._data and default is _MISSING:
            raise self.fault(key, "必要な項目がありません。追加してください。")
        return self._data.get(key, default)

    def text(self, key: str, limit: int = 200) -> str:
        """A text that is not empty."""
        value = self._take(key, _MISSING)
        if not isinstance(value, str) or not value.strip() or len(value) > limit:
            raise self.fault(key, f"1文字以上{limit}文字以内の文字列にしてください。")
        return value

    def texts(self, key: str) -> list[str]:
        """A list of texts, empty when the key is not there."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) and each for each in value):
            raise self.fault(key, "文字列の並びにしてください。")
        return value

    def number(self, key: str, least: float, most: float, default: Any = _MISSING) -> float:
        """A number between the two, both included."""
        value = self._take(key, default)
        fine = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not (fine and least <= value <= most):
            raise self.fault(key, f"{least:g} 以上 {most:g} 以下の数にしてください。")
        return float(value)

    def whole(self, key: str, least: int, most: int, default: Any = _MISSING) -> int:
        """A whole number between the two, both included."""
        value = self._take(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.fault(key, f"{least} 以上 {most} 以下の整数にしてください。")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.fault(key, "true か false にしてください。")
        return value

    def choice(self, key: str, kind: type[Chosen], default: Any = _MISSING) -> Chosen:
        """One of an enumeration's values."""
        value = self._take(key, default)
        if value not in tuple(kind):
            raise self.fault(key, "次のどれかにしてください: " + ", ".join(kind))
        return kind(value)

    def member(self, key: str, allowed: tuple[str, ...]) -> str:
        """One of the names in ``allowed``."""
        value = self._take(key, _MISSING)
        if value not in allowed:
            raise self.fault(key, "この場所に置ける項目は次のとおりです: " + ", ".join(allowed))
        return str(value)

    def section(self, key: str) -> Section:
        """A table inside this one."""
        return Section(self._take(key, _MISSING), (*self._path, key), self._file, self._lines)

    def optional_section(self, key: str) -> Section | None:
        """A table inside this one, if it is there."""
        self._asked.add(key)
        return self.section(key) if key in self._data else None

    def sections(self, key: str) -> list[Section]:
        """A list of tables inside this one, empty when the key is not there."""
        value = self._take(key, [])
        if not isinstance(value, list):
            raise self.fault(key, "表の並び ([[…]]) にしてください。")
        return [Section(each, (*self._path, key, i), self._file, self._lines) for i, each in enumerate(value)]

    def close(self) -> None:
        """Refuse the keys that were never asked for."""
        for key in self._data:
            if key not in self._asked:
                raise self.fault(key, "知らない項目です。綴りを確かめるか、削除してください。")


def _dotted(path: Path) -> str:
    """「people.japanese.row[1].cells[0]」"""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
