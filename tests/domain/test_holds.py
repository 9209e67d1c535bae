"""How far holds reach: whom they close, which kinds, on which days, with which code (contract 2, YOKUSHI; "doubt closes the person")."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from cases import (
    CHILD,
    HEAD,
    SPOUSE,
    TODAY,
    asked,
    case,
    credential,
    doubt,
    family_with,
    hold,
    household,
    only_right,
    person,
    spouse,
)

from konbinid.domain.entitlement import decide, refusal
from konbinid.domain.granted import Granted
from konbinid.domain.kinds import REGISTER_KINDS, Kind
from konbinid.domain.person import HoldSource, ResidentState
from konbinid.domain.results import MESSAGES, Code

MADE = sorted(set(Kind) - REGISTER_KINDS)  # what we draw; test_registers.py has the others
HOUSEHOLD = [Kind.JUMINHYO, Kind.KISAIJIKO]
DONE, HELD, CHANGE = Code.DONE, Code.MAY_NOT_BE_ISSUED, Code.CHANGE_IN_PROGRESS
NARROW = {"support_measure_blocks_household": False}
SELF, ALL, OTHERS, HELD_ONE = [1], None, [1, 3], [2]  # member numbers; the spouse, 2, is the one who is held


def answer(one, request):
    decision = decide(one, request)
    return DONE if isinstance(decision, Granted) else decision.code


def test_only_known_codes():
    """The categories of the contract and what each is answered with: 02 and doubt are changes, all others may not be issued."""
    codes = {
        category: answer(case(holds=(hold(category=category),)), asked(Kind.INKAN))
        for category in ("01", "02", "03", "04", "99")
    }
    assert codes == {"01": HELD, "02": CHANGE, "03": HELD, "04": HELD, "99": HELD}
    assert answer(case(holds=(doubt(),)), asked(Kind.INKAN)) is CHANGE
    assert answer(case(holds=(hold(source=HoldSource.STAFF, category="02"),)), asked(Kind.INKAN)) is CHANGE
    assert answer(case(holds=(hold(source=HoldSource.STAFF, category=""),)), asked(Kind.INKAN)) is HELD


@pytest.mark.parametrize("kind", MADE)
def test_a_hold_on_the_applicant_closes_every_kind(kind):
    """対象 ALL."""
    assert answer(case(holds=(hold(HEAD),)), asked(kind)) is HELD


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("held", MADE)
def test_a_hold_closes_the_kinds_it_names(kind, held):
    """対象 with kinds: those and no other."""
    one = case(holds=(hold(HEAD, kinds=frozenset({held, Kind.FUHYO})),))
    assert answer(one, asked(kind)) is (HELD if kind is held else DONE)


@pytest.mark.parametrize(
    ("starts", "ends", "in_force"),
    [
        (None, None, True),
        (TODAY, None, True),
        (TODAY + timedelta(days=1), None, False),
        (None, TODAY, True),
        (None, TODAY - timedelta(days=1), False),
        (TODAY, TODAY, True),
        (date(1990, 1, 1), date(2099, 12, 31), True),
    ],
)
@pytest.mark.parametrize("wide", [False, True])
def test_days_are_inclusive(starts, ends, in_force, wide):
    """開始年月日 and 終了年月日 are both days of the hold, for whom it names and for the household alike."""
    one = case(holds=(hold(SPOUSE if wide else HEAD, household=wide, starts_on=starts, ends_on=ends),))
    assert answer(one, asked(members=SELF)) is (HELD if in_force else DONE)


# Who is asked for -> what is answered, when the spouse is held and the householder asks.
@pytest.mark.parametrize("kind", HOUSEHOLD)
@pytest.mark.parametrize(
    ("held", "policy", "answers"),
    [
        pytest.param({}, {}, (DONE, HELD, DONE, HELD), id="04 closes who is printed"),
        pytest.param({"household": True}, {}, (HELD,) * 4, id="世帯抑止 closes everybody"),
        pytest.param(
            {"household": True, "kinds": frozenset({Kind.INKAN})}, {}, (HELD,) * 4, id="whatever its 対象"
        ),
        pytest.param({"category": "01"}, {}, (HELD,) * 4, id="支援措置 closes everybody"),
        pytest.param(
            {"category": "01", "kinds": frozenset({Kind.KAZEI})}, {}, (HELD,) * 4, id="whatever its 対象, too"
        ),
        pytest.param(
            {"category": "01"}, NARROW, (DONE, HELD, DONE, HELD), id="支援措置 with the setting off"
        ),
        pytest.param(
            {"category": "01", "household": True}, NARROW, (HELD,) * 4, id="the column counts all the same"
        ),
        pytest.param({"category": "02"}, {}, (DONE, CHANGE, DONE, CHANGE), id="02 is a change"),
        pytest.param({"category": "02", "household": True}, {}, (CHANGE,) * 4, id="02 of the household"),
        pytest.param({"kinds": frozenset({Kind.INKAN})}, {}, (DONE,) * 4, id="of another kind"),
    ],
)
def test_how_far_a_hold_on_another_member_reaches(kind, held, policy, answers):
    """A protected person's address must not come out of another member's paper; a hold without 世帯抑止 closes only who is printed."""
    one = case(holds=(hold(SPOUSE, **held),), policy=policy)
    assert tuple(answer(one, asked(kind, members=who)) for who in (SELF, ALL, OTHERS, HELD_ONE)) == answers


@pytest.mark.parametrize(
    "held", [{"household": True}, {"category": "01"}, {"category": "02", "household": True}]
)
def test_a_household_hold_leaves_the_others_seals(held):
    """世帯抑止 and 支援措置 close juminhyo and kisaijiko; another member's seal shows nothing of the protected person."""
    assert answer(case(holds=(hold(SPOUSE, **held),)), asked(Kind.INKAN)) is DONE


