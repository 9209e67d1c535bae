"""What goes wrong on the line and at the city hall: cuts, full disks, files that change, names and links; nothing is lost, doubled or taken for another."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import closing
from hashlib import sha256

import pytest
from relay_pair import Pair
from running_daemon import free_port

from konbinid.domain.feeds import Feed
from konbinid.store import relay_files
from konbinid.store.intake_link import connect, transaction

pytestmark = pytest.mark.slow


@pytest.fixture
def pair(hall):
    hall.feeds = {feed: hall.feeds[feed] for feed in (Feed.JUMIN, Feed.INKAN)}
    made = Pair(hall)
    yield made
    made.end()


def lose(hall, name: str) -> None:
    """The database knows nothing of a file any more."""
    hall.run(
        "delete from people.doubt where incoming_id = (select id from intake.incoming where name = %s)", name
    )
    hall.run("delete from intake.transfer where name = %s", name)
    hall.run("delete from intake.incoming where name = %s", name)


def many(rows, count: int):
    return [rows.person(number) for number in range(1, count + 1)]


def test_a_cut_line_goes_on_where_it_was(pair, hall, rows):
    """A large file cut in its middle is not sent from its beginning again: what goes over the line is the file and little more."""
    name = hall.put("JUMIN", many(rows, 12_000), full=True, sequence=1)
    size = (hall.inbox / name).stat().st_size
    assert size > 2_000_000
    line = pair.line()
    line.cut_after = size * 2 // 3
    pair.server()
    pair.relay(ports=[line.port])
    pair.settle([name])
    assert hall.state(name) == "applied"
    assert line.cuts == 1
    assert size < line.up < size * 1.4
    assert hall.run("select count(*) from people.person") == [(12_000,)]


def test_a_line_that_is_cut_again_and_again_ends_all_the_same(pair, hall, rows):
    """Every command may be the last of its connection: pictures, data and receipts."""
    names = [
        hall.put(
            "INKAN",
            [rows.seal(n, str(n)) for n in range(1, 40)],
            attachments={f"{n}.bmp": rows.bmp(ink=n + 40) for n in range(1, 40)},
            sequence=1,
        ),
        hall.put("JUMIN", many(rows, 2000), full=True, sequence=1),
    ]
    line = pair.line()
    pair.server()
    pair.relay(ports=[line.port])
    for pause in (0.6, 0.3, 0.5, 0.7, 0.9, 0.4):
        time.sleep(pause)
        line.cut()
    pair.settle(names)
    assert [hall.state(name) for name in names] == ["applied", "applied"]
    assert hall.run("select count(*) from people.seal where image_sha256 is not null") == [(39,)]
    assert hall.run("select count(*) from intake.incoming") == [(2,)]


def test_a_full_disk_for_receipts_keeps_the_file(pair, hall, rows):
    """The receipt cannot be written: the file stays, people are told, and with room again it is given."""
    name = hall.put("JUMIN", many(rows, 3), full=True, sequence=1)
    pair.server()
    relay = pair.relay(most_file_bytes=0)
    pair.wait(pair.alerts)
    assert hall.state(name) == "applied"
    assert (hall.inbox / name).exists()
    assert hall.receipt(name) == ""
    relay.kill()
    pair.relay()
    pair.settle([name])
    assert hall.receipt(name).startswith("ok rows=3")
    ((event, subject, text),) = pair.alerts()
    assert (event, subject) == ("relay.odd", f"hall {name}")
    assert "受領ファイルを書けません" in text


def test_what_grows_after_its_marker_is_rejected(pair, hall, rows):
    """Bytes after `.end` are not what was announced: the file goes up as it lies there, fails its hash, and its report comes back."""
    name = hall.put("JUMIN", many(rows, 3), full=True, sequence=1)
    with (hall.inbox / name).open("ab") as file:
        file.write(b"more\n")
    pair.server()
    pair.relay()
    pair.settle([name])
    assert (0, "", "hash_mismatch") in hall.report(name)
    assert list((hall.folder / "quarantine").rglob(name))


def test_what_is_being_written_is_not_taken_half(pair, hall, rows):
    """A file that grows while it is sent is begun anew until it stands still; the half of it never becomes a file of the server's."""
    name = hall.put("JUMIN", many(rows, 8_000), full=True, sequence=1)
    whole = (hall.inbox / name).read_bytes()
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with (hall.inbox / name).open("ab") as file:
                file.write(b"x")
            time.sleep(0.01)

    writer = threading.Thread(target=write)
    pair.server()
    writer.start()
    try:
        relay = pair.relay()
        pair.wait(lambda: len(relay.events("relay.not_sent")) >= 3)
        assert hall.state(name) == ""
    finally:
        stop.set()
        writer.join()
    pair.wait(lambda: any("書き換えられている" in text for _, _, text in pair.alerts()))
    (hall.inbox / name).write_bytes(whole)
    pair.settle([name])
    assert hall.state(name) == "applied"


