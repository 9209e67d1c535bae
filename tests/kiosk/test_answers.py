"""One request, one answer: methods and media, Faults and what they may say, deadlines, callers that go away."""

from __future__ import annotations

import base64
import dataclasses
import io
import logging
import os
import random
import ssl
from collections import Counter

from soap_port import (
    APPLY,
    CHECK,
    DELIVERY,
    ERROR,
    ISSUE,
    KIOSK_PART,
    LIST,
    NAMESPACE,
    PDF,
    STATUS,
    PortCase,
    Reply,
    client_context,
    post,
)
from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.threads import deferToThread

from konbinid.domain.request import Accepted, ContractBroken, Refused
from konbinid.domain.results import MESSAGES, Code
from konbinid.kiosk.channel import Limits

SECRET = "山田秘子"


class Doors(PortCase):
    """What is not a SOAP request."""

    async def test_only_post_and_the_wsdl(self):
        """GET ?wsdl gives the WSDL; every other method 405, every other place 404, and never a word of HTML."""
        wsdl = await self.ask(method="GET", path="/center?wsdl")
        assert (wsdl.status, wsdl.headers["Content-Type"]) == (200, "text/xml; charset=utf-8")
        assert b"wsdl:definitions" in wsdl.body
        assert (await self.ask(method="GET", path="/center?WSDL")).status == 200
        for method in ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND"):
            reply = await self.ask(method=method)
            assert (reply.status, reply.body) == (405, b""), method
            assert reply.headers["Allow"] == "POST"
        assert (await self.ask(method="HEAD", path="/center?wsdl")).status == 405
        assert (await self.ask(method="GET", path="/center?wsdl2")).status == 405
        for path in ("/", "/center/", "/center/x", "/Center", "/%63enter", "//center", "/x?wsdl", "*"):
            for method in ("GET", "POST"):
                reply = await self.ask(method=method, path=path)
                assert (reply.status, reply.body) == (404, b""), path

    async def test_only_plain_xml(self):
        """Anything but text/xml in UTF-8 as it stands is 415: attachments, compression, other charsets, SOAP 1.2."""
        for media in (
            "",
            "text/plain",
            "application/xml",
            "application/soap+xml",
            "application/x-www-form-urlencoded",
            "text/xmlx",
            'multipart/related; type="text/xml"; boundary=b',
            "multipart/form-data; boundary=b",
            "text/xml; charset=shift_jis",
            "text/xml; charset=utf-16",
            "text/xml; charset=utf-8; charset=shift_jis",
        ):
            reply = await self.ask(headers={"Content-Type": media})
            assert (reply.status, reply.body) == (415, b""), media
        for coding in ("gzip", "identity", "deflate", ""):
            assert (await self.ask(headers={"Content-Encoding": coding})).status == 415, coding
        assert self.desk.asked == []
        for media in ("text/xml", "Text/XML;charset=UTF-8", 'text/xml; charset="utf-8"; action=x'):
            assert (await self.ask(headers={"Content-Type": media})).status == 200, media

    async def test_soapaction_is_ignored(self):
        """What the Body says counts."""
        for action in ("", '""', "issueCertificate", '"urn:other"'):
            assert (await self.ask(headers={"SOAPAction": action})).status == 200


