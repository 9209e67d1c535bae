"""外字 in force at once: the next paper and no other is printed with a new version, on whichever host, and its record says which."""

from __future__ import annotations

from dataclasses import replace

import cases
import pytest
from gaiji_news import bring
from town import Town, issue_request, make_desk, make_pool
from town import press as base_press
from twisted.internet import reactor
from twisted.internet.defer import Deferred, ensureDeferred, gatherResults
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from konbinid.domain.content import Content
from konbinid.domain.request import Issued, Refused
from konbinid.domain.results import Code
from konbinid.issue.desk import Desk
from konbinid.issue.gaiji_presses import GaijiPresses
from konbinid.paper import readback
from konbinid.paper.press import Press, Printed
from konbinid.paper.readback import ReadbackMismatch
from konbinid.store.transaction import Transaction

OWN, SECOND = "\ue000", "\U000f0000"
_WAITS = "select pid from pg_locks join pg_stat_activity using (pid) where not granted and datname = current_database()"


class Noting(Press):
    """Keeps what it printed, for the tests only; the presses of 外字 versions share the list."""

    made: list[tuple[Content, bytes]]

    @classmethod
    def new(cls) -> Noting:
        press = cls.__new__(cls)
        press.__dict__.update(base_press().__dict__)
        press.made = []
        return press

    def print(self, content: Content) -> Printed:
        printed = super().print(content)
        self.made.append((content, printed.document))
        return printed


