"""The kept library: what is kept is what the asker's own snapshot would have read, whatever became of the database meanwhile (I-11)."""

from __future__ import annotations

import pytest
from town import Town, make_pool
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredList, ensureDeferred
from twisted.trial.unittest import TestCase

from konbinid.domain.kinds import Kind
from konbinid.domain.library import Item
from konbinid.store.library import LibraryReader
from konbinid.store.transaction import Transaction


@pytest.mark.usefixtures("database", "keyring_folder")
class LibraryReaderTests(TestCase):
    timeout = 30

    def setUp(self) -> None:
        self.town = Town(self.database, self.keyring_folder)
        self.pool = make_pool(self.database)
        self.addCleanup(self.pool.stop)
        self.reader = LibraryReader()

    def set_fee(self, yen: int) -> None:
        self.town.run(
            "insert into library.entry (item, kind, effective_from, value, entered_by) "
            "values ('fee', 'juminhyo', clock_timestamp(), jsonb_build_object('yen', %s), 'one')",
            (yen,),
        )
        self.town.run(
            "insert into library.approval (entry_id, approved_by) select max(id), 'two' from library.entry"
        )

    async def fee(self) -> int:
        return await self.pool.transaction(self.look, deadline=reactor.seconds() + 5)

    async def look(self, tx: Transaction) -> int:
        _, entries = await self.reader.entries(tx)
        return [e.value for e in entries if e.item is Item.FEE and e.kind is Kind.JUMINHYO][-1]

    async def test_change_is_seen_by_the_next_asker(self) -> None:
        """What was kept ends with the revision."""
        self.assertEqual(await self.fee(), 300)
        self.set_fee(350)
        self.assertEqual(await self.fee(), 350)

    async def test_snapshot_from_before_keeps_its_answer(self) -> None:
        """Two requests of different snapshots ask in turn: neither gets the other's library."""
        await self.fee()
        begun: Deferred[None] = Deferred()
        go: Deferred[None] = Deferred()

        async def slow(tx: Transaction) -> list[int]:
            await tx.execute("select 1")  # the snapshot
            begun.callback(None)
            await go
            return [await self.look(tx), await self.look(tx)]

        old = ensureDeferred(self.pool.transaction(slow, deadline=reactor.seconds() + 5))
        await begun
        self.set_fee(350)
        self.assertEqual(await self.fee(), 350)
        go.callback(None)
        self.assertEqual(await old, [300, 300])
        self.assertEqual(await self.fee(), 350)

    async def test_many_at_once(self) -> None:
        """Askers of one moment, before and after a change, never see a mixture."""
        self.set_fee(350)
        answers = await DeferredList([ensureDeferred(self.fee()) for _ in range(20)])
        self.assertEqual({answer for _, answer in answers}, {350})

    async def test_same_revision_of_another_past_is_another_library(self) -> None:
        """I-11: a backup is restored under the running daemon, and the next change gets a number that was given before. The fee, the mayor
        or the seal of the past that was undone must not be printed."""
        backup = self.town.run("select revision, moved_at from library.revision")[0]
        self.set_fee(350)
        self.assertEqual(await self.fee(), 350)
        self.town.run("delete from library.approval where entry_id = (select max(id) from library.entry)")
        self.town.run("update library.revision set revision = %s, moved_at = %s", backup)
        self.assertEqual(await self.fee(), 300)
        self.set_fee(320)
        self.assertEqual(
            self.town.run("select revision from library.revision"),
            [(backup[0] + 1,)],
            "the number comes again",
        )
        self.assertEqual(await self.fee(), 320)
