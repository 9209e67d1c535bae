"""Reading the structure of a finished PDF, for read-back: cross-reference table, objects, streams.

Strict and small on purpose: it reads what the press is supposed to have written, and anything else is a mismatch. It
shares no code with the writer.
"""

from __future__ import annotations

import re
import zlib
from typing import Any, NamedTuple

_TOKEN = re.compile(
    rb"\s*(?:/(?P<name>[^\s/<>()\[\]{}%]*)|(?P<mark><<|>>|\[|\])|<(?P<hex>[0-9A-Fa-f]*)>"
    rb"|\((?P<literal>(?:[^\\()]|\\.)*)\)|(?P<ref>\d+) 0 R\b|(?P<number>[-+]?(?:\d+\.?\d*|\.\d+))"
    rb"|(?P<word>true|false|null)\b)",
    re.DOTALL,
)
_START = re.compile(rb"startxref\n(\d{1,10})\n%%EOF\n\Z")
_TABLE = re.compile(rb"xref\n0 (\d{1,10})\n((?:\d{10} \d{5} [nf] \n)+)trailer\n")
_MOST_BYTES = 1 << 24  # of one stream, unpacked


class Misread(ValueError):
    """The bytes are not the PDF that the press writes."""


class Ref(NamedTuple):
    """A reference to an indirect object."""

    number: int


class Name(str):
    """A PDF name, without its slash."""

    __slots__ = ()


class Stream(NamedTuple):
    """A stream object: its dictionary and its packed bytes."""

    entries: dict[str, Any]
    packed: bytes

    def unpacked(self) -> bytes:
        """The bytes behind Flate; Misread when they do not unpack or use another filter."""
        if self.entries.get("Filter") != "FlateDecode" or "DecodeParms" in self.entries:
            raise Misread("filter")
        unpacker = zlib.decompressobj()
        try:
            data = unpacker.decompress(self.packed, _MOST_BYTES)
        except zlib.error:
            raise Misread("stream") from None
        if not unpacker.eof or unpacker.unused_data:
            raise Misread("stream")
        return data


class PdfFile:
    """A document with one cross-reference table. Misread when its structure is anything else."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        if not data.startswith(b"%PDF-1.7\n"):
            raise Misread("header")
        start = _START.search(data, max(0, len(data) - 64))
        table = _TABLE.match(data, int(start[1])) if start else None
        if not table:
            raise Misread("cross-reference table")
        rows = table[2].split(b"\n")[:-1]
        if len(rows) != int(table[1]):
            raise Misread("cross-reference table")
        self._offsets = [int(row[:10]) for row in rows]
        self.trailer = _dictionary(_value(data, table.end())[0])

    def raw(self, ref: Any) -> bytes:
        """The bytes of an object between ``obj`` and ``endobj``."""
        number = ref.number if isinstance(ref, Ref) else -1
        if not 0 < number < len(self._offsets):
            raise Misread("reference")
        head = b"%d 0 obj\n" % number
        start = self._offsets[number]
        if not self._data.startswith(head, start):
            raise Misread("object")
        # The next object begins where this one ends: the offsets ascend, so no stream can hide an "endobj".
        ends = [offset for offset in self._offsets[number + 1 : number + 2] if offset > start]
        end = ends[0] if ends else self._data.rfind(b"xref\n", start, self._data.rfind(b"startxref"))
        body = self._data[start + len(head) : end]
        if not body.endswith(b"\nendobj\n"):
            raise Misread("object")
        return body[:-8]

    def get(self, ref: Any) -> Any:
        """An object's value: a dictionary, a Stream, or whatever it is."""
        return parse_object(self.raw(ref))


def parse_object(raw: bytes) -> Any:
    """The value of an object's bytes."""
    value, end = _value(raw, 0)
    if end == len(raw):
        return value
    entries = _dictionary(value)
    length = entries.get("Length")
    if (
        not isinstance(length, int)
        or length < 0
        or raw[end : end + 7] != b"stream\n"
        or raw[end + 7 + length :] != b"\nendstream"
    ):
        raise Misread("stream")
    return Stream(entries, raw[end + 7 : end + 7 + length])


def _dictionary(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Misread("dictionary")
    return value


def _value(data: bytes, at: int) -> tuple[Any, int]:
    """One value from ``at``, and where it ends. Misread whatever stands there instead: half a byte, a number of thousands of digits, arrays
    without end."""
    try:
        return _parse(data, at)
    except Misread:
        raise
    except (ValueError, RecursionError):
        raise Misread("syntax") from None


def _parse(data: bytes, at: int) -> tuple[Any, int]:
    """One value from ``at``, and where it ends."""
    found = _TOKEN.match(data, at)
    if not found:
        raise Misread("syntax")
    kind, text = found.lastgroup, found[found.lastindex or 0]
    if kind == "mark":
        if text not in (b"<<", b"["):
            raise Misread("syntax")
        return _collection(data, found.end(), b">>" if text == b"<<" else b"]")
    return _scalar(str(kind), text), found.end()


def _scalar(kind: str, text: bytes) -> Any:
    match kind:
        case "name":
            return Name(text.decode("latin-1"))
        case "hex":
            return bytes.fromhex(text.decode("ascii"))
        case "literal":
            return unescape(text)
        case "ref":
            return Ref(int(text))
        case "number":
            return float(text) if b"." in text else int(text)
    return {b"true": True, b"false": False}.get(text)


def _collection(data: bytes, at: int, end: bytes) -> tuple[Any, int]:
    values = []
    while True:
        close = _TOKEN.match(data, at)
        if close and close["mark"] == end:
            at = close.end()
            break
        value, at = _parse(data, at)
        values.append(value)
    if end == b"]":
        return values, at
    keys = values[0::2]
    if len(values) % 2 or not all(isinstance(key, Name) for key in keys) or len(set(keys)) != len(keys):
        raise Misread("dictionary")
    return dict(zip(map(str, keys), values[1::2], strict=True)), at


_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\n": b""}


def unescape(text: bytes) -> bytes:
    """A literal string's bytes (PDF 1.7, 7.3.4.2)."""
    return _ESCAPE.sub(
        lambda found: (
            bytes([int(found[1], 8) & 255]) if found[1].isdigit() else _ESCAPED.get(found[1], found[1])
        ),
        text,
    )
