"""KOSEKI and FUHYO: rows that bind a PDF's hash to register, member and 表示区分, and the locks that keep a paper from overtaking the news."""

from __future__ import annotations

import os
import threading
from hashlib import sha256

import foreign_pdfs as pdfs
import psycopg2
import pytest

FEEDS = ["KOSEKI", "FUHYO"]
PAPER = pdfs.paper("試験　太郎", "試験　花子")
OTHER = pdfs.paper("試験　太郎", "試験　次郎")


@pytest.fixture
def take(hall, rows):
    """Drop rows of register R-1 by (member, PDF's bytes, operation, changes), each with its PDF; tells the file's name."""

    def taken(feed: str, *wanted, full: bool = False, sequence: int | None = None, bring: bool = True) -> str:
        made, brought = [], {}
        for member, content, operation, changes in wanted:
            register = changes.get("register_number", "R-1")
            row = rows.register(register, member, content, operation, **changes)
            made.append(row)
            if bring:
                brought[row[9]] = content
        name = hall.put(feed, made, full=full, sequence=sequence, attachments=brought)
        hall.look()
        return name

    return taken


def of(member: str, content: bytes = PAPER, operation: str = "1", **changes):
    return member, content, operation, changes


def with_picture(size: int) -> bytes:
    """A paper that holds so many bytes which cannot be packed."""

    def change(document) -> None:
        document.Root.X = document.make_stream(os.urandom(size))

    return pdfs.changed(PAPER, change)


def grown(before, after):
    return {key for key, number in after.items() if number > before.get(key, 0)}


@pytest.mark.parametrize("feed", FEEDS)
def test_columns_arrive_where_they_belong(hall, take, feed):
    """Every value of a row is found again in its column; a whole register was not born and is nobody's 宛名番号."""
    take(
        feed,
        of("00", name="試験　太郎", birth_date="19800203", atena_number="0000000001"),
        of("01", PAPER + b"\n", birth_date="19350400", atena_number="0000000001", state="2"),
        of("02", PAPER + b"\n\n", name="試験　花子", birth_date="00000000", state="9"),
    )
    found = hall.run(
        f"select member, display, domicile, head_of_register, name, birth_date, atena_number, state, pdf_name, pdf_sha256 "
        f"from people.{feed} order by member"
    )
    place = ("大阪府泉大津市東雲町9番", "試験　太郎")
    digests = [sha256(PAPER + b"\n" * n).digest() for n in range(3)]
    assert [
        tuple(bytes(each) if isinstance(each, memoryview) else each for each in row) for row in found
    ] == [
        ("00", 0, *place, "試験　太郎", None, None, 1, "R-1-00-0.pdf", digests[0]),
        ("01", 0, *place, "試験　太郎", "19350400", "0000000001", 2, "R-1-01-0.pdf", digests[1]),
        ("02", 0, *place, "試験　花子", "00000000", None, 9, "R-1-02-0.pdf", digests[2]),
    ]


def test_the_bytes_are_kept_by_their_content(hall, take):
    """Byte-identical, once, with what was found; a row binds the hash (contract 2; invariant 1 compares it on the way out)."""
    scan = pdfs.scan(2)
    take("KOSEKI", of("00"), of("01", scan, pdf_name="scan.pdf"))
    take("FUHYO", of("00"))
    kept = {
        bytes(digest): (pages, size, has_text, bytes(content))
        for digest, pages, size, has_text, content in hall.run(
            "select sha256, pages, bytes, has_text, content from people.register_pdf"
        )
    }
    assert kept == {
        sha256(PAPER).digest(): (1, len(PAPER), True, PAPER),
        sha256(scan).digest(): (2, len(scan), False, scan),
    }


def test_a_full_file_and_its_difference(hall, take, rows):
    """Only what differs is touched; what a full file lacks goes; an update binds the new bytes and leaves the old ones where they are."""
    take("KOSEKI", of("00"), of("01", PAPER + b"\n"), of("02", PAPER + b"\n\n", name="試験　花子"), full=True)
    name = take("KOSEKI", of("00", OTHER), of("01", PAPER + b"\n"), full=True)
    assert "added=0 changed=1 removed=1" in hall.receipt(name)
    bound = {
        member: bytes(digest) for member, digest in hall.run("select member, pdf_sha256 from people.koseki")
    }
    assert bound == {"00": sha256(OTHER).digest(), "01": sha256(PAPER + b"\n").digest()}
    assert hall.run("select count(*) from people.register_pdf") == [(4,)]
    name = take("KOSEKI", of("01", operation="9", pdf_name="", sha256=""), bring=False)
    assert "removed=1" in hall.receipt(name)