def test_another_file_under_the_same_name_does_not_mix_with_what_came(pair, hall, rows):
    """Half of one file came; then another lies there under its name. Only bytes of the other become the file."""
    name = hall.put("JUMIN", many(rows, 12_000), full=True, sequence=1)
    line = pair.line()
    line.cut_after = 1_500_000
    pair.server()
    relay = pair.relay(ports=[line.port])
    pair.wait(lambda: line.cuts)
    relay.kill()
    assert hall.run("select have > 0 and have < size from intake.transfer") == [(True,)]
    hall.put("JUMIN", many(rows, 5), full=True, name=name)
    pair.relay()
    pair.settle([name])
    assert hall.state(name) == "applied"
    assert hall.run("select count(*) from people.person") == [(5,)]


def test_rows_that_do_not_match_are_rejected(pair, hall, rows):
    """`rows=` goes up as the marker says it."""
    data = "".join(map(rows.line, many(rows, 3))).encode()
    end = f"rows=4 sha256={sha256(data).hexdigest()}\n".encode()
    name = hall.put("JUMIN", data, full=True, sequence=1, end=end)
    malformed = hall.put("INKAN", b"", sequence=1, end=b"rows=x\n")
    pair.server()
    pair.relay()
    pair.settle([name, malformed])
    assert (0, "", "rows_mismatch") in hall.report(name)
    assert (0, "", "end_malformed") in hall.report(malformed)


def test_an_attachment_that_cannot_be_taken_is_told_and_nothing_stands_in_for_it(pair, hall, rows):
    """A picture that is a link, or too large, at the relay: the seal that the register holds is not printed in its place (decision 0039)."""
    first = hall.put(
        "INKAN",
        [rows.seal(n, str(n)) for n in (1, 2, 3)],
        attachments={f"{n}.bmp": rows.bmp() for n in (1, 2, 3)},
        sequence=1,
    )
    pair.server()
    pair.relay()
    pair.settle([first])
    assert hall.state(first) == "applied"
    second = hall.name("INKAN", sequence=2)
    own = hall.inbox / second.rpartition(".")[0]
    own.mkdir()
    (own / "1.bmp").symlink_to("/etc/hostname")
    (own / "2.bmp").write_bytes(b"BM" + bytes(5 * 1024 * 1024))
    (own / "3.bmp").write_bytes(rows.bmp(ink=30))
    hall.put("INKAN", [rows.seal(n, str(n), operation="2") for n in (1, 2, 3)], name=second)
    pair.settle([second])
    assert hall.state(second) == "rejected"
    assert [(line, fault) for line, _, fault in hall.report(second)] == [
        (1, "attachment_missing"),
        (2, "attachment_too_large"),
    ]


def test_an_attachment_replaced_on_the_way_is_one_or_the_other(pair, hall, rows):
    """A picture exchanged while the relay was away: what is stored is what lies there when the file is finished, whole, and it is archived as that."""
    name = hall.put(
        "INKAN", [rows.seal(1, "1")], attachments={"1.bmp": rows.bmp(ink=50)}, beside=True, sequence=1
    )
    pair.server()
    relay = pair.relay(point="attached")
    pair.wait(lambda: relay.process.poll() is not None)
    newer = rows.bmp(ink=90)
    (hall.inbox / "1.bmp").write_bytes(newer)
    pair.relay()
    pair.settle([name])
    assert hall.state(name) == "applied"
    held = hall.run("select encode(sha256, 'hex') from intake.attachment_name where name = '1.bmp'")
    assert held == [(sha256(newer).hexdigest(),)]
    (filed,) = (hall.folder / "archive").rglob("1.bmp")
    assert filed.read_bytes() == newer


def test_names_and_links_are_told_and_left(pair, hall, rows):
    """What is no file of the contract stays where it is; people hear of it once."""
    good = hall.put("JUMIN", many(rows, 1), full=True, sequence=1)
    (hall.inbox / "JUMIN_x.csv.end").write_bytes(b"")
    linked = hall.name("INKAN", sequence=1)
    (hall.inbox / linked).symlink_to("/etc/hostname")
    (hall.inbox / f"{linked}.end").write_bytes(b"rows=1 sha256=" + b"0" * 64)
    pair.server()
    pair.relay()
    pair.settle([good])
    pair.wait(lambda: len(pair.alerts()) >= 2)
    time.sleep(1)
    assert sorted(subject for _, subject, _ in pair.alerts()) == [f"hall {linked}", "hall JUMIN_x.csv.end"]
    assert os.path.lexists(hall.inbox / linked)


def test_a_file_too_large_is_rejected_and_not_sent_in_full(pair, hall, rows):
    """The server says how much it takes; of a larger file a byte more goes up, and it is rejected as the inbox would."""
    name = hall.put("JUMIN", many(rows, 3000), full=True, sequence=1)
    line = pair.line()
    pair.server(limits={"most_bytes": 100_000})
    pair.relay(ports=[line.port])
    pair.settle([name])
    assert "too_large" in {fault for _, _, fault in hall.report(name)}
    assert line.up < 150_000


