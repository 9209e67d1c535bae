"""What each feed carries, whatever its file looks like: the fields that a layout must fill, and the rules over a whole row.

A layout says where a field stands and how it is written; this says what it is. The names of fields are those of the staging tables
(007_intake_staging.sql), but for the three that are never stored as they come: 個人番号, 住民票コード, and a seal's picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import mul
from types import MappingProxyType

from konbinid.domain.feeds import Feed
from konbinid.domain.kinds import Kind
from konbinid.intake.problems import Fault

ADD, CHANGE, REMOVE = "1", "2", "9"  # 処理区分


class FormName(StrEnum):
    """The forms that a layout may declare."""

    TEXT = "text"
    DIGITS = "digits"
    NUMBER = "number"
    CODE = "code"
    CODE_LIST = "code_list"
    FLAG = "flag"
    DATE = "date"
    ERA_DATE = "era_date"
    HEX = "hex"
    FILE_NAME = "file_name"
    IGNORED = "ignored"


_TEXT = frozenset({FormName.TEXT, FormName.DIGITS})
_DATE = frozenset({FormName.DATE, FormName.ERA_DATE})


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
    valid: Callable[[str], bool] | None = None  # the check digit


Columns = Mapping[str, Sequence[str]]
RowFault = tuple[int, str, Fault]  # position in the columns, field, kind


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """One feed: its fields, which of them name a person, and its rule over whole rows.

    ``closes_unread``: when keys cannot be read, every kind that depends on the feed closes (contract 2).
    """

    feed: Feed
    targets: Mapping[str, Target]
    people: tuple[str, ...]
    closes_unread: bool
    check: Callable[[Columns], list[RowFault]]
    attachment: str | None = None
    keys: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        keys = tuple(
            target.name for target in self.targets.values() if target.key and target.name != "operation"
        )
        object.__setattr__(self, "keys", keys)


class CheckDigit:
    """A number's check digit, for millions of them: the domain's formula (konbinid.domain.checkdigit) as one sum over the number's
    bytes. Only for numbers of the right length in ASCII digits."""

    def __init__(self, digits: int) -> None:
        places = range(digits - 1, 0, -1)  # counted from the right, without the check digit
        self._weights = tuple(n + 1 if n <= 6 else n - 5 for n in places)
        self._zeros = ord("0") * sum(self._weights)

    def __call__(self, number: str) -> bool:
        """Whether the last digit is right."""
        remainder = (sum(map(mul, self._weights, number.encode("ascii"))) - self._zeros) % 11
        return number[-1] == ("0" if remainder <= 1 else str(11 - remainder))


def _codes(name: str, *codes: str, nullable: bool = False) -> Target:
    return Target(name, frozenset({FormName.CODE}), required=True, codes=frozenset(codes), nullable=nullable)


def _text(name: str, *, required: bool = False) -> Target:
    return Target(name, _TEXT, required=required)


def _date(name: str) -> Target:
    return Target(name, _DATE, nullable=True)


def _flag(name: str) -> Target:
    return Target(name, frozenset({FormName.FLAG}), required=True)


def _digits(name: str, length: int, *, required: bool = False, key: bool = False) -> Target:
    return Target(
        name, frozenset({FormName.DIGITS}), required=required, key=key, digits=length, nullable=not key
    )


def _spec(*targets: Target) -> Mapping[str, Target]:
    operation = Target(
        "operation", frozenset({FormName.CODE}), key=True, codes=frozenset({ADD, CHANGE, REMOVE})
    )
    return MappingProxyType({target.name: target for target in (operation, *targets)})


def _no_rule(_: Columns) -> list[RowFault]:
    return []


def _hold_rule(columns: Columns) -> list[RowFault]:
    """The person is 宛名番号, or 戸籍番号 + 構成員番号 for one who lives elsewhere; a removal needs the key only."""
    people = zip(
        columns["operation"],
        columns["atena_number"],
        columns["register_number"],
        columns["register_member"],
        strict=True,
    )
    return [
        (at, "atena_number", Fault.MISSING)
        for at, (operation, atena, register, member) in enumerate(people)
        if operation != REMOVE and not atena and not (register and member)
    ]


def _seal_rule(columns: Columns) -> list[RowFault]:
    """A registered seal has its picture, and a picture its resolution: pixels ÷ dpi is the size on paper."""
    found: list[RowFault] = []
    rows = zip(columns["operation"], columns["state"], columns["image_name"], columns["dpi"], strict=True)
    for at, (operation, state, name, dpi) in enumerate(rows):
        if operation == REMOVE:
            continue
        if state == "1" and not name:
            found.append((at, "image_name", Fault.MISSING))
        if name and not dpi:
            found.append((at, "dpi", Fault.MISSING))
        elif dpi == "0":
            found.append((at, "dpi", Fault.OUT_OF_RANGE))
    return found


_JUMIN = _spec(
    _digits("atena_number", 10, key=True),
    _digits("household_number", 10, required=True),
    Target("household_order", frozenset({FormName.NUMBER}), required=True, nullable=True),
    _codes("resident_class", "1", "2", nullable=True),
    _codes("state", "1", "2", "3", "4", "5", nullable=True),
    _text("name", required=True),
    *map(_text, ("name_kana", "former_name", "former_name_kana", "alias", "alias_kana", "name_roman")),
    Target("birth_date", _DATE, required=True, nullable=True, partial=True),
    _codes("sex", "1", "2", "9", nullable=True),
    *map(_text, ("relationship", "address", "address_supplement")),
    *map(_date, ("resident_since", "address_since", "notified_on")),
    *map(_text, ("previous_address", "domicile", "head_of_register")),
    Target(
        "individual_number",
        frozenset({FormName.DIGITS}),
        digits=12,
        nullable=True,
        valid=CheckDigit(12),
    ),
    Target("resident_code", frozenset({FormName.DIGITS}), digits=11, nullable=True, valid=CheckDigit(11)),
    *map(_text, ("nationality", "article_30_45", "residence_status", "period_of_stay")),
    _date("stay_expires_on"),
    _text("residence_card_number"),
    _flag("change_in_progress"),
    _date("last_changed_on"),
    *map(_flag, ("kana_registered", "former_kana_registered")),
    *map(_text, ("name_katakana", "alias_history")),
)

_JPKI = _spec(
    Target(
        "resident_code",
        frozenset({FormName.DIGITS}),
        required=True,
        digits=11,
        nullable=True,
        valid=CheckDigit(11),
    ),
    Target("serial", frozenset({FormName.HEX}), key=True),
    Target("type", frozenset({FormName.CODE}), key=True, codes=frozenset({"1", "2"})),
    *map(_date, ("issued_on", "expires_on")),
    _codes("state", "1", "2", nullable=True),
)

_YOKUSHI = _spec(
    _digits("atena_number", 10),
    _codes("category", "01", "02", "03", "04", "99"),
    Target("kinds", frozenset({FormName.CODE_LIST}), required=True, codes=frozenset(Kind), nullable=True),
    _flag("household"),
    *map(_date, ("starts_on", "ends_on")),
    Target("register_number", _TEXT, nullable=True),
    Target("register_member", _TEXT, nullable=True),
    _flag("register_wide"),
    Target("business_code", _TEXT, key=True),
    Target("hold_number", _TEXT, key=True),
)

_INKAN = _spec(
    _digits("atena_number", 10, required=True),
    Target("registration_number", _TEXT, key=True),
    _date("registered_on"),
    _codes("state", "1", "2", "3", nullable=True),
    _date("cancelled_on"),
    Target("image_name", frozenset({FormName.FILE_NAME})),
    Target("dpi", frozenset({FormName.NUMBER}), nullable=True),
    _codes("name_kind", "1", "2", "3", "4", nullable=True),
)

SPECS: Mapping[Feed, FeedSpec] = MappingProxyType(
    {
        Feed.JUMIN: FeedSpec(
            Feed.JUMIN, _JUMIN, ("atena_number", "household_number"), closes_unread=False, check=_no_rule
        ),
        Feed.JPKI: FeedSpec(Feed.JPKI, _JPKI, ("resident_code",), closes_unread=True, check=_no_rule),
        Feed.YOKUSHI: FeedSpec(
            Feed.YOKUSHI, _YOKUSHI, ("atena_number", "register_number"), closes_unread=True, check=_hold_rule
        ),
        Feed.INKAN: FeedSpec(
            Feed.INKAN,
            _INKAN,
            ("atena_number",),
            closes_unread=True,
            check=_seal_rule,
            attachment="image_name",
        ),
    }
)
