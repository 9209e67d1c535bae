"""Doubt closes the person, not the city: who is held, by which file, and until when (contract 2)."""

from __future__ import annotations

from hashlib import sha256

import pytest

from konbinid.store.keyring import Keyring


def test_people_of_bad_rows_are_held_as_far_as_they_can_be_read(hall, rows):
    """The person whose row is bad is the one in doubt."""
    hall.take("JUMIN", [rows.person(1), rows.person(2, name=""), rows.person(3, state="9")])
    assert hall.doubted() == {"1", "2", "3"}
    assert hall.run("select count(*) from people.feed_doubt") == [(0,)]


def test_a_provisional_hold_counts_up_the_household(hall, rows):
    """It closes papers of the household, so papers in the making must notice it."""
    hall.take("JUMIN", [rows.person(1, 10), rows.person(2, 10), rows.person(3, 20)])
    before = hall.change_numbers()
    hall.take("YOKUSHI", [rows.hold(1, "a", category="77")])
    assert hall.doubted() == {"1"}
    assert {n for n, count in hall.change_numbers().items() if count > before[n]} == {1, 2}


def test_a_provisional_hold_for_somebody_unknown_counts_when_the_person_appears(hall, rows):
    """The hold is there before the person is."""
    hall.take("YOKUSHI", [rows.hold(8, "a", category="77")])
    hall.take("JUMIN", [rows.person(8)])
    held = hall.run("select p.atena_number from people.person p join people.doubt d using (atena_number)")
    assert held == [("0000000008",)]


def test_residents_of_jpki_are_held_by_their_digest(hall, rows):
    """住民票コード is known as a digest only; the resident's lock counts up."""
    hall.take("JUMIN", [rows.person(1), rows.person(2, 2)])
    before = hall.change_numbers()
    hall.take("JPKI", [rows.serial(1, "ab"), rows.serial(5, "cd", state="7")])
    keyring = Keyring.load(hall.keys)
    expected = {keyring.digest("resident_code", rows.resident_code(n)) for n in (1, 5)}
    assert {bytes(row[0]) for row in hall.run("select resident_code_digest from people.doubt")} == expected
    assert {n for n, count in hall.change_numbers().items() if count > before[n]} == {1}


def test_who_lives_elsewhere_is_held_by_the_register(hall, rows):
    """戸籍番号 names the person."""
    hall.take(
        "YOKUSHI",
        [rows.hold(1, "a", atena_number="", register_number="K-1", register_member="01", category="77")],
    )
    assert hall.run("select register_number from people.doubt") == [("K-1",)]


def test_the_person_that_the_register_has_under_a_key_is_held_too(hall, rows):
    """A row that moves a hold or a seal from one person to another is about both."""
    hall.take("YOKUSHI", [rows.hold(1, "a")])
    hall.take("INKAN", [rows.seal(2, "100")], attachments={"100.bmp": rows.bmp()})
    hall.take("YOKUSHI", [rows.hold(3, "a"), rows.hold(4, "x", category="77")])
    assert hall.doubted() == {"1", "3", "4"}
    hall.take("INKAN", [["9", "", "100", "", "", "", "", "", ""], rows.seal(6, "600")])
    assert hall.doubted() == {"1", "3", "4", "2", "6"}


def test_the_person_that_the_register_has_under_a_bad_rows_key_is_held_too(hall, rows):
    """A bad row may be the one that takes a seal, a hold or a card from one person and gives it to another."""
    hall.take("JUMIN", [rows.person(5, 5)])
    hall.take("YOKUSHI", [rows.hold(1, "a")])
    hall.take("INKAN", [rows.seal(2, "100")], attachments={"100.bmp": rows.bmp()})
    hall.take("JPKI", [rows.serial(5, "ab")])
    hall.take("YOKUSHI", [rows.hold(3, "a", category="77")])
    assert hall.doubted() == {"1", "3"}
    hall.take("INKAN", [rows.seal(4, "100", "2", name_kind="7")])
    assert hall.doubted() == {"1", "3", "2", "4"}
    before = hall.change_numbers()[5]
    hall.take("JPKI", [rows.serial(9, "ab", state="7")])
    assert hall.run("select count(*) from people.doubt where resident_code_digest is not null") == [(2,)]
    assert hall.change_numbers()[5] > before


def test_a_household_is_held_by_whoever_would_be_new_in_it(hall, rows):
    """The newcomer's own hold reaches nobody: the household is held by its number, whether the row is good, bad in another column, or its
    宛名番号 cannot be read; and only until the file is resolved."""
    hall.take("JUMIN", [rows.person(1, 10), rows.person(2, 20), rows.person(3, 30)], sequence=1)
    before = hall.change_numbers()
    newcomers = [
        rows.person(7, 10),
        rows.person(8, 20, sex="7"),
        rows.person(9, 30, atena_number="12"),
    ]
    assert hall.take("JUMIN", newcomers, sequence=2) == "rejected"
    households = "select household_number from people.doubt where household_number is not null order by 1"
    assert hall.run(households) == [("0000000010",), ("0000000020",), ("0000000030",)]
    assert {n for n, count in hall.change_numbers().items() if count > before.get(n, 0)} >= {1, 2, 3}
    hall.take("JUMIN", [rows.person(7, 10, relationship="子")], sequence=2)
    assert hall.run(households) == []


