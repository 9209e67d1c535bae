"""利用登録: what became of applications, and how what was written compares with the register. Never fuzzily."""

from __future__ import annotations

from datetime import date, datetime

import cases
import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.matching import Candidate, Claim, compare, may_be, plain
from konbinid.domain.registration import Application, pending_of, registration_in, status_of

AT = datetime(2026, 11, 20, 9, 0, tzinfo=cases.JST)


def application(ordinal, outcome, *, stands=True):
    """One application: pending, rejected, approved or ended."""
    bound = cases.registration(stands=stands) if outcome in {"approved", "ended"} else None
    return Application(
        f"N-{ordinal}",
        ordinal,
        None if outcome == "pending" else AT,
        ended=outcome == "ended",
        reason="理由" if outcome in {"rejected", "ended"} else "",
        bound=bound,
    )


@pytest.mark.parametrize(
    ("outcomes", "state", "number", "counts"),
    [
        ([], "NONE", None, False),
        (["pending"], "PENDING", "N-1", False),
        (["rejected"], "REJECTED", "N-1", False),
        (["approved"], "APPROVED", "N-1", True),
        (["approved, gone"], "NONE", None, False),
        (["ended"], "REJECTED", "N-1", False),
        (["approved", "rejected"], "APPROVED", "N-1", True),
        (["approved", "pending"], "PENDING", "N-2", True),
        (["approved", "ended"], "REJECTED", "N-2", False),
        (["approved", "approved, gone"], "NONE", None, False),
        (["rejected", "approved"], "APPROVED", "N-2", True),
    ],
)
def test_what_counts_and_what_is_told(outcomes, state, number, counts):
    """The newest approval counts; an older one does not come back by itself when that was taken back or the register has changed."""
    history = tuple(
        application(place, outcome.split(",")[0], stands="gone" not in outcome)
        for place, outcome in enumerate(outcomes, start=1)
    )[::-1]
    told = status_of(history)
    assert (told.state, told.application_number) == (state, number)
    found = registration_in(history)
    assert (found is not None and found.stands) == counts
    assert (told.reason is not None) == (state == "REJECTED")
    assert (told.decided_at is not None) == (state in {"APPROVED", "REJECTED"})
    assert (pending_of(history) is not None) == (state == "PENDING")


def candidate(**overrides):
    return Candidate(
        **{
            "register_number": "K-1",
            "member": "04",
            "name": "葛󠄀城　遠子",
            "birth_date": cases.partial("19900704"),
            "head_of_register": "葛󠄀城　太郎",
            "domicile": "見本県見本市本町五番地",
            "resident": False,
            "current": True,
            **overrides,
        }
    )


def claim(**overrides):
    return Claim(
        **{
            "name": "葛城 遠子",
            "birth_date": date(1990, 7, 4),
            "head_of_register": "葛城太郎",
            "domicile": "見本県 見本市本町五番地",
            **overrides,
        }
    )


def test_spaces_and_shapes_do_not_count():
    """A kiosk cannot write a variation selector, and people write names with and without a space."""
    assert compare(claim(), candidate()).differing == ()


@pytest.mark.parametrize(
    ("wrote", "differs"),
    [
        ({"name": "葛城 近子"}, ("name",)),
        ({"name": " 　"}, ("name",)),
        ({"birth_date": date(1990, 7, 5)}, ("birth_date",)),
        ({"domicile": "見本県見本市本町５番地"}, ("domicile",)),
        ({"head_of_register": "葛城 大郎"}, ("head_of_register",)),
    ],
)
def test_nothing_else_is_levelled(wrote, differs):
    """A digit for a numeral, one stroke more: different, and for staff to look at."""
    assert compare(claim(**wrote), candidate()).differing == differs


@pytest.mark.parametrize("born", ["19900700", "19900000", "00000000"])
def test_an_unknown_day_is_the_same_as_no_other(born):
    """Doubt is no proof."""
    assert not compare(claim(), candidate(birth_date=cases.partial(born))).birth_date


def test_twins_are_told_apart():
    """They share everything but the name: both are shown, only one is the same."""
    same, twin = candidate(), candidate(member="05", name="葛󠄀城　近子")
    assert may_be(compare(claim(), same))
    assert may_be(compare(claim(), twin))
    assert compare(claim(), twin).differing == ("name",)


@given(st.text(), st.text())
def test_levelling_takes_away_only(one, other):
    """What is left are the signs themselves, in their order: two texts that are the same have the same characters."""
    assert set(plain(one)) <= set(one)
    assert plain(plain(one)) == plain(one)
    if plain(one) == plain(other):
        kept = [sign for sign in one if not sign.isspace() and plain(sign)]
        assert kept == [sign for sign in other if not sign.isspace() and plain(sign)]
