"""A kiosk, or rather the centre behind it: a SOAP client over mutual TLS that knows the server only by its WSDL.

It asks as contract 1 lets the centre ask: a random transactionId per request, 40 seconds of patience, and the same
transactionId again when no answer came or the outcome is unknown. What comes back is checked before it is used: the
document's hash and that it is a PDF.

zeep is imported when a kiosk is made: the daemon and the other commands do without it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib
import uuid
from typing import TYPE_CHECKING, Any

from konbinid.simulator.kiosk_values import (
    BrokenDocument,
    Faulted,
    Issued,
    KioskProblem,
    NotOnTheList,
    Refused,
    Unanswered,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from konbinid.simulator.kiosk_values import Card, Door, Order

PATIENCE = 40.0
"""Seconds after which the centre asks again (contract 1, transport)."""

DONE, OUTCOME_UNKNOWN = "0000", "9002"
JST = dt.timezone(dt.timedelta(hours=9))


PLACE = {
    "chainCode": "99",
    "storeCode": "0000000001",
    "storeName": "見本マート泉大津綿花台店",
    "terminalId": "MPF-01",
    "channel": "STORE",
}
"""The shop and the terminal that the simulated kiosk says it is."""


def new_transaction_id() -> str:
    """A random transactionId: 32 hex digits."""
    return uuid.uuid4().hex


class Kiosk:
    """One kiosk with its connection to the server, over which every operation of contract 1 is asked.

    Making it loads the WSDL: Unanswered when the server does not answer. `now` gives an aware time. Answers come as
    plain dicts with the contract's names; each operation raises Refused, Faulted or Unanswered.
    """

    def __init__(
        self, door: Door, municipality: str, now: Callable[[], dt.datetime], *, patience: float = PATIENCE
    ) -> None:
        # These come with the demo's extras; a server is installed without them.
        requests, zeep = _library("requests"), _library("zeep")
        self._faults, self._helpers = _library("zeep.exceptions"), _library("zeep.helpers")
        self._municipality = municipality
        self._now = now
        self._session = requests.Session()
        # Neither proxies nor netrc of the surroundings: the centre's line is a line of its own.
        self._session.trust_env = False
        self._session.verify = str(door.ca)
        self._session.cert = (str(door.cert), str(door.key))
        transport = zeep.Transport(session=self._session, timeout=patience, operation_timeout=patience)
        self._unanswered = (requests.exceptions.RequestException, self._faults.TransportError)
        try:
            client = zeep.Client(f"{door.url}?wsdl", transport=transport)
        except self._unanswered as error:
            raise Unanswered(f"{door.url} gave no WSDL: {_cause(error)}") from None
        # The WSDL names the address that the city publishes; ours is the one that we were told.
        self._service = client.create_service(next(iter(client.wsdl.bindings)), door.url)

    def close(self) -> None:
        """Let go of the connection."""
        self._session.close()

    def check(self) -> dict[str, Any]:
        """CheckService: the state of the service and of each kind."""
        return self._ask("checkService", {})

    def list(self, card: Card) -> list[dict[str, Any]]:
        """ListCertificates: what this person may have now."""
        answer = self._ask("listCertificates", self._at_kiosk() | _credential(card))
        return list(answer["certificates"])

    def issue(self, card: Card, order: Order, *, transaction_id: str | None = None) -> Issued:
        """IssueCertificate, asked once. BrokenDocument when hash or header of the PDF are wrong."""
        chosen = transaction_id or new_transaction_id()
        fields = {"kind": order.kind, "copies": order.copies, "fee": order.fee, "options": order.options()}
        answer = self._ask(
            "issueCertificate", self._at_kiosk() | _credential(card) | _present(fields), transaction_id=chosen
        )
        issued = Issued(
            transaction_id=chosen,
            issuance_number=answer["issuanceNumber"],
            pages=answer["pages"],
            total_fee=answer["totalFee"],
            expires_at=answer["expiresAt"],
            document=answer["document"],
            sha256=answer["sha256"],
        )
        _check_document(issued)
        return issued

    def issue_until_known(
        self, card: Card, order: Order, *, transaction_id: str | None = None, attempts: int = 3
    ) -> Issued:
        """IssueCertificate, asked again with the same transactionId while no answer came or the outcome is unknown."""
        chosen = transaction_id or new_transaction_id()
        for _ in range(attempts - 1):
            try:
                return self.issue(card, order, transaction_id=chosen)
            except Unanswered:
                continue
            except Refused as refusal:
                if refusal.code != OUTCOME_UNKNOWN:
                    raise
        return self.issue(card, order, transaction_id=chosen)

    def offer_of(self, card: Card, kind: str) -> dict[str, Any]:
        """What the list shows this person of the kind: fee per copy in yen, members, switches, years. NotOnTheList."""
        for certificate in self.list(card):
            if certificate["kind"] == kind:
                return certificate
        raise NotOnTheList(f"{kind} is not among what this person may have now")

    def hand_over(
        self,
        card: Card,
        order: Order,
        deliver: Callable[[Issued], object],
        *,
        transaction_id: str | None = None,
    ) -> Issued:
        """A whole sale: issue, give the document to `deliver` (the printer), report what became of it.

        When `deliver` fails, FAILED is reported and its exception goes on.
        """
        issued = self.issue_until_known(card, order, transaction_id=transaction_id)
        try:
            deliver(issued)
        except BaseException:
            self.report_delivery(issued.issuance_number, "FAILED", 0)
            raise
        self.report_delivery(issued.issuance_number, "DELIVERED", order.copies)
        return issued

    def report_delivery(
        self, issuance_number: str, outcome: str, copies: int, *, detail: str | None = None
    ) -> None:
        """ReportDelivery: DELIVERED, CANCELLED or FAILED, now."""
        fields = {
            "issuanceNumber": issuance_number,
            "outcome": outcome,
            "copies": copies,
            "occurredAt": self._now().astimezone(JST).replace(microsecond=0),
            "detail": detail,
        }
        self._ask("reportDelivery", self._at_kiosk() | _present(fields))

    def apply_for_registration(
        self, card: Card, applicant: dict[str, Any], domicile: str, head_of_register: str
    ) -> str:
        """ApplyForRegistration with an `applicant` of contract 1's elements; returns the applicationNumber."""
        fields = {"applicant": applicant, "domicile": domicile, "headOfRegister": head_of_register}
        answer = self._ask("applyForRegistration", self._at_kiosk() | _credential(card) | fields)
        return str(answer["applicationNumber"])

    def registration_status(self, card: Card) -> dict[str, Any]:
        """GetRegistrationStatus: state, and what the server adds to it."""
        return self._ask("getRegistrationStatus", self._at_kiosk() | _credential(card))

    def report_error(
        self, error_code: str, detail: str, *, issuance_number: str | None = None, kind: str | None = None
    ) -> None:
        """ReportError: the centre found something wrong."""
        fields = {"issuanceNumber": issuance_number, "kind": kind, "errorCode": error_code, "detail": detail}
        self._ask("reportError", self._at_kiosk() | _present(fields))

    def _at_kiosk(self) -> dict[str, Any]:
        return {"kiosk": dict(PLACE)}

    def _ask(
        self, operation: str, fields: dict[str, Any], *, transaction_id: str | None = None
    ) -> dict[str, Any]:
        envelope = {
            "transactionId": transaction_id or new_transaction_id(),
            "municipalityCode": self._municipality,
        }
        try:
            reply = self._service[operation](**envelope, **fields)
        except self._faults.Fault as fault:
            raise _faulted(fault) from None
        except self._faults.ValidationError as error:
            raise KioskProblem(f"this request breaks the server's WSDL: {error}") from None
        except self._unanswered as error:
            raise Unanswered(f"no answer to {operation}: {_cause(error)}") from None
        answer: dict[str, Any] = self._helpers.serialize_object(reply, target_cls=dict)
        if answer["resultCode"] != DONE:
            raise Refused(answer["resultCode"], answer["message"] or "")
        return answer


