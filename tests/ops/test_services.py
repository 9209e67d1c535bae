"""How services start and stop: in order, with patience, and only where the host is fit."""

from __future__ import annotations

import pytest
from twisted.application.service import Service
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.error import CannotListenError
from twisted.internet.error import ConnectionRefusedError as Refused
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import SynchronousTestCase, TestCase

from konbinid.ops.alerts import Alerts
from konbinid.ops.door import Door
from konbinid.ops.fitness import EVERY_SECONDS, Fitness
from konbinid.ops.tree import Afresh, Ordered
from konbinid.ops.watch import Watch
from konbinid.store.errors import Unavailable
from konbinid.store.pool import Pool


class _Part(Service):
    """A service that writes down what happens to it; its stop may wait or fail."""

    def __init__(self, name, said, stop=None):
        self.part, self.said, self.stop_result = name, said, stop

    def startService(self):
        super().startService()
        self.said.append(f"start {self.part}")

    def stopService(self):
        super().stopService()
        self.said.append(f"stop {self.part}")
        if isinstance(self.stop_result, Exception):
            raise self.stop_result
        return self.stop_result


class OrderTest(SynchronousTestCase):
    """Ordered and Afresh."""

    def _tree(self, *parts):
        tree = Ordered()
        for part in parts:
            part.setServiceParent(tree)
        tree.startService()
        return tree

    def test_a_part_stops_after_those_that_need_it(self):
        """Connections go away only when the door above them is closed and its requests are done."""
        said, drained = [], Deferred()
        tree = self._tree(_Part("pool", said), _Part("door", said, drained))
        stopped = tree.stopService()
        self.assertEqual(said, ["start pool", "start door", "stop door"])
        self.assertNoResult(stopped)
        drained.callback(None)
        self.successResultOf(stopped)
        self.assertEqual(said[-1], "stop pool")

    def test_a_part_that_fails_to_stop_does_not_keep_the_others(self):
        """One defect at the stop leaves no port open and no lease held."""
        said = []
        tree = self._tree(_Part("pool", said), _Part("broken", said, RuntimeError("x")))
        self.successResultOf(tree.stopService())
        self.assertEqual(said[-1], "stop pool")
        self.assertEqual(len(self.flushLoggedErrors(RuntimeError)), 1)

    def test_what_cannot_start_twice_is_made_anew(self):
        """A host that becomes fit again gets a fresh inbox, not one whose threads have ended."""
        said, made = [], []

        def make():
            made.append(_Part(f"inbox {len(made)}", said))
            return made[-1]

        afresh = Afresh(make)
        for _ in range(2):
            afresh.startService()
            self.successResultOf(afresh.stopService())
        self.assertEqual(said, ["start inbox 0", "stop inbox 0", "start inbox 1", "stop inbox 1"])
        self.successResultOf(afresh.stopService())  # once more does no harm


class DoorTest(TestCase):
    """A real port on loopback."""

    def _door(self, **more):
        door = Door(reactor, "soap", ("127.0.0.1", 0), Factory.forProtocol(Protocol), **more)
        door.startService()
        self.addCleanup(door.stopService)
        return door

    async def test_a_closing_door_takes_nobody_and_lets_the_last_ones_finish(self):
        """The drain: no new connection from the first moment, and the stop waits for requests at work."""
        at_work = [1]
        door = self._door(under_way=lambda: len(at_work), drain_seconds=10)
        port = door.port
        stopped = door.stopService()
        await deferLater(reactor, 0.1)
        self.assertFalse(stopped.called)
        with pytest.raises(Refused):
            await connectProtocol(TCP4ClientEndpoint(reactor, "127.0.0.1", port), Protocol())
        at_work.clear()
        await stopped
        self.assertFalse(door.is_open)

    async def test_the_drain_ends_at_its_time(self):
        """A request that never ends does not keep the daemon from stopping."""
        door = self._door(under_way=lambda: 1, drain_seconds=0.2)
        began = reactor.seconds()
        await door.stopService()
        self.assertLess(reactor.seconds() - began, 2)

    async def test_a_taken_port_is_an_error_at_the_start(self):
        """Two daemons never share a port."""
        door = self._door()
        with pytest.raises(CannotListenError):
            Door(reactor, "soap", ("127.0.0.1", door.port), Factory.forProtocol(Protocol)).startService()


