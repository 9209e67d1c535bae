"""Registers' PDFs by their content: what a register holds, and keeping one that was found fit."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from psycopg2 import Binary
from psycopg2.extensions import cursor
from psycopg2.extras import execute_values

from konbinid.store.intake_tables import Table


def held_pdfs(cur: cursor, table: Table, registers: Iterable[str]) -> dict[tuple[str, str], bytes]:
    """(戸籍番号, PDF's name) -> sha256 of what these registers hold: a name alone could be another register's."""
    cur.execute(
        f"select register_number, pdf_name, pdf_sha256 from people.{table.name} where register_number = any(%s)",  # noqa: S608  # a constant of intake_tables
        [list(registers)],
    )
    return {
        (register, name): bytes(digest) for register, name, digest in cur.fetchall() if digest is not None
    }


def kept_pdf(cur: cursor, digest: bytes) -> bytes | None:
    """The bytes of a PDF that is kept."""
    cur.execute("select content from people.register_pdf where sha256 = %s", [Binary(digest)])
    row = cur.fetchone()
    return None if row is None else bytes(row[0])


def keep_pdfs(cur: cursor, found: Collection[tuple[bytes, int, bool]]) -> None:
    """Keep attachments as registers' PDFs, by (sha256, pages, whether there is text), unless the same bytes are kept already. No row binds
    them yet. In the order of their hashes: another feed may keep the same ones at the same time."""
    execute_values(
        cur,
        "insert into people.register_pdf (sha256, pages, bytes, has_text, content) "
        "select a.sha256, f.pages, a.bytes, f.has_text, a.content "
        "from (values %s) f (sha256, pages, has_text) join intake.attachment a on a.sha256 = f.sha256 order by a.sha256 on conflict do nothing",
        [(Binary(digest), pages, has_text) for digest, pages, has_text in sorted(found)],
        page_size=len(found),
    )
