"""The schema: numbered SQL files, applied once each, in order, by the owner and on purpose.

`konbinid migrate` applies them; the daemon only looks (`status`) and refuses to start on a schema that is not exactly the
one it was built for. An applied file never changes afterwards: its hash is kept beside its number.

Blocking psycopg2: this runs in a command line and in tests, before any reactor does.
"""

from __future__ import annotations

import hashlib
import re
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from psycopg2.extensions import connection, cursor

ROLES = ("desk", "intake", "office", "check", "shred", "ops")
"""The daemon's parts; each signs in as konbinid_<part> (001_roles.sql)."""

OWNER = "konbinid_owner"
"""The role that owns the database in the demo and the tests; a city may call its own differently."""

OLDEST_SERVER = 150000
"""PostgreSQL 15, as `server_version` counts: views with security_invoker, a schema public closed to all."""

_FILE_NAME = re.compile(r"([0-9]{3})_[a-z0-9_]+\.sql")
_ADVISORY_LOCK = 0x6B6F6E62696E6964 >> 1  # any constant that nobody else takes: "konbinid"

_BOOKKEEPING = """
create table if not exists public.konbinid_migration (
    number     integer primary key,
    name       text not null,
    sha256     text not null,
    applied_at timestamptz not null default clock_timestamp()
)
"""


class CannotMigrate(Exception):
    """The database is not one that these migrations may be applied to; the text says why and what to do."""


@dataclass(frozen=True)
class Migration:
    """One file of konbinid/store/migrations: its number, file name, text, and the text's SHA-256 in hex."""

    number: int
    name: str
    text: str
    sha256: str


@dataclass(frozen=True)
class Status:
    """Where a database stands: the newest applied number (0: none), the one wanted, and what is wrong."""

    current: int
    wanted: int
    problems: tuple[str, ...]

    @property
    def serves(self) -> bool:
        """Whether this build may run on this database."""
        return self.current == self.wanted and not self.problems


def migrations() -> tuple[Migration, ...]:
    """All migrations of this build in order. Raises CannotMigrate when the numbers are not 1, 2, 3…"""
    folder = resources.files("konbinid.store.migrations")
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    found = []
    for expected, name in enumerate(names, start=1):
        matched = _FILE_NAME.fullmatch(name)
        if matched is None or int(matched[1]) != expected:
            raise CannotMigrate(f"{name}: expected a name like {expected:03}_what_it_makes.sql")
        content = (folder / name).read_bytes()
        found.append(Migration(expected, name, content.decode("utf-8"), hashlib.sha256(content).hexdigest()))
    return tuple(found)


def expected_version() -> int:
    """The schema's number that this build was made for."""
    return len(migrations())


def status(dsn: str) -> Status:
    """Where the database behind `dsn` stands (any role of the daemon may ask). Raises psycopg2.OperationalError."""
    with _connected(dsn) as connection, connection.cursor() as cur:
        return _status(cur, migrations())


def migrate(dsn: str) -> list[str]:
    """Apply what is missing and return the names applied; each file is one transaction, all under one lock.

    `dsn` is the owner's: a superuser, or a role with CREATEROLE that owns the database.
    Raises CannotMigrate, psycopg2.Error (then the file it happened in is named, and nothing of it is applied).
    """
    known = migrations()
    with _connected(dsn) as connection, connection.cursor() as cur:
        _require_version(connection)
        # Held by the session until it closes: a second `konbinid migrate` waits here and then finds nothing to do.
        cur.execute("select pg_advisory_lock(%s)", [_ADVISORY_LOCK])
        cur.execute(_BOOKKEEPING)
        before = _status(cur, known)
        if before.problems:
            raise CannotMigrate(" ".join(before.problems))
        missing = known[before.current :]
        for migration in missing:
            _apply(connection, migration)
        if missing:
            _let_roles_look(connection)
        return [migration.name for migration in missing]


