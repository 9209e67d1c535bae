"""The register kinds' rules: who reaches which register, what closes it, whose paper is passed on (contract 1 and 2, KOSEKI and FUHYO)."""

from __future__ import annotations

from dataclasses import replace

import cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from konbinid.domain.entitlement import REPLAY_CODES, decide, explain, refusal
from konbinid.domain.granted import PassedOn
from konbinid.domain.kinds import REGISTER_KINDS, Kind, Scope, Switch
from konbinid.domain.person import HoldSource, ResidentState
from konbinid.domain.registers import Reach, RegisterState
from konbinid.domain.results import ORDER, Code

KINDS = sorted(REGISTER_KINDS, key=list(Kind).index)
ZENBU, KOJIN, FUHYO = KINDS
DONE = Code.DONE


def answer(one, request):
    decision = decide(one, request)
    return DONE if isinstance(decision, PassedOn) else decision.code


def all_answers(one):
    """koseki_zenbu; koseki_kojin of members 1 and 4; fuhyo ALL and of member 1."""
    requests = [
        cases.asked(ZENBU),
        cases.asked(KOJIN, members=[1]),
        cases.asked(KOJIN, members=[4]),
        cases.asked(FUHYO),
        cases.asked(FUHYO, members=[1]),
    ]
    return tuple(answer(one, request) for request in requests)


def both(**register):
    """The family's register changed in both feeds."""
    return cases.reaches(cases.register(**register), cases.supplement(**register))


def test_what_is_bound_is_what_is_passed_on():
    """Register, member and 表示区分 choose the PDF; the kinds without DOMICILE take 表示区分 0."""
    one = cases.case()
    for request, member, display in (
        (cases.asked(ZENBU), "00", 0),
        (cases.asked(KOJIN, members=[2]), "02", 0),
        (cases.asked(FUHYO), "00", 0),
        (cases.asked(FUHYO, show={Switch.DOMICILE}), "00", 1),
        (cases.asked(FUHYO, members=[3], show={Switch.DOMICILE}), "03", 1),
    ):
        granted = decide(one, request)
        assert isinstance(granted, PassedOn)
        assert (granted.row.member, granted.row.display) == (member, display)
        assert (granted.register_number, granted.member, granted.atena_number) == (
            cases.REGISTER_NUMBER,
            "01",
            cases.HEAD,
        )


@pytest.mark.parametrize("missing", ["form_version"])
def test_no_form_mayor_or_seal_is_needed(missing):
    """What we do not draw needs nobody of ours to sign it; a fee, hours and a calendar it does need."""
    kinds = {kind: cases.kind_shelf(kind, **{missing: None}) for kind in KINDS}
    one = cases.case(shelf=cases.shelf(kinds=kinds, mayor=None, official_seal=None))
    assert set(all_answers(one)) == {DONE}
    for needed in ("fee", "hours", "offer"):
        kinds = {kind: cases.kind_shelf(kind, **{needed: None}) for kind in KINDS}
        assert set(all_answers(cases.case(shelf=cases.shelf(kinds=kinds)))) == {Code.NOT_OFFERED}
    assert set(all_answers(cases.case(shelf=cases.shelf(holidays=None)))) == {Code.NOT_OFFERED}


def test_a_registration_opens_the_register_kinds_only():
    """1001 for everything else, and for these without one."""
    assert set(all_answers(cases.elsewhere())) == {DONE}
    assert set(all_answers(cases.elsewhere(registration=None))) == {Code.CREDENTIAL_UNKNOWN}
    assert set(all_answers(cases.elsewhere(registration=cases.registration(stands=False)))) == {
        Code.CREDENTIAL_UNKNOWN
    }
    for kind in set(Kind) - REGISTER_KINDS:
        assert refusal(cases.elsewhere(), cases.asked(kind), REPLAY_CODES).code is Code.CREDENTIAL_UNKNOWN


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (ResidentState.RESIDENT, DONE),
        (ResidentState.MOVED_OUT, DONE),
        (ResidentState.DEAD, Code.NO_REGISTER),
        (ResidentState.STRUCK_OFF, Code.NO_REGISTER),
    ],
)
def test_whom_a_registration_serves(state, code):
    """Who moved away, too; never a card whose holder the register knows as dead or struck off."""
    moved = cases.household(cases.person(state=state), cases.spouse(relationship="世帯主"))
    if state is ResidentState.RESIDENT:
        moved = cases.household()
    one = cases.case(household=moved, registration=cases.registration())
    assert answer(one, cases.asked(ZENBU)) is code
    if code is DONE:
        granted = decide(one, cases.asked(ZENBU))
        here = state is ResidentState.RESIDENT
        assert (granted.member, granted.atena_number) == (("01", cases.HEAD) if here else ("04", ""))


