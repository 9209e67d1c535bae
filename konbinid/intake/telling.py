"""What may be told of an exception in intake: texts of exceptions may hold values of rows, so only kinds and places are."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any

import psycopg2

_FRAMES = 3
_PASSING = frozenset(
    {
        "25006",  # a server that was made a standby
        "25P03",  # we stood still for too long, inside a change
    }
)


def told(error: BaseException) -> dict[str, Any]:
    """Its class, PostgreSQL's SQLSTATE, where in our code it happened, and whether it may pass by itself."""
    frames = [
        f"{Path(frame.filename).stem}:{frame.lineno}:{frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
        if f"{os.sep}konbinid{os.sep}" in frame.filename
    ]
    return {
        "failed": type(error).__name__,
        "sqlstate": getattr(error, "pgcode", None) or "",
        "where": frames[-_FRAMES:],
        "passing": is_passing(error),
        "io": isinstance(error, OSError),
    }


def is_passing(error: BaseException) -> bool:
    """Whether the fault lies with the database or the file system at this moment (lost, full, busy, a standby), not with the file."""
    return (
        isinstance(error, OSError | psycopg2.OperationalError | psycopg2.InterfaceError)
        or getattr(error, "pgcode", None) in _PASSING
    )
