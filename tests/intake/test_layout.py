"""Declared layouts: what ships is right, a wrong one is refused with line and key, another vendor's needs no Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from konbinid.declared.document import FileRefused
from konbinid.domain.feeds import Feed
from konbinid.intake.layout import load
from konbinid.intake.records import Reader

LAYOUTS = Path(__file__).parents[2] / "config" / "layouts"

OTHER_VENDOR = """
feed = "JPKI"
format = "csv"
[csv]
delimiter = ";"
quote = "'"
heading = true
[[column]]
name = "通番"
form = "ignored"
[[column]]
name = "カード区分"
target = "type"
form = "code"
codes = { K = "1", S = "2" }
[[column]]
name = "シリアル"
target = "serial"
form = "hex"
length = 40
[[column]]
name = "有効"
target = "state"
form = "code"
codes = { Y = "1", N = "2" }
[[column]]
name = "発行日"
target = "issued_on"
form = "era_date"
eras = { H = "4", R = "5" }
[[column]]
name = "満了日"
target = "expires_on"
form = "era_date"
eras = { H = "4", R = "5" }
[[column]]
name = "住民票コード"
target = "resident_code"
form = "digits"
length = 11
[[column]]
name = "区分"
target = "operation"
form = "code"
codes = { A = "1", U = "2", D = "9" }
"""

OTHER_WIDTHS = """
feed = "JPKI"
format = "dat"
[[column]]
name = "予備"
form = "ignored"
width = 3
[[column]]
name = "区分"
target = "operation"
form = "code"
width = 2
codes = { A = "1", UP = "2", DE = "9" }
[[column]]
name = "シリアル"
target = "serial"
form = "hex"
width = 10
[[column]]
name = "カード区分"
target = "type"
form = "code"
width = 1
codes = { K = "1", S = "2" }
[[column]]
name = "有効"
target = "state"
form = "code"
width = 1
codes = { Y = "1", N = "2" }
[[column]]
name = "発行日"
target = "issued_on"
form = "era_date"
width = 7
eras = { H = "4", R = "5" }
[[column]]
name = "満了日"
target = "expires_on"
form = "date"
width = 8
[[column]]
name = "住民票コード"
target = "resident_code"
form = "digits"
width = 11
"""


def refused(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "layout.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FileRefused) as caught:
        load(path)
    return [f"{problem.line} {problem.key}: {problem.reason}" for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("feed", "columns"),
    [("JUMIN", 38), ("JPKI", 7), ("YOKUSHI", 12), ("INKAN", 9), ("ZEI", 49), ("KOSEKI", 12), ("FUHYO", 12)],
)
def test_the_layouts_that_ship_are_the_contracts(feed, columns):
    """Each loads, and has as many columns as contract 2 lists for its feed."""
    layout = load(LAYOUTS / f"{feed.lower()}.toml")
    assert layout.feed is Feed(feed)
    assert len(layout.columns) == columns
    assert layout.columns[0].name == "処理区分"


def test_another_vendors_file_needs_another_layout_and_no_python(tmp_path, rows):
    """Other order, delimiter, quotes, codes, era dates, a heading, a column that is left out."""
    path = tmp_path / "other.toml"
    path.write_text(OTHER_VENDOR, encoding="utf-8")
    reader = Reader(load(path), full=False)
    code = rows.resident_code(7)
    data = f"通番;カード区分;シリアル;有効;発行日;満了日;住民票コード;区分\n1;K;'0AB';Y;R070401;;{code};A\n2;S;cd;N;H310430;0000000;{code};D\n".encode()
    blocks = [*reader.feed(data), *reader.finish()]
    assert not reader.problems
    assert reader.rows == 2
    columns = {name: list(values) for name, values in blocks[0].columns.items()}
    assert columns["serial"] == ["ab", "cd"]
    assert columns["type"] == ["1", "2"]
    assert columns["operation"] == ["1", "9"]
    assert columns["issued_on"] == ["20250401", "20190430"]
    assert columns["expires_on"] == ["", "00000000"]
    assert list(blocks[0].lines) == [2, 3]


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ('feed = "JPKI"', 'feed = "NAZO"', "2 feed: must be one of"),
        ('delimiter = ";"', 'delimiter = ";;"', "5 csv.delimiter: must be one visible ASCII character"),
        ('quote = "\'"', 'quote = ";"', "6 csv.quote: must differ from the delimiter"),
        ("heading = true", "headings = true", "7 csv.headings: unknown; did you mean heading?"),
        (
            'codes = { K = "1", S = "2" }',
            'codes = { K = "1", S = "3" }',
            "15 column[2].codes: 3 is no code of type",
        ),
        ('target = "serial"', 'target = "type"', "18 column[3].target: is filled by another column already"),
        ('target = "serial"', 'target = "type"', "8 column: no column has target serial, which JPKI needs"),
        ('form = "hex"', 'form = "text"', "19 column[3].form: serial must be one of hex"),
        ('name = "シリアル"', 'name = "通番"', "17 column[3].name: stands there twice"),
        ("length = 11", "length = 12", "40 column[7].length: resident_code has 11 digits"),
        ("length = 40", "length = 0", "20 column[3].length: must be a whole number from 1"),
        (
            'form = "hex"',
            'form = "hex"\nrequired = false',
            "20 column[3].required: serial cannot be left empty",
        ),
        ('eras = { H = "4", R = "5" }', 'eras = { H = "4", R = "6" }', "30 column[5].eras: knows only"),
    ],
)
def test_a_wrong_layout_names_line_and_key(tmp_path, right, wrong, complaint):
    """Every mistake is told with the line and the key where it stands."""
    assert right in OTHER_VENDOR
    found = refused(tmp_path, OTHER_VENDOR.replace(right, wrong, 1))
    assert any(each.startswith(complaint) for each in found), found


def test_any_feed_may_come_in_lines_of_fixed_width(tmp_path, rows):
    """Another vendor's DAT of a feed that the city sends as CSV: widths, short codes filled up, both calendars, a column that is left out."""
    path = tmp_path / "other.toml"
    path.write_text(OTHER_WIDTHS, encoding="utf-8")
    layout = load(path)
    assert (layout.extension, layout.lines.length) == ("dat", 43)
    reader = Reader(layout, full=False)
    code = rows.resident_code(7)
    lines = [f"葛\U000e0100x{'A':2}{'0AB':10}KYR07040120300401{code}", f"   DE{'cd':10}S{'':16}{'':11}"]
    blocks = [*reader.feed(("\n".join(lines)).encode()), *reader.finish()]
    assert not reader.problems
    columns = {name: [*blocks[0].columns[name], *blocks[1].columns[name]] for name in blocks[0].columns}
    assert columns["operation"] == ["1", "9"]
    assert columns["serial"] == ["ab", "cd"]
    assert columns["type"] == ["1", "2"]
    assert columns["state"] == ["1", ""]
    assert columns["issued_on"] == ["20250401", ""]
    assert columns["expires_on"] == ["20300401", ""]
    assert columns["resident_code"] == [code, ""]


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("width = 10\n", "", "14 column[3].width: missing; it must be a whole number from 1"),
        ("width = 10\n", "width = 0\n", "18 column[3].width: must be a whole number from 1"),
        ("width = 10\n", "width = 10\nlength = 10\n", "19 column[3].length: unknown"),
        ("width = 2\n", "width = 1\n", "13 column[2].codes: UP does not fit into 1 characters"),
        ('{ K = "1"', '{ " " = "1"', "24 column[4].codes: no code ends in a space"),
        ("width = 7\n", "width = 8\n", "35 column[6].width: a column of form era_date has 7 characters"),
        ("width = 8\n", "width = 6\n", "41 column[7].width: a column of form date has 8 characters"),
        ("width = 11\n", "width = 12\n", "46 column[8].width: resident_code has 11 digits"),
        ('format = "dat"\n', 'format = "dat"\n[csv]\nheading = true\n', "4 csv: unknown"),
        ('format = "dat"', 'format = "fix"', "3 format: must be one of csv, dat"),
        ('form = "hex"', 'form = "amount"\nsign = "behind"', "17 column[3].form: serial must be one of hex"),
        ('form = "hex"', 'form = "amount"\nsign = "behind"', "18 column[3].sign: must be one of none, front"),
    ],
)
def test_a_wrong_layout_of_fixed_width_names_line_and_key(tmp_path, right, wrong, complaint):
    """Widths that a value of the form cannot have, and options of CSV, are refused at the start, not met in a file."""
    assert right in OTHER_WIDTHS
    found = refused(tmp_path, OTHER_WIDTHS.replace(right, wrong, 1))
    assert any(each.startswith(complaint) for each in found), found