def test_a_difference_row_may_name_a_pdf_already_held(hall, take):
    """By its own register, under its name and with its hash: everything else is missing."""
    take("KOSEKI", of("01"))
    assert hall.state(take("KOSEKI", of("01", operation="2", state="2"), bring=False)) == "applied"
    assert hall.run("select state from people.koseki") == [(2,)]
    for row, fault in (
        (of("01", operation="2", sha256="0" * 64), "pdf_other_content"),
        (of("02", operation="1", pdf_name="other.pdf"), "attachment_missing"),
        (of("01", register_number="R-2", pdf_name="R-1-01-0.pdf"), "attachment_missing"),
    ):
        name = take("KOSEKI", row, bring=False, sequence=3)
        assert hall.report(name) == [(1, "PDFファイル名", fault)]
    assert hall.state(take("KOSEKI", of("01"), full=True, bring=False, sequence=3)) == "rejected"


def test_a_member_who_is_numbered_anew_keeps_the_paper(hall, take):
    """The same register, the same name and hash: the bytes are there."""
    take("KOSEKI", of("01"))
    moved = [of("01", operation="9", pdf_name="", sha256=""), of("02", pdf_name="R-1-01-0.pdf")]
    assert hall.state(take("KOSEKI", *moved, bring=False)) == "applied"
    assert hall.run("select member from people.koseki") == [("02",)]


def test_one_name_belongs_to_one_row(hall, take):
    """I-03's cousin: a name that two rows share would give one of them the other's paper."""
    twice = take("KOSEKI", of("01", pdf_name="a.pdf"), of("02", pdf_name="a.pdf"), sequence=1)
    assert hall.report(twice) == [(1, "PDFファイル名", "attachment_shared")]
    take("KOSEKI", of("01", pdf_name="a.pdf"), sequence=1)
    again = take("KOSEKI", of("01", register_number="R-2", pdf_name="a.pdf"), sequence=2)
    assert hall.report(again) == [(1, "PDFファイル名", "attachment_shared")]


def test_names_do_not_derive_from_time_or_counters(hall, take):
    """I-03: two updates within one second are two contents. The later binds its own bytes and overwrites nobody's."""
    take("KOSEKI", of("01"), of("01", OTHER, register_number="R-2"))
    first = take("KOSEKI", of("01", OTHER, operation="2"))
    second = take("KOSEKI", of("01", PAPER, operation="2", register_number="R-2"))
    assert hall.state(first) == hall.state(second) == "applied"
    bound = dict(
        hall.run(
            "select k.register_number, p.content from people.koseki k join people.register_pdf p on p.sha256 = k.pdf_sha256"
        )
    )
    assert {register: bytes(content) for register, content in bound.items()} == {"R-1": OTHER, "R-2": PAPER}


def test_bad_pdfs_are_bad_rows_that_name_their_faults(hall, take):
    """All of a row's faults, and only of the rows that have them; nothing of the file is applied and everybody named is held."""
    turned = pdfs.with_page("/Rotate 90/AA<<>>")
    name = take(
        "KOSEKI",
        of("00"),
        of("01", turned, atena_number="0000000007"),
        of("02", b"%PDF-1.7", register_number="R-2", atena_number="0000000008"),
        of("03", pdfs.paper("試験　花子"), name="試験　次郎", register_number="R-3"),
    )
    assert hall.report(name) == [
        (2, "PDFファイル名", "pdf_action"),
        (2, "PDFファイル名", "pdf_size"),
        (3, "PDFファイル名", "pdf_broken"),
        (4, "PDFファイル名", "pdf_name"),
    ]
    assert hall.run("select count(*) from people.koseki") == [(0,)]
    assert hall.doubted() == {"7", "8"}
    doubted = hall.run(
        "select register_number from people.doubt where register_number is not null order by 1"
    )
    assert doubted == [("R-1",), ("R-2",), ("R-3",)]
    assert "A4 縦" in hall.receipt(name)
    assert "試験" not in hall.receipt(name)