def test_no_register_for_this_person():
    """1101: none, removed, a register that is removed as a whole."""
    nothing = {kind: Reach() for kind in KINDS}
    assert set(all_answers(cases.case(reaches=nothing))) == {Code.NO_REGISTER}
    removed = cases.register_row("01", state=RegisterState.REMOVED)
    assert (
        answer(cases.case(reaches=cases.reaches(cases.register(removed))), cases.asked(ZENBU))
        is Code.NO_REGISTER
    )
    whole = cases.register_row("00", state=RegisterState.REMOVED)
    assert (
        answer(cases.case(reaches=cases.reaches(cases.register(whole))), cases.asked(KOJIN))
        is Code.NO_REGISTER
    )
    other = [cases.register_row("04", name="見本　別子", display=display) for display in (0, 1)]
    one = cases.elsewhere(reaches=cases.reaches(cases.register(other[0]), cases.supplement(*other)))
    assert set(all_answers(one)) == {Code.NO_REGISTER}


def test_contradictions_are_doubt():
    """1104: in several registers, twice in one, or with another birth date than the residents' register has."""
    several = {kind: Reach(("K-1", "K-2"), None) for kind in KINDS}
    assert set(all_answers(cases.case(reaches=several))) == {Code.CHANGE_IN_PROGRESS}
    twice = cases.register_row("02", atena_number=cases.HEAD)
    assert (
        answer(cases.case(reaches=cases.reaches(cases.register(twice))), cases.asked(ZENBU))
        is Code.CHANGE_IN_PROGRESS
    )
    half = cases.elsewhere(
        reaches=cases.reaches(fuhyo=cases.supplement(cases.register_row("04", name="見本　別子")))
    )
    assert answer(half, cases.asked(FUHYO)) is Code.CHANGE_IN_PROGRESS
    born = cases.register_row("01", birth_date=cases.partial("19860504"))
    assert (
        answer(cases.case(reaches=cases.reaches(cases.register(born))), cases.asked(ZENBU))
        is Code.CHANGE_IN_PROGRESS
    )
    era = cases.register_row("01", birth_date=cases.partial("19860503", "3"))
    assert answer(cases.case(reaches=cases.reaches(cases.register(era))), cases.asked(ZENBU)) is DONE


CHANGE, HELD = Code.CHANGE_IN_PROGRESS, Code.MAY_NOT_BE_ISSUED


