"""The seven operations over mutual TLS: what the desk is asked, and what the centre is told."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime

from soap_port import APPLY, CHECK, CLIENT, DELIVERY, ERROR, ISSUE, LIST, NAMESPACE, PDF, STATUS, PortCase

from konbinid.domain.kinds import Channel, CredentialType, Kind, Scope, Switch
from konbinid.domain.request import (
    Applicant,
    CredentialKey,
    DeliveryReport,
    Envelope,
    ErrorReport,
    IssueRequest,
    Kiosk,
    ListRequest,
    Options,
    Outcome,
    Refused,
    RegistrationApplication,
    RegistrationQuery,
    RegistrationStatus,
    ServiceQuery,
)
from konbinid.domain.results import MESSAGES, Code

ENVELOPE = Envelope(CLIENT, "T-1", "272060")
KIOSK = Kiosk("01", "000123", "泉大津駅前店", "K1", Channel.STORE)
CARD = CredentialKey(CredentialType.CARD, "ab12")


def elements(entry):
    """Names and texts of an element's children, in order."""
    return [(child.tag.removeprefix(f"{{{NAMESPACE}}}"), child.text or "") for child in entry]


class Conversation(PortCase):
    """Each operation once, whole."""

    async def test_check_service(self):
        """Every element of the answer, in the contract's order, times with +09:00 and whole seconds."""
        reply = await self.ask(CHECK)
        assert reply.status == 200
        assert self.desk.asked == [ServiceQuery(ENVELOPE)]
        assert reply.entry.tag == f"{{{NAMESPACE}}}checkServiceResponse"
        assert elements(reply.entry)[:6] == [
            ("resultCode", "0000"),
            ("message", ""),
            ("state", "OPEN"),
            ("environment", "TEST"),
            ("serverTime", "2026-11-24T09:00:00+09:00"),
            ("version", "0.1.0"),
        ]
        opened, stale = reply.entry[6:]
        assert elements(opened) == [
            ("kind", "juminhyo"),
            ("state", "OPEN"),
            ("opensAt", "2026-11-24T06:30:00+09:00"),
            ("closesAt", "2026-11-24T23:00:00+09:00"),
        ]
        assert elements(stale) == [("kind", "kazei"), ("state", "STALE")]

    async def test_list_certificates(self):
        """Names of plane 2 and with variation selectors reach the kiosk as they are; koseki members have no relationship."""
        reply = await self.ask(LIST)
        assert self.desk.asked == [ListRequest(ENVELOPE, KIOSK, CARD)]
        household, register = reply.entry[2:]
        assert elements(household)[:4] == [
            ("kind", "juminhyo"),
            ("title", "住民票の写し"),
            ("fee", "200"),
            ("maxCopies", "5"),
        ]
        first, second, *printable = household[4:]
        assert elements(first) == [("number", "1"), ("name", "𠮷田 太郎"), ("relationship", "世帯主")]
        assert elements(second)[1] == ("name", "葛\U000e0100城 花子")
        assert [switch.text for switch in printable] == ["RELATIONSHIP", "DOMICILE"]
        assert elements(register[4]) == [("number", "7"), ("name", "𠮷田 太郎")]

    async def test_issue_certificate(self):
        """The request's order and doubles of members are kept, the document's bytes arrive as they were."""
        reply = await self.ask(ISSUE)
        options = Options(Scope.MEMBERS, (2, 1), frozenset({Switch.DOMICILE}))
        assert self.desk.asked == [IssueRequest(ENVELOPE, KIOSK, CARD, Kind.JUMINHYO, 2, 200, options)]
        told = dict(elements(reply.entry))
        assert list(told) == [
            "resultCode",
            "message",
            "issuanceNumber",
            "pages",
            "totalFee",
            "expiresAt",
            "document",
            "sha256",
        ]
        assert base64.b64decode(told["document"]) == PDF
        assert told["expiresAt"] == "2026-11-24T10:00:00+09:00"

    async def test_report_delivery(self):
        """The time of the report is an instant, whatever offset it was written with."""
        reply = await self.ask(DELIVERY)
        occurred = datetime(2026, 11, 24, 0, 5, 0, 500_000, tzinfo=UTC)
        assert self.desk.asked == [
            DeliveryReport(ENVELOPE, KIOSK, "7K2M-9QXD-44TP", Outcome.DELIVERED, 2, occurred, "")
        ]
        assert elements(reply.entry) == [("resultCode", "0000"), ("message", "")]

    async def test_apply_for_registration(self):
        """The applicant as written."""
        reply = await self.ask(APPLY)
        applicant = Applicant(
            "葛城 一郎", "カツラギ イチロウ", date(1980, 2, 29), "大阪府堺市一丁目", "0725-00-0000"
        )
        asked = RegistrationApplication(
            ENVELOPE, KIOSK, CARD, applicant, "大阪府泉大津市東雲町9番", "葛城 太郎"
        )
        assert self.desk.asked == [asked]
        assert reply.text("applicationNumber") == "A-000000000001"

    async def test_registration_status(self):
        """Absent elements are left out, and there is no xsi:nil anywhere."""
        reply = await self.ask(STATUS)
        assert self.desk.asked == [RegistrationQuery(ENVELOPE, KIOSK, CARD)]
        assert elements(reply.entry)[2:] == [("state", "PENDING"), ("applicationNumber", "A-000000000001")]
        assert b"nil" not in reply.body
        self.desk.replies["registration_status"] = RegistrationStatus(
            "REJECTED", "A-1", datetime(2026, 11, 24, 1, tzinfo=UTC), "本籍が確認できません"
        )
        assert elements((await self.ask(STATUS)).entry)[3:] == [
            ("applicationNumber", "A-1"),
            ("decidedAt", "2026-11-24T10:00:00+09:00"),
            ("reason", "本籍が確認できません"),
        ]

    async def test_report_error(self):
        """kiosk, issuanceNumber and kind may be absent; detail may be empty."""
        await self.ask(ERROR)
        assert self.desk.asked == [ErrorReport(ENVELOPE, None, None, None, "E-01", "")]

    async def test_every_refusal_is_an_answer_with_its_message_and_nothing_else(self):
        """A refusal is HTTP 200 with two elements, whatever was asked."""
        questions = {
            "check_service": CHECK,
            "list_certificates": LIST,
            "issue": ISSUE,
            "report_delivery": DELIVERY,
            "apply_for_registration": APPLY,
            "registration_status": STATUS,
            "report_error": ERROR,
        }
        for question, body in questions.items():
            for code in set(Code) - {Code.DONE}:
                self.desk.replies[question] = Refused(code, "rule for staff")
                reply = await self.ask(body)
                assert reply.status == 200
                assert elements(reply.entry) == [("resultCode", code.value), ("message", MESSAGES[code])]
                assert b"rule for staff" not in reply.body