def test_only_the_register_closes_not_the_kind(hall, take):
    """I-13: a bad file about some registers closes these, not koseki for the whole city; not even when a row cannot be read."""
    take("KOSEKI", of("01", b""), sequence=1)
    hall.take("KOSEKI", [["1", "R-9"]], sequence=1)
    assert hall.run("select count(*) from people.feed_doubt") == [(0,)]
    assert hall.run("select suspended from ops.kind_state where suspended") == []


def test_a_large_pdf_is_told(hall, take):
    """Beyond the limit of an attachment's size it is not read at all, and the report says why; a large one within it is taken."""
    beyond, large, other = (with_picture(size * 1024 * 1024) for size in (11, 5, 6))
    assert hall.report(take("KOSEKI", of("01", beyond), sequence=1)) == [
        (1, "PDFファイル名", "attachment_too_large")
    ]
    assert hall.state(take("KOSEKI", of("01", large), of("02", other), sequence=1)) == "applied"


def test_whose_paper_each_row_wants(hall, take):
    """The member's own; for the whole register the head's; a fuhyo without 筆頭者 may show whom its row names."""
    hanako, nobody = pdfs.paper("試験　花子"), pdfs.drawn(["試験"])
    assert hall.report(take("KOSEKI", of("00", hanako, name="試験　花子"), sequence=1)) == [
        (1, "PDFファイル名", "pdf_name")
    ]
    assert hall.report(take("FUHYO", of("00", hanako, name="試験　花子", display="1"), sequence=1)) == [
        (1, "PDFファイル名", "pdf_name")
    ]
    assert hall.report(take("FUHYO", of("00", nobody, name="試験　花子"), sequence=1)) == [
        (1, "PDFファイル名", "pdf_name")
    ]
    assert hall.state(take("FUHYO", of("00", hanako, name="試験　花子"), sequence=1)) == "applied"


def test_display(hall, take):
    """A fuhyo is there without and with 本籍・筆頭者, both at once; a koseki has no such choice."""
    assert hall.state(take("FUHYO", of("00"), of("00", OTHER, display="1"))) == "applied"
    assert sorted(hall.run("select member, display from people.fuhyo")) == [("00", 0), ("00", 1)]
    assert hall.report(take("KOSEKI", of("00", display="1"))) == [(1, "表示区分", "unknown_code")]


@pytest.mark.parametrize(
    ("changes", "column", "fault"),
    [
        ({"name": ""}, "氏名", "missing"),
        ({"birth_date": ""}, "生年月日", "missing"),
        ({"head_of_register": ""}, "筆頭者", "missing"),
        ({"domicile": ""}, "本籍", "missing"),
        ({"pdf_name": ""}, "PDFファイル名", "missing"),
        ({"pdf_name": "../a.pdf"}, "PDFファイル名", "not_plain_name"),
        ({"sha256": ""}, "sha256", "missing"),
        ({"sha256": "ab"}, "sha256", "not_hex"),
        ({"sha256": "g" * 64}, "sha256", "not_hex"),
        ({"state": "3"}, "状態", "unknown_code"),
        ({"birth_date": "19800231"}, "生年月日", "no_such_date"),
        ({"atena_number": "12"}, "宛名番号", "not_digits"),
    ],
)
def test_a_bad_cell_is_a_bad_row(hall, rows, changes, column, fault):
    """Each with its column."""
    name = hall.put("KOSEKI", [rows.register("R-1", "01", PAPER, **changes)])
    hall.look()
    assert hall.report(name) == [(1, column, fault)]


def test_an_upper_case_hash_is_the_same_hash(hall, take):
    """Hexadecimal digits have no case."""
    assert hall.state(take("KOSEKI", of("01", sha256=sha256(PAPER).hexdigest().upper()))) == "applied"


