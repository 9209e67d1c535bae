"""The schema is applied on purpose, once, unchanged; and no role can do more than its part."""

from __future__ import annotations

import psycopg2
import pytest
from private_database import Database, run

from konbinid.store import migrate


@pytest.fixture
def empty(postgres) -> Database:
    """A database without a schema, owned by the owner role."""
    made = Database(postgres, "empty_one")
    migrate.create_database(postgres.dsn(), made.name)
    yield made
    run(postgres.dsn(), "drop database empty_one with (force)")


def test_an_empty_database_is_filled_once(empty):
    """A second run finds nothing to do: `konbinid migrate` may stand in every deployment."""
    assert migrate.status(empty.dsn("owner")).current == 0
    applied = migrate.migrate(empty.dsn("owner"))
    assert [name[:3] for name in applied] == [f"{n:03}" for n in range(1, migrate.expected_version() + 1)]
    assert migrate.migrate(empty.dsn("owner")) == []


def test_what_was_there_before_016_is_linked_and_bound(empty, monkeypatch):
    """A city that updates: whom the registers name today is remembered from the first day, and every id that is bound stays one, the doubled too."""
    everything = migrate.migrations()
    monkeypatch.setattr(migrate, "migrations", lambda: tuple(each for each in everything if each.number < 16))
    migrate.migrate(empty.dsn("owner"))
    for feed, atena in (("koseki", "0000000001"), ("fuhyo", "0000000001"), ("fuhyo", "0000000002")):
        empty.run(
            f"insert into people.{feed} values (%s, '01', 0, '', '', '', '19800203', '', %s, 1, '', null, 7)",
            (f"R-{atena[-1]}", atena),
        )
    for number, name in enumerate(("X-1", "X-2")):
        empty.run(
            "insert into ledger.issuance values (%s, 'c', %s, '', now(), 'juminhyo', 1, 300, null, '{}', '{}', null, 'CARD', 'a', '', '', '', '', 'STORE', '', '')",
            (f"{number}" * 12, name),
        )
    empty.run(
        "insert into ledger.application values ('A-0000000001', now(), 'CARD', 'a', 1, '', '', now(), '', '', '', '', '', '')"
    )
    for name in ("X-2", "X-3"):
        empty.run(
            "insert into ledger.application_request values ('c', %s, '', 'A-0000000001', now(), '', '', '', '', '', '')",
            (name,),
        )
    monkeypatch.undo()
    migrate.migrate(empty.dsn("owner"))
    links = "select register_number, member, birth_date, atena_number, incoming_id from people.register_link order by 1"
    assert empty.run(links) == [
        ("R-1", "01", "19800203", "0000000001", 7),
        ("R-2", "01", "19800203", "0000000002", 7),
    ]
    bound = empty.run("select client, transaction_id from ledger.bound_transaction order by 2")
    assert bound == [("c", "X-1"), ("c", "X-2"), ("c", "X-3")]


@pytest.mark.parametrize("part", migrate.ROLES)
def test_every_part_can_see_where_the_schema_stands(database, part):
    """The daemon compares schema and build as its own role before anything listens."""
    assert migrate.status(database.dsn(part)).serves


def test_a_changed_file_is_refused(database):
    """Another history than this build's: refuse, do not guess what is different."""
    database.run("update public.konbinid_migration set sha256 = 'other' where number = 2")
    stands = migrate.status(database.dsn("owner"))
    assert not stands.serves
    assert "002_ops.sql" in stands.problems[0]
    with pytest.raises(migrate.CannotMigrate, match=r"002_ops\.sql"):
        migrate.migrate(database.dsn("owner"))


def test_a_newer_database_is_refused(database):
    """After a roll-back of the build the daemon must not run on a schema it does not know."""
    database.run(
        "insert into public.konbinid_migration (number, name, sha256) values (%s, '999_x.sql', '')",
        [migrate.expected_version() + 1],
    )
    with pytest.raises(migrate.CannotMigrate, match="newer"):
        migrate.migrate(database.dsn("owner"))


def test_a_gap_is_refused(database):
    """A row lost from the bookkeeping must not lead to a second application."""
    database.run("delete from public.konbinid_migration where number = 3")
    with pytest.raises(migrate.CannotMigrate, match="gaps"):
        migrate.migrate(database.dsn("owner"))


def test_a_failing_file_leaves_nothing(empty, monkeypatch):
    """A file is applied whole or not at all, and the error names it."""
    first = migrate.migrations()[0]
    broken = migrate.Migration(2, "002_broken.sql", "create table public.half (); select 1/0", "x")
    monkeypatch.setattr(migrate, "migrations", lambda: (first, broken))
    with pytest.raises(psycopg2.errors.DivisionByZero) as caught:
        migrate.migrate(empty.dsn("owner"))
    assert "002_broken.sql" in caught.value.__notes__[0]
    assert migrate.status(empty.dsn("owner")).current == 1
    assert empty.run("select to_regclass('public.half')") == [(None,)]


def test_only_known_roles_get_a_login(database):
    """A typo in the demo's list must not pass silently."""
    with pytest.raises(ValueError, match="desc"):
        migrate.enable_logins(database.dsn("owner"), {"desc": None})


@pytest.mark.parametrize(
    ("part", "statement"),
    [
        ("desk", "update ledger.issuance set copies = 2"),
        ("desk", "delete from ledger.issuance"),
        ("desk", "delete from ledger.document_key"),
        ("desk", "truncate ledger.refusal"),
        ("desk", "update people.person_lock set change_no = 0"),
        ("desk", "update ops.kind_state set suspended = false"),
        ("desk", "insert into people.hold select * from people.hold"),
        ("desk", "create temporary table x ()"),
        ("desk", "create table public.x ()"),
        ("intake", "select * from ledger.issuance"),
        ("intake", "insert into library.approval values (1, 'x')"),
        ("office", "select * from ledger.document"),
        ("office", "select * from ledger.document_key"),
        ("office", "delete from ledger.audit"),
        ("check", "insert into people.doubt (incoming_id, atena_number) values (1, '0000000000')"),
        ("check", "select * from ledger.document_key"),
        ("shred", "select * from ledger.document"),
        ("shred", "update ledger.document_key set wrapped_key = ''"),
        ("ops", "select * from people.person"),
        ("ops", "update ledger.audit_seal set digest = ''"),
    ],
)
def test_what_no_role_may_do(database, part, statement):
    """The ledger is insert-only, nobody but the shredding role destroys, nobody opens a kind but the office."""
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        database.run(statement, role=part)


def test_the_desk_may_suspend_but_not_open(database):
    """Closing is open to every part: a failed read-back suspends the kind at once."""
    database.run("select ops.suspend('juminhyo', 'read-back', 'desk')", role="desk")
    assert database.run("select suspended from ops.kind_state where kind = 'juminhyo'", role="desk") == [
        (True,)
    ]
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        database.run("update ops.kind_state set suspended = false", role="desk")