def _library(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise KioskProblem(f"the kiosk needs {error.name}: pip install 'konbinid[demo]'") from None


def _credential(card: Card) -> dict[str, Any]:
    return {"credential": {"serialNumber": card.serial, "type": card.kind}}


def _present(fields: dict[str, Any]) -> dict[str, Any]:
    """Absent elements are left out, never nil (contract 1)."""
    return {name: value for name, value in fields.items() if value is not None}


def _faulted(fault: Any) -> Faulted:
    code = str(fault.code or "").rpartition(":")[2]
    found: Sequence[Any] = () if fault.detail is None else fault.detail.xpath("//*[local-name()='reference']")
    return Faulted(code, str(fault.message), found[0].text if found else "")


def _cause(error: BaseException) -> str:
    """The innermost reason in one line: TLS alerts are buried five exceptions deep."""
    while inner := (error.__cause__ or error.__context__):
        error = inner
    return " ".join(str(error).split()) or type(error).__name__


def _check_document(issued: Issued) -> None:
    if hashlib.sha256(issued.document).hexdigest() != issued.sha256:
        raise BrokenDocument(f"{issued.issuance_number}: the document's hash is not the one in the answer")
    if not issued.document.startswith(b"%PDF-"):
        raise BrokenDocument(f"{issued.issuance_number}: the document is no PDF")
