"""Where one HTTP request ends and the next begins, judged by one strict rule before twisted.web reads the head.

Whoever stands between the centre and us may frame an ambiguous request in another way than we do, and then one
person's request becomes the tail of another's. So a head that could be read in two ways is not read at all
(RFC 9112, sections 2.2, 5, 6 and 11.2). Twisted 26.10 takes ``chunked`` together with ``identity`` and serves the
bytes behind the body as a further request (measured); it also unfolds header lines and lets lone line feeds pass
in places.
"""

from __future__ import annotations

import re

_REQUEST_LINE = re.compile(rb"[A-Z-]{1,20} [!-~]{1,2000} HTTP/1\.([01])")
# field-name ":" OWS field-value OWS; no control characters, no white space before the colon, no folding.
_HEADER_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*")
_LENGTH = re.compile(rb"[0-9]{1,15}")
_ONCE = frozenset({b"content-length", b"transfer-encoding", b"content-type", b"host"})

MOST_HEAD_BYTES = 16_384
MOST_HEAD_LINES = 100


class Unframed(Exception):
    """The head cannot be read in one way only; ``code`` is the HTTP status to close with."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class Head:
    """The lines of one request's head as they arrive, without their CRLF. Raises Unframed."""

    def __init__(self, request_line: bytes) -> None:
        found = _REQUEST_LINE.fullmatch(request_line)
        if not found:
            raise Unframed(400, "request line")
        self._old = found[1] == b"0"
        self._seen: set[bytes] = set()
        self._bytes = len(request_line) + 2
        self._lines = 1

    def add(self, line: bytes) -> None:
        """One header line."""
        self._lines += 1
        self._bytes += len(line) + 2
        if self._lines > MOST_HEAD_LINES or self._bytes > MOST_HEAD_BYTES:
            raise Unframed(431, "too large a head")
        found = _HEADER_LINE.fullmatch(line)
        if not found:
            raise Unframed(400, "header line")
        name = found[1].lower()
        if name in _ONCE and name in self._seen:
            raise Unframed(400, "a header that may stand once")
        self._seen.add(name)
        if name == b"content-length" and not _LENGTH.fullmatch(found[2]):
            raise Unframed(400, "Content-Length")
        if name == b"transfer-encoding" and (self._old or found[2].lower() != b"chunked"):
            raise Unframed(400, "Transfer-Encoding")

    def end(self) -> None:
        """The empty line behind the head."""
        if {b"content-length", b"transfer-encoding"} <= self._seen:
            raise Unframed(400, "Content-Length with Transfer-Encoding")
