"""One request never becomes part of another: ambiguous heads, sizes, trickles, keep-alive, pipelining."""

from __future__ import annotations

import contextlib
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from soap_port import CHECK, PortCase, post
from twisted.internet.threads import deferToThread

from konbinid.kiosk.channel import Limits
from konbinid.kiosk.framing import Head, Unframed

SMUGGLED = post(CHECK.replace("T-1", "SMUGGLED"))


def chunked(body: str, size: int = 100) -> bytes:
    """A body in chunks."""
    content = body.encode()
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def statuses(received: bytes) -> list[int]:
    """The status codes of the responses in a stream."""
    return [int(code) for code in re.findall(rb"HTTP/1\.[01] (\d\d\d) ", received)]


AMBIGUOUS = {
    "both lengths": ("Content-Length: 5", "Transfer-Encoding: chunked"),
    "chunked and identity": ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
    "identity and chunked": ("Transfer-Encoding: identity", "Transfer-Encoding: chunked"),
    "chunked twice": ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    "a list": ("Transfer-Encoding: gzip, chunked",),
    "a list with identity": ("Transfer-Encoding: chunked, identity",),
    "identity": ("Transfer-Encoding: identity",),
    "gzip": ("Transfer-Encoding: gzip",),
    "a parameter": ("Transfer-Encoding: chunked;q=1",),
    "vertical tab": ("Transfer-Encoding: \x0bchunked",),
    "two lengths": ("Content-Length: 5", "Content-Length: 6"),
    "the same length twice": ("Content-Length: 5", "Content-Length: 5"),
    "a list of lengths": ("Content-Length: 5, 5",),
    "a signed length": ("Content-Length: +5",),
    "a negative length": ("Content-Length: -5",),
    "a hexadecimal length": ("Content-Length: 0x5",),
    "an underscore": ("Content-Length: 1_0",),
    "no length": ("Content-Length:",),
    "digits that are not ASCII": ("Content-Length: ٥",),
    "a length beyond numbers": ("Content-Length: " + "9" * 5000,),
    "white space before the colon": ("Content-Length : 5",),
    "white space in a name": ("Content Length: 5",),
    "folded": ("X-A: b", " Transfer-Encoding: chunked"),
    "folded length": ("Content-Length:", "\t5"),
    "a lone line feed": ("X-A: b\nTransfer-Encoding: chunked",),
    "a lone carriage return": ("X-A: b\rTransfer-Encoding: chunked",),
    "a null": ("X-A: b\0",),
    "no colon": ("Content-Length",),
    "no name": (": 5",),
    "two hosts": ("Host: elsewhere",),
    "two types": ("Content-Type: text/xml", "Content-Type: multipart/related"),
}

REQUEST_LINES = [
    "POST /center",
    "POST /center HTTP/0.9",
    "POST /center HTTP/2.0",
    "POST  /center HTTP/1.1",
    "POST /center HTTP/1.1 ",
    "POST /cen ter HTTP/1.1",
    " POST /center HTTP/1.1",
    "post /center HTTP/1.1",
    "POST /center\tHTTP/1.1",
    "POST /cénter HTTP/1.1",
    "GET",
]


