"""Registers' PDFs by their content: what a register holds, and keeping one that was found fit."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg2 import Binary
from psycopg2.extensions import cursor

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


def keep_pdf(cur: cursor, digest: bytes, *, pages: int, has_text: bool) -> None:
    """Keep an attachment as a register's PDF, unless the same bytes are kept already. No row binds it yet."""
    cur.execute(
        "insert into people.register_pdf (sha256, pages, bytes, has_text, content) "
        "select sha256, %s, bytes, %s, content from intake.attachment where sha256 = %s on conflict do nothing",
        [pages, has_text, Binary(digest)],
    )
