"""From the desk's reply to the elements of a response, times with +09:00.

A list of elements is a dict of contract names; an element whose value is None is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from konbinid.domain.dates import JST
from konbinid.domain.results import MESSAGES, Code
from konbinid.kiosk.contract import OfferedCertificate, OfferedKind, OfferedMember, OfferedYear

if TYPE_CHECKING:
    from datetime import datetime

    from konbinid.domain.request import (
        Accepted,
        Applied,
        Issued,
        Listed,
        ListedCertificate,
        RegistrationStatus,
        ServiceReport,
    )


Told = dict[str, Any]
"""An answer: contract element names and their values."""


def result(code: Code) -> Told:
    """The two elements that every response begins with, and all that a refusal carries."""
    return {"resultCode": code.value, "message": MESSAGES[code]}


def _time(moment: datetime | None) -> datetime | None:
    """Whole seconds with +09:00."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise ValueError("a time without an offset")
    return moment.astimezone(JST).replace(microsecond=0)


def tell_service(report: ServiceReport) -> Told:
    """The answer of checkService."""
    return {
        "state": report.state.value,
        "environment": report.environment,
        "serverTime": _time(report.server_time),
        "version": report.version,
        "certificates": [
            OfferedKind(
                kind=offered.kind.value,
                state=offered.state.value,
                opensAt=_time(offered.opens_at),
                closesAt=_time(offered.closes_at),
            )
            for offered in report.kinds
        ],
    }


def tell_list(listed: Listed) -> Told:
    """The answer of listCertificates."""
    return {"certificates": [_offer(certificate) for certificate in listed.certificates]}


def _offer(certificate: ListedCertificate) -> Any:
    return OfferedCertificate(
        kind=certificate.kind.value,
        title=certificate.title,
        fee=certificate.fee,
        maxCopies=certificate.max_copies,
        members=[
            OfferedMember(number=member.number, name=member.name, relationship=member.relationship)
            for member in certificate.members
        ],
        printable=[switch.value for switch in certificate.printable],
        years=[OfferedYear(year=offered.year, title=offered.title) for offered in certificate.years],
    )


def tell_issued(issued: Issued) -> Told:
    """The answer of issueCertificate."""
    return {
        "issuanceNumber": issued.issuance_number,
        "pages": issued.pages,
        "totalFee": issued.total_fee,
        "expiresAt": _time(issued.expires_at),
        "document": issued.document,
        "sha256": issued.sha256,
    }


def tell_status(status: RegistrationStatus) -> Told:
    """The answer of getRegistrationStatus."""
    return {
        "state": status.state,
        "applicationNumber": status.application_number,
        "decidedAt": _time(status.decided_at),
        "reason": status.reason,
    }


def tell_applied(applied: Applied) -> Told:
    """The answer of applyForRegistration."""
    return {"applicationNumber": applied.application_number}


def tell_nothing(_: Accepted) -> Told:
    """What was accepted has nothing more to tell."""
    return {}
