"""Every text of the registers that certificates are drawn from, for finding what cannot be printed before somebody stands at a kiosk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from konbinid.domain.redact import Redacted

if TYPE_CHECKING:
    from psycopg2.extensions import cursor

_AT_ONCE = 5000

_JAPANESE, _FOREIGN = "resident_class = 1", "resident_class = 2"
# Columns of people.person that stand on a paper of ours, and of whom (konbinid.domain.cells): '' for everybody else.
_PERSON = {
    "name": "",
    "name_kana": f"{_JAPANESE} and kana_registered",
    "former_name": _JAPANESE,
    "former_name_kana": f"{_JAPANESE} and former_kana_registered",
    "alias": _FOREIGN,
    "name_katakana": _FOREIGN,
    "address": "",
    "address_supplement": "",
    "relationship": "",
    "previous_address": "",
    "domicile": _JAPANESE,
    "head_of_register": _JAPANESE,
    "nationality": _FOREIGN,
    "article_30_45": _FOREIGN,
    "residence_status": _FOREIGN,
    "period_of_stay": _FOREIGN,
    "residence_card_number": _FOREIGN,
    "alias_history": _FOREIGN,
}
_COLUMNS = ", ".join(
    f"case when {whose} then {column} else '' end" if whose else column for column, whose in _PERSON.items()
)
# The living only (住登, 転出予定): nobody else gets a paper.
_SOURCES = (
    (tuple(_PERSON), f"select atena_number, {_COLUMNS} from people.person where state in (1, 2)"),  # noqa: S608  # constants
    (
        ("tax_address",),
        "select t.atena_number, t.address from people.tax t join people.person p using (atena_number) where p.state in (1, 2)",
    ),
)


@dataclass(frozen=True, slots=True, repr=False)
class PrintedRow(Redacted):
    """What papers draw of one record: whose, and the texts, one to a field ('' where nothing is recorded or nothing is drawn)."""

    atena_number: str
    fields: tuple[str, ...]
    texts: tuple[str, ...]


def printed_rows(cur: cursor) -> Iterator[PrintedRow]:
    """All of them, in bounded memory whatever the city's size. The transaction is the caller's; a person has one row, and one of each tax year."""
    for number, (fields, statement) in enumerate(_SOURCES):
        cur.execute(f"declare texts_{number} no scroll cursor for {statement}")
        while rows := _fetched(cur, number):
            for atena, *texts in rows:
                yield PrintedRow(atena, fields, tuple(texts))


def _fetched(cur: cursor, number: int) -> list[tuple[str, ...]]:
    cur.execute(f"fetch {_AT_ONCE} from texts_{number}")
    return cur.fetchall()
