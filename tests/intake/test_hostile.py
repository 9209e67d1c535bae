"""Hostile and careless droppers: whatever lies in the folder, the file is refused or waits, people are told, and the neighbours go on.

What a reader makes of odd bytes stands beside it (test_attachments.py, test_records.py, tests/paper); here is what an odd *folder* does.
"""

from __future__ import annotations

import errno
import os
import struct
import threading
from contextlib import closing
from hashlib import sha256

import foreign_pdfs as pdfs
import gaiji_samples
import psycopg2
import pytest

from konbinid.domain.feeds import Feed
from konbinid.intake import folder
from konbinid.intake.steps import Point
from konbinid.intake.telling import is_passing
from konbinid.store.intake_link import LEASE, connect, fence, transaction
from konbinid.store.whole_file import write_whole

FOLDERS = ("archive", "quarantine")


def neighbour(hall, rows):
    """Another feed's good file is applied, whatever the first one's is."""
    assert hall.take("JPKI", [rows.serial(1, f"a{len(hall.inbox.name)}")]) == "applied"


def at_point(hall, point, deed):
    """Do something the first time that a point of the file's way in the folder or in the database is passed."""
    done = []

    def passing(each):
        if each is point and not done:
            done.append(each)
            deed()

    for feed in hall.feeds:
        tools = hall.lane(feed)._tools
        object.__setattr__(tools, "passing", passing)
        tools.clerk._passing = passing
    return done


def filed(hall):
    """Names in archive and quarantine."""
    return {place: sorted(each.name for each in hall.folder.glob(f"{place}/*/*")) for place in FOLDERS}


# What is written after the marker


@pytest.mark.parametrize("point", [Point.STORED, Point.SETTLED, Point.ANSWERED])
def test_a_file_that_grows_after_it_was_read_is_not_put_away_unread(hall, rows, point):
    """What it grew by is another file under the same name: refused, told, its people held. Once it went into the archive and nobody read it."""
    name = hall.name("JUMIN")
    more = rows.line(rows.person(2)).encode()

    def grow():
        with (hall.inbox / name).open("ab") as file:
            file.write(more)

    done = at_point(hall, point, grow)
    hall.put("JUMIN", [rows.person(1)], name=name)
    hall.look()
    assert done
    hall.look()
    assert hall.run("select state from intake.incoming order by id") == [("applied",), ("refused",)]
    assert hall.alerts() == ["file_refused"]
    assert hall.doubted() == {"1", "2"}
    assert hall.run("select count(*) from people.person") == [(1,)]
    assert not list(hall.inbox.iterdir())
    assert filed(hall) == {"archive": [], "quarantine": [name, f"{name}.end"]}
    neighbour(hall, rows)


def test_a_file_written_again_with_the_same_bytes_is_acknowledged(hall, rows):
    """A sender that repeats itself while we read gets its receipt; one pair of files is put away."""
    name = hall.name("JUMIN")
    done = at_point(
        hall, Point.ANSWERED, lambda: (hall.inbox / name).write_bytes(rows.line(rows.person(1)).encode())
    )
    hall.put("JUMIN", [rows.person(1)], name=name)
    hall.look()
    hall.look()
    assert done
    assert hall.run("select state from intake.incoming") == [("applied",)]
    assert not list(hall.inbox.iterdir())
    assert hall.receipt(name).startswith("ok ")


def test_a_marker_alone_does_not_take_a_new_file_away(hall, rows):
    """The data file was put away, its marker not yet (a crash), and the core system sends again: other content is refused, not filed unread."""
    name = hall.put("JUMIN", [rows.person(1)])
    hall.look()
    (hall.inbox / f"{name}.end").write_bytes(b"")  # as a crash leaves it, whatever stands in it
    arrivals, _ = hall.drop.look(0)
    hall.now = 61
    arrivals, _ = hall.drop.look(hall.now)
    assert [arrival.gone for arrival in arrivals] == [True]
    hall.put("JUMIN", [rows.person(1, name="別人")], name=name)
    hall.drop.file_away(arrivals[0], hall.drop.archive, {}, lambda _: None)
    assert sorted(each.name for each in hall.inbox.iterdir()) == [name, f"{name}.end"]
    hall.look()
    assert hall.state(name) == "refused"


