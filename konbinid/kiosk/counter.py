"""The counter: contract objects become domain values, the desk is asked, its reply becomes contract elements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from konbinid.domain.request import (
    Accepted,
    Applied,
    Issued,
    Listed,
    Refused,
    RegistrationStatus,
    ServiceReport,
)
from konbinid.domain.results import Code
from konbinid.kiosk import asking, telling

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from konbinid.kiosk.desk import Desk


class Counter:
    """Asks `desk` on behalf of the SOAP port."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(self, operation: str, client: str, asked: Any) -> telling.Told:
        """The response to `operation` with the elements `asked`, from the allow-listed `client`.

        Raises ContractBroken for what the contract calls a Fault, and whatever the desk raises.
        """
        conversation = _CONVERSATIONS[operation]
        reply = await conversation.put(self._desk, conversation.read(client, asked))
        if isinstance(reply, Refused) and reply.code is not Code.DONE:
            return telling.result(reply.code)
        if type(reply) is not conversation.reply:
            # A reply that is not this operation's must not be made to look like one.
            raise TypeError(f"{operation} was answered with {type(reply).__name__}")
        return telling.result(Code.DONE) | conversation.tell(reply)


@dataclass(frozen=True, slots=True)
class _Conversation:
    """How one operation is read, put to the desk, and told."""

    read: Callable[[str, Any], Any]
    put: Callable[[Desk, Any], Awaitable[Any]]
    reply: type
    tell: Callable[[Any], telling.Told]


_CONVERSATIONS = {
    "checkService": _Conversation(
        asking.service_query,
        lambda desk, asked: desk.check_service(asked),
        ServiceReport,
        telling.tell_service,
    ),
    "listCertificates": _Conversation(
        asking.list_request, lambda desk, asked: desk.list_certificates(asked), Listed, telling.tell_list
    ),
    "issueCertificate": _Conversation(
        asking.issue_request, lambda desk, asked: desk.issue(asked), Issued, telling.tell_issued
    ),
    "reportDelivery": _Conversation(
        asking.delivery_report,
        lambda desk, asked: desk.report_delivery(asked),
        Accepted,
        telling.tell_nothing,
    ),
    "applyForRegistration": _Conversation(
        asking.application,
        lambda desk, asked: desk.apply_for_registration(asked),
        Applied,
        telling.tell_applied,
    ),
    "getRegistrationStatus": _Conversation(
        asking.registration_query,
        lambda desk, asked: desk.registration_status(asked),
        RegistrationStatus,
        telling.tell_status,
    ),
    "reportError": _Conversation(
        asking.error_report, lambda desk, asked: desk.report_error(asked), Accepted, telling.tell_nothing
    ),
}