@pytest.mark.parametrize(
    ("hold", "answers"),
    [
        pytest.param(cases.register_hold(cases.HEAD), (HELD,) * 5, id="on who asks"),
        pytest.param(
            cases.register_hold(member="04"), (HELD, DONE, HELD, HELD, DONE), id="on a printed member"
        ),
        pytest.param(cases.register_hold(cases.SPOUSE), (HELD, DONE, DONE, HELD, DONE), id="by 宛名番号"),
        pytest.param(
            cases.register_hold(member="04", kinds=frozenset({Kind.INKAN})), (DONE,) * 5, id="of another kind"
        ),
        pytest.param(
            cases.register_hold(member="04", category="01", kinds=frozenset({Kind.INKAN})),
            (DONE, DONE, DONE, HELD, HELD),
            id="支援措置 closes fuhyo whatever its 対象",
        ),
        pytest.param(
            cases.register_hold(cases.CHILD, category="01"),
            (HELD, DONE, DONE, HELD, HELD),
            id="支援措置 by 宛名番号",
        ),
        pytest.param(
            cases.register_hold(member="04", wide=True, kinds=frozenset({Kind.INKAN})),
            (HELD,) * 5,
            id="戸籍抑止",
        ),
        pytest.param(
            cases.register_hold(member="04", wide=True, category="02"), (CHANGE,) * 5, id="戸籍抑止 02"
        ),
        pytest.param(cases.register_hold(member="77"), (HELD,) * 5, id="names nobody of the register"),
        pytest.param(cases.register_hold("0000009999"), (HELD,) * 5, id="names a stranger and the register"),
        pytest.param(
            cases.register_hold(cases.CHILD, source=HoldSource.DOUBT, category=""), (CHANGE,) * 5, id="doubt"
        ),
    ],
)
def test_how_far_a_hold_reaches_in_a_register(hold, answers):
    """A protected person's address must not come out of another member's fuhyo; a hold whose person cannot be found protects all."""
    one = cases.case(reaches=both(holds=(hold,)))
    assert all_answers(one) == answers
    off = cases.case(reaches=both(holds=(hold,)), policy={"support_measure_blocks_household": False})
    assert all_answers(off) == answers
    over = replace(hold, hold=replace(hold.hold, ends_on=cases.TODAY.replace(day=23)))
    assert set(all_answers(cases.case(reaches=both(holds=(over,))))) == {DONE}


@pytest.mark.parametrize(
    ("change", "answers"),
    [
        ({"in_doubt": True}, (CHANGE,) * 5),
        ({"family_changing": True}, (CHANGE,) * 5),
        (
            {"here": (cases.member_here(cases.SPOUSE, change_in_progress=True),)},
            (CHANGE, DONE, DONE, CHANGE, DONE),
        ),
        (
            {"here": (cases.member_here(cases.SPOUSE, state=ResidentState.LEAVING),)},
            (CHANGE, DONE, DONE, CHANGE, DONE),
        ),
        (
            {"here": (cases.member_here(cases.SPOUSE, household_clear=False),)},
            (CHANGE, DONE, DONE, CHANGE, DONE),
        ),
    ],
)
def test_changes_in_progress(change, answers):
    """Of the register: everybody; of a member who lives here: whoever prints that member."""
    assert all_answers(cases.case(reaches=both(**change))) == answers


def test_a_number_that_the_feed_has_forgotten_names_its_member():
    """Decision 0029: the member to whom either feed ever gave it, and nobody else; 支援措置 closes fuhyo for everybody as ever."""
    spouse = cases.register_row("02", atena_number=None, linked=frozenset({cases.SPOUSE}))
    rows = cases.register(spouse).rows
    for category, answers in (("04", (HELD, DONE, DONE, HELD, DONE)), ("01", (HELD, DONE, DONE, HELD, HELD))):
        held = (cases.register_hold(cases.SPOUSE, category=category),)
        assert all_answers(cases.case(reaches=both(rows=rows, holds=held))) == answers
    asking = cases.case(credential=cases.credential(cases.SPOUSE), reaches=both(rows=rows))
    assert all_answers(asking) == (Code.NO_REGISTER,) * 5


def test_doubt_about_a_registered_card_is_for_whoever_lives_elsewhere():
    """1104 for every register kind by registration; a resident's doubt is the person's and is not asked for here."""
    assert all_answers(cases.elsewhere(registrant_in_doubt=True)) == (CHANGE,) * 5
    here = cases.case(registration=cases.registration(), registrant_in_doubt=True)
    assert all_answers(here) == (DONE,) * 5


@pytest.mark.parametrize("state", [ResidentState.MOVED_OUT, ResidentState.DEAD])
def test_a_member_who_has_left_the_city_closes_nothing(state):
    """Still in the register, with the 宛名番号 of a household that has no 世帯主 any more: nobody is held for that."""
    gone = cases.member_here(cases.SPOUSE, state=state, household_clear=False)
    assert set(all_answers(cases.case(reaches=both(here=(gone,))))) == {DONE}


