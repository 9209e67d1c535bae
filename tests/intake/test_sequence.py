"""The order of files: a gap waits, a stopped feed stays stopped, the newest at a place counts, 000001 follows 999999."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from konbinid.intake.sequence import Act, FileState, OpenFile, after, before, distance, next_step

NINE = datetime.fromisoformat("2026-11-01T09:00:00")


def received(
    number: int, sequence: int, minute: int = 0, state: FileState = FileState.RECEIVED, approved: bool = False
) -> OpenFile:
    return OpenFile(number, sequence, NINE + timedelta(minutes=minute), state, approved)


def act(last, *files):
    step = next_step(last, files)
    return None if step is None else (step.act, step.file.id)


def test_numbers_go_round():
    """000001 follows 999999, and nearness counts either way."""
    assert (after(999_999), before(1), after(1)) == (1, 999_999, 2)
    assert (distance(1, 999_999), distance(999_999, 1), distance(5, 5)) == (-1, 1, 0)
    assert act(999_999, received(1, 1)) == (Act.APPLY, 1)


def test_the_first_file_may_have_any_number():
    """The oldest by its stamp begins, whatever its number."""
    assert act(None, received(1, 6, 5), received(2, 5, 1)) == (Act.APPLY, 2)


def test_a_gap_waits_and_is_filled():
    """File 7 waits for 6; when 6 is there it comes first."""
    seven = received(1, 7, 7)
    assert act(5, seven) == (Act.WAIT, 1)
    waiting = received(1, 7, 7, FileState.WAITING)
    assert act(5, waiting) is None
    assert act(5, waiting, received(2, 6, 6)) == (Act.APPLY, 2)
    assert act(6, waiting) == (Act.APPLY, 1)


def test_a_rejected_file_stops_its_feed_even_as_the_first():
    """Nothing passes a rejected file, also when the feed never had another."""
    rejected = received(1, 5, 0, FileState.REJECTED)
    assert act(None, rejected, received(2, 6, 1)) == (Act.WAIT, 2)
    assert act(4, rejected, received(2, 6, 1, FileState.WAITING)) is None


def test_a_corrected_file_takes_the_place():
    """A newer stamp at the same place counts; an older or equal one does not."""
    rejected = received(1, 5, 10, FileState.REJECTED)
    assert act(4, rejected, received(2, 5, 11)) == (Act.APPLY, 2)
    assert act(4, rejected, received(2, 5, 10)) == (Act.REFUSE_OLDER, 2)
    assert act(4, rejected, received(2, 5, 9)) == (Act.REFUSE_OLDER, 2)


def test_of_two_files_at_one_place_the_newer_counts():
    """And two of the same second contradict each other: the one that came first stands."""
    assert act(4, received(1, 5, 1), received(2, 5, 2)) == (Act.APPLY, 2)
    assert act(4, received(1, 5, 1), received(2, 5, 1)) == (Act.REFUSE_OLDER, 2)


def test_a_held_file_goes_on_when_approved():
    """Only then, and only if nothing newer corrects it."""
    held = received(1, 5, 1, FileState.HELD)
    assert act(4, held) is None
    approved = received(1, 5, 1, FileState.HELD, approved=True)
    assert act(4, approved) == (Act.APPLY_APPROVED, 1)
    assert act(4, approved, received(2, 5, 2)) == (Act.APPLY, 2)
    assert act(4, approved, received(3, 5, 3, FileState.REJECTED)) is None


def test_a_taken_place_is_refused():
    """A file that comes after its number was settled."""
    assert act(5, received(1, 5)) == (Act.REFUSE_LATE, 1)
    assert act(1, received(1, 999_999)) == (Act.REFUSE_LATE, 1)


@given(st.integers(1, 999_999), st.permutations(range(8)))
def test_whatever_order_files_arrive_in_they_are_applied_in_their_own(first, order):
    """Every permutation of arrival gives the same order of applying, across the end of the numbers too."""
    numbers = [(first - 1 + n) % 999_999 + 1 for n in range(8)]
    last = before(first)
    applied, files = [], []
    for n in order:
        files.append(received(n, numbers[n], n))
        while (step := next_step(last, files)) is not None:
            files = [each for each in files if each.id != step.file.id]
            if step.act is Act.APPLY:
                applied.append(step.file.id)
                last = step.file.sequence
            else:
                assert step.act is Act.WAIT
                files.append(OpenFile(step.file.id, step.file.sequence, step.file.stamp, FileState.WAITING))
    assert applied == list(range(8))
    assert not files
