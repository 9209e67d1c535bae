"""A layout that no file could ever satisfy, or that could make two people one, is refused when it is loaded, with the line and the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from konbinid.declared.document import FileRefused
from konbinid.intake.layout import load
from konbinid.intake.problems import Fault
from konbinid.intake.records import Reader

LAYOUTS = Path(__file__).parents[2] / "config" / "layouts"
OTHERS = LAYOUTS / "examples"


def changed(folder: Path, source: Path, right: str, wrong: str) -> Path:
    text = source.read_text(encoding="utf-8")
    assert right in text, right
    path = folder / "layout.toml"
    path.write_text(text.replace(right, wrong, 1), encoding="utf-8")
    return path


def after(name: str, option: str) -> tuple[str, str]:
    """Puts an option into the column of that name."""
    return f'name = "{name}"\n', f'name = "{name}"\n{option}\n'


CONSTANT = "[[constant]]\ntarget = "


@pytest.mark.parametrize(
    ("source", "change", "complaint"),
    [
        (LAYOUTS / "jumin.toml", after("宛名番号", "least = 1"), "atena_number has 10 digits, never fewer"),
        (LAYOUTS / "jumin.toml", after("性別", 'default = "8"'), "default: is no value of this column"),
        (LAYOUTS / "jumin.toml", after("個人番号", 'default = "123456789012"'), "is no value of this column"),
        (LAYOUTS / "jumin.toml", after("続柄", 'default = "世帯主\\u2028"'), "is no value of this column"),
        (LAYOUTS / "jumin.toml", after("性別", 'nothing = ["9"]'), "9 never comes: it means that nothing"),
        (LAYOUTS / "jumin.toml", after("旧氏", 'trim = "both"\nnothing = [" なし"]'), " なし never comes: trim"),
        (LAYOUTS / "jumin.toml", after("旧氏", 'nothing = ["\\t"]'), "holds a character that no file may hold"),
        (LAYOUTS / "jumin.toml", ('codes = ["1", "2", "9"]', 'codes = { "1" = "1", "2" = "2", "" = "9" }'), "an empty value means nothing"),
        (LAYOUTS / "jumin.toml", after("旧氏", 'heading = "x"'), "heading: unknown"),
        (OTHERS / "jumin.toml", ('"変" = "2"', '"変\\t" = "2"'), "holds a character that no file may hold"),
        (OTHERS / "jumin.toml", after("続柄", 'heading = "続\\t柄"'), "heading: holds a character"),
        (OTHERS / "gaiji.toml", ('yes = "○"', 'yes = "\\t"'), "yes: holds a character"),
        (LAYOUTS / "yokushi.toml", ("every = ", 'every = "inkan" # '), "every: is one of the codes"),
        (LAYOUTS / "yokushi.toml", ("separator = ", 'separator = "_" # '), "separator: stands in a code"),
        (LAYOUTS / "yokushi.toml", ('name = "戸籍番号"\ntarget = "register_number"\nform = "text"\nlength = 20', 'name = "戸籍番号"\ntarget = "register_number"\nform = "text"\nlength = 201'), "must be a whole number from 1 to 200"),
        (OTHERS / "yokushi.toml", ('"A" = "1"', '"あ" = "1"'), "あ does not fit into 1 bytes"),
        (OTHERS / "yokushi.toml", ("count_at = 2", "count_at = 1"), "count_at: is where the mark stands"),
        (OTHERS / "yokushi.toml", ("count_at = 2", "mark_at = 4000\ncount_at = 2"), "mark_at: a data record ends at"),
        (OTHERS / "yokushi.toml", ("count_at = 2", 'header_at = 2\nheader_holds = "2720"\ncount_at = 2'), "header_width"),
        (OTHERS / "inkan.toml", ('trailer = "TR"', 'trailer = "T|R"'), "no mark holds the delimiter"),
        (OTHERS / "inkan.toml", ("count_at = 3", "mark_at = 10\ncount_at = 3"), "mark_at: a data record has 9 columns"),
        (OTHERS / "inkan.toml", ('header = "HD"', 'header_at = 2\nheader_holds = "272060"'), "header_at: there is no header"),
        (OTHERS / "inkan.toml", ('value = "600"', 'value = "6OO"'), "value: must be a whole number"),
        (OTHERS / "inkan.toml", (CONSTANT, f'{CONSTANT}"operation"\nvalue = "9"\n{CONSTANT}'), "a vendor who does not say"),
        (OTHERS / "inkan.toml", (CONSTANT, f'{CONSTANT}"state"\nvalue = ""\n{CONSTANT}'), "state cannot be left empty"),
        (OTHERS / "zei.toml", ('delimiter = ";"\nquote = "\'"', 'delimiter = ","\nquote = ""'), "is the delimiter, and nothing quotes it"),
        (OTHERS / "koseki.toml", ('target = "domicile"\ncolumns', 'target = "register_number"\ncolumns'), "tells rows apart: it stands in one column"),
    ],
)  # fmt: skip
def test_what_no_file_could_say_is_refused(tmp_path, source, change, complaint):
    """Each such mistake, told when the layout is loaded and not row by row at night."""
    with pytest.raises(FileRefused) as caught:
        load(changed(tmp_path, source, *change))
    told = [str(problem) for problem in caught.value.problems]
    assert any(complaint in each for each in told), told
    assert all(problem.line > 1 for problem in caught.value.problems)


def test_somebody_must_be_named(tmp_path):
    """A vendor without registers may leave 戸籍番号 and 構成員番号 out of YOKUSHI; without 宛名番号 too, no row would be about anybody."""
    text = (LAYOUTS / "yokushi.toml").read_text(encoding="utf-8")
    parts = text.split("\n[[column]]\n")
    kept = [part for part in parts if '"register_' not in part or '"register_wide"' in part]
    left_out = "".join(
        f'\n[[constant]]\ntarget = "register_{name}"\nvalue = ""\n' for name in ("number", "member")
    )
    path = tmp_path / "layout.toml"
    path.write_text("\n[[column]]\n".join(kept) + left_out, encoding="utf-8")
    reader = Reader(load(path), full=False)
    (block,) = [*reader.feed(b'"1","0000000007","04","ALL","0","","","0","01","1"\n'), *reader.finish()]
    assert (block.columns["register_number"], block.columns["register_member"]) == ([""], [""])
    nobody = [part for part in kept if '"atena_number"' not in part]
    left_out += '\n[[constant]]\ntarget = "atena_number"\nvalue = ""\n'
    path.write_text("\n[[column]]\n".join(nobody) + left_out, encoding="utf-8")
    with pytest.raises(FileRefused, match="a row would name nobody"):
        load(path)


def problems(layout, data: bytes):
    reader = Reader(layout, full=False)
    rows = sum(len(block.lines) for block in [*reader.feed(data), *reader.finish()])
    return [(each.line, each.fault) for each in reader.problems.entries], rows, reader


ROW = "1\tE000\t×\t\t-\t\t版1\n"


@pytest.mark.parametrize(
    ("heading", "fault"),
    [
        ("{names}\n", False),
        ("\ufeff{names}\r\n", False),
        ("{swapped}\n", True),
        ("{names}\tほか\n", True),
        ("", True),
        ("\n", True),
    ],
)
def test_a_heading_names_the_columns(heading, fault):
    """Two columns exchanged by an update of the vendor's program would be read as each other; a heading left out would cost the first row."""
    layout = load(OTHERS / "gaiji.toml")
    names = [column.name for column in layout.columns]
    swapped = [names[1], names[0], *names[2:]]
    text = heading.format(names="\t".join(names), swapped="\t".join(swapped)) + ROW + ROW
    found, _, reader = problems(layout, text.encode())
    assert found == ([(1, Fault.HEADING_OTHER)] if fault else [])
    assert reader.keys_unread is fault


