"""The WSDL is the contract, letter by letter; what is valid by it is read and told without loss.

The golden file is compared byte for byte. To write it anew after a wanted change of the contract:

    KONBINID_REFRESH_GOLDEN=1 pytest tests/kiosk/test_contract.py

and read the difference before it is committed.
"""

from __future__ import annotations

import os
from base64 import b64decode
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from soap_port import NAMESPACE, REPLIES, SOAP, envelope

from konbinid.domain.kinds import Channel, CredentialType, Kind, Scope, Switch
from konbinid.domain.request import (
    Issued,
    KindState,
    Listed,
    ListedCertificate,
    ListedMember,
    Options,
    Outcome,
    RegistrationStatus,
    ServiceReport,
    ServiceState,
    TaxYear,
)
from konbinid.domain.results import MESSAGES, Code
from konbinid.kiosk import asking, telling
from konbinid.kiosk.soap import Soap

GOLDEN = Path(__file__).parent / "golden" / "center.wsdl"
ADDRESS = "https://address.placeholder.invalid/center"
XSD = "{http://www.w3.org/2001/XMLSchema}"
PORT = Soap(ADDRESS)
SCHEMA_ELEMENT = etree.fromstring(PORT.wsdl).find(f".//{XSD}schema")
SCHEMA = etree.XMLSchema(etree.fromstring(etree.tostring(SCHEMA_ELEMENT)))


def test_the_golden_wsdl():
    """Outsiders build their programs from this file: it changes on purpose or not at all."""
    if os.environ.get("KONBINID_REFRESH_GOLDEN"):
        GOLDEN.write_bytes(PORT.wsdl + b"\n")
    assert PORT.wsdl + b"\n" == GOLDEN.read_bytes()


def test_the_address_stands_in_the_wsdl():
    """A client calls the address that the WSDL names."""
    other = Soap("https://kiosk.city.example:8443/center").wsdl
    assert other == PORT.wsdl.replace(ADDRESS.encode(), b"https://kiosk.city.example:8443/center")


# Written down from the contract, not from the program: element, facets, ? optional, * repeated.
KIOSK = "kiosk(chainCode 1-8, storeCode 1-16, storeName 1-64, terminalId 1-16, channel STORE|OFFICE)"
CREDENTIAL = "credential(serialNumber [0-9A-Fa-f]{1,40}, type CARD|PHONE)"
KINDS = "juminhyo|kisaijiko|inkan|kazei|koseki_zenbu|koseki_kojin|fuhyo"
SWITCHES = "RELATIONSHIP|HOUSEHOLDER|DOMICILE|INDIVIDUAL_NUMBER|NATIONALITY|RESIDENCE_STATUS"
INSTANT = r"dateTime .*(Z|[+\-][0-9]{2}:[0-9]{2})"
HEAD = "transactionId [A-Za-z0-9-]{1,64}, municipalityCode [0-9]{6}"
RESULT = "resultCode [0-9]{4}, message 0-120"
CONTRACT = {
    "checkService": HEAD,
    "checkServiceResponse": (
        f"{RESULT}, state? OPEN|CLOSED|SUSPENDED, environment? PRODUCTION|TEST, serverTime? {INSTANT}, version? string, "
        f"certificates*(kind {KINDS}, state OPEN|CLOSED|SUSPENDED|STALE, opensAt? {INSTANT}, closesAt? {INSTANT})"
    ),
    "listCertificates": f"{HEAD}, {KIOSK}, {CREDENTIAL}",
    "listCertificatesResponse": (
        f"{RESULT}, certificates*(kind {KINDS}, title string, fee int, maxCopies int, "
        f"members*(number int, name string, relationship? string), printable* {SWITCHES}, years*(year int, title string))"
    ),
    "issueCertificate": (
        f"{HEAD}, {KIOSK}, {CREDENTIAL}, kind {KINDS}, copies int, fee int, "
        f"options?(scope? HOUSEHOLD|MEMBERS|ALL, memberNumbers* int, show* {SWITCHES}, year? int)"
    ),
    "issueCertificateResponse": (
        f"{RESULT}, issuanceNumber? [0-9A-Z-]{{12,24}}, pages? int, totalFee? int, expiresAt? {INSTANT}, "
        "document? base64Binary, sha256? [0-9a-f]{64}"
    ),
    "reportDelivery": (
        f"{HEAD}, {KIOSK}, issuanceNumber [0-9A-Z-]{{12,24}}, outcome DELIVERED|CANCELLED|FAILED, copies int, "
        f"occurredAt {INSTANT}, detail? 0-256"
    ),
    "reportDeliveryResponse": RESULT,
    "applyForRegistration": (
        f"{HEAD}, {KIOSK}, {CREDENTIAL}, applicant(name 1-100, kana 1-200, birthDate date, address 1-200, phone 1-20), "
        "domicile 1-200, headOfRegister 1-100"
    ),
    "applyForRegistrationResponse": f"{RESULT}, applicationNumber? string",
    "getRegistrationStatus": f"{HEAD}, {KIOSK}, {CREDENTIAL}",
    "getRegistrationStatusResponse": (
        f"{RESULT}, state? NONE|PENDING|APPROVED|REJECTED, applicationNumber? string, decidedAt? {INSTANT}, reason? string"
    ),
    "reportError": (
        f"{HEAD}, {KIOSK.replace('kiosk', 'kiosk?', 1)}, issuanceNumber? [0-9A-Z-]{{12,24}}, kind? {KINDS}, "
        "errorCode [A-Za-z0-9-]{1,16}, detail 0-1024"
    ),
    "reportErrorResponse": RESULT,
}


