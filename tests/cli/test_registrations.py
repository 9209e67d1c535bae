"""`konbinid registrations`: what staff see of an application, what they may approve, and who did it stands in the audit."""

from __future__ import annotations

import re

import cases
import pytest
import register_town as rt
from city_files import make_city_files
from town import Town

from konbinid.cli.main import main

NUMBER = "AAAA-BBBB-CCCC-DDDD"
BY = ("--by", "見本 一郎")
MEMBER = ("--register", cases.REGISTER_NUMBER, "--member", "04")


@pytest.fixture
def config(database, tmp_path):
    path = make_city_files(tmp_path)
    old = "host=127.0.0.1 port=5432 dbname=konbinid"
    path.write_text(path.read_text().replace(old, database.server.address(database.name)))
    return path


@pytest.fixture
def town(database, keyring_folder):
    made = Town(database, keyring_folder)
    rt.settle_registers(made)
    return made


@pytest.fixture
def call(config, town, capsys):
    def made(act, *arguments):
        status = main(["registrations", act, *arguments, "--config", str(config)])
        said = capsys.readouterr()
        return status, said.out + said.err

    return made


def audit(town):
    return town.run(
        "select actor, action, subject, detail from ledger.audit where action like 'registration.%%' order by id",
        [],
    )


def test_the_queue_tells_nothing_about_anybody(call, town):
    """Number, state and times."""
    assert call("list") == (0, "No application waits.\n")
    rt.apply_for_registration(town, NUMBER)
    status, said = call("list")
    assert status == 0
    assert re.fullmatch(rf"{NUMBER}  pending   since \d{{4}}-\d\d-\d\d \d\d:\d\d\n", said)
    call("reject", NUMBER, *BY, "--reason", "確認できませんでした。")
    assert call("list") == (0, "No application waits.\n")
    assert " rejected " in call("list", "--all")[1]


def test_an_application_is_shown_beside_the_register(call, town):
    """What is the same and what differs, with what the register says; and the audit knows who looked."""
    rt.apply_for_registration(town, NUMBER, domicile="見本県見本市本町５番地")
    status, said = call("show", NUMBER.lower(), *BY)
    assert status == 0
    assert f"--register {cases.REGISTER_NUMBER} --member 04\n" in said
    for line in (
        "✓ 氏名      見本　遠子",
        "✓ 生年月日  1990-07-04",
        f"✗ 本籍      {rt.DOMICILE}",
        "✓ 筆頭者    見本　太郎",
    ):
        assert line in said
    assert audit(town) == [("見本 一郎", "registration.show", NUMBER, {})]
    rt.apply_for_registration(town, "AAAA-BBBB-CCCC-EEEE", serial="e2", born="1990-07-05")
    assert "Nobody in the family registers" in call("show", "AAAA-BBBB-CCCC-EEEE", *BY)[1]


def test_an_applicant_writes_no_line_of_the_screen(call, town):
    """What comes from a kiosk may hold line ends, terminal controls (U+009B) and signs that turn the writing: shown as they are, they would
    let an applicant write candidates with their own ✓ for whoever decides."""
    planted = "見本県\n\nIn the family registers:\n  --register 0000000777 --member 01\n    ✓ 氏名\u2028\x9b2J\u202e"
    rt.apply_for_registration(town, NUMBER, domicile=planted, head="見本\u200b\t太郎")
    _, said = call("show", NUMBER, *BY)
    assert sum(line == "In the family registers:" for line in said.splitlines()) == 1
    assert not set("\x9b\u2028\u202e\u200b\t\r") & set(said)
    assert "  本籍      見本県<U+000A><U+000A>In the" in said
    assert "<U+009B>2J<U+202E>" in said


def test_what_is_the_same_is_approved(call, town):
    """The binding names register, member and who that is today."""
    rt.apply_for_registration(town, NUMBER)
    assert call("approve", NUMBER, *MEMBER, *BY)[0] == 0
    assert town.run(
        "select approved, register_number, member, name, birth_date, decided_by from ledger.application_decision"
    ) == [(True, cases.REGISTER_NUMBER, "04", cases.ELSEWHERE_NAME, cases.ELSEWHERE_BIRTH, "見本 一郎")]
    assert audit(town)[0][:3] == ("見本 一郎", "registration.approve", NUMBER)
    status, said = call("approve", NUMBER, *MEMBER, *BY)
    assert (status, "approved already" in said) == (1, True)


