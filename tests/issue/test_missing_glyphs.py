"""The look for characters without a glyph: what it finds, what it keeps, whom it tells, and when it is due again."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import cases
import pytest
from gaiji_news import bring
from glyph_town import DIGEST, FACES, LOST, question, settle

from konbinid.glyph_child import FontsChanged, look
from konbinid.issue.missing_glyphs import Search
from konbinid.store.direct import dial, read_now, transaction
from konbinid.store.glyph_look import Found, is_due, keep_look, read_look
from konbinid.store.state import clock

_ALERTS = (
    "select severity, subject, detail ->> 'text' from ops.alert where event = 'glyph_missing' order by id"
)


@pytest.fixture
def town(database, keyring_folder):
    return settle(database, keyring_folder)


def _asked(database, work):
    with closing(dial([database.dsn("office")], "test")) as made, transaction(made) as cur:
        return read_now(cur, work)


def _kept(database):
    return _asked(database, lambda tx: read_look(tx, DIGEST))


def _lacks(database):
    with closing(dial([database.dsn("office")], "test")) as made, transaction(made) as cur:
        return {(lack.whose, lack.field): lack.codes for lack in Search(made, cur, FACES)}


def _age(database, age):
    database.run("update ops.glyph_look set began_at = clock_timestamp() - %s", (age,))


def test_it_keeps_numbers_and_nobody(town, database):
    """Code points, fields and how many residents; 宛名番号, names and addresses stay where they are."""
    assert look(question(database)) == {"people": 3, "characters": 3, "new": 3}
    kept = _kept(database)
    found = {each.code: (each.people, dict(each.fields)) for each in kept.missing}
    assert found == {
        "U+E000": (1, {"name": 1}),
        "U+30EDE": (1, {"name": 1}),
        "U+845B U+E0100": (1, {"domicile": 1}),
    }
    assert (kept.people, kept.characters, kept.is_current) == (3, 3, True)
    everything = json.dumps(
        database.run("select to_jsonb(l)::text from ops.glyph_look l")
        + database.run("select to_jsonb(a)::text from ops.alert a"),
        ensure_ascii=False,
    )
    for personal in (cases.HEAD, cases.SPOUSE, cases.HOUSEHOLD_NUMBER, "\ue000", LOST, "見本県"):
        assert personal not in everything


def test_a_new_character_is_told_once(town, database):
    """Staff hear of each character when it first comes, and again when it had gone and comes back; never at every look."""
    look(question(database))
    assert [(severity, subject) for severity, subject, _ in database.run(_ALERTS)] == [
        ("warning", code) for code in ("U+30EDE", "U+845B U+E0100", "U+E000")
    ]
    assert "この文字を使う 1 人" in database.run(_ALERTS)[0][2]
    assert look(question(database))["new"] == 0
    bring(database, {"\ue000": 1})
    assert look(question(database)) == {"people": 3, "characters": 2, "new": 0}
    first = {each.code: each.since for each in _kept(database).missing}
    database.run("update people.person set former_name = '\ue001' where atena_number = %s", (cases.CHILD,))
    assert look(question(database))["new"] == 1
    assert [subject for _, subject, _ in database.run(_ALERTS)][3:] == ["U+E001"]
    assert {
        code: at for code, at in ((m.code, m.since) for m in _kept(database).missing) if code != "U+E001"
    } == first
    database.run("update people.person set former_name = ''")
    look(question(database))
    database.run("update people.person set former_name = '\ue001' where atena_number = %s", (cases.CHILD,))
    assert look(question(database))["new"] == 1


def test_a_resident_counts_once_however_often_a_character_comes(town, database):
    """Two fields and four tax years of one person are one person."""
    person = cases.family()[2]
    database.run(
        "update people.person set address = '見本市\ue055' where atena_number = %s", (person.atena_number,)
    )
    for year in (2023, 2024, 2025, 2026):
        town.assess(person.atena_number, replace(cases.tax_record(), year=year, address="見本市\ue055"))
    look(question(database))
    found = {each.code: (each.people, dict(each.fields)) for each in _kept(database).missing}
    assert found["U+E055"] == (1, {"address": 1, "tax_address": 1})


def test_what_no_paper_draws_is_not_missed(town, database):
    """A 振り仮名 that the family register does not have, a Japanese resident's 通称 and a foreign resident's 本籍 stand on no paper: whoever is
    named here must be one whom a kiosk would refuse."""
    before = _lacks(database)
    assert set(before) == {(cases.HEAD, "name"), (cases.SPOUSE, "domicile")}
    database.run(
        "update people.person set name_kana = '\ue010', kana_registered = false, alias = '\ue011' where atena_number = %s",
        (cases.CHILD,),
    )
    assert _lacks(database) == before
    database.run("update people.person set kana_registered = true where atena_number = %s", (cases.CHILD,))
    assert _lacks(database)[cases.CHILD, "name_kana"] == ("U+E010",)
    database.run("update people.person set resident_class = 2 where atena_number = %s", (cases.CHILD,))
    assert (cases.CHILD, "name_kana") not in _lacks(database)
    assert _lacks(database)[cases.CHILD, "alias"] == ("U+E011",)


def test_a_selector_of_the_next_field_is_no_part_of_this_one(town, database):
    """Fields are looked at one by one: 葛 at the end of one and a selector at the beginning of the next are not the sequence."""
    database.run(
        "update people.person set address = '葛', address_supplement = '\U000e0102' where atena_number = %s",
        (cases.CHILD,),
    )
    assert _lacks(database)[cases.CHILD, "address_supplement"] == ("U+E0102",)


def test_the_mayor_of_today_and_of_later_but_not_of_the_past(town, database):
    """Without the mayor's name no paper is made at all; one who has gone is on none any more."""
    for begins, code in (("2001-04-01", "\ue020"), ("2099-04-01", "\ue021")):
        number = database.run(
            "insert into library.entry (item, effective_from, value, entered_by) values ('mayor', %s, %s, 'one') returning id",
            (begins, json.dumps({"title": "市長", "name": code})),
        )[0][0]
        database.run("insert into library.approval (entry_id, approved_by) values (%s, 'two')", (number,))
    look(question(database))
    first = _kept(database).missing[0]
    assert (first.code, first.people, dict(first.fields)) == ("U+E021", 0, {"mayor": 1})
    assert ("error", "U+E021") in [(severity, subject) for severity, subject, _ in database.run(_ALERTS)]
    assert "U+E020" not in {each.code for each in _kept(database).missing}


