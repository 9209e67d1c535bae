"""Every event of the daemon's log: its name, the fields it may carry, and what it means to an operator."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of event. ``template`` is what the code gives to the logger: the name itself, or a sentence."""

    name: str
    fields: tuple[str, ...]
    meaning: str
    template: str = ""


_KINDS = (
    # Start, stop, fitness
    EventKind("startup.step", ("step", "milliseconds"), "A start-up step finished."),
    EventKind("startup.ready", ("host", "build", "fingerprint", "environment"), "The daemon is up."),
    EventKind("startup.listening", ("door", "address", "port"), "A port is open."),
    EventKind("shutdown.draining", ("under_way",), "No new requests; those that run may finish."),
    EventKind(
        "shutdown.drained", ("left", "seconds"), "Requests that ran have finished, or their time is up."
    ),
    EventKind("fitness.fit", ("fingerprint",), "This host's fingerprint is the approved one: it may issue."),
    EventKind(
        "fitness.unfit", ("reason", "fingerprint", "approved"), "This host deviates and does not issue."
    ),
    EventKind(
        "fitness.unknown", ("reason",), "The approved fingerprint could not be read; what was known counts."
    ),
    EventKind("fitness.no_door", (), "The port of the centre could not be opened; tried again."),
    EventKind("shutdown.failed", (), "A part did not stop cleanly; the others were stopped."),
    EventKind("watchdog.silent", ("reason",), "No database round trip was completed; systemd is not told."),
    # Singleton lease
    EventKind("lease.taken", ("holder", "epoch"), "This host runs the singleton jobs."),
    EventKind(
        "lease.lost", ("holder", "epoch", "reason"), "It does no more: session, late, overtaken, no_row."
    ),
    # Alerts of the operating part
    EventKind(
        "alert.raised", ("source", "alert"), "Something a person must look at; the database has the row."
    ),
    EventKind("alert.not_stored", ("source", "alert", "reason"), "The alert above could not be stored."),
    # Status page
    EventKind("status.unavailable", ("reason",), "The status page could not read the database."),
    # Database
    EventKind("database.unreachable", ("role", "reason"), "A PostgreSQL server could not be reached."),
    # Issuance
    EventKind("issue.asked", ("client", "transaction_id", "kind"), "A certificate was asked for."),
    EventKind("issue.made", ("issuance_number", "pages"), "A certificate was made and recorded."),
    EventKind("issue.refused", ("code", "rule"), "A certificate was refused; the rule is for staff."),
    EventKind(
        "issue.not_made", ("reason", "certain"), "Nothing was made: answered 9001, or 9002 when not certain."
    ),
    EventKind("issue.outcome_unknown", ("transaction_id",), "COMMIT was not answered: the ledger knows."),
    EventKind("alarm", ("event",), "The desk raised an alert."),
    EventKind("alarm.not_stored", ("event", "reason"), "The desk's alert could not be stored."),
)

CATALOGUE: Mapping[str, EventKind] = MappingProxyType({kind.template or kind.name: kind for kind in _KINDS})
"""By what stands in the code's log calls."""
