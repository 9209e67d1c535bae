"""What makes a certificate's file a PDF/A-2u (ISO 19005-2, level U): XMP metadata and an output intent.

Both are the same bytes for every certificate of a title: nothing here names a person, a day or a number, and nothing is random. The page's
only colour is DeviceGray, so the output intent is a grey profile of our own: the profiles that libraries make carry the time of making.
"""

from __future__ import annotations

import struct
from functools import lru_cache
from xml.sax.saxutils import escape

PRODUCER = "konbinid"
METADATA, INTENT_PROFILE = 4, 5
"""Their object numbers in every document, behind catalogue, pages and information."""

_XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/" pdfaid:part="2" pdfaid:conformance="U"/>
<rdf:Description rdf:about="" xmlns:pdf="http://ns.adobe.com/pdf/1.3/" pdf:Producer="{producer}"/>
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="application/pdf">
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>ja-JP</rdf:li></rdf:Bag></dc:language>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""

_D50 = (
    0x0000F6D6,
    0x00010000,
    0x0000D32D,
)  # the profile connection space's white, s15Fixed16 (ICC.1, 7.2.16)
_GAMMA = 0x0233  # 2.2 as u8Fixed8


@lru_cache(maxsize=16)
def metadata(title: str) -> bytes:
    """The XMP stream object. Not packed: whoever looks for PDF/A's identification must find it without a filter."""
    xmp = _XMP.format(title=escape(title), producer=PRODUCER).encode()
    return b"<</Type/Metadata/Subtype/XML/Length %d>>stream\n%s\nendstream" % (len(xmp), xmp)


def profile() -> bytes:
    """The grey profile's stream object."""
    return b"<</N 1/Length %d>>stream\n%s\nendstream" % (len(_PROFILE), _PROFILE)


def catalogue_entries() -> bytes:
    """What the catalogue says of both."""
    return (
        b"/Metadata %d 0 R/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(Grey gamma 2.2)"
        b"/Info(Grey gamma 2.2)/DestOutputProfile %d 0 R>>]" % (METADATA, INTENT_PROFILE)
    )


def _grey_profile() -> bytes:
    """An ICC profile, version 2.1: a display of grey values with gamma 2.2 (ICC.1:2001-04)."""
    name = b"Grey gamma 2.2\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">L", len(name)) + name + bytes(78),
        b"cprt": b"text\0\0\0\0No copyright\0",
        b"wtpt": b"XYZ \0\0\0\0" + struct.pack(">3L", *_D50),
        b"kTRC": b"curv\0\0\0\0" + struct.pack(">LH", 1, _GAMMA),
    }
    at = 128 + 4 + 12 * len(tags)
    table, bodies = [struct.pack(">L", len(tags))], []
    for tag, body in tags.items():
        table.append(struct.pack(">4sLL", tag, at, len(body)))
        bodies.append(body + bytes(-len(body) % 4))
        at += len(bodies[-1])
    head = struct.pack(
        ">L4sL4s4s4s6H4s4sLLLQL3L", at, b"", 0x02100000, b"mntr", b"GRAY", b"XYZ ", 2000, 1, 1, 0, 0, 0,
        b"acsp", b"", 0, 0, 0, 0, 0, *_D50,
    )  # fmt: skip  # the header of ICC.1, 7.2, field by field
    return head.ljust(128, b"\0") + b"".join(table) + b"".join(bodies)


_PROFILE = _grey_profile()