def test_the_same_file_again_is_acknowledged_again(pair, hall, rows):
    """A repeat gets its receipt without its bytes going over the line, and changes nothing."""
    name = hall.put("JUMIN", many(rows, 3000), full=True, sequence=1)
    content, end = ((hall.inbox / each).read_bytes() for each in (name, f"{name}.end"))
    line = pair.line()
    pair.server()
    pair.relay(ports=[line.port])
    pair.settle([name])
    up, receipt = line.up, hall.receipt(name)
    (hall.folder / "outbox" / f"{name}.ok").unlink()
    (hall.inbox / name).write_bytes(content)
    (hall.inbox / f"{name}.end").write_bytes(end)
    pair.settle([name])
    assert hall.receipt(name) == receipt
    assert line.up - up < len(content) / 10
    assert hall.run("select count(*) from intake.incoming") == [(1,)]


def test_a_receipt_waits_until_its_loss_would_be_noticed(pair, hall, rows):
    """As in the daemon's own folder: who has a receipt keeps the file no longer (I-11)."""
    attests = hall.folder / "attests"
    name = hall.put("JUMIN", many(rows, 1))
    pair.server(attests=str(attests))
    pair.relay()
    pair.wait(lambda: hall.state(name) == "applied")
    time.sleep(1.5)  # the relay asks every 0.3 s
    assert not (hall.folder / "outbox" / f"{name}.ok").exists()
    attests.touch()
    pair.settle([name])


def test_what_a_database_that_went_back_has_lost_is_sent_again(pair, hall, rows):
    """It was stored and waits for an earlier number, so it has no receipt and lies at the city hall. The line stands, and the relay would not offer it
    again by itself."""
    pair.server()
    pair.relay()
    first = hall.put("JUMIN", many(rows, 1), sequence=1)
    pair.settle([first])
    name = hall.put("JUMIN", many(rows, 1), sequence=3)
    pair.wait(lambda: hall.state(name) == "waiting")
    lose(hall, name)
    assert hall.state(name) == ""
    hall.run("select ops.note_restoration('test', true, 'a backup', null, null, null)")
    pair.wait(lambda: hall.state(name) == "waiting")
    assert hall.run("select count(*) from intake.incoming") == [(2,)]


def test_what_another_database_server_does_not_have_is_sent_again(pair, hall, rows):
    """A fail-over that lost the commit leaves no note when the witness had not seen it yet; but every session ends with the old primary. The line to
    the relay stood, and the file lay at the city hall until it broke for another reason."""
    server = pair.server()
    pair.relay()
    name = hall.put("JUMIN", many(rows, 1), sequence=1)
    pair.settle([name])
    name = hall.put("JUMIN", many(rows, 1), sequence=3)
    pair.wait(lambda: hall.state(name) == "waiting")
    lose(hall, name)
    ended = "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'konbinid intake relay%' and datname = current_database()"
    hall.database.run(ended, role="postgres")
    pair.wait(lambda: hall.state(name) == "waiting")
    assert any("session" in each["data"]["why"] for each in server.events("relay.cut"))


def test_a_file_that_is_being_stored_keeps_nothing_else_waiting(hall):
    """Its row is locked until it is stored, which takes a minute for a city; offered again after a cut, it made holds behind it wait as long."""
    digest = sha256(b"").digest()
    offered = relay_files.Offered("JUMIN_20261124090000_000001_F.csv", "JUMIN", 1, digest, 0, digest)
    with (
        closing(connect(hall.database.dsn("intake"), "a")) as storing,
        closing(connect(hall.database.dsn("intake"), "b")) as asking,
    ):
        with transaction(asking) as cur:
            known = relay_files.offer(cur, "hall", offered, 1000)
        with transaction(storing) as cur:
            relay_files.transfer(cur, known.id, lock=True)
            with transaction(asking) as other, pytest.raises(relay_files.TooMuch):
                relay_files.offer(other, "hall", offered, 1000)
        with transaction(asking) as cur:
            assert relay_files.offer(cur, "hall", offered, 1000) == known


def test_the_other_server_takes_over_in_mid_file(pair, hall, rows):
    """The server that has the lease dies; the relay goes on with the other one, which has none, from where it was. Who holds the lease then takes it in."""
    name = hall.put("JUMIN", many(rows, 12_000), full=True, sequence=1)
    size = (hall.inbox / name).stat().st_size
    first, second = pair.line(), pair.line()
    second._to = standby_port = free_port()
    holder = pair.server(point="part", times=20)
    standby = pair.server(lease=False, port=standby_port)
    pair.relay(ports=[first.port, second.port])
    pair.wait(lambda: holder.process.poll() is not None)
    pair.wait(lambda: hall.state(name) == "received")
    assert first.up + second.up < size * 1.4
    assert second.up < size
    pair.wait(lambda: standby.events("file.stored"))  # logged after the row is there
    pair.server()
    pair.settle([name])
    assert hall.state(name) == "applied"
    assert hall.run("select count(*) from intake.incoming") == [(1,)]


def test_a_relay_stops_while_a_server_does_not_answer(pair):
    """Whoever stops the relay in the middle of a handshake that goes nowhere does not wait for it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        relay = pair.relay(ports=[listening.getsockname()[1]])
        listening.settimeout(30)
        line, _ = listening.accept()
        began = time.monotonic()
        relay.stop()
        assert time.monotonic() - began < 10
        line.close()