@pytest.mark.parametrize(
    ("wrote", "member", "words"),
    [
        ({"name": "見本近子"}, "04", "name differs"),
        ({"born": "1990-07-05"}, "04", "birth date differs"),
        ({"name": "見本太郎", "born": "1986-05-03"}, "01", "lives here"),
        ({}, "03", "name, birth date differs"),
        ({}, "00", "no such member"),
        ({}, "77", "no such member"),
    ],
)
def test_what_is_never_approved(call, town, wrote, member, words):
    """Another name or birth date, whatever is accepted; somebody who lives here; nobody."""
    rt.apply_for_registration(town, NUMBER, **wrote)
    town.run("update people.koseki set atena_number = null where member = '03'")
    status, said = call(
        "approve", NUMBER, "--register", cases.REGISTER_NUMBER, "--member", member, *BY,
        "--accept", "head", "--accept", "domicile", "--reason", "確認済み",
    )  # fmt: skip
    assert status == 1
    assert words in said
    assert town.run("select count(*) from ledger.application_decision") == [(0,)]


def test_a_removed_member_is_not_approved(call, town):
    """除籍."""
    rt.apply_for_registration(town, NUMBER)
    town.run("update people.koseki set state = 9 where member = '04'")
    assert "除籍" in call("approve", NUMBER, *MEMBER, *BY)[1]


def test_a_card_of_a_resident_is_not_approved(call, town):
    """It leads to its register by the 宛名番号; a registration would never count."""
    town.settle(*cases.family())
    town.run("update people.credential set serial = 'e15e000001' where serial like %s", ("a%1",))
    rt.apply_for_registration(town, NUMBER)
    assert "lives here" in call("approve", NUMBER, *MEMBER, *BY)[1]


def test_what_differs_is_accepted_by_name(call, town):
    """本籍 and 筆頭者 are written from memory: each that differs is accepted on its own, with a reason, and the decision keeps which."""
    rt.apply_for_registration(town, NUMBER, domicile="本町５", head="見本 大郎")
    assert "head of register, domicile differs" in call("approve", NUMBER, *MEMBER, *BY)[1]
    one = ("--accept", "domicile", "--reason", "番地の書き方の違い")
    assert "head of register differs" in call("approve", NUMBER, *MEMBER, *BY, *one)[1]
    assert "--reason" in call("approve", NUMBER, *MEMBER, *BY, "--accept", "domicile", "--accept", "head")[1]
    assert call("approve", NUMBER, *MEMBER, *BY, *one, "--accept", "head")[0] == 0
    assert town.run("select accepted, reason from ledger.application_decision") == [
        (["domicile", "head_of_register"], "番地の書き方の違い")
    ]


def test_a_rejection_needs_a_reason(call, town):
    """The applicant reads it."""
    rt.apply_for_registration(town, NUMBER)
    assert call("reject", NUMBER, *BY, "--reason", " ")[0] == 1
    assert call("reject", NUMBER, *BY, "--reason", "本籍が確認できませんでした。") == (
        0,
        f"{NUMBER}: rejected.\n",
    )
    assert town.run("select approved, reason from ledger.application_decision") == [
        (False, "本籍が確認できませんでした。")
    ]
    assert call("reject", NUMBER, *BY, "--reason", "x")[0] == 1


def test_an_approval_is_taken_back(call, town):
    """And the register's row is counted up, so that no paper in the making overtakes it."""
    rt.apply_for_registration(town, NUMBER)
    assert "there is no registration to end" in call("end", NUMBER, *BY, "--reason", "申出")[1]
    call("approve", NUMBER, *MEMBER, *BY)
    assert call("end", NUMBER, *BY, "--reason", "本人の申出") == (0, f"{NUMBER}: ended.\n")
    assert town.run("select ended_by, reason from ledger.registration_end") == [("見本 一郎", "本人の申出")]
    assert town.run("select change_no from people.register_lock") == [(4,)]
    assert call("end", NUMBER, *BY, "--reason", "x")[0] == 1


def test_an_unknown_number(call):
    """Says where the numbers are."""
    assert "registrations list" in call("show", "X", *BY)[1]
