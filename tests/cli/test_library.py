"""`konbinid library`: the city's decisions go in whole and checked, or not at all."""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from city_files import make_printing_city
from PIL import Image
from running_daemon import ROOT

from konbinid.cli.library_file import read_library_file, read_seal_image
from konbinid.cli.main import main
from konbinid.declared.document import FileRefused
from konbinid.domain.dates import JST
from konbinid.domain.kinds import Kind
from konbinid.domain.library import Item

_DEMO = ROOT / "config" / "demo"
_FEE = '[[entry]]\nitem = "fee"\nkind = ["juminhyo", "inkan"]\neffective_from = 2026-04-01\nvalue = { yen = 300 }\n'
_SEAL = '[[entry]]\nitem = "official_seal"\neffective_from = 2026-04-01\nvalue = { image = "seal.png", width_mm = 21, height_mm = 21 }\n'


@pytest.fixture
def config(database, tmp_path):
    """A configuration whose office role reaches this test's database."""
    return make_printing_city(tmp_path, database.server.address(database.name))


def _file(folder, text):
    path = folder / "library.toml"
    path.write_text(text)
    return path


def _import(config, path, entered="a", approved="b"):
    return main(
        [
            "library",
            "import",
            str(path),
            "--entered-by",
            entered,
            "--approved-by",
            approved,
            "--config",
            str(config),
        ]
    )


def _show(config, *options):
    """As it is known now: what these tests import names days before the import."""
    return main(["library", "show", "--as-known-at", "now", *options, "--config", str(config)])


def test_the_demo_citys_library_is_whole(config, database, capsys):
    """Every entry of the demo goes in with its approval and an audit row; a second import writes nothing."""
    assert _import(config, _DEMO / "library.toml") == 0
    count = database.run("select count(*) from library.entry e join library.approval a on a.entry_id = e.id")[
        0
    ][0]
    assert count == 31
    assert database.run("select actor, approved_by from ledger.audit where action = 'library.import'") == [
        ("a", "b")
    ]
    assert _import(config, _DEMO / "library.toml") == 0
    assert "0 entries were written; 31 were there already." in capsys.readouterr().out
    assert database.run("select count(*) from library.entry")[0][0] == count


def test_show_tells_what_is_in_force_at_a_time(config, tmp_path, capsys):
    """A fee that ends gives way to the one before it, to the minute, in Japan time."""
    text = _FEE + _FEE.replace("300", "100").replace(
        "effective_from = 2026-04-01", "effective_from = 2026-07-01\neffective_to = 2026-07-08T09:00:00"
    )
    assert _import(config, _file(tmp_path, text)) == 0
    for at, yen in (
        ("2026-06-30", 300),
        ("2026-07-01", 100),
        ("2026-07-08T08:59", 100),
        ("2026-07-08T09:00", 300),
    ):
        capsys.readouterr()
        assert _show(config, "--at", at) == 0
        assert f'fee 印鑑登録証明書: {{"yen": {yen}}}' in capsys.readouterr().out
    assert _show(config, "--at", "2020-01-01") == 0
    assert capsys.readouterr().out.endswith("\n  nothing\n")


def test_one_hand_alone_imports_nothing(config, tmp_path, database, capsys):
    """Four eyes: who enters does not approve; spaces make no second person."""
    path = _file(tmp_path, _FEE)
    assert _import(config, path, "a", " a ") == 1
    assert "four eyes" in capsys.readouterr().err
    assert _import(config, path, "a", " ") == 1
    assert database.run("select count(*) from library.entry") == [(0,)]


def test_holidays_and_stops_are_for_the_city_or_for_kinds(tmp_path):
    """A day on which only one system rests closes one kind; without a kind it is everybody's."""
    text = '[[entry]]\nitem = "holidays"\n{kind}effective_from = 2026-04-01\nvalue = {{ single = ["2026-05-07"] }}\n'
    kinds = 'kind = ["juminhyo", "inkan"]\n'
    for item in ("holidays", "planned_stop"):
        both = text.format(kind="") + text.format(kind=kinds)
        if item == "planned_stop":
            both = both.replace("holidays", item).replace(
                'value = { single = ["2026-05-07"] }',
                'effective_to = 2026-04-02\nvalue = { reason = "工事" }',
            )
        found = read_library_file(_file(tmp_path, both))
        assert [(entry.item, entry.kind) for entry in found] == [
            (item, None),
            (item, Kind.JUMINHYO),
            (item, Kind.INKAN),
        ]


