"""The numbers that kiosks show for a register's members (contract 1, operation 2): given once, to one person, whatever comes in which file."""

from __future__ import annotations

import threading
from collections.abc import Callable

import cases
import files_in
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from private_database import Database

REGISTERS = ("R-1", "R-2")
MEMBERS = st.tuples(
    st.sampled_from(REGISTERS),
    st.sampled_from(["01", "02", "03"]),
    st.sampled_from(["例示　一", "例示　二"]),
    st.sampled_from(["19800203", "20010405"]),
)
FILES = st.lists(
    st.tuples(st.sampled_from(["KOSEKI", "FUHYO"]), st.lists(MEMBERS, min_size=1, max_size=6)),
    min_size=1,
    max_size=4,
)
_NUMBERS = "select register_number, member, name, birth_date, number from people.register_member_number"


def row(register: str, member: str, name: str, born: str) -> dict[str, object]:
    """A member's row; the same key again in a file counts in order."""
    return {
        "register_number": register,
        "member": member,
        "display": 0,
        "domicile": "例示県",
        "head_of_register": "例示　一",
        "name": name,
        "birth_date": born,
        "birth_era": "",
        "state": 1,
        "pdf_name": f"{register}-{member}.pdf",
    }


def numbers(database: Database) -> dict[tuple[str, ...], int]:
    """By register, 構成員番号, name and birth date."""
    return {tuple(place): number for *place, number in database.run(_NUMBERS)}


@given(files=FILES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_number_is_given_once_and_to_one(database: Database, files) -> None:
    """Files of either feed that share registers and members: everybody who came to stand in a register has one number, 1 to n without a gap, and
    whoever had one keeps it."""
    database.run("truncate people.koseki, people.fuhyo, people.register_member_number, people.register_lock")
    entered: set[tuple[str, ...]] = set()
    for feed, people in files:
        before = numbers(database)
        files_in.apply(database, feed, *(row(*each) for each in people))
        after = numbers(database)
        last = {place[:2]: place for place in people}
        entered |= set(last.values())
        assert before.items() <= after.items()
        assert set(after) == entered
        for register in REGISTERS:
            given_here = sorted(number for place, number in after.items() if place[0] == register)
            assert given_here == list(range(1, len(given_here) + 1))


@pytest.mark.parametrize("first", ["KOSEKI", "FUHYO"])
def test_two_appliers_take_turns(database: Database, first: str) -> None:
    """Two files about one register, one of each feed, from two daemons: max + 1 is worked out by one after the other. Whoever applies enters alone
    (``intake_link.enter``), lease or not; and behind that the register's own lock row makes the second wait."""
    second = {"KOSEKI": "FUHYO", "FUHYO": "KOSEKI"}[first]
    members = {first: ("01", "02"), second: ("03", "04")}
    written, go = threading.Event(), threading.Event()
    failed: list[BaseException] = []

    def bring(feed: str, before_commit: Callable[[], object]) -> None:
        rows = [row("R-1", member, f"例示　{member}", "19800203") for member in members[feed]]
        try:
            files_in.apply(database, feed, *rows, before_commit=before_commit)
        except BaseException as error:  # noqa: BLE001  # told in the test's own thread
            failed.append(error)

    def pause() -> None:
        written.set()
        go.wait(30)

    one = threading.Thread(target=bring, args=(first, pause))
    other = threading.Thread(target=bring, args=(second, lambda: None))
    one.start()
    assert written.wait(30)
    other.start()
    other.join(0.5)
    assert other.is_alive()
    go.set()
    one.join(30)
    other.join(30)
    assert failed == []
    given_to = {member: number for (_, member, _, _), number in numbers(database).items()}
    assert [given_to[member] for member in (*members[first], *members[second])] == [1, 2, 3, 4]


def test_the_household_shares_a_register_in_one_file(database: Database) -> None:
    """The whole family enters in one file: numbers in the order of 構成員番号, the two 表示区分 of a member are one person."""
    family = [
        row("R-1", f"{place:02}", person.name, str(person.birth_date))
        for place, person in enumerate(cases.family(), start=1)
    ]
    doubled = [each | {"display": 1, "pdf_name": f"1-{each['pdf_name']}"} for each in family]
    files_in.apply(database, "FUHYO", *reversed(family), *doubled)
    assert sorted((member, number) for (_, member, _, _), number in numbers(database).items()) == [
        ("01", 1),
        ("02", 2),
        ("03", 3),
    ]
