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
from enum import StrEnum

from konbinid.domain.characters import character_of, code_points, is_gaiji_code
from konbinid.intake.names import is_plain
from konbinid.intake.problems import BadValue, Fault

_MOST_YEN = 10**18  # what PostgreSQL's bigint holds is a little more
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


class Remembering(ValueForm):
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


class Number(Remembering):
    """A whole number of at most ``length`` digits; ``filled``: of exactly so many, zeros in front."""

    def __init__(self, length: int, *, filled: bool = False) -> None:
        super().__init__()
        self._digits = Digits(length if filled else 1, length)

    def _read(self, value: str) -> str:
        return str(int(self._digits.cell(value)))


class Sign(StrEnum):
    """Where the sign of an amount stands."""

    NONE = "none"
    FRONT = "front"  # a minus takes the place of the first digit
    BACK = "back"  # the last place is the sign's: a minus, a plus or nothing


class Amount(Remembering):
    """An amount of money of at most ``length`` characters, its sign among them; canonical: yen.

    ``filled``: exactly so many characters, zeros in front of the digits. ``factor``: yen in one of the file's units. ``grouping``: what may
    stand between groups of three digits.
    """

    def __init__(
        self, length: int, sign: Sign, *, filled: bool = False, factor: int = 1, grouping: str = ""
    ) -> None:
        super().__init__()
        self.length = length
        self.filled = filled
        self.factor = factor
        self.grouping = grouping
        mark = re.escape(grouping)
        digits = f"(?:[0-9]+|[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+)" if grouping else "[0-9]+"
        front = "(?P<front>-?)" if sign is Sign.FRONT else "(?P<front>)"
        back = "(?P<back>[-+]?)" if sign is Sign.BACK else "(?P<back>)"
        self._match = re.compile(f"{front}(?P<digits>{digits}){back}").fullmatch
        self._places = length - (sign is Sign.BACK)

    def _read(self, value: str) -> str:
        if len(value) > self.length:
            raise BadValue(Fault.TOO_LONG)
        found = self._match(value)
        if found is None or (self.filled and len(value) - len(found["back"]) != self._places):
            raise BadValue(Fault.NOT_AMOUNT)
        digits = found["digits"].replace(self.grouping, "") if self.grouping else found["digits"]
        yen = int(digits) * self.factor
        if yen >= _MOST_YEN:
            raise BadValue(Fault.OUT_OF_RANGE)
        return str(-yen if "-" in (found["front"], found["back"]) else yen)


class Code(Remembering):
    """One of the codes of a table, which maps a vendor's codes to the contract's."""

    def __init__(self, codes: Mapping[str, str]) -> None:
        super().__init__()
        self.codes = dict(codes)

    def _read(self, value: str) -> str:
        if value not in self.codes:
            raise BadValue(Fault.UNKNOWN_CODE)
        return self.codes[value]


class CodeList(Remembering):
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
