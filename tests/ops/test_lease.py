"""The lease: one holder, an epoch that only grows, and a holder that knows in time when it is none."""

from __future__ import annotations

import time

import pytest
from twisted.internet import reactor
from twisted.internet.task import deferLater
from twisted.trial.unittest import TestCase

from konbinid.ops.lease import LATE_SECONDS, Lease

_TICK = 0.05


class _Clock:
    """The monotonic clock, with what a stopped process sees after it is resumed: a jump."""

    def __init__(self):
        self.jumped = 0.0

    def __call__(self):
        return time.monotonic() + self.jumped


async def _until(condition, seconds=10.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await deferLater(reactor, 0.01)


@pytest.mark.usefixtures("database")
class LeaseOnOneDatabase(TestCase):
    """Daemons on one database, each with its own clock."""

    def _lease(self, holder, *, clock=time.monotonic, tick=_TICK):
        made = Lease(reactor, [self.database.dsn("ops")], holder=holder, clock=clock, tick=tick)
        self.addCleanup(lambda: made.stopService() if made.running else None)
        made.startService()
        return made

    def _row(self):
        return self.database.run("select epoch, holder from ops.lease where name = 'singleton'")[0]

    async def test_of_two_daemons_one_holds(self):
        """I-07: two daemons on one database never both run the singleton jobs; the second takes over with a higher epoch."""
        first = self._lease("host-a")
        await _until(lambda: first.epoch)
        second = self._lease("host-b")
        await deferLater(reactor, 10 * _TICK)
        assert second.epoch is None
        assert self._row() == (first.epoch, "host-a")
        epoch = first.epoch
        await first.stopService()
        assert first.epoch is None
        await _until(lambda: second.epoch)
        assert second.epoch == epoch + 1
        assert self._row() == (second.epoch, "host-b")

    async def test_a_killed_session_ends_the_lease_and_a_new_one_has_a_new_epoch(self):
        """A holder whose session is gone holds nothing: it notices within a tick and comes back only under a new epoch."""
        lease = self._lease("host-a")
        await _until(lambda: lease.epoch)
        epoch = lease.epoch
        self.database.run(
            "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted",
            role="postgres",
        )
        await _until(lambda: lease.epoch != epoch)
        await _until(lambda: lease.epoch)
        assert lease.epoch == epoch + 1

    async def test_a_stalled_holder_is_none_before_it_ticks_again(self):
        """A process that was stopped (SIGSTOP, a paused machine) must not write with its old epoch in the moment it is resumed."""
        clock = _Clock()
        lease = self._lease("host-a", clock=clock)
        await _until(lambda: lease.epoch)
        epoch = lease.epoch
        clock.jumped += LATE_SECONDS + 1
        assert lease.epoch is None
        await _until(lambda: lease.epoch)
        assert lease.epoch > epoch

    async def test_somebody_elses_epoch_ends_the_lease(self):
        """Fencing from the database's side: when the row has moved on, the holder is none, whatever its lock says."""
        lease = self._lease("host-a")
        await _until(lambda: lease.epoch)
        epoch = lease.epoch
        self.database.run("update ops.lease set epoch = epoch + 10, holder = 'operator'")
        await _until(lambda: lease.epoch != epoch)
        await _until(lambda: lease.epoch)
        assert lease.epoch == epoch + 11

    @pytest.mark.slow
    async def test_the_server_frees_the_lease_of_a_silent_holder(self):
        """The kernel of a hung daemon answers keep-alives for ever; the server's idle limit gives the lease to the other host."""
        silent = self._lease("host-a", tick=60)
        await _until(lambda: silent.epoch)
        other = self._lease("host-b")
        began = time.monotonic()
        await _until(lambda: other.epoch)
        assert time.monotonic() - began < 4.5
        assert silent.epoch is None

    async def test_a_stop_before_the_database_answers_ends(self):
        """A daemon that is stopped while another holds the lease stops at once."""
        first = self._lease("host-a")
        await _until(lambda: first.epoch)
        second = self._lease("host-b")
        await second.stopService()
        await first.stopService()


@pytest.mark.usefixtures("own_server")
class LeaseOnAServerThatStops(TestCase):
    """The database goes away and comes back."""

    async def test_no_database_no_lease(self):
        """While no server takes writes nobody holds the lease; afterwards it is taken again, and no crash takes an epoch back."""
        lease = Lease(
            reactor, [self.own_server.dsn("ops")], holder="host-a", clock=time.monotonic, tick=_TICK
        )
        self.addCleanup(lease.stopService)
        lease.startService()
        await _until(lambda: lease.epoch)
        epoch = lease.epoch
        self.own_server.server.stop()
        await _until(lambda: lease.epoch is None)
        self.own_server.server.start()
        await _until(lambda: lease.epoch)
        assert lease.epoch > epoch