def test_member_numbers_are_given_once_and_never_again(hall, take):
    """Contract 1, operation 2: a used 構成員番号 under another name is somebody else; koseki and fuhyo agree on a member's number."""
    take("KOSEKI", of("00"), of("01"), of("02", name="試験　花子", pdf_name="b.pdf"))
    take("FUHYO", of("00"), of("02", name="試験　花子"), of("02", name="試験　花子", display="1"))
    numbers = "select member, name, number from people.register_member_number where register_number = 'R-1' order by number"
    assert hall.run(numbers) == [("01", "試験　太郎", 1), ("02", "試験　花子", 2)]
    take("KOSEKI", of("02", operation="9", pdf_name="", sha256=""), bring=False)
    take("KOSEKI", of("02", OTHER, name="試験　次郎", pdf_name="c.pdf"))
    take("KOSEKI", of("02", PAPER, operation="2", name="試験　花子", pdf_name="b.pdf"))
    assert hall.run(numbers) == [("01", "試験　太郎", 1), ("02", "試験　花子", 2), ("02", "試験　次郎", 3)]


def test_a_name_that_two_systems_write_differently_has_two_numbers(hall, take):
    """Decision 0020: who is the same member is not guessed from names that differ. Each number leads to that member and to nobody else."""
    take("KOSEKI", of("01"), of("02", name="試験　花子", pdf_name="b.pdf"))
    take("FUHYO", of("02", name="試験花子"))
    numbers = "select member, name, number from people.register_member_number where register_number = 'R-1' order by number"
    assert hall.run(numbers) == [("01", "試験　太郎", 1), ("02", "試験　花子", 2), ("02", "試験花子", 3)]


def test_a_change_counts_up_its_register_and_its_people(hall, take, rows):
    """A change in progress (状態 2) is seen by every paper of that register and by none of another."""
    hall.take("JUMIN", [rows.person(1, 10), rows.person(2, 20)])
    take("KOSEKI", of("01", atena_number="0000000001"), of("01", OTHER, register_number="R-2"))
    registers, people = hall.register_numbers(), hall.change_numbers()
    take("KOSEKI", of("01", operation="2", atena_number="0000000001", state="2"), bring=False)
    assert grown(registers, hall.register_numbers()) == {"R-1"}
    assert grown(people, hall.change_numbers()) == {1}
    people = hall.change_numbers()
    take("KOSEKI", of("01", operation="2", atena_number="0000000002"), bring=False)
    assert grown(people, hall.change_numbers()) == {1, 2}
    registers = hall.register_numbers()
    take("KOSEKI", of("01", operation="2", atena_number="0000000002"), bring=False)
    assert grown(registers, hall.register_numbers()) == set()


def test_a_hold_counts_up_the_registers_of_its_person(hall, take, rows):
    """支援措置 closes fuhyo for the whole register: by 宛名番号 through the register's row, by 戸籍番号 directly, also before the register is known."""
    take("FUHYO", of("01", atena_number="0000000001"))
    take(
        "KOSEKI",
        of("01", register_number="R-2", atena_number="0000000001"),
        of("01", OTHER, register_number="R-3"),
    )
    before = hall.register_numbers()
    hall.take("YOKUSHI", [rows.hold(1, "a", category="01")])
    assert grown(before, hall.register_numbers()) == {"R-1", "R-2"}
    before = hall.register_numbers()
    elsewhere = {"atena_number": "", "register_member": "01"}
    hall.take(
        "YOKUSHI",
        [
            rows.hold(0, "b", register_number="R-3", **elsewhere),
            rows.hold(0, "c", register_number="R-9", **elsewhere),
        ],
    )
    assert grown(before, hall.register_numbers()) == {"R-3", "R-9"}
    before = hall.register_numbers()
    hall.take("YOKUSHI", [rows.hold(0, "b", "2", register_number="R-1", **elsewhere)])
    assert grown(before, hall.register_numbers()) == {
        "R-1",
        "R-2",
        "R-3",
    }  # who is 01 of R-1 stands in R-2, too


