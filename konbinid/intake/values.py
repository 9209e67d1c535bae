"""Forms of values: what a column's text must look like, and what it means.

A form turns the text of a file into the text that the product keeps ("canonical"): codes into the contract's codes, dates of either
calendar into YYYYMMDD, flags into t and f. It works on whole columns, because a city's file has millions of values and
Python is quick only where it loops in C; ``cell`` is the definition, ``column`` the quick way to the same result.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from konbinid.domain.characters import character_of, code_points, is_gaiji_code
from konbinid.domain.dates import ERAS, BadDate, PartialDate, era_of
from konbinid.intake.names import is_plain
from konbinid.intake.problems import BadValue, Fault

UNKNOWN_DATE = "00000000"
_CACHE_LIMIT = 100_000  # distinct values of a column that are remembered


class ValueForm(ABC):
    """One form. Empty texts never come here: they mean that nothing is recorded."""

    def cell(self, value: str) -> str:
        """The canonical text. BadValue when the value has not this form."""
        return self._read(value)

    def column(self, values: Sequence[str]) -> Sequence[str] | None:
        """The canonical texts of a column (empty ones stay empty), or None when any value has not this form."""
        try:
            return self._read_all(values)
        except BadValue:
            return None

    @abstractmethod
    def _read(self, value: str) -> str: ...

    def _read_all(self, values: Sequence[str]) -> Sequence[str]:
        return [self._read(value) if value else "" for value in values]


class _Remembering(ValueForm):
    """A form whose columns repeat few values: each is read once."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {"": ""}
        self._changes = False  # whether any value's canonical text differs from it

    def _read_all(self, values: Sequence[str]) -> Sequence[str]:
        if len(self._known) > _CACHE_LIMIT:
            self._known, self._changes = {"": ""}, False
        known = self._known
        for value in set(values).difference(known):
            known[value] = canonical = self._read(value)
            self._changes = self._changes or canonical != value
        return list(map(known.__getitem__, values)) if self._changes else values


@dataclass(frozen=True, slots=True)
class Text(ValueForm):
    """Any text of at most ``length`` code points."""

    length: int

    def _read(self, value: str) -> str:
        if len(value) > self.length:
            raise BadValue(Fault.TOO_LONG)
        return value

    def _read_all(self, values: Sequence[str]) -> Sequence[str]:
        if max(map(len, values), default=0) > self.length:
            raise BadValue(Fault.TOO_LONG)
        return values


class Digits(ValueForm):
    """``least`` to ``most`` ASCII digits, kept as they stand."""

    def __init__(self, least: int, most: int) -> None:
        self.least = least
        self.most = most
        self._match = re.compile(f"[0-9]{{{least},{most}}}").fullmatch

    def _read(self, value: str) -> str:
        if len(value) > self.most:
            raise BadValue(Fault.TOO_LONG)
        if self._match(value) is None:
            raise BadValue(Fault.NOT_DIGITS)
        return value

    def _read_all(self, values: Sequence[str]) -> Sequence[str]:
        joined = "".join(values)
        if joined and not (joined.isascii() and joined.isdigit()):
            raise BadValue(Fault.NOT_DIGITS)
        if any(length and not self.least <= length <= self.most for length in set(map(len, values))):
            raise BadValue(Fault.NOT_DIGITS)
        return values


class Number(_Remembering):
    """A whole number of at most ``length`` digits; ``filled``: of exactly so many, zeros in front."""

    def __init__(self, length: int, *, filled: bool = False) -> None:
        super().__init__()
        self._digits = Digits(length if filled else 1, length)

    def _read(self, value: str) -> str:
        return str(int(self._digits.cell(value)))


class Amount(_Remembering):
    """An amount of money of at most ``length`` characters. ``filled``: of exactly so many, zeros in front of the digits. ``signed``: a
    minus may stand first, and takes one of the characters."""

    def __init__(self, length: int, *, signed: bool, filled: bool = False) -> None:
        super().__init__()
        self.length = length
        self.filled = filled
        self._match = re.compile("-?[0-9]+" if signed else "[0-9]+").fullmatch

    def _read(self, value: str) -> str:
        if len(value) > self.length:
            raise BadValue(Fault.TOO_LONG)
        if self._match(value) is None or (self.filled and len(value) < self.length):
            raise BadValue(Fault.NOT_AMOUNT)
        return str(int(value))


class Code(_Remembering):
    """One of the codes of a table, which maps a vendor's codes to the contract's."""

    def __init__(self, codes: Mapping[str, str]) -> None:
        super().__init__()
        self.codes = dict(codes)

    def _read(self, value: str) -> str:
        if value not in self.codes:
            raise BadValue(Fault.UNKNOWN_CODE)
        return self.codes[value]


