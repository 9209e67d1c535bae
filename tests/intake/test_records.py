"""Reading rows: strict CSV, forbidden characters, faults by line and column, and the same result however the bytes come."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from konbinid.domain.feeds import Feed
from konbinid.intake.csv_lines import CsvLines
from konbinid.intake.forbidden import forbidden, holds_forbidden
from konbinid.intake.problems import BadValue, Fault, ProblemList
from konbinid.intake.records import LINE_LIMIT, Reader

FORBIDDEN = [
    "\x00",
    "\x1f",
    "\t",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2066",
    "\u200f",
    "\u061c",
    "\ufeff",
    "\ufffd",
    "\ufdd0",
    "\uffff",
    "\U0001fffe",
    "\U0010ffff",
]
INTERESTING = {chr(code) for code in (*range(0x600, 0x640), *range(0x2000, 0x2070), *range(0xFD00, 0x10000))}
ALLOWED = ["葛\U000e0100", "𠮷", "\ue000", "\U000f0000", "\U00100000", "\u3000", "\u200d", "\u0301", "‐"]


def read(layout, data: bytes, *, full: bool = False, size: int = 0):
    """(canonical rows by line, problems, reader)."""
    reader = Reader(layout, full=full)
    pieces = [data[at : at + size] for at in range(0, len(data), size)] if size else [data]
    blocks = [block for piece in pieces for block in reader.feed(piece)] + list(reader.finish())
    good = {
        line: {name: values[at] for name, values in block.columns.items()}
        for block in blocks
        for at, line in enumerate(block.lines)
    }
    return good, reader


def faults(reader):
    return [(each.line, each.column, each.fault) for each in reader.problems.entries]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_both_line_ends_and_a_bom_are_fine(city_layouts, rows, ending, bom):
    """UTF-8 with or without a BOM, LF or CRLF, a last line end or none."""
    text = "".join(rows.line(rows.person(n)) for n in (1, 2)).replace("\r\n", ending)
    for data in (text, text.removesuffix(ending)):
        good, reader = read(city_layouts[Feed.JUMIN], bom + data.encode())
        assert (len(good), reader.rows, bool(reader.problems)) == (2, 2, False)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_the_result_does_not_depend_on_how_the_bytes_come(city_layouts, rows, data):
    """Any cut of any bytes, good and bad rows mixed, gives the same rows and the same faults."""
    lines = [
        rows.line(rows.serial(1, "ab")).encode(),
        rows.line(rows.serial(2, "zz")).encode(),
        rows.line(rows.serial(3, "cd")).encode("shift_jis").replace(b"1", b"\x82\x50", 1),
        b'"1","x\n',
        b"\n",
        rows.line(rows.serial(4, "葛")).encode(),
        b"a" * (LINE_LIMIT + 5) + b"\n",
        b"\xef\xbb\xbf",
    ]
    content = b"".join(data.draw(st.lists(st.sampled_from(lines), max_size=8)))
    whole = read(city_layouts[Feed.JPKI], content)
    cut = read(city_layouts[Feed.JPKI], content, size=data.draw(st.integers(1, 50_000)))
    assert whole[0] == cut[0]
    assert faults(whole[1]) == faults(cut[1])
    assert (whole[1].rows, whole[1].keys_unread, whole[1].problems.bad_rows) == (
        cut[1].rows,
        cut[1].keys_unread,
        cut[1].problems.bad_rows,
    )


@given(st.lists(st.text('ab,"é\U000e0100', max_size=6), min_size=3, max_size=3))
def test_what_rfc_4180_writes_is_read_back(cells):
    """Quoted, half-quoted and bare lines of the same cells are the same cells."""
    splitter = CsvLines(",", '"', 3)
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    assert splitter.split(quoted) == cells
    mixed = [cell if not set(cell) & set(',"') else '"' + cell.replace('"', '""') + '"' for cell in cells]
    assert splitter.split(",".join(mixed)) == cells


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('"a","b"x,"c"', Fault.QUOTING),
        ('a"b,c,d', Fault.QUOTING),
        ('"a","b","c', Fault.QUOTING),
        ('"a" ,"b","c"', Fault.QUOTING),
        ("a,b", Fault.COLUMN_COUNT),
        ("a,b,c,d", Fault.COLUMN_COUNT),
        ("", Fault.COLUMN_COUNT),
        ('"a","b,c"', Fault.COLUMN_COUNT),
        ('"', Fault.QUOTING),
        ('""","', Fault.COLUMN_COUNT),
    ],
)
def test_what_rfc_4180_does_not_write_is_a_fault(line, fault):
    """Never a guess at what a careless writer may have meant."""
    with pytest.raises(BadValue) as caught:
        CsvLines(",", '"', 3).split(line)
    assert caught.value.fault is fault


@pytest.mark.parametrize("character", FORBIDDEN)
def test_forbidden_characters_are_bad_rows(city_layouts, rows, character):
    """Contract 2's list; the fault names the column, and the person is known for a provisional hold."""
    data = rows.line(rows.person(1)) + rows.line(rows.person(2, address=f"泉大津{character}市"))
    good, reader = read(city_layouts[Feed.JUMIN], data.encode())
    assert list(good) == [1]
    assert faults(reader) == [(2, "住所", Fault.FORBIDDEN_CHARACTER)]
    named = {
        "atena_number": "0000000002",
        "household_number": "0000000001",
        "resident_code": rows.resident_code(2),
    }
    assert [each.people for each in reader.named] == [named]