class Framing(PortCase):
    """Over the wire, with a further request hidden behind every ambiguous one."""

    async def test_an_ambiguous_head_closes_the_connection_unread(self):
        """RFC 9112's smuggling cases, the one that Twisted serves (chunked with identity) among them: 400, closed."""
        for name, headers in AMBIGUOUS.items():
            request = post("0\r\n\r\n", *headers, length=False)
            assert statuses(await self.raw(request + SMUGGLED)) == [400], name
        for line in REQUEST_LINES:
            request = post(CHECK).replace(b"POST /center HTTP/1.1", line.encode(), 1)
            assert statuses(await self.raw(request + SMUGGLED)) == [400], line
        assert self.desk.asked == []

    async def test_http_1_0_has_no_chunks(self):
        """Transfer-Encoding in HTTP/1.0 is what smuggling is made of."""
        request = post("0\r\n\r\n", "Transfer-Encoding: chunked", length=False).replace(
            b"HTTP/1.1", b"HTTP/1.0"
        )
        assert statuses(await self.raw(request + SMUGGLED)) == [400]

    async def test_http_1_0_is_served_and_closed(self):
        """An old client gets its answer."""
        assert statuses(await self.raw(post(CHECK).replace(b"HTTP/1.1", b"HTTP/1.0") + SMUGGLED)) == [200]
        assert len(self.desk.asked) == 1

    async def test_broken_chunks(self):
        """Chunk sizes and ends that cannot be read: 400, closed."""
        for body in (
            b"xyz\r\n",
            b"-1\r\n",
            b"5\r\nabcdeXX",
            b"0x5\r\nabcde\r\n",
            b" 5\r\nabcde\r\n0\r\n\r\n",
            b"5\nabcde\n",
        ):
            request = post(b"", "Transfer-Encoding: chunked", length=False) + body
            assert statuses(await self.raw(request + SMUGGLED)) == [400], body
        assert self.desk.asked == []

    async def test_chunks_are_taken(self):
        """A chunked request is whole in itself, and the next one follows behind it."""
        request = post(b"", "Transfer-Encoding: chunked", length=False) + chunked(CHECK)
        assert statuses(await self.raw(request + post(CHECK, "Connection: close"))) == [200, 200]

    async def test_a_header_flood(self):
        """Too many lines, too many bytes, a line that never ends: refused and closed."""
        many = [f"X-{number}: y" for number in range(200)]
        assert statuses(await self.raw(post(CHECK, *many))) == [431]
        assert statuses(
            await self.raw(post(CHECK, *(f"X-{number}: {'y' * 1000}" for number in range(20))))
        ) == [431]
        assert statuses(await self.raw(b"POST /center HTTP/1.1\r\nX-A: " + b"y" * 100_000)) == [431]
        assert statuses(await self.raw(b"POST /" + b"y" * 100_000)) == [431]

    async def test_an_oversize_body_is_refused_before_it_is_read(self):
        """256 KiB and not a byte more, declared or in chunks."""
        padding = " " * (262_144 - len(CHECK.encode()))
        assert (await self.ask(CHECK + padding)).status == 200
        declared = post(b"", "Content-Length: 262145", length=False)
        assert statuses(await self.raw(declared)) == [413]
        assert statuses(await self.raw(post(CHECK + padding + " ") + SMUGGLED)) == [413]
        start = post(b"", "Transfer-Encoding: chunked", length=False)
        assert statuses(
            await self.raw(start + chunked(CHECK + padding, 60_000) + post(CHECK, "Connection: close"))
        ) == [200, 200]
        assert statuses(await self.raw(start + chunked(CHECK + padding + " ", 60_000) + SMUGGLED)) == [413]
        assert statuses(await self.raw(start + b"FFFFFFFFFF\r\n" + b"y" * 300_000)) == [413]
        assert len(self.desk.asked) == 3

    async def test_chunks_that_cost_more_than_they_carry(self):
        """One byte of body in a thousand bytes of chunk extension is not read for ever."""
        start = post(b"", "Transfer-Encoding: chunked", length=False)
        assert statuses(await self.raw(start + (b"1;" + b"e" * 900 + b"\r\n<\r\n") * 2_000)) == [413]

    async def test_a_body_that_is_expected_too_long_is_not_asked_for(self):
        """Expect: 100-continue is answered with 413 at once, not with 100."""
        request = post(b"", "Expect: 100-continue", "Content-Length: 999999", length=False)
        received = await self.raw(request)
        assert statuses(received) == [413]

    async def test_keep_alive(self):
        """A connection is used again, after refusals and Faults too."""
        replies = await self.ask_all([(CHECK, {}), ("nonsense", {}), (CHECK, {"path": "/"}), (CHECK, {})])
        assert [reply.status for reply in replies] == [200, 500, 404, 200]
        assert len(self.factory.protocols) <= 1

    async def test_pipelined_requests_are_answered_one_after_the_other(self):
        """Each answer is its own request's: the first one's work is not over when the second one arrives."""
        running = []

        async def slow(query):
            running.append(query.envelope.transaction_id)
            assert len(running) == 1
            await self.pause(0.05)
            running.clear()
            return usual

        usual = self.desk.replies["check_service"]
        self.desk.replies["check_service"] = slow
        bodies = [CHECK.replace("T-1", f"T-{number}") for number in range(5)]
        received = await self.raw(b"".join(map(post, bodies)) + post(CHECK, "Connection: close"))
        assert statuses(received) == [200] * 6
        asked = [query.envelope.transaction_id for query in self.desk.asked]
        assert asked == ["T-0", "T-1", "T-2", "T-3", "T-4", "T-1"]

    async def test_an_empty_line_behind_a_body_is_nothing(self):
        """Old clients send one; it neither begins a request nor starts its clock."""
        received = await self.raw(post(CHECK) + b"\r\n", post(CHECK, "Connection: close"), gap=0.1)
        assert statuses(received) == [200, 200]


