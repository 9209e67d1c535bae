"""Which files are behind provisional holds: read for staff, never in the kiosk path."""

from __future__ import annotations

from collections.abc import Collection

from konbinid.domain.doubts import Doubt
from konbinid.domain.feeds import Feed
from konbinid.store.transaction import Transaction

# A doubt whose file is not there any more is shown all the same: its number is what there is to ask about.
_ABOUT = """
select d.incoming_id, coalesce(i.name, ''), coalesce(i.feed, d.feed, 'JUMIN'), coalesce(i.state, ''), i.state_at,
       d.atena_number, d.household, d.register_number
  from (select d.incoming_id, null as feed, n.atena_number, false as household, '' as register_number
          from unnest(%s::text[]) n (atena_number)
          left join people.person p using (atena_number)
          join people.doubt d on d.atena_number = n.atena_number or d.resident_code_digest = p.resident_code_digest
        union select incoming_id, null, '', true, '' from people.doubt where household_number = %s
        union select incoming_id, null, '', false, register_number from people.doubt where register_number = any(%s)
        union select incoming_id, feed, '', false, '' from people.feed_doubt) d
  left join intake.incoming i on i.id = d.incoming_id
 order by d.incoming_id, d.atena_number, d.household, d.register_number
"""


async def doubts_about(
    tx: Transaction,
    atena_numbers: Collection[str],
    household_number: str | None,
    register_numbers: Collection[str],
) -> tuple[Doubt, ...]:
    """Every file that holds one of these people, the household or one of the registers, and those that put a whole feed in doubt; oldest first."""
    rows = await tx.fetch(_ABOUT, (sorted(atena_numbers), household_number, sorted(register_numbers)))
    return tuple(
        Doubt(number, name, Feed(feed), state, since, atena, household, register)
        for number, name, feed, state, since, atena, household, register in rows
    )