def test_a_waiting_file_holds_the_household_that_somebody_would_join(hall, rows):
    """Not its turn yet: nothing is wrong with the row, and nobody knows whether it will stand."""
    hall.take("JUMIN", [rows.person(1, 10)], sequence=1)
    hall.take("JUMIN", [rows.person(7, 10, relationship="子")], sequence=3)
    assert hall.run("select household_number from people.doubt where household_number is not null") == [
        ("0000000010",)
    ]


def test_unreadable_keys_close_the_feeds_kinds(hall, rows):
    """YOKUSHI, INKAN, JPKI: nobody knows whom the row was about, so every kind that depends on the feed closes, until it is resolved."""
    bad_rows = {
        "YOKUSHI": rows.hold(1, ""),
        "INKAN": rows.seal(1, "100", atena_number="12"),
        "JPKI": rows.serial(1, "not hex"),
        "JUMIN": rows.person(1, atena_number="12"),
    }
    for feed, row in bad_rows.items():
        assert hall.take(feed, [row]) == "rejected"
    closed = {feed for (feed,) in hall.run("select feed from people.feed_doubt")}
    assert closed == {"YOKUSHI", "INKAN", "JPKI"}
    assert hall.take("JPKI", [rows.serial(1, "ab")], sequence=1) == "applied"
    assert {feed for (feed,) in hall.run("select feed from people.feed_doubt")} == {"YOKUSHI", "INKAN"}


def test_an_unreadable_person_closes_the_feed_whoever_else_can_be_read(hall, rows):
    """A 戸籍番号 beside it does not say whose 宛名番号 it was; the hold would be in force for nobody."""
    hall.take("YOKUSHI", [rows.hold(1, "a", atena_number="12", register_number="K-1", register_member="01")])
    assert hall.run("select feed from people.feed_doubt") == [("YOKUSHI",)]


def test_a_waiting_file_with_unreadable_keys_closes_as_well(hall, rows):
    """Not only when its turn comes."""
    hall.take("YOKUSHI", [rows.hold(1, "a")], sequence=1)
    name = hall.put("YOKUSHI", [rows.hold(2, "b")[:-1]], sequence=3)
    hall.look()
    assert hall.state(name) == "waiting"
    assert hall.run("select feed from people.feed_doubt") == [("YOKUSHI",)]


@pytest.mark.parametrize("sequence", [2, 3])
@pytest.mark.parametrize("torn", ["hash", "rows", "marker"])
def test_a_file_that_may_lack_rows_closes_the_feed(hall, rows, torn, sequence):
    """Torn between two rows every row can be read, but the holds that are missing would be in force for nobody (rejected or waiting)."""
    hall.take("YOKUSHI", [rows.hold(9, "z")], sequence=1)
    hall.take("JUMIN", [rows.person(9)], sequence=1)
    here = rows.line(rows.hold(1, "a")).encode()
    written = here + rows.line(rows.hold(2, "b")).encode()
    markers = {
        "hash": f"rows=1 sha256={sha256(written).hexdigest()}",
        "rows": f"rows=2 sha256={sha256(here).hexdigest()}",
        "marker": "rows=2",
    }
    name = hall.put("YOKUSHI", here, end=markers[torn].encode(), sequence=sequence)
    person = rows.line(rows.person(1)).encode()
    hall.put("JUMIN", person, end=markers[torn].encode(), sequence=sequence)
    hall.look()
    assert hall.state(name) == ("rejected" if sequence == 2 else "waiting")
    assert hall.doubted() == {"1"}
    assert hall.run("select feed from people.feed_doubt") == [
        ("YOKUSHI",)
    ]  # for JUMIN the contract asks no more
    assert hall.take("YOKUSHI", [rows.hold(1, "a"), rows.hold(2, "b")], sequence=2) == "applied"
    if sequence == 2:
        assert hall.run("select count(*) from people.feed_doubt") == [(0,)]


def test_two_files_in_doubt_hold_until_both_are_resolved(hall, rows):
    """A person named by both stays held when only one is resolved."""
    hall.take("JUMIN", [rows.person(1)], sequence=1)
    hall.take("JUMIN", [rows.person(1, operation="2", name="三")], sequence=3)
    hall.take("YOKUSHI", [rows.hold(1, "a", category="77")], sequence=1)
    assert hall.doubted() == {"1"}
    hall.take("JUMIN", [], sequence=2)
    assert hall.run("select name from people.person") == [("三",)]
    assert hall.doubted() == {"1"}
    hall.take("YOKUSHI", [rows.hold(1, "a")], sequence=1)
    assert not hall.doubted()
