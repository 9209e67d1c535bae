"""Whether this host may issue: its fingerprint is the one approved in the database (I-05, I-07).

Only the host that deviates stops issuing; a typo on the standby never stops the city. The approval is asked for again and again, so an
approval takes effect without a restart and a newer one ends what is no longer approved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.application.service import IService, Service
from twisted.internet.defer import Deferred, ensureDeferred, maybeDeferred
from twisted.internet.task import deferLater
from twisted.logger import Logger

from konbinid.store.errors import StoreError
from konbinid.store.status import approved_fingerprint

if TYPE_CHECKING:
    from konbinid.ops.alerts import Alerts
    from konbinid.store.pool import Pool
    from konbinid.store.status import ApprovedFingerprint

EVERY_SECONDS = 5.0
_WITHIN = 5.0

_DEVIATES = (
    "このサーバの構成が承認されたものと違うため、証明書を発行していません。"
    "両方のサーバで konbinid fingerprint を実行して違いを確かめ、正しい構成を承認してください。"
)
_NOT_APPROVED = (
    "構成がまだ承認されていないため、証明書を発行していません。"
    "konbinid fingerprint --approve --by 氏名 で承認してください。"
)
_NOT_STARTED = "証明書の発行とデータの取込みを始められません。同じポートを使うプログラムがないか、受信フォルダがあるかを確かめてください。"


class Fitness(Service):
    """Starts what issues while this host is fit, and stops it while it is not.

    issuing: the service (or services) that must not run on a deviating host. own: this host's fingerprint.
    """

    log = Logger()

    def __init__(
        self, clock: Any, pool: Pool, issuing: IService, alerts: Alerts, *, own: str, host: str
    ) -> None:
        self._clock = clock  # IReactorTime
        self._pool = pool
        self._issuing = issuing
        self._alerts = alerts
        self._own = own
        self._host = host
        self._ended: Deferred[None] | None = None
        self._pause: Deferred[None] | None = None
        self.fit: bool | None = None
        """True or False once it was looked up, None before."""
        self._not_started_told = False
        self.reason = "start"
        """Why it is not fit: start, no_approval, deviates; empty when it is."""
        self.first_verdict: Deferred[None] = Deferred()
        """Fires when it is known for the first time and has taken effect."""

    def startService(self) -> None:  # noqa: N802 - Twisted's name
        """Look at once, and then again and again."""
        super().startService()  # type: ignore[no-untyped-call]  # Twisted's Service has no types
        self._ended = ensureDeferred(self._watch())

    def stopService(self) -> Deferred[None] | None:  # noqa: N802 - Twisted's name
        """Stop what issues, in its own time, and then the looking."""
        super().stopService()  # type: ignore[no-untyped-call]  # Twisted's Service has no types
        if self._pause is not None:
            self._pause.cancel()
        return self._ended

    async def _watch(self) -> None:
        while self.running:
            await self._look()
            if self.fit is not None and not self.first_verdict.called:
                self.first_verdict.callback(None)
            await self._rest()
        await self._stop_issuing()

    async def _rest(self) -> None:
        if self.running:
            self._pause = deferLater(self._clock, EVERY_SECONDS)
            self._pause.addErrback(lambda _: None)  # cancelled by the stop
            await self._pause
            self._pause = None

    async def _look(self) -> None:
        """One look. While the database does not answer, what was known counts: issuing fails by itself then."""
        deadline = self._clock.seconds() + _WITHIN
        try:
            approved = await self._pool.transaction(approved_fingerprint, deadline=deadline, begin="begin")
        except StoreError as error:
            self.log.warn("fitness.unknown", reason=type(error).__name__)
            return
        if approved is not None and approved.value == self._own:
            await self._become_fit()
        else:
            await self._become_unfit(approved)

    async def _become_fit(self) -> None:
        if not self.running:
            return
        if not self.fit:
            self.fit, self.reason = True, ""
            self.log.info("fitness.fit", fingerprint=self._own)
        if not self._issuing.running:
            await self._start_issuing()

    async def _start_issuing(self) -> None:
        try:
            await maybeDeferred(self._issuing.startService)
        except Exception:  # noqa: BLE001 - a taken port, a folder that is gone: whatever it is, people must know
            # Half a start is none: all of it stops, and the next look tries again.
            self.log.failure("fitness.not_started")
            if not self._not_started_told:
                # Once, not at every look: the page must keep room for other news.
                self._not_started_told = True
                told = "fitness.not_started"
                self._alerts.tell("critical", "fitness", told, subject=self._host, text=_NOT_STARTED)
            await self._stop_issuing()
        else:
            self._not_started_told = False

    async def _become_unfit(self, approved: ApprovedFingerprint | None) -> None:
        reason = "no_approval" if approved is None else "deviates"
        if self.fit is False and reason == self.reason:
            return
        self.fit, self.reason = False, reason
        value = "" if approved is None else approved.value
        self.log.error("fitness.unfit", reason=reason, fingerprint=self._own, approved=value)
        text = _NOT_APPROVED if approved is None else _DEVIATES
        self._alerts.tell("critical", "fitness", f"fitness.{reason}", subject=self._host, text=text)
        await self._stop_issuing()

    async def _stop_issuing(self) -> None:
        if self._issuing.running:
            await maybeDeferred(self._issuing.stopService)
