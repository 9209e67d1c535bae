"""Everybody locks people in the order of their 宛名番号: a paper and a file wait for each other, and never each for the other."""

from __future__ import annotations

import threading
import time
from contextlib import closing

import cases
import files_in
import psycopg2
import pytest
from private_database import Database
from town import Town, make_pool
from twisted.internet import reactor, task
from twisted.internet.defer import ensureDeferred
from twisted.trial.unittest import TestCase

from konbinid.store import residents
from konbinid.store.errors import LockTimeout

FAMILY = (cases.HEAD, cases.SPOUSE, cases.CHILD)


def is_free(database: Database, atena_number: str, how: str) -> bool:
    """Whether nobody holds a person (for update: not even shared)."""
    try:
        database.run(f"select from people.person_lock where atena_number = %s {how} nowait", (atena_number,))
    except psycopg2.errors.LockNotAvailable:
        return False
    return True


@pytest.mark.usefixtures("database", "keyring_folder")
class DeskOrderTests(TestCase):
    timeout = 30

    async def test_desk_takes_people_in_order(self) -> None:
        """Given in any order: waiting for the second, it holds the first and not yet the third."""
        Town(self.database, self.keyring_folder).settle(*cases.family())
        pool = make_pool(self.database)
        self.addCleanup(pool.stop)
        for given in (FAMILY, FAMILY[::-1], (cases.CHILD, cases.HEAD, cases.SPOUSE)):
            with closing(psycopg2.connect(self.database.dsn("intake"))) as intake, intake.cursor() as cur:
                cur.execute(
                    "update people.person_lock set change_no = change_no where atena_number = %s",
                    (cases.SPOUSE,),
                )

                async def lock(tx: object, given: tuple[str, ...] = given) -> None:
                    await tx.wait_at_most(1)
                    await residents.lock_people(tx, given)

                call = ensureDeferred(pool.transaction(lock, deadline=reactor.seconds() + 5))
                await task.deferLater(reactor, 0.3)
                self.assertFalse(is_free(self.database, cases.HEAD, "for update"))
                self.assertTrue(is_free(self.database, cases.CHILD, "for update"))
                with self.assertRaises(LockTimeout):
                    await call


@pytest.mark.parametrize("kind", ["applied", "in doubt"])
def test_file_takes_people_in_order(database: Database, keyring_folder, kind: str) -> None:
    """The same for intake, whose rows come in the file's order."""
    Town(database, keyring_folder).settle(*cases.family())
    rows = [
        {
            "business_code": "01",
            "hold_number": number,
            "atena_number": number,
            "category": "04",
            "household": False,
            "register_wide": False,
        }
        for number in reversed(FAMILY)
    ]
    settle = files_in.apply if kind == "applied" else files_in.reject
    with closing(psycopg2.connect(database.dsn("desk"))) as desk, desk.cursor() as cur:
        cur.execute("select from people.person_lock where atena_number = %s for share", (cases.SPOUSE,))
        thread = threading.Thread(target=settle, args=(database, "YOKUSHI", *rows))
        thread.start()
        time.sleep(0.5)
        held = [is_free(database, number, "for share") for number in (cases.HEAD, cases.CHILD)]
        desk.commit()
    thread.join()
    assert held == [False, True]
