"""`konbinid explain`: who looked is written down first; what is shown is the register's."""

from __future__ import annotations

import cases
import pytest
from city_files import make_city_files, make_printing_city
from gaiji_news import bring
from register_town import ELSEWHERE_CARD, apply_for_registration, hold_member, settle_registers
from town import Town, card

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


@pytest.fixture
def shown(town, tmp_path, capsys):
    """Runs it with this repository's forms and fonts, without `--person`; gives what was shown."""
    path = make_printing_city(tmp_path, town.database.server.address(town.database.name))

    def made(*arguments):
        capsys.readouterr()
        assert main(["explain", "--by", "見本 一郎", *arguments, "--config", str(path)]) == 0
        return capsys.readouterr().out

    return made


def test_a_resident_is_explained_and_the_look_is_in_the_audit(explain, town, capsys):
    """Rules, the data's date, and who looked at whom."""
    assert explain(cases.HEAD, "--kind", "inkan") == 0
    shown = capsys.readouterr().out
    assert "✓  1101 対象の登録がある" in shown
    assert "－ 1106・1107・1108" in shown
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
    assert "✗  1102" in shown
    assert "支援措置" in shown
    assert "理由は伝えない" in shown.partition("    案内  ")[2]


def test_nobody_by_that_number(explain, capsys):
    """Said in a sentence; not shown as somebody against whom nothing stands."""
    assert explain("0000009999", "--kind", "juminhyo") == 0
    shown = capsys.readouterr().out
    assert "この宛名番号の人はいません" in shown
    assert "✗  1101" in shown
    assert "－ 1102" in shown


def test_a_number_that_is_none(explain, town, capsys):
    """Refused before anything is looked at."""
    assert explain("12") == 1
    assert "ten digits" in capsys.readouterr().err
    assert town.run("select count(*) from ledger.audit where action = 'person.explain'") == [(0,)]


def test_the_paper_is_tried_and_the_character_is_told(shown, town):
    """1301 by cell and code point; the name stands nowhere, and nothing is written but the look."""
    town.run("update people.person set name = %s where atena_number = %s", ("見本　\ue123子", cases.SPOUSE))
    said = shown("--person", cases.HEAD, "--kind", "juminhyo")
    assert "選び方により交付できます" in said
    assert "2人目の氏名 (U+E123)" in said
    assert "✓  1301 印字できる: 本人のみ・選択項目なし" in said
    assert "\ue123" not in said
    assert "000000000000" not in said
    assert town.count("issuance") == town.count("document") == 0


def test_the_gaiji_of_the_instant_count(shown, town):
    """A character that came today is there today; of an hour ago it is said as it was then, unless asked otherwise."""
    town.run("update people.person set name = %s where atena_number = %s", ("\ue000田　太郎", cases.HEAD))
    assert "(U+E000)" in shown("--person", cases.HEAD, "--kind", "juminhyo")
    before = town.run("select clock_timestamp()")[0][0].astimezone(cases.JST)
    bring(town.database, {"\ue000": 1})
    assert "(U+E000)" not in shown("--person", cases.HEAD, "--kind", "juminhyo")
    then = ("--as-known-at", before.replace(tzinfo=None).isoformat())
    assert "(U+E000)" in shown("--person", cases.HEAD, "--kind", "juminhyo", *then)


def test_a_past_instant_is_answered_as_it_was_known_then(shown, town):
    """0026: the library came in today; a day before it nothing was offered, whatever dates the entries name."""
    past = ("--person", cases.HEAD, "--kind", "inkan", "--at", "2026-06-01T10:00")
    town.run("update people.credential set issued_on = '20200101'")
    then = shown(*past)
    assert "✗  1105" in then
    assert "過去のものは残りません" in then
    assert "－ 1202" in then
    assert "－ 1203" in then
    assert "あとから承認・取下げされたものでは違います" in then
    now = shown(*past, "--as-known-at", "now")
    assert "✓  1105" in now
    assert "指定による" in now
    assert "その時点で" not in now


def _incoming(town, name, state):
    feed, stamp = name.split("_")[0], "2026-11-24 10:00"
    return town.run(
        "insert into intake.incoming (name, feed, stamp, sequence, full_file, rows, sha256, bytes, state) "
        "values (%s, %s, %s, 1, false, 1, '\\x00', 1, %s) returning id",
        (name, feed, stamp, state),
    )[0][0]


