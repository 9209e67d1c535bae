"""What files do to the tables: only what differs, under the right locks, with the numbers and stamps that never go back."""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg2
import pytest

from konbinid.store.keyring import Keyring


def names_stamps(hall):
    return {
        int(atena): stamp
        for atena, stamp in hall.run("select atena_number, names_stamp from people.person_lock")
    }


def members(hall, household):
    found = hall.run(
        "select atena_number, number from people.member_number where household_number = %s",
        f"{household:010d}",
    )
    return {int(atena): number for atena, number in found}


def test_columns_arrive_where_they_belong(hall, rows):
    """Every value of a row is found again in its column; nothing recorded is NULL for a date and empty for a text."""
    values = {
        "household_order": "12",
        "resident_class": "2",
        "state": "2",
        "name": "ＳＨＩＫＥＮ\\ＴＡＲＯ　葛\U000e0100",
        "former_name": "旧",
        "alias": "通称",
        "birth_date": "19350400",
        "sex": "9",
        "relationship": "妻",
        "resident_since": "",
        "notified_on": "00000000",
        "nationality": "試験国",
        "period_of_stay": "3年",
        "change_in_progress": "1",
        "kana_registered": "1",
        "name_katakana": "シケン",
        "alias_history": "平成\\N24年",
    }
    hall.take("JUMIN", [rows.person(1, household=3, **values)])
    columns = ", ".join(values)
    (found,) = hall.run(f"select {columns} from people.person")
    expected = values | {
        "household_order": 12,
        "resident_class": 2,
        "state": 2,
        "sex": 9,
        "resident_since": None,
        "change_in_progress": True,
        "kana_registered": True,
    }
    assert dict(zip(values, found, strict=True)) == expected


def test_numbers_are_sealed_and_digested(hall, rows):
    """個人番号 opens only with the keys and only for its person; 住民票コード is nowhere in the database."""
    hall.take("JUMIN", [rows.person(1)])
    hall.take("JPKI", [rows.serial(1, "ab")])
    keyring = Keyring.load(hall.keys)
    sealed, digest, code = hall.run(
        "select individual_number_sealed, individual_number_digest, resident_code_digest from people.person"
    )[0]
    assert keyring.open_number("0000000001", bytes(sealed)) == rows.individual_number(1)
    assert bytes(digest) == keyring.digest("individual_number", rows.individual_number(1))
    assert hall.run("select resident_code_digest from people.credential") == [(code,)]
    for table in ("people.person", "people.credential", "intake.staged_person", "intake.staged_key"):
        text = str(hall.run(f"select t::text from {table} t"))
        assert rows.resident_code(1) not in text
        assert rows.individual_number(1) not in text


def test_the_staging_tables_are_left_empty(hall, rows):
    """No copy of anybody's data stays behind, whatever became of the file."""
    hall.take("JUMIN", [rows.person(1)])
    hall.take("JUMIN", [rows.person(2), rows.person(3, sex="5")])
    hall.take("JUMIN", [rows.person(4)])
    for table in ("person", "person_effect", "key"):
        assert hall.run(f"select count(*) from intake.staged_{table}") == [(0,)]


def test_only_differing_rows_are_touched(hall, rows):
    """A nightly full file that brings one change writes one row: the others keep their place on disk and their change_no."""
    hall.take("JUMIN", [rows.person(n, household=n) for n in range(1, 6)], full=True)
    before = dict(hall.run("select atena_number, ctid::text || incoming_id from people.person"))
    counts = hall.change_numbers()
    hall.take(
        "JUMIN",
        [rows.person(n, household=n, **({"address": "新"} if n == 3 else {})) for n in range(1, 6)],
        full=True,
    )
    after = dict(hall.run("select atena_number, ctid::text || incoming_id from people.person"))
    assert [int(atena) for atena in before if before[atena] != after[atena]] == [3]
    assert {n for n, count in hall.change_numbers().items() if count != counts[n]} == {3}


def test_everyone_touched_counts_up(hall, rows):
    """The person, and every member of the household before and after: a paper of either household is overtaken by none of it."""
    hall.take(
        "JUMIN",
        [rows.person(1, 10), rows.person(2, 10, relationship="妻"), rows.person(3, 20), rows.person(4, 30)],
    )
    before = hall.change_numbers()
    hall.take("JUMIN", [rows.person(2, 20, "2", relationship="同居人")])
    after = hall.change_numbers()
    assert {n for n in after if after[n] > before[n]} == {1, 2, 3}
    hall.take("JUMIN", [rows.person(3, 20, "9")])
    assert {n for n, count in hall.change_numbers().items() if count > after[n]} == {2, 3}


