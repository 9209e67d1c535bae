"""Layouts are data: whatever a layout may declare, what is written by it is read back, and the two ways of reading agree on everything."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from vendors import vendors

from konbinid.intake.layout import load
from konbinid.intake.records import Reader

UNHURRIED = settings(
    max_examples=100,
    deadline=None,
    phases=(
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ),  # to make a layout of dozens of columns smaller takes longer than to read it
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
    ],
)


def loaded(folder: Path, text: str):
    path = folder / "layout.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def read(layout, data: bytes, size: int = 1_000_000):
    """(rows by line, faults, reader)."""
    reader = Reader(layout, full=False)
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    blocks = [block for piece in pieces for block in reader.feed(piece)] + list(reader.finish())
    rows = {
        line: {name: values[at] for name, values in block.columns.items()}
        for block in blocks
        for at, line in enumerate(block.lines)
    }
    # One entry may stand for a run of lines.
    faults = sorted(
        (line, each.column, each.fault)
        for each in reader.problems.entries
        for line in range(each.line, each.through + 1)
    )
    return rows, faults, reader


@UNHURRIED
@given(vendor=vendors(), data=st.data())
def test_what_is_written_is_read_back(tmp_path, vendor, data):
    """Every form with every option, in any order, with joins, constants, marks and headings: the same values, as a block and line by line."""
    layout = loaded(tmp_path, vendor.toml())
    rows = [vendor.row(data.draw) for _ in range(data.draw(st.integers(0, 4)))]
    lines = vendor.lines([line for line, _ in rows])
    ending = data.draw(st.sampled_from(["\n", "\r\n"]))
    content = "".join(f"{line}{ending}" for line in lines).encode()
    found, faults, reader = read(layout, content, data.draw(st.sampled_from([1, 50, 1_000_000])))
    assert not faults, faults
    assert reader.rows == len(rows)
    assert list(found.values()) == [means for _, means in rows]


def damaged(draw, line: str) -> str:
    at = draw(st.integers(0, len(line)))
    new = draw(st.text(st.sampled_from("葛 　\t\x00\u202e\ue000,;|\"'-+/0123456789DHT令S\\"), max_size=3))
    return line[:at] + new + line[at + draw(st.integers(0, 3)) :]


@UNHURRIED
@given(vendor=vendors(), data=st.data())
def test_both_ways_of_reading_agree(tmp_path, vendor, data):
    """Damage in any line: a line alone (the quick way, when nothing is wrong with it), in a block, and beside a line that makes the whole block be looked at
    cell by cell say the same of it."""
    layout = loaded(tmp_path, vendor.toml())
    rows = [
        vendor.row(data.draw, lacking=data.draw(st.booleans()))[0]
        for _ in range(data.draw(st.integers(1, 4)))
    ]
    lines = [damaged(data.draw, line) if data.draw(st.booleans()) else line for line in vendor.lines(rows)]
    content = "".join(f"{line}\n" for line in lines).encode()
    block, block_faults, reader = read(layout, content)
    single, single_faults, other = read(layout, content, 1)
    assert (block, block_faults) == (single, single_faults)
    assert (reader.rows, reader.keys_unread, reader.problems.bad_rows) == (
        other.rows,
        other.keys_unread,
        other.problems.bad_rows,
    )
    assert reader.named == other.named
    closely, closely_faults, _ = read(layout, content + b"\xff\n")
    assert closely == block
    last = len(lines) + 1
    about_all = {"trailer_count", "trailer_missing"}
    assert [each for each in closely_faults if each[0] != last and each[2] not in about_all] == [
        each for each in block_faults if each[2] not in about_all
    ]


@UNHURRIED
@given(vendor=vendors(), content=st.binary(max_size=200), full=st.booleans())
def test_any_bytes_give_rows_or_problems(tmp_path, vendor, content, full):
    """Nothing that a file holds makes the reading fail: a file that does would stop its feed."""
    layout = loaded(tmp_path, vendor.toml())
    reader = Reader(layout, full=full)
    good = sum(len(block.lines) for block in [*reader.feed(content), *reader.finish()])
    assert good <= reader.rows
    assert reader.rows == good or reader.problems


def test_many_lines_of_no_type_cost_no_more_each_than_few(tmp_path):
    """A megabyte of line ends took more than an hour, because every strange line was compared with all before it. Were it so, this test would
    not come to its end."""
    layout = load(Path(__file__).parents[2] / "config" / "layouts" / "examples" / "inkan.toml")
    rows, faults, reader = read(layout, b"\n" * 300_000)
    assert (rows, len(faults), reader.problems.bad_rows, reader.rows) == ({}, 300_001, 300_000, 0)
    assert reader.keys_unread
