"""A migrated PostgreSQL database per test, from a template, on a private server."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2 import sql

from konbinid.simulator.postgres import PrivatePostgres
from konbinid.store import migrate

TEMPLATE = "konbinid_template"
_IN_MEMORY = Path("/dev/shm")  # the folders in it have names that nobody can guess
_ROOM = 8 * 1024**3


@dataclass(frozen=True)
class Database:
    """One test's database. The server's socket needs no password, so a role is all a DSN needs."""

    server: PrivatePostgres
    name: str

    def dsn(self, part: str) -> str:
        """For desk, intake, office, check, shred, ops; "owner" owns the tables; "postgres" is the superuser."""
        role = part if part == "postgres" else migrate.role_name(part)
        return self.server.dsn(self.name, role)

    def run(
        self, statement: str, parameters: Sequence[Any] | None = None, *, role: str = "owner"
    ) -> list[tuple[Any, ...]]:
        """Run one statement (blocking, committed) as a role and return its rows."""
        return run(self.dsn(role), statement, parameters)


def run(
    dsn: str, statement: str | sql.Composed, parameters: Sequence[Any] | None = None
) -> list[tuple[Any, ...]]:
    """One statement on a connection of its own in autocommit."""
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def short_folder() -> Path:
    """In memory where there is room: a database is 600 files, and making them after others were deleted takes ext4 half a second (measured: 0.44 s
    on a disk that discards, 0.04 s in memory). Nothing of a test server must survive anything."""
    # Not pytest's tmp_path: root's is closed to the user who runs PostgreSQL, and it is long for a socket.
    roomy = (
        _IN_MEMORY.is_dir() and os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > _ROOM
    )
    place = _IN_MEMORY if roomy else Path(tempfile.gettempdir())
    return place / f"konbinid-test-{secrets.token_hex(4)}"


def start_server(folder: Path, *, temporary: bool = True) -> PrivatePostgres:
    """A running server, quick and careless, with the migrated template and every role allowed to sign in."""
    server = PrivatePostgres(folder, fast=True, temporary=temporary)
    server.start()
    migrate.create_database(server.dsn(), TEMPLATE)
    owner = server.dsn(TEMPLATE, migrate.OWNER)
    migrate.migrate(owner)
    migrate.enable_logins(owner, dict.fromkeys(migrate.ROLES))
    return server


def make_database(server: PrivatePostgres) -> Database:
    """A copy of the template under a name of its own."""
    made = Database(server, f"test_{secrets.token_hex(6)}")
    name, template, owner = (sql.Identifier(each) for each in (made.name, TEMPLATE, migrate.OWNER))
    run(server.dsn(), sql.SQL("create database {} template {} owner {}").format(name, template, owner))
    # A copy does not inherit who may connect; without this a test's role could make temporary tables and production's not.
    roles = sql.SQL(", ").join(sql.Identifier(migrate.role_name(part)) for part in migrate.ROLES)
    run(server.dsn(), sql.SQL("revoke all on database {} from public").format(name))
    run(server.dsn(), sql.SQL("grant connect on database {} to {}").format(name, roles))
    return made


def drop_database(database: Database) -> None:
    """Away with it, whoever is still connected."""
    run(database.server.dsn(), sql.SQL("drop database {} with (force)").format(sql.Identifier(database.name)))
