"""Contract 1 as spyne models: every element's name, order, type and facets, and nothing else.

What a municipality with the official documents must change, it changes here. Names are the contract's own
(lowerCamelCase, all in one namespace, in xs:sequence order). Everything is required unless it is declared
``_optional`` or ``_repeated``; nothing is nillable: what is absent is left out.

A refusal carries ``resultCode`` and ``message`` only, so the schema has to let every other element of a response be
absent; the counter fills all of them when the code is 0000.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from konbinid.domain.kinds import Channel, CredentialType, Kind, Scope, Switch
from konbinid.domain.request import Outcome, ServiceState
from konbinid.kiosk.spyne_compat import ByteArray, ComplexModel, Date, DateTime, Integer32, Unicode

NAMESPACE = "urn:konbinid:center:v1"
SERVICE = "Center"

Member = tuple[str, Any]
"""An element: its name and its spyne type."""


def _named(model: Any, name: str, **facets: Any) -> Any:
    """A simple type of our namespace; required and never nil until it is customised."""
    made = model(type_name=name, min_occurs=1, nillable=False, **facets)
    # spyne would put it in a namespace named after its own module.
    made.__namespace__ = NAMESPACE
    return made


def _text(name: str, longest: int, shortest: int = 1) -> Any:
    """Text of so many code points."""
    return _named(Unicode, name, min_len=shortest, max_len=longest)


def _code(name: str, pattern: str) -> Any:
    """Text of a fixed alphabet (XML Schema pattern, which is anchored by itself)."""
    return _named(Unicode, name, pattern=pattern)


def _choice(name: str, *values: str) -> Any:
    return _named(Unicode, name, values=list(values))


def _record(name: str, *members: Member) -> Any:
    # Not customised afterwards: spyne writes a stack trace for every object of a customised class.
    required = type("Attributes", (ComplexModel.Attributes,), {"min_occurs": 1, "nillable": False})
    parts = {"__namespace__": NAMESPACE, "Attributes": required, "_type_info": list(members)}
    return type(name, (ComplexModel,), parts)


def _optional(model: Any) -> Any:
    return _occurring(model, min_occurs=0)


def _repeated(model: Any) -> Any:
    return _occurring(model, min_occurs=0, max_occurs="unbounded")


def _occurring(model: Any, **occurs: Any) -> Any:
    made = model.customize(**occurs)
    if model.__namespace__ == NAMESPACE:
        # Without its name spyne would declare the type a second time, named after the element.
        made.__type_name__ = model.__type_name__
    return made


_number = Integer32(min_occurs=1, nillable=False)
_string = Unicode(min_occurs=1, nillable=False)
_day = Date(min_occurs=1, nillable=False)
_bytes = ByteArray(min_occurs=1, nillable=False)
# A time without an offset would be read in somebody's own time zone: only these are allowed.
_instant = _named(DateTime, "Instant", pattern=r".*(Z|[+\-][0-9]{2}:[0-9]{2})")

_transaction_id = _code("TransactionId", "[A-Za-z0-9-]{1,64}")
_municipality_code = _code("MunicipalityCode", "[0-9]{6}")
_issuance_number = _code("IssuanceNumber", "[0-9A-Z-]{12,24}")
_kind = _choice("Kind", *Kind)
_switch = _choice("Switch", *Switch)
_state = _choice("ServiceState", *(state for state in ServiceState if state is not ServiceState.STALE))
_kind_state = _choice("KindState", *ServiceState)

_kiosk = _record(
    "Kiosk",
    ("chainCode", _text("ChainCode", 8)),
    ("storeCode", _text("StoreCode", 16)),
    ("storeName", _text("StoreName", 64)),
    ("terminalId", _text("TerminalId", 16)),
    ("channel", _choice("Channel", *Channel)),
)
_credential = _record(
    "Credential",
    ("serialNumber", _code("SerialNumber", "[0-9A-Fa-f]{1,40}")),
    ("type", _choice("CredentialType", *CredentialType)),
)
_options = _record(
    "Options",
    ("scope", _optional(_choice("Scope", *Scope))),
    ("memberNumbers", _repeated(_number)),
    ("show", _repeated(_switch)),
    ("year", _optional(_number)),
)
_applicant = _record(
    "Applicant",
    ("name", _text("PersonName", 100)),
    ("kana", _text("PersonKana", 200)),
    ("birthDate", _day),
    ("address", _text("Address", 200)),
    ("phone", _text("Phone", 20)),
)

OfferedKind = _record(
    "OfferedKind",
    ("kind", _kind),
    ("state", _kind_state),
    ("opensAt", _optional(_instant)),
    ("closesAt", _optional(_instant)),
)
OfferedMember = _record(
    "OfferedMember",
    ("number", _number),
    ("name", _string),
    ("relationship", _optional(_string)),
)
OfferedYear = _record("OfferedYear", ("year", _number), ("title", _string))
OfferedCertificate = _record(
    "OfferedCertificate",
    ("kind", _kind),
    ("title", _string),
    ("fee", _number),
    ("maxCopies", _number),
    ("members", _repeated(OfferedMember)),
    ("printable", _repeated(_switch)),
    ("years", _repeated(OfferedYear)),
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: the elements of its request and of its response, in order.

    ``writes`` says that it may leave a trace, so that an answer that never came says 9002 and not 9001.
    """

    asks: tuple[Member, ...]
    tells: tuple[Member, ...]
    writes: bool