class Faults(PortCase):
    """What a Fault says, and what it never says."""

    async def test_what_breaks_the_contract_beyond_the_schema(self):
        """A municipality code with a wrong check digit, a serial number of zeros, times and days of no calendar."""
        beyond = {
            CHECK.replace("272060", "272061"): "municipalityCode has a wrong check digit",
            LIST.replace("00Ab12", "0000"): "serialNumber is all zeros",
            DELIVERY.replace("2026-11", "12026-11"): "occurredAt lies outside the calendar",
            DELIVERY.replace("2026-11-24", "-0044-03-15"): "occurredAt lies outside the calendar",
            DELIVERY.replace(
                "2026-11-24T00:05:00.5Z", "9999-12-31T23:59:59Z"
            ): "occurredAt lies outside the calendar",
            APPLY.replace("1980-02-29", "-1980-02-28"): "birthDate lies outside the calendar",
        }
        for body, text in beyond.items():
            assert (await self.ask(body)).fault[:2] == ("Client", text)
        assert self.desk.asked == []

    async def test_what_the_schema_decides(self):
        """Each facet of the contract, with the element named and the value not repeated."""
        broken = {
            CHECK.replace("T-1", "T_1"): "transactionId has a form that is not allowed",
            CHECK.replace("T-1", ""): "transactionId has a form that is not allowed",
            CHECK.replace("T-1", "T-1\n"): "transactionId has a form that is not allowed",
            CHECK.replace("T-1", "x" * 65): "transactionId has a form that is not allowed",
            CHECK.replace("272060", "27206"): "municipalityCode has a form that is not allowed",
            CHECK.replace("272060", "２７２０６０"): "municipalityCode has a form that is not allowed",
            LIST.replace("STORE<", "KIOSK<"): "channel is none of the allowed values",
            LIST.replace("CARD", "card"): "type is none of the allowed values",
            LIST.replace("00Ab12", "0x12"): "serialNumber has a form that is not allowed",
            LIST.replace("00Ab12", "1" * 41): "serialNumber has a form that is not allowed",
            LIST.replace("泉大津駅前店", ""): "storeName is empty",
            LIST.replace("泉大津駅前店", "店" * 65): "storeName is too long",
            LIST.replace("泉大津駅前店", "𠮷" * 65): "storeName is too long",
            ISSUE.replace("juminhyo", "jumin"): "kind is none of the allowed values",
            ISSUE.replace("copies>2<", "copies>2147483648<"): "copies is not a value of its type",
            ISSUE.replace("copies>2<", "copies>2.0<"): "copies is not a value of its type",
            ISSUE.replace("copies>2<", "copies><"): "copies is not a value of its type",
            ISSUE.replace("MEMBERS<", "NOBODY<"): "scope is none of the allowed values",
            ISSUE.replace("DOMICILE", "EVERYTHING"): "show is none of the allowed values",
            DELIVERY.replace("00.5Z", "00.5"): "occurredAt has a form that is not allowed",
            DELIVERY.replace("2026-11-24", "2026-11-31"): "occurredAt is not a value of its type",
            DELIVERY.replace("7K2M", "7k2m"): "issuanceNumber has a form that is not allowed",
            ERROR.replace("E-01", "E_01"): "errorCode has a form that is not allowed",
            ERROR.replace("<k:detail></k:detail>", ""): (
                "reportError is out of place, unknown, or lacks an element it must contain"
            ),
            ERROR.replace("<k:detail>", "<k:detail>" + "あ" * 1025): "detail is too long",
            LIST.replace(
                KIOSK_PART, ""
            ): "credential is out of place, unknown, or lacks an element it must contain",
        }
        for body, text in broken.items():
            assert (await self.ask(body)).fault[:2] == ("Client", text), body
        assert self.desk.asked == []

    async def test_the_widest_values_pass(self):
        """Lengths count code points: plane 2 is one each, a variation selector one more."""
        wide = {
            CHECK.replace("T-1", "aZ0-" * 16): 200,
            LIST.replace("泉大津駅前店", "𠮷" * 64): 200,
            LIST.replace("泉大津駅前店", "葛\U000e0100" * 32): 200,
            LIST.replace("00Ab12", "f" * 40): 200,
            ISSUE.replace("copies>2<", "copies>-2147483648<"): 200,
            ISSUE.replace("copies>2<", "copies> +02 <"): 200,
            DELIVERY.replace("00:05:00.5Z", "24:00:00Z"): 200,
            DELIVERY.replace("2026-11-24T00:05:00.5Z", " 2026-11-24T09:05:00.123456789123+14:00 "): 200,
            APPLY.replace("1980-02-29", "1980-02-29+09:00"): 200,
            ERROR.replace("<k:detail>", "<k:detail>" + "𠮷" * 1024): 200,
            ERROR.replace("<k:detail>", "<k:detail>" + "=" * 1024): 200,
            ERROR.replace("<k:detail>", "<k:detail><![CDATA[" + "<" * 1024 + "]]>"): 200,
        }
        for body, status in wide.items():
            assert (await self.ask(body)).status == status, body
        store_name = self.desk.asked[1].kiosk.store_name
        assert store_name == "𠮷" * 64
        assert self.desk.asked[6].occurred_at.isoformat() == "2026-11-25T09:00:00+09:00"
        assert self.desk.asked[7].occurred_at.isoformat() == "2026-11-24T04:05:00.123456+09:00"
        assert self.desk.asked[8].applicant.birth_date.isoformat() == "1980-02-29"

    async def test_the_desk_may_find_the_contract_broken(self):
        """ContractBroken of the desk is a Client Fault with its text."""
        self.desk.replies["report_delivery"] = ContractBroken("occurredAt is ahead of the clock")
        assert (await self.ask(DELIVERY)).fault[:2] == ("Client", "occurredAt is ahead of the clock")

    async def test_what_breaks_here_says_nothing(self):
        """An exception's text may hold SQL, a path, a name: the caller gets a reference, the log class and place."""

        async def breaks(request):
            raise RuntimeError(f"SELECT * FROM person WHERE name = '{SECRET}' -- /etc/konbinid")

        self.desk.replies["list_certificates"] = breaks
        reply = await self.ask(LIST)
        code, text, reference = reply.fault
        assert (code, text) == ("Server", "the request could not be processed")
        for word in (b"SELECT", b"/etc", b"Runtime", b"Traceback", SECRET.encode()):
            assert word not in reply.body
        logged = self.logs()
        assert reference in logged
        assert "RuntimeError at " in logged
        assert "test_answers.py" in logged
        assert "SELECT" not in logged
        assert SECRET not in logged

    async def test_a_reply_of_another_operation_is_never_told(self):
        """A desk that answers with the wrong kind of reply makes a Fault, not a paper (I-01)."""
        self.desk.replies["issue"] = Accepted()
        assert (await self.ask(ISSUE)).fault[0] == "Server"
        self.desk.replies["issue"] = Refused(Code.DONE)
        assert (await self.ask(ISSUE)).fault[0] == "Server"

    async def test_an_answer_that_xml_cannot_carry(self):
        """A control character in a name makes a Fault, not half a response."""
        listed = self.desk.replies["list_certificates"]
        object.__setattr__(listed.certificates[0], "title", "\x0b")
        self.addCleanup(object.__setattr__, listed.certificates[0], "title", "住民票の写し")
        assert (await self.ask(LIST)).fault[0] == "Server"

    async def test_no_personal_data_in_any_log(self):
        """What spyne does: it logs whole requests when it cannot read them; with every logger wide open nothing may come out."""
        stream = io.StringIO()
        watch = logging.StreamHandler(stream)
        root = logging.getLogger()
        level = root.level
        root.addHandler(watch)
        root.setLevel(logging.DEBUG)
        self.addCleanup(root.setLevel, level)
        self.addCleanup(root.removeHandler, watch)
        named = APPLY.replace("葛城 一郎", SECRET).replace("0725-00-0000", "0725-99-1234")
        assert (await self.ask(named)).status == 200
        for broken in (
            named[:-30],
            named.replace("1980-02-29", "1980-02-30"),
            named.replace("<k:kana>", f"<k:{SECRET}/><k:kana>"),
            named.replace("<k:address>", f'<k:address xsi:type="k:{SECRET}">'),
            named.replace("T-1", SECRET),
            named.replace("applyForRegistration", SECRET),
            named.replace("<s:Body>", f"<s:Body {SECRET}='1'><"),
            named.replace("272060", "272061"),
        ):
            reply = await self.ask(broken)
            assert reply.status == 500
            assert SECRET not in reply.body.decode()
        await self.ask(
            named, path=f"/center?{'%E5%B1%B1'}", headers={"User-Agent": "99-1234", "Cookie": "a=99-1234"}
        )
        await self.ask(named, path="/99-1234", headers={"Content-Type": "99-1234"})
        await self.raw(post(named, "X-99-1234 : x"))
        self.desk.replies["apply_for_registration"] = RuntimeError(SECRET)
        assert (await self.ask(named)).fault[0] == "Server"
        for word in (SECRET, "99-1234", "東雲町", "00Ab12", "ab12", "山田"):
            assert word not in stream.getvalue() + self.logs(), word


