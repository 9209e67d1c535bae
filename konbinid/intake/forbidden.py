"""Characters that stand in no file (contract 2): looked for in single values, and in whole blocks at once."""

from __future__ import annotations

import re

# Contract 2: NUL and C0, U+2028/2029, bidi controls, U+FEFF inside, U+FFFD, noncharacters, surrogates.
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17)
)
_FORBIDDEN = (
    f"[\x00-\x1f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffd{_NONCHARACTERS}\ud800-\udfff]"
)
_search = re.compile(_FORBIDDEN).search
_stray = re.compile("[\udc80-\udcff]").search

# The same as bytes of UTF-8, for whole blocks: bytes that are rare in Japanese text, and what they must not be part of. Looking for a few bytes
# is many times quicker than looking at every character.
_C0_BUT_LF = bytes(set(range(0x20)) - {0x0A})
_C0_BUT_LF_AND_TAB = bytes(set(range(0x20)) - {0x0A, 0x09})
_RARE = (
    (b"\xd8", rb"\xd8\x9c"),
    (b"\xe2", rb"\xe2(?:\x80[\x8e\x8f\xa8-\xae]|\x81[\xa6-\xa9])"),
    (b"\xef", rb"\xef(?:\xb7[\x90-\xaf]|\xbb\xbf|\xbf[\xbd-\xbf])"),
    (b"\xbf", rb"\xbf[\xbe\xbf](?<=[\xf0-\xf4][\x8f\x9f\xaf\xbf]\xbf[\xbe\xbf])"),
)
_rare = [(start, re.compile(pattern, re.DOTALL).search) for start, pattern in _RARE]


def forbidden(text: str) -> bool:
    """Whether a value holds a character that no file may hold."""
    return _search(text) is not None


def has_stray_byte(text: str) -> bool:
    """Whether a byte that is no UTF-8 stands in it, as surrogateescape keeps it."""
    return _stray(text) is not None


def holds_forbidden(data: bytes, delimiter: str = "") -> bool:
    """Whether UTF-8 bytes hold a forbidden character, line ends and the layout's own ``delimiter`` (a tab) aside."""
    if len(data.translate(None, _C0_BUT_LF_AND_TAB if delimiter == "\t" else _C0_BUT_LF)) != len(data):
        return True
    return any(start in data and search(data) is not None for start, search in _rare)
