"""From the bytes of a request to the one element in its SOAP Body, with everything refused that a kiosk never sends.

XML is a language in which a message can name files to read, grow a thousandfold, point at itself or say a thing
twice; what a certificate is issued for must be readable in one way only. Texts of errors are fixed: they never repeat
what was sent, since what was sent may be somebody's name.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from konbinid.domain.request import ContractBroken
from konbinid.kiosk.contract import NAMESPACE, OPERATIONS

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"

_MOST_HEADERS = 20
# A whole-size body of nothing but tags or attributes would hold the reactor up for longer than 20 ms (measured: 50 000
# attributes 150 ms). The largest request that makes sense has a few dozen of each, and a ``detail`` may be 1 024 of either sign.
_MOST_TAGS = 4096
_MOST_ATTRIBUTES = 2048

_TEXTS = {
    "SCHEMAV_CVC_PATTERN_VALID": "has a form that is not allowed",
    "SCHEMAV_CVC_ENUMERATION_VALID": "is none of the allowed values",
    "SCHEMAV_CVC_MAXLENGTH_VALID": "is too long",
    "SCHEMAV_CVC_MINLENGTH_VALID": "is empty",
    "SCHEMAV_CVC_DATATYPE_VALID_1_2_1": "is not a value of its type",
    "SCHEMAV_CVC_ELT_3_1": "must be left out instead of being nil",
    "SCHEMAV_CVC_ELT_4_3": "carries an xsi:type of another type",
    "SCHEMAV_CVC_COMPLEX_TYPE_3_2_1": "carries an attribute that is not allowed",
    "SCHEMAV_ELEMENT_CONTENT": "is out of place, unknown, or lacks an element it must contain",
}
_ELEMENT = re.compile(r"Element '\{" + re.escape(NAMESPACE) + r"\}([A-Za-z0-9]{1,40})'")


class NotUnderstood(ContractBroken):
    """A header entry that must be understood; SOAP 1.1 has a fault code of its own for it."""


class OtherVersion(ContractBroken):
    """An envelope of another SOAP version; SOAP 1.1 has a fault code of its own for it."""


def body_element(body: bytes) -> Any:
    """The one child of the request's SOAP Body (an lxml element), which names an operation of the contract.

    Raises ContractBroken, or one of its kinds above, for everything else.
    """
    root = _parsed(body)
    if root.tag != f"{{{ENVELOPE}}}Envelope":
        if etree.QName(root).localname == "Envelope":
            raise OtherVersion("the envelope is not one of SOAP 1.1")
        raise ContractBroken("the document is not a SOAP envelope")
    headers, content = _parts(root)
    for header in headers:
        _look_at_header(header)
    if len(content) != 1 or _has_text(content):
        raise ContractBroken("the Body must hold exactly one element")
    name = etree.QName(content[0])
    if name.namespace != NAMESPACE or name.localname not in OPERATIONS:
        raise ContractBroken("the Body names no operation of this service")
    return content[0]


def _parsed(body: bytes) -> Any:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        raise ContractBroken("the document is not UTF-8") from None
    # Before the parser sees it: what a document type can do is best not begun. In a comment or CDATA section the words
    # would be harmless, and no kiosk writes them there.
    if b"<!DOCTYPE" in body:
        raise ContractBroken("a document type is not allowed")
    if body.count(b"<") > _MOST_TAGS or body.count(b"=") > _MOST_ATTRIBUTES:
        raise ContractBroken("the document has too many elements or attributes")
    try:
        root = etree.fromstring(body, _parser())
    except etree.XMLSyntaxError as problem:
        line, column = problem.position
        raise ContractBroken(f"the document is not well-formed (line {line}, column {column})") from None
    document: Any = root.getroottree().docinfo
    if document.doctype or document.internalDTD is not None:
        raise ContractBroken("a document type is not allowed")
    if (document.encoding or "UTF-8").upper() != "UTF-8" or document.xml_version != "1.0":
        raise ContractBroken("the document must be XML 1.0 in UTF-8")
    return root


def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        collect_ids=False,
    )


def _parts(root: Any) -> tuple[list[Any], Any]:
    """The header entries, and the Body."""
    names = [child.tag for child in root]
    body = f"{{{ENVELOPE}}}Body"
    if _has_text(root) or names not in ([body], [f"{{{ENVELOPE}}}Header", body]):
        raise ContractBroken("the Envelope must hold at most one Header, then exactly one Body")
    headers = list(root[0]) if len(root) == 2 else []
    if len(headers) > _MOST_HEADERS:
        raise ContractBroken(f"more than {_MOST_HEADERS} header entries")
    return headers, root[-1]


def _look_at_header(header: Any) -> None:
    """No header is defined, so none can be understood; one that need not be is passed over."""
    if header.get(f"{{{ENVELOPE}}}mustUnderstand", "0").strip() not in ("0", "false"):
        raise NotUnderstood("a header entry must be understood, and none is defined")


def _has_text(element: Any) -> bool:
    pieces = [element.text, *(child.tail for child in element)]
    return any(piece and piece.strip(" \t\r\n") for piece in pieces)


def schema_error(log: Any) -> ContractBroken:
    """What the schema found wrong, told without repeating anything that was sent.

    `log` is the validator's error log; its own messages quote values.
    """
    entry = log[0]
    text = _TEXTS.get(entry.type_name, "does not follow the schema")
    found = _ELEMENT.match(entry.message)
    # An element's name was sent as well: only a name that the contract has is repeated.
    if found and found[1] in _NAMES:
        return ContractBroken(f"{found[1]} {text}")
    return ContractBroken(f"an element {text}")


def _names(members: Any) -> set[str]:
    known = set()
    for name, model in members:
        known.add(name)
        known |= _names(getattr(model, "_type_info", {}).items())
    return known


_NAMES = set(OPERATIONS).union(*(_names(operation.asks) for operation in OPERATIONS.values()))