def test_a_heading_may_differ_from_the_name(tmp_path):
    """Reports call a column by its name; the vendor's heading may be an abbreviation, or stand there twice."""
    layout = load(changed(tmp_path, OTHERS / "gaiji.toml", *after("備考", 'heading = "bk"')))
    names = ["bk" if column.name == "備考" else column.name for column in layout.columns]
    assert problems(layout, ("\t".join(names) + "\n" + ROW).encode())[:2] == ([], 1)


HEADED = 'header_at = 2\nheader_width = 21\nheader_holds = "大阪府泉大津市"\ncount_at = 23\n'


def hold(number: str) -> str:
    layout = load(OTHERS / "yokushi.toml")
    values = ["2", "01", number, "A", "0000000007", "", "", "D", "全", "0", "0", "20260401", "99999999", ""]
    pairs = zip(values, layout.columns, strict=True)
    return "".join(text + " " * (column.width - len(text.encode())) for text, column in pairs) + "\n"


@pytest.mark.parametrize(
    ("header", "trailer", "found"),
    [
        ("1大阪府泉大津市", "9大阪府泉大津市00000001", []),
        ("1大阪府堺市　　　", "9大阪府泉大津市00000001", [(1, Fault.HEADER_OTHER)]),
        ("1大阪府泉大津市", "9大阪府泉大津市00000002", [(3, Fault.TRAILER_COUNT)]),
        ("1大阪府泉大津市\x00", "9大阪府泉大津市00000001", [(1, Fault.FORBIDDEN_CHARACTER)]),
        ("1大阪府泉大津市", "9大阪府泉大津市00000001\ufffd", [(3, Fault.FORBIDDEN_CHARACTER)]),
        ("1大阪府泉大津市", "9〓大阪府泉大津00000001", [(3, Fault.NOT_UTF8)]),
    ],
)
def test_places_in_headers_and_trailers_are_bytes_where_columns_are(tmp_path, header, trailer, found):
    """Behind Japanese characters a count stands where the vendor counts it: in bytes. Another city's file says so in its header."""
    # 大阪府泉大津市 takes 21 bytes: places 2 to 22.
    layout = load(changed(tmp_path, OTHERS / "yokushi.toml", "count_at = 2\n", HEADED))
    data = f"{header}\n{hold('1')}{trailer}\n".encode().replace("〓".encode(), b"\x82")  # a byte of Shift_JIS
    assert problems(layout, data)[:2] == (found, 1)


