"""How values stand in the text that COPY reads."""

from __future__ import annotations

NULL = "\\N"  # COPY's mark; a backslash in a value is doubled, so no value looks like it


def bytea(value: bytes) -> str:
    """Bytes, in hexadecimal digits."""
    return f"\\\\x{value.hex()}"