@pytest.mark.usefixtures("database")
class FitnessTest(TestCase):
    """Fitness on a real database, with a clock of the test."""

    def _fitness(self, issuing):
        pool = Pool(reactor, [self.database.dsn("ops")], role="ops", size=2)
        pool.start()
        self.addCleanup(pool.stop)
        fitness = Fitness(reactor, pool, issuing, Alerts(reactor, pool), own="mine", host="host-a")
        self.addCleanup(lambda: fitness.stopService() if fitness.running else None)
        fitness.startService()
        return fitness

    def _approve(self, value):
        self.database.run(
            "insert into ops.fingerprint (fingerprint, approved_by) values (%s, 'x')", [value], role="office"
        )

    async def _until(self, condition):
        for _ in range(int(EVERY_SECONDS / 0.05) + 60):
            if condition():
                return
            await deferLater(reactor, 0.05)
        self.fail("it did not happen in time")

    def _alerts(self):
        return [row[0] for row in self.database.run("select event from ops.alert order by id")]

    async def test_it_follows_the_newest_approval(self):
        """I-05: fit with the approved fingerprint, unfit with another, fit again when the approval comes back; each change is told once."""
        said = []
        self._approve("mine")
        fitness = self._fitness(_Part("issuing", said))
        await fitness.first_verdict
        self.assertEqual((fitness.fit, said), (True, ["start issuing"]))
        self._approve("other")
        await self._until(lambda: fitness.fit is False)
        self.assertEqual((fitness.reason, said[-1]), ("deviates", "stop issuing"))
        self._approve("mine")
        await self._until(lambda: fitness.fit)
        self.assertEqual(said[-1], "start issuing")
        await self._until(lambda: self._alerts() == ["fitness.deviates"])

    async def test_what_cannot_be_started_is_stopped_whole_and_told(self):
        """Half a daemon (an inbox without a door) does not stay: it is stopped, people are told, and it is tried again."""
        said = []

        class Broken(_Part):
            def startService(self):
                super().startService()
                raise CannotListenError("127.0.0.1", 1, OSError("taken"))

        self._approve("mine")
        fitness = self._fitness(Broken("issuing", said))
        await fitness.first_verdict
        self.assertEqual(said, ["start issuing", "stop issuing"])
        await self._until(lambda: "fitness.not_started" in self._alerts())
        self.assertEqual(len(self.flushLoggedErrors(CannotListenError)), 1)

    async def test_stopping_it_stops_what_issues(self):
        """The daemon's stop goes through here: nothing keeps on issuing."""
        said = []
        self._approve("mine")
        fitness = self._fitness(_Part("issuing", said))
        await fitness.first_verdict
        await fitness.stopService()
        self.assertEqual(said, ["start issuing", "stop issuing"])


@pytest.mark.usefixtures("own_server")
class FitnessWithoutDatabase(TestCase):
    """The database goes away."""

    async def test_a_verdict_stays_while_the_database_is_away(self):
        """A fail-over of the database must not close the door: requests are held, not turned away."""
        said = []
        self.own_server.run(
            "insert into ops.fingerprint (fingerprint, approved_by) values ('mine', 'x')", role="office"
        )
        pool = Pool(reactor, [self.own_server.dsn("ops")], role="ops", size=1)
        pool.start()
        self.addCleanup(pool.stop)
        fitness = Fitness(
            reactor, pool, _Part("issuing", said), Alerts(reactor, pool), own="mine", host="host-a"
        )
        fitness.startService()
        self.addCleanup(fitness.stopService)
        await fitness.first_verdict
        self.own_server.server.stop()
        await fitness._look()
        self.assertEqual((fitness.fit, said), (True, ["start issuing"]))


class _AnsweringPool:
    """A fault for Watch: a database that answers or not, as told."""

    def __init__(self):
        self.answers = True

    async def transaction(self, work, *, deadline, begin):
        if not self.answers:
            raise Unavailable("no server")


class WatchTest(SynchronousTestCase):
    """Watch with a clock of the test."""

    def setUp(self):
        self.clock, self.pool, self.ready, self.said = Clock(), _AnsweringPool(), Deferred(), []
        self.watch = Watch(self.clock, self.pool, self.ready, self.said.append, 9.0)
        self.watch.startService()

    def test_ready_is_said_when_the_verdict_is_in(self):
        """Systemd counts the daemon as started only then."""
        self.assertNotIn("READY=1", self.said)
        self.ready.callback(None)
        self.assertIn("READY=1", self.said)

    def test_only_a_completed_round_trip_is_a_sign_of_life(self):
        """A daemon without a database falls silent, and systemd acts; three signs fit into the time."""
        self.said.clear()
        self.clock.pump([1] * 9)
        self.assertEqual(self.said, ["WATCHDOG=1"] * 3)
        self.pool.answers = False
        self.clock.pump([1] * 9)
        self.assertEqual(self.said, ["WATCHDOG=1"] * 3)
        self.pool.answers = True
        self.clock.pump([1] * 3)
        self.assertEqual(len(self.said), 4)

    def test_stopping_is_said_first(self):
        """Systemd knows that the drain has begun, and no sign of life follows."""
        self.watch.stopService()
        self.said.clear()
        self.clock.pump([1] * 9)
        self.assertEqual(self.said, [])
