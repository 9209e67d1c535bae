"""I-02, I-03, I-07, I-08: any mixture of requests on two hosts at once gives everyone their own paper, and each id one paper.

Load alone did not find the market leader's faults; what finds them is mixing: the same instant, the same id, the same household, other kinds,
holds arriving in between. The mixtures are drawn from seeds, so a failure can be run again.
"""

from __future__ import annotations

import hashlib
import io
import random
from dataclasses import replace

import cases
import pypdfium2
import pytest
from town import Town, issue_request, make_desk, make_pool
from twisted.internet import reactor, task
from twisted.internet.defer import DeferredList, ensureDeferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from konbinid.domain.kinds import Kind
from konbinid.domain.person import Person
from konbinid.domain.request import Issued, IssueRequest, Refused
from konbinid.domain.results import Code

FAMILIES = 6
REQUESTS = 40
_SIGNS = "山川田村石木林森岡島谷沢原野松杉桜梅竹藤菊花草葉雪雲風雨星月空海湖池泉滝浜港橋道門"
# What one of these requests may be told: nothing else is a proper answer.
PROPER = {Code.MAY_NOT_BE_ISSUED, Code.TRANSACTION_BOUND, Code.TRY_LATER}


def families() -> list[tuple[Person, ...]]:
    """Families whose names are all different, each with a seal for its head."""
    made = []
    for family in range(FAMILIES):
        number = family * 10 + 100
        made.append(
            tuple(
                replace(
                    person,
                    atena_number=f"{number + index:010d}",
                    household_number=f"{number:010d}",
                    member_number=index,
                    name=f"{_SIGNS[family * 3 + index]}{_SIGNS[-family * 3 - index]}",
                )
                for index, person in enumerate(cases.family(), start=1)
            )
        )
    return made


@pytest.mark.usefixtures("database", "keyring_folder")
class InterleavingTests(TestCase):
    timeout = 120

    def setUp(self) -> None:
        self.town = Town(self.database, self.keyring_folder)
        self.families = families()
        for family in self.families:
            self.town.settle(*family)
            seal = cases.seal(registration_number=family[0].atena_number)
            self.town.register_seal(family[0].atena_number, seal)
        pools = [make_pool(self.database, size=3) for _ in range(2)]
        for pool in pools:
            self.addCleanup(pool.stop)
        self.hosts = [make_desk(pool, self.town.keyring) for pool in pools]

    def drawn(self, dice: random.Random) -> tuple[IssueRequest, tuple[Person, ...]]:
        """A request, and who must stand on its paper."""
        family = dice.choice(self.families)
        kind = dice.choice([Kind.JUMINHYO, Kind.KISAIJIKO, Kind.INKAN])
        asker = family[0] if kind is Kind.INKAN else dice.choice(family[:2])
        members = (
            ()
            if kind is Kind.INKAN or dice.random() < 0.5
            else tuple(dice.sample([1, 2, 3], dice.randint(1, 3)))
        )
        # Few ids for many requests: the same id comes again, with the same content or another.
        request = issue_request(
            asker.atena_number, kind, f"T-{dice.randrange(REQUESTS // 2)}", members=members
        )
        printed = (
            (asker,)
            if kind is Kind.INKAN
            else tuple(p for p in family if not members or p.member_number in members)
        )
        return request, printed

    async def test_everyone_gets_their_own_paper(self) -> None:
        """Every paper names exactly the people of its request; every id has one paper; nobody is on a paper of another family."""
        for seed in (1, 2, 3, random.SystemRandom().randrange(10**6)):
            await self.mixture(seed)

    async def mixture(self, seed: int) -> None:
        dice = random.Random(seed)
        drawn = [self.drawn(dice) for _ in range(REQUESTS)]
        held = dice.choice(self.families)[0]
        # In a thread, as a file's transaction is in another process: it waits for papers in the making.
        news = task.deferLater(reactor, dice.random() / 4, deferToThread, self.town.hold, held.atena_number)

        async def ask(request: IssueRequest) -> Issued | Refused:
            await task.deferLater(reactor, dice.choice([0, 0, 0.01, 0.1]))
            return await dice.choice(self.hosts).issue(request)

        results = await DeferredList(
            [ensureDeferred(ask(request)) for request, _ in drawn], consumeErrors=True
        )
        await news
        bound: dict[str, set[str]] = {}
        for (ok, answer), (request, printed) in zip(results, drawn, strict=True):
            assert ok, f"seed {seed}: {answer}"
            if isinstance(answer, Refused):
                assert answer.code in PROPER, f"seed {seed}: {answer}"
            else:
                self.inspect(answer, printed, seed)
                bound.setdefault(request.envelope.transaction_id, set()).add(answer.sha256)
        assert all(len(papers) == 1 for papers in bound.values()), f"seed {seed}"
        assert len(self.town.run("select 1 from ledger.issuance")) >= len(bound)
        self.town.run("truncate ledger.issuance, people.hold cascade")

    def inspect(self, issued: Issued, printed: tuple[Person, ...], seed: int) -> None:
        """The paper itself, not the data that went in (invariant 1)."""
        assert hashlib.sha256(issued.document).hexdigest() == issued.sha256
        pages = pypdfium2.PdfDocument(io.BytesIO(issued.document))
        text = "".join(page.get_textpage().get_text_range() for page in pages)
        for family in self.families:
            for person in family:
                assert (person.name in text) == (person in printed), f"seed {seed}"
