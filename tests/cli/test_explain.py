"""`konbinid explain`: who looked is written down first; what is shown is the register's."""

from __future__ import annotations

import cases
import pytest
from city_files import make_city_files
from town import Town

from konbinid.cli.main import main


@pytest.fixture
def town(database, keyring_folder):
    made = Town(database, keyring_folder)
    made.settle(*cases.family())
    made.register_seal(cases.HEAD, cases.seal())
    return made


@pytest.fixture
def explain(town, tmp_path):
    path = make_city_files(tmp_path)
    old = "host=127.0.0.1 port=5432 dbname=konbinid"
    path.write_text(path.read_text().replace(old, town.database.server.address(town.database.name)))

    def made(number, *arguments):
        return main(["explain", "--person", number, "--by", "見本 一郎", *arguments, "--config", str(path)])

    return made


def test_a_resident_is_explained_and_the_look_is_in_the_audit(explain, town, capsys):
    """Rules, the data's date, and who looked at whom."""
    assert explain(cases.HEAD, "--kind", "inkan") == 0
    shown = capsys.readouterr().out
    assert "✓ 1101 対象の登録がある" in shown
    assert "－ 1108" in shown
    audit = town.run("select actor, action, subject from ledger.audit where action = 'person.explain'")
    assert audit == [("見本 一郎", "person.explain", cases.HEAD)]


def test_a_hold_shows_its_category_to_staff_and_nothing_to_tell(explain, town, capsys):
    """Staff must know that it is a 支援措置, and that they must not say so."""
    town.run(
        "insert into people.hold select '01', '9', %s, '01', null, true, null, null, null, null, false, 0",
        (cases.HEAD,),
    )
    assert explain(cases.CHILD, "--kind", "juminhyo") == 0
    shown = capsys.readouterr().out
    assert "✗ 1102" in shown
    assert "支援措置" in shown
    assert "理由は伝えない" in shown.partition("案内:")[2]


def test_nobody_by_that_number(explain, capsys):
    """Said in a sentence; not shown as somebody against whom nothing stands."""
    assert explain("0000009999", "--kind", "juminhyo") == 0
    shown = capsys.readouterr().out
    assert "連携されたデータにいません" in shown
    assert "✗ 1101" in shown
    assert "－ 1102" in shown


def test_a_number_that_is_none(explain, town, capsys):
    """Refused before anything is looked at."""
    assert explain("12") == 1
    assert "ten digits" in capsys.readouterr().err
    assert town.run("select count(*) from ledger.audit where action = 'person.explain'") == [(0,)]