def test_a_provisional_hold_names_its_file(shown, town):
    """Whoever reads must know what to resolve: the file's number, name and state, by person, by digest, by household, and for a whole feed."""
    one = _incoming(town, "ZEI_20261124100000_000001_D.dat", "rejected")
    two = _incoming(town, "JPKI_20261124100000_000001_D.csv", "held")
    three = _incoming(town, "JUMIN_20261124100000_000001_D.csv", "waiting")
    four = _incoming(town, "INKAN_20261124100000_000001_D.csv", "rejected")
    town.run("insert into people.doubt (incoming_id, atena_number) values (%s, %s)", (one, cases.SPOUSE))
    town.run(
        "insert into people.doubt (incoming_id, resident_code_digest) values (%s, %s)",
        (two, town.resident_code(cases.HEAD)),
    )
    town.run(
        "insert into people.doubt (incoming_id, household_number) values (%s, %s)",
        (three, cases.HOUSEHOLD_NUMBER),
    )
    town.run("insert into people.feed_doubt (incoming_id, feed) values (%s, 'INKAN')", (four,))
    household = shown("--person", cases.HEAD, "--kind", "juminhyo")
    assert (
        f"確認待ちのファイル {one} ZEI_20261124100000_000001_D.dat (誤りがあり、取り込んでいない、"
        in household
    )
    assert f"確認待ちのファイル {two} JPKI_" in household
    assert f"確認待ちのファイル {three} JUMIN_" in household
    assert f"ファイル {four} " not in household
    own = shown("--person", cases.HEAD, "--kind", "inkan")
    assert [f"ファイル {number} " in own for number in (one, two, three, four)] == [False, True, False, True]


def test_whoever_holds_a_credential(shown, town):
    """A resident's card shows the resident and is noted for both; a stranger's shows the register kinds only, and its serial is never written."""
    settle_registers(town)
    key = card(cases.HEAD)
    said = shown("--credential", f"card:00{key.serial.upper()}")
    assert f"宛名番号 {cases.HEAD}" in said
    assert "住民票の写し" in said
    audit = "select action, subject from ledger.audit where action like '%%.explain' order by id"
    assert town.run(audit) == [
        ("credential.explain", f"CARD:…{key.serial[-4:]}"),
        ("person.explain", cases.HEAD),
    ]
    said = shown("--credential", f"CARD:{ELSEWHERE_CARD.serial}")
    assert "申込みがありません" in said
    assert "住民票の写し" not in said
    assert "戸籍の附票の写し: 交付できません (1001)" in said
    assert town.run(audit)[2:] == [("credential.explain", f"CARD:…{ELSEWHERE_CARD.serial[-4:]}")]
    assert ELSEWHERE_CARD.serial not in said


@pytest.mark.parametrize("text", ["CARD", "CARD:", "TAPE:1a", "CARD:xyz", "CARD:000"])
def test_a_credential_that_is_none(shown, text, capsys):
    """Refused with the form that is wanted."""
    with pytest.raises(SystemExit):
        shown("--credential", text)
    assert "CARD or PHONE" in capsys.readouterr().err


def test_without_forms_and_fonts_the_rules_are_shown_all_the_same(explain, capsys):
    """A server that cannot print says so, instead of saying nothing."""
    assert explain(cases.HEAD, "--kind", "juminhyo") == 0
    said = capsys.readouterr().out
    assert "試していません" in said
    assert "－ 1301" in said


def test_a_hold_by_the_member_of_a_register_is_shown(shown, town):
    """Decision 0029: the core of the kiosk path reaches the resident by 戸籍番号 and 構成員番号, so explain does; in doubt, it names the file."""
    settle_registers(town)
    assert "✓  1102" in shown("--person", cases.SPOUSE, "--kind", "juminhyo")
    town.run(
        "insert into people.hold select '01', '9', null, '01', null, false, null, null, %s, '02', false, 0",
        (cases.REGISTER_NUMBER,),
    )
    said = shown("--person", cases.SPOUSE, "--kind", "juminhyo")
    assert "✗  1102" in said
    assert "支援措置" in said
    number = _incoming(town, "YOKUSHI_20261124100000_000001_D.csv", "rejected")
    town.run(
        "insert into people.doubt (incoming_id, register_number, held_member) values (%s, %s, '02')",
        (number, cases.REGISTER_NUMBER),
    )
    assert f"確認待ちのファイル {number} YOKUSHI_" in shown("--person", cases.SPOUSE, "--kind", "inkan")
    assert f"ファイル {number} " not in shown("--person", cases.HEAD, "--kind", "inkan")


