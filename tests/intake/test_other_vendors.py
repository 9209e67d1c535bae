"""Layouts are data: whatever a layout may declare, what a vendor writes by it is read back, as a block and line by line.

The writer here knows the layout's options and nothing of the reader.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from konbinid.declared.document import FileRefused
from konbinid.intake.layout import load
from konbinid.intake.problems import Fault
from konbinid.intake.records import Reader

TEXT = st.text(st.sampled_from("葛\U000e0100𠮷\ue000aー 　泉,;|\t\"'-1"), max_size=6).map(str.strip)
MARKED = st.sampled_from([None, ("D", None, "T"), ("D", "H", "T"), ("D", "H", None)])


@dataclass(frozen=True)
class Way:
    """One vendor's way of writing KOSEKI."""

    fixed: bool
    in_bytes: bool
    delimiter: str
    quote: str
    heading: bool
    marks: tuple[str, str | None, str | None] | None
    date_separator: str
    joined: bool
    constant: bool
    trim: bool

    def layout(self) -> str:
        """As TOML."""
        lines = ['feed = "KOSEKI"', f'format = "{"dat" if self.fixed else "csv"}"']
        if self.fixed:
            lines += ["[dat]", f'count = "{"bytes" if self.in_bytes else "characters"}"']
        else:
            quote = "'\"'" if self.quote else '""'
            delimiter = self.delimiter.replace("\t", "\\t")
            heading = str(self.heading and not self.marks).lower()
            lines += ["[csv]", f'delimiter = "{delimiter}"', f"quote = {quote}", f"heading = {heading}"]
        if self.marks:
            lines += ["[records]", f'data = "{self.marks[0]}"']
            lines += [f'header = "{self.marks[1]}"'] if self.marks[1] else []
            if self.marks[2]:
                lines += [f'trailer = "{self.marks[2]}"', "count_at = 2"]
                lines += ["count_width = 8"] if self.fixed else []
        for name, options in self.columns():
            size = f"{'width' if self.fixed else 'length'} = {WIDTHS[name]}"
            sized = (
                []
                if not self.fixed and any(form in options for form in ('"code"', "date", "sha256"))
                else [size]
            )
            lines += ["[[column]]", f'name = "{name}"', *options.split("; "), *sized]
        if self.joined:
            lines += ["[[join]]", 'target = "domicile"', 'columns = ["大字", "番地"]', "length = 60"]
        if self.constant:
            lines += ["[[constant]]", 'target = "display"', 'value = "0"']
        return "\n".join(lines) + "\n"

    def columns(self) -> list[tuple[str, str]]:
        """(name, options)."""
        trim = '; trim = "both"' if self.trim else ""
        separator = f'; separator = "{self.date_separator}"' if self.date_separator else ""
        found = [("種別", 'form = "ignored"')] if self.marks else []
        found += [
            ("区分", 'target = "operation"; form = "code"; codes = { A = "1", U = "2", D = "9" }'),
            ("sha256", 'target = "pdf_sha256"; form = "sha256"'),
            (
                "生年月日",
                f'target = "birth_date"; form = "era_date"; eras = {{ S = "3", H = "4", R = "5" }}{separator}; unknown = ["-"]',
            ),
            ("戸籍番号", 'target = "register_number"; form = "text"'),
        ]
        place = [("大字", 'form = "part"'), ("番地", 'form = "part"')]
        found += place if self.joined else [("本籍", f'target = "domicile"; form = "text"{trim}')]
        found += [
            ("筆頭者", 'target = "head_of_register"; form = "text"'),
            ("員", 'target = "member"; form = "digits"'),
            ("氏名", 'target = "name"; form = "text"'),
            ("宛名", 'target = "atena_number"; form = "digits"'),
            ("状態", 'target = "state"; form = "code"; codes = { G = "1", T = "2", J = "9" }'),
            ("PDF", 'target = "pdf_name"; form = "file_name"'),
        ]
        return (
            found if self.constant else [*found, ("表示", 'target = "display"; form = "code"; codes = ["0"]')]
        )

    def write(self, rows: list[dict[str, str]]) -> bytes:
        """The file's bytes."""
        lines = [self.line({"種別": self.marks[0] if self.marks else "", **row}) for row in rows]
        if self.heading and not self.fixed and not self.marks:
            lines.insert(0, self.delimiter.join(name for name, _ in self.columns()))
        if self.marks and self.marks[1]:
            lines.insert(0, f"{self.marks[1]}{self.delimiter if not self.fixed else ' '}泉大津市")
        if self.marks and self.marks[2]:
            lines.append(
                f"{self.marks[2]}{f'{len(rows):8}' if self.fixed else f'{self.delimiter}{len(rows)}'}"
            )
        return "".join(f"{line}\r\n" for line in lines).encode()

    def line(self, row: dict[str, str]) -> str:
        cells = [row[name] for name, _ in self.columns()]
        if self.fixed:
            return "".join(
                self.filled(cell, name) for cell, (name, _) in zip(cells, self.columns(), strict=True)
            )
        return self.delimiter.join(self.quoted(cell) for cell in cells)

    def filled(self, cell: str, name: str) -> str:
        size = len(cell.encode()) if self.in_bytes else len(cell)
        return cell + " " * (WIDTHS[name] - size)

    def quoted(self, cell: str) -> str:
        return cell if not self.quote else f'"{cell.replace(chr(34), chr(34) * 2)}"'

    def holds(self, cell: str) -> bool:
        """Whether this way of writing can say such a text."""
        return (
            "\t" not in cell
            and not (not self.fixed and not self.quote and self.delimiter in cell)
            and not cell.startswith('"')
        )


