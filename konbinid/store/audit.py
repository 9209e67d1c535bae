"""The audit: what staff and operators did, written in the transaction that does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from psycopg2.extras import Json

if TYPE_CHECKING:
    from psycopg2.extensions import cursor

_AUDIT = "insert into ledger.audit (actor, action, subject, detail, approved_by) values (%s, %s, %s, %s, %s)"


def insert_audit(
    cur: cursor,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    *,
    approved_by: str | None = None,
) -> None:
    """One act. ``approved_by`` for acts that need four eyes; ``detail`` never holds personal data."""
    cur.execute(_AUDIT, (actor, action, subject, Json(dict(detail or {})), approved_by))
