"""What the counter asks of whoever decides: the seam between the SOAP port and the rest of the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from konbinid.domain.request import (
        Accepted,
        Applied,
        DeliveryReport,
        ErrorReport,
        Issued,
        IssueRequest,
        Listed,
        ListRequest,
        Refused,
        RegistrationApplication,
        RegistrationQuery,
        RegistrationStatus,
        ServiceQuery,
        ServiceReport,
    )


class Desk(Protocol):
    """Seven questions, each answered or refused.

    Raising ContractBroken makes a Fault ``Client`` with its text (English, without any value of the request);
    anything else makes a Fault ``Server`` with a reference. The work of a method is never cancelled: when the time
    for an answer is over or the caller has gone, it runs on and its result is thrown away.
    """

    async def check_service(self, query: ServiceQuery) -> ServiceReport | Refused:
        """Answer checkService."""

    async def list_certificates(self, request: ListRequest) -> Listed | Refused:
        """Answer listCertificates."""

    async def issue(self, request: IssueRequest) -> Issued | Refused:
        """Answer issueCertificate."""

    async def report_delivery(self, report: DeliveryReport) -> Accepted | Refused:
        """Answer reportDelivery."""

    async def apply_for_registration(self, application: RegistrationApplication) -> Applied | Refused:
        """Answer applyForRegistration."""

    async def registration_status(self, query: RegistrationQuery) -> RegistrationStatus | Refused:
        """Answer getRegistrationStatus."""

    async def report_error(self, report: ErrorReport) -> Accepted | Refused:
        """Answer reportError."""
