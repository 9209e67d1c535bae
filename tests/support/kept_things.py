"""What retention looks at: files that came, documents that were made, so and so many days ago, in a database and an archive folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from private_database import Database

from konbinid.domain.dates import JST
from konbinid.intake.archive import clear_archive
from konbinid.ops.retention import Retention, RetentionSetting
from konbinid.store.retention import Terms

TERMS = Terms(timedelta(days=90), timedelta(days=30), timedelta(days=40))


def ago(days: float) -> datetime:
    """So many days before now."""
    return datetime.now(UTC) - timedelta(days=days)


@dataclass
class Lease:
    """Ours until the database says otherwise; None: never ours."""

    epoch: int | None = 0


class InThisThread:
    """A reactor of which only the way back from a thread is used."""

    @staticmethod
    def callFromThread(work: Callable[..., Any], *values: Any, **named: Any) -> None:  # Twisted's name
        work(*values, **named)


class Kept:
    """Puts things there and takes away what is over."""

    def __init__(self, database: Database, archive: Path) -> None:
        self.database = database
        self.archive = archive
        self.told: list[str] = []
        self._count = 0

    def file(
        self,
        days: float,
        *,
        feed: str = "INKAN",
        state: str = "applied",
        attachments: Mapping[str, bytes] | None = None,
    ) -> int:
        """A file that was written and applied so many days ago, in the database and, when it was applied, in the archive. Gives its id."""
        self._count += 1
        stamp = ago(days).astimezone(JST).replace(tzinfo=None, microsecond=0)
        name = f"{feed}_{stamp:%Y%m%d%H%M%S}_{self._count:06d}_D.csv"
        data = name.encode()
        (incoming,) = self.run(
            "insert into intake.incoming (name, feed, stamp, sequence, full_file, rows, sha256, bytes, state, applied_at) "
            "values (%s, %s, %s, %s, false, 1, %s, %s, %s, %s) returning id",
            name,
            feed,
            stamp,
            self._count,
            sha256(data).digest(),
            len(data),
            state,
            ago(days) if state == "applied" else None,
        )[0]
        for part in range(70):  # more than one portion
            self.run("insert into intake.incoming_part values (%s, %s, %s)", incoming, part, data)
        for attached, content in (attachments or {}).items():
            self.attach(incoming, attached, content, days)
        if state == "applied":
            self.run(
                "update intake.feed set last_stamp = greatest(last_stamp, %s) where feed = %s", stamp, feed
            )
            self._lay_down(name, data, stamp)
        return int(incoming)

    def attach(self, incoming: int, name: str, content: bytes, days: float) -> None:
        """An attachment that came with a file."""
        digest = sha256(content).digest()
        self.run(
            "insert into intake.attachment values (%s, %s, %s, %s) on conflict do nothing",
            digest,
            len(content),
            content,
            ago(days),
        )
        self.run(
            "insert into intake.attachment_name select feed, %s, %s, id from intake.incoming where id = %s",
            name,
            digest,
            incoming,
        )

    def _lay_down(self, name: str, data: bytes, stamp: datetime) -> None:
        day = self.archive / f"{stamp:%Y%m%d}"
        day.mkdir(parents=True, exist_ok=True)
        (day / name).write_bytes(data)
        (day / f"{name}.end").write_bytes(b"rows=1")
        (day / name.removesuffix(".csv")).mkdir()
        (day / name.removesuffix(".csv") / "picture").write_bytes(b"")

    def register_pdf(self, content: bytes, days: float, *, bound: bool) -> None:
        """A register's PDF that came so many days ago; ``bound``: a row names it."""
        digest = sha256(content).digest()
        self.run(
            "insert into people.register_pdf values (%s, 1, 1, false, %s, %s)", digest, content, ago(days)
        )
        if bound:
            self.run(
                "insert into people.koseki values ('K-1', '00', 0, '', '', '', null, '', null, 1, 'x.pdf', %s, 1)",
                digest,
            )

    def document(
        self, number: str, expired: float, *, reported: float | None = None, shows: bool = False
    ) -> None:
        """A certificate that could be reported on until so many days ago, and was (``reported``) so many days ago."""
        self.run(
            "insert into ledger.issuance values (%s, 'c', %s, '', now(), 'juminhyo', 1, 300, null, '{}', '{}', null, 'CARD', 'a', '', '', '', '', "
            "'STORE', '', '')",
            number,
            number,
        )
        self.run(
            "insert into ledger.decision values (%s, %s, '', '[]', '{}', '', '', '', '', '', 0, '', 1, 300, '', %s)",
            number,
            ago(expired),
            ago(expired),
        )
        self.run("insert into ledger.document values (%s, 'sealed')", number)
        self.run("insert into ledger.document_key values (%s, 'key', %s)", number, shows)
        if reported is not None:
            self.run(
                "insert into ledger.delivery values (%s, %s, 'DELIVERED', 1, %s, false, '', 'D', 'h')",
                number,
                ago(reported),
                ago(reported),
            )

    def run(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """As the owner of the database."""
        return self.database.run(statement, values)

    def retention(self, lease: Lease | None = None, **changes: Any) -> Retention:
        """The service as it runs, without its timer: ``work`` does what is due."""
        setting = RetentionSetting(
            host="host-a",
            terms=TERMS,
            ops=[self.database.dsn("ops")],
            intake=[self.database.dsn("intake")],
            now=lambda: datetime.now(UTC),
            sweep=partial(clear_archive, self.archive),
        )
        made = Retention(InThisThread, replace(setting, **changes), lease or Lease(), self._tell)
        made.running = True
        return made

    def _tell(self, severity: str, source: str, event: str, *, text: str) -> None:
        assert severity == "error"
        assert source == "retention"
        assert text
        self.told.append(event)

    def snapshot(self) -> dict[str, Any]:
        """Everything that retention may remove."""
        found: dict[str, Any] = {
            table: self.run(f"select {columns} from {table} order by 1")  # below
            for table, columns in _REMOVABLE.items()
        }
        found["archive"] = sorted(str(each.relative_to(self.archive)) for each in self.archive.rglob("*"))
        return found

    def audit(self) -> list[tuple[str, str, dict[str, Any]]]:
        """(action, subject, detail) in order."""
        return self.run("select action, subject, detail from ledger.audit order by id")


_REMOVABLE = {
    "intake.incoming_part": "incoming_id, part",
    "intake.attachment_name": "incoming_id, name",
    "intake.attachment": "content::text",
    "people.register_pdf": "content::text",
    "ledger.document_key": "issuance_number",
    "ledger.document": "issuance_number",
}
