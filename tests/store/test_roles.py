"""What every role of the daemon may do with every table and function: all of it, so that a grant too many is seen (house.md, "Tables are insert-only").

Read the lists below as the promise. A new table or function without a line here fails.
"""

from __future__ import annotations

import psycopg2
import pytest
from private_database import Database, run
from psycopg2 import sql

from konbinid.store import migrate

SCHEMAS = ["people", "intake", "library", "ledger", "ops", "public"]
PEOPLE = "people.credential people.doubt people.feed_doubt people.hold people.member_number people.person people.person_lock people.seal "
PEOPLE += "people.fuhyo people.koseki people.register_lock people.register_member_number people.register_pdf people.tax"
LINKS = "people.linked_member people.person_doubt people.person_hold people.register_link"
GAIJI = "library.gaiji library.gaiji_font"
LIBRARY = f"library.approval library.blob library.entry library.revision library.withdrawal {GAIJI}"
TAKEN_IN = "people.credential people.doubt people.feed_doubt people.fuhyo people.hold people.koseki people.person people.seal people.tax"
INTAKE = "intake.attachment intake.attachment_name intake.feed intake.incoming intake.incoming_part"
BROUGHT = "intake.transfer intake.transfer_attachment intake.transfer_part"
LEDGER = "ledger.decision ledger.delivery ledger.error_report ledger.issuance ledger.refusal ledger.replay"
APPLICATIONS = "ledger.application ledger.application_request"
DECIDED = "ledger.application_decision ledger.registration_end"
RESTORED = "ops.identity ops.beat ops.restoration ops.restoration_confirmed ops.feed_standing"
STAGED = " ".join(
    f"intake.staged_{name}"
    for name in (
        [
            "person",
            "credential",
            "hold",
            "seal",
            "tax",
            "tax_effect",
            "person_effect",
            "credential_effect",
            "hold_effect",
            "seal_effect",
            "gaiji",
            "gaiji_effect",
            "koseki",
            "fuhyo",
            "koseki_effect",
            "fuhyo_effect",
            "key",
            "touch",
            "touch_register",
        ]
    )
)

# Role -> right -> tables. S select, I insert, U update, D delete, T truncate; U(column) on single columns.
RIGHTS = {
    "desk": {
        "S": f"{PEOPLE} {LINKS} {LIBRARY} {LEDGER} {APPLICATIONS} {DECIDED} ledger.document ledger.document_key intake.feed ops.kind_state "
        f"ops.fingerprint {RESTORED}",
        "I": f"{LEDGER} {APPLICATIONS} ledger.document ledger.document_key ledger.audit ops.alert",
        "U(lock_handle)": "people.person_lock people.register_lock ops.kind_state",
    },
    "intake": {
        "S": f"{PEOPLE} {LINKS} people.registered_credential {GAIJI} {INTAKE} {STAGED} ops.lease ops.restoration intake.verify_choice {BROUGHT} ops.relay",
        "I": f"{PEOPLE} {GAIJI} {INTAKE} {STAGED} ops.alert ledger.audit intake.verify_choice {BROUGHT} ops.relay",
        "U": f"intake.transfer intake.transfer_attachment {TAKEN_IN} people.person_lock people.register_lock library.gaiji intake.feed intake.incoming {STAGED}",
        "D": f"{BROUGHT} {TAKEN_IN} library.gaiji intake.incoming_part intake.attachment intake.attachment_name people.register_pdf {STAGED}",
        "T": STAGED,
        "U(lock_handle)": "ops.lease",
        "U(heard_at)": "ops.relay",
        "U(owner)": "intake.attachment_name",
    },
    "office": {
        "S": f"{PEOPLE} {LINKS} {INTAKE} {LIBRARY} {LEDGER} {APPLICATIONS} {DECIDED} ledger.bound_transaction ledger.issuance_state ledger.audit ledger.audit_seal "
        f"ops.kind_state ops.lease ops.alert ops.alert_seen ops.fingerprint ops.glyph_look {RESTORED} intake.verify_choice ops.relay",
        "I": f"{DECIDED} library.approval library.blob library.entry library.withdrawal ledger.audit ops.alert ops.alert_seen ops.fingerprint ops.glyph_look ops.restoration_confirmed",
        "U": "ops.glyph_look",
        "U(suspended,reason,changed_by,changed_at,change_no)": "ops.kind_state",
        "U(change_no)": "people.register_lock",
    },
    "check": {
        "S": f"{PEOPLE} {LINKS} {INTAKE} {LIBRARY} {LEDGER} {APPLICATIONS} {DECIDED} ledger.bound_transaction ledger.document ledger.issuance_state ledger.audit ledger.audit_seal "
        f"ops.kind_state ops.lease ops.alert ops.alert_seen ops.fingerprint ops.glyph_look {RESTORED} intake.verify_choice ops.relay",
        "I": "ops.alert",
    },
    "shred": {
        "S": "ledger.delivery ledger.document_key",
        "S(issuance_number,expires_at)": "ledger.decision",
        "S(issuance_number)": "ledger.document",
        "D": "ledger.document_key ledger.document",
    },
    "ops": {
        "S": f"ops.kind_state ops.lease ops.alert ops.alert_seen ops.fingerprint ops.glyph_look ledger.audit ledger.audit_seal {RESTORED} intake.feed ops.relay",
        "I": "ops.alert ledger.audit ledger.audit_seal ops.beat ops.feed_standing ops.relay",
        "U": "ops.lease ops.beat ops.feed_standing ops.relay",
    },
}
EXECUTES = {
    "ops.suspend": {"desk", "intake", "office", "ops"},
    "ops.take_kinds": {"office"},
    "ops.note_restoration": {"office", "ops"},
    "ledger.shred_delivered": {"desk", "shred"},
    "ledger.shred_expired": {"ops", "shred"},
    "ledger.drop_keyless": {"ops", "shred"},
    "intake.measure_staged": {"intake"},
    "people.feed_in_doubt": set(),
    "people.link_members": set(),
    "ledger.bind_transaction": set(),
    "library.approver_differs": set(),
    "library.moved": set(),
    "library.gaiji_moved": set(),
}

