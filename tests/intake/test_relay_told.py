"""What stands still at the relay or its port is told to people, each thing once, and nobody's noise silences another."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace

import pytest
from relay_pair import Pair
from twisted.internet.task import Clock

from konbinid.domain.feeds import Feed
from konbinid.intake.layout import load
from konbinid.intake.oddities import WORDS
from konbinid.intake.port import Port, PortSetting
from konbinid.intake.wire import ODDITIES, Busy

pytestmark = pytest.mark.slow
STUCK = ["feed_stuck", "JUMIN", ""]


def test_every_kind_of_oddity_has_words():
    """And no words are left over."""
    assert set(WORDS) == set(ODDITIES)


@pytest.fixture
def pair(hall):
    hall.feeds = {Feed.JUMIN: hall.feeds[Feed.JUMIN]}
    made = Pair(hall)
    yield made
    made.end()


def own_layout(hall, tmp_path):
    """The feed's layout as a file of this test's; its path."""
    path = tmp_path / "jumin.toml"
    shutil.copy(hall.feeds[Feed.JUMIN].layout.path, path)
    hall.feeds[Feed.JUMIN] = replace(hall.feeds[Feed.JUMIN], layout=load(path))
    return path


def test_a_feed_that_the_server_cannot_store_is_told_by_both(pair, hall, rows, tmp_path):
    """The layout was edited under a running server: every try fails. The server tells that the feed is stuck, once until a file is stored; the relay
    tells which file is not taken."""
    layout = own_layout(hall, tmp_path)
    sound = layout.read_bytes()
    pair.server(limits={"child_idle_seconds": 0.05})
    layout.write_bytes(sound + b"\n# edited\n")
    name = hall.put("JUMIN", [rows.person(1)], full=True, sequence=1)
    relay = pair.relay(busy_seconds=2)
    pair.wait(lambda: len(pair.alerts()) == 2)
    assert len(relay.events("relay.not_sent")) > 5
    time.sleep(1)
    stuck, (event, subject, text) = pair.alerts()
    assert stuck == STUCK
    assert (event, subject) == ("relay.odd", f"hall {name}")
    assert "いまは受け取れない" in text
    layout.write_bytes(sound)
    pair.settle([name])
    time.sleep(0.5)  # the child is let go
    layout.write_bytes(sound + b"\n# edited\n")
    hall.put("JUMIN", [rows.person(1)], sequence=2)
    pair.wait(lambda: pair.alerts().count(STUCK) == 2)


def test_a_busy_moment_is_not_told(pair, hall, rows):
    """A database that is away for some tries passes: the file waits, and nobody is called."""
    hall.put("JUMIN", [rows.person(1)], full=True, sequence=1)
    hall.run("alter table intake.transfer rename to transfer_away")
    pair.server()
    relay = pair.relay()
    try:
        pair.wait(lambda: len(relay.events("relay.not_sent")) >= 5)
    finally:
        hall.run("alter table intake.transfer_away rename to transfer")
    pair.wait(lambda: relay.events("relay.receipt"))
    assert pair.alerts() == []


def odd_names(pair, numbers):
    for number in numbers:
        (pair.hall.inbox / f"JUMIN_{number:03}.csv.end").write_bytes(b"")
    return {f"hall JUMIN_{number:03}.csv.end" for number in numbers}


def told_of(pair):
    return [subject for _, subject, _ in pair.alerts()]


def test_every_oddity_is_told_once_and_logged_once(pair):
    """More than one look's worth: the 21st is not lost behind those that were told, and the journal does not repeat them at every look."""
    wanted = odd_names(pair, range(50))
    pair.server()
    relay = pair.relay()
    pair.wait(lambda: set(told_of(pair)) == wanted)
    time.sleep(1)
    assert len(told_of(pair)) == 50
    assert len(relay.events("file.not_taken")) == 50


def test_more_than_people_are_told_in_an_hour_is_told_later(pair):
    """The server takes no more of one relay then. What it did not take does not count as told at the relay, and is not logged as that."""
    odd_names(pair, range(70))
    pair.server()
    relay = pair.relay()
    pair.wait(lambda: len(told_of(pair)) == 60)
    time.sleep(1)
    assert len(told_of(pair)) == 60
    assert len(relay.events("file.not_taken")) == 60


def test_strangers_do_not_silence_a_relay(hall):
    """Whoever knocks with ever new names is told so often and no more; what a relay has to say is told all the same, and again after an hour."""
    clock, heard = Clock(), []
    setting = PortSetting("272060", "", hall.folder, {Feed.JUMIN: hall.feeds[Feed.JUMIN].layout})
    port = Port(
        clock,
        setting,
        lambda _: None,
        attest=lambda: None,
        hint=lambda: None,
        tell=lambda *_, subject, text: heard.append(subject),
    )
    for number in range(1000):
        port.stranger(f"CN={number}", "it has expired")
    assert len(heard) == 60
    for number in range(60):
        port.odd("hall", f"{number}", "name")
    with pytest.raises(Busy):
        port.odd("hall", "x", "name")
    port.odd("branch", "x", "name")
    clock.advance(3600)
    port.odd("hall", "x", "name")
    assert heard[60:] == [*(f"hall {number}" for number in range(60)), "branch x", "hall x"]


def test_an_oddity_is_told_to_each_server(pair):
    """A connection that broke in the middle may have lost it: a new one hears everything again."""
    (subject,) = odd_names(pair, [1])
    server = pair.server()
    pair.relay()
    pair.wait(lambda: told_of(pair) == [subject])
    server.stop()
    pair.server()
    pair.wait(lambda: told_of(pair) == [subject] * 2)


def test_a_folder_that_cannot_be_read_is_told_and_receipts_go_on(pair, hall, rows):
    """A share that is unmounted: the relay is heard as ever, so it must say it itself, again when it happens again; the receipts of what it sent
    come all the same."""
    attests = hall.folder / "attests"
    name = hall.put("JUMIN", [rows.person(1)], full=True, sequence=1)
    pair.server(attests=str(attests))
    relay = pair.relay()
    pair.wait(lambda: hall.state(name) == "applied")
    away = hall.inbox.with_name("away")
    hall.inbox.rename(away)
    pair.wait(pair.alerts)
    ((event, subject, text),) = pair.alerts()
    assert (event, subject) == ("relay.odd", "hall")
    assert "受信フォルダを開けません" in text
    attests.touch()
    pair.wait(lambda: hall.receipt(name))
    away.rename(hall.inbox)
    pair.settle([name])
    assert len(relay.events("intake.failed")) >= 3
    assert [each for each in pair.alerts() if each[1] == "hall"] == [[event, subject, text]]


def test_a_receipt_of_what_is_not_known_waits_alone(pair, hall, rows):
    """A relay that began anew does not know its earlier files, and cannot see the folder: it asks on, and its line stands."""
    attests = hall.folder / "attests"
    name = hall.put("JUMIN", [rows.person(1)], full=True, sequence=1)
    pair.server(attests=str(attests))
    relay = pair.relay()
    pair.wait(lambda: hall.state(name) == "applied")
    relay.kill()
    away = hall.inbox.with_name("away")
    hall.inbox.rename(away)
    attests.touch()
    relay = pair.relay()
    pair.wait(pair.alerts)
    time.sleep(0.5)
    assert {each["data"]["what"] for each in relay.events("intake.failed")} == {"look"}
    assert hall.receipt(name) == ""
    away.rename(hall.inbox)
    pair.settle([name])
