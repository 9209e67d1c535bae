"""From the elements of a request to the domain's values.

What contract 1 calls a Fault though its schema lets it pass is found here: a municipality code with a wrong check
digit, a serial number of zeros only, a time or a day that no calendar of ours holds. Every function takes the
allow-listed client and the contract object, and raises ContractBroken.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

from konbinid.domain.checkdigit import municipality_code_is_valid
from konbinid.domain.dates import JST
from konbinid.domain.kinds import Channel, CredentialType, Kind, Scope, Switch
from konbinid.domain.request import (
    Applicant,
    ContractBroken,
    CredentialKey,
    DeliveryReport,
    Envelope,
    ErrorReport,
    IssueRequest,
    Kiosk,
    ListRequest,
    Options,
    Outcome,
    RegistrationApplication,
    RegistrationQuery,
    ServiceQuery,
)


def _envelope(client: str, asked: Any) -> Envelope:
    if not municipality_code_is_valid(asked.municipalityCode):
        raise ContractBroken("municipalityCode has a wrong check digit")
    return Envelope(client, asked.transactionId, asked.municipalityCode)


def _kiosk(asked: Any) -> Kiosk:
    return Kiosk(
        chain_code=asked.chainCode,
        store_code=asked.storeCode,
        store_name=asked.storeName,
        terminal_id=asked.terminalId,
        channel=Channel(asked.channel),
    )


def _credential(asked: Any) -> CredentialKey:
    try:
        return CredentialKey.of(CredentialType(asked.type), asked.serialNumber)
    except ValueError:
        raise ContractBroken("serialNumber is all zeros") from None


def _options(asked: Any) -> Options:
    if asked is None:
        return Options()
    return Options(
        scope=None if asked.scope is None else Scope(asked.scope),
        members=tuple(asked.memberNumbers or ()),
        show=frozenset(Switch(switch) for switch in asked.show or ()),
        year=asked.year,
    )


def service_query(client: str, asked: Any) -> ServiceQuery:
    """What checkService asks."""
    return ServiceQuery(_envelope(client, asked))


def list_request(client: str, asked: Any) -> ListRequest:
    """What listCertificates asks."""
    return ListRequest(_envelope(client, asked), _kiosk(asked.kiosk), _credential(asked.credential))


def issue_request(client: str, asked: Any) -> IssueRequest:
    """What issueCertificate asks."""
    return IssueRequest(
        envelope=_envelope(client, asked),
        kiosk=_kiosk(asked.kiosk),
        credential=_credential(asked.credential),
        kind=Kind(asked.kind),
        copies=asked.copies,
        fee=asked.fee,
        options=_options(asked.options),
    )


def delivery_report(client: str, asked: Any) -> DeliveryReport:
    """What reportDelivery asks."""
    return DeliveryReport(
        envelope=_envelope(client, asked),
        kiosk=_kiosk(asked.kiosk),
        issuance_number=asked.issuanceNumber,
        outcome=Outcome(asked.outcome),
        copies=asked.copies,
        occurred_at=_instant("occurredAt", asked.occurredAt),
        detail=asked.detail or "",
    )


def application(client: str, asked: Any) -> RegistrationApplication:
    """What applyForRegistration asks."""
    person = asked.applicant
    return RegistrationApplication(
        envelope=_envelope(client, asked),
        kiosk=_kiosk(asked.kiosk),
        credential=_credential(asked.credential),
        applicant=Applicant(
            name=person.name,
            kana=person.kana,
            birth_date=_day("birthDate", person.birthDate),
            address=person.address,
            phone=person.phone,
        ),
        domicile=asked.domicile,
        head_of_register=asked.headOfRegister,
    )


def registration_query(client: str, asked: Any) -> RegistrationQuery:
    """What getRegistrationStatus asks."""
    return RegistrationQuery(_envelope(client, asked), _kiosk(asked.kiosk), _credential(asked.credential))


def error_report(client: str, asked: Any) -> ErrorReport:
    """What reportError asks."""
    return ErrorReport(
        envelope=_envelope(client, asked),
        kiosk=None if asked.kiosk is None else _kiosk(asked.kiosk),
        issuance_number=asked.issuanceNumber,
        kind=None if asked.kind is None else Kind(asked.kind),
        error_code=asked.errorCode,
        detail=asked.detail,
    )


_MIDNIGHT_AT_THE_END = re.compile(r"T24:00:00(\.0+)?(?=Z|[+-])")


def _instant(element: str, text: str) -> datetime:
    """An xs:dateTime with offset, as an aware time in Japan's offset. Fractions under a microsecond are cut off."""
    # XML Schema lets a day end with 24:00:00; Python's calendar calls it 00:00:00 of the next.
    text, ends_a_day = _MIDNIGHT_AT_THE_END.subn("T00:00:00", text)
    try:
        return datetime.fromisoformat(text).astimezone(JST) + timedelta(days=ends_a_day)
    except (ValueError, OverflowError):
        raise ContractBroken(f"{element} lies outside the calendar") from None


def _day(element: str, text: str) -> date:
    """An xs:date. A time zone, which XML Schema allows behind it, does not change which day is written."""
    try:
        return date.fromisoformat(re.sub(r"(Z|[+-]\d\d:\d\d)$", "", text))
    except ValueError:
        raise ContractBroken(f"{element} lies outside the calendar") from None