_TABLES = """
select r.rolname, n.nspname || '.' || c.relname, right_name
  from pg_roles r, pg_class c join pg_namespace n on n.oid = c.relnamespace,
       unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) right_name
 where r.rolname = any(%s) and n.nspname = any(%s) and c.relkind in ('r', 'v', 'm', 'p', 'f')
   and has_table_privilege(r.oid, c.oid, right_name)
"""
_COLUMNS = """
select r.rolname, n.nspname || '.' || c.relname, string_agg(a.attname, ',' order by a.attnum), right_name
  from pg_roles r, pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid,
       unnest(array['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) right_name
 where r.rolname = any(%s) and n.nspname = any(%s) and c.relkind in ('r', 'v', 'm', 'p', 'f') and a.attnum > 0 and not a.attisdropped
   and has_column_privilege(r.oid, c.oid, a.attnum, right_name) and not has_table_privilege(r.oid, c.oid, right_name)
 group by 1, 2, 4
"""
_FUNCTIONS = """
select n.nspname || '.' || p.proname, p.oid, p.prosecdef, p.proconfig
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = any(%s)
"""


def _roles() -> list[str]:
    return [migrate.role_name(part) for part in migrate.ROLES]


def test_every_table_for_every_role(database: Database) -> None:
    """Neither more nor less than the lists above."""
    found = {
        (
            role.removeprefix("konbinid_"),
            table,
            right[0] if right in {"SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"} else right,
        )
        for role, table, right in database.run(_TABLES, (_roles(), SCHEMAS), role="postgres")
    }
    for role, table, columns, right in database.run(_COLUMNS, (_roles(), SCHEMAS), role="postgres"):
        found.add((role.removeprefix("konbinid_"), table, f"{right[0]}({columns})"))
    promised = {
        (part, table, right)
        for part, rights in RIGHTS.items()
        for right, tables in rights.items()
        for table in tables.split()
    } | {(part, "public.konbinid_migration", "S") for part in migrate.ROLES}
    assert found - promised == set()
    assert promised - found == set()


def test_every_table_is_somebodys(database: Database) -> None:
    """A table that no list names is one that nobody thought about."""
    there = database.run(
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        "where n.nspname = any(%s) and c.relkind in ('r', 'v', 'm', 'p', 'f')",
        (SCHEMAS,),
        role="postgres",
    )
    named = {table for rights in RIGHTS.values() for tables in rights.values() for table in tables.split()}
    assert {name for (name,) in there} - named == {"public.konbinid_migration"}