def test_a_notification_closes_that_register_only():
    """届出処理中 in KOSEKI closes all three kinds, in FUHYO only its own; other kinds do not know of it."""
    changing = cases.register_row("03", state=RegisterState.CHANGING)
    koseki = cases.case(
        reaches=cases.reaches(cases.register(changing), cases.supplement(family_changing=True))
    )
    assert set(all_answers(koseki)) == {CHANGE}
    fuhyo = cases.case(reaches=cases.reaches(fuhyo=cases.supplement(changing)))
    assert all_answers(fuhyo) == (DONE, DONE, DONE, CHANGE, CHANGE)


@pytest.mark.parametrize(
    ("kind", "scope", "members", "code"),
    [
        (ZENBU, Scope.MEMBERS, [1], Code.OPTION_NOT_ALLOWED),
        (ZENBU, Scope.ALL, [1], Code.OPTION_NOT_ALLOWED),
        (ZENBU, Scope.HOUSEHOLD, None, Code.OPTION_NOT_ALLOWED),
        (KOJIN, Scope.ALL, [], Code.OPTION_NOT_ALLOWED),
        (KOJIN, Scope.MEMBERS, [], Code.NO_SUCH_MEMBER),
        (KOJIN, Scope.MEMBERS, [1, 2], Code.NO_SUCH_MEMBER),
        (KOJIN, Scope.MEMBERS, [1, 1], Code.NO_SUCH_MEMBER),
        (KOJIN, Scope.MEMBERS, [99], Code.NO_SUCH_MEMBER),
        (KOJIN, Scope.MEMBERS, [0], Code.NO_SUCH_MEMBER),
        (FUHYO, Scope.MEMBERS, [1, 2], Code.NO_SUCH_MEMBER),
        (FUHYO, Scope.ALL, [1], Code.OPTION_NOT_ALLOWED),
    ],
)
def test_members_and_scopes(kind, scope, members, code):
    """Exactly one who is a member, where the kind takes one (1106); a scope or numbers that the kind does not take (1107)."""
    assert answer(cases.case(), cases.asked(kind, scope=scope, members=members)) is code


def test_a_removed_member_cannot_be_chosen():
    """1106; the paper of ALL, on which the register itself shows the removal, goes on."""
    gone = cases.register_row("02", state=RegisterState.REMOVED)
    one = cases.case(reaches=cases.reaches(cases.register(gone)))
    assert answer(one, cases.asked(KOJIN, members=[2])) is Code.NO_SUCH_MEMBER
    assert answer(one, cases.asked(ZENBU)) is DONE


def test_switches_and_missing_papers():
    """DOMICILE is fuhyo's (1107 elsewhere); what intake bound no PDF to is 1301, what has too many sheets 1302, in this order."""
    one = cases.case()
    assert answer(one, cases.asked(ZENBU, show={Switch.DOMICILE})) is Code.OPTION_NOT_ALLOWED
    assert answer(one, cases.asked(FUHYO, show={Switch.NATIONALITY})) is Code.OPTION_NOT_ALLOWED
    bare = cases.case(
        reaches=cases.reaches(cases.register(cases.register_row("00", pdf_sha256=None, pages=0)))
    )
    assert answer(bare, cases.asked(ZENBU)) is Code.UNPRINTABLE
    assert answer(bare, cases.asked(ZENBU, fee=1)) is Code.FEE_DIFFERS
    long = cases.case(reaches=cases.reaches(cases.register(cases.register_row("00", pages=21))))
    assert answer(long, cases.asked(ZENBU)) is Code.TOO_MANY_PAGES
    assert answer(replace(long, register_pages=21), cases.asked(ZENBU)) is DONE


TROUBLES = ("in_doubt", "family_changing", "hold", "here", "removed", "birth", "registration")


