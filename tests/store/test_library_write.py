"""Writing the library on a real database: four eyes, two at once, papers in the making, and what counted when."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
from private_database import Database

from konbinid.domain.dates import JST
from konbinid.domain.kinds import Kind
from konbinid.domain.library import Item, shelf_at
from konbinid.domain.library_history import counting, known_at
from konbinid.store.library_history import records
from konbinid.store.library_write import (
    EntryRefused,
    NewEntry,
    approve_entries,
    enter_entries,
    import_entries,
    withdraw_entry,
)

MIDNIGHT = datetime(2027, 4, 1, tzinfo=JST)


@contextmanager
def _office(database: Database) -> Iterator[psycopg2.extensions.connection]:
    with closing(psycopg2.connect(database.dsn("office"))) as made:
        made.autocommit = True
        yield made


def _fee(yen: int, begins: datetime = MIDNIGHT) -> NewEntry:
    return NewEntry(Item.FEE, Kind.JUMINHYO, begins, None, {"yen": yen})


def _entered(database: Database, *entries: NewEntry, by: str = "a") -> tuple[int, ...]:
    with _office(database) as made:
        return enter_entries(made, entries, entered_by=by, source="test")


def _approve(database: Database, *ids: int, by: str = "b") -> None:
    with _office(database) as made:
        approve_entries(made, ids, approved_by=by)


def test_four_eyes_are_the_databases_too(database: Database) -> None:
    """Whoever goes round our commands meets the trigger."""
    (number,) = _entered(database, _fee(350))
    with pytest.raises(psycopg2.errors.CheckViolation):
        database.run(
            "insert into library.approval (entry_id, approved_by) values (%s, 'a')", (number,), role="office"
        )
    with pytest.raises(EntryRefused, match="four eyes"):
        _approve(database, number, by="a")
    with _office(database) as made, pytest.raises(EntryRefused):
        import_entries(made, [_fee(1)], entered_by="Ａ", approved_by="a ", source="test")


def test_two_approvers_at_once(database: Database) -> None:
    """One approves, the other hears that it is done: an entry has one approval and one audit row."""
    (number,) = _entered(database, _fee(350))
    outcomes: list[str] = []
    ready = threading.Barrier(4)

    def approve(by: str) -> None:
        ready.wait()
        try:
            _approve(database, number, by=by)
        except EntryRefused as refused:
            outcomes.append(str(refused))
        else:
            outcomes.append("approved")

    threads = [threading.Thread(target=approve, args=(by,)) for by in "bcde"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(outcomes), outcomes.count("approved")) == (4, 1)
    assert all(
        f"Entry {number} does not wait: approved by" in said for said in outcomes if said != "approved"
    )
    assert database.run("select count(*) from ledger.audit where action = 'library.approve'") == [(1,)]


def test_approval_and_withdrawal_at_once(database: Database) -> None:
    """Whichever comes first, the entry does not count: an approval never brings a withdrawn entry back."""
    for turn in range(5):
        (number,) = _entered(database, _fee(300 + turn))
        ready = threading.Barrier(2)

        def approve(number: int = number, ready: threading.Barrier = ready) -> None:
            ready.wait()
            try:
                _approve(database, number)
            except EntryRefused as refused:
                assert "withdrawn" in str(refused)  # noqa: PT017 - the only refusal there may be

        thread = threading.Thread(target=approve)
        thread.start()
        ready.wait()
        with _office(database) as made:
            withdraw_entry(made, number, withdrawn_by="c", reason="x")
        thread.join()
    with _office(database) as made:
        assert counting(records(made)) == ()


def test_an_approval_waits_for_the_papers_in_the_making(database: Database) -> None:
    """A paper that was begun with the library of before has its instant before the approval's: so what it was made with can always be told."""
    (number,) = _entered(database, _fee(350))
    done = threading.Event()

    def approve() -> None:
        _approve(database, number)
        done.set()

    with closing(psycopg2.connect(database.dsn("desk"))) as paper, paper.cursor() as cur:
        cur.execute("select from ops.kind_state where kind = any('{*,juminhyo}') order by kind for share")
        thread = threading.Thread(target=approve)
        thread.start()
        time.sleep(0.3)
        cur.execute("select clock_timestamp()")
        (its_instant,) = cur.fetchone()
        assert not done.is_set()
        paper.commit()
    thread.join()
    with _office(database) as made:
        found = records(made)
    assert known_at(found, its_instant) == ()
    assert found[0].approved is not None
    assert its_instant < found[0].approved.at
    assert known_at(found, found[0].approved.at) == counting(found)


def test_waiting_entries_move_nothing_and_approvals_move_the_revision(database: Database) -> None:
    """What waits leaves every reader alone; approval and withdrawal tell them all."""

    def revision() -> int:
        return database.run("select revision from library.revision")[0][0]

    first = revision()
    (number,) = _entered(database, _fee(350))
    assert revision() == first
    _approve(database, number)
    assert revision() == first + 1
    with _office(database) as made:
        withdraw_entry(made, number, withdrawn_by="a", reason="x")
        assert revision() == first + 2
        with pytest.raises(EntryRefused, match="withdrawn by a"):
            withdraw_entry(made, number, withdrawn_by="a", reason="x")


def test_a_judge_that_refuses_leaves_nothing(database: Database) -> None:
    """What cannot be printed is neither entered nor approved, and the judge sees what counts beside what is about to."""
    _approve(database, *_entered(database, _fee(300)))
    seen: list[tuple[int, int]] = []

    def judge(known, new, now) -> None:
        seen.append((len(known), len(new)))
        assert abs(now - datetime.now(UTC)) < timedelta(minutes=1)
        raise RuntimeError

    waiting = _entered(database, _fee(350), _fee(360, MIDNIGHT + timedelta(days=1)))
    with _office(database) as made:
        for act in (
            lambda: approve_entries(made, waiting, approved_by="b", judge=judge),
            lambda: enter_entries(made, [_fee(400)], entered_by="a", source="x", judge=judge),
            lambda: import_entries(
                made, [_fee(400)], entered_by="a", approved_by="b", source="x", judge=judge
            ),
        ):
            with pytest.raises(RuntimeError):
                act()
        assert seen == [(1, 2), (1, 1), (1, 1)]
        assert len(records(made)) == 3
        assert len(counting(records(made))) == 1


def test_a_change_by_date_needs_no_second_act(database: Database) -> None:
    """Approved months before, it counts from 00:00 of its day in Japan to the microsecond, wherever the database thinks it is."""
    database.run(f"alter database {database.name} set timezone to 'America/New_York'")
    _approve(database, *_entered(database, _fee(300, MIDNIGHT - timedelta(days=365)), _fee(350)))
    with _office(database) as made:
        entries = counting(records(made))
    at = datetime(2027, 3, 31, 15, tzinfo=UTC)
    fees = [
        shelf_at(entries, 0, when).kinds[Kind.JUMINHYO].fee for when in (at - timedelta(microseconds=1), at)
    ]
    assert fees == [300, 350]