def test_a_marker_before_its_data_waits(hall, rows):
    """`.end` is there first: nothing is read, nothing told, and the file is applied when it has come."""
    name = hall.put("JUMIN", [rows.person(1)])
    data = (hall.inbox / name).read_bytes()
    (hall.inbox / name).unlink()
    hall.look()
    assert (hall.state(name), hall.alerts()) == ("", [])
    (hall.inbox / name).write_bytes(data)
    hall.look()
    assert hall.state(name) == "applied"


@pytest.mark.parametrize("beside", [True, False])
def test_an_attachment_replaced_after_it_was_stored_changes_nothing(hall, rows, beside):
    """What was read with the file counts; a picture that came later under its name beside it belongs to a later file and stays."""
    name, first, later = hall.name("INKAN"), rows.bmp(), rows.bmp(ink=50)
    place = hall.inbox if beside else hall.inbox / name.rpartition(".")[0]
    done = at_point(hall, Point.STORED, lambda: (place / "100.bmp").write_bytes(later))
    hall.put("INKAN", [rows.seal(1, "100")], name=name, attachments={"100.bmp": first}, beside=beside)
    hall.look()
    assert done
    assert hall.run("select encode(image_sha256, 'hex') from people.seal") == [(sha256(first).hexdigest(),)]
    assert (hall.inbox / "100.bmp").exists() is beside


# What lies there and cannot be taken


@pytest.mark.parametrize("how", ["too large", "a link", "a folder", "a pipe", "a device"])
@pytest.mark.parametrize("full", [True, False])
def test_an_attachment_that_cannot_be_taken_is_never_replaced_by_an_older_one(
    hall, rows, tmp_path, how, full
):
    """A new picture that is no use is a bad row, though the register holds one under the same name: the old one would be printed as the new."""
    hall.take("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    name = hall.name("INKAN", full=full)
    place = hall.inbox / name.rpartition(".")[0]
    place.mkdir()
    (hall.inbox / "100.bmp").write_bytes(rows.bmp(ink=30))  # beside the file, where somebody forgot it
    where = place / "100.bmp"
    if how == "too large":
        with where.open("wb") as file:
            file.truncate(4 * 1024**3)  # sparse: claims 4 GiB
    elif how == "a link":
        where.symlink_to(tmp_path / "100.bmp")
    elif how == "a folder":
        where.mkdir()
    elif how == "a pipe":
        os.mkfifo(where)
    else:
        where.symlink_to("/dev/zero")
    hall.put("INKAN", [rows.seal(1, "100", "1" if full else "2")], name=name)
    hall.look()
    fault = "attachment_too_large" if how == "too large" else "attachment_missing"
    assert hall.report(name) == [(1, "印影ファイル名", fault)]
    assert hall.doubted() == {"1"}
    neighbour(hall, rows)


@pytest.mark.parametrize("name", ["../outside.bmp", "/etc/passwd", "..", "a/b.bmp", "a\\b.bmp", "１００.bmp"])
def test_an_attachments_name_leads_nowhere_else(hall, rows, name):
    """A name with a way in it is a bad row, and what it leads to is not opened."""
    (hall.folder / "outside.bmp").write_bytes(rows.bmp())
    dropped = hall.put("INKAN", [rows.seal(1, "100", image_name=name)])
    hall.look()
    assert hall.state(dropped) == "rejected"
    assert hall.doubted() == {"1"}
    assert hall.run("select count(*) from intake.attachment") == [(0,)]
    assert hall.report(dropped) == [(1, "印影ファイル名", "not_plain_name")]


def test_the_folder_of_attachments_may_be_no_link(hall, rows, tmp_path):
    """A link in its place is not followed; the pictures behind it are not there."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "100.bmp").write_bytes(rows.bmp())
    name = hall.put("INKAN", [rows.seal(1, "100")])
    (hall.inbox / name.rpartition(".")[0]).symlink_to(tmp_path / "elsewhere")
    hall.look()
    assert hall.report(name) == [(1, "印影ファイル名", "attachment_missing")]
    assert (tmp_path / "elsewhere" / "100.bmp").exists()


def test_large_attachments_beside_the_file_are_put_away(hall, rows):
    """A PDF of 5 MB and a font are larger than any picture: they were left in the drop folder for ever."""
    paper = pdfs.paper("試験　太郎") + b"\n%" + b"x" * 5 * 1024 * 1024 + b"\n"
    row = rows.register("R-1", "01", paper)
    hall.take("KOSEKI", [row], attachments={row[9]: paper}, beside=True)
    assert not list(hall.inbox.iterdir())
    assert (row[9] in [each.name for each in hall.folder.glob("*/*/*/*")]) is True


def denied(monkeypatch, *names):
    """Root may read everything, and tests may run as root: the kernel's refusal is played for these names."""
    real = os.open

    def refusing(path, flags, *more, **options):
        if path in names:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path, flags, *more, **options)

    monkeypatch.setattr(folder.os, "open", refusing)