@st.composite
def matters(draw):
    """Somebody who lives here or elsewhere, a register with up to two troubles, and any request."""
    troubles = draw(st.frozensets(st.sampled_from(TROUBLES), max_size=2))
    number = draw(st.sampled_from([cases.HEAD, cases.SPOUSE, cases.CHILD, None]))
    rows = []
    if "removed" in troubles:
        rows.append(
            cases.register_row(draw(st.sampled_from(["00", "01", "02", "04"])), state=RegisterState.REMOVED)
        )
    if "birth" in troubles:
        rows.append(cases.register_row("02", birth_date=cases.partial("20140101")))
    changed = {name: True for name in ("in_doubt", "family_changing") if name in troubles}
    if "hold" in troubles:
        changed["holds"] = (draw(holds()),)
    if "here" in troubles:
        changed["here"] = tuple(
            cases.member_here(
                each, change_in_progress=draw(st.booleans()), state=draw(st.sampled_from(ResidentState))
            )
            for each in (cases.HEAD, cases.SPOUSE, cases.CHILD)
        )
    reached = cases.reaches(cases.register(*rows, **changed), cases.supplement(*rows, **changed))
    one = (
        cases.elsewhere(reaches=reached)
        if number is None
        else cases.case(credential=cases.credential(number), reaches=reached)
    )
    if "registration" in troubles:
        one = replace(
            one,
            registration=cases.registration(
                stands=draw(st.booleans()), member=draw(st.sampled_from(["04", "01"]))
            ),
        )
    kind = draw(st.sampled_from(KINDS))
    members = draw(st.none() | st.lists(st.integers(-1, 5), max_size=2))
    show = draw(st.frozensets(st.sampled_from([Switch.DOMICILE]))) if kind is FUHYO else frozenset()
    return one, cases.asked(kind, members=members, show=show)


@st.composite
def holds(draw):
    return cases.register_hold(
        draw(st.sampled_from(["", cases.HEAD, cases.SPOUSE, "0000009999"])),
        draw(st.none() | st.sampled_from(["01", "04", "77"])),
        wide=draw(st.booleans()),
        source=draw(st.sampled_from(HoldSource)),
        category=draw(st.sampled_from(["01", "02", "04", ""])),
        kinds=draw(st.none() | st.frozensets(st.sampled_from(Kind), min_size=1)),
    )


@settings(max_examples=300)
@given(matters())
def test_nobodys_paper_but_the_members_own(matter):
    """The most important property: whatever is passed on is bound to the register in which the holder stands today, and to the member who was asked
    for; nothing that closes it is in force."""
    one, request = matter
    granted = decide(one, request)
    if not isinstance(granted, PassedOn):
        return
    register = one.reaches[request.kind].register
    assert granted.row in register.rows
    assert granted.row.state is RegisterState.CURRENT
    assert not register.in_doubt
    assert not register.family_changing
    own = [row for row in register.rows if row.member == granted.member]
    assert all(row.state is RegisterState.CURRENT for row in own)
    if one.credential is None:
        assert all(row.name == cases.ELSEWHERE_NAME for row in own)
    else:
        assert {row.atena_number for row in own} == {one.credential.atena_number} == {granted.atena_number}
    if request.options.scope is Scope.MEMBERS:
        assert [row.number for row in granted.printed] == list(request.options.members)
        assert granted.row.member == granted.printed[0].member
    else:
        assert granted.row.member == "00"
    for each in register.holds:
        assert not each.wide
        assert each.hold.source is not HoldSource.DOUBT
        assert not (request.kind is FUHYO and each.hold.category == "01")


@settings(max_examples=200)
@given(matters(), holds())
def test_one_hold_more_opens_nothing(matter, hold):
    """Restrictive news is monotone here, too, and the answer moves no later in the contract's order."""
    one, request = matter
    after = replace(
        one,
        reaches={
            kind: replace(reach, register=replace(reach.register, holds=(*reach.register.holds, hold)))
            for kind, reach in one.reaches.items()
        },
    )
    was, now = answer(one, request), answer(after, request)
    if was is not DONE:
        assert now is not DONE
        assert ORDER.index(now) <= ORDER.index(was)


@given(matters())
def test_every_rule_can_be_explained(matter):
    """Explaining asks every rule whatever the others say: none of them may stumble over what another would have refused."""
    one, request = matter
    assert len(explain(one, request)) > 10
    assert len(explain(one, replace(request, options=None))) > 10