def _spelled(name: str) -> str:
    """A type of the WSDL in the words of the table above."""
    kind, _, local = name.partition(":")
    if kind == "xs":
        return " " + local
    declared = SCHEMA_ELEMENT.find(f"*[@name='{local}']")
    if declared.tag == f"{XSD}complexType":
        return "(" + ", ".join(_element(element) for element in declared.iter(f"{XSD}element")) + ")"
    facets = {}
    for facet in declared[0]:
        facets.setdefault(facet.tag.removeprefix(XSD), []).append(facet.get("value"))
    base = declared[0].get("base").removeprefix("xs:")
    words = [] if base == "string" else [base]
    words += ["|".join(values) for facet, values in facets.items() if facet in ("enumeration", "pattern")]
    if "maxLength" in facets:
        words.append(f"{facets.get('minLength', ['0'])[0]}-{facets['maxLength'][0]}")
    return " " + " ".join(words)


def _element(element) -> str:
    assert set(element.attrib) <= {"name", "type", "minOccurs", "maxOccurs"}
    occurs = {("1", "1"): "", ("0", "1"): "?", ("0", "unbounded"): "*"}
    mark = occurs[element.get("minOccurs", "1"), element.get("maxOccurs", "1")]
    return element.get("name") + mark + _spelled(element.get("type"))


def test_every_element_is_the_contracts():
    """Names, order, types, facets, what may be absent and what may be repeated: compared with the contract's text."""
    assert SCHEMA_ELEMENT.get("targetNamespace") == NAMESPACE
    assert SCHEMA_ELEMENT.get("elementFormDefault") == "qualified"
    found = {name: _spelled(f"tns:{name}") for name in CONTRACT}
    assert found == {name: f"({text})" for name, text in CONTRACT.items()}


def test_the_binding_is_document_literal():
    """SOAP 1.1 over HTTP, one part per message, named so that clients unwrap it; no headers."""
    wsdl = etree.fromstring(PORT.wsdl)
    names = {"w": "http://schemas.xmlsoap.org/wsdl/", "s": "http://schemas.xmlsoap.org/wsdl/soap/"}
    assert wsdl.xpath("//s:binding/@style", namespaces=names) == ["document"]
    assert set(wsdl.xpath("//s:body/@use", namespaces=names)) == {"literal"}
    assert set(wsdl.xpath("//w:part/@name", namespaces=names)) == {"parameters"}
    assert wsdl.xpath("//s:header", namespaces=names) == []
    operations = wsdl.xpath("//w:portType/w:operation/@name", namespaces=names)
    assert operations == [name for name in CONTRACT if not name.endswith("Response")]


@pytest.mark.parametrize("code", Code)
def test_messages_fit_the_contract(code):
    """At most 120 characters, and empty with 0000."""
    assert len(MESSAGES[code]) <= 120
    assert (MESSAGES[code] == "") == (code is Code.DONE)


# Round trips

XML_TEXT = st.characters(exclude_categories=["Cs"], exclude_characters="\r\ufffe\uffff").filter(
    lambda character: character in "\t\n" or character >= " "
)


def text(longest: int, shortest: int = 1):
    return st.text(XML_TEXT, min_size=shortest, max_size=longest)


INT = st.integers(-(2**31), 2**31 - 1)
MOMENT = st.datetimes(
    datetime(1900, 1, 1),  # noqa: DTZ001  # hypothesis adds the time zone
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))]),
)


def tag(name: str, value: object) -> str:
    return f"<k:{name}>{escape(str(value))}</k:{name}>"


HEAD_XML = tag("transactionId", "T-1") + tag("municipalityCode", "272060")
KIOSK_VALUES = st.tuples(text(8), text(16), text(64), text(16), st.sampled_from(Channel))
CARD_VALUES = st.tuples(st.sampled_from(CredentialType), st.integers(1, 16**40 - 1))