@pytest.mark.parametrize("character", ALLOWED)
def test_rare_characters_of_names_are_kept(city_layouts, rows, character):
    """IVS sequences, characters beyond the BMP and 外字 come through unchanged."""
    good, reader = read(city_layouts[Feed.JUMIN], rows.line(rows.person(1, name=f"試{character}")).encode())
    assert good[1]["name"] == f"試{character}"
    assert not reader.problems


def test_a_line_end_inside_quotes_is_a_bad_row(city_layouts, rows):
    """RFC 4180 allows it, contract 2 does not."""
    data = rows.line(rows.person(1)) + rows.line(rows.person(2, address="泉大津\n市"))
    good, reader = read(city_layouts[Feed.JUMIN], data.encode())
    assert list(good) == [1]
    assert [(each.line, each.through, each.fault) for each in reader.problems.entries] == [
        (2, 3, Fault.QUOTING)
    ]


def test_bytes_that_are_no_utf8_are_told_by_column(city_layouts, rows):
    """Shift_JIS in a name: the column is named, the key of the row is still read; also a surrogate written as three bytes."""
    line = rows.line(rows.person(2, name="Q")).encode().replace(b'"Q"', '"表"'.encode("shift_jis"))
    surrogate = rows.line(rows.person(3, name="Q")).encode().replace(b'"Q"', b'"\xed\xa0\x80"')
    _, reader = read(city_layouts[Feed.JUMIN], line + surrogate)
    assert faults(reader) == [(1, "氏名", Fault.NOT_UTF8)]
    assert reader.problems.entries[0].through == 2
    assert [each.people["atena_number"] for each in reader.named] == ["0000000002", "0000000003"]
    assert not reader.keys_unread


@pytest.mark.parametrize(
    ("changes", "column", "fault"),
    [
        ({"name": ""}, "氏名", Fault.MISSING),
        ({"name": "　 　"}, "氏名", Fault.MISSING),
        ({"birth_date": ""}, "生年月日", Fault.MISSING),
        ({"birth_date": "19800230"}, "生年月日", Fault.NO_SUCH_DATE),
        ({"resident_since": "20000400"}, "住民となった年月日", Fault.NO_SUCH_DATE),
        ({"individual_number": "123456789012"}, "個人番号", Fault.CHECK_DIGIT),
        ({"resident_code": "12345678901"}, "住民票コード", Fault.CHECK_DIGIT),
        ({"individual_number": "12345678901"}, "個人番号", Fault.NOT_DIGITS),
        ({"state": "6"}, "住民状態", Fault.UNKNOWN_CODE),
        ({"sex": ""}, "性別", Fault.MISSING),
        ({"name": "長" * 101}, "氏名", Fault.TOO_LONG),
        ({"change_in_progress": ""}, "異動処理中", Fault.MISSING),
        ({"change_in_progress": "2"}, "異動処理中", Fault.UNKNOWN_CODE),
        ({"household_number": "１２３４５６７８９０"}, "世帯番号", Fault.NOT_DIGITS),
    ],
)
def test_each_fault_of_a_cell_has_its_kind(city_layouts, rows, changes, column, fault):
    """What is wrong is told by column and kind."""
    _, reader = read(city_layouts[Feed.JUMIN], rows.line(rows.person(1, **changes)).encode())
    assert faults(reader) == [(1, column, fault)]


def test_numbers_may_be_empty(city_layouts, rows):
    """個人番号 and 住民票コード may be empty (contract 2)."""
    good, reader = read(
        city_layouts[Feed.JUMIN], rows.line(rows.person(1, individual_number="", resident_code="")).encode()
    )
    assert good
    assert not reader.problems


def test_every_fault_of_a_row_is_told(city_layouts, rows):
    """Not only the first, and the row counts once."""
    _, reader = read(
        city_layouts[Feed.JUMIN], rows.line(rows.person(1, state="6", sex="7", name="")).encode()
    )
    assert {column for _, column, _ in faults(reader)} == {"住民状態", "性別", "氏名"}
    assert reader.problems.bad_rows == 1


def test_a_full_file_only_adds(city_layouts, rows):
    """処理区分 2 and 9 in a full file are bad rows."""
    data = (
        rows.line(rows.person(1))
        + rows.line(rows.person(2, operation="2"))
        + rows.line(rows.person(3, operation="9"))
    )
    good, reader = read(city_layouts[Feed.JUMIN], data.encode(), full=True)
    assert list(good) == [1]
    assert faults(reader) == [(2, "処理区分", Fault.NOT_AN_ADDITION)]
    assert reader.problems.entries[0].through == 3


