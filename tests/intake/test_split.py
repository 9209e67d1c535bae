"""However changes are split into files, the tables are the same in the end; and nobody is touched without a count."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

PERSON = "select atena_number, household_number, name, address, individual_number_digest from people.person order by 1"
LOCKS = "select atena_number, change_no from people.person_lock"

# (宛名番号, household, name, address); None = removed
STATE = st.tuples(st.integers(1, 3), st.sampled_from(["甲", "乙"]), st.sampled_from(["東", "西"]))
CHANGE = st.tuples(st.integers(1, 6), st.one_of(st.none(), STATE))


def to_row(rows, serial, state, known):
    if state is None:
        return rows.person(serial, 1, "9")
    household, name, address = state
    return rows.person(serial, household, "2" if serial in known else "1", name=name, address=address)


def row_counts(hall):
    """Every person's row, to see who differs."""
    return {int(row[0]): row[1:] for row in hall.run(PERSON)}


@pytest.mark.slow
@given(st.lists(CHANGE, max_size=12), st.lists(st.integers(0, 12), max_size=4))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_split_into_difference_files_equals_one_full_file(hall, rows, changes, cuts):
    """The same changes, cut into difference files anywhere, leave what one full file of the last state leaves.

    After every file: whoever differs, and everyone in the households of whoever differs, has a higher change_no.
    """
    clean(hall)
    last: dict[int, object] = {}
    bounds = sorted({0, len(changes), *(cut for cut in cuts if cut < len(changes))})
    for begin, end in itertools.pairwise(bounds):
        batch = []
        for serial, state in changes[begin:end]:
            known = {number for number, held in last.items() if held is not None}
            batch.append(to_row(rows, serial, state, known))
            last[serial] = state
        before, counted = row_counts(hall), hall.change_numbers()
        assert hall.take("JUMIN", batch) == "applied"
        require_counted(hall, before, counted)
    by_differences = hall.run(PERSON)
    clean(hall)
    final = [to_row(rows, serial, state, set()) for serial, state in last.items() if state is not None]
    assert hall.take("JUMIN", final, full=True) == "applied"
    assert hall.run(PERSON) == by_differences


def require_counted(hall, before, counted):
    after, now = row_counts(hall), hall.change_numbers()
    differing = {n for n in before.keys() | after.keys() if before.get(n) != after.get(n)}
    households = {state[n][0] for n in differing for state in (before, after) if n in state}
    touched = differing | {
        n for n, row in itertools.chain(before.items(), after.items()) if row[0] in households
    }
    assert all(now[n] > counted.get(n, 0) for n in touched)


def clean(hall) -> None:
    for table in ("people.person", "people.person_lock", "people.member_number"):
        hall.run(f"delete from {table}")
    hall.run("update intake.feed set last_sequence = null, last_stamp = null")
