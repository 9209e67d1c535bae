"""CPU and wall time of a whole issuance, against its own parts and a bare transaction, in one run.

    .venv/bin/python bench/issue.py [--count 300] [--kind kazei]

Starts a private PostgreSQL (as the tests do, without fsync), settles an invented family of three and issues 住民票の写し (or another kind) to it: ledger row, locks, decision, paper,
read-back, record, COMMIT; and, for comparison, passes a register's PDF on to it. Figures are CPU milliseconds of this process (the daemon's part; PostgreSQL has its own) and wall milliseconds, means. The ratios are what to
quote: the parts are measured in the same run on the same content.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

import cases
import register_town
import town
from private_database import make_database, start_server
from twisted.internet import reactor
from twisted.internet.defer import DeferredList, ensureDeferred

from konbinid.domain.case import Asked
from konbinid.domain.compose import compose
from konbinid.domain.entitlement import decide
from konbinid.domain.granted import Granted
from konbinid.domain.kinds import Kind
from konbinid.domain.request import Issued
from konbinid.issue.desk import Desk
from konbinid.issue.reading import read_case
from konbinid.paper import readback
from konbinid.store.keyring import Keyring
from konbinid.store.pool import Pool
from konbinid.store.restoration import Witnessed, require_not_gone_back
from konbinid.store.transaction import Transaction

REGISTER_BYTES = 100_000  # two drawn sheets
_ROUND_TRIPS = 18  # statements of an issuance between BEGIN and COMMIT


async def timed(count: int, work: Callable[[int], Awaitable[object]]) -> tuple[float, float]:
    """(CPU, wall) milliseconds per call."""
    for number in range(10):
        await work(-1 - number)
    cpu, wall = time.process_time(), time.perf_counter()
    for number in range(count):
        await work(number)
    return (time.process_time() - cpu) / count * 1e3, (time.perf_counter() - wall) / count * 1e3


async def timed_by_turns(count: int, *works: Callable[[int], Awaitable[object]]) -> list[tuple[float, float]]:
    """(CPU, wall) milliseconds per call of works that differ by little: by turns, so that whatever else the machine does meets all of them."""
    spent = [[0.0, 0.0] for _ in works]
    for number in range(count):
        for used, work in zip(spent, works, strict=True):
            cpu, wall = time.process_time(), time.perf_counter()
            await work(number)
            used[0] += (time.process_time() - cpu) / count * 1e3
            used[1] += (time.perf_counter() - wall) / count * 1e3
    return [(cpu, wall) for cpu, wall in spent]


class Seen:
    """The daemon's history (konbinid.ops.witness), of a host that has seen the first beat."""

    def __init__(self, database: str) -> None:
        self.witnessed = Witnessed(database, 0, datetime.now(UTC))

    def requirement(self) -> Callable[[Transaction], Awaitable[None]]:
        """Asked first in every transaction."""
        return lambda tx: require_not_gone_back(tx, "bench", self.witnessed)


async def bare(pool: Pool) -> None:
    """As many round trips as an issuance, with nothing in them."""

    async def work(tx) -> None:
        for _ in range(_ROUND_TRIPS):
            await tx.fetch("select 1")

    await pool.transaction(work, deadline=reactor.seconds() + 30)


async def measure(desk: Desk, witnessing: Desk, pool: Pool, kind: Kind, count: int) -> None:
    request = town.issue_request(kind=kind)
    asked = Asked(request.envelope.municipality, kind, 1, town.FEE, request.options)
    case = (
        await pool.transaction(
            lambda tx: read_case(tx, desk.equipment, request.credential, None),
            deadline=reactor.seconds() + 30,
        )
    ).case
    granted = decide(case, asked)
    assert isinstance(granted, Granted)
    content = compose(case, asked, granted, "0000-0000-0000-0000", specimen=True)
    press = desk.equipment.press
    paper = press.print(content)

    async def issue(number: int) -> None:
        transaction_id = f"B-{secrets.token_hex(8)}-{number}"
        issued = await desk.issue(town.issue_request(kind=kind, transaction_id=transaction_id))
        assert isinstance(issued, Issued), issued

    async def print_only(_: int) -> None:
        press.print(content)

    async def read_back(_: int) -> None:
        readback.check(paper.document, content, press)

    async def bare_transaction(_: int) -> None:
        await bare(pool)

    async def issue_witnessed(number: int) -> None:
        transaction_id = f"W-{secrets.token_hex(8)}-{number}"
        issued = await witnessing.issue(town.issue_request(kind=kind, transaction_id=transaction_id))
        assert isinstance(issued, Issued), issued

    whole = await timed(count, issue)
    without, witnessed = await timed_by_turns(count, issue, issue_witnessed)

    async def pass_on(number: int) -> None:
        await desk.issue(register_town.register_request(transaction_id=f"R-{secrets.token_hex(8)}-{number}"))

    rows = [
        ("whole issuance", whole),
        ("… by turns with the next", without),
        ("… that asks first whether the database went back", witnessed),
        (f"a register's PDF of {REGISTER_BYTES} bytes, passed on", await timed(count, pass_on)),
        ("print alone", await timed(count, print_only)),
        ("read-back alone", await timed(count, read_back)),
        (f"bare transaction, {_ROUND_TRIPS} round trips", await timed(count, bare_transaction)),
    ]
    print(f"{'':48}{'CPU ms':>8}{'wall ms':>9}{'CPU ratio':>11}")
    for name, (cpu, wall) in rows:
        print(f"{name:48}{cpu:8.2f}{wall:9.2f}{cpu / whole[0]:11.2f}")
    began = time.perf_counter()
    callers = [ensureDeferred(several(issue, count // 8)) for _ in range(8)]
    await DeferredList(callers)
    print(
        f"8 callers at once: {count // 8 * 8 / (time.perf_counter() - began):.0f} issuances/s; document {len(paper.document)} bytes"
    )


async def several(work: Callable[[int], Awaitable[object]], count: int) -> None:
    for number in range(count):
        await work(number)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument(
        "--kind", type=Kind, choices=(Kind.JUMINHYO, Kind.KISAIJIKO, Kind.KAZEI), default=Kind.JUMINHYO
    )
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="kb-"))
    server = start_server(Path(tempfile.gettempdir()) / f"kb-pg-{secrets.token_hex(3)}")
    Keyring.create(folder / "keys")
    a_town = town.Town(make_database(server), folder / "keys")
    a_town.settle(*cases.family())
    a_town.offer_years(cases.NEWEST_YEAR)
    a_town.assess(cases.HEAD, cases.tax_record())
    register_town.settle_registers(a_town)
    a_town.run("delete from people.koseki where member = '00'")
    register_town.put(
        a_town,
        "KOSEKI",
        cases.REGISTER_NUMBER,
        cases.register_row("00"),
        b"%PDF-1.4\n" + os.urandom(REGISTER_BYTES),
    )
    pool = town.make_pool(a_town.database)
    desk = town.make_desk(pool, a_town.keyring)
    [(database,)] = a_town.run("select database_id::text from ops.identity")
    witnessing = Desk(replace(desk.equipment, history=Seen(database)))

    def finished(failure: object) -> None:
        if failure is not None:
            print(failure)
        pool.stop()
        reactor.stop()

    reactor.callWhenRunning(
        lambda: ensureDeferred(measure(desk, witnessing, pool, chosen.kind, chosen.count)).addBoth(finished)
    )
    reactor.run()
    server.stop()
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