def test_a_removal_needs_its_key_only(city_layouts, rows):
    """処理区分 9 with nothing but the key is a good row; without the key it is not, and the key is told to be unread."""
    row = ["9", "0000000001"] + [""] * 36
    good, reader = read(city_layouts[Feed.JUMIN], rows.line(row).encode())
    assert good[1]["operation"] == "9"
    assert not reader.problems
    row[1] = ""
    _, reader = read(city_layouts[Feed.JUMIN], rows.line(row).encode())
    assert faults(reader) == [(1, "宛名番号", Fault.MISSING)]
    assert reader.keys_unread


def test_a_hold_names_somebody(city_layouts, rows):
    """宛名番号, or 戸籍番号 with 構成員番号; with neither it is a bad row whose person cannot be read."""
    good, reader = read(
        city_layouts[Feed.YOKUSHI],
        rows.line(rows.hold(1, "a", atena_number="", register_number="K1", register_member="02")).encode(),
    )
    assert good
    assert not reader.problems
    _, reader = read(
        city_layouts[Feed.YOKUSHI],
        rows.line(rows.hold(1, "a", atena_number="", register_number="K1")).encode(),
    )
    assert faults(reader) == [(1, "宛名番号", Fault.MISSING)]
    assert not reader.keys_unread  # 戸籍番号 tells whom it is about
    _, reader = read(city_layouts[Feed.YOKUSHI], rows.line(rows.hold(1, "a", atena_number="")).encode())
    assert reader.keys_unread


def test_a_registered_seal_has_a_picture_and_a_resolution(city_layouts, rows):
    """Without dpi there is no true size, and 0 is none."""
    cases = [
        ({"image_name": ""}, "印影ファイル名", Fault.MISSING),
        ({"dpi": ""}, "解像度dpi", Fault.MISSING),
        ({"dpi": "0"}, "解像度dpi", Fault.OUT_OF_RANGE),
        ({"image_name": "../1.bmp"}, "印影ファイル名", Fault.NOT_PLAIN_NAME),
    ]
    for changes, column, fault in cases:
        _, reader = read(city_layouts[Feed.INKAN], rows.line(rows.seal(1, "1", **changes)).encode())
        assert faults(reader) == [(1, column, fault)]
    good, reader = read(
        city_layouts[Feed.INKAN], rows.line(rows.seal(1, "1", state="2", image_name="", dpi="")).encode()
    )
    assert good
    assert not reader.problems


def test_a_line_without_end_does_not_fill_the_memory(city_layouts):
    """A file of one endless line is one bad row, and what is kept of it is bounded."""
    reader = Reader(city_layouts[Feed.JUMIN], full=False)
    for _ in range(200):
        assert not list(reader.feed(b"x" * 100_000))
        assert len(reader._rest) <= LINE_LIMIT + 1
    assert not [line for block in reader.finish() for line in block.lines]
    assert faults(reader) == [(1, "", Fault.LINE_TOO_LONG)]


def test_runs_of_the_same_fault_are_one_entry():
    """A file in a wrong encoding is told in a line for each column, not in a million."""
    problems = ProblemList(most=3)
    for line in range(1, 1001):
        problems.add(line, "氏名", Fault.NOT_UTF8)
        problems.add(line, "住所", Fault.NOT_UTF8)
    problems.add(2000, "氏名", Fault.NOT_UTF8)
    problems.add(3000, "氏名", Fault.MISSING)
    assert [(each.line, each.through) for each in problems.entries] == [(1, 1000), (1, 1000), (2000, 2000)]
    assert (problems.bad_rows, problems.left_out) == (1002, 1)
    assert ProblemList.of_report(problems.as_report()).as_report() == problems.as_report()


def test_nothing_of_a_row_is_in_a_repr(city_layouts, rows):
    """Blocks and names travel through tracebacks without their values."""
    reader = Reader(city_layouts[Feed.JUMIN], full=False)
    (block,) = reader.feed(rows.line(rows.person(1)).encode())
    list(reader.feed(rows.line(rows.person(2, name="")).encode()))
    assert "試験" not in repr(block)
    assert "0000000002" not in repr(reader.named)


@given(
    st.text(
        st.one_of(
            st.characters(), st.sampled_from([*FORBIDDEN, *ALLOWED[1:], "ﾾ", "｡", "￥", "“", "\u2063", "ﷰ"])
        ),
        max_size=30,
    )
)
@example("\U0008affe")  # its last two bytes are a noncharacter's
def test_the_quick_look_for_forbidden_characters_misses_none(text):
    """Whole blocks are looked at as bytes: the answer is that of looking at every character."""
    text = text.replace("\n", "").encode("utf-8", "ignore").decode()
    assert holds_forbidden(text.encode()) is any(forbidden(character) for character in text)


def test_every_forbidden_character_is_seen_quickly():
    """All of them, one by one, in all planes; and ordinary text is clean at once."""
    for code in [*range(0xD800), *range(0xE000, 0x110000)]:
        character = chr(code)
        if character != "\n" and (character in INTERESTING or forbidden(character)):
            expected = forbidden(character)
            assert holds_forbidden(f"泉{character}大".encode()) is expected, hex(code)
    assert not holds_forbidden("泉大津市東雲町９番１２号‐“葛\U000e0100”﨑𠮷\n".encode())
