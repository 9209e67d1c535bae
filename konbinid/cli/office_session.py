"""A session of the role konbinid_office for one command, which says what to do when somebody else stands in its way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg2.errors import LockNotAvailable

from konbinid.cli.failure import CommandFailed
from konbinid.store.direct import session

if TYPE_CHECKING:
    from psycopg2.extensions import connection

    from konbinid.config import Config


@contextmanager
def office_session(config: Config, purpose: str, *, locked: str) -> Iterator[connection]:
    """purpose: what the server's process list shows. locked: who may hold what this command waits for, without a full stop. CommandFailed, Unavailable."""
    with session(config.database.dsns_of("office"), purpose) as made:
        try:
            yield made
        except LockNotAvailable:
            raise CommandFailed(f"{locked}; nothing was changed. Run the command again.") from None