@pytest.mark.usefixtures("database", "keyring_folder")
class GaijiTests(TestCase):
    timeout = 60

    def setUp(self) -> None:
        self.town = Town(self.database, self.keyring_folder)
        people = [replace(person, name=f"{OWN}田　{person.name[-1]}") for person in cases.family()]
        self.town.settle(*people)
        self.pool = make_pool(self.database)
        self.addCleanup(self.pool.stop)
        self.press = Noting.new()
        self.desk = self.new_desk()

    def new_desk(self, **more: object) -> Desk:
        """As of another host: it has met no version yet."""
        return make_desk(self.pool, self.town.keyring, the_press=self.press, **more)

    async def issued(self, number: str, desk: Desk | None = None) -> Issued:
        answer = await (desk or self.desk).issue(issue_request(transaction_id=number))
        assert isinstance(answer, Issued), answer
        return answer

    def versions(self) -> list[str]:
        """What the records say, in the order of the decisions."""
        rows = self.town.run("select gaiji_version from ledger.decision order by decided_at")
        return [row[0] for row in rows]

    async def press_of(self, record: str, presses: GaijiPresses | None = None) -> Press:
        async def work(tx: Transaction) -> Press:
            return await (presses or GaijiPresses()).recorded(
                tx, self.press, record, self.desk.equipment.pause
            )

        return await self.pool.transaction(work, deadline=reactor.seconds() + 30)

    async def test_no_version_refuses_and_names_the_character(self) -> None:
        """1301, with the code point for people, and nothing of the name."""
        answer = await self.desk.issue(issue_request())
        assert isinstance(answer, Refused)
        self.assertEqual(answer.code, Code.UNPRINTABLE)
        self.assertIn("U+E000", answer.rule)
        (event, detail) = self.town.run("select event, detail::text from ops.alert")[0]
        self.assertEqual(event, "paper.unprintable")
        self.assertIn("U+E000", detail)
        self.assertNotIn("田", detail)

    async def test_the_next_paper_has_it_on_both_hosts(self) -> None:
        """No restart, no message from host to host: both were running before the version came."""
        other = self.new_desk()
        for desk in (self.desk, other):
            assert isinstance(await desk.issue(issue_request()), Refused)
        bring(self.database, {OWN: 1}, "2026-03")
        await self.issued("T-1")
        await self.issued("T-2", other)
        one, two = self.versions()
        self.assertEqual(one, two)
        self.assertRegex(one, r"^1:[0-9a-f]{16}:2026-03$")
        bring(self.database, {OWN: 2, SECOND: 1}, "2026-04")
        await self.issued("T-3", other)
        await self.issued("T-4")
        self.assertEqual([each[:2] for each in self.versions()], ["1:", "1:", "2:", "2:"])

    async def test_a_paper_reads_back_with_its_own_version_only(self) -> None:
        """Its record names the version; years later, and after a redefinition, the paper is proven and made again with that one."""
        bring(self.database, {OWN: 1})
        await self.issued("T-1")
        bring(self.database, {OWN: 2}, "2")
        await self.issued("T-2")
        old, new = [await self.press_of(each) for each in self.versions()]
        (content, document), (_, second) = self.press.made
        readback.check(document, content, old)
        self.assertRaises(ReadbackMismatch, readback.check, document, content, new)
        self.assertEqual(old.print(content).document, document)
        self.assertNotEqual(document, second)

    async def test_a_record_of_another_database_is_not_guessed_at(self) -> None:
        """The number alone could name another font after a restore (I-11)."""
        bring(self.database, {OWN: 1})
        for record in ("1:0123456789abcdef:1", "7:0123456789abcdef:1"):
            await self.assertFailure(ensureDeferred(self.press_of(record)), LookupError)
        self.assertIs(await self.press_of(""), self.press)

    async def test_only_characters_in_force_are_printed(self) -> None:
        """The font has the character, but no row of the feed ever listed it: nobody compared its shape with anything."""
        bring(self.database, {SECOND: 1})
        self.town.run(
            "update library.gaiji_font set content = %s", (bring(self.database, {OWN: 1, SECOND: 1}),)
        )
        self.town.run("update library.gaiji_font set characters = 'U+F0000'")
        answer = await self.desk.issue(issue_request())
        assert isinstance(answer, Refused)
        self.assertEqual(answer.code, Code.UNPRINTABLE)

    async def test_few_versions_are_kept(self) -> None:
        """A year of versions does not stay in memory; an old one is read again when it is asked for."""
        for number in range(1, 8):
            bring(self.database, {OWN: number}, str(number))
            await self.issued(f"T-{number}")
        self.assertEqual(len(self.desk.equipment.gaiji._kept), 4)
        first = await self.press_of(self.versions()[0], self.desk.equipment.gaiji)
        readback.check(self.press.made[0][1], self.press.made[0][0], first)

    async def test_a_version_that_comes_while_papers_are_made(self) -> None:
        """Papers and new versions at once: every paper is of one version from beginning to end, the one that its record names (I-02, I-08)."""
        bring(self.database, {OWN: 1}, "1")
        desks = [self.desk, self.new_desk()]
        news: list[Deferred[bytes]] = []
        papers = []
        for number in range(24):
            papers.append(ensureDeferred(self.issued(f"T-{number}", desks[number % 2])))
            if number % 6 == 5:
                news.append(deferToThread(bring, self.database, {OWN: number}, str(number)))
        await gatherResults(papers)
        await gatherResults(news)
        rows = self.town.run("select issuance_number, gaiji_version from ledger.decision")
        made = {content.issuance_number: (content, document) for content, document in self.press.made}
        for number, record in rows:
            content, document = made[number]
            readback.check(document, content, await self.press_of(record))
        self.assertEqual(len(rows), 24)

    def paused_at(self, name: str) -> tuple[Desk, Deferred[None], Deferred[None]]:
        """A desk that stops at a named step the first time, told when it is there and when to go on."""
        reached: Deferred[None] = Deferred()
        go: Deferred[None] = Deferred()

        async def step(at: str) -> None:
            if at == name and not reached.called:
                reached.callback(None)
                await go

        return self.new_desk(step=step), reached, go

    async def _arrives_at(self, step: str, expected: str, *, waits: bool) -> None:
        bring(self.database, {OWN: 1}, "old")
        desk, reached, go = self.paused_at(step)
        paper = ensureDeferred(self.issued("T-1", desk))
        await reached
        arriving = deferToThread(bring, self.database, {OWN: 2}, "new")
        while waits and not await deferToThread(self.database.run, _WAITS):
            self.assertFalse(arriving.called)
            await deferLater(reactor, 0.02)
        if not waits:
            await arriving
        go.callback(None)
        await paper
        if waits:
            await arriving
        await self.issued("T-2", desk)
        self.assertEqual([each.rpartition(":")[2] for each in self.versions()], [expected, "new"])
        for (content, document), record in zip(self.press.made[-2:], self.versions(), strict=True):
            readback.check(document, content, await self.press_of(record))

    async def test_it_comes_before_the_locks(self) -> None:
        """Committed behind the snapshot: the paper is begun again and has the new version."""
        await self._arrives_at("issue.placed", "new", waits=False)

    async def test_it_comes_behind_the_locks(self) -> None:
        """It waits until the paper is settled: the paper is the last one of the old version."""
        await self._arrives_at("issue.read", "old", waits=True)

    async def test_it_comes_behind_the_print(self) -> None:
        """The same, one step later."""
        await self._arrives_at("issue.recorded", "old", waits=True)
