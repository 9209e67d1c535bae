"""`konbinid fonts`: who would be refused at a kiosk for a character, found before anybody stands there; no name on the screen."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import cases
import pytest
from gaiji_news import bring
from gaiji_samples import eudc
from running_daemon import make_city
from town import ROOT, Town

from konbinid.cli.main import main
from konbinid.domain.person import ResidentState

LOST, SEQUENCE = "\U00030ede", "葛\U000e0100"


@pytest.fixture
def city(tmp_path, database, keyring_folder):
    """A family with a 外字, a character of plane 3 and a sequence that IPAmj明朝 has not; and one who moved out with another."""
    town = Town(database, keyring_folder)
    head, spouse, child = cases.family()
    town.settle(
        replace(head, name=f"\ue000田　{LOST}"),
        replace(spouse, name="田　葛\U000e0102", domicile=f"見本県{SEQUENCE}城市"),
        child,
        replace(cases.child(), atena_number="0000000099", name="\ue009", state=ResidentState.MOVED_OUT),
    )
    folder = tmp_path / "city"
    folder.mkdir()
    return make_city(folder, database)


def test_missing_names_person_field_and_code_points(city, database, capsys):
    """One line for each text, a sum for each code point; status 1, so that a timer can tell. The name itself is never shown."""
    assert main(["fonts", "missing", "--by", "見本 一郎", "--config", str(city)]) == 1
    shown = capsys.readouterr()
    assert f"{cases.HEAD}  name  U+E000, U+30EDE" in shown.out.splitlines()
    assert f"{cases.SPOUSE}  domicile  U+845B U+E0100" in shown.out.splitlines()
    assert "U+30EDE: 1 texts" in shown.out
    assert "U+E009" not in shown.out
    assert "3 characters have no glyph" in shown.err
    assert not {"田", "\ue000", LOST, "見本"} & set(shown.out)

    bring(database, {"\ue000": 1})
    assert main(["fonts", "missing", "--summary", "--config", str(city)]) == 1
    shown = capsys.readouterr()
    assert shown.out.splitlines() == ["U+30EDE: 1 texts", "U+845B U+E0100: 1 texts"]


def test_who_sees_numbers_is_in_the_audit(city, database, capsys):
    """A list of 宛名番号 is somebody's data: nobody gets it without a name, and a summary, which shows nobody, needs none."""
    looks = "from ledger.audit where action = 'fonts.missing'"
    assert main(["fonts", "missing", "--config", str(city)]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "--by NAME" in shown.err
    assert main(["fonts", "missing", "--summary", "--config", str(city)]) == 1
    assert database.run(f"select count(*) {looks}") == [(0,)]
    assert main(["fonts", "missing", "--by", "見本 一郎", "--config", str(city)]) == 1
    assert database.run(f"select actor {looks}") == [("見本 一郎",)]


def test_nothing_missing_is_status_0(city, database, capsys):
    """And says how much was looked through."""
    bring(database, {"\ue000": 1})
    database.run("update people.person set name = '田　葛', domicile = ''")
    assert main(["fonts", "missing", "--by", "見本 一郎", "--config", str(city)]) == 0
    assert "0 characters have no glyph" in capsys.readouterr().err


def test_what_the_tax_record_and_the_mayor_print_counts_too(city, database, capsys):
    """The address of 1 January is the tax record's own; without the mayor's name no paper at all is made."""
    columns = database.run(
        "select column_name, data_type from information_schema.columns "
        "where table_schema = 'people' and table_name = 'tax' and is_nullable = 'NO' and column_default is null"
    )
    values = {name: "false" if kind == "boolean" else "1" for name, kind in columns}
    values |= {"year": "2026", "atena_number": f"'{cases.CHILD}'", "address": "'見本市\ue055'", "name": "'x'"}
    database.run(f"insert into people.tax ({', '.join(values)}) values ({', '.join(values.values())})")
    number = database.run(
        "insert into library.entry (item, effective_from, value, entered_by) "
        'values (\'mayor\', clock_timestamp(), \'{"title": "市長", "name": "\ue056"}\', \'one\') returning id'
    )[0][0]
    database.run("insert into library.approval (entry_id, approved_by) values (%s, 'two')", (number,))
    assert main(["fonts", "missing", "--by", "見本 一郎", "--config", str(city)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert f"{cases.CHILD}  tax_address  U+E055" in lines
    assert f"library {number}  mayor  U+E056" in lines


def test_coverage_by_face_and_as_a_whole(city, database, capsys):
    """Planes, sequences, and what is missing of JIS X 0213; the city's 外字 when the database is asked."""
    assert main(["fonts", "coverage", "--config", str(city)]) == 0
    alone = capsys.readouterr().out
    assert "IPAmjMincho  (61,179 glyphs): 54,517 characters" in alone
    assert "11,474  variation sequences" in alone
    assert "25,745  CJK extension B (plane 2)" in alone
    assert "JIS X 0213: 38 of 11,210" in alone
    assert "private characters" not in alone
    bring(database, {"\ue000": 1, "\ue001": 2})
    assert main(["fonts", "coverage", "--with-database", "--config", str(city)]) == 0
    assert "2  private characters" in capsys.readouterr().out


def test_a_font_that_is_not_there_is_told(city, capsys, monkeypatch):
    """As everywhere: the file and what to do."""
    monkeypatch.setenv("KONBINID_FONT", "/nowhere.ttf")
    assert main(["fonts", "coverage", "--config", str(city)]) == 1
    assert "IPAmj明朝" in capsys.readouterr().err


def test_gaiji_that_a_face_declares_keep_the_daemon_from_starting(city, database, capsys):
    """fonts.toml gives U+E000 to a base face while the city's 外字 in force has it too: two glyphs for one character, told before it prints."""
    bring(database, {"\ue000": 1})
    style = city.parent / "style.ttf"
    style.write_bytes(eudc({"\ue000": 5}))
    listed = (ROOT / "fonts" / "fonts.toml").read_text(encoding="utf-8")
    own = city.parent / "fonts.toml"
    own.write_text(
        f'{listed}\n[[face]]\nid = "Style"\ntitle = "追加"\nfile = "style.ttf"\nlicence = "-"\nsource = "-"\n'
        f'sha256 = "{sha256(style.read_bytes()).hexdigest()}"\nprivate = ["U+E000-U+E0FF"]\n',
        encoding="utf-8",
    )
    city.write_text(city.read_text().replace(str(ROOT / "fonts" / "fonts.toml"), str(own)))
    assert main(["check-config", "--config", str(city)]) == 0
    assert main(["check-config", "--with-database", "--config", str(city)]) == 1
    assert "U+E000" in capsys.readouterr().err
    assert main(["fonts", "coverage", "--config", str(city)]) == 0
    assert "Style  (2 glyphs): 1 characters" in capsys.readouterr().out
