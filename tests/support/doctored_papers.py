"""Finished documents with something in them changed, and what read-back says of them."""

from __future__ import annotations

import re

import pytest

from konbinid.paper.pdf import _file
from konbinid.paper.pdf_objects import Misread, PdfFile, Ref, parse_object
from konbinid.paper.readback import ReadbackMismatch, check
from konbinid.paper.subset import stream


def objects_of(document):
    file = PdfFile(document)
    return {number: file.raw(Ref(number)) for number in range(1, file.trailer["Size"])}


def rebuilt(document, changes):
    """The document with some objects replaced, its cross-reference table right again."""
    objects = objects_of(document) | changes
    return _file([objects[number] for number in sorted(objects)])


def restream(raw, change):
    """A stream object with its unpacked bytes changed."""
    value = parse_object(raw)
    head = raw[: raw.index(b"stream\n")]
    data = change(value.unpacked())
    entries = re.sub(rb"/Filter/FlateDecode/Length \d+|/Length1 \d+", b"", head)[2:-2]
    length1 = b"/Length1 %d" % len(data) if b"/Length1" in head else b""
    return stream(data, entries + length1, 6)


def doctored(document, marker, change):
    """The document with the stream of the first object that ``marker`` picks changed."""
    number = next(number for number, raw in objects_of(document).items() if marker(raw))
    return rebuilt(document, {number: restream(objects_of(document)[number], change)})


def is_page_stream(raw):
    return b"stream\n" in raw and b"/Type" not in raw and b" Do Q\nBT\n" in unpacked(raw)


def unpacked(raw):
    try:
        return parse_object(raw).unpacked()
    except (Misread, AttributeError):
        return b""


def mismatch(document, content, press):
    with pytest.raises(ReadbackMismatch) as found:
        check(document, content, press)
    return found.value.place


def labels_of(document):
    """The table with the most labels: its object's number, and its label strings as reportlab wrote them."""
    tables = [
        (number, re.findall(rb"\((?:[^\\)]|\\.)*\)", unpacked(raw)))
        for number, raw in objects_of(document).items()
        if b"/Subtype/Form" in raw
    ]
    return max(tables, key=lambda pair: len(pair[1]))