def test_names_stamp_is_set_by_a_name_change_and_never_by_an_appearance(hall, rows):
    """I-06: 氏名, 旧氏 and 通称 of an existing person close older seals; a newcomer's seal is not closed by the arrival."""
    hall.take("JUMIN", [rows.person(n, n) for n in range(1, 6)])
    assert set(names_stamps(hall).values()) == {None}
    stamp = hall.stamp()
    hall.take(
        "JUMIN",
        [
            rows.person(1, 1, "2", name="改名"),
            rows.person(2, 2, "2", former_name="旧"),
            rows.person(3, 3, "2", alias="通称"),
            rows.person(4, 4, "2", address="転居先", name_kana="カナ"),
            rows.person(5, 5, "9"),
            rows.person(6, 6),
        ],
        stamp=stamp,
    )
    assert names_stamps(hall) == {1: stamp, 2: stamp, 3: stamp, 4: None, 5: stamp, 6: None}


def test_a_name_changed_there_and_back_in_one_file_is_a_change(hall, rows):
    """And so is a removal that a later row undoes: rows of a difference file count in order."""
    hall.take("JUMIN", [rows.person(1, 1), rows.person(2, 2)])
    before = hall.change_numbers()
    stamp = hall.stamp()
    there_and_back = [
        rows.person(1, 1, "2", name="改名"),
        rows.person(1, 1, "2"),
        rows.person(2, 2, "9"),
        rows.person(2, 2, "1"),
    ]
    name = hall.put("JUMIN", there_and_back, stamp=stamp)
    hall.look()
    assert names_stamps(hall) == {1: stamp, 2: stamp}
    assert all(count > before[n] for n, count in hall.change_numbers().items())
    assert "added=0 changed=0 removed=0" in hall.receipt(name)


def test_a_person_who_comes_back_has_the_stamp_of_the_return(hall, rows):
    """The seal from before the removal stays closed, and so does one whose row came while the person was away."""
    hall.take("JUMIN", [rows.person(1)])
    hall.take("JUMIN", [rows.person(1, operation="9")])
    stamp = hall.stamp()
    hall.take("JUMIN", [rows.person(1)], stamp=stamp)
    assert names_stamps(hall) == {1: stamp}


def test_a_full_file_that_lacks_a_person_removes_and_stamps(hall, rows):
    """As a removal in a difference file does."""
    hall.take("JUMIN", [rows.person(1), rows.person(2, 2)], full=True)
    stamp = hall.stamp()
    hall.take("JUMIN", [rows.person(1)], full=True, stamp=stamp)
    assert names_stamps(hall) == {1: None, 2: stamp}
    assert hall.run("select atena_number from people.person") == [("0000000001",)]


def test_names_stamp_never_goes_back(hall, rows):
    """A corrected file may be newer than the one behind it."""
    hall.take("JUMIN", [rows.person(1)])
    late, early = hall.stamp() + timedelta(hours=1), hall.stamp()
    hall.take("JUMIN", [rows.person(1, operation="2", name="二")], stamp=late)
    hall.take("JUMIN", [rows.person(1, operation="2", name="三")], stamp=early)
    assert names_stamps(hall) == {1: late}


def test_member_numbers_are_given_once_and_never_again(hall, rows):
    """Contract 1, operation 2: who leaves takes the number along; who comes gets a new one; who returns gets the old one."""
    hall.take("JUMIN", [rows.person(1, 1), rows.person(2, 1), rows.person(3, 1)], full=True)
    assert members(hall, 1) == {1: 1, 2: 2, 3: 3}
    hall.take("JUMIN", [rows.person(3, 1, "9")])
    hall.take("JUMIN", [rows.person(4, 1)])
    assert members(hall, 1) == {1: 1, 2: 2, 3: 3, 4: 4}
    hall.take("JUMIN", [rows.person(2, 9, "2")])
    hall.take("JUMIN", [rows.person(5, 1)])
    hall.take("JUMIN", [rows.person(2, 1, "2")])
    assert members(hall, 1) == {1: 1, 2: 2, 3: 3, 4: 4, 5: 5}
    assert members(hall, 9) == {2: 1}


def test_what_is_there_already_or_not_there_is_reported_and_counts(hall, rows):
    """処理区分 against what the table holds: applied by what it brings about, and told."""
    hall.take("JUMIN", [rows.person(1), rows.person(2, 2)])
    name = hall.put(
        "JUMIN",
        [
            rows.person(1, name="改"),
            rows.person(3, operation="2"),
            rows.person(4, operation="9"),
            rows.person(2, 2, "2"),
        ],
    )
    hall.look()
    assert "added=1 changed=1 removed=0" in hall.receipt(name)
    assert "line=3 note=removed_but_not_there" in hall.receipt(name)
    report = hall.run("select report -> 'notes' from intake.incoming where name = %s", name)[0][0]
    assert report == [
        {"line": 1, "note": "added_but_there"},
        {"line": 2, "note": "changed_but_not_there"},
        {"line": 3, "note": "removed_but_not_there"},
    ]


