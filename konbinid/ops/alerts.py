"""What the operating part tells people about: a row in ops.alert, which the status page shows until someone has seen it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.defer import ensureDeferred
from twisted.logger import Logger

from konbinid.store.errors import StoreError
from konbinid.store.state import raise_alert

if TYPE_CHECKING:
    from konbinid.store.pool import Pool
    from konbinid.store.transaction import Transaction

_WITHIN = 30.0  # seconds


class Alerts:
    """Raises alerts on the pool of the role konbinid_ops. An alert that cannot be stored is at least in the log.

    reactor: what is told during start-up waits until it runs.
    """

    log = Logger()

    def __init__(self, reactor: Any, pool: Pool) -> None:
        self._reactor = reactor  # IReactorTime and IReactorCore
        self._pool = pool

    def tell(self, severity: str, source: str, event: str, *, subject: str = "", text: str = "") -> None:
        """severity: info, warning, error, critical. text: Japanese, what an operator is to do; no personal data. Returns at once."""
        self._reactor.callWhenRunning(
            lambda: ensureDeferred(self._tell(severity, source, event, subject, text))
        )

    async def _tell(self, severity: str, source: str, event: str, subject: str, text: str) -> None:
        async def work(tx: Transaction) -> None:
            detail = {"text": text} if text else {}
            await raise_alert(tx, severity, source, event, subject=subject, detail=detail)

        self.log.warn("alert.raised", source=source, alert=event)
        try:
            await self._pool.transaction(work, deadline=self._reactor.seconds() + _WITHIN, begin="begin")
        except StoreError as error:
            reason = type(error).__name__
            self.log.error("alert.not_stored", source=source, alert=event, reason=reason)  # noqa: TRY400 - its text is known
