"""The feeds about family registers: KOSEKI and FUHYO, an index whose every row names a PDF (contract 2)."""

from __future__ import annotations

from konbinid.domain.feeds import Feed
from konbinid.intake.feeds import (
    DATE,
    REMOVE,
    TEXT,
    Attached,
    Columns,
    FeedSpec,
    FormName,
    RowFault,
    Target,
    coded,
    digits,
    spec,
    text,
)
from konbinid.intake.problems import Fault

WHOLE = "00"  # 構成員番号 of the whole register

PDF_LIMIT = 10 * 1024 * 1024
"""Bytes. 20 scanned pages of 300 dpi take 2 MB in black and white and up to 10 MB in grey; a drawn one takes 20 to 100 KB a page."""


def _member_rule(columns: Columns) -> list[RowFault]:
    """A member has a name and a birth date; the whole register has neither of its own."""
    found: list[RowFault] = []
    rows = zip(columns["operation"], columns["member"], columns["name"], columns["birth_date"], strict=True)
    for at, (operation, member, name, birth_date) in enumerate(rows):
        if operation == REMOVE or member == WHOLE:
            continue
        if not name:
            found.append((at, "name", Fault.MISSING))
        if not birth_date:
            found.append((at, "birth_date", Fault.MISSING))
    return found


def _register_feed(feed: Feed, *displays: str) -> FeedSpec:
    """``displays``: the feed's values of 表示区分."""
    targets = spec(
        Target("register_number", TEXT, key=True),
        text("domicile", required=True),
        text("head_of_register", required=True),
        digits("member", 2, key=True),
        text("name"),
        Target("birth_date", DATE, nullable=True, partial=True),
        digits("atena_number", 10),
        coded("state", "1", "2", "9", nullable=True),
        Target("pdf_name", frozenset({FormName.FILE_NAME}), required=True),
        Target("pdf_sha256", frozenset({FormName.SHA256}), required=True, nullable=True),
        Target("display", frozenset({FormName.CODE}), key=True, codes=frozenset(displays)),
    )
    return FeedSpec(
        feed,
        targets,
        ("atena_number", "register_number"),
        closes_unread=False,
        check=_member_rule,
        attachment="pdf_name",
        claim="pdf_name",
        attached=Attached.REGISTER_PDF,
        attachment_bytes=PDF_LIMIT,
    )


REGISTER_FEEDS: tuple[FeedSpec, ...] = (
    _register_feed(Feed.KOSEKI, "0"),
    _register_feed(Feed.FUHYO, "0", "1"),
)