class Trickles(PortCase):
    """With the deadline at half a second."""

    limits = Limits(whole_within=0.5, idle=1.0, linger=0.5)

    async def timed(self, *pieces: bytes, gap: float) -> tuple[bytes, float]:
        begun = time.monotonic()
        return await self.raw(*pieces, gap=gap), time.monotonic() - begun

    async def test_a_trickled_head(self):
        """Bytes that keep coming do not push the deadline away; the connection is closed without a word."""
        received, took = await self.timed(b"POST /center HTTP/1.1\r\n", *([b"X"] * 40), gap=0.1)
        assert (received, took < 3) == (b"", True)

    async def test_a_trickled_body(self):
        """The same in the body, declared and chunked."""
        head = post(b"", "Content-Length: 1000", length=False)
        assert (await self.timed(head, *([b" "] * 40), gap=0.1))[0] == b""
        head = post(b"", "Transfer-Encoding: chunked", length=False)
        assert (await self.timed(head, *([b"1\r\n \r\n"] * 40), gap=0.1))[0] == b""
        assert self.desk.asked == []

    async def test_a_trickled_second_request(self):
        """The deadline counts for every request of a connection, the pipelined one too."""
        received, _ = await self.timed(post(CHECK) + b"POST /cen", *([b"t"] * 40), gap=0.1)
        assert statuses(received) == [200]

    async def test_a_connection_without_a_word(self):
        """Nothing at all after the handshake: closed when the idle time is over."""
        _, took = await self.timed(gap=0)
        assert 0.5 < took < 5

    async def test_no_handshake_at_all(self):
        """A connection that does not even begin TLS is cut in the time of a request."""
        import socket

        def wait():
            with (
                socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain,
                contextlib.suppress(OSError),
            ):
                plain.sendall(b"\x16\x03\x01")
                return plain.recv(1)
            return b""

        begun = time.monotonic()
        assert await deferToThread(wait) == b""
        assert time.monotonic() - begun < 5

    async def test_a_client_that_does_not_close(self):
        """TLS closes when both sides agree; a side that never does is cut off all the same."""

        def refuse_to_close():
            tls = self.connect()
            tls.sendall(post(CHECK, "Connection: close"))
            time.sleep(2)
            return tls

        tls = await deferToThread(refuse_to_close)
        assert not self.factory.protocols
        tls.close()


def judge(lines: list[bytes]) -> None:
    """What the guard does with a head."""
    head = Head(lines[0])
    for line in lines[1:]:
        head.add(line)
    head.end()


def test_the_limits_are_the_contracts():
    """256 KiB, 10 s to be whole, an answer within 35 s: what the daemon runs with when nobody says otherwise."""
    limits = Limits()
    assert (limits.body, limits.whole_within) == (256 * 1024, 10)
    assert 30 <= limits.answer_within < 35


OWS = st.sampled_from([b"", b" ", b"\t", b"  "])
FRAMING = st.tuples(
    st.sampled_from(
        [b"Content-Length", b"content-length", b"Transfer-Encoding", b"TRANSFER-ENCODING", b"X-Other"]
    ),
    OWS,
    st.one_of(
        st.sampled_from([b"0", b"12", b"chunked", b"Chunked", b"identity", b"gzip, chunked", b"12, 12"]),
        st.binary(max_size=6),
    ),
    OWS,
)


@given(st.lists(FRAMING, max_size=4))
def test_what_passes_the_guard_has_one_framing(lines):
    """Whatever lines come in whatever order: at most one header that decides the length, and it is plain."""
    raw = [name + b":" + before + value + after for name, before, value, after in lines]
    try:
        judge([b"POST /center HTTP/1.1", *raw])
    except Unframed:
        return
    deciding = [
        (name.lower(), value.strip(b" \t"))
        for name, _, value, _ in lines
        if name.lower() in (b"content-length", b"transfer-encoding")
    ]
    assert len(deciding) <= 1
    for name, value in deciding:
        assert value.isdigit() if name == b"content-length" else value.lower() == b"chunked"
    assert not any(set(line) & set(b"\r\n\0") for line in raw)


@pytest.mark.parametrize(
    "line", ["Accept: */*", "SOAPAction:", 'SOAPAction: ""', "X-名: 山", "A!#$%&'*+.^_`|~: b", "A:b"]
)
def test_harmless_lines_pass(line):
    """What real clients send."""
    judge([b"POST /center HTTP/1.1", line.encode()] if line.isascii() else [b"POST /center HTTP/1.1"])