WIDTHS = {
    "種別": 1,
    "区分": 1,
    "sha256": 64,
    "生年月日": 9,
    "戸籍番号": 30,
    "本籍": 60,
    "大字": 30,
    "番地": 30,
    "筆頭者": 30,
    "員": 2,
    "氏名": 30,
    "宛名": 10,
    "状態": 1,
    "PDF": 12,
    "表示": 1,
}

WAYS = st.builds(
    Way,
    fixed=st.booleans(),
    in_bytes=st.booleans(),
    delimiter=st.sampled_from([",", ";", "|", "\t"]),
    quote=st.sampled_from(['"', ""]),
    heading=st.booleans(),
    marks=MARKED,
    date_separator=st.just("."),
    joined=st.booleans(),
    constant=st.booleans(),
    trim=st.booleans(),
)
ROW = st.fixed_dictionaries(
    {
        "区分": st.sampled_from("AUD"),
        "sha256": st.just("ab" * 32),
        "生年月日": st.sampled_from(
            [("S50.1.2", "19750102"), ("H01.01.08", "19890108"), ("R6.12.31", "20241231"), ("-", "00000000")]
        ),
        "戸籍番号": TEXT.filter(bool),
        "大字": TEXT,
        "番地": TEXT.filter(bool),
        "筆頭者": TEXT.filter(bool),
        "員": st.sampled_from(["00", "01", "17"]),
        "氏名": TEXT.filter(bool),
        "宛名": st.sampled_from(["", "0123456789"]),
        "状態": st.sampled_from("GTJ"),
        "PDF": st.sampled_from(["a.pdf", "b-1.pdf"]),
        "表示": st.just("0"),
    }
)


def loaded(folder: Path, text: str):
    path = folder / "layout.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def read(layout, data: bytes, size: int):
    reader = Reader(layout, full=False)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    blocks = [block for piece in pieces for block in reader.feed(piece)] + list(reader.finish())
    rows = [
        {name: values[at] for name, values in block.columns.items()}
        for block in blocks
        for at in range(len(block.lines))
    ]
    return rows, reader


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(way=WAYS, given_rows=st.lists(ROW, min_size=1, max_size=4), size=st.sampled_from([7, 100_000]))
def test_what_a_vendor_writes_is_read_back(tmp_path, way, given_rows, size):
    """Characters or bytes, any delimiter, quotes or none, heading, record types, joins, constants, dates with points: the same rows (contract 2)."""
    rows = []
    for row in given_rows:
        place = row["大字"] + row["番地"]
        texts = (row["戸籍番号"], row["大字"], row["番地"], row["筆頭者"], row["氏名"])
        if not all(map(way.holds, (*texts, place))):
            continue
        rows.append({**row, "本籍": place, "生年月日": row["生年月日"][0], "_born": row["生年月日"][1]})
    layout = loaded(tmp_path, way.layout())
    found, reader = read(layout, way.write(rows), size)
    assert not reader.problems, reader.problems.entries
    assert reader.rows == len(rows)
    spaces = " \u3000" if way.trim and not way.joined else ""
    expected = [
        {
            "operation": {"A": "1", "U": "2", "D": "9"}[row["区分"]],
            "pdf_sha256": row["sha256"],
            "birth_date": row["_born"],
            "register_number": row["戸籍番号"],
            "domicile": row["本籍"].strip(spaces) if spaces else row["本籍"],
            "head_of_register": row["筆頭者"],
            "member": row["員"],
            "name": row["氏名"],
            "atena_number": row["宛名"],
            "state": {"G": "1", "T": "2", "J": "9"}[row["状態"]],
            "pdf_name": row["PDF"],
            "display": "0",
        }
        for row in rows
    ]
    assert found == expected


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    way=WAYS,
    rows=st.lists(ROW, min_size=1, max_size=3),
    damage=st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=3)), max_size=3),
)
def test_damage_gives_rows_or_problems_whatever_the_pieces(tmp_path, way, rows, damage):
    """Any bytes are read to the end, and where the pieces end that they come in changes nothing."""
    plain = [{**row, "本籍": "字" + row["番地"], "生年月日": row["生年月日"][0]} for row in rows]
    data = way.write(plain)
    for at, new in damage:
        place = at % (len(data) + 1)
        data = data[:place] + new + data[place + 1 :]
    layout = loaded(tmp_path, way.layout())
    whole, reader = read(layout, data, 1_000_000)
    bits, other = read(layout, data, 5)
    assert whole == bits
    assert reader.rows == other.rows
    assert sorted(map(str, reader.problems.entries)) == sorted(map(str, other.problems.entries))
    assert [named.line for named in reader.named] == [named.line for named in other.named]