class Interleavings(PortCase):
    """Many at once."""

    limits = Limits(answer_within=0.6)

    async def test_every_caller_gets_the_answer_to_its_own_question(self):
        """I-01, I-02, I-08: forty connections, random delays, some past the deadline, some breaking: nobody's paper moves.

        The desk writes the transaction's id into the document; each caller must find its own, or 9002, or a Fault.
        """
        usual = self.desk.replies["issue"]
        chance = random.Random(20230523)

        async def issue(request):
            own = request.envelope.transaction_id
            await self.pause(chance.choice([0, 0, 0.01, 0.05, 0.59, 0.61, 1.0]))
            if chance.random() < 0.1:
                raise RuntimeError(own)
            return dataclasses.replace(usual, document=own.encode() * 50, issuance_number=f"0000000-{own}")

        self.desk.replies["issue"] = issue
        reactor.suggestThreadPoolSize(40)
        self.addCleanup(reactor.suggestThreadPoolSize, 10)
        batches = [[f"N{caller:02}-{number}" for number in range(4)] for caller in range(40)]
        asked = [[(ISSUE.replace("T-1", own), {}) for own in batch] for batch in batches]
        answers = await gatherResults([Deferred.fromCoroutine(self.ask_all(batch)) for batch in asked])
        seen = Counter()
        for batch, replies in zip(batches, answers, strict=True):
            for own, reply in zip(batch, replies, strict=True):
                if reply.status == 500:
                    assert reply.fault[0] == "Server"
                    seen["fault"] += 1
                elif reply.text("resultCode") == "9002":
                    assert len(reply.entry) == 2
                    seen["9002"] += 1
                else:
                    assert base64.b64decode(reply.text("document")) == own.encode() * 50
                    assert reply.text("issuanceNumber") == f"0000000-{own}"
                    seen["own"] += 1
        assert min(seen["fault"], seen["9002"], seen["own"]) > 0, seen
        assert sum(seen.values()) == len(self.desk.asked) == 160