def kiosk_xml(values) -> str:
    names = ("chainCode", "storeCode", "storeName", "terminalId", "channel")
    return "<k:kiosk>" + "".join(map(tag, names, values)) + "</k:kiosk>"


def card_xml(values) -> str:
    kind, serial = values
    return f"<k:credential>{tag('serialNumber', f'{serial:X}')}{tag('type', kind)}</k:credential>"


def read(operation: str, inner: str):
    """The contract object of a request."""
    call = PORT.read(envelope(f"<k:{operation}>{HEAD_XML}{inner}</k:{operation}>").encode())
    assert call.operation == operation
    return call


@settings(deadline=None, max_examples=50)
@given(
    KIOSK_VALUES,
    CARD_VALUES,
    st.sampled_from(Kind),
    INT,
    INT,
    st.none()
    | st.tuples(
        st.none() | st.sampled_from(Scope),
        st.lists(INT, max_size=5),
        st.lists(st.sampled_from(Switch)),
        st.none() | INT,
    ),
)
def test_any_issue_request_is_read_as_it_was_written(kiosk, card, kind, copies, fee, options):  # noqa: PLR0917  # hypothesis gives them in order
    """Whatever text, numbers and options a valid request carries, the desk gets exactly those."""
    chosen = ""
    expected = Options()
    if options is not None:
        scope, members, show, year = options
        expected = Options(scope, tuple(members), frozenset(show), year)
        inner = tag("scope", scope) if scope else ""
        inner += "".join(tag("memberNumbers", member) for member in members)
        inner += "".join(tag("show", switch) for switch in show)
        inner += "" if year is None else tag("year", year)
        chosen = f"<k:options>{inner}</k:options>"
    inner = (
        kiosk_xml(kiosk)
        + card_xml(card)
        + tag("kind", kind)
        + tag("copies", copies)
        + tag("fee", fee)
        + chosen
    )
    request = asking.issue_request("client", read("issueCertificate", inner).asked)
    found = request.kiosk
    assert (found.chain_code, found.store_code, found.store_name, found.terminal_id, found.channel) == kiosk
    assert (request.credential.type, int(request.credential.serial, 16)) == card
    assert (request.kind, request.copies, request.fee, request.options) == (kind, copies, fee, expected)
    assert (request.envelope.client, request.envelope.transaction_id) == ("client", "T-1")


@settings(deadline=None, max_examples=50)
@given(KIOSK_VALUES, st.sampled_from(Outcome), INT, MOMENT, st.none() | text(256, 0))
def test_any_delivery_report_is_read_as_it_was_written(kiosk, outcome, copies, occurred, detail):
    """The same instant, the same text."""
    inner = (
        kiosk_xml(kiosk) + tag("issuanceNumber", "A" * 12) + tag("outcome", outcome) + tag("copies", copies)
    )
    inner += tag("occurredAt", occurred.isoformat()) + ("" if detail is None else tag("detail", detail))
    report = asking.delivery_report("client", read("reportDelivery", inner).asked)
    assert (report.outcome, report.copies, report.occurred_at, report.detail) == (
        outcome,
        copies,
        occurred,
        detail or "",
    )


@settings(deadline=None, max_examples=50)
@given(CARD_VALUES, text(100), text(200), st.dates(date(1, 1, 1)), text(200), text(20), text(200), text(100))
def test_any_application_is_read_as_it_was_written(card, name, kana, born, address, phone, domicile, head):  # noqa: PLR0917  # hypothesis gives them in order
    """Names of any plane and any length that is allowed."""
    person = tag("name", name) + tag("kana", kana) + tag("birthDate", born.isoformat())
    person += tag("address", address) + tag("phone", phone)
    inner = kiosk_xml(("1", "1", "1", "1", "STORE")) + card_xml(card) + f"<k:applicant>{person}</k:applicant>"
    inner += tag("domicile", domicile) + tag("headOfRegister", head)
    found = asking.application("client", read("applyForRegistration", inner).asked)
    applicant = found.applicant
    assert (applicant.name, applicant.kana, applicant.birth_date) == (name, kana, born)
    assert (applicant.address, applicant.phone) == (address, phone)
    assert (found.domicile, found.head_of_register) == (domicile, head)


