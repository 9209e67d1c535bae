"""Lines of fixed width: characters are code points, spaces fill up, and a line of another length is none."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from konbinid.domain.feeds import Feed
from konbinid.intake.fixed_lines import FixedLines
from konbinid.intake.problems import BadValue, Fault
from konbinid.intake.records import LINE_LIMIT, Reader

# An IVS sequence and a base with a plain variation selector are two characters each; the others, beyond the BMP and 外字, one each.
RARE = ["葛\U000e0100", "辻\ufe00", "𠮷", "\U0002ebf0", "\ue000", "\U000f0000", "\u3000", "\u0301"]


def read(layout, data: bytes, *, full: bool = False, size: int = 0):
    """(canonical rows by line, faults, reader), the bytes coming in pieces of ``size``."""
    reader = Reader(layout, full=full)
    pieces = [data[at : at + size] for at in range(0, len(data), size)] if size else [data]
    blocks = [block for piece in pieces for block in reader.feed(piece)] + list(reader.finish())
    good = {
        line: {name: values[at] for name, values in block.columns.items()}
        for block in blocks
        for at, line in enumerate(block.lines)
    }
    return good, [(each.line, each.column, each.fault) for each in reader.problems.entries], reader


@given(
    st.lists(
        st.lists(st.text(st.sampled_from(["a", "葛", "𠮷", "\U000e0100", "\ufe00", " "]), max_size=5)).filter(
            lambda cells: len(cells) == 3
        ),
        min_size=1,
        max_size=5,
    )
    | st.just([["", "", ""]])
)
def test_what_was_filled_up_is_read_back(rows):
    """Cell by cell and as a block: the value is what stood before the pad, counted in code points."""
    splitter = FixedLines([5, 5, 5], 0)
    lines = ["".join(cell.ljust(5) for cell in cells) for cells in rows]
    expected = [[cell.rstrip(" ") for cell in cells] for cells in rows]
    assert [splitter.split(line) for line in lines] == expected
    columns = splitter.columns_of("\n".join(lines), lines)
    assert [list(values) for values in columns] == [list(values) for values in zip(*expected, strict=True)]


@pytest.mark.parametrize("line", ["", "a" * 14, "a" * 16, "葛\U000e0100" + "a" * 14])
def test_a_line_of_another_length_is_no_row(line):
    """Never a guess at which column lost or won a character."""
    splitter = FixedLines([5, 5, 5], 1)
    for split in (splitter.split, lambda each: splitter.columns_of(each, [each])):
        with pytest.raises(BadValue) as caught:
            split(line)
        assert caught.value.fault is Fault.LINE_LENGTH


@pytest.mark.parametrize("character", RARE)
def test_rare_characters_of_names_and_addresses_count_as_code_points(city_layouts, rows, character):
    """IVS sequences, characters beyond the BMP and 外字 come through unchanged, up to the very width of the column."""
    name = (character * 40)[:40]
    address = ("泉" * 60 + character)[-60:]
    line = rows.dat_line(rows.tax(1, name=name, address=address)).encode()
    good, faults, _ = read(city_layouts[Feed.ZEI], line)
    assert not faults
    assert (good[1]["name"], good[1]["address"]) == (name, address)
    assert good[1]["annual_tax"] == "175500"


def test_a_writer_that_counts_a_selector_as_nothing_is_told(city_layouts, rows):
    """One character too many: the row is bad, its person is known all the same, and nothing behind the text is misread."""
    row = rows.tax(7, name="葛\U000e0100城")
    line = rows.dat_line(row).replace("葛\U000e0100城", "葛\U000e0100城 ")
    good, faults, reader = read(city_layouts[Feed.ZEI], line.encode())
    assert not good
    assert faults == [(1, "", Fault.LINE_LENGTH)]
    assert [each.people for each in reader.named] == [{"atena_number": "0000000007"}]
    assert not reader.keys_unread


@pytest.mark.parametrize("line", [b"", b"1", b"12026000000001", b"x" * 545, b"12026" + "００".encode() * 5])
def test_a_line_that_does_not_tell_its_person_says_so(city_layouts, line):
    """Keys that cannot be read are told; ZEI closes no kind for it (contract 2 names YOKUSHI, INKAN, JPKI)."""
    good, faults, reader = read(city_layouts[Feed.ZEI], line + b"\n")
    assert not good
    assert faults
    assert not any(each.people for each in reader.named)
    assert reader.keys_unread
    assert not city_layouts[Feed.ZEI].spec.closes_unread


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_the_result_does_not_depend_on_how_the_bytes_come(city_layouts, rows, data):
    """Any cut of any bytes, good and bad rows mixed, gives the same rows, the same faults and the same people."""
    lines = [
        rows.dat_line(rows.tax(1, name="葛\U000e0100城𠮷")).encode(),
        rows.dat_line(rows.tax(2, tax_class="9")).encode(),
        rows.dat_line(rows.tax(3, address="東雲町")).replace("東雲町", "東雲\U000e0101町").encode(),
        rows.dat_line(rows.tax(4, name="東雲町")).encode("utf-8").replace("東".encode(), b"\x93\x8c"),
        rows.dat_line(rows.tax(5, total_income="-00000500000")).replace("\r\n", "\n").encode(),
        rows.dat_line(rows.tax(6)).encode()[:300] + b"\n",
        b"\n",
        b"1" * (LINE_LIMIT + 5) + b"\n",
        b"\xef\xbb\xbf",
    ]
    content = b"".join(data.draw(st.lists(st.sampled_from(lines), max_size=8)))
    whole, cut = (
        read(city_layouts[Feed.ZEI], content, size=size) for size in (0, data.draw(st.integers(1, 50_000)))
    )
    assert whole[:2] == cut[:2]
    assert [(each.line, each.people) for each in whole[2].named] == [
        (each.line, each.people) for each in cut[2].named
    ]
    assert (whole[2].rows, whole[2].keys_unread, whole[2].problems.bad_rows) == (
        cut[2].rows,
        cut[2].keys_unread,
        cut[2].problems.bad_rows,
    )


def test_bytes_that_are_no_utf8_are_told_as_such(city_layouts, rows):
    """A file in Shift_JIS is told to be one, not that its lines are too long."""
    lines = [rows.dat_line(rows.tax(n)).encode("shift_jis") for n in (1, 2)]
    _, faults, reader = read(city_layouts[Feed.ZEI], b"".join(lines))
    assert faults == [(1, "", Fault.NOT_UTF8)]
    assert reader.problems.entries[0].through == 2
    assert [each.people["atena_number"] for each in reader.named] == ["0000000001", "0000000002"]


@pytest.mark.parametrize(
    "character", ["\x00", "\t", "\x1f", "\u2028", "\u202e", "\ufeff", "\ufffd", "\U0001fffe"]
)
def test_forbidden_characters_are_bad_rows_in_text_and_in_the_pad(city_layouts, rows, character):
    """As in CSV; a tab is no pad."""
    for changes in ({"name": f"試験{character}花子"}, {"name": f"試験　花子    {character}"}):
        good, faults, reader = read(city_layouts[Feed.ZEI], rows.dat_line(rows.tax(1, **changes)).encode())
        assert not good
        assert faults == [(1, "氏名", Fault.FORBIDDEN_CHARACTER)]
        assert [each.people for each in reader.named] == [{"atena_number": "0000000001"}]


@pytest.mark.parametrize(
    ("changes", "column", "fault"),
    [
        ({"year": "1988"}, "年度", Fault.OUT_OF_RANGE),
        ({"year": "0000"}, "年度", Fault.OUT_OF_RANGE),
        ({"year": "R 08"}, "年度", Fault.NOT_DIGITS),
        ({"year": ""}, "年度", Fault.MISSING),
        ({"atena_number": "1"}, "宛名番号", Fault.NOT_DIGITS),
        ({"atena_number": " 000000001"}, "宛名番号", Fault.NOT_DIGITS),
        ({"filing": "4"}, "申告状況", Fault.UNKNOWN_CODE),
        ({"tax_class": ""}, "課税区分", Fault.MISSING),
        ({"total_income": ""}, "総所得金額等", Fault.MISSING),
        ({"total_income": "2760000"}, "総所得金額等", Fault.NOT_AMOUNT),
        ({"total_income": "     2760000"}, "総所得金額等", Fault.NOT_AMOUNT),
        ({"total_income": "00000276000-"}, "総所得金額等", Fault.NOT_AMOUNT),
        ({"total_income": "+00002760000"}, "総所得金額等", Fault.NOT_AMOUNT),
        ({"total_income": "0000-2760000"}, "総所得金額等", Fault.NOT_AMOUNT),
        ({"total_income": "000,276,0000"}, "総所得金額等", Fault.NOT_AMOUNT),
        ({"total_income": "００００００００００００"}, "総所得金額等", Fault.NOT_AMOUNT),
        ({"dependants_general": "1"}, "扶養人数一般", Fault.NOT_DIGITS),
        ({"dependants_general": "-1"}, "扶養人数一般", Fault.NOT_DIGITS),
        ({"deductible_spouse": ""}, "控除対象配偶者", Fault.MISSING),
        ({"deductible_spouse": "2"}, "控除対象配偶者", Fault.UNKNOWN_CODE),
        ({"determined_on": "5080631"}, "決定年月日", Fault.NO_SUCH_DATE),
        ({"determined_on": "4310501"}, "決定年月日", Fault.OUTSIDE_ERA),
        ({"determined_on": "5080600"}, "決定年月日", Fault.NO_SUCH_DATE),
        ({"determined_on": "20260605"[:7]}, "決定年月日", Fault.NO_SUCH_DATE),
    ],
)
def test_each_fault_of_a_cell_has_its_kind(city_layouts, rows, changes, column, fault):
    """What is wrong is told by column and kind, and the row stays one row: nothing shifts."""
    _, faults, _ = read(city_layouts[Feed.ZEI], rows.dat_line(rows.tax(1, **changes)).encode())
    assert faults == [(1, column, fault)]


@pytest.mark.parametrize(
    ("changes", "name", "canonical"),
    [
        ({"total_income": "-00000500000"}, "total_income", "-500000"),
        ({"total_income": "-00000000000"}, "total_income", "0"),
        ({"total_income": "999999999999"}, "total_income", "999999999999"),
        ({"dependants_under_16": "03"}, "dependants_under_16", "3"),
        ({"determined_on": ""}, "determined_on", ""),
        ({"determined_on": "0000000"}, "determined_on", "00000000"),
        ({"determined_on": "5010610"}, "determined_on", "20190610"),
        ({"address": "", "name": ""}, "address", ""),
        ({"name": "  字下げ"}, "name", "  字下げ"),
        ({"deductible_spouse": "1"}, "deductible_spouse", "t"),
    ],
)
def test_values_become_canonical(city_layouts, rows, changes, name, canonical):
    """Signs, zeros in front, eras, unknown and no date; by the block and by the row."""
    line = rows.dat_line(rows.tax(1, **changes)).encode()
    for data in (line, line + b"\n"):  # the second file has a bad row, so it is read row by row
        good, _, _ = read(city_layouts[Feed.ZEI], data)
        assert good[1][name] == canonical


def test_a_removal_needs_its_key_only(city_layouts, rows):
    """処理区分 9 with 年度 and 宛名番号, everything else blank, is a good row."""
    row = ["9", "2026", "0000000001"] + [""] * 46
    good, faults, _ = read(city_layouts[Feed.ZEI], rows.dat_line(row).encode())
    assert not faults
    assert good[1]["operation"] == "9"


CELLS = {
    "operation": ["1", "2", "9", "", "x"],
    "year": ["2026", "1989", "1988", "2201", "", "２０２６"],
    "atena_number": ["0000000001", "", "000000001", "00000000 1"],
    "address": ["", "泉大津市", "葛\U000e0100" * 30, "a\\b", "\t", " 先頭"],
    "name": ["試験　花子", "𠮷" * 40, "\\N", "\ufeff"],
    "total_income": ["000000000000", "-00000000001", "", "00000000000-", "0x0000000000", "９" * 12],
    "dependants_general": ["00", "99", "-1", " 1", ""],
    "determined_on": ["", "0000000", "5080605", "5089999", "9999999", "50806"],
    "deductible_spouse": ["0", "1", "", "2"],
}


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
def test_the_quick_way_and_the_slow_way_agree(city_layouts, rows, data):
    """Whole blocks are read otherwise than single rows: hostile cells anywhere give the same values and the same verdict either way."""
    found = data.draw(
        st.lists(
            st.fixed_dictionaries({}, optional={n: st.sampled_from(v) for n, v in CELLS.items()}), max_size=4
        )
    )
    lines = [rows.dat_line(rows.tax(at, **changes)).encode() for at, changes in enumerate(found, start=1)]
    quick, faults, _ = read(city_layouts[Feed.ZEI], b"".join(lines))
    slow, slow_faults, _ = read(city_layouts[Feed.ZEI], b"".join([*lines, b"?\n"]))
    assert quick == slow
    assert slow_faults == [*faults, (len(lines) + 1, "", Fault.LINE_LENGTH)]
    alone = [read(city_layouts[Feed.ZEI], line)[0] for line in lines]
    assert [row[1] for row in alone if row] == list(quick.values())


@given(st.binary(max_size=3000), st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
def test_no_bytes_whatever_stop_the_reader(city_layouts, data, full):
    """Whatever comes is rows, good or bad: never an exception, and never a row more or less than there are lines."""
    good, _, reader = read(city_layouts[Feed.ZEI], data, full=full)
    body = data.removeprefix(b"\xef\xbb\xbf")
    assert reader.rows == body.count(b"\n") + (not body.endswith(b"\n") and body != b"")
    assert len(good) + reader.problems.bad_rows == reader.rows
