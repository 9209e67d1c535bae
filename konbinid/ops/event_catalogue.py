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
    EventKind("startup.prepared", ("host", "build", "fingerprint", "environment"), "Who this daemon is."),
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
    EventKind("fitness.not_started", (), "What issues could not be started; tried again."),
    EventKind("shutdown.failed", (), "A part did not stop cleanly; the others were stopped."),
    EventKind("watchdog.silent", ("reason",), "No database round trip was completed; systemd is not told."),
    # What tells a restored backup
    EventKind(
        "witness.went_back",
        ("host",),
        "The database shows less than this host saw committed: a restoration was noted.",
    ),
    EventKind("witness.no_beat", ("reason",), "The heartbeat was not committed; tried again."),
    EventKind(
        "witness.not_written", ("reason",), "What was committed could not be kept outside the database."
    ),
    EventKind("witness.failed", (), "The heartbeat failed in a way nobody foresaw; tried again."),
    EventKind(
        "rounds.failed", ("what",), "What is done over and over failed in a way nobody foresaw; tried again."
    ),
    EventKind("feeds.not_watched", ("reason",), "The age of the feeds could not be looked at; tried again."),
    # Singleton lease
    EventKind("lease.taken", ("holder", "epoch"), "This host runs the singleton jobs."),
    EventKind(
        "lease.lost", ("holder", "epoch", "reason"), "It does no more: session, late, overtaken, no_row."
    ),
    # What is removed when its retention ends
    EventKind(
        "retention.done",
        ("part", "counts"),
        "What had reached the end of its retention was removed: today's part of it is done.",
    ),
    EventKind("retention.refused", ("part", "reason"), "Nothing was removed: the clock cannot be believed."),
    EventKind("retention.failed", ("reason",), "Removing failed; it is tried again in ten minutes."),
    # Characters without a glyph
    EventKind(
        "glyphs.looked",
        ("people", "characters", "new"),
        "What certificates print was looked through: characters without a glyph, and how many are new.",
    ),
    EventKind("glyphs.failed", ("reason",), "That look failed; it is tried again."),
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
    # The centre's port
    EventKind(
        "request.answered",
        ("operation", "client", "code", "seconds"),
        "A request of the centre was answered with a result code.",
        "{operation} for {client}: {code} after {seconds:.3f} s",
    ),
    EventKind(
        "request.late",
        ("operation", "code"),
        "An answer came when nobody waited any more; nobody got it.",
        "{operation}: an answer with {code} came when nobody waited any more, and was thrown away",
    ),
    EventKind(
        "request.fault",
        ("operation", "client", "reference", "what"),
        "A SOAP Fault was answered; the centre has the reference too.",
        "{operation} from {client}: Fault {reference}: {what}",
    ),
    EventKind(
        "request.refused",
        ("client", "code", "why"),
        "What came was no request of the contract.",
        "request from {client} refused with {code}: {why}",
    ),
    EventKind(
        "request.turned_away",
        ("client", "code"),
        "Another path, method or content type than the contract's.",
        "request from {client} turned away with {code}",
    ),
    EventKind(
        "connection.cut", ("client", "why"), "A connection was closed.", "connection from {client} cut: {why}"
    ),
    # Certificates
    EventKind("tls.read_again", (), "Changed TLS files are in use.", "TLS files read again"),
    EventKind(
        "tls.kept",
        ("problem",),
        "A changed TLS file is not sound; the old one stays.",
        "TLS file not taken over: {problem}",
    ),
    EventKind(
        "tls.closed",
        ("reason", "file"),
        "The revocation list cannot be used: nobody is let in.",
        "nobody is let in: {reason} ({file})",
    ),
    EventKind(
        "tls.open_again",
        (),
        "The revocation list is in force again.",
        "the revocation list is in force again",
    ),
    EventKind(
        "tls.stranger",
        ("address", "reason"),
        "A client was turned away in the handshake.",
        "client at {address} turned away: {reason}",
    ),
    EventKind("tls.no_longer", ("reason",), "A client is let in no more.", "client turned away: {reason}"),
    # The core systems' files
    EventKind("file.stored", ("file", "feed"), "A file is in the database.", "{file}: stored"),
    EventKind(
        "file.settled",
        ("file", "feed", "state", "rows", "added", "changed", "removed", "bad_rows"),
        "A file was applied, rejected, held, refused, or waits.",
        "{file}: {state}",
    ),
    EventKind(
        "file.not_taken",
        ("file", "reason"),
        "Something lies in the inbox that is not taken.",
        "{file}: not taken: {reason}",
    ),
    EventKind(
        "file.unreadable", ("file", "failure"), "A file cannot be read now.", "{file}: cannot be read now"
    ),
    EventKind("file.again", ("file", "why"), "A file is looked at again.", "{file}: {why}, looking again"),
    EventKind(
        "file.lease_lost",
        ("file",),
        "The lease was lost in the middle of a file; nothing of it counts.",
        "{file}: the lease was lost before it was settled",
    ),
    EventKind(
        "intake.failed",
        ("what", "failure"),
        "Intake failed and will try again.",
        "{what}: failed, to be tried again",
    ),
    # Relays, on the server
    EventKind("relay.connected", ("relay", "address"), "A relay is there."),
    EventKind("relay.disconnected", ("relay",), "A relay's connection is over."),
    EventKind(
        "relay.cut",
        ("relay", "address", "why"),
        "A connection was cut off: who spoke broke the protocol, or was silent.",
    ),
    EventKind(
        "relay.not_now",
        ("relay", "failure"),
        "The database did not take a relay's bytes; the relay tries again.",
    ),
    EventKind(
        "relay.failed",
        ("relay", "failure"),
        "A relay's command failed in a way nobody foresaw; it begins again.",
    ),
    EventKind(
        "relay.not_watched", ("reason",), "Whether the relays are heard could not be looked at; tried again."
    ),
    # Relays, at the city hall
    EventKind("relay.connected_to", ("server", "address", "port"), "A server takes this relay's files."),
    EventKind(
        "relay.not_connected",
        ("server", "address", "port", "reason"),
        "A server could not be reached, or did not let us in.",
    ),
    EventKind(
        "relay.line_lost",
        ("server", "address", "port", "reason"),
        "The connection is over; the servers are tried in turn.",
    ),
    EventKind(
        "relay.sent", ("file", "feed"), "A file is in the server's database; its receipt is waited for."
    ),
    EventKind("relay.not_sent", ("file", "failure"), "A file could not be sent; tried again."),
    EventKind(
        "relay.receipt",
        ("file", "ok"),
        "A receipt lies in the out-box, and the file in archive or quarantine.",
    ),
    EventKind(
        "relay.not_filed",
        ("file", "step", "reason"),
        "A receipt could not be written, or a file not be put away; tried again.",
    ),
    EventKind(
        "intake.printed",
        ("bytes",),
        "The reading process printed something. It is not shown: it may hold values of a file.",
        "the reading process printed {bytes} bytes, which are not shown",
    ),
)

CATALOGUE: Mapping[str, EventKind] = MappingProxyType({kind.template or kind.name: kind for kind in _KINDS})
"""By what stands in the code's log calls."""