RECORDS = """
feed = "JPKI"
format = "dat"
[records]
data = "2"
header = "1"
trailer = "8"
count_at = 2
count_width = 6
""" + "".join(
    f'[[column]]\nname = "{name}"\n{options}\nwidth = {width}\n'
    for name, options, width in [
        ("種別", 'form = "ignored"', 1),
        ("区分", 'target = "operation"\nform = "code"', 1),
        ("コード", 'target = "resident_code"\nform = "digits"', 11),
        ("シリアル", 'target = "serial"\nform = "hex"', 4),
        ("媒体", 'target = "type"\nform = "code"', 1),
        ("発行", 'target = "issued_on"\nform = "date"', 8),
        ("満了", 'target = "expires_on"\nform = "date"', 8),
        ("状態", 'target = "state"\nform = "code"', 1),
    ]
)


@pytest.mark.parametrize(
    ("lines", "line", "fault"),
    [
        (["1見出し", "{row}", "{row}", "8     2"], None, None),
        (["1見出し", "8000000"], None, None),
        ([], None, None),
        (["1見出し", "{row}", "8     2"], 3, Fault.TRAILER_COUNT),
        (["1見出し", "{row}", "8  二  "], 3, Fault.TRAILER_COUNT),
        (["1見出し", "{row}"], 0, Fault.TRAILER_MISSING),
        (["{row}", "8     1"], 1, Fault.RECORD_TYPE),
        (["1見出し", "1見出し", "{row}", "8     1"], 2, Fault.RECORD_TYPE),
        (["1見出し", "7なぞ", "{row}", "8     1"], 2, Fault.RECORD_TYPE),
        (["1見出し", "{row}", "8     1", "{row}"], 4, Fault.RECORD_TYPE),
        (["1見出し", "{row}", "8     1", "8     1"], 4, Fault.RECORD_TYPE),
    ],
)
def test_headers_and_trailers_are_looked_at(tmp_path, rows, lines, line, fault):
    """A cut file, a wrong count, a line of no type: told with its place; what may be a person is never skipped."""
    row = f"21{rows.resident_code(3)}00ab12025010120300101" + "1"
    data = "".join(f"{each.format(row=row)}\n" for each in lines).encode()
    _, reader = read(loaded(tmp_path, RECORDS), data, 1000)
    assert [(each.line, each.fault) for each in reader.problems.entries] == (
        [] if fault is None else [(line, fault)]
    )
    assert reader.rows == sum(
        each == "{row}" for each in lines[: 3 if fault is Fault.RECORD_TYPE and line == 4 else None]
    )
    assert reader.keys_unread is (fault is not None)


