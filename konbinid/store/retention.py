"""What is removed from the database when its retention ends, when that was done last, and whether the clock can be believed (docs/decisions/0040).

Every statement here takes a few rows, so that a transaction is short; the kiosk path waits for none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from psycopg2.extensions import cursor

from konbinid.domain.dates import JST

STEPS = {
    "parts": "intake",
    "names": "intake",
    "attachments": "intake",
    "register_pdfs": "intake",
    "document_keys": "ops",
    "documents": "ops",
}
"""Of the database, in the order in which they are done (what names others before what is named), and the role that may do them."""

ARCHIVE, DATABASE = "retention.archive", "retention.database"
"""The audit's actions."""

_DAY_BEGINS = time(3)  # Japan time; kiosks are open from 6:30 to 23:00
_CLOCKS_APART = timedelta(minutes=10)
_SILENCE = timedelta(days=14)  # a New Year or Golden Week with its week-ends is eleven days at most

_CLOCK = "select clock_timestamp(), max(last_stamp) at time zone 'Asia/Tokyo' from intake.feed"
_LAST = "select at from ledger.audit where action = %s and subject = %s order by id desc limit 1"

# greatest: the database's clock may have been behind when the file was applied, the core system's was not.
_ENDED = "i.state = 'applied' and greatest(i.applied_at, i.stamp at time zone 'Asia/Tokyo') < %(files)s"
_PARTS = f"""
delete from intake.incoming_part p
 using (select p.incoming_id, p.part from intake.incoming_part p join intake.incoming i on i.id = p.incoming_id where {_ENDED} limit 64) e
 where p.incoming_id = e.incoming_id and p.part = e.part
"""  # noqa: S608  # constants
_NAMES = f"""
delete from intake.attachment_name n
 using (select n.feed, n.name, n.incoming_id
          from intake.attachment_name n join intake.incoming i on i.id = n.incoming_id where {_ENDED} limit 1000) e
 where n.feed = e.feed and n.name = e.name and n.incoming_id = e.incoming_id
"""  # noqa: S608  # constants
# A difference row may name a picture that the seal register holds, long after the file that brought it.
_ATTACHMENTS = """
delete from intake.attachment
 where sha256 in (select a.sha256 from intake.attachment a
                   where a.received_at < %(files)s
                     and not exists (select from intake.attachment_name n where n.sha256 = a.sha256)
                     and not exists (select from people.seal s where s.image_sha256 = a.sha256)
                   limit 100)
"""
# A document that was issued has bytes of its own in the ledger. A file that is being read keeps its PDFs before a row binds them.
_REGISTER_PDFS = """
delete from people.register_pdf
 where sha256 in (select p.sha256 from people.register_pdf p
                   where p.received_at < %(files)s
                     and not exists (select from people.koseki k where k.pdf_sha256 = p.sha256)
                     and not exists (select from people.fuhyo f where f.pdf_sha256 = p.sha256)
                     and not exists (select from intake.incoming i
                                      where i.feed in ('KOSEKI', 'FUHYO') and i.state in ('received', 'waiting', 'held'))
                   limit 20)
"""
_DOCUMENT_KEYS = "select ledger.shred_expired(%(documents)s, %(unreported)s, 500)"
_DOCUMENTS = "select ledger.drop_keyless(100)"

_STATEMENTS = dict(
    zip(STEPS, (_PARTS, _NAMES, _ATTACHMENTS, _REGISTER_PDFS, _DOCUMENT_KEYS, _DOCUMENTS), strict=True)
)
_ENDED_FILES = f"select i.name, i.sha256 from intake.incoming i where i.name = any(%(names)s) and {_ENDED}"  # noqa: S608  # constants


@dataclass(frozen=True, slots=True)
class Terms:
    """How long: applied files, documents reported on, documents nobody reported on (``[retention]``)."""

    files: timedelta
    documents: timedelta
    unreported: timedelta

    def before(self, now: datetime) -> Limits:
        """What lies before these moments has ended by ``now``."""
        return Limits(now - self.files, now - self.documents, now - self.unreported)


@dataclass(frozen=True, slots=True)
class Limits:
    """The moments before which everything has ended."""

    files: datetime
    documents: datetime
    unreported: datetime


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What time it is for removing. ``doubt`` is empty, ``clocks_differ`` or ``no_news``: then nothing is removed."""

    now: datetime
    doubt: str


@dataclass(frozen=True, slots=True)
class Duty:
    """A part of the work with a record of its own in the audit."""

    action: str
    subject: str

    @classmethod
    def archive(cls, host: str) -> Duty:
        """A host's own folder: each host clears its own."""
        return cls(ARCHIVE, host)

    @classmethod
    def database(cls) -> Duty:
        """Whoever holds the lease does it for all."""
        return cls(DATABASE, "")

    def is_due(self, cur: cursor, now: datetime) -> bool:
        """Once a day, from three in the morning on. A record of a time to come was made by a clock that was wrong, and does not count."""
        cur.execute(_LAST, [self.action, self.subject])
        row = cur.fetchone()
        today = datetime.combine(now.astimezone(JST).date(), _DAY_BEGINS, JST)
        begun = today if now >= today else today - timedelta(days=1)
        return row is None or not begun <= row[0] <= now


def reckon(cur: cursor, here: datetime) -> Reckoning | None:
    """What time it is, by three clocks that do not depend on each other: this host's (``here``), the database's, and the core systems', who
    write theirs into the names of their files. None when no file was ever applied: there is nothing to remove.

    A clock that jumps ahead by years would end every retention at once. Ours, too, may be wrong together: they are one where the database runs
    on this host. A database restored from an old backup has old news, and removes nothing before it has caught up.
    """
    cur.execute(_CLOCK)
    row = cur.fetchone()
    assert row is not None  # an aggregate
    there, news = row
    if news is None:
        return None
    if abs(there - here) > _CLOCKS_APART:
        return Reckoning(min(here, there), "clocks_differ")
    return Reckoning(min(here, there), "no_news" if max(here, there) - news > _SILENCE else "")


def remove(cur: cursor, step: str, limits: Limits) -> int:
    """One portion of one of STEPS. How many rows went; 0 when the step is done."""
    values = {"files": limits.files, "documents": limits.documents, "unreported": limits.unreported}
    cur.execute(_STATEMENTS[step], values)
    if cur.description is None:
        return cur.rowcount
    row = cur.fetchone()
    return 0 if row is None else int(row[0])


def ended_files(cur: cursor, names: list[str], limits: Limits) -> Mapping[str, set[bytes]]:
    """Of these names those under which a file was applied and has ended: name -> hashes of its bytes."""
    cur.execute(_ENDED_FILES, {"names": names, "files": limits.files})
    found: dict[str, set[bytes]] = {}
    for name, digest in cur.fetchall():
        found.setdefault(name, set()).add(bytes(digest))
    return found
