"""Start-up steps: each finishes before anything listens, and the first that refuses stops the daemon with a sentence and a non-zero exit.

They run before the reactor does, one after another, so they may block. A fingerprint that is not approved is not a refusal: then the
daemon runs, answers its probes and issues nothing (konbinid.ops.fitness).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from twisted.logger import Logger

from konbinid.ops.witness import require_same_database
from konbinid.store import migrate
from konbinid.store.direct import session, writable_server
from konbinid.store.errors import Unavailable
from konbinid.store.restoration import identity_of
from konbinid.store.status import LeaseRow, read_lease

T = TypeVar("T")

_RETRY_SECONDS = 1.0


class StartRefused(Exception):
    """The daemon may not start; the text names the step, the reason and what to do."""

    def __init__(self, step: str, reason: object, advice: str = "") -> None:
        super().__init__(f"{step}: {reason}{f' {advice}' if advice else ''}")
        self.step = step


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """One thing that must be right. ``refusals`` are the exceptions by which its work says no; others are defects and go on."""

    name: str
    work: Callable[[], T]
    refusals: tuple[type[Exception], ...] = ()
    advice: str = ""


class StartUp:
    """Runs steps and tells of each. clock: seconds, only going forward."""

    log = Logger()

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock

    def run(self, step: Step[T]) -> T:
        """The step's result. StartRefused."""
        began = self._clock()
        try:
            result = step.work()
        except step.refusals as refusal:
            raise StartRefused(step.name, refusal, step.advice) from refusal
        self.log.info("startup.step", step=step.name, milliseconds=round((self._clock() - began) * 1000))
        return result


def database_answers(
    servers: Sequence[str], *, within: float, clock: Callable[[], float], sleep: Callable[[float], None]
) -> None:
    """Wait until a server takes writes: after a power cut daemon and database come up together. StartRefused after ``within`` seconds."""
    deadline = clock() + within
    while True:
        try:
            with session(servers, "start"):
                return
        except Unavailable as error:
            if clock() >= deadline:
                advice = "Is PostgreSQL running, and are servers, roles and passwords right in [database]?"
                raise StartRefused("database", error, advice) from error
        sleep(_RETRY_SECONDS)


def schema_fits(servers: Sequence[str]) -> None:
    """The schema is exactly this build's: the daemon never changes it by itself. StartRefused."""
    found = migrate.status(writable_server(servers, "start"))
    if not found.serves:
        behind = f"the schema is at {found.current}, this build needs {found.wanted}."
        raise StartRefused(
            "schema", " ".join(found.problems) or behind, "Run `konbinid migrate` with this build."
        )


def lease_is_there(servers: Sequence[str]) -> LeaseRow:
    """The lease can be read by the operating role. StartRefused when its row is missing."""
    with session(servers, "start") as made:
        row = read_lease(made)
    if row is None:
        raise StartRefused(
            "lease", "ops.lease has no row 'singleton'.", "Was it deleted? Put it back by hand."
        )
    return row


def database_is_known(servers: Sequence[str], folder: Path) -> None:
    """The database is the one of which ``folder`` keeps a witness, or there is none yet. StartRefused, WitnessRefused.

    That it went back in time is no refusal: the first heartbeat notes it, and the daemon shows what is closed.
    """
    with session(servers, "start") as made:
        database = identity_of(made)
    if database is None:
        raise StartRefused(
            "witness", "ops.identity has no row.", "Was it deleted? Restore the database from a backup."
        )
    require_same_database(folder, database)


def door_is_free(name: str, address: str, port: int) -> None:
    """Nobody else listens there. StartRefused."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            where = f"{address} port {port} cannot be listened on ({error.strerror})."
            raise StartRefused(name, where, "Is another daemon running?") from error
