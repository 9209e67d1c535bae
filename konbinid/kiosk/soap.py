"""spyne's core driven by hand: request bytes to a call with typed values, values of an answer to response bytes, WSDL.

Only spyne's models, its WSDL writer and its Soap11 serialiser are used, without any of its servers. Faults are
written here and not by spyne, so that one can always be written, whatever has failed before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lxml import etree

from konbinid.domain.request import ContractBroken
from konbinid.kiosk.contract import NAMESPACE, OPERATIONS, SERVICE
from konbinid.kiosk.envelope import ENVELOPE, NotUnderstood, OtherVersion, body_element, schema_error
from konbinid.kiosk.spyne_compat import (
    Application,
    Date,
    DateTime,
    MethodContext,
    ServerBase,
    Service,
    Soap11,
    rpc,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_WSDL = "http://schemas.xmlsoap.org/wsdl/"
_XSD = "http://www.w3.org/2001/XMLSchema"
_SIMPLE = f"{{{_XSD}}}simpleType"
SERVER_FAULT = "the request could not be processed"


class _StrictSoap11(Soap11):  # type: ignore[misc]  # spyne ships no types
    """Soap11 that reads an envelope with our parser only, and hands times and dates on as they were written."""

    def __init__(self) -> None:
        # xsi:type is judged by the schema; spyne would let it choose another class.
        super().__init__(validator="lxml", parse_xsi_type=False)
        self._from_unicode_handlers[DateTime] = _as_written
        self._from_unicode_handlers[Date] = _as_written

    def create_in_document(self, ctx: Any, charset: str | None = None) -> None:
        """Parse; raises ContractBroken."""
        del charset
        ctx.in_document = body_element(b"".join(ctx.in_string))

    def decompose_incoming_envelope(self, ctx: Any, message: Any = Soap11.REQUEST) -> None:
        """Validate the Body's child; raises ContractBroken."""
        del message
        if not self.validation_schema.validate(ctx.in_document):
            raise schema_error(self.validation_schema.error_log)
        ctx.in_body_doc = ctx.in_document
        ctx.method_request_string = ctx.in_document.tag


def _as_written(model: Any, text: str) -> str:
    # White space around a time is allowed by XML Schema and means nothing.
    del model
    return text.strip(" \t\r\n")


class _Server(ServerBase):  # type: ignore[misc]  # spyne ships no types
    transport = "http://schemas.xmlsoap.org/soap/http"


def _declared(ctx: Any, *values: Any) -> None:
    # spyne wants a function behind every operation (and would publish its docstring in the WSDL); the transport
    # awaits the counter itself and never runs this one.
    raise AssertionError(ctx, len(values))


def _service() -> Any:
    declarations = {
        name: rpc(
            *(model for _, model in operation.asks),
            _args=[element for element, _ in operation.asks],
            _returns=[model for _, model in operation.tells],
            _out_variable_names=[element for element, _ in operation.tells],
            _internal_key_suffix=f"_{name}",
        )(_declared)
        for name, operation in OPERATIONS.items()
    }
    return type(SERVICE, (Service,), declarations)


class Call:
    """One request that follows the schema: the operation's name, and its elements as attributes of ``asked``."""

    def __init__(self, ctx: Any) -> None:
        self.ctx = ctx
        self.operation: str = ctx.descriptor.name
        self.asked = ctx.in_object


class Soap:
    """Reads requests and writes responses of contract 1. ``address`` is the endpoint's URL, for the WSDL."""

    def __init__(self, address: str) -> None:
        application = Application(
            [_service()],
            tns=NAMESPACE,
            name=SERVICE,
            in_protocol=_StrictSoap11(),
            out_protocol=Soap11(),
        )
        self._server = _Server(application)
        self.wsdl = _wsdl(application, address)

    def read(self, body: bytes) -> Call:
        """The call that these bytes make. Raises ContractBroken."""
        ctx = MethodContext(self._server, MethodContext.SERVER)
        ctx.in_string = [body]
        (called,) = self._server.generate_contexts(ctx)
        self._server.get_in_object(called)
        if called.in_error is not None:
            # The schema let it through and spyne could not read it; its text may quote a value.
            raise ContractBroken("a value cannot be read")
        return Call(called)

    def write(self, call: Call, told: Mapping[str, Any]) -> bytes:
        """The response to `call`; an element that `told` lacks is left out. Raises KeyError for a name of no element."""
        names = [name for name, _ in OPERATIONS[call.operation].tells]
        if unknown := told.keys() - set(names):
            raise KeyError(*unknown)
        ctx = call.ctx
        ctx.out_object = [told.get(name) for name in names]
        ctx.out_document = ctx.out_string = None
        self._server.get_out_string(ctx)
        return b"".join(ctx.out_string)


def _wsdl(application: Any, address: str) -> bytes:
    document = application.interface.docs.wsdl11
    document.build_interface_document(address)
    root = etree.fromstring(document.get_interface_document())
    for operation in root.iterfind(f"{{{_WSDL}}}portType/{{{_WSDL}}}operation"):
        # It names the message where it has to name parts; there is one part, so there is no order to tell.
        del operation.attrib["parameterOrder"]
    for part in root.iterfind(f"{{{_WSDL}}}message/{{{_WSDL}}}part"):
        part.set("name", "parameters")  # what .NET's tools know a wrapped operation by
    for schema in root.iter(f"{{{_XSD}}}schema"):
        # spyne orders declarations by a walk over sets of classes; a file that is compared has one order.
        schema[:] = sorted(
            schema, key=lambda declared: (declared.tag != _SIMPLE, declared.tag, declared.get("name"))
        )
    etree.cleanup_namespaces(root, keep_ns_prefixes=["xs", "tns"])
    etree.indent(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def fault(problem: Exception, reference: str) -> bytes:
    """The SOAP Fault for `problem`: ``Client`` with its text for ContractBroken, ``Server`` with no more than that.

    `reference` stands in detail/reference, for whoever looks the fault up in the log.
    """
    code, text = _code_and_text(problem)
    envelope = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE, "tns": NAMESPACE})
    body = etree.SubElement(envelope, f"{{{ENVELOPE}}}Body")
    entry = etree.SubElement(body, f"{{{ENVELOPE}}}Fault")
    etree.SubElement(entry, "faultcode").text = f"soap:{code}"
    etree.SubElement(entry, "faultstring").text = text
    detail = etree.SubElement(entry, "detail")
    etree.SubElement(detail, f"{{{NAMESPACE}}}reference").text = reference
    return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8")


def _code_and_text(problem: Exception) -> tuple[str, str]:
    match problem:
        case NotUnderstood():
            return "MustUnderstand", str(problem)
        case OtherVersion():
            return "VersionMismatch", str(problem)
        case ContractBroken():
            return "Client", str(problem)
        case _:
            return "Server", SERVER_FAULT
