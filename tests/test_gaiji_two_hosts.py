"""A new 外字 on two running daemons of one city: in force at once on both, though one of them only takes files in, and neither becomes unfit."""

from __future__ import annotations

import datetime as dt
import shutil
import time

import pytest
from running_daemon import approve, daemon, make_city

from konbinid.config import load
from konbinid.simulator.city import City, write_city, write_gaiji, write_new_gaiji
from konbinid.simulator.kiosk import JST, Kiosk
from konbinid.simulator.kiosk_values import Card, Door, Order
from konbinid.simulator.personas import stage_for
from konbinid.simulator.pki import DemoPki


def _second(first, database):
    """The other host's configuration: its own ports and folders, the same keys."""
    folder = first.parent.parent / "b"
    folder.mkdir()
    path = make_city(folder, database)
    shutil.rmtree(folder / "keys")
    for name in ("keys", "pki"):
        shutil.copytree(first.parent / name, folder / name, dirs_exist_ok=True)
    path.write_text(path.read_text().replace('host = "test-host"', 'host = "other-host"'))
    return path


def _kiosk(config):
    pki = DemoPki(config.parent / "pki")
    door = Door(f"https://localhost:{load(config).soap.port}/center", pki.ca, pki.center.cert, pki.center.key)
    return Kiosk(door, "272060", lambda: dt.datetime.now(JST))


def _spool_in_use(children, seconds=30):
    """The folders of the host that has the lease: only it looks into its inbox."""
    deadline = time.monotonic() + seconds
    while not (holders := [config for config, child in children.items() if child.events("lease.taken")]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return holders[0].parent / "spool"


def _wait(spool, seconds=60):
    dropped = {path.name for path in (spool / "inbox").glob("*.csv")}
    deadline = time.monotonic() + seconds
    while missing := {name for name in dropped if not (spool / "outbox" / f"{name}.ok").exists()}:
        assert not list((spool / "outbox").glob("*.ng"))
        assert time.monotonic() < deadline, missing
        time.sleep(0.1)


@pytest.mark.slow
def test_both_hosts_print_with_it_at_once(tmp_path, database):
    """No restart, no approval: the fingerprint does not know the 外字."""
    (tmp_path / "a").mkdir()
    first = make_city(tmp_path / "a", database)
    second = _second(first, database)
    approve(first)
    now = dt.datetime.now(JST).replace(tzinfo=None, microsecond=0)
    stage = stage_for(now.date())
    one = next(each for each in stage.personas if any("\ue000" <= char <= "\uf8ff" for char in each.name))
    with daemon(first) as here, daemon(second) as there:
        for child in (here, there):
            child.wait_for("startup.listening")
        spool = _spool_in_use({first: here, second: there})
        before = now - dt.timedelta(minutes=9)
        write_city(spool / "inbox", City(200, 1, now.date()), before, cutter=None)
        write_gaiji(spool / "inbox", before)
        _wait(spool)
        for further in (0, 1):
            if further:
                write_new_gaiji(spool / "inbox", now, further, seq=2)
                _wait(spool)
            for config in (first, second):
                kiosk = _kiosk(config)
                issued = kiosk.issue(Card(one.serial, one.kind), Order("juminhyo", 300))
                kiosk.report_delivery(issued.issuance_number, "DELIVERED", 1)
                kiosk.close()
        assert not [event for child in (here, there) for event in child.events("fitness.unfit")]
        for child in (here, there):
            child.stop()
    records = database.run(
        "select i.host, d.gaiji_version from ledger.decision d join ledger.issuance i using (issuance_number) order by d.decided_at"
    )
    assert [host for host, _ in records] == ["test-host", "other-host"] * 2
    assert [record.partition(":")[0] for _, record in records] == ["1", "1", "2", "2"]
