"""What a kiosk never sends: every trick of XML gets a clean Fault, reaches nobody, and fetches nothing."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from soap_port import (
    APPLY,
    CARD_PART,
    CHECK,
    DELIVERY,
    ENVELOPE_PART,
    ISSUE,
    KIOSK_PART,
    NAMESPACE,
    SOAP,
    PortCase,
    envelope,
)
from twisted.internet import protocol, reactor

from konbinid.domain.request import ContractBroken
from konbinid.kiosk.counter import _CONVERSATIONS
from konbinid.kiosk.soap import Soap

MARK = "山田秘子"
PORT = Soap("https://localhost/center")
CHECKED = f"<k:checkService>{ENVELOPE_PART}</k:checkService>"


def checked(transaction: str) -> str:
    """One checkService with this inside transactionId."""
    return CHECK.replace("T-1", transaction)


def attacks(port: int) -> dict[str, bytes]:
    """Name → request. `port` is a loopback port that counts who calls."""
    url = f"http://127.0.0.1:{port}/x"
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    found = {
        "file entity": f'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>{checked("&x;")}',
        "http entity": f'<!DOCTYPE a [<!ENTITY x SYSTEM "{url}">]>{checked("&x;")}',
        "external DTD": f'<!DOCTYPE a SYSTEM "{url}">{CHECK}',
        "public DTD": f'<!DOCTYPE a PUBLIC "-//a//b" "{url}">{CHECK}',
        "parameter entity": f'<!DOCTYPE a [<!ENTITY % x SYSTEM "{url}"> %x;]>{CHECK}',
        "internal entity": f'<!DOCTYPE a [<!ENTITY x "T-1">]>{checked("&x;")}',
        "plain doctype": f"<!DOCTYPE a>{CHECK}",
        "attribute default": f'<!DOCTYPE a [<!ATTLIST a b CDATA "c">]>{CHECK}',
        "billion laughs": f'<!DOCTYPE a [<!ENTITY l0 "lol">{lol}]>{checked("&l9;")}',
        "laughs in an attribute": f'<!DOCTYPE a [<!ENTITY l0 "lol">{lol}]>'
        + CHECK.replace("<s:Body>", '<s:Body a="&l9;">'),
        "quadratic": f'<!DOCTYPE a [<!ENTITY x "{"y" * 100_000}">]>{checked("&x;" * 20_000)}',
        "undefined entity": checked("&x;"),
        "deep": envelope("<a>" * 10_000 + "</a>" * 10_000),
        "deep with few tags": envelope("<a>" * 2_000 + "</a>" * 2_000),
        "wide body": envelope("<a/>" * 40_000),
        "wide operation": CHECK.replace(ENVELOPE_PART, ENVELOPE_PART + "<k:a/>" * 20_000),
        "many attributes": CHECK.replace(
            "<s:Body>", "<s:Body " + " ".join(f'a{n}=""' for n in range(20_000)) + ">"
        ),
        "many namespaces": CHECK.replace(
            "<s:Body>", "<s:Body " + " ".join(f'xmlns:a{n}="u"' for n in range(10_000)) + ">"
        ),
        "21 headers": envelope(CHECKED, f"<s:Header>{'<a/>' * 21}</s:Header>"),
        "many headers": envelope(CHECKED, f"<s:Header>{'<a/>' * 50_000}</s:Header>"),
        "multiref cycle": envelope(
            '<k:checkService href="#a" id="b"/>', '<s:Header><a id="a" href="#b"/></s:Header>'
        ),
        "multiref in place of a value": CHECK.replace(
            "<k:transactionId>T-1</k:transactionId>", '<k:transactionId href="#1"/>'
        ),
        "xml:id": CHECK.replace("<k:transactionId>", '<k:transactionId xml:id="a">'),
        "a Fault as a request": envelope("<s:Fault><faultcode>s:Client</faultcode></s:Fault>"),
        "a response as a request": envelope(CHECKED.replace("checkService", "checkServiceResponse")),
        "a type as an operation": envelope(KIOSK_PART.replace("k:kiosk", "k:Kiosk")),
        "unknown operation": envelope(f"<k:{MARK}/>"),
        "operation of another namespace": envelope(
            CHECKED.replace("checkService", "checkService xmlns:k='urn:other'", 1)
        ),
        "operation of no namespace": envelope("<checkService/>"),
        "empty Body": envelope(""),
        "two in the Body": envelope(CHECKED * 2),
        "text in the Body": envelope(f"{MARK}{CHECKED}"),
        "text behind the operation": envelope(f"{CHECKED}{MARK}"),
        "text in the Envelope": CHECK.replace("<s:Body>", f"{MARK}<s:Body>"),
        "no Body": f'<s:Envelope xmlns:s="{SOAP}"/>',
        "two Bodies": CHECK.replace("</s:Envelope>", f"<s:Body>{CHECKED}</s:Body></s:Envelope>"),
        "Body before Header": CHECK.replace("</s:Envelope>", "<s:Header/></s:Envelope>"),
        "element behind the Body": CHECK.replace("</s:Envelope>", "<a/></s:Envelope>"),
        "not an envelope": "<a/>",
        "not XML": MARK,
        "cut off": CHECK[:-20],
        "two documents": CHECK * 2,
        "empty": "",
        "xsi:nil": CHECK.replace(
            "<k:transactionId>T-1</k:transactionId>", '<k:transactionId xsi:nil="true"/>'
        ),
        "xsi:nil false": CHECK.replace("<k:transactionId>", '<k:transactionId xsi:nil="false">'),
        "xsi:type string": CHECK.replace(
            "<k:transactionId>",
            '<k:transactionId xmlns:x="http://www.w3.org/2001/XMLSchema" xsi:type="x:string">',
        ),
        "xsi:type of another class": ISSUE.replace("<k:kiosk>", '<k:kiosk xsi:type="k:Credential">'),
        "xsi:type of nothing": CHECK.replace("<k:transactionId>", f'<k:transactionId xsi:type="k:{MARK}">'),
        "xsi:type without a namespace": CHECK.replace(
            "<k:transactionId>", '<k:transactionId xsi:type="nobody:String">'
        ),
        "unknown element": CHECK.replace(ENVELOPE_PART, ENVELOPE_PART + f"<k:{MARK}>{MARK}</k:{MARK}>"),
        "doubled element": CHECK.replace(ENVELOPE_PART, ENVELOPE_PART + ENVELOPE_PART),
        "wrong order": LISTED_BACKWARDS,
        "attribute": CHECK.replace("<k:checkService>", f'<k:checkService a="{MARK}">'),
        "XML 1.1": f'<?xml version="1.1"?>{CHECK}',
        "declared as Shift_JIS": f'<?xml version="1.0" encoding="Shift_JIS"?>{CHECK}',
        "surrogate reference": checked("&#xD842;&#xDFB7;"),
        "null reference": checked("&#0;"),
        "5000 digits": ISSUE.replace("<k:copies>2<", f"<k:copies>{'9' * 5000}<"),
    }
    encoded = {name: text.encode() for name, text in found.items()}
    encoded["UTF-16"] = f'<?xml version="1.0" encoding="UTF-16"?>{CHECK}'.encode("utf-16")
    encoded["UTF-16 without a mark"] = CHECK.encode("utf-16-le")
    encoded["UTF-7 in disguise"] = b'<?xml version="1.0" encoding="utf-7"?>' + CHECK.encode("utf-7")
    encoded["bad bytes"] = CHECK.replace("T-1", "T\0").encode().replace(b"\0", b"\xff\xfe")
    encoded["surrogates as bytes"] = CHECK.encode().replace(b"T-1", b"\xed\xa1\x82\xed\xbe\xb7")
    encoded["null byte"] = CHECK.encode().replace(b"T-1", b"T\0001")
    return encoded


LISTED_BACKWARDS = envelope(
    f"<k:listCertificates>{ENVELOPE_PART}{CARD_PART}{KIOSK_PART}</k:listCertificates>"
)


class Attacks(PortCase):
    """Over the wire."""

    async def test_every_trick_gets_a_clean_fault_and_reaches_nobody(self):
        """XXE, bombs, multiref, disguises: a Client Fault that repeats nothing, no call outside, and the port goes on."""
        calls = []
        factory = protocol.ServerFactory()
        factory.buildProtocol = calls.append
        trap = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(trap.stopListening)
        for name, body in attacks(trap.getHost().port).items():
            reply = await self.ask(body)
            code, text, reference = reply.fault
            assert code == "Client", (name, code, text)
            assert MARK not in reply.body.decode()
            assert text.isascii()
            assert "root:" not in text
            assert reference in self.logs()
        assert calls == []
        assert self.desk.asked == []
        assert MARK not in self.logs()
        assert (await self.ask(CHECK)).status == 200

    async def test_a_schema_location_is_not_followed(self):
        """xsi:schemaLocation is a hint to fetch something; it is legal, and ignored."""
        calls = []
        factory = protocol.ServerFactory()
        factory.buildProtocol = calls.append
        trap = reactor.listenTCP(0, factory, interface="127.0.0.1")
        self.addCleanup(trap.stopListening)
        where = f'xsi:schemaLocation="{NAMESPACE} http://127.0.0.1:{trap.getHost().port}/x.xsd"'
        reply = await self.ask(CHECK.replace("<k:checkService>", f"<k:checkService {where}>"))
        assert reply.status == 200
        assert calls == []

    async def test_soap_headers(self):
        """Unknown headers are passed over, up to 20; one that must be understood gets SOAP 1.1's own fault code."""
        twenty = f"<s:Header>{'<a/>' * 19}<b s:mustUnderstand='0'/></s:Header>"
        assert (await self.ask(envelope(CHECKED, twenty))).status == 200
        for value in ("1", "true", " 1 ", "yes"):
            must = f'<s:Header><a s:mustUnderstand="{value}">{MARK}</a></s:Header>'
            assert (await self.ask(envelope(CHECKED, must))).fault[0] == "MustUnderstand"
        assert len(self.desk.asked) == 1

    async def test_another_soap_version(self):
        """SOAP 1.2 gets VersionMismatch, SOAP 1.1's word for it."""
        newer = CHECK.replace(SOAP, "http://www.w3.org/2003/05/soap-envelope")
        assert (await self.ask(newer)).fault[0] == "VersionMismatch"

    async def test_comments_and_sections_do_not_split_a_value(self):
        """A comment in a value, or CDATA around it, must not make us read half of it."""
        reply = await self.ask(checked("A<!-- x -->B<![CDATA[C]]><?php d?>D"))
        assert reply.status == 200
        assert self.desk.asked[0].envelope.transaction_id == "ABCD"

    async def test_a_byte_order_mark_and_a_declaration_are_fine(self):
        """What harmless clients do is taken."""
        assert (await self.ask("\ufeff<?xml version='1.0' encoding='utf-8'?>\n" + CHECK)).status == 200