def test_a_flood_is_a_sum(town, database):
    """When a whole font is missing, staff get twenty alerts and a sum, not thousands; the row stays within its bound."""
    now = _asked(database, clock)
    flood = {f"U+{0xF0000 + place:X}": (1, {"name": 1}) for place in range(6000)}
    _asked(database, lambda tx: keep_look(tx, Found(now, "x", 9, flood)))
    told = database.run(_ALERTS)
    assert len(told) == 21
    assert "ほかに 5,980 字" in told[-1][2]
    kept = _kept(database)
    assert (kept.characters, len(kept.missing)) == (6000, 5000)


def test_an_older_look_does_not_replace_a_newer_one(town, database):
    """Two hosts whose lease moved in the middle of a look: what began later counts; one of a time to come was made under a wrong clock and goes."""
    now = _asked(database, clock)
    new = Found(now, "new", 1, {})
    _asked(database, lambda tx: keep_look(tx, new))
    old = replace(new, began_at=now - timedelta(minutes=1), missing={"U+E000": (1, {"name": 1})})
    assert _asked(database, lambda tx: keep_look(tx, old)) == 0
    assert _kept(database).characters == 0
    _age(database, timedelta(days=-365))
    assert _asked(database, lambda tx: keep_look(tx, old)) == 1


def test_when_it_is_due(town, database):
    """At the start, after a change with a pause, after a day; not before, not for a heartbeat, and at once when the clock was wrong."""

    def due(fonts=DIGEST):
        return _asked(database, lambda tx: is_due(tx, fonts))

    assert due()
    look(question(database))
    assert not due("another font")  # changed, but looked at just now
    _age(database, timedelta(minutes=11))
    assert not due()
    assert due("another font")
    _age(database, timedelta(hours=25))
    assert due()
    _age(database, timedelta(hours=-1))
    assert due()

    _age(database, timedelta(minutes=11))
    _file(database, "JUMIN", 1, moved=0)
    assert not due()
    _file(database, "INKAN", 2, moved=5)
    assert not due()
    _file(database, "JUMIN", 3, moved=5)
    assert due()
    database.run("update ops.glyph_look set seconds = 60")
    assert not due()  # a look of a minute: after twenty of them
    _age(database, timedelta(minutes=21))
    assert due()
    look(question(database))
    _age(database, timedelta(minutes=21))
    assert not due()
    bring(database, {"\ue000": 1})
    assert due()


def _file(database, feed, sequence, *, moved):
    database.run(
        "insert into intake.incoming (name, feed, stamp, sequence, full_file, rows, sha256, bytes, state, added, changed, removed, applied_at) "
        "values (%s, %s, now(), %s, false, %s, %s, 1, 'applied', 0, %s, 0, clock_timestamp())",
        (f"{feed}_{sequence}", feed, sequence, moved, bytes([sequence]), moved),
    )


def test_another_font_on_the_disk_is_no_look(town, database):
    """What would be said of other glyphs than those that are printed with is worth nothing."""
    with pytest.raises(FontsChanged):
        look(question(database) | {"digest": "0" * 64})
    assert _kept(database) is None
