"""What is done over and over goes on being done."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import TestCase

from konbinid.ops.rounds import Rounds


class _Counting(Rounds):
    def __init__(self, clock, outcomes):
        super().__init__(clock, 1.0)
        self.outcomes = iter(outcomes)
        self.begun = 0

    async def round(self):
        self.begun += 1
        outcome = next(self.outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        await outcome


class RoundsTests(TestCase):
    """With a clock of our own."""

    def test_a_failure_that_nobody_foresaw_ends_no_rounds(self):
        """A watch over feeds, or a heartbeat, that ended for good at its first surprise would be missed by nobody until it is needed."""
        clock = Clock()
        done = Deferred()
        done.callback(None)
        service = _Counting(clock, [ValueError(), done, ValueError(), Deferred()])
        service.startService()
        clock.pump([1.0] * 3)
        self.assertEqual(service.begun, 4)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)

    def test_one_round_at_a_time_and_the_end_waits_for_it(self):
        """What is being written when the daemon stops is written whole; and a round that is slow is not overtaken by the next."""
        clock, slow = Clock(), Deferred()
        service = _Counting(clock, [slow])
        service.startService()
        clock.pump([1.0] * 3)
        self.assertEqual(service.begun, 1)
        stopped = service.stopService()
        self.assertNoResult(stopped)
        slow.callback(None)
        self.successResultOf(stopped)
        clock.pump([1.0] * 3)
        self.assertEqual(service.begun, 1)
