"""What the desk tells people about: a paper that is not what it should be, a character that no face has, reports that contradict."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from twisted.logger import Logger

from konbinid.domain.kinds import Kind
from konbinid.domain.request import Refused
from konbinid.issue.attempts import settle
from konbinid.issue.equipment import Equipment
from konbinid.store import state
from konbinid.store.errors import StoreError
from konbinid.store.transaction import Transaction

_SOURCE = "desk"
_WITHIN = (
    10.0  # seconds for an alarm of its own: long enough for a switch of servers, short enough for the caller
)
_log = Logger()


async def paper_differs(equipment: Equipment, kind: Kind, place: str) -> None:
    """The finished bytes do not show what was decided: the kind is closed at once, in a transaction of its own (invariant 1)."""

    async def work(tx: Transaction) -> None:
        await state.suspend(tx, kind, f"readback: {place}", _SOURCE)
        await state.raise_alert(
            tx, "critical", _SOURCE, "paper.differs", subject=kind, detail={"place": place}
        )

    await _apart(equipment, "paper.differs", work)


async def unprintable(tx: Transaction, kind: Kind, refused: Refused) -> None:
    """A character without a glyph or a value that does not fit; ``rule`` names field and code points."""
    await state.raise_alert(
        tx,
        "warning",
        _SOURCE,
        "paper.unprintable",
        subject=kind,
        detail={"code": refused.code, "place": refused.rule},
    )


async def defect(equipment: Equipment, operation: str, error: Exception) -> None:
    """Something happened that the code does not expect; only the error's class is told."""

    async def work(tx: Transaction) -> None:
        await state.raise_alert(
            tx, "critical", _SOURCE, "desk.defect", subject=operation, detail={"error": type(error).__name__}
        )

    await _apart(equipment, "desk.defect", work)


async def _apart(equipment: Equipment, event: str, work: Callable[[Transaction], Awaitable[None]]) -> None:
    _log.critical("alarm", event=event)
    try:
        await settle(equipment, work, deadline=equipment.clock.seconds() + _WITHIN, answers=False)
    except StoreError as error:
        # The log line above is what is left; the answer to the kiosk is a refusal either way.
        _log.critical("alarm.not_stored", event=event, reason=type(error).__name__)