def test_doubt_about_a_registered_card_names_its_file(shown, town):
    """Nobody here has the 住民票コード; the card's look tells what it waits for."""
    settle_registers(town)
    town.run(
        "insert into people.credential values (1, %s, 'x', null, null, 1, true, 0)", (ELSEWHERE_CARD.serial,)
    )
    town.run(
        "insert into ledger.application values ('A-0000000001', now(), 'CARD', %s, 1, '', '', now(), '', '', '', '', '', '')",
        (ELSEWHERE_CARD.serial,),
    )
    town.run(
        "insert into ledger.application_decision values ('A-0000000001', now(), 'x', true, '', %s, %s, %s, %s)",
        (cases.REGISTER_NUMBER, cases.ELSEWHERE, cases.ELSEWHERE_NAME, cases.ELSEWHERE_BIRTH),
    )
    number = _incoming(town, "JPKI_20261124100000_000001_D.csv", "rejected")
    town.run("insert into people.doubt (incoming_id, resident_code_digest) values (%s, 'x')", (number,))
    said = shown("--credential", f"CARD:{ELSEWHERE_CARD.serial}", "--kind", "koseki_zenbu")
    assert "✗  1104" in said
    assert f"確認待ちのファイル {number} JPKI_" in said


NUMBER = "A-0000000001"
REGISTERED = ("戸籍全部事項証明書", "戸籍個人事項証明書", "戸籍の附票の写し")


@pytest.fixture
def registrations(town, tmp_path, capsys):
    """`konbinid registrations`, as staff use it."""
    path = make_printing_city(tmp_path, town.database.server.address(town.database.name))

    def made(*arguments):
        status = main(["registrations", *arguments, "--by", "見本 次郎", "--config", str(path)])
        said = capsys.readouterr()
        assert status == 0, said.err

    return made


def test_an_approved_registration_is_explained_from_application_to_end(shown, registrations, town):
    """A card of somebody who lives elsewhere: nothing while it waits, the three register kinds after the approval, closed by a hold on the member, nothing again when it
    was ended; each look stands in the audit by the serial's end, and no name or number of anybody is shown."""
    settle_registers(town)
    look = ("--credential", f"CARD:{ELSEWHERE_CARD.serial}")
    apply_for_registration(town, NUMBER)
    waiting = shown(*look)
    assert f"利用登録        審査待ち (申込番号 {NUMBER})" in waiting
    assert all(f"{title}: 交付できません (1001)" in waiting for title in REGISTERED)
    registrations("approve", NUMBER, "--register", cases.REGISTER_NUMBER, "--member", cases.ELSEWHERE)
    approved = shown(*look)
    assert f"利用登録        承認済み (申込番号 {NUMBER})" in approved
    assert all(f"{title}: 規則のうえでは交付できます" in approved for title in REGISTERED)
    assert "住民票の写し" not in approved
    assert "住民            なし" in approved
    hold_member(town, cases.ELSEWHERE)
    held = shown(*look, "--kind", "koseki_kojin")
    assert "戸籍個人事項証明書: 交付できません (1102)" in held
    town.run("update people.koseki set name = %s where member = %s", ("見本　近子", cases.ELSEWHERE))
    assert f"承認済み (申込番号 {NUMBER})。戸籍の記載が変わったため、効力がありません" in shown(*look)
    registrations("end", NUMBER, "--reason", "本人の申出")
    ended = shown(*look)
    assert f"終了 (申込番号 {NUMBER})" in ended
    assert all(f"{title}: 交付できません (1001)" in ended for title in REGISTERED)
    for said in (waiting, approved, held, ended):
        assert not [word for word in (cases.ELSEWHERE_NAME, "遠子", ELSEWHERE_CARD.serial) if word in said]
    audit = "select actor, action, subject from ledger.audit where action like '%%.explain' or action like 'registration.%%' order by id"
    look_noted = ("見本 一郎", "credential.explain", f"CARD:…{ELSEWHERE_CARD.serial[-4:]}")
    assert town.run(audit) == [
        look_noted,
        ("見本 次郎", "registration.approve", NUMBER),
        look_noted,
        look_noted,
        look_noted,
        ("見本 次郎", "registration.end", NUMBER),
        look_noted,
    ]
