"""The feeds about residents: JUMIN, JPKI, YOKUSHI and INKAN (contract 2)."""

from __future__ import annotations

from konbinid.domain.feeds import Feed
from konbinid.domain.kinds import Kind
from konbinid.intake.feeds import (
    DATE,
    REMOVE,
    TEXT,
    Attached,
    CheckDigit,
    Columns,
    FeedSpec,
    FormName,
    RowFault,
    Target,
    coded,
    date,
    digits,
    flag,
    no_rule,
    spec,
    text,
)
from konbinid.intake.problems import Fault


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


_JUMIN = spec(
    digits("atena_number", 10, key=True),
    digits("household_number", 10, required=True),
    Target("household_order", frozenset({FormName.NUMBER}), required=True, nullable=True),
    coded("resident_class", "1", "2", nullable=True),
    coded("state", "1", "2", "3", "4", "5", nullable=True),
    text("name", required=True),
    *map(text, ("name_kana", "former_name", "former_name_kana", "alias", "alias_kana", "name_roman")),
    Target("birth_date", DATE, required=True, nullable=True, partial=True),
    coded("sex", "1", "2", "9", nullable=True),
    *map(text, ("relationship", "address", "address_supplement")),
    *map(date, ("resident_since", "address_since", "notified_on")),
    *map(text, ("previous_address", "domicile", "head_of_register")),
    Target(
        "individual_number",
        frozenset({FormName.DIGITS}),
        digits=12,
        nullable=True,
        valid=CheckDigit(12),
    ),
    Target("resident_code", frozenset({FormName.DIGITS}), digits=11, nullable=True, valid=CheckDigit(11)),
    *map(text, ("nationality", "article_30_45", "residence_status", "period_of_stay")),
    date("stay_expires_on"),
    text("residence_card_number"),
    flag("change_in_progress"),
    date("last_changed_on"),
    *map(flag, ("kana_registered", "former_kana_registered")),
    *map(text, ("name_katakana", "alias_history")),
)

_JPKI = spec(
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
    *map(date, ("issued_on", "expires_on")),
    coded("state", "1", "2", nullable=True),
)

_YOKUSHI = spec(
    digits("atena_number", 10),
    coded("category", "01", "02", "03", "04", "99"),
    Target("kinds", frozenset({FormName.CODE_LIST}), required=True, codes=frozenset(Kind), nullable=True),
    flag("household"),
    *map(date, ("starts_on", "ends_on")),
    Target("register_number", TEXT, nullable=True),
    Target("register_member", TEXT, nullable=True),
    flag("register_wide"),
    Target("business_code", TEXT, key=True),
    Target("hold_number", TEXT, key=True),
)

_INKAN = spec(
    digits("atena_number", 10, required=True),
    Target("registration_number", TEXT, key=True),
    date("registered_on"),
    coded("state", "1", "2", "3", nullable=True),
    date("cancelled_on"),
    Target("image_name", frozenset({FormName.FILE_NAME})),
    Target("dpi", frozenset({FormName.NUMBER}), nullable=True),
    coded("name_kind", "1", "2", "3", "4", nullable=True),
)

RESIDENT_FEEDS: tuple[FeedSpec, ...] = (
    FeedSpec(
        Feed.JUMIN,
        _JUMIN,
        ("atena_number", "household_number"),
        closes_unread=False,
        check=no_rule,
        people_within=("resident_code",),
        claim="individual_number",
    ),
    FeedSpec(Feed.JPKI, _JPKI, ("resident_code",), closes_unread=True, check=no_rule),
    FeedSpec(
        Feed.YOKUSHI,
        _YOKUSHI,
        ("atena_number", "register_number"),
        closes_unread=True,
        check=_hold_rule,
        people_within=("register_member",),
    ),
    FeedSpec(
        Feed.INKAN,
        _INKAN,
        ("atena_number",),
        closes_unread=True,
        check=_seal_rule,
        attachment="image_name",
        claim="image_name",
        attached=Attached.SEAL,
    ),
)