@pytest.mark.parametrize("kind", HOUSEHOLD)
def test_doubt_about_any_living_member_closes_the_household_kinds(kind):
    """While a file about one of them waits nobody knows what the household is; one's own seal is not touched by it."""
    one = case(holds=(doubt(CHILD),))
    assert {answer(one, asked(kind, members=who)) for who in (SELF, ALL, [3])} == {CHANGE}
    assert answer(one, asked(Kind.INKAN)) is DONE
    assert answer(case(holds=(doubt(HEAD),)), asked(Kind.INKAN)) is CHANGE


@pytest.mark.parametrize("kind", HOUSEHOLD)
def test_a_household_in_doubt_closes_the_household_kinds(kind):
    """A file that waits may bring a member whom nobody here knows yet: a 世帯全員 without that person could be untrue."""
    one = case(household_in_doubt=True)
    assert {answer(one, asked(kind, members=who)) for who in (SELF, ALL)} == {CHANGE}
    assert answer(one, asked(Kind.INKAN)) is DONE


@pytest.mark.parametrize("state", [ResidentState.MOVED_OUT, ResidentState.DEAD, ResidentState.STRUCK_OFF])
@pytest.mark.parametrize("held", [hold(SPOUSE, category="01"), hold(SPOUSE, household=True)])
def test_a_hold_on_someone_gone_does_not_reach_the_household(state, held):
    """Who fled and is registered elsewhere does not live at the address that this household's paper shows."""
    one = case(household=family_with(SPOUSE, state=state), holds=(held,))
    assert answer(one, asked()) is DONE


@pytest.mark.parametrize("state", [ResidentState.MOVED_OUT, ResidentState.DEAD, ResidentState.STRUCK_OFF])
def test_doubt_about_someone_gone_reaches_the_household(state):
    """The file in doubt may be the one that brings the person back: then 世帯全員 would be untrue."""
    one = case(household=family_with(SPOUSE, state=state), holds=(doubt(SPOUSE),))
    assert answer(one, asked()) is CHANGE
    assert answer(one, asked(Kind.INKAN)) is DONE


def test_the_held_person_is_refused_by_herself():
    """The own credential, the own paper: refused, with the words that a change has, too."""
    for held, code in ((hold(SPOUSE, category="01"), HELD), (doubt(SPOUSE), CHANGE)):
        one = case(credential=credential(SPOUSE), holds=(held,))
        assert {answer(one, asked(kind)) for kind in MADE} == {code}
    assert MESSAGES[HELD] == MESSAGES[CHANGE]


def test_the_list_knows_no_options_yet():
    """listCertificates asks for the right alone: own and household-wide holds count, another member's own hold comes with the choice."""  # noqa: D403 - the operation's name
    right = only_right(Kind.JUMINHYO)
    assert refusal(case(holds=(hold(SPOUSE),)), right) is None
    assert refusal(case(holds=(hold(SPOUSE, category="01"),)), right).code is HELD
    assert refusal(case(holds=(hold(HEAD),)), right).code is HELD
    assert refusal(case(holds=(doubt(SPOUSE),)), right).code is CHANGE


def test_holds_of_strangers_do_not_reach():
    """A hold that names nobody of the household closes nobody of it."""
    wide = hold("0000009999", category="01", household=True)
    assert {answer(case(holds=(wide, doubt("0000009998"))), asked(kind)) for kind in MADE} == {DONE}


def test_the_strictest_hold_is_answered():
    """Of a change and a hold the hold is told: 1102 comes first, in whatever order they were read."""
    both = (hold(HEAD, category="02"), hold(HEAD, category="03"))
    assert answer(case(holds=both), asked()) is HELD
    assert answer(case(holds=both[::-1]), asked()) is HELD


def test_a_leaving_members_hold_still_reaches():
    """転出予定 is still on the register at this address."""
    leaving = household(person(), spouse(state=ResidentState.LEAVING))
    one = case(
        household=leaving,
        holds=(hold(SPOUSE, category="01"),),
        policy={"leaving_member_closes_household": False},
    )
    assert answer(one, asked(members=SELF)) is HELD