class Deadlines(PortCase):
    """With half a second for an answer."""

    limits = Limits(answer_within=0.5)

    async def test_every_operation_is_answered_in_time_and_the_late_result_reaches_nobody(self):
        """I-01: the paper that was late for one applicant must not be printed for the next one."""
        waiting: list[Deferred] = []

        async def late(request):
            waiting.append(Deferred())
            return await waiting[-1]

        usual = self.desk.replies
        expected = {
            "check_service": (CHECK, Code.TRY_LATER),
            "list_certificates": (LIST, Code.TRY_LATER),
            "registration_status": (STATUS, Code.TRY_LATER),
            "issue": (ISSUE, Code.OUTCOME_UNKNOWN),
            "report_delivery": (DELIVERY, Code.OUTCOME_UNKNOWN),
            "apply_for_registration": (APPLY, Code.OUTCOME_UNKNOWN),
            "report_error": (ERROR, Code.OUTCOME_UNKNOWN),
        }
        self.desk.replies = dict.fromkeys(usual, late)
        for question, (body, code) in expected.items():
            reply = await self.ask(body)
            assert (reply.status, reply.text("resultCode")) == (200, code.value), question
            assert reply.text("message") == MESSAGES[code]
            assert len(reply.entry) == 2
        assert self.site.under_way == len(expected)
        next_one = deferToThread(self._ask_all, [(CHECK, {}), (LIST, {})], "center")
        self.desk.replies = usual
        for question, gate in zip(expected, waiting, strict=True):
            gate.callback(usual[question])
        replies = await next_one
        assert [reply.entry.tag for reply in replies] == [
            f"{{{NAMESPACE}}}checkServiceResponse",
            f"{{{NAMESPACE}}}listCertificatesResponse",
        ]
        assert self.site.under_way == 0
        assert self.logs().count("nobody waited any more") == len(expected)

    async def test_a_late_failure_is_logged_and_reaches_nobody(self):
        """What breaks after its caller was answered still leaves its reference in the log."""
        gate: Deferred = Deferred()

        async def late(request):
            await gate

        self.desk.replies["issue"] = late
        assert (await self.ask(ISSUE)).text("resultCode") == "9002"
        gate.errback(RuntimeError(SECRET))
        assert "REFERENCE000001" in self.logs()
        assert SECRET not in self.logs()
        assert (await self.ask(CHECK)).status == 200

    async def test_the_work_is_not_cancelled(self):
        """A COMMIT must not be cancelled: the desk's own Deferred is never touched."""
        cancelled = []
        gate: Deferred = Deferred(cancelled.append)

        async def late(request):
            return await gate

        self.desk.replies["issue"] = late
        assert (await self.ask(ISSUE)).text("resultCode") == "9002"

        def ask_and_leave():
            tls = self.connect()
            tls.sendall(post(ISSUE))
            tls.close()

        await deferToThread(ask_and_leave)
        await self.until(lambda: self.site.under_way == 2)
        await self.until(lambda: not self.factory.protocols)
        assert cancelled == []
        self.desk.replies["issue"] = self.desk.replies["report_error"]
        gate.callback(Refused(Code.TRY_LATER))
        assert self.site.under_way == 0

    async def test_an_answer_of_a_megabyte(self):
        """A register's PDF comes through whole."""
        issued = self.desk.replies["issue"]
        object.__setattr__(issued, "document", PDF * 100)
        self.addCleanup(object.__setattr__, issued, "document", PDF)
        reply: Reply = await self.ask(ISSUE)
        assert len(reply.text("document")) > 1_000_000

    async def test_a_caller_who_does_not_read(self):
        """A connection that is gone while its answer is written hurts nobody else."""

        def ask_and_break():
            tls = self.connect()
            tls.sendall(post(ISSUE) * 3)
            os.close(tls.detach())

        await deferToThread(ask_and_break)
        await self.until(lambda: not self.factory.protocols)
        assert (await self.ask(CHECK)).status == 200