def test_doubt_counts_up_registers_too(hall, take, rows):
    """Who is named in a bad row of any feed may be the one whose hold closes the register."""
    take("FUHYO", of("01", atena_number="0000000001"), of("01", OTHER, register_number="R-2"))
    before = hall.register_numbers()
    hall.take("YOKUSHI", [rows.hold(1, "a", category="77")])
    assert grown(before, hall.register_numbers()) == {"R-1"}
    before = hall.register_numbers()
    bad = {"atena_number": "", "register_number": "R-2", "register_member": "01", "category": "77"}
    hall.take("YOKUSHI", [rows.hold(0, "a", **bad)], sequence=1)
    assert "R-2" in grown(before, hall.register_numbers())
    before = hall.register_numbers()
    take("FUHYO", of("01", operation="2", state="7"), bring=False)
    assert grown(before, hall.register_numbers()) == {"R-1"}


def test_a_paper_in_the_making_is_waited_for(hall, take, rows):
    """The desk holds the register's row: a hold on another member is not visible before the paper is done."""
    take("FUHYO", of("01", atena_number="0000000001"), of("02", OTHER, name="試験　次郎"))
    desk = psycopg2.connect(hall.database.dsn("desk"))
    with desk.cursor() as cur:
        cur.execute("select from people.register_lock where register_number = 'R-1' for share")
        hall.put("YOKUSHI", [rows.hold(1, "a", category="01")])
        taking = threading.Thread(target=hall.look)
        taking.start()
        taking.join(0.5)
        assert taking.is_alive()
        assert hall.run("select count(*) from people.hold") == [(0,)]
        desk.commit()
        taking.join(30)
        assert hall.run("select count(*) from people.hold") == [(1,)]
    desk.close()


def test_a_file_that_waits_holds_its_registers(hall, take):
    """Not its turn: the registers named are in doubt until the missing file is there."""
    take("KOSEKI", of("01"), sequence=1)
    take("KOSEKI", of("01", OTHER, operation="2"), sequence=3)
    assert hall.run("select register_number from people.doubt") == [("R-1",)]
    hall.take("KOSEKI", [], sequence=2)
    assert hall.run("select count(*) from people.doubt") == [(0,)]


def test_a_corrected_file_may_name_what_the_rejected_one_brought(hall, take):
    """The PDFs were dropped before it and are in the database; only the row was wrong."""
    take("KOSEKI", of("01"), of("02", OTHER, name=""), sequence=1)
    assert (
        hall.state(take("KOSEKI", of("01"), of("02", OTHER, name="試験　次郎"), sequence=1, bring=False))
        == "applied"
    )


def test_a_pdf_claimed_for_another_register_holds_both(hall, take):
    """Decision 0044: one name for two registers; one of them is in force, and nobody knows whose it is."""
    take("FUHYO", of("01", register_number="R-1", pdf_name="a.pdf"))
    name = take("FUHYO", of("01", register_number="R-2", pdf_name="a.pdf"))
    assert {fault for _, _, fault in hall.report(name)} >= {"attachment_shared"}
    held = hall.run("select register_number from people.doubt where register_number is not null")
    assert {number for (number,) in held} == {"R-1", "R-2"}


def test_a_full_file_that_removes_too_much_waits(hall, take, rows):
    """The removal's share counts as for every feed; whoever would go is held."""
    take("FUHYO", *(of("01", PAPER + b"\n" * n, register_number=f"R-{n}") for n in range(25)), full=True)
    name = take("FUHYO", of("01", register_number="R-0"), full=True)
    assert hall.state(name) == "held"
    assert hall.run("select count(*) from people.doubt where register_number is not null") == [(25,)]


def test_the_staging_tables_are_left_empty(hall, take):
    """No copy of anybody's data stays behind."""
    take("KOSEKI", of("01"))
    for table in ("koseki", "koseki_effect", "key"):
        assert hall.run(f"select count(*) from intake.staged_{table}") == [(0,)]


def test_many_registers_at_once(hall, rows):
    """From a thousand rows on the planner is told; a registers' file is read in blocks."""
    made = [rows.register(f"R-{n}", "01", PAPER) for n in range(1200)]
    name = hall.put("KOSEKI", made, full=True, attachments={row[9]: PAPER for row in made})
    hall.look()
    assert "added=1200" in hall.receipt(name)
    assert hall.run("select count(*) from people.register_pdf") == [(1,)]


