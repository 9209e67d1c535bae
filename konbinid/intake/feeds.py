"""What each feed carries, whatever its file looks like: the fields that a layout must fill, and the rules over a whole row.

A layout says where a field stands and how it is written; this says what it is. The names of fields are those of the staging tables
(007_intake_staging.sql and after), but for the three that are never stored as they come: 個人番号, 住民票コード, and a seal's picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from konbinid.domain.feeds import Feed
from konbinid.intake.attachments import ATTACHMENT_LIMIT
from konbinid.intake.problems import Fault

LONGEST = 4000  # code points of one value
_LONGEST_KEY = 200

ADD, CHANGE, REMOVE = "1", "2", "9"  # 処理区分


class FormName(StrEnum):
    """The forms that a layout may declare."""

    TEXT = "text"
    DIGITS = "digits"
    NUMBER = "number"
    AMOUNT = "amount"
    CODE = "code"
    CODE_LIST = "code_list"
    FLAG = "flag"
    DATE = "date"
    ERA_DATE = "era_date"
    HEX = "hex"
    SHA256 = "sha256"
    GAIJI_CODE = "gaiji_code"
    FILE_NAME = "file_name"
    PART = "part"  # put together with others by a [[join]]
    IGNORED = "ignored"


class Attached(StrEnum):
    """What the files are that a feed's rows name."""

    SEAL = "seal"  # a picture of a seal, BMP
    REGISTER_PDF = "register_pdf"


TEXT = frozenset({FormName.TEXT, FormName.DIGITS})
DATE = frozenset({FormName.DATE, FormName.ERA_DATE})


@dataclass(frozen=True, slots=True)
class Target:
    """One field of a feed.

    ``required``: every row but a removal has it; ``key``: every row has it. ``codes``: the contract's codes. ``digits``: exactly so
    many. ``nullable``: nothing recorded is NULL, else the empty text. ``partial``: a date whose month or day may be unknown.
    """

    name: str
    forms: frozenset[FormName]
    required: bool = False
    key: bool = False
    codes: frozenset[str] = frozenset()
    digits: int | None = None
    nullable: bool = False
    partial: bool = False
    valid: CheckDigit | None = None

    @property
    def longest(self) -> int:
        """The most characters of a value. What rows are found by stands in an index, and PostgreSQL's takes 2.7 KB of a row."""
        is_looked_for = self.key or (self.nullable and FormName.TEXT in self.forms)
        return _LONGEST_KEY if is_looked_for else LONGEST


Columns = Mapping[str, Sequence[str]]
RowFault = tuple[int, str, Fault]  # position in the columns, field, kind


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """One feed: its fields, which of them name a person, and its rule over whole rows.

    ``closes_unread``: when keys cannot be read, every kind that depends on the feed closes (contract 2). ``attachment``: the field that names
    a file of at most ``attachment_bytes``: a larger one is a bad row. ``attached``: what rows bring in their files. ``derive``: further
    columns of the staging table, worked out from good rows; a removal's may be anything. A feed without 処理区分 adds in a full file, and
    adds or changes in a difference file. ``people_within``: fields that say more of whom a row is about, and alone name nobody. ``claim``: the
    field of which one value belongs to one only (docs/decisions/0044).
    """

    feed: Feed
    targets: Mapping[str, Target]
    people: tuple[str, ...]
    closes_unread: bool
    check: Callable[[Columns], list[RowFault]]
    attachment: str | None = None
    attachment_bytes: int = ATTACHMENT_LIMIT
    derive: Callable[[Columns], dict[str, Sequence[str]]] | None = None
    attached: Attached | None = None
    people_within: tuple[str, ...] = ()
    claim: str = ""
    keys: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        keys = tuple(
            target.name for target in self.targets.values() if target.key and target.name != "operation"
        )
        object.__setattr__(self, "keys", keys)


class CheckDigit:
    """A number's check digit, for millions of them at once: the domain's formula (konbinid.domain.checkdigit) on whole columns. Only for
    numbers of the right length in ASCII digits."""

    def __init__(self, digits: int) -> None:
        self._digits = digits
        places = range(digits - 1, 0, -1)  # counted from the right, without the check digit
        weights = [n + 1 if n <= 6 else n - 5 for n in places]
        self._products = [bytes((byte - ord("0")) * weight % 11 for byte in range(256)) for weight in weights]
        self._last = bytes(ord("0") + (11 - total % 11 if total % 11 > 1 else 0) for total in range(256))

    def __call__(self, number: str) -> bool:
        """Whether the last digit is right."""
        return self.all_right((number,))

    def all_right(self, numbers: Iterable[str]) -> bool:
        """Whether all numbers' last digits are right; empty ones are none."""
        digits = "".join(numbers).encode("ascii")
        # One place of all numbers is one long integer with a byte for each of them. Eleven products below 11 never carry into the next byte.
        places = (
            digits[place :: self._digits].translate(table) for place, table in enumerate(self._products)
        )
        sums = sum(int.from_bytes(place, "little") for place in places)
        last = digits[self._digits - 1 :: self._digits]
        return sums.to_bytes(len(last), "little").translate(self._last) == last


def coded(name: str, *codes: str, nullable: bool = False) -> Target:
    """One of these codes, in every row but a removal."""
    return Target(name, frozenset({FormName.CODE}), required=True, codes=frozenset(codes), nullable=nullable)


def text(name: str, *, required: bool = False) -> Target:
    """Text or digits, kept as they are."""
    return Target(name, TEXT, required=required)


def date(name: str) -> Target:
    """A date of either calendar."""
    return Target(name, DATE, nullable=True)


def flag(name: str) -> Target:
    """Yes or no."""
    # A removal gives its key only: an empty text would be no boolean for COPY, and the whole file would fail on it.
    return Target(name, frozenset({FormName.FLAG}), required=True, nullable=True)


def digits(name: str, length: int, *, required: bool = False, key: bool = False) -> Target:
    """Exactly so many digits."""
    return Target(
        name, frozenset({FormName.DIGITS}), required=required, key=key, digits=length, nullable=not key
    )


def spec(*targets: Target) -> Mapping[str, Target]:
    """The fields of a feed, 処理区分 first."""
    operation = Target(
        "operation", frozenset({FormName.CODE}), key=True, codes=frozenset({ADD, CHANGE, REMOVE})
    )
    return MappingProxyType({target.name: target for target in (operation, *targets)})


def no_rule(_: Columns) -> list[RowFault]:
    """Nothing beyond the single cells."""
    return []
