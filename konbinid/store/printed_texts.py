"""Every text of the registers that certificates are drawn from, for finding what cannot be printed before somebody stands at a kiosk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from konbinid.domain.redact import Redacted
from konbinid.store.direct import transaction

if TYPE_CHECKING:
    from psycopg2.extensions import connection, cursor

_AT_ONCE = 5000

# Columns of people.person that stand on a paper of ours (konbinid.domain.cells), and the tax record's own address.
_PERSON = (
    "name",
    "name_kana",
    "former_name",
    "former_name_kana",
    "alias",
    "name_katakana",
    "address",
    "address_supplement",
    "relationship",
    "previous_address",
    "domicile",
    "head_of_register",
    "nationality",
    "article_30_45",
    "residence_status",
    "period_of_stay",
    "residence_card_number",
    "alias_history",
)
# The living only (住登, 転出予定): nobody else gets a paper.
_SOURCES = (
    (_PERSON, f"select atena_number, {', '.join(_PERSON)} from people.person where state in (1, 2)"),  # noqa: S608  # constants
    (
        ("tax_address",),
        "select t.atena_number, t.address from people.tax t join people.person p using (atena_number) where p.state in (1, 2)",
    ),
)


@dataclass(frozen=True, slots=True, repr=False)
class PrintedText(Redacted):
    """One recorded text: whose, in which field, and the text."""

    atena_number: str
    field: str
    text: str


def printed_texts(made: connection) -> Iterator[PrintedText]:
    """All of them, as of one moment, in bounded memory whatever the city's size."""
    with transaction(made) as cur:
        cur.execute("set transaction isolation level repeatable read, read only")
        for number, (fields, statement) in enumerate(_SOURCES):
            cur.execute(f"declare texts_{number} no scroll cursor for {statement}")
            while rows := _fetched(cur, number):
                for atena, *texts in rows:
                    for field, text in zip(fields, texts, strict=True):
                        if text:
                            yield PrintedText(atena, field, text)


def _fetched(cur: cursor, number: int) -> list[tuple[str, ...]]:
    cur.execute(f"fetch {_AT_ONCE} from texts_{number}")
    return cur.fetchall()