def test_a_character_across_two_columns_is_in_neither(tmp_path):
    """Where places are bytes, a border through a character makes a bad row: it is never put to one side."""
    text = RECORDS.replace('format = "dat"', 'format = "dat"\n[dat]\ncount = "bytes"')
    row = "21" + "1234567890" + "泉" + "ab120250101203001011"
    _, reader = read(loaded(tmp_path, text), f"1\n{row}\n8     1\n".encode(), 1000)
    assert (2, "コード", Fault.NOT_UTF8) in [
        (each.line, each.column, each.fault) for each in reader.problems.entries
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ('header = "1"', 'header = "2"', "the marks must differ"),
        ('trailer = "8"\n', "", "only a trailer counts"),
        ('header = "1"\ntrailer = "8"\ncount_at = 2\ncount_width = 6\n', "", "needs a header or a trailer"),
        ("count_width = 6", "count_width = 13", "from 1 to 12"),
        ("count_width = 6\n", "", "count_width"),
        ('format = "dat"', 'format = "dat"\n[dat]\ncount = "letters"', "characters, bytes"),
        ('form = "hex"', 'form = "part"', "is part of nothing"),
        ('form = "hex"\n', 'form = "hex"\ntrim = "all"\n', "none, left, right, both"),
        (
            'target = "issued_on"\nform = "date"',
            'target = "issued_on"\nform = "date"\nseparator = "/"',
            "has 10 characters",
        ),
        (
            'target = "resident_code"\n',
            'target = "resident_code"\ndefault = "1"\n',
            "tells rows apart: there is none by default",
        ),
        (
            "width = 1\n",
            'width = 1\n[[constant]]\ntarget = "serial"\nvalue = "ab"\n',
            "cannot be the same in all",
        ),
        ("width = 1\n", 'width = 1\n[[constant]]\ntarget = "state"\nvalue = "5"\n', "5 is no code of state"),
        (
            "width = 1\n",
            'width = 1\n[[join]]\ntarget = "state"\ncolumns = ["区分"]\nlength = 3\n',
            "is no text",
        ),
        (
            "width = 1\n",
            'width = 1\n[[join]]\ntarget = "state"\ncolumns = ["区分", "媒体"]\nlength = 3\n',
            "区分 is no column of form part",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_refused(tmp_path, right, wrong, complaint):
    """When the layout is loaded, with the reason, not at a file at night."""
    at = RECORDS.rindex(right) if right == "width = 1\n" else RECORDS.index(right)
    text = RECORDS[:at] + wrong + RECORDS[at + len(right) :]
    with pytest.raises(FileRefused) as caught:
        loaded(tmp_path, text)
    assert any(
        complaint in problem.reason or complaint in str(problem.key) for problem in caught.value.problems
    ), caught.value.problems


AMOUNTS = 'feed = "ZEI"\nformat = "csv"\n'


@pytest.mark.parametrize(
    ("options", "cell", "yen"),
    [
        ('sign = "back"', "1200-", "-1200"),
        ('sign = "back"', "1200+", "1200"),
        ('sign = "front"', "-1200", "-1200"),
        ('sign = "back"\nfactor = 1000', "12-", "-12000"),
        ('grouping = ","', "1,234,567", "1234567"),
        ('trim = "both"\nnothing = ["*"]\ndefault = "0"', " * ", "0"),
        ('trim = "left"', "\u3000 77", "77"),
        ("factor = 1000", "999999999999999999", None),
        ('grouping = ","', "1,23", None),
        ('sign = "front"', "1200-", None),
        ("", "-1", None),
    ],
)
def test_amounts_of_other_vendors(tmp_path, options, cell, yen):
    """Signs in front or behind, thousands of yen, groups of digits, defaults; what does not fit is a bad row and never rounded or cut."""
    base = (Path(__file__).parents[2] / "config" / "layouts" / "zei.toml").read_text(encoding="utf-8")
    columns = (
        base[base.index("\n[[column]]\n") :]
        .replace("width =", "length =")
        .replace("length = 7\n", "")
        .replace('sign = "front"\n', "")
    )
    for form in ("code", "flag"):
        columns = columns.replace(f'form = "{form}"\nlength = 1\n', f'form = "{form}"\n')
    columns = columns.replace(
        'target = "annual_tax"\nform = "amount"\nlength = 12',
        f'target = "annual_tax"\nform = "amount"\nlength = 18\n{options}',
    )
    columns = columns.replace(
        'target = "determined_on"\nform = "era_date"\nlength = 7',
        'target = "determined_on"\nform = "era_date"',
    )
    layout = loaded(tmp_path, AMOUNTS + "[csv]\nquote = '\"'\n" + columns)
    names = [column.target.name for column in layout.columns if column.target]
    plain = {
        "operation": "1",
        "year": "2026",
        "atena_number": "0123456789",
        "filing": "1",
        "tax_class": "1",
        "address": "泉大津市",
        "name": "",
        "determined_on": "",
        "deductible_spouse": "0",
    }
    cells = [f'"{cell}"' if name == "annual_tax" else plain.get(name, "0") for name in names]
    found, reader = read(layout, (",".join(cells) + "\n").encode(), 4000)
    if yen is None:
        assert [each.column for each in reader.problems.entries] == ["年税額"]
    else:
        assert not reader.problems
        assert found[0]["annual_tax"] == yen
