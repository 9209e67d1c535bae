"""The operations that give no document: what is open, what one may have, what became of a paper, what went wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from konbinid.domain.request import (
    Accepted,
    Applied,
    ContractBroken,
    DeliveryReport,
    ErrorReport,
    Listed,
    ListRequest,
    Refused,
    RegistrationApplication,
    RegistrationQuery,
    RegistrationStatus,
    ServiceQuery,
    ServiceReport,
)
from konbinid.domain.results import Code
from konbinid.issue import alarms, listing, registrations, reports
from konbinid.issue.attempts import CONFLICTS, settle
from konbinid.issue.equipment import Equipment
from konbinid.store import applications, ledger
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

    async def apply_for_registration(self, application: RegistrationApplication) -> Applied | Refused:
        """利用登録申請. The INSERT says whether the transactionId is bound, and whether another application of the credential came first."""
        operation, equipment = "applyForRegistration", self.equipment
        for _ in range(CONFLICTS):
            try:
                return await self._ask(
                    operation, lambda tx: registrations.apply_for_registration(tx, equipment, application)
                )
            except Duplicate as found:
                if found.constraint == applications.TRANSACTION_CONSTRAINT:
                    return await self._ask(
                        operation, lambda tx: registrations.applied_before(tx, equipment, application)
                    )
                if found.constraint == ledger.BINDING_CONSTRAINT:
                    return await self._ask(
                        operation, lambda tx: registrations.bound_to_issuance(tx, equipment, application)
                    )
                if found.constraint != applications.ORDINAL_CONSTRAINT:
                    raise
        return Refused(Code.TRY_LATER, "applications_collide")

    async def registration_status(self, query: RegistrationQuery) -> RegistrationStatus | Refused:
        """What became of it."""
        return await self._ask(
            "getRegistrationStatus", lambda tx: registrations.registration_status(tx, self.equipment, query)
        )

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
