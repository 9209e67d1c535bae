"""What holds for every case: bad news never opens anything, and nobody is printed who must not be."""

from __future__ import annotations

from dataclasses import replace

from case_strategies import NUMBERS, holds, matters
from cases import TODAY, doubt
from hypothesis import event, given, settings
from hypothesis import strategies as st

from konbinid.domain.case import EVERYTHING
from konbinid.domain.entitlement import REPLAY_CODES, decide, refusal
from konbinid.domain.granted import Granted
from konbinid.domain.kinds import HOUSEHOLD_KINDS, Kind
from konbinid.domain.person import HoldSource, ResidentState, SealState
from konbinid.domain.results import ORDER


def _in_force(hold):
    return (hold.starts_on or TODAY) <= TODAY <= (hold.ends_on or TODAY)


@st.composite
def _bad_news(draw):
    """A matter, and the same case with one more thing that stands against somebody."""
    one, request = draw(matters())
    someone = draw(st.sampled_from(NUMBERS))

    def changed(**changes):
        members = tuple(
            replace(p, **changes) if p.atena_number == someone else p for p in one.household.members
        )
        return {"household": replace(one.household, members=members)}

    news = {
        "hold": lambda: {"holds": (*one.holds, draw(holds()))},
        "doubt": lambda: {"holds": (doubt(someone), *one.holds)},
        "household in doubt": lambda: {"household_in_doubt": True},
        "suspension": lambda: {"suspended": one.suspended | {draw(st.sampled_from([EVERYTHING, *Kind]))}},
        "stale": lambda: {"stale": one.stale | {draw(st.sampled_from(Kind))}},
        "revoked": lambda: {"credential": one.credential and replace(one.credential, valid=False)},
        "change": lambda: changed(change_in_progress=True),
        "name": lambda: {"names_stamp": one.seals[0].file_stamp if one.seals else None},
        "taxes": lambda: {"taxes": tuple(replace(tax, defect="amounts") for tax in one.taxes)},
        "seal": lambda: {"seals": tuple(replace(seal, state=SealState.CANCELLED) for seal in one.seals)},
    }
    what = draw(st.sampled_from(sorted(news)))
    return what, one, replace(one, **news[what]()), request


@settings(max_examples=300)
@given(_bad_news())
def test_bad_news_never_opens(news):
    """Restrictive news is monotone: with one hold, doubt, suspension or revocation more, no refusal becomes a grant, and the answer does not
    move later in the contract's order."""
    what, before, after, request = news
    was, now = decide(before, request), decide(after, request)
    event(f"{what}: {type(was).__name__} -> {type(now).__name__}")
    if isinstance(was, Granted):
        return
    assert not isinstance(now, Granted)
    assert ORDER.index(now.code) <= ORDER.index(was.code)


@given(_bad_news())
def test_bad_news_never_opens_a_replay(news):
    """The same before a document is given a second time (invariant 5)."""
    _, before, after, request = news
    was, now = refusal(before, request, REPLAY_CODES), refusal(after, request, REPLAY_CODES)
    if was is not None:
        assert now is not None
        assert ORDER.index(now.code) <= ORDER.index(was.code)


@settings(max_examples=400)
@given(matters())
def test_nobody_is_printed_who_must_not_be(matter):
    """Invariant 5 and the most important property: whoever is printed lives in the applicant's household, was asked for, stands once on the
    paper, and no hold or change in force names any of them."""
    one, request = matter
    decision = decide(one, request)
    event(f"{request.kind}: {type(decision).__name__}")
    if not isinstance(decision, Granted):
        return
    applicant, printed = decision.applicant, decision.printed
    assert one.credential.valid
    assert applicant.atena_number == one.credential.atena_number
    assert printed
    assert len({p.atena_number for p in printed}) == len(printed)
    for person in (applicant, *printed):
        assert person in one.household.members
        assert person.state is ResidentState.RESIDENT
        assert person.household_number == applicant.household_number
        assert not person.change_in_progress
    if request.kind not in HOUSEHOLD_KINDS:
        assert printed == (applicant,)
    elif request.options.members:
        assert [p.member_number for p in printed] == sorted(request.options.members)
    named = {p.atena_number for p in (applicant, *printed)}
    standing = [
        hold
        for hold in one.holds
        if _in_force(hold)
        and hold.atena_number in named
        and (hold.kinds is None or request.kind in hold.kinds)
    ]
    assert not standing


@settings(max_examples=200)
@given(matters())
def test_whole_means_all_of_them(matter):
    """「世帯全員」 stands on the paper when everybody who lives there is printed, and only then."""
    one, request = matter
    decision = decide(one, request)
    if isinstance(decision, Granted) and request.kind in HOUSEHOLD_KINDS:
        living = {p.atena_number for p in one.household.members if p.state.is_living}
        event(f"whole: {decision.whole}")
        assert decision.whole == ({p.atena_number for p in decision.printed} == living)


@settings(max_examples=200)
@given(matters(), holds(tuple(NUMBERS)))
def test_a_household_hold_in_force_closes_the_household_kinds(matter, hold):
    """Whoever of the living it names, whatever else the case holds: no 住民票 leaves."""
    one, request = matter
    one = replace(one, holds=(*one.holds, hold))
    wide = (
        hold.household
        or hold.source is HoldSource.DOUBT
        or (hold.category == "01" and one.shelf.policy.support_measure_blocks_household)
    )
    living = {p.atena_number for p in one.household.members if p.state.is_living}
    if wide and _in_force(hold) and hold.atena_number in living and request.kind in HOUSEHOLD_KINDS:
        event("closed")
        assert not isinstance(decide(one, request), Granted)


@given(matters())
def test_deciding_twice_says_the_same(matter):
    """A rule keeps nothing between two requests (I-05)."""
    assert decide(*matter) == decide(*matter)