class CodeList(_Remembering):
    """Codes parted by a separator, or one word that means all of them. Canonical: ``*`` for all, else the codes parted by ``|`` in
    their own order."""

    def __init__(self, codes: Mapping[str, str], separator: str, every: str) -> None:
        super().__init__()
        self.codes = dict(codes)
        self.separator = separator
        self.every = every

    def _read(self, value: str) -> str:
        if value == self.every:
            return "*"
        parts = value.split(self.separator)
        if any(part not in self.codes for part in parts):
            raise BadValue(Fault.UNKNOWN_CODE)
        return "|".join(sorted({self.codes[part] for part in parts}))


class Hex(ValueForm):
    """A hexadecimal number of at most ``length`` digits, above zero; canonical: lower case without leading zeros."""

    def __init__(self, length: int) -> None:
        self.length = length
        self._match = re.compile("[0-9A-Fa-f]+").fullmatch

    def _read(self, value: str) -> str:
        if len(value) > self.length:
            raise BadValue(Fault.TOO_LONG)
        if self._match(value) is None:
            raise BadValue(Fault.NOT_HEX)
        number = value.lower().lstrip("0")
        if not number:
            raise BadValue(Fault.OUT_OF_RANGE)
        return number


class Sha256(ValueForm):
    """A SHA-256 as 64 hexadecimal digits; canonical: lower case."""

    _match = re.compile("[0-9A-Fa-f]{64}").fullmatch

    def _read(self, value: str) -> str:
        if self._match(value) is None:
            raise BadValue(Fault.NOT_HEX)
        return value.lower()


class GaijiCode(ValueForm):
    """The code point of a 外字 behind a ``prefix``; canonical: U+E000."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def _read(self, value: str) -> str:
        try:
            char = character_of(f"U+{value.removeprefix(self.prefix)}")
        except ValueError:
            raise BadValue(Fault.NOT_GAIJI_CODE) from None
        if not value.startswith(self.prefix) or not is_gaiji_code(char):
            raise BadValue(Fault.NOT_GAIJI_CODE)
        return code_points(char)


class FileName(ValueForm):
    """The plain name of an attachment."""

    def __init__(self, length: int) -> None:
        self.length = length

    def _read(self, value: str) -> str:
        if len(value) > self.length:
            raise BadValue(Fault.TOO_LONG)
        if not is_plain(value):
            raise BadValue(Fault.NOT_PLAIN_NAME)
        return value


class WesternDate(_Remembering):
    """YYYYMMDD; all zeros = unknown. ``partial``: month or day may be unknown (births)."""

    def __init__(self, *, partial: bool) -> None:
        super().__init__()
        self.partial = partial

    def _read(self, value: str) -> str:
        if len(value) > 8:
            raise BadValue(Fault.TOO_LONG)
        if not (len(value) == 8 and value.isascii() and value.isdigit()):
            raise BadValue(Fault.NO_SUCH_DATE)
        if value == UNKNOWN_DATE:
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return self._partial(value)
        if day < ERAS[-1].first:  # paper shows dates in an era: one without is none of a register's
            raise BadValue(Fault.NO_SUCH_DATE)
        return value

    def _partial(self, value: str) -> str:
        if not self.partial:
            raise BadValue(Fault.NO_SUCH_DATE)
        try:
            PartialDate.parse(value)
        except BadDate:
            raise BadValue(Fault.NO_SUCH_DATE) from None
        return value


class EraDate(_Remembering):
    """GYYMMDD in 和暦; all zeros = unknown. Canonical: YYYYMMDD, and for a birth with unknown parts in a year of two eras
    the era's code as a ninth character, so that the paper shows the era that the register has."""

    def __init__(self, eras: Mapping[str, str], *, partial: bool) -> None:
        super().__init__()
        self.partial = partial
        self.eras = {code: next(era for era in ERAS if era.code == known) for code, known in eras.items()}

    def _read(self, value: str) -> str:
        if len(value) > 7:
            raise BadValue(Fault.TOO_LONG)
        if value == "0000000":
            return UNKNOWN_DATE
        era = self.eras.get(value[:1])
        if era is None or len(value) != 7 or not (value[1:].isascii() and value[1:].isdigit()):
            raise BadValue(Fault.NO_SUCH_DATE)
        number = int(value[1:3])
        try:
            day = PartialDate(era.first.year + number - 1, int(value[3:5]), int(value[5:]))
            first = PartialDate(day.year, day.month or 1, day.day or 1).latest()
        except BadDate:
            raise BadValue(Fault.NO_SUCH_DATE) from None
        if number == 0 or (not day.is_exact and not self.partial):
            raise BadValue(Fault.NO_SUCH_DATE)
        ends = min((other.first for other in ERAS if other.first > era.first), default=None)
        if day.latest() < era.first or (ends is not None and first >= ends):
            raise BadValue(Fault.OUTSIDE_ERA)
        return str(day) if day.is_exact or _in_one_era(first, day) else f"{day}{era.code}"


def _in_one_era(first: date, day: PartialDate) -> bool:
    """Whether the whole span of an inexact date, from its first possible day on, lies in one era."""
    return first >= era_of(day.latest()).first
