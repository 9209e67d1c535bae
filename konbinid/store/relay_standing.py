"""Whether each relay of the city is heard: every change told once, whichever host sees it, in the transaction that records it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from konbinid.store.state import raise_alert

if TYPE_CHECKING:
    from konbinid.store.transaction import Transaction

_SOURCE = "relay"
_ALONE = "lock table ops.relay in share row exclusive mode"  # two hosts look at the same time
_KNOWN = "insert into ops.relay (relay) select unnest(%s::text[]) on conflict do nothing"
# One that was never heard is silent since it was watched first.
_CHANGED = """
update ops.relay set silent = not silent
 where relay = any(%s) and silent <> (coalesce(heard_at, watched_at) < clock_timestamp() - %s::interval)
returning relay, silent
"""


async def note_silence(tx: Transaction, relays: Sequence[str], silent_after: timedelta) -> None:
    """Look at every configured relay, in a transaction of its own at READ COMMITTED."""
    await tx.execute(_ALONE)
    await tx.execute(_KNOWN, (list(relays),))
    for relay, silent in await tx.fetch(_CHANGED, (list(relays), silent_after)):
        if silent:
            await raise_alert(tx, "error", _SOURCE, "relay_silent", subject=relay)
        else:
            await raise_alert(tx, "info", _SOURCE, "relay_heard_again", subject=relay)
