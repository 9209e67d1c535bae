"""I-11: no request is answered from a database that shows less than this host saw committed, whatever it asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import cases
import pytest
from town import Town, issue_request, list_request, make_desk, make_pool
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from konbinid.domain.request import Issued, Refused, ServiceQuery, ServiceReport
from konbinid.domain.results import Code
from konbinid.store.restoration import Witnessed, beat, require_not_gone_back


class _Kept:
    """A witness's memory, set by the test."""

    def __init__(self, witnessed):
        self.witnessed = witnessed

    def requirement(self):
        witnessed = self.witnessed
        return lambda tx: require_not_gone_back(tx, "host", witnessed)


@pytest.mark.usefixtures("database", "keyring_folder")
class WentBack(TestCase):
    """A desk whose database lost what its host had seen."""

    async def test_nothing_is_answered_before_it_is_noted_and_then_it_is_closed(self):
        """9001 or, where the id could have been bound before, 9002; nothing is written; after the note 1202, and no paper."""
        town = Town(self.database, self.keyring_folder)
        town.settle(*cases.household().members)
        pool = make_pool(self.database)
        self.addCleanup(pool.stop)
        desk = make_desk(pool, town.keyring)
        database = self.database.run("select database_id::text from ops.identity")[0][0]
        seen = Witnessed(database, 7, datetime.now(UTC))
        kept = _Kept(seen)
        desk = type(desk)(replace(desk.equipment, history=kept))
        self.database.run("insert into ops.beat values ('host', 6, clock_timestamp())")
        query = ServiceQuery(issue_request().envelope)
        assert (await desk.check_service(query)).code is Code.TRY_LATER
        assert (await desk.list_certificates(list_request())).code is Code.TRY_LATER
        assert (await desk.issue(issue_request())).code is Code.OUTCOME_UNKNOWN
        assert self.database.run("select count(*) from ledger.issuance") == [(0,)]
        assert self.database.run("select count(*) from ledger.refusal") == [(0,)]
        ops = self._ops()
        kept.witnessed, noted = await ops(lambda tx: beat(tx, "host", seen))
        assert noted
        assert isinstance(await desk.check_service(query), ServiceReport)
        refused = await desk.issue(issue_request())
        assert isinstance(refused, Refused)
        assert refused.code is Code.SUSPENDED
        self.database.run("insert into ops.restoration_confirmed select 1, clock_timestamp(), 'x', 'y'")
        assert (await desk.issue(issue_request())).code is Code.STALE
        self.database.run("update intake.feed set caught_up = 1")
        assert isinstance(await desk.issue(issue_request()), Issued)

    def _ops(self):
        from konbinid.store.pool import Pool

        pool = Pool(reactor, [self.database.dsn("ops")], role="ops", size=1)
        pool.start()
        self.addCleanup(pool.stop)
        return lambda work: pool.transaction(work, deadline=reactor.seconds() + 20, begin="begin")
