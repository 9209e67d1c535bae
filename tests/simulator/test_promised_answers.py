"""The demo city in the real daemon: every card is answered as `kiosk cards` promises, and news changes the answers.

Nothing is between the two but the contracts: files in the inbox on one side, SOAP over mutual TLS on the other.
"""

from __future__ import annotations

import datetime as dt
import time

import pytest
from running_daemon import approve, daemon, make_city

from konbinid.config import load
from konbinid.simulator import news
from konbinid.simulator.city import City, write_city, write_gaiji
from konbinid.simulator.feeds import write_difference
from konbinid.simulator.kiosk import JST, Kiosk
from konbinid.simulator.kiosk_values import Card, Door, Order, Refused
from konbinid.simulator.personas import stage_for
from konbinid.simulator.pki import DemoPki
from konbinid.simulator.seals import SealCutter
from konbinid.simulator.taxes import tax_years

FEE = 300
KINDS = ("juminhyo", "inkan", "kazei")


@pytest.fixture
def config(tmp_path, database):
    """A city of its own."""
    path = make_city(tmp_path, database)
    approve(path)
    return path


def _wait_for_receipts(folder, seconds=90):
    """Until every file that was dropped has its `.ok`; an `.ng` fails at once with its report."""
    dropped = {path.stem for path in (folder / "inbox").glob("*.end")}
    deadline = time.monotonic() + seconds
    while missing := {name for name in dropped if not (folder / "outbox" / f"{name}.ok").exists()}:
        for report in (folder / "outbox").glob("*.ng"):
            pytest.fail(report.read_text())
        assert time.monotonic() < deadline, missing
        time.sleep(0.1)


def _answer(kiosk, one, kind):
    """The result code that this card gets for a certificate of everybody, nothing shown on request; of kazei for the newest 年度."""
    try:
        year = tax_years(dt.datetime.now(JST).date())[-1] if kind == "kazei" else None
        issued = kiosk.issue(Card(one.serial, one.kind), Order(kind, FEE, year=year))
    except Refused as refusal:
        return refusal.code
    kiosk.report_delivery(issued.issuance_number, "DELIVERED", 1)
    return "0000"


@pytest.mark.slow
def test_every_card_is_answered_as_promised_and_news_changes_it(config):
    """What the screen of the demo cards says is what the daemon does, and every kind of news closes what it must.

    I-06: a seal whose registration was cancelled, or whose owner has gone or changed names, is closed by the news.
    """
    spool = config.parent / "spool"
    now = dt.datetime.now(JST).replace(tzinfo=None, microsecond=0)
    before = now - dt.timedelta(minutes=10)
    city = City(200, 1, now.date())
    pki = DemoPki(config.parent / "pki")
    url = f"https://localhost:{load(config).soap.port}/center"
    with daemon(config) as child:
        child.wait_for("startup.listening")
        write_city(spool / "inbox", city, before, cutter=SealCutter(None))
        write_gaiji(spool / "inbox", before)
        _wait_for_receipts(spool)
        door = Door(url, pki.ca, pki.center.cert, pki.center.key)
        kiosk = Kiosk(door, "272060", lambda: dt.datetime.now(JST))
        stage = stage_for(city.today)
        wrong = []
        for one in stage.personas:
            answers = {kind: _answer(kiosk, one, kind) for kind in KINDS}
            if answers != {kind: getattr(one, kind) for kind in KINDS}:
                wrong.append((one.card, answers))
        assert wrong == []
        _send_news(stage, spool / "inbox", now)
        _wait_for_receipts(spool)
        cards = {one.card: one for one in stage.personas}
        found = {
            number: tuple(_answer(kiosk, cards[number], kind) for kind in KINDS)
            for number in (4, 5, 8, 10, 33)
        }
        kiosk.close()
        child.stop()
    assert found == {
        4: ("0000", "1101", "0000"),  # seal cancelled
        5: ("0000", "1101", "0000"),  # another name than the seal was registered under
        8: ("1102", "1102", "1102"),  # 支援措置
        10: ("1002", "1002", "1002"),  # certificate revoked
        33: ("1101", "1101", "1101"),  # moved out
    }


def _send_news(stage, inbox, stamp):
    today = stage.today
    home = {number: _home_of(stage, number) for number in (4, 5, 8, 10, 33)}
    renamed = news.renamed(home[5].residents[0], "橋本　豊", "ハシモト　ユタカ", today)
    moved = news.moved_out(home[33].residents[0], today)
    write_difference(inbox, "JUMIN", 2, [renamed, moved], stamp)
    write_difference(inbox, "INKAN", 2, [news.seal_cancelled(home[4].seals[0].row, today)], stamp)
    hold = news.support_measure(home[8], home[8].residents[0], today)
    write_difference(inbox, "YOKUSHI", 2, [hold], stamp)
    write_difference(inbox, "JPKI", 2, [news.certificate_revoked(home[10].credentials[0])], stamp)


def _home_of(stage, card):
    serial = next(one.serial for one in stage.personas if one.card == card).lower()
    return next(
        household
        for household in stage.households
        for row in household.credentials
        if row.serial.endswith(serial)
    )