@pytest.mark.parametrize("which", ["", ".end"])
def test_what_may_not_be_read_is_told(hall, rows, monkeypatch, which):
    """A file or marker without permissions stays where it is and is an oddity, of which people are told: it was tried for ever in silence."""
    name = hall.put("JUMIN", [rows.person(1)])
    denied(monkeypatch, name + which)
    arrivals, oddities = hall.drop.look(0)
    assert not arrivals
    assert [(each.name, each.reason) for each in oddities] == [(name + which, "may not be read")]
    neighbour(hall, rows)
    monkeypatch.undo()
    hall.look()
    assert hall.state(name) == "applied"


@pytest.mark.parametrize("how", ["no right to enter", "no right to look", "a link"])
def test_nothing_stands_in_for_what_an_own_folder_hides(hall, rows, monkeypatch, how):
    """The file's own folder cannot be looked into: the register's old picture and one beside the file were taken for the new one."""
    hall.take("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    name = hall.put("INKAN", [rows.seal(1, "100", "2")], attachments={"100.bmp": rows.bmp(ink=50)})
    own = name.rpartition(".")[0]
    (hall.inbox / "100.bmp").write_bytes(rows.bmp(ink=20))
    if how == "no right to enter":
        denied(monkeypatch, own)
    elif how == "a link":
        (hall.inbox / own).rename(hall.folder / "elsewhere")
        (hall.inbox / own).symlink_to(hall.folder / "elsewhere")
    else:
        denied(monkeypatch, "100.bmp")
        unseen(monkeypatch, "100.bmp", errno.EACCES, times=9)
    hall.look()
    assert hall.report(name) == [(1, "印影ファイル名", "attachment_missing")]


def test_trouble_of_the_moment_in_an_own_folder_is_tried_again(hall, rows, monkeypatch):
    """A share that answers with an error once: the picture beside the file was taken for the one in the folder."""
    name = hall.put("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp(ink=50)})
    (hall.inbox / "100.bmp").write_bytes(rows.bmp(ink=20))
    unseen(monkeypatch, "100.bmp", errno.EIO, times=1)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        hall.look()
    hall.look()
    assert hall.state(name) == "applied"
    held = hall.run("select content from intake.attachment")
    assert [bytes(content) for (content,) in held] == [rows.bmp(ink=50)]


def unseen(monkeypatch, name, number, *, times):
    """The kernel's answer to who asks whether there is something of this name, so many times."""
    real, left = os.stat, [times]

    def refusing(path, *more, **options):
        if path == name and left[0] > 0:
            left[0] -= 1
            raise OSError(number, os.strerror(number), path)
        return real(path, *more, **options)

    monkeypatch.setattr(folder.os, "stat", refusing)


def test_an_attachment_that_may_not_be_read_is_a_bad_row(hall, rows, monkeypatch):
    """Like one that is not there, and no older one stands in."""
    hall.take("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    name = hall.put("INKAN", [rows.seal(1, "100", "2")], attachments={"100.bmp": rows.bmp(ink=50)})
    denied(monkeypatch, "100.bmp")
    hall.look()
    assert hall.report(name) == [(1, "印影ファイル名", "attachment_missing")]


@pytest.mark.parametrize("what", [errno.EMFILE, errno.EIO, errno.ESTALE])
def test_trouble_of_the_moment_rejects_nothing(hall, rows, monkeypatch, what):
    """Too many open files, a network share that is gone: the file is read at a later look. It was rejected for a missing picture."""
    name = hall.put("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    real = os.open

    def failing(path, flags, *more, **options):
        if path == "100.bmp":
            raise OSError(what, os.strerror(what), path)
        return real(path, flags, *more, **options)

    monkeypatch.setattr(folder.os, "open", failing)
    with pytest.raises(OSError, match=os.strerror(what)) as trouble:
        hall.look()
    assert is_passing(trouble.value)
    assert hall.state(name) == ""
    monkeypatch.undo()
    hall.look()
    assert hall.state(name) == "applied"


@pytest.mark.parametrize(
    "coded",
    ["住民.csv.end".encode("shift_jis"), "住民.csv.end".encode("euc_jp"), b"\xff\xfe.end", b"a\nb.end"],
)
def test_names_in_other_encodings_are_oddities_without_a_name(hall, rows, coded):
    """Bytes that are no UTF-8 in a listing: told without repeating them, and the neighbours are taken."""
    (hall.inbox / os.fsdecode(coded)).write_bytes(b"")
    (hall.inbox / os.fsdecode(coded.removesuffix(b".end"))).mkdir()
    name = hall.put("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    (hall.inbox / name.rpartition(".")[0] / os.fsdecode(coded)).write_bytes(b"x")
    hall.look()
    assert hall.state(name) == "applied"
    assert [each.name for each in hall.drop.look(0)[1]] == [""]


def test_files_that_claim_a_lot_cost_little(hall, rows):
    """4 GiB by the size on disk, rows=999999999999, a picture's header of 2 GiB: refused by what is there, in no time and no memory."""
    sparse = hall.put("YOKUSHI", [rows.hold(1, "a")])
    with (hall.inbox / sparse).open("ab") as file:
        file.truncate(4 * 1024**3)
    for feed in hall.feeds:
        object.__setattr__(hall.lane(feed)._tools, "most_bytes", 1024 * 1024)
    data = rows.line(rows.person(1)).encode()
    many = hall.put("JUMIN", data, end=f"rows=999999999999 sha256={sha256(data).hexdigest()}".encode())
    bomb = rows.bmp()[:18] + struct.pack("<ii", 2**31 - 1, -(2**31)) + rows.bmp()[26:]
    picture = hall.put("INKAN", [rows.seal(2, "200")], attachments={"200.bmp": bomb})
    hall.look()
    assert {fault for _, _, fault in hall.report(sparse)} >= {"too_large", "hash_mismatch"}
    assert hall.report(many) == [(0, "", "rows_mismatch")]
    assert hall.report(picture) == [(1, "印影ファイル名", "attachment_broken")]
    neighbour(hall, rows)


def test_a_font_that_claims_more_than_it_has_is_a_bad_row(hall):
    """Table lengths of 4 GiB in a TTE: the old characters stay, the row is bad."""
    font = bytearray(gaiji_samples.eudc({"\ue000": 1}))
    struct.pack_into(">L", font, 12 + 12, 2**32 - 1)
    name = hall.put("GAIJI", gaiji_samples.rows("\ue000"), attachments={"EUDC.TTE": bytes(font)})
    hall.look()
    assert [fault for _, _, fault in hall.report(name)] == ["attachment_broken"]
    assert hall.run("select count(*) from library.gaiji") == [(0,)]


# The sequence


def test_the_numbers_go_round_from_end_to_end(hall, rows):
    """999998, a gap at 999999, 000001 waits; the gap is told by its number; a full file after the turn replaces, one before it is late."""
    assert hall.take("JUMIN", [rows.person(1)], sequence=999_998) == "applied"
    between = hall.stamp()
    waiting = hall.put("JUMIN", [rows.person(3)], sequence=1)
    hall.look()
    assert hall.state(waiting) == "waiting"
    assert hall.run("select detail from ops.alert") == [
        ({"missing_from": 999_999, "missing_through": 999_999},)
    ]
    assert hall.doubted() == {"3"}
    assert hall.take("JUMIN", [rows.person(2)], sequence=999_999, stamp=between) == "applied"
    assert hall.state(waiting) == "applied"
    assert not hall.doubted()
    assert hall.take("JUMIN", [rows.person(1)], sequence=999_999) == "refused"
    everybody = [rows.person(1), rows.person(2), rows.person(3)]
    assert hall.take("JUMIN", everybody, full=True, sequence=2) == "applied"
    assert hall.run("select last_sequence from intake.feed where feed = 'JUMIN'") == [(2,)]


# Two daemons


def test_one_that_stands_still_inside_a_change_lets_go(hall, monkeypatch):
    """A paused machine held the locks of people and the turn of intake for ten minutes (found by the drill); what it wakes up to is no fault of
    the file."""
    monkeypatch.setattr(
        "konbinid.store.intake_link._SILENT", "set local idle_in_transaction_session_timeout = '200ms'"
    )
    epoch = hall.run("select epoch from ops.lease where name = %s", LEASE)[0][0]
    dsn = hall.database.dsn("intake")
    with closing(connect(dsn, "paused")) as paused, closing(connect(dsn, "other")) as other:
        cur = paused.cursor()
        fence(cur, Feed.JUMIN, epoch)
        with transaction(other) as held:
            fence(held, Feed.JUMIN, epoch)
        with pytest.raises(psycopg2.Error) as woken:
            cur.execute("select")
        assert is_passing(woken.value)
    # What it wakes up to depends on how far the server's last words have come: they, or a closed connection.
    assert is_passing(type("Told", (psycopg2.InternalError,), {"pgcode": "25P03"})())


def test_a_dead_server_is_noticed_in_seconds(hall):
    """A connection of intake asks whether the other end lives: TCP's own two hours would be two hours without holds."""
    with closing(connect(hall.database.dsn("intake"), "test")) as link:
        said = link.get_dsn_parameters()
        assert (said["keepalives_idle"], said["tcp_user_timeout"]) == ("2", "4000")


def test_two_daemons_may_write_one_receipt_at_once(tmp_path):
    """One of them does not know yet that it lost the lease: whoever looks finds the receipt whole, and nothing is left over."""
    text, torn = "ok\n" * 5000, []
    (tmp_path / ".a.ok.1-dead.part").write_text("half")

    def write():
        for _ in range(50):
            try:
                write_whole(tmp_path, "a.ok", text)
            except FileNotFoundError:
                continue  # it is tried again

    write_whole(tmp_path, "a.ok", text)
    both = [threading.Thread(target=write) for _ in range(2)]
    for each in both:
        each.start()
    while any(each.is_alive() for each in both):
        if (tmp_path / "a.ok").read_text() != text:
            torn.append("torn")
    write_whole(tmp_path, "a.ok", text)
    assert not torn
    assert [each.name for each in tmp_path.iterdir()] == ["a.ok"]


def test_one_that_lost_its_lease_while_it_put_a_file_away_moves_nothing_twice(hall, rows):
    """Two looks of two daemons, one file: the second finds what the first has left to do."""
    name = hall.put("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()}, beside=True)
    arrivals, _ = hall.drop.look(0)
    hall.look()
    digests = {"100.bmp": sha256(rows.bmp()).digest()}
    before = filed(hall)
    hall.drop.file_away(arrivals[0], hall.drop.archive, digests, lambda _: None)
    assert filed(hall) == before
    assert name in before["archive"]