class Closing(PortCase):
    """The listening port is closed while connections are open."""

    async def test_open_connections_end_with_the_port(self):
        """I-05: a host that is taken out of service answers what is under way and nothing more, keep-alive or not."""
        gate: Deferred = Deferred()
        usual = self.desk.replies["check_service"]

        async def held(request):
            await gate
            return usual

        idle = await deferToThread(self.connect)
        self.desk.replies["check_service"] = held
        busy = Deferred.fromCoroutine(self.raw(post(CHECK) + post(CHECK)))
        await self.until(lambda: self.site.under_way == 1)
        await self.listening.stopListening()
        assert await deferToThread(idle.recv, 1) == b""
        idle.close()
        gate.callback(None)
        received = await busy
        assert received.count(b"HTTP/1.1 200") == 1
        assert b"Connection: close" in received
        assert len(self.desk.asked) == 1
        await self.until(lambda: not self.site.channels)

    async def test_a_request_that_crosses_the_close_reaches_nobody(self):
        """I-05: TLS still reads when it has closed. What was sent without knowing of the close must not be acted on unanswered."""
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = client_context(maximum_version=version)
            idle = await deferToThread(self.connect, context)
            await self.until(lambda: any(channel._deadline is None for channel in self.site.channels))
            for channel in list(self.site.channels):
                channel.leave()
            for line in post(CHECK).splitlines(
                keepends=True
            ):  # at one go, twisted.web happens to stop behind the first line
                await deferToThread(idle.sendall, line)
                await self.pause(0.02)
            await self.pause(0.1)
            idle.close()
            assert self.desk.asked == [], version
            await self.until(lambda: not self.site.channels)


class PipelinedDeadline(PortCase):
    """With a second and a half for an answer."""

    limits = Limits(answer_within=1.5)

    async def test_a_pipelined_request_has_waited_since_it_came(self):
        """Two requests at once on one connection: the second one's time runs while the first one is answered."""

        async def slow(request):
            await self.pause(1.0)
            return Refused(Code.CLOSED)

        self.desk.replies["check_service"] = slow
        received = await self.raw(post(CHECK) + post(CHECK) + post(CHECK, "Connection: close"))
        answers = received.split(b"<tns:resultCode>")[1:]
        assert [part[:4] for part in answers] == [b"1201", b"9001", b"9001"]
        assert len(self.desk.asked) == 2
