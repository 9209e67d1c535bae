"""The operations that give no document: what is open, what one may have, what became of a paper, what went wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from konbinid.domain.request import (
    Accepted,
    ContractBroken,
    DeliveryReport,
    Envelope,
    ErrorReport,
    Listed,
    ListRequest,
    Refused,
    RegistrationApplication,
    RegistrationQuery,
    ServiceQuery,
    ServiceReport,
)
from konbinid.domain.results import Code
from konbinid.issue import alarms, listing, reports
from konbinid.issue.attempts import settle
from konbinid.issue.equipment import Equipment
from konbinid.store.errors import Duplicate, NotNow, OutcomeUnknown
from konbinid.store.transaction import Transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Inquiries:
    """Answers everything but issueCertificate; holds no state of a request."""

    equipment: Equipment

    async def check_service(self, query: ServiceQuery) -> ServiceReport | Refused:
        """What is open now."""
        return await self._ask("checkService", lambda tx: listing.check_service(tx, self.equipment, query))

    async def list_certificates(self, request: ListRequest) -> Listed | Refused:
        """What this person may have now."""
        return await self._ask(
            "listCertificates", lambda tx: listing.list_certificates(tx, self.equipment, request)
        )

    async def report_delivery(self, report: DeliveryReport) -> Accepted | Refused:
        """What became of a document. The INSERT says whether a report was accepted before; then it is compared in a fresh transaction."""
        try:
            return await self._ask(
                "reportDelivery", lambda tx: reports.report_delivery(tx, self.equipment, report)
            )
        except Duplicate:
            return await self._ask(
                "reportDelivery", lambda tx: reports.compare_delivery(tx, self.equipment, report)
            )

    async def report_error(self, report: ErrorReport) -> Accepted | Refused:
        """What the centre found wrong."""
        return await self._ask("reportError", lambda tx: reports.report_error(tx, self.equipment, report))

    async def apply_for_registration(self, application: RegistrationApplication) -> Refused:
        """Not offered while no koseki kind is: the same word as for a kind that is not."""
        return self._no_registration(application.envelope)

    async def registration_status(self, query: RegistrationQuery) -> Refused:
        """Not offered, likewise."""
        return self._no_registration(query.envelope)

    def _no_registration(self, envelope: Envelope) -> Refused:
        if envelope.municipality != self.equipment.settings.municipality:
            return Refused(Code.OTHER_MUNICIPALITY, "other_municipality")
        return Refused(Code.NOT_OFFERED, "registration_not_offered")

    async def _ask(
        self, operation: str, work: Callable[[Transaction], Awaitable[T | Refused]]
    ) -> T | Refused:
        """One transaction; these give no document, so the centre may ask again whatever became of it."""
        try:
            return await settle(self.equipment, work, deadline=self.equipment.deadline())
        except OutcomeUnknown:
            return Refused(Code.OUTCOME_UNKNOWN, "commit_unknown")
        except NotNow as error:
            return Refused(Code.TRY_LATER, type(error).__name__)
        except (Duplicate, ContractBroken):
            raise
        except Exception as error:
            await alarms.defect(self.equipment, operation, error)
            raise
