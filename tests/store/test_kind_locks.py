"""Closing a kind: it gets through however many papers are in the making, and it never meets a paper in a deadlock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import files_in
import psycopg2
import pytest
from private_database import Database

from konbinid.store import suspension

PERSON = "0000000001"
_SHARE_KINDS = "select from ops.kind_state where kind = any('{*,juminhyo}') order by kind for share"
_SHARE_PERSON = "select from people.person_lock where atena_number = %s for share"
PAPER_SECONDS = 0.1


def suspend_by_daemon(database: Database) -> None:
    database.run("select ops.suspend('juminhyo', 'x', 'y')", role="desk")


def suspend_by_staff(database: Database) -> None:
    with closing(psycopg2.connect(database.dsn("office"))) as made:
        made.autocommit = True
        suspension.suspend(made, "juminhyo", reason="x", who="y")


def resume(database: Database) -> None:
    with closing(psycopg2.connect(database.dsn("office"))) as made:
        made.autocommit = True
        suspension.resume(made, "juminhyo", reason="x", who="y")


def change_library(database: Database) -> None:
    database.run(
        "with e as (insert into library.entry (item, effective_from, value, entered_by) values ('mayor', now(), '{}', 'a') returning id) "
        "select id from e",
        role="office",
    )
    database.run(
        "insert into library.approval (entry_id, approved_by) select max(id), 'b' from library.entry",
        role="office",
    )


def doubt_feed(database: Database) -> None:
    files_in.reject(database, "YOKUSHI", keys_unread=True)


CHANGES = [suspend_by_daemon, suspend_by_staff, resume, change_library, doubt_feed]


@contextmanager
def crowd(database: Database) -> Iterator[None]:
    """Three kiosks, one paper after the other, so that there is never a moment without one in the making."""
    over = threading.Event()

    def kiosk(later: float) -> None:
        time.sleep(later)
        with closing(psycopg2.connect(database.dsn("desk"))) as made, made.cursor() as cur:
            while not over.is_set():
                cur.execute(_SHARE_KINDS)
                time.sleep(PAPER_SECONDS)
                made.commit()

    kiosks = [threading.Thread(target=kiosk, args=(PAPER_SECONDS / 3 * n,)) for n in range(3)]
    for each in kiosks:
        each.start()
    time.sleep(2 * PAPER_SECONDS)
    try:
        yield
    finally:
        over.set()
        for each in kiosks:
            each.join()


@pytest.mark.parametrize("change", CHANGES)
def test_a_crowd_does_not_keep_a_change_waiting(
    database: Database, change: Callable[[Database], None]
) -> None:
    """Row locks alone let every newcomer share in: measured, a suspension waited over a minute under 30 papers a second."""
    if change is resume:
        suspend_by_daemon(database)
    ended = threading.Event()

    def work() -> None:
        change(database)
        ended.set()

    with crowd(database):
        thread = threading.Thread(target=work)
        thread.start()
        came = ended.wait(5 * PAPER_SECONDS + 1)
    thread.join()
    assert came, "papers kept the change waiting"


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_meets_a_paper_without_a_deadlock(
    database: Database, change: Callable[[Database], None]
) -> None:
    """Everybody takes the kinds' state first and people after it: a paper that has the first may always have the second."""
    database.run("insert into people.person_lock (atena_number) values (%s)", (PERSON,))
    failed: list[BaseException] = []

    def work() -> None:
        try:
            if change is doubt_feed:
                row = {
                    "business_code": "01",
                    "hold_number": "1",
                    "atena_number": PERSON,
                    "household": False,
                    "register_wide": False,
                }
                files_in.reject(database, "YOKUSHI", row, keys_unread=True)
            else:
                change(database)
        except psycopg2.Error as error:
            failed.append(error)

    with closing(psycopg2.connect(database.dsn("desk"))) as desk, desk.cursor() as cur:
        cur.execute(_SHARE_KINDS)
        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(0.4)
        cur.execute("set lock_timeout = '3s'")
        cur.execute(_SHARE_PERSON, (PERSON,))
        desk.commit()
    thread.join()
    assert not failed


def test_two_operators_at_once(database: Database) -> None:
    """Each looks first and then closes; neither may hold what the other waits for."""
    with closing(psycopg2.connect(database.dsn("desk"))) as desk, desk.cursor() as cur:
        cur.execute(_SHARE_KINDS)
        threads = [threading.Thread(target=suspend_by_staff, args=(database,)) for _ in range(3)]
        for each in threads:
            each.start()
        time.sleep(0.3)
        desk.commit()
    for each in threads:
        each.join()
    audit = database.run("select detail ->> 'was_suspended' from ledger.audit order by id")
    assert audit == [("false",), ("true",), ("true",)]


def test_reading_never_waits(database: Database) -> None:
    """listCertificates, checkService and the status page go on while a change is under way."""
    with closing(psycopg2.connect(database.dsn("office"))) as office, office.cursor() as cur:
        cur.execute("select ops.take_kinds()")
        found = database.run("set lock_timeout = '100ms'; select count(*) from ops.kind_state", role="desk")
    assert found == [(8,)]