def create_database(admin_dsn: str, name: str, owner: str = OWNER) -> None:
    """Make an empty database and its owner (CREATEROLE, no superuser) where they are missing; for demo and tests.

    `admin_dsn` is a superuser's. In production a database administrator does the same two steps by hand.
    """
    with _connected(admin_dsn) as connection, connection.cursor() as cur:
        _require_version(connection)
        cur.execute("select from pg_roles where rolname = %s", [owner])
        if cur.fetchone() is None:
            cur.execute(sql.SQL("create role {} login createrole").format(sql.Identifier(owner)))
        cur.execute("select from pg_database where datname = %s", [name])
        if cur.fetchone() is None:
            made = sql.SQL("create database {} owner {} template template0 encoding 'UTF8' locale 'C'")
            cur.execute(made.format(sql.Identifier(name), sql.Identifier(owner)))


def enable_logins(dsn: str, passwords: Mapping[str, str | None]) -> None:
    """Let the daemon's roles sign in: part of ROLES -> password, or None where the server asks for none.

    For the demo and the tests; in production the administrator gives each role its password.
    """
    unknown = sorted(set(passwords) - set(ROLES))
    if unknown:
        raise ValueError(f"no such role: {', '.join(unknown)}; there are {', '.join(ROLES)}")
    with _connected(dsn) as connection, connection.cursor() as cur:
        for part, password in passwords.items():
            change = sql.SQL("alter role {} login password {}")
            cur.execute(change.format(sql.Identifier(role_name(part)), sql.Literal(password)))


def role_name(part: str) -> str:
    """The database role of a part of the daemon."""
    return f"konbinid_{part}"


@contextmanager
def _connected(dsn: str) -> Iterator[connection]:
    """One connection in autocommit: where a transaction is meant, it is written out."""
    with closing(psycopg2.connect(dsn, application_name="konbinid migrate")) as connection:
        connection.autocommit = True
        yield connection


def _require_version(connection: connection) -> None:
    if connection.server_version < OLDEST_SERVER:
        version = connection.server_version // 10000
        raise CannotMigrate(
            f"PostgreSQL {version} is too old: konbinid needs PostgreSQL {OLDEST_SERVER // 10000}."
        )


def _status(cur: cursor, known: Sequence[Migration]) -> Status:
    cur.execute("select to_regclass('public.konbinid_migration') is not null")
    applied: list[tuple[int, str, str]] = []
    if _one(cur):
        cur.execute("select number, name, sha256 from public.konbinid_migration order by number")
        applied = cur.fetchall()
    current = applied[-1][0] if applied else 0
    return Status(current, len(known), tuple(_problems(applied, known)))


def _problems(applied: Sequence[tuple[int, str, str]], known: Sequence[Migration]) -> Iterator[str]:
    numbers = [number for number, _, _ in applied]
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"The database's migrations have gaps: {numbers}."
    for number, name, sha256 in applied:
        if number > len(known):
            yield f"The database is newer than this build: it has {name}. Install the newer konbinid."
        elif sha256 != known[number - 1].sha256:
            yield f"{name} was applied with other content than this build's {known[number - 1].name}."


def _one(cur: cursor) -> object:
    row = cur.fetchone()
    return row[0] if row else None


def _apply(connection: connection, migration: Migration) -> None:
    with connection.cursor() as cur:
        cur.execute("begin")
        try:
            # No parameters: a % in the file stays a %.
            cur.execute(migration.text)
            cur.execute(
                "insert into public.konbinid_migration (number, name, sha256) values (%s, %s, %s)",
                [migration.number, migration.name, migration.sha256],
            )
            cur.execute("commit")
        except psycopg2.Error as failed:
            failed.add_note(f"in {migration.name}; nothing of it was applied")
            cur.execute("rollback")
            raise


def _let_roles_look(connection: connection) -> None:
    """The daemon compares the schema with its build when it starts, each part as its own role."""
    parts = sql.SQL(", ").join(sql.Identifier(role_name(part)) for part in ROLES)
    with connection.cursor() as cur:
        cur.execute(sql.SQL("grant usage on schema public to {}").format(parts))
        cur.execute(sql.SQL("grant select on public.konbinid_migration to {}").format(parts))