CERTIFICATE = st.builds(
    ListedCertificate,
    kind=st.sampled_from(Kind),
    title=text(20),
    fee=st.integers(0, 9999),
    max_copies=st.integers(1, 99),
    members=st.lists(
        st.builds(ListedMember, number=INT, name=text(100), relationship=st.none() | text(20)), max_size=3
    ).map(tuple),
    printable=st.lists(st.sampled_from(Switch), unique=True).map(tuple),
    years=st.lists(st.builds(TaxYear, year=st.integers(2000, 2100), title=text(10)), max_size=2).map(tuple),
)
REPORT = st.builds(
    ServiceReport,
    state=st.sampled_from([ServiceState.OPEN, ServiceState.CLOSED, ServiceState.SUSPENDED]),
    environment=st.sampled_from(["PRODUCTION", "TEST"]),
    server_time=MOMENT,
    version=text(20),
    kinds=st.lists(
        st.builds(
            KindState,
            kind=st.sampled_from(Kind),
            state=st.sampled_from(ServiceState),
            opens_at=st.none() | MOMENT,
            closes_at=st.none() | MOMENT,
        )
    ).map(tuple),
)
ISSUED = st.builds(
    Issued,
    issuance_number=st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-", min_size=12, max_size=24),
    pages=st.integers(1, 20),
    total_fee=st.integers(0, 99999),
    expires_at=MOMENT,
    document=st.binary(max_size=3000),
    sha256=st.just("ab" * 32),
)
STATUS = st.builds(
    RegistrationStatus,
    state=st.sampled_from(["NONE", "PENDING", "APPROVED", "REJECTED"]),
    application_number=st.none() | text(20),
    decided_at=st.none() | MOMENT,
    reason=st.none() | text(50),
)
CALLS = {
    "checkService": read("checkService", ""),
    "listCertificates": read(
        "listCertificates", kiosk_xml(("1", "1", "1", "1", "STORE")) + card_xml(("CARD", 1))
    ),
    "getRegistrationStatus": read(
        "getRegistrationStatus", kiosk_xml(("1", "1", "1", "1", "STORE")) + card_xml(("CARD", 1))
    ),
    "issueCertificate": read(
        "issueCertificate",
        kiosk_xml(("1", "1", "1", "1", "STORE"))
        + card_xml(("CARD", 1))
        + tag("kind", "inkan")
        + tag("copies", 1)
        + tag("fee", 1),
    ),
}


def told(operation: str, answer: telling.Told):
    """The response's element, which the schema has found valid."""
    root = etree.fromstring(PORT.write(CALLS[operation], telling.result(Code.DONE) | answer))
    element = root.find(f"{{{SOAP}}}Body")[0]
    SCHEMA.assertValid(element)
    assert element.tag == f"{{{NAMESPACE}}}{operation}Response"
    return element


def texts(element, path: str) -> list[str]:
    found = element.iterfind("/".join(f"{{{NAMESPACE}}}{step}" for step in path.split("/")))
    return [child.text or "" for child in found]


@settings(deadline=None, max_examples=50)
@given(st.lists(CERTIFICATE, max_size=3).map(tuple))
def test_any_list_is_told_as_it_is(certificates):
    """Every name of every member arrives; the response follows the schema."""
    element = told("listCertificates", telling.tell_list(Listed(certificates)))
    members = [member for certificate in certificates for member in certificate.members]
    assert texts(element, "certificates/kind") == [certificate.kind.value for certificate in certificates]
    assert texts(element, "certificates/members/name") == [member.name for member in members]
    assert texts(element, "certificates/members/number") == [str(member.number) for member in members]
    related = [member.relationship for member in members if member.relationship is not None]
    assert texts(element, "certificates/members/relationship") == related


@settings(deadline=None, max_examples=50)
@given(REPORT, ISSUED, STATUS)
def test_any_other_answer_follows_the_schema(report, issued, status):
    """Times are told in Japan's offset, absent values are left out, bytes are the same bytes."""
    element = told("checkService", telling.tell_service(report))
    moments = texts(element, "serverTime") + texts(element, "certificates/opensAt")
    assert all(moment.endswith("+09:00") for moment in moments)
    assert datetime.fromisoformat(moments[0]) == report.server_time.replace(microsecond=0)
    element = told("issueCertificate", telling.tell_issued(issued))
    (document,) = texts(element, "document")
    assert b64decode(document) == issued.document
    element = told("getRegistrationStatus", telling.tell_status(status))
    assert texts(element, "reason") == ([] if status.reason is None else [status.reason])


def test_a_time_without_an_offset_is_never_told():
    """A naive time is a mistake of ours: a Fault, and not a guess."""
    report = REPLIES["check_service"]
    naive = ServiceReport(report.state, "TEST", datetime(2026, 1, 1), "1", ())  # noqa: DTZ001  # what must be refused
    with pytest.raises(ValueError, match="offset"):
        telling.tell_service(naive)


def test_an_element_of_another_operation_is_never_told():
    """An answer that names what its response does not have is a mistake of ours."""
    with pytest.raises(KeyError):
        PORT.write(CALLS["checkService"], {"document": b"x"})