_ENVELOPE: tuple[Member, ...] = (
    ("transactionId", _transaction_id),
    ("municipalityCode", _municipality_code),
)
_AT_KIOSK: tuple[Member, ...] = (*_ENVELOPE, ("kiosk", _kiosk))
_WITH_CARD: tuple[Member, ...] = (*_AT_KIOSK, ("credential", _credential))
_RESULT: tuple[Member, ...] = (
    ("resultCode", _code("ResultCode", "[0-9]{4}")),
    ("message", _text("Message", 120, shortest=0)),
)


def _operation(asks: tuple[Member, ...], *tells: Member, writes: bool = False) -> Operation:
    return Operation(asks, _RESULT + tells, writes)


OPERATIONS = {
    "checkService": _operation(
        _ENVELOPE,
        ("state", _optional(_state)),
        ("environment", _optional(_choice("Environment", "PRODUCTION", "TEST"))),
        ("serverTime", _optional(_instant)),
        ("version", _optional(_string)),
        ("certificates", _repeated(OfferedKind)),
    ),
    "listCertificates": _operation(_WITH_CARD, ("certificates", _repeated(OfferedCertificate))),
    "issueCertificate": _operation(
        (
            *_WITH_CARD,
            ("kind", _kind),
            ("copies", _number),
            ("fee", _number),
            ("options", _optional(_options)),
        ),
        ("issuanceNumber", _optional(_issuance_number)),
        ("pages", _optional(_number)),
        ("totalFee", _optional(_number)),
        ("expiresAt", _optional(_instant)),
        ("document", _optional(_bytes)),
        ("sha256", _optional(_code("Sha256", "[0-9a-f]{64}"))),
        writes=True,
    ),
    "reportDelivery": _operation(
        (
            *_AT_KIOSK,
            ("issuanceNumber", _issuance_number),
            ("outcome", _choice("Outcome", *Outcome)),
            ("copies", _number),
            ("occurredAt", _instant),
            ("detail", _optional(_text("DeliveryDetail", 256, shortest=0))),
        ),
        writes=True,
    ),
    "applyForRegistration": _operation(
        (
            *_WITH_CARD,
            ("applicant", _applicant),
            ("domicile", _text("Domicile", 200)),
            ("headOfRegister", _text("HeadOfRegister", 100)),
        ),
        ("applicationNumber", _optional(_string)),
        writes=True,
    ),
    "getRegistrationStatus": _operation(
        _WITH_CARD,
        ("state", _optional(_choice("RegistrationState", "NONE", "PENDING", "APPROVED", "REJECTED"))),
        ("applicationNumber", _optional(_string)),
        ("decidedAt", _optional(_instant)),
        ("reason", _optional(_string)),
    ),
    "reportError": _operation(
        (
            *_ENVELOPE,
            ("kiosk", _optional(_kiosk)),
            ("issuanceNumber", _optional(_issuance_number)),
            ("kind", _optional(_kind)),
            ("errorCode", _code("ErrorCode", "[A-Za-z0-9-]{1,16}")),
            ("detail", _text("ErrorDetail", 1024, shortest=0)),
        ),
        writes=True,
    ),
}
"""The seven operations, in the contract's order."""