def test_every_function_for_every_role(database: Database) -> None:
    """Functions run with their owner's rights; PUBLIC may run none of them, and none can be misled by a search path."""
    functions = database.run(_FUNCTIONS, (SCHEMAS,), role="postgres")
    assert {name for name, *_ in functions} == set(EXECUTES)
    for name, oid, definer, settings in functions:
        may = {
            part
            for part in migrate.ROLES
            if database.run(
                "select has_function_privilege(%s, %s::oid, 'EXECUTE')",
                (migrate.role_name(part), oid),
                role="postgres",
            )[0][0]
        }
        assert may == EXECUTES[name], name
        assert not database.run(
            "select has_function_privilege('public', %s::oid, 'EXECUTE')", (oid,), role="postgres"
        )[0][0], name
        if definer:
            assert settings == ["search_path=pg_catalog, pg_temp"], name


def test_nothing_in_the_ledger_is_changed_or_removed_by_anybody(database: Database) -> None:
    """Insert-only is a right, not a habit: no role of the daemon updates, deletes or truncates there, but the one that destroys keys
    and the sealed bytes that have none."""
    rights = {
        (part, right, table)
        for part, each in RIGHTS.items()
        for right, tables in each.items()
        for table in tables.split()
        if table.startswith("ledger.") and right[0] not in {"S", "I"}
    }
    assert rights == {("shred", "D", "ledger.document_key"), ("shred", "D", "ledger.document")}


@pytest.mark.parametrize("part", migrate.ROLES)
def test_no_role_is_more_than_its_grants(database: Database, part: str) -> None:
    """No superuser, no maker of roles or databases, owner of nothing but its own functions, member of nothing, creator nowhere."""
    role = migrate.role_name(part)
    flags = database.run(
        "select rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls from pg_roles where rolname = %s",
        (role,),
        role="postgres",
    )
    assert flags == [(False,) * 5]
    assert (
        database.run("select from pg_auth_members where member = %s::regrole", (role,), role="postgres") == []
    )
    assert (
        database.run("select relname from pg_class where relowner = %s::regrole", (role,), role="postgres")
        == []
    )
    owned = database.run(
        "select proname from pg_proc where proowner = %s::regrole order by 1", (role,), role="postgres"
    )
    shreds = [("drop_keyless",), ("shred_delivered",), ("shred_expired",)]
    assert owned == (shreds if part == "shred" else [])
    for schema in SCHEMAS:
        assert database.run(
            "select has_schema_privilege(%s, %s, 'CREATE')", (role, schema), role="postgres"
        ) == [(False,)]
    for right in ("CREATE", "TEMPORARY"):
        assert database.run(
            "select has_database_privilege(%s, current_database(), %s)", (role, right), role="postgres"
        ) == [(False,)]


