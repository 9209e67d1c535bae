"""What most tests of the desk begin with: the default family on the register of a database of its own, and a desk that serves it."""

from __future__ import annotations

from typing import Any

import cases
import pytest
from town import Town, make_desk, make_pool
from twisted.internet.defer import Deferred
from twisted.trial.unittest import TestCase

from konbinid.domain.request import Refused
from konbinid.domain.results import Code
from konbinid.issue.desk import Desk


@pytest.mark.usefixtures("database", "keyring_folder")
class FamilyDesk(TestCase):
    """``town`` has the family of three, each with a card; ``desk`` works on ``pool``."""

    timeout = 60

    def setUp(self) -> None:
        self.town = Town(self.database, self.keyring_folder)
        self.town.settle(*cases.family())
        self.pool = make_pool(self.database)
        self.addCleanup(self.pool.stop)
        self.desk = make_desk(self.pool, self.town.keyring)

    def refused(self, answer: object, code: Code) -> None:
        """The answer is this refusal."""
        assert isinstance(answer, Refused), answer
        self.assertEqual(answer.code, code, answer.rule)

    def paused(self, name: str, **settings: Any) -> tuple[Desk, Deferred[None], Deferred[None]]:
        """A desk that stops at a named step the first time, told when it is there and when to go on."""
        reached: Deferred[None] = Deferred()
        go: Deferred[None] = Deferred()

        async def step(at: str) -> None:
            if at == name and not reached.called:
                reached.callback(None)
                await go

        return make_desk(self.pool, self.town.keyring, step=step, **settings), reached, go