def test_who_stood_in_a_register_is_remembered(hall, take):
    """Every 宛名番号 that either feed ever gave a member, once, whatever it says today; insert-only (decision 0029)."""
    links = (
        "select register_number, member, birth_date, atena_number from people.register_link order by 2, 3, 4"
    )
    take("KOSEKI", of("00", atena_number="0000000009"), of("01", OTHER, atena_number="0000000001"))
    take("FUHYO", of("01", atena_number="0000000001"))
    take("KOSEKI", of("01", OTHER, operation="2"), bring=False)
    take("FUHYO", of("01", operation="9", pdf_name="", sha256=""), bring=False)
    assert hall.run(links) == [("R-1", "01", "19800203", "0000000001")]
    take(
        "KOSEKI",
        of("01", OTHER, operation="2", birth_date="19810203", atena_number="0000000002"),
        bring=False,
    )
    assert hall.run(links) == [
        ("R-1", "01", "19800203", "0000000001"),
        ("R-1", "01", "19810203", "0000000002"),
    ]
    standing = "select atena_number from people.linked_member"
    assert hall.run(standing) == [("0000000002",)]


def test_news_about_a_hold_count_up_whom_it_names_and_whom_it_named(hall, take, rows):
    """By 戸籍番号 and 構成員番号: the member's person with the household, also of a number that the feeds have emptied; by a 宛名番号: the registers
    that ever had it."""
    hall.take("JUMIN", [rows.person(1, 10), rows.person(2, 10, relationship="妻"), rows.person(3, 30)])
    take(
        "KOSEKI",
        of("01", atena_number="0000000002"),
        of("02", OTHER, name="試験　次郎", atena_number="0000000003"),
    )
    take("KOSEKI", of("01", operation="2"), bring=False)
    people, registers = hall.change_numbers(), hall.register_numbers()
    elsewhere = {"atena_number": "", "register_number": "R-1"}
    hall.take("YOKUSHI", [rows.hold(0, "a", register_member="01", **elsewhere)])
    assert grown(people, hall.change_numbers()) == {1, 2}
    people = hall.change_numbers()
    hall.take("YOKUSHI", [rows.hold(0, "a", "2", register_member="02", **elsewhere)])
    assert grown(people, hall.change_numbers()) == {1, 2, 3}
    registers = hall.register_numbers()
    hall.take("YOKUSHI", [rows.hold(2, "b", category="01")])
    assert grown(registers, hall.register_numbers()) == {"R-1"}


@pytest.mark.parametrize("member", ["01", ""])
def test_doubt_about_a_hold_names_the_member(hall, take, rows, member):
    """Good in a file that fails or bad itself: whoever it may hold is counted up and in doubt; without a 構成員番号 it may be anybody's."""
    hall.take("JUMIN", [rows.person(1), rows.person(2, 2)])
    take(
        "KOSEKI",
        of("01", atena_number="0000000001"),
        of("02", OTHER, name="試験　次郎", atena_number="0000000002"),
    )
    before = hall.change_numbers()
    elsewhere = {"atena_number": "", "register_number": "R-1", "register_member": member}
    named = {1} if member else {1, 2}
    hall.take("YOKUSHI", [rows.hold(0, "a", category="77", **elsewhere)], sequence=1)
    assert grown(before, hall.change_numbers()) == named
    assert {int(atena) for (atena,) in hall.run("select atena_number from people.person_doubt")} == named
    assert hall.run("select held_member from people.doubt") == [(member,)]
    assert hall.run("select count(*) from people.feed_doubt") == [(0,)]


def test_an_unreadable_member_closes_the_feed(hall, rows):
    """Nobody knows whom the row was about; and a 構成員番号 alone names nobody."""
    elsewhere = {"atena_number": "", "register_number": "R-1"}
    hall.take("YOKUSHI", [rows.hold(0, "a", register_member="0\x011", **elsewhere)], sequence=1)
    assert hall.run("select feed from people.feed_doubt") == [("YOKUSHI",)]
    hall.take("YOKUSHI", [], sequence=1)
    assert hall.run("select feed from people.feed_doubt") == []
    alone = elsewhere | {"register_number": "", "register_member": "01"}
    hall.take("YOKUSHI", [rows.hold(0, "a", **alone)], sequence=2)
    assert hall.run("select feed from people.feed_doubt") == [("YOKUSHI",)]
