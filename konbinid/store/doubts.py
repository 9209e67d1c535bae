"""Which files are behind provisional holds: read for staff, never in the kiosk path."""

from __future__ import annotations

from collections.abc import Collection

from konbinid.domain.doubts import Doubt
from konbinid.domain.feeds import Feed
from konbinid.domain.request import CredentialKey
from konbinid.store.residents import CREDENTIAL_TYPES
from konbinid.store.transaction import Transaction

# A doubt whose file is not there any more is shown all the same: its number is what there is to ask about.
_ABOUT = """
select d.incoming_id, coalesce(i.name, ''), coalesce(i.feed, d.feed, 'JUMIN'), coalesce(i.state, ''), i.state_at,
       d.atena_number, d.household, d.register_number, d.registrant
  from (select incoming_id, null as feed, atena_number, false as household, '' as register_number, false as registrant
          from people.person_doubt where atena_number = any(%s)
        union select incoming_id, null, '', true, '', false from people.doubt where household_number = %s
        union select incoming_id, null, '', false, register_number, false from people.doubt where register_number = any(%s)
        union select d.incoming_id, null, '', false, '', true
                from people.credential c join people.doubt d using (resident_code_digest) where c.type = %s and c.serial = %s
        union select incoming_id, feed, '', false, '', false from people.feed_doubt) d
  left join intake.incoming i on i.id = d.incoming_id
 order by d.incoming_id, d.atena_number, d.household, d.register_number, d.registrant
"""


async def doubts_about(
    tx: Transaction,
    atena_numbers: Collection[str],
    household_number: str | None,
    register_numbers: Collection[str],
    registered: CredentialKey | None,
) -> tuple[Doubt, ...]:
    """Every file that holds one of these people, the household, one of the registers or the holder of a card registered for people who live
    elsewhere, and those that put a whole feed in doubt; oldest first."""
    card = (None, None) if registered is None else (CREDENTIAL_TYPES[registered.type], registered.serial)
    rows = await tx.fetch(_ABOUT, (sorted(atena_numbers), household_number, sorted(register_numbers), *card))
    return tuple(
        Doubt(number, name, Feed(feed), state, since, atena, household, register, registrant)
        for number, name, feed, state, since, atena, household, register, registrant in rows
    )