def test_marks_may_stand_elsewhere_than_in_front(tmp_path):
    """Told apart by a column's value: the mark is the third column of every line."""
    text = (OTHERS / "inkan.toml").read_text(encoding="utf-8")
    first, mark, *others = text.split("\n[[column]]\n")
    text = "\n[[column]]\n".join(
        [first.replace("count_at = 3", "mark_at = 3\ncount_at = 2"), *others[:2], mark, *others[2:]]
    )
    path = tmp_path / "layout.toml"
    path.write_text(text, encoding="utf-8")
    row = '100|0000000007|DT|I|有効||R020401||"100.bmp"\n'
    assert problems(load(path), f'||HD|見出し\n{row}|"1"|TR\n'.encode())[:2] == ([], 1)
    assert problems(load(path), f'||HD\n{row}|2|"TR"\n'.encode())[:2] == ([(3, Fault.TRAILER_COUNT)], 1)
    assert problems(load(path), f"||HD\n{row}HD|1|XX\n|1|TR\n".encode())[:2] == ([(3, Fault.RECORD_TYPE)], 1)


def test_a_constant_number_is_kept_as_a_number(tmp_path):
    """00600 is 600; and 00, as a resolution, is none: pixels are divided by it."""
    layout = load(changed(tmp_path, OTHERS / "inkan.toml", 'value = "600"', 'value = "00"'))
    found, _, _ = problems(layout, 'HD\nDT|100|0000000007|I|有効||R020401||"100.bmp"\nTR||1\n'.encode())
    assert found == [(2, Fault.OUT_OF_RANGE)]
