"""The port stops while the database keeps its threads: the reactor goes on, and the end has its limit."""

from __future__ import annotations

import time
from contextlib import closing
from itertools import pairwise

import psycopg2
import pytest
from relay_pair import Pair
from twisted.internet import reactor
from twisted.internet.task import LoopingCall, deferLater
from twisted.trial.unittest import TestCase

from konbinid.domain.feeds import Feed
from konbinid.intake import port as port_module
from konbinid.intake.port import Port, PortSetting

pytestmark = pytest.mark.slow


@pytest.mark.usefixtures("hall")
class StoppingTests(TestCase):
    """With the real reactor, threads and PostgreSQL."""

    timeout = 60

    async def stopped(self, seconds):
        """The port stops while a statement takes so long: how long it took, and the longest that the reactor stood."""
        setting = PortSetting(
            "272060",
            self.hall.database.dsn("intake"),
            self.hall.keys,
            {Feed.JUMIN: self.hall.feeds[Feed.JUMIN].layout},
        )
        port = Port(
            reactor,
            setting,
            lambda _: None,
            attest=lambda: None,
            hint=lambda: None,
            tell=lambda *_, **__: None,
        )
        port.startService()
        scribe = port.scribe()
        written = scribe.write(lambda cur: cur.execute("select pg_sleep(%s)", [seconds]))
        await deferLater(reactor, 0.5)  # it sleeps by now
        scribe.close()
        ticks = [time.monotonic()]
        ticking = LoopingCall(lambda: ticks.append(time.monotonic()))
        ticking.start(0.02)
        await port.stopService()
        ticking.stop()
        ticks.append(time.monotonic())
        took = ticks[-1] - ticks[0]
        await written
        return took, max(later - earlier for earlier, later in pairwise(ticks))

    async def test_what_is_being_written_is_waited_for_beside_the_reactor(self):
        """Everybody else is answered meanwhile."""
        took, stood = await self.stopped(2.5)
        self.assertGreater(took, 1.5)
        self.assertLess(took, 4)
        self.assertLess(stood, 0.5)

    async def test_it_is_not_waited_for_without_limit(self):
        """A standby that is away may keep a COMMIT for ever."""
        self.patch(port_module, "_END_SECONDS", 0.5)
        took, stood = await self.stopped(4)
        self.assertLess(took, 2)
        self.assertLess(stood, 0.5)


def test_a_server_ends_while_the_database_does_not_answer(hall, rows):
    """The whole process, in good order, and not when the database at last lets go."""
    hall.feeds = {Feed.JUMIN: hall.feeds[Feed.JUMIN]}
    pair = Pair(hall)
    try:
        hall.put("JUMIN", [rows.person(1)], full=True, sequence=1)
        server = pair.server()
        with closing(psycopg2.connect(hall.database.dsn("owner"))) as link, link.cursor() as cur:
            cur.execute("lock table intake.transfer in access exclusive mode")
            pair.relay()
            waiting = "select count(*) from pg_stat_activity where application_name = 'konbinid intake relay' and wait_event_type = 'Lock'"
            pair.wait(lambda: hall.database.run(waiting, role="postgres") != [(0,)])
            began = time.monotonic()
            server.stop()
            assert time.monotonic() - began < 10
    finally:
        pair.end()
