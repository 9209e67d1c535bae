"""An uplink without a database, for the fuzzer: what would be written is looked at, and refused."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from psycopg2.extensions import Binary
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from konbinid.intake.names import is_plain
from konbinid.intake.specs import SPECS
from konbinid.intake.uplink import Uplink
from konbinid.intake.wire import Refused
from konbinid.store.relay_files import OutOfStep


def box(**values: bytes) -> bytes:
    """An AMP box."""
    pairs = ((key.encode(), value) for key, value in values.items())
    return b"".join(struct.pack("!H", len(k)) + k + struct.pack("!H", len(v)) + v for k, v in pairs) + b"\0\0"


GREETING = box(_command=b"Hello", _ask=b"1", version=b"1", city=b"272060", relay=b"hall")


class Port:
    """Takes the place of konbinid.intake.port's. ``wrong``: values that must not reach a statement."""

    most_bytes = 8 * 1024**3
    most_attached = 20 * 1024**2

    def __init__(self) -> None:
        self.kinds: set[str] = set()
        self.wrong: list[Any] = []
        self.greeted = False
        self.sent = StringTransport()
        self.feeds = {feed.value: SimpleNamespace(spec=spec) for feed, spec in SPECS.items()}

    def __getattr__(self, name: str) -> Callable[..., None]:
        """came, went, introduced, turned_away, odd, passing, hint: nothing to be said."""
        return lambda *_: None

    def objection(self, certified: str, version: int, city: str, relay: str) -> str:
        """As the port's."""
        return "" if (certified, version, city) == (relay, 1, "272060") else "city"

    def scribe(self) -> Port:
        """Itself."""
        return self

    def write(self, work: Callable[[Any], Any]) -> Deferred[Any]:
        """The greeting's is taken, any other looked at and refused."""
        if not self.greeted:
            self.greeted = True
            return succeed(0)
        try:
            work(self)
        except OutOfStep:
            return fail(Refused("looked at"))
        raise AssertionError("a command without a statement")

    def execute(self, statement: str, parameters: Any = ()) -> None:
        """A cursor's."""
        values = parameters.values() if isinstance(parameters, dict) else parameters
        self.wrong += [each for each in values if not _is_sound(each)]
        raise OutOfStep(statement)

    def answers(self) -> list[bytes]:
        """What went back, a box each."""
        return self.sent.value().split(b"\0\0")


def _is_sound(value: Any) -> bool:
    if isinstance(value, str):
        return value == "" or is_plain(value) or value == "7 days"
    return value is None or isinstance(value, Binary) or (isinstance(value, int) and 0 <= value < 10**18)


class _Line(Uplink):
    def broke(self, failure: Failure) -> None:
        self._port.kinds.add(type(failure.value).__name__)


def connected(port: Port) -> Uplink:
    """A connection whose certificate names the relay hall."""
    line = _Line(port, lambda _: "hall")  # type: ignore[arg-type]
    line.callLater = Clock().callLater  # type: ignore[method-assign]
    line.makeConnection(port.sent)
    return line