# Statements that would turn a right into another one.
TRICKS = [
    ("desk", "set role konbinid_shred"),
    ("desk", "set role konbinid_owner"),
    ("desk", "set session_replication_role = replica"),
    ("desk", "alter table ledger.issuance disable trigger all"),
    (
        "desk",
        "insert into ledger.issuance select * from ledger.issuance on conflict (issuance_number) do update set copies = 99",
    ),
    (
        "desk",
        "insert into ledger.delivery select * from ledger.delivery on conflict (issuance_number) do update set outcome = 'FAILED'",
    ),
    ("desk", "update people.person_lock set change_no = change_no, lock_handle = null"),
    ("desk", "update ops.kind_state set lock_handle = null, suspended = false"),
    (
        "desk",
        "merge into ledger.document_key k using ledger.delivery d on k.issuance_number = d.issuance_number when matched then delete",
    ),
    ("desk", "do $$ begin lock table ledger.issuance in access exclusive mode; end $$"),
    ("desk", "copy people.person to program 'cat'"),
    ("desk", "create function ledger.x() returns int language sql as 'select 1'"),
    ("desk", "create trigger x after insert on ledger.delivery execute function library.moved()"),
    ("desk", "create rule x as on insert to ledger.delivery do instead nothing"),
    ("intake", "select ops.take_kinds()"),
    ("intake", "select ledger.shred_delivered('0')"),
    ("office", "select ledger.shred_delivered('0')"),
    ("check", "select ledger.shred_delivered('0')"),
    ("ops", "select ledger.shred_delivered('0')"),
    ("check", "select ops.suspend('*', 'x', 'y')"),
    ("shred", "select sealed from ledger.document"),
    ("shred", "delete from ledger.decision"),
    ("desk", "select ledger.shred_expired(now(), now(), 1)"),
    ("intake", "select ledger.drop_keyless(1)"),
    ("intake", "delete from people.register_member_number"),
    ("shred", "insert into ledger.delivery select * from ledger.delivery"),
    ("office", "update people.member_number set number = 9"),
    ("office", "update ledger.application set name = 'x'"),
    ("office", "insert into ledger.application select * from ledger.application"),
    ("office", "delete from ledger.registration_end"),
    ("office", "update ledger.application_decision set approved = true"),
    ("desk", "insert into ledger.application_decision select * from ledger.application_decision"),
    ("desk", "insert into ledger.bound_transaction values ('c', 't')"),
    ("intake", "insert into people.register_link values ('R', '01', '19800101', '0000000001', 0)"),
    ("intake", "delete from people.register_link"),
    ("intake", "select name from ledger.application"),
    ("desk", "insert into ledger.registration_end select * from ledger.registration_end"),
    ("intake", "update people.member_number set number = 9"),
    ("intake", "delete from people.member_number"),
    ("intake", "delete from people.person_lock"),
    ("intake", "truncate people.hold"),
    ("intake", "delete from intake.incoming"),
    ("office", "update library.entry set value = '{}'"),
    ("office", "delete from library.withdrawal"),
    ("office", "update library.revision set revision = 0"),
    ("ops", "insert into ops.fingerprint (fingerprint, approved_by) values ('x', 'y')"),
    ("desk", "insert into ops.fingerprint (fingerprint, approved_by) values ('x', 'y')"),
    ("ops", "delete from ledger.audit_seal"),
]


@pytest.mark.parametrize(("part", "statement"), TRICKS)
def test_tricks(database: Database, part: str, statement: str) -> None:
    """Tried, not concluded from a catalogue."""
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        database.run(statement, role=part)


def test_lock_handles_hold_nothing(database: Database) -> None:
    """The one column that the desk may "update", so that PostgreSQL lets it lock: no value can be put there."""
    database.run("insert into people.person_lock (atena_number) values ('0000000001')")
    for table in ("ops.kind_state", "people.person_lock"):
        for value in ("true", "false"):
            with pytest.raises(psycopg2.errors.CheckViolation):
                database.run(f"update {table} set lock_handle = {value}", role="desk")


def test_key_of_what_was_not_delivered_or_shows_no_number_stays(database: Database) -> None:
    """Whoever may call the destroying function can destroy nothing but what a report has ended and what shows 個人番号."""
    for number, shows, delivered in (
        ("A" * 12, True, True),
        ("B" * 12, True, False),
        ("C" * 12, False, True),
    ):
        database.run(
            "insert into ledger.issuance values (%s, 'c', %s, '', now(), 'juminhyo', 1, 300, null, '{}', '{}', null, 'CARD', 'a', '', '', '', '', 'STORE', '', '')",
            (number, number),
        )
        database.run("insert into ledger.document_key values (%s, '', %s)", (number, shows))
        if delivered:
            database.run(
                "insert into ledger.delivery values (%s, now(), 'DELIVERED', 1, now(), false, '', 'D', 'h')",
                (number,),
            )
        database.run("select ledger.shred_delivered(%s)", (number,), role="desk")
    assert database.run("select issuance_number from ledger.document_key order by 1") == [
        ("B" * 12,),
        ("C" * 12,),
    ]


def test_migrations_warn_of_nothing(postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL only warns when a grant or a revoke does nothing."""
    said: list[str] = []
    real = psycopg2.connect

    def connect(*arguments, **named):
        made = real(*arguments, **named)
        made.notices = Listening(said)
        return made

    class Listening(list):
        def __init__(self, into: list[str]) -> None:
            super().__init__()
            self.into = into

        def append(self, text: str) -> None:
            self.into.append(text)

    made = Database(postgres, "without_a_warning")
    migrate.create_database(postgres.dsn(), made.name)
    try:
        monkeypatch.setattr(psycopg2, "connect", connect)
        migrate.migrate(made.dsn("owner"))
    finally:
        monkeypatch.undo()
        run(postgres.dsn(), sql.SQL("drop database {} with (force)").format(sql.Identifier(made.name)))
    assert [text for text in said if "WARNING" in text] == []
