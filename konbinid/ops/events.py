"""The daemon's log: one JSON object a line, and a catalogue of what may be said.

A line holds the event's name and only the fields that the catalogue allows it, so that no name, address, birth date or number can get
out by an incautious log call; a test compares every log call of the code with the catalogue. What other libraries say is reduced to its
constant template, and an exception to its class and places in the code: values stand in neither.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TextIO

from twisted.logger import ILogObserver, LogLevel
from zope.interface import implementer

from konbinid.ops.event_catalogue import CATALOGUE

if TYPE_CHECKING:
    from twisted.logger import LogEvent
    from twisted.python.failure import Failure

_OURS = "konbinid."
_MOST_FRAMES = 12
_LEVELS = MappingProxyType({level: level.name for level in LogLevel.iterconstants()})
_NO_LEVEL = "info"
# Twisted's templates are constant text with the values apart; other libraries' may have values written into them.
_TEMPLATE = re.compile(r"[\x20-\x7e]{0,200}")


@implementer(ILogObserver)
class JsonLines:
    """Writes events to a stream, each at once: what a killed daemon said last is what one wants to read.

    ``{"time", "level", "event", "where", "data", "failure"}``; the last two where there is something.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __call__(self, event: LogEvent) -> None:
        """ILogObserver."""
        line = line_of(event)
        if line is not None:
            self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._stream.flush()


def line_of(event: LogEvent) -> dict[str, Any] | None:
    """What a log event says in the log, or None when it says nothing an operator needs."""
    level = _LEVELS.get(event.get("log_level"), _NO_LEVEL)
    where = str(event.get("log_namespace", ""))
    template = event.get("log_format") or ""
    known = CATALOGUE.get(template) if where.startswith(_OURS) else None
    failure = event.get("log_failure")
    if known is None and failure is None and level in {"debug", "info"}:
        return None
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(event["log_time"], UTC).isoformat(timespec="milliseconds"),
        "level": level,
        "event": "other" if known is None else known.name,
        "where": where,
    }
    if known is not None:
        line["data"] = {name: _plain(event[name]) for name in known.fields if name in event}
    elif where.startswith("twisted.") and isinstance(template, str) and _TEMPLATE.fullmatch(template):
        line["data"] = {"template": template}
    if failure is not None:
        line["failure"] = _outline(failure)
    return line


def silence_other_loggers() -> None:
    """The logging module's loggers say nothing: spyne writes whole requests to its own on an error (measured)."""
    logging.getLogger().handlers[:] = [logging.NullHandler()]
    for name in ("spyne", "lxml", "fontTools", "reportlab", "PIL"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _plain(value: object) -> object:
    """A value as JSON, when it is of a kind that cannot carry a person's record."""
    if isinstance(value, Enum):
        return str(value.value)
    if value is None or isinstance(value, (bool, int, str, PurePath)):
        return str(value) if isinstance(value, PurePath) else value
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return f"<{type(value).__name__}>"


def _outline(failure: Failure) -> dict[str, Any]:
    """Class and places of an exception. Its text is told only when the class is ours: those never hold a value."""
    kind = failure.type
    name = f"{kind.__module__}.{kind.__qualname__}" if kind is not None else "?"
    places = [f"{frame[1].rpartition('/')[2]}:{frame[2]} {frame[0]}" for frame in failure.frames]
    outline: dict[str, Any] = {"class": name, "places": places[-_MOST_FRAMES:]}
    if name.startswith(_OURS):
        outline["text"] = failure.getErrorMessage()
    return outline