def test_a_line_that_no_reader_takes_is_refused(tmp_path):
    """A line has a limit in bytes; a layout whose lines could pass it is refused, not every row of its files."""
    ignored = "".join(f'[[column]]\nname = "空{n}"\nform = "ignored"\nwidth = 4000\n' for n in range(4))
    found = refused(tmp_path, OTHER_WIDTHS + ignored)
    assert found == ["4 column: a line has at most 16000 characters"]


def test_all_mistakes_are_told_at_once(tmp_path):
    """A layout is not corrected one mistake at a time."""
    found = refused(
        tmp_path, OTHER_VENDOR.replace("length = 40", "length = 0").replace("length = 11", "length = 12")
    )
    assert len(found) == 2


def test_the_pages_of_a_registers_pdf_are_bounded_by_the_layout(tmp_path):
    """Contract 2: 20, a setting. Pictures have no pages, and PDFs no ink."""
    text = (LAYOUTS / "koseki.toml").read_text(encoding="utf-8")
    assert load(LAYOUTS / "fuhyo.toml").page_limit == 20
    (tmp_path / "more.toml").write_text(text.replace("page_limit = 20", "page_limit = 35"), encoding="utf-8")
    assert load(tmp_path / "more.toml").page_limit == 35
    for wrong in ("page_limit = 0", "page_limit = 101", "ink_below = 128"):
        assert len(refused(tmp_path, text.replace("page_limit = 20", wrong))) == 1
    seals = (LAYOUTS / "inkan.toml").read_text(encoding="utf-8").replace("ink_below", "page_limit")
    assert len(refused(tmp_path, seals)) == 1


def test_a_koseki_has_no_display(tmp_path):
    """表示区分 of KOSEKI is 0 (contract 2): a layout cannot let in what no kind asks for."""
    text = (
        (LAYOUTS / "koseki.toml").read_text(encoding="utf-8").replace('codes = ["0"]', 'codes = ["0", "1"]')
    )
    (problem,) = refused(tmp_path, text)
    assert "1 is no code of display" in problem
