"""What the centre asks and what it is told, as values (contract 1). The counter translates them to and from SOAP.

A value that the contract's schema decides (lengths, patterns, types) is right by the time it stands here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from konbinid.domain.kinds import Channel, CredentialType, Kind, Scope, Switch
from konbinid.domain.redact import Redacted
from konbinid.domain.results import Code


@dataclass(frozen=True, slots=True)
class Kiosk:
    """Where a request came from; goes into the ledger."""

    chain_code: str
    store_code: str
    store_name: str
    terminal_id: str
    channel: Channel


@dataclass(frozen=True, slots=True, repr=False)
class CredentialKey(Redacted):
    """A JPKI user certificate as contract 1 knows it. ``serial`` is lower-case hex without leading zeros."""

    type: CredentialType
    serial: str

    @classmethod
    def of(cls, credential_type: CredentialType, serial: str) -> CredentialKey:
        """Normalise what was received: compared case-insensitively, leading zeros ignored. ValueError: all zero."""
        normal = serial.lower().lstrip("0")
        if not normal:
            raise ValueError("a serial number of zeros only")
        return cls(credential_type, normal)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every request carries. ``client`` is the allow-listed name from the TLS certificate, never from the text."""

    client: str
    transaction_id: str
    municipality: str


@dataclass(frozen=True, slots=True)
class ServiceQuery:
    """checkService."""

    envelope: Envelope


@dataclass(frozen=True, slots=True)
class ListRequest:
    """listCertificates."""

    envelope: Envelope
    kiosk: Kiosk
    credential: CredentialKey


@dataclass(frozen=True, slots=True)
class Options:
    """What the resident chose. ``members`` keeps the order and doubles of the request: 1106 must see them."""

    scope: Scope | None = None
    members: tuple[int, ...] = ()
    show: frozenset[Switch] = frozenset()
    year: int | None = None


@dataclass(frozen=True, slots=True)
class IssueRequest:
    """issueCertificate. ``copies`` and ``fee`` (yen per copy) as the kiosk showed them."""

    envelope: Envelope
    kiosk: Kiosk
    credential: CredentialKey
    kind: Kind
    copies: int
    fee: int
    options: Options = field(default_factory=Options)


class Outcome(StrEnum):
    """What became of a document at the kiosk."""

    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """reportDelivery."""

    envelope: Envelope
    kiosk: Kiosk
    issuance_number: str
    outcome: Outcome
    copies: int
    occurred_at: datetime
    detail: str = field(default="", repr=False)  # free text: may name somebody


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """reportError: the centre found something wrong."""

    envelope: Envelope
    kiosk: Kiosk | None
    issuance_number: str | None
    kind: Kind | None
    error_code: str
    detail: str = field(default="", repr=False)  # free text: may name somebody


@dataclass(frozen=True, slots=True, repr=False)
class Applicant(Redacted):
    """The person of a 利用登録申請."""

    name: str
    kana: str
    birth_date: date
    address: str
    phone: str


@dataclass(frozen=True, slots=True, repr=False)
class RegistrationApplication(Redacted):
    """applyForRegistration."""

    envelope: Envelope
    kiosk: Kiosk
    credential: CredentialKey
    applicant: Applicant
    domicile: str
    head_of_register: str


@dataclass(frozen=True, slots=True)
class RegistrationQuery:
    """getRegistrationStatus."""

    envelope: Envelope
    kiosk: Kiosk
    credential: CredentialKey


class ServiceState(StrEnum):
    """State of the service or of one kind; STALE is for a kind only."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"
    SUSPENDED = "SUSPENDED"
    STALE = "STALE"


@dataclass(frozen=True, slots=True)
class Refused:
    """An answer that is a refusal. ``rule`` names the rule for the ledger and for staff, never for the kiosk."""

    code: Code
    rule: str = ""


@dataclass(frozen=True, slots=True)
class KindState:
    """One kind in checkService's answer; the hours are today's, absent when it is closed all day."""

    kind: Kind
    state: ServiceState
    opens_at: datetime | None
    closes_at: datetime | None


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """checkService's answer. ``environment`` is PRODUCTION or TEST."""

    state: ServiceState
    environment: str
    server_time: datetime
    version: str
    kinds: tuple[KindState, ...]


@dataclass(frozen=True, slots=True, repr=False)
class ListedMember(Redacted):
    """One person who can be chosen. ``relationship`` is None for the koseki kinds."""

    number: int
    name: str
    relationship: str | None


@dataclass(frozen=True, slots=True)
class TaxYear:
    """One offered 年度: Western year and its Japanese name."""

    year: int
    title: str


@dataclass(frozen=True, slots=True)
class ListedCertificate:
    """One kind that the person may have now. ``fee`` in yen per copy."""

    kind: Kind
    title: str
    fee: int
    max_copies: int
    members: tuple[ListedMember, ...]
    printable: tuple[Switch, ...]
    years: tuple[TaxYear, ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """listCertificates' answer."""

    certificates: tuple[ListedCertificate, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Issued(Redacted):
    """issueCertificate's answer: one copy's bytes and their SHA-256 (lower-case hex)."""

    issuance_number: str
    pages: int
    total_fee: int
    expires_at: datetime
    document: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """reportDelivery's and reportError's answer."""


@dataclass(frozen=True, slots=True)
class Applied:
    """applyForRegistration's answer."""

    application_number: str


@dataclass(frozen=True, slots=True)
class RegistrationStatus:
    """getRegistrationStatus' answer; ``state`` is NONE, PENDING, APPROVED or REJECTED."""

    state: str
    application_number: str | None = None
    decided_at: datetime | None = None
    reason: str | None = field(default=None, repr=False)  # staff's words about a person


class ContractBroken(Exception):
    """What the contract says is a Fault ``Client`` though the schema allows it; the text is for the caller, in English,
    and never repeats a value of the request."""