def test_dates_are_japan_time(tmp_path):
    """A date begins at 00:00 in Japan; a time may say its own offset."""
    text = (
        _FEE
        + _FEE.replace("2026-04-01", "2026-04-01T09:30:00Z")
        + _FEE.replace("2026-04-01", "2026-05-01 08:00:00")
    )
    entries = read_library_file(_file(tmp_path, text))
    assert [entry.kind for entry in entries[:2]] == [Kind.JUMINHYO, Kind.INKAN]
    assert [e.effective_from for e in entries[::2]] == [
        datetime(2026, 4, 1, tzinfo=JST),
        datetime.fromisoformat("2026-04-01T09:30:00Z"),
        datetime(2026, 5, 1, 8, tzinfo=JST),
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (_FEE.replace("yen = 300", 'yen = "300"'), 5, "entry[1].value.yen: must be a whole number"),
        (_FEE.replace("yen = 300", "yen = 300, per = 1"), 5, "entry[1].value.per: unknown"),
        (_FEE.replace('item = "fee"', 'item = "fees"'), 2, "entry[1].item: must be one of"),
        (_FEE.replace('["juminhyo", "inkan"]', '"jumin"'), 3, "entry[1].kind: must be one or several of"),
        (_FEE.replace('kind = ["juminhyo", "inkan"]\n', ""), 1, "entry[1].kind: missing"),
        (_FEE.replace("2026-04-01", '"2026-04-01"'), 4, "entry[1].effective_from: must be a date"),
        (_FEE.replace("value =", "effective_to = 2026-04-01\nvalue ="), 5, "entry[1].effective_to: must be after effective_from"),
        (_FEE.replace("value =", "values ="), 5, "entry[1].values: unknown; did you mean value?"),
        (_FEE + _FEE, 9, "entry[2].effective_from: another entry of this file begins at the same time"),
        ("x = 1\n" + _FEE, 1, "x: unknown"),
        ("", 1, "entry: missing"),
        ('[[entry]]\nitem = "policy"\nkind = "inkan"\neffective_from = 2026-04-01\nvalue = {}\n', 3, "policy is for the whole city"),
        ('[[entry]]\nitem = "planned_stop"\neffective_from = 2026-04-01\nvalue = { reason = "工事" }\n', 1, "entry[1].effective_to: missing: a planned stop ends"),
        ('[[entry]]\nitem = "planned_stop"\neffective_from = 2026-04-01\neffective_to = 2026-04-02\nvalue = { reason = "" }\n', 5, "entry[1].value.reason: must be text"),
        ('[[entry]]\nitem = "holidays"\nkind = "jumin"\neffective_from = 2026-04-01\nvalue = {}\n', 3, "entry[1].kind: must be one or several of"),
        (_SEAL.replace("width_mm = 21, ", ""), 4, "entry[1].value.width_mm: missing"),
        (_SEAL.replace("seal.png", "none.png"), 4, "none.png: no such file"),
        (_SEAL.replace("seal.png", "text.png"), 4, "is not a picture"),
        (_SEAL.replace("seal.png", "grey.png"), 4, "has greys: give threshold"),
        (_SEAL.replace("seal.png", "clear.png"), 4, "has transparent pixels"),
        (_SEAL.replace("seal.png", "white.png"), 4, "the seal's image is blank"),
        (_SEAL.replace("width_mm = 21", "width_mm = 210"), 4, "entry[1].value.width_mm: must be 1 to 60 millimetres"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_and_writes_nothing(tmp_path, text, line, words):
    """A wrong fee or seal never gets as far as the database."""
    seal = Image.new("1", (20, 10), 1)
    seal.putpixel((3, 4), 0)
    seal.save(tmp_path / "seal.png")
    Image.new("1", (20, 10), 1).save(tmp_path / "white.png")
    Image.new("L", (20, 10), 100).save(tmp_path / "grey.png")
    Image.new("RGBA", (20, 10), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(FileRefused) as caught:
        read_library_file(_file(tmp_path, text))
    problems = [f"{problem.line}: {problem.key}: {problem.reason}" for problem in caught.value.problems]
    assert any(problem.startswith(f"{line}: ") and words in problem for problem in problems), problems


def test_a_mistake_for_several_kinds_is_told_once(tmp_path):
    """One wrong value in an entry for two kinds is one mistake, and so is one entry for two kinds that stands there twice."""
    for text in (_FEE.replace("300", "-1"), _FEE + _FEE):
        with pytest.raises(FileRefused) as caught:
            read_library_file(_file(tmp_path, text))
        assert len(caught.value.problems) == 1


@pytest.mark.parametrize("suffix", ["png", "bmp"])
def test_a_seals_pixels_are_kept_exactly(tmp_path, suffix):
    """1 is ink, rows are padded to bytes, the most significant bit is leftmost."""
    seal = Image.new("1", (10, 2), 1)
    for place in ((0, 0), (9, 0), (1, 1)):
        seal.putpixel(place, 0)
    seal.save(tmp_path / f"seal.{suffix}")
    width, height, rows = read_seal_image(tmp_path / f"seal.{suffix}", None)
    assert (width, height, rows) == (10, 2, bytes([0b10000000, 0b01000000, 0b01000000, 0]))


def test_a_scan_is_cut_at_the_declared_threshold(tmp_path):
    """Which grey is ink is said in the file, never guessed."""
    scan = Image.new("L", (8, 1), 255)
    scan.putpixel((0, 0), 99)
    scan.putpixel((1, 0), 100)
    scan.save(tmp_path / "scan.png")
    assert read_seal_image(tmp_path / "scan.png", 100)[2] == bytes([0b10000000])


def test_the_demos_seal_is_the_one_that_the_script_draws(tmp_path):
    """The committed picture is our own drawing, and can be made again."""
    shutil.copy(_DEMO / "make_official_seal.py", tmp_path)
    subprocess.run([sys.executable, str(tmp_path / "make_official_seal.py")], check=True)
    drawn, kept = (read_seal_image(Path(folder) / "official_seal.png", None) for folder in (tmp_path, _DEMO))
    assert drawn == kept
    (seal,) = (
        entry for entry in read_library_file(_DEMO / "library.toml") if entry.item is Item.OFFICIAL_SEAL
    )
    assert seal.rows == kept[2]


def test_going_back_to_an_earlier_value_is_a_new_entry(config, tmp_path, capsys):
    """300, then 250 by mistake, then 300 again, all from the same day: the last word counts, though the first said the same."""
    for yen in (300, 250, 300):
        assert _import(config, _file(tmp_path, _FEE.replace("300", str(yen)))) == 0
        capsys.readouterr()
        assert _show(config, "--at", "2026-11-24") == 0
        assert f'fee 印鑑登録証明書: {{"yen": {yen}}}' in capsys.readouterr().out
