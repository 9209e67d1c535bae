"""What may be told of an exception in intake: texts of exceptions may hold values of rows, so only kinds and places are."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any

import psycopg2

_FRAMES = 3


def told(error: BaseException) -> dict[str, Any]:
    """Its class, PostgreSQL's SQLSTATE, where in our code it happened, and whether the database or the file system is to blame."""
    frames = [
        f"{Path(frame.filename).stem}:{frame.lineno}:{frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
        if f"{os.sep}konbinid{os.sep}" in frame.filename
    ]
    is_database = isinstance(error, psycopg2.Error)
    return {
        "failed": type(error).__name__,
        "sqlstate": getattr(error, "pgcode", None) or "",
        "where": frames[-_FRAMES:],
        "database": is_database,
        "io": isinstance(error, OSError),
    }
