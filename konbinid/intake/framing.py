"""Messages between the daemon and its reading child: JSON behind a length of four bytes.

JSON and not pickle: the child reads hostile bytes, and nothing it says may run code in the daemon.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

FRAME_LIMIT = 16 * 1024 * 1024
_LENGTH = struct.Struct("!I")

Message = dict[str, Any]


class FrameBroken(Exception):
    """The other side does not speak this protocol, or claims an impossible length."""


def pack(message: Message) -> bytes:
    """One message as bytes."""
    body = json.dumps(message, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    if len(body) > FRAME_LIMIT:
        raise FrameBroken(f"a message of {len(body)} bytes")
    return _LENGTH.pack(len(body)) + body


class Unpacker:
    """Bytes as they come, into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take bytes; gives the messages that they complete. FrameBroken when they are none."""
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if length > FRAME_LIMIT:
                raise FrameBroken(f"claims {length} bytes")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            body = bytes(self._buffer[_LENGTH.size : end])
            del self._buffer[:end]
            yield _message(body)


def _message(body: bytes) -> Message:
    try:
        message = json.loads(body)
    except ValueError:
        raise FrameBroken("not JSON") from None
    if not isinstance(message, dict):
        raise FrameBroken("not a message")
    return message
