"""What is closed because a core system's row contradicts itself: not its file is refused, but its person is listed for staff (contract 2,
INKAN and ZEI)."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg2.extensions import cursor

from konbinid.domain.redact import Redacted

_CLOSED = """
select c.feed, c.atena_number, c.year, c.defect, coalesce(i.name, '')
  from (select 'INKAN' as feed, atena_number, null::integer as year, defect, incoming_id from people.seal where defect <> '' and state = 1
        union all
        select 'ZEI', atena_number, year, defect, incoming_id from people.tax where defect <> '') c
  left join intake.incoming i on i.id = c.incoming_id
 order by c.feed, c.atena_number, c.year
"""


@dataclass(frozen=True, slots=True, repr=False)
class Closed(Redacted):
    """One row: whose it is, which 年度 (ZEI only), why in words for staff, and the file that brought it."""

    feed: str
    atena_number: str
    year: int | None
    why: str
    file: str


def listed(cur: cursor) -> list[Closed]:
    """Everything that is closed at this moment, by feed and 宛名番号."""
    cur.execute(_CLOSED)
    return [Closed(*row) for row in cur.fetchall()]