def test_a_removal_needs_nothing_but_its_key(hall, rows):
    """Every other column of a row with 処理区分 9 may be empty, in each feed."""
    hall.take("JUMIN", [rows.person(1), rows.person(2, 2)])
    hall.take("JPKI", [rows.serial(1, "ab")])
    hall.take("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    hall.take("YOKUSHI", [rows.hold(1, "a")])
    assert hall.take("JUMIN", [["9", "0000000001", *[""] * 36]]) == "applied"
    assert hall.take("JPKI", [["9", "", "ab", "1", "", "", ""]]) == "applied"
    assert hall.take("INKAN", [["9", "", "100", *[""] * 6]]) == "applied"
    assert hall.take("YOKUSHI", [["9", *[""] * 9, "01", "a"]]) == "held"  # any removal of a hold is
    assert hall.doubted() == {"1"}


def test_two_people_may_swap_numbers_in_one_file(hall, rows):
    """Unique after the file, not after each row: the correction of a mix-up."""
    hall.take("JUMIN", [rows.person(1), rows.person(2)])
    swapped = [
        rows.person(
            1, operation="2", individual_number=rows.individual_number(2), resident_code=rows.resident_code(2)
        ),
        rows.person(
            2, operation="2", individual_number=rows.individual_number(1), resident_code=rows.resident_code(1)
        ),
    ]
    assert hall.take("JUMIN", swapped) == "applied"


def test_a_number_of_two_people_is_a_bad_row(hall, rows):
    """Within the file, and against somebody whom the file does not name."""
    hall.take("JUMIN", [rows.person(1), rows.person(2)])
    name = hall.put("JUMIN", [rows.person(3, individual_number=rows.individual_number(1))])
    hall.look()
    assert hall.report(name) == [(1, "個人番号", "number_taken")]
    assert hall.doubted() == {"1", "3"}  # nobody knows whose it is
    corrected = hall.put(
        "JUMIN", [rows.person(3, resident_code=rows.resident_code(4)), rows.person(4)], sequence=2
    )
    hall.look()
    assert hall.report(corrected) == [(1, "住民票コード", "number_taken")]
    # The number is free when its bearer gives it up in the same file.
    given_up = [rows.person(1, operation="9"), rows.person(3, individual_number=rows.individual_number(1))]
    assert hall.take("JUMIN", given_up, sequence=2) == "applied"


def test_a_serial_never_belongs_to_two_residents(hall, rows):
    """Not in one file, not against the table, and not after its row was removed."""
    hall.take("JPKI", [rows.serial(1, "ab"), rows.serial(1, "cd"), rows.serial(2, "ab", type="2")], full=True)
    both = hall.put("JPKI", [rows.serial(3, "ef"), rows.serial(4, "00EF")], sequence=2)
    hall.look()
    assert hall.report(both) == [(1, "シリアル番号", "serial_of_another")]
    hall.take("JPKI", [rows.serial(1, "cd", "9")], sequence=2)
    assert hall.run("select present from people.credential where serial = 'cd'") == [(False,)]
    later = hall.put("JPKI", [rows.serial(2, "cd")], sequence=3)
    hall.look()
    assert hall.report(later) == [(1, "シリアル番号", "serial_of_another")]
    assert hall.take("JPKI", [rows.serial(1, "cd")], sequence=3) == "applied"
    assert hall.run("select present from people.credential where serial = 'cd'") == [(True,)]


def test_a_new_certificate_counts_up_its_resident(hall, rows):
    """JPKI knows residents by their 住民票コード only; the one it belongs to is locked."""
    hall.take("JUMIN", [rows.person(1, 1), rows.person(2, 2)])
    before = hall.change_numbers()
    hall.take("JPKI", [rows.serial(2, "ab"), rows.serial(99, "cd")])
    assert {n for n, count in hall.change_numbers().items() if count > before[n]} == {2}
    before = hall.change_numbers()
    hall.take("JPKI", [["9", "", "ab", "1", "", "", ""]])
    assert {n for n, count in hall.change_numbers().items() if count > before[n]} == {2}


def test_rows_for_somebody_unknown_are_kept(hall, rows):
    """No order is promised across feeds: what came first counts when the person appears, and is never a bad row."""
    assert hall.take("YOKUSHI", [rows.hold(1, "a", category="01")]) == "applied"
    assert hall.take("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()}) == "applied"
    assert hall.take("JPKI", [rows.serial(1, "ab")]) == "applied"
    assert hall.take("JUMIN", [rows.person(1)]) == "applied"
    joined = hall.run(
        "select h.hold_number, s.registration_number, c.serial from people.person p join people.hold h using (atena_number) "
        "join people.seal s using (atena_number) join people.credential c using (resident_code_digest)"
    )
    assert joined == [("a", "100", "ab")]


def test_a_hold_counts_up_the_whole_household(hall, rows):
    """A 支援措置 closes what other members may ask for, so their papers in the making must notice it."""
    hall.take("JUMIN", [rows.person(1, 10), rows.person(2, 10), rows.person(3, 20)])
    before = hall.change_numbers()
    hall.take("YOKUSHI", [rows.hold(1, "a", category="01", household="1")])
    assert {n for n, count in hall.change_numbers().items() if count > before[n]} == {1, 2}


def test_holds_keep_what_they_say(hall, rows):
    """Kinds, bounds, and those who live elsewhere; an unknown first or last day bounds nothing."""
    hall.take(
        "YOKUSHI",
        [
            rows.hold(1, "a", kinds="juminhyo|inkan", ends_on="20271231"),
            rows.hold(1, "b", starts_on="00000000", ends_on="00000000"),
            rows.hold(
                1, "c", atena_number="", register_number="K-1", register_member="02", register_wide="1"
            ),
        ],
    )
    found = hall.run(
        "select hold_number, atena_number, kinds, starts_on, ends_on, register_number, register_member, register_wide "
        "from people.hold order by hold_number"
    )
    assert found == [
        ("a", "0000000001", ["inkan", "juminhyo"], "20260401", "20271231", None, None, False),
        ("b", "0000000001", None, None, None, None, None, False),
        ("c", None, None, "20260401", None, "K-1", "02", True),
    ]


def test_seals_are_kept_with_their_stamp(hall, rows):
    """I-06: every row that arrives renews the stamp, also one that says nothing new; one that does not arrive keeps its own."""
    first = hall.stamp()
    hall.take(
        "INKAN",
        [rows.seal(1, "100"), rows.seal(2, "200")],
        stamp=first,
        attachments={"100.bmp": rows.bmp(), "200.bmp": rows.bmp(ink=50)},
    )
    second = hall.stamp()
    before = hall.change_numbers()
    name = hall.put("INKAN", [rows.seal(1, "100", "2")], stamp=second)
    hall.look()
    assert "added=0 changed=0 removed=0" in hall.receipt(name)
    stamps = dict(hall.run("select registration_number, file_stamp from people.seal"))
    assert stamps == {"100": second, "200": first}
    assert hall.change_numbers() == before


def test_a_cancelled_seal_is_cancelled_in_the_table(hall, rows):
    """I-06, the shortest way: 抹消 arrives, the row says so, the person counts up."""
    hall.take("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    before = hall.change_numbers()
    hall.take("INKAN", [rows.seal(1, "100", "2", state="2", cancelled_on="20261101", image_name="", dpi="")])
    assert hall.run("select state, cancelled_on, image_sha256, rows from people.seal") == [
        (2, "20261101", None, None)
    ]
    assert hall.change_numbers()[1] > before[1]


def test_one_registration_per_person(hall, rows):
    """改印 in one file is fine in any order of its rows; two registered ones are bad rows."""
    pictures = {f"{n}.bmp": rows.bmp(ink=n // 3) for n in (100, 101, 102)}
    hall.take("INKAN", [rows.seal(1, "100")], attachments=pictures)
    exchange = [rows.seal(1, "101"), rows.seal(1, "100", "2", state="2", image_name="", dpi="")]
    assert hall.take("INKAN", exchange, attachments=pictures) == "applied"
    name = hall.put("INKAN", [rows.seal(1, "102")], attachments=pictures)
    hall.look()
    assert hall.report(name) == [(1, "宛名番号", "second_registration")]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "attachment_missing"),
        (b"BM", "attachment_broken"),
        (b"", "attachment_broken"),
        ("blank", "attachment_blank"),
        (bytes(5 * 1024 * 1024), "attachment_too_large"),
    ],
)
def test_a_missing_or_broken_picture_is_a_bad_row(hall, rows, content, fault):
    """Contract 2; the person is held while it is unresolved."""
    pictures = {} if content is None else {"200.bmp": rows.bmp(ink=0) if content == "blank" else content}
    name = hall.put(
        "INKAN", [rows.seal(1, "100"), rows.seal(2, "200")], attachments={"100.bmp": rows.bmp()} | pictures
    )
    hall.look()
    assert hall.report(name) == [(2, "印影ファイル名", fault)]
    assert hall.doubted() == {"1", "2"}
    assert hall.run("select count(*) from people.seal") == [(0,)]


def test_a_picture_that_is_a_link_is_missing(hall, rows, tmp_path):
    """No path and no link, beside the file or in its folder."""
    real = tmp_path / "real.bmp"
    real.write_bytes(rows.bmp())
    name = hall.put("INKAN", [rows.seal(1, "100")])
    (hall.inbox / "100.bmp").symlink_to(real)
    hall.look()
    assert hall.report(name) == [(1, "印影ファイル名", "attachment_missing")]


def test_a_seal_of_the_wrong_size_closes_its_person_only(hall, rows):
    """Not over 8 mm or beyond 25 mm: kept with its defect for staff, the file is applied."""
    pictures = {"100.bmp": rows.bmp(100, ink=50), "200.bmp": rows.bmp()}
    assert hall.take("INKAN", [rows.seal(1, "100"), rows.seal(2, "200")], attachments=pictures) == "applied"
    defects = dict(hall.run("select registration_number, defect from people.seal"))
    assert "8 mm" in defects["100"]
    assert defects["200"] == ""


def test_pictures_lie_beside_the_file_or_in_its_folder(hall, rows):
    """And go to the archive with it; the folder's counts when both are there."""
    name = hall.put("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp(ink=30)}, beside=True)
    (hall.inbox / "other.bmp").write_bytes(b"not ours")
    hall.look()
    assert hall.state(name) == "applied"
    assert [each.name for each in hall.inbox.iterdir()] == ["other.bmp"]
    assert len(list(hall.folder.glob(f"archive/*/{name.removesuffix('.csv')}/100.bmp"))) == 1


def test_a_name_fetches_no_other_persons_picture(hall, rows):
    """A difference row may name the picture that its own registration holds, and no other's: that would print a stranger's seal."""
    hall.take("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    assert hall.take("INKAN", [rows.seal(1, "100", "2", name_kind="2")]) == "applied"
    assert hall.run("select name_kind, image_sha256 is not null from people.seal") == [(2, True)]
    stolen = hall.put("INKAN", [rows.seal(2, "200", image_name="100.bmp")], sequence=3)
    hall.look()
    assert hall.report(stolen) == [(1, "印影ファイル名", "attachment_missing")]
    brought = hall.put(
        "INKAN",
        [rows.seal(2, "200", image_name="100.bmp")],
        attachments={"100.bmp": rows.bmp(ink=9)},
        sequence=3,
    )
    hall.look()
    assert hall.report(brought) == [(1, "印影ファイル名", "attachment_shared")]
    twice = [rows.seal(2, "200", image_name="x.bmp"), rows.seal(3, "300", image_name="x.bmp")]
    shared = hall.put("INKAN", twice, attachments={"x.bmp": rows.bmp()}, sequence=3)
    hall.look()
    assert hall.report(shared) == [(1, "印影ファイル名", "attachment_shared")]


def test_a_number_that_is_given_again_fetches_no_earlier_owners_picture(hall, rows):
    """A registration may pass to somebody else, within one file too; its picture is the former owner's and must come anew."""
    hall.take("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    again = [["9", "", "100", "", "", "", "", "", ""], rows.seal(2, "100")]
    for passed_on in ([rows.seal(2, "100", "2")], again):
        name = hall.put("INKAN", passed_on, sequence=2)
        hall.look()
        assert [fault for _, _, fault in hall.report(name)] == ["attachment_missing"]
    assert hall.take("INKAN", again, sequence=2, attachments={"100.bmp": rows.bmp(ink=9)}) == "applied"


def test_a_name_belongs_to_one_row_of_a_file_also_when_a_later_row_replaces_it(hall, rows):
    """Contract 2: whose seal is the picture? The last rows alone do not tell that two people claimed it."""
    claimed = [
        rows.seal(1, "100", image_name="x.bmp"),
        rows.seal(1, "100", "2", image_name="y.bmp"),
        rows.seal(2, "200", image_name="x.bmp"),
    ]
    name = hall.put("INKAN", claimed, attachments={"x.bmp": rows.bmp(), "y.bmp": rows.bmp(ink=9)})
    hall.look()
    assert {(line, fault) for line, _, fault in hall.report(name)} >= {(3, "attachment_shared")}
    replaced = [rows.seal(1, "100", image_name="x.bmp"), rows.seal(1, "100", "2", image_name="x.bmp")]
    assert hall.take("INKAN", replaced, sequence=1, attachments={"x.bmp": rows.bmp()}) == "applied"


def test_a_removal_brings_no_picture(hall, rows):
    """What it names is neither stored nor filed away with it: it could be another feed's data file that waits for its marker."""
    hall.take("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    other = hall.name("JUMIN")
    (hall.inbox / other).write_bytes(rows.line(rows.person(1)).encode())
    assert hall.take("INKAN", [["9", "", "100", "", "", "", other, "", ""]]) == "applied"
    bad = [["9", "", "300", "", "7", "", other, "", ""], rows.seal(2, "200", image_name=other)]
    name = hall.put("INKAN", bad)
    hall.look()
    assert hall.report(name) == [(1, "状態", "unknown_code"), (2, "印影ファイル名", "attachment_missing")]
    assert (hall.inbox / other).exists()
    assert hall.run("select count(*) from intake.attachment") == [(1,)]


def test_a_full_file_brings_every_picture(hall, rows):
    """Only a difference row may name one already held (contract 2)."""
    hall.take("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    name = hall.put("INKAN", [rows.seal(1, "100")], full=True)
    hall.look()
    assert hall.report(name) == [(1, "印影ファイル名", "attachment_missing")]


def test_a_corrected_file_may_name_what_the_rejected_one_brought(hall, rows):
    """The pictures were dropped before it and are in the database."""
    hall.take(
        "INKAN",
        [rows.seal(1, "100"), rows.seal(2, "200", name_kind="7")],
        attachments={"100.bmp": rows.bmp(), "200.bmp": rows.bmp()},
    )
    assert hall.take("INKAN", [rows.seal(1, "100"), rows.seal(2, "200")], sequence=1) == "applied"


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize(("corrected", "says"), [((3, "100"), "宛名番号"), ((1, "300"), "印鑑登録番号")])
def test_a_rejected_files_picture_is_for_the_same_registration_and_person_only(
    hall, rows, corrected, says, full
):
    """Decision 0044: by the name alone, whoever the correction names would have somebody else's seal on the paper. Sent again, it counts."""
    pictures = {"p.bmp": rows.bmp(), "200.bmp": rows.bmp(ink=20)}
    rejected = [rows.seal(1, "100", image_name="p.bmp"), rows.seal(2, "200", name_kind="7")]
    hall.take("INKAN", rejected, full=full, attachments=pictures)
    others = [rows.seal(*corrected, image_name="p.bmp"), rows.seal(2, "200")]
    again = hall.put("INKAN", others, full=full, sequence=1)
    hall.look()
    assert hall.report(again) == [(1, "印影ファイル名", "attachment_of_another")], says
    assert str(corrected[0]) in hall.doubted()
    brought = {"p.bmp": rows.bmp(ink=40)}
    assert hall.take("INKAN", others, full=full, sequence=1, attachments=brought) == "applied"
    held = hall.run(
        "select a.content from people.seal s join intake.attachment a on a.sha256 = s.image_sha256 where atena_number like %s",
        "%" + str(corrected[0]),
    )
    assert [bytes(content) for (content,) in held] == list(brought.values())


def test_a_rejected_files_picture_of_two_owners_is_nobodys(hall, rows):
    """Two rows of it claimed the name; the correction does not tell which of them the picture shows."""
    shared = [rows.seal(n, f"{n}00", image_name="p.bmp") for n in (1, 2)]
    hall.take("INKAN", shared, attachments={"p.bmp": rows.bmp()})
    again = hall.put("INKAN", shared[:1], sequence=1)
    hall.look()
    assert hall.report(again) == [(1, "印影ファイル名", "attachment_of_another")]


def test_a_rejected_files_picture_whose_owner_could_not_be_read_is_nobodys(hall, rows):
    """The row gave the picture and no readable 宛名番号; the register's own picture of that name is older and is not put in its place."""
    hall.take("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    unread = {"100.bmp": rows.bmp(ink=20)}
    hall.take("INKAN", [rows.seal(1, "100", atena_number="x")], sequence=2, attachments=unread)
    again = hall.put("INKAN", [rows.seal(1, "100")], sequence=2)
    hall.look()
    assert hall.report(again) == [(1, "印影ファイル名", "attachment_of_another")]


def test_a_picture_claimed_for_another_holds_both(hall, rows):
    """The core system used one name twice: which of the two seals it shows is not known, and one of them is in force."""
    hall.take("INKAN", [rows.seal(1, "100", image_name="p.bmp")], attachments={"p.bmp": rows.bmp()})
    name = hall.put(
        "INKAN", [rows.seal(2, "200", image_name="p.bmp")], attachments={"p.bmp": rows.bmp(ink=20)}
    )
    hall.look()
    assert hall.report(name) == [(1, "印影ファイル名", "attachment_shared")]
    assert hall.doubted() == {"1", "2"}


def test_a_correction_takes_the_rejected_files_picture_also_when_another_came_in_between(hall, rows):
    """What was applied after the file came, and before it was rejected, stood at another place; the register's older picture was taken instead."""
    hall.take("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp(ink=20)}, sequence=1)
    new = {"100.bmp": rows.bmp(ink=90)}
    hall.take(
        "INKAN", [rows.seal(1, "100", "2"), rows.seal(3, "300", name_kind="7")], sequence=3, attachments=new
    )
    hall.take("INKAN", [], sequence=2)
    assert hall.take("INKAN", [rows.seal(1, "100", "2")], sequence=3) == "applied"
    assert pictures(hall) == list(new.values())


def test_a_correction_does_not_take_what_still_lies_beside_for_its_own(hall, rows):
    """A held file's pictures stay in the drop folder: by its name the correction found another person's there."""
    hall.take(
        "INKAN",
        [rows.seal(n, f"{n}") for n in range(10, 40)],
        attachments={f"{n}.bmp": rows.bmp(ink=n) for n in range(10, 40)},
    )
    row, picture = rows.seal(1, "100", image_name="p.bmp"), {"p.bmp": rows.bmp()}
    removals = [["9", "", f"{n}", *[""] * 6] for n in range(10, 40)]
    assert hall.take("INKAN", [*removals, row], sequence=2, attachments=picture, beside=True) == "held"
    other = hall.put("INKAN", [rows.seal(3, "100", image_name="p.bmp")], sequence=2)
    hall.look()
    assert hall.report(other) == [(1, "印影ファイル名", "attachment_of_another")]
    renamed = [rows.seal(3, "100", image_name="q.bmp")]
    assert hall.take("INKAN", renamed, sequence=2, attachments={"q.bmp": rows.bmp()}) == "applied"


@pytest.mark.parametrize("days", [0, 300])
def test_nothing_stands_in_for_a_rejected_files_picture_that_could_not_be_taken(hall, rows, days):
    """Decision 0039 also for its correction: the register's old picture was taken. Sent again in a form that can be taken, it counts."""
    hall.take("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp(ink=20)})
    written = hall.stamp() + timedelta(
        days=days
    )  # also of a file from the future, which its correction is older than
    large = {"100.bmp": bytes(5 * 1024 * 1024)}
    hall.take("INKAN", [rows.seal(1, "100", "2")], sequence=2, attachments=large, stamp=written)
    again = hall.put("INKAN", [rows.seal(1, "100", "2")], sequence=2)
    hall.look()
    assert hall.report(again) == [(1, "印影ファイル名", "attachment_too_large")]
    new = {"100.bmp": rows.bmp(ink=90)}
    assert hall.take("INKAN", [rows.seal(1, "100", "2")], sequence=2, attachments=new) == "applied"
    assert pictures(hall) == list(new.values())


def pictures(hall):
    """What the register holds."""
    held = hall.run(
        "select a.content from people.seal s join intake.attachment a on a.sha256 = s.image_sha256"
    )
    return [bytes(content) for (content,) in held]


def test_what_a_bad_row_claims_holds_who_has_it(hall, rows):
    """Decision 0044: also when the row has another fault, or the picture that it names is not there."""
    hall.take("JUMIN", [rows.person(1)])
    hall.take("INKAN", [rows.seal(1, "100", image_name="p.bmp")], attachments={"p.bmp": rows.bmp()})
    hall.take("JUMIN", [rows.person(3, individual_number=rows.individual_number(1), sex="5")])
    assert hall.doubted() == {"1", "3"}
    assert hall.take("JUMIN", [], sequence=2) == "applied"
    hall.take("INKAN", [rows.seal(2, "200", image_name="p.bmp")])
    assert hall.doubted() == {"1", "2"}


def test_notes_that_are_not_kept_are_counted(hall, rows):
    """0038.14: a thousand rows that found nothing to end stand in the receipt, and how many more there are."""
    name = hall.put("INKAN", [["9", "", f"{n}", *[""] * 6] for n in range(1003)])
    hall.look()
    receipt = hall.receipt(name)
    assert receipt.count("note=removed_but_not_there") == 1000
    assert receipt.endswith("notes_left_out=3\n")


def test_a_refused_file_brings_no_picture_for_the_next(hall, rows):
    """What was written before the rejected file is refused; its older picture must not be printed for the corrected one."""
    early, brought = hall.name("INKAN", sequence=1), rows.bmp(ink=90)
    hall.take("INKAN", [rows.seal(1, "100", name_kind="7")], sequence=1, attachments={"100.bmp": brought})
    old = {"100.bmp": rows.bmp(ink=20)}
    assert hall.take("INKAN", [rows.seal(1, "100")], name=early, attachments=old) == "refused"
    assert hall.take("INKAN", [rows.seal(1, "100")], sequence=1) == "applied"
    held = hall.run(
        "select a.content from people.seal s join intake.attachment a on a.sha256 = s.image_sha256"
    )
    assert [bytes(content) for (content,) in held] == [brought]


def test_a_paper_in_the_making_is_waited_for(hall, rows):
    """The desk holds a person's lock row: the change is not visible before the paper is done, and the paper's snapshot is refused after."""
    hall.take("JUMIN", [rows.person(1)])
    desk = psycopg2.connect(hall.database.dsn("desk"))
    desk.set_session(isolation_level="REPEATABLE READ")
    other = psycopg2.connect(hall.database.dsn("desk"))
    other.set_session(isolation_level="REPEATABLE READ")
    with desk.cursor() as cur, other.cursor() as late:
        late.execute("select 1 from people.person")
        cur.execute("select from people.person_lock where atena_number = '0000000001' for share")
        hall.put("YOKUSHI", [rows.hold(1, "a")])
        taking = threading.Thread(target=hall.look)
        taking.start()
        taking.join(0.5)
        assert taking.is_alive()
        assert hall.run("select count(*) from people.hold") == [(0,)]
        desk.commit()
        taking.join(30)
        assert hall.run("select count(*) from people.hold") == [(1,)]
        with pytest.raises(psycopg2.errors.SerializationFailure):
            late.execute("select from people.person_lock where atena_number = '0000000001' for share")
    desk.close()
    other.close()


IS_OPEN = """
select coalesce(s.file_stamp > l.names_stamp, true) from people.seal s join people.person_lock l using (atena_number)
"""


def test_a_seal_is_closed_by_a_name_change_until_a_newer_row_comes(hall, rows):
    """I-06: the seal of the old name stays closed; the next INKAN row for the person opens it, whatever else it says."""
    hall.take("JUMIN", [rows.person(1)])
    hall.take("INKAN", [rows.seal(1, "100")], attachments={"100.bmp": rows.bmp()})
    assert hall.run(IS_OPEN) == [(True,)]
    hall.take("JUMIN", [rows.person(1, operation="2", name="改名")])
    assert hall.run(IS_OPEN) == [(False,)]
    hall.take("INKAN", [rows.seal(1, "100", "2")])
    assert hall.run(IS_OPEN) == [(True,)]


def test_a_seal_ends_with_the_residence_and_not_only_while_it_is_over(hall, rows):
    """I-06: 転出, 死亡 and 職権消除 end a seal by themselves; who comes back registers a new one. 転出予定 ends nothing yet."""
    pictures = {f"{n}.bmp": rows.bmp(ink=n) for n in range(1, 8)}
    hall.take("INKAN", [rows.seal(n, str(n)) for n in range(1, 8)], attachments=pictures)
    residents = [rows.person(n, n) for n in (1, 2, 3, 4, 5, 7)]
    hall.take("JUMIN", [*residents, rows.person(6, 6, state="3")])  # 6 is first heard of as gone
    gone = [rows.person(n, n, "2", state=state) for n, state in enumerate("2345", 1)]
    hall.take("JUMIN", [*gone, rows.person(5, 5, "2", state="3"), rows.person(5, 5, "2")])
    hall.take("JUMIN", [rows.person(n, n) for n in range(1, 8)], full=True)
    opened = dict(hall.run(IS_OPEN.replace("select ", "select registration_number, ", 1)))
    assert opened == {"1": True, "2": False, "3": False, "4": False, "5": False, "6": False, "7": True}
    hall.take("INKAN", [rows.seal(2, "2", "2")])
    assert hall.run(f"{IS_OPEN} where registration_number = '2'") == [(True,)]


@pytest.mark.parametrize("gone", [{"state": "3"}, {"operation": "9"}])
@pytest.mark.parametrize("full", [False, True])
def test_a_seal_that_was_confirmed_while_its_owner_was_away_ends_all_the_same(hall, rows, gone, full):
    """I-06: a seal register that knows nothing of the move goes on sending its row, in full files every night. The seal must not come to life with
    the return: whoever comes back registers a new one, after it."""
    hall.take("INKAN", [rows.seal(1, "1")], attachments={"1.bmp": rows.bmp()})
    hall.take("JUMIN", [rows.person(1), rows.person(2, 2)])
    hall.take("JUMIN", [rows.person(1, **({"operation": "2"} | gone))])
    hall.take("INKAN", [rows.seal(1, "1")], full=True, attachments={"1.bmp": rows.bmp()})
    hall.take("JUMIN", [rows.person(1), rows.person(2, 2)], full=full)
    assert hall.run(IS_OPEN) == [(False,)]
    hall.take("INKAN", [rows.seal(1, "1", "2")])
    assert hall.run(IS_OPEN) == [(True,)]


def test_a_full_file_ends_seals_too(hall, rows):
    """I-06: as a difference file does."""
    pictures = {f"{n}.bmp": rows.bmp(ink=n) for n in (1, 2)}
    hall.take("INKAN", [rows.seal(1, "1"), rows.seal(2, "2")], attachments=pictures)
    hall.take("JUMIN", [rows.person(1, 1)], full=True)
    hall.take("JUMIN", [rows.person(1, 1, state="3"), rows.person(2, 2, state="5")], full=True)
    hall.take("JUMIN", [rows.person(1, 1), rows.person(2, 2)], full=True)
    assert hall.run(IS_OPEN) == [(False,), (False,)]


def test_order_across_feeds_is_that_of_the_stamps(hall, rows):
    """I-06: what counts is when the core systems wrote, not which file got here first."""
    hall.take("JUMIN", [rows.person(1)])
    earlier, renamed, later = hall.stamp(), hall.stamp(), hall.stamp()
    hall.take("INKAN", [rows.seal(1, "100")], stamp=later, attachments={"100.bmp": rows.bmp()})
    hall.take("JUMIN", [rows.person(1, operation="2", name="改名")], stamp=renamed)
    assert hall.run(IS_OPEN) == [(True,)]
    hall.take("INKAN", [rows.seal(1, "100", "2", name_kind="2")], stamp=earlier)
    assert hall.run(IS_OPEN) == [(False,)]


def test_a_clock_that_runs_ahead_gives_a_seal_no_future(hall, rows):
    """I-06: a seal stamped minutes ahead must not outlive a name change that comes in between."""
    hall.take("JUMIN", [rows.person(1)])
    now = hall.run("select (clock_timestamp() at time zone 'Asia/Tokyo')")[0][0]
    hall.take(
        "INKAN", [rows.seal(1, "100")], stamp=now + timedelta(minutes=5), attachments={"100.bmp": rows.bmp()}
    )
    hall.take("JUMIN", [rows.person(1, operation="2", name="改名")], stamp=now + timedelta(minutes=1))
    assert hall.run(IS_OPEN) == [(False,)]