PIECES = st.sampled_from([text.encode() for text in (ISSUE, APPLY, DELIVERY, LISTED_BACKWARDS)])
SPLICES = st.lists(
    st.tuples(
        st.integers(0, 1500),
        st.integers(0, 60),
        st.one_of(
            st.binary(max_size=12),
            st.sampled_from(
                [b"<", b">", b"&#0;", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x?>", b'xsi:nil="1"', b"k:"]
            ),
        ),
    ),
    max_size=4,
)


@settings(deadline=None, max_examples=300)
@given(PIECES, SPLICES)
def test_whatever_is_garbled_is_read_or_refused(body, splices):
    """Bytes cut out, put in or replaced anywhere: a request that is valid, or ContractBroken; never an error of ours."""
    for place, length, put in splices:
        body = body[:place] + put + body[place + length :]
    with contextlib.suppress(ContractBroken):
        call = PORT.read(body)
        _CONVERSATIONS[call.operation].read("client", call.asked)


def test_no_attack_holds_the_reactor():
    """The parser's work on the worst bodies of the allowed size stays small; 0.25 s leaves room for a busy machine."""
    slow = {}
    for name, body in attacks(1).items():
        if len(body) > 262_144:
            continue
        begun = time.perf_counter()
        with pytest.raises(ContractBroken):
            PORT.read(body)
        took = time.perf_counter() - begun
        if took > 0.25:
            slow[name] = took
    assert slow == {}
