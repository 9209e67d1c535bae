"""Who may have what: every rule at its boundaries (contract 1, result codes; certificates.md, "Who may have what")."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from cases import (
    CHILD,
    HEAD,
    NOW,
    OTHER_MUNICIPALITY,
    SPOUSE,
    TODAY,
    asked,
    case,
    child,
    credential,
    family_with,
    foreigner,
    household,
    impression,
    kind_shelf,
    only_right,
    person,
    seal,
    shelf,
    spouse,
)

from konbinid.domain.case import EVERYTHING
from konbinid.domain.dates import JST
from konbinid.domain.entitlement import REPLAY_CODES, allowed_switches, decide, explain, refusal
from konbinid.domain.granted import Granted
from konbinid.domain.kinds import REGISTER_KINDS, Kind, Scope, Switch
from konbinid.domain.library import Holidays, Hours, Offer, PlannedStop
from konbinid.domain.person import ResidentState, SealNameKind, SealState
from konbinid.domain.results import Code

MADE = sorted(set(Kind) - REGISTER_KINDS)  # what we draw; test_registers.py has the others
HOUSEHOLD = [Kind.JUMINHYO, Kind.KISAIJIKO]


def answer(one, request=None):
    """The code of a decision, 0000 when it is granted."""
    decision = decide(one, request or asked())
    return Code.DONE if isinstance(decision, Granted) else decision.code


def jst(*parts):
    return datetime(*parts, tzinfo=JST)


@pytest.mark.parametrize("kind", MADE)
def test_the_default_case_is_granted(kind):
    """The ground every other test stands on: nothing but what it names is in the way."""
    decision = decide(case(), asked(kind))
    assert isinstance(decision, Granted)
    assert decision.applicant.atena_number == HEAD
    assert decision.fee == 300
    assert [said for _, said in explain(case(), asked(kind))] == [None] * 15


@pytest.mark.parametrize("kind", MADE)
def test_another_city_is_refused(kind):
    """1501 says nothing about anybody: whoever asks."""
    request = asked(kind, municipality=OTHER_MUNICIPALITY)
    assert answer(case(), request) is Code.OTHER_MUNICIPALITY
    assert answer(case(credential=None, household=None), request) is Code.OTHER_MUNICIPALITY


@pytest.mark.parametrize(
    ("names", "closed"),
    [
        ((), set()),
        ((EVERYTHING,), set(MADE)),
        (("inkan",), {Kind.INKAN}),
        (("juminhyo", "fuhyo"), {Kind.JUMINHYO}),
    ],
)
def test_a_suspension_closes_its_kind_or_everything(names, closed):
    """1202 for what the city suspended, and only that."""
    one = case(suspended=frozenset(names))
    assert {kind for kind in MADE if answer(one, asked(kind)) is Code.SUSPENDED} == closed


@pytest.mark.parametrize("kind", MADE)
def test_a_planned_stop_is_the_citys_suspension(kind):
    """1202, not 1201: the city closes on purpose, at hours at which it is open otherwise; and a document is not given again meanwhile."""
    stop = PlannedStop("入替え")
    for stopped in (
        shelf(stop=stop),
        shelf(kinds={kind: kind_shelf(kind, stop=stop)}),
        shelf(stop=stop, holidays=Holidays(frozenset(), frozenset({"2026-11-24"}))),
    ):
        one = case(shelf=stopped)
        assert answer(one, asked(kind)) is Code.SUSPENDED
        again = refusal(one, asked(kind), REPLAY_CODES)
        assert again is not None
        assert (again.code, again.rule) == (Code.SUSPENDED, "planned_stop")


def test_a_kinds_own_stop_and_holidays_close_no_other():
    """What is planned for one system leaves the others open."""
    closed = Holidays(frozenset(), frozenset({"2026-11-24"}))
    for own, code in (({"stop": PlannedStop("x")}, Code.SUSPENDED), ({"more_holidays": closed}, Code.CLOSED)):
        one = case(shelf=shelf(kinds={Kind.INKAN: kind_shelf(Kind.INKAN, **own)}))
        assert answer(one, asked(Kind.INKAN)) is code
        assert answer(one, asked(Kind.JUMINHYO)) is Code.DONE


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (jst(2026, 11, 24, 6, 29, 59), Code.CLOSED),
        (jst(2026, 11, 24, 6, 30), Code.DONE),
        (jst(2026, 11, 24, 22, 59, 59), Code.DONE),
        (jst(2026, 11, 24, 23, 0), Code.CLOSED),
        (datetime(2026, 11, 23, 21, 30, tzinfo=UTC), Code.DONE),
        (jst(2026, 12, 28, 12, 0), Code.DONE),
        (jst(2026, 12, 29, 12, 0), Code.CLOSED),
        (jst(2027, 1, 3, 12, 0), Code.CLOSED),
        (jst(2027, 1, 4, 12, 0), Code.DONE),
    ],
)
def test_outside_its_hours_a_kind_is_closed(at, code):
    """1201: 06:30 to 23:00 Japan time, closed 29 December to 3 January."""
    assert answer(case(at=at)) is code


def test_hours_are_each_kinds_own():
    """A kind closed on a weekday does not close the others."""
    tuesdays_closed = Hours(
        tuple(None if day == 1 else kind_shelf(Kind.INKAN).hours.by_weekday[0] for day in range(7))
    )
    one = case(shelf=shelf(kinds={Kind.INKAN: kind_shelf(Kind.INKAN, hours=tuesdays_closed)}))
    assert answer(one, asked(Kind.INKAN)) is Code.CLOSED
    assert answer(one, asked(Kind.JUMINHYO)) is Code.DONE


def test_a_single_holiday_closes():
    """The city's own closed day, by its date."""
    one = case(shelf=shelf(holidays=Holidays(frozenset(), frozenset({"2026-11-24"}))))
    assert answer(one) is Code.CLOSED
    assert answer(replace(one, at=NOW + timedelta(days=1))) is Code.DONE


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("missing", ["offer", "fee", "hours", "form_version"])
def test_a_kind_half_decided_is_not_offered(kind, missing):
    """1105: a paper needs all of it, and nothing of it is guessed."""
    one = case(shelf=shelf(kinds={kind: kind_shelf(kind, **{missing: None})}))
    assert answer(one, asked(kind)) is Code.NOT_OFFERED


@pytest.mark.parametrize("missing", ["mayor", "official_seal", "holidays"])
def test_without_mayor_seal_or_calendar_nothing_is_offered(missing):
    """1105 for all kinds: no paper without who certifies it."""
    assert {answer(case(shelf=shelf(**{missing: None})), asked(kind)) for kind in MADE} == {Code.NOT_OFFERED}


def test_a_kind_withdrawn_is_not_offered():
    """1105 as soon as the offer says no; a fee of 0 yen is an offer."""
    offer = Offer(offered=False, max_copies=10, switches=frozenset())
    assert (
        answer(case(shelf=shelf(kinds={Kind.INKAN: kind_shelf(Kind.INKAN, offer=offer)})), asked(Kind.INKAN))
        is Code.NOT_OFFERED
    )
    free = case(shelf=shelf(kinds={Kind.INKAN: kind_shelf(Kind.INKAN, fee=0)}))
    assert answer(free, asked(Kind.INKAN, fee=0)) is Code.DONE


@pytest.mark.parametrize("kind", MADE)
def test_an_unknown_credential_is_refused(kind):
    """1001, whatever else is known."""
    assert answer(case(credential=None), asked(kind)) is Code.CREDENTIAL_UNKNOWN


@pytest.mark.parametrize(
    ("changes", "policy", "code"),
    [
        ({"valid": False}, {}, Code.CREDENTIAL_INVALID),
        ({"expires_on": TODAY}, {}, Code.DONE),
        ({"expires_on": TODAY - timedelta(days=1)}, {}, Code.CREDENTIAL_INVALID),
        ({"expires_on": None}, {}, Code.DONE),
        ({"issued_on": None}, {}, Code.DONE),
        ({"issued_on": TODAY}, {}, Code.DONE),
        ({"issued_on": TODAY + timedelta(days=1)}, {}, Code.CREDENTIAL_INVALID),
        ({"issued_on": TODAY}, {"credential_next_day": True}, Code.CREDENTIAL_INVALID),
        ({"issued_on": TODAY - timedelta(days=1)}, {"credential_next_day": True}, Code.DONE),
        ({"issued_on": None}, {"credential_next_day": True}, Code.DONE),
    ],
)
def test_a_credential_holds_for_its_days(changes, policy, code):
    """1002: revoked, past its last day (inclusive), or too new where the city wants a day between."""
    assert answer(case(credential=credential(**changes), policy=policy)) is code


def test_stale_sources_close_their_kinds_only():
    """1203 (I-12, I-13): the kinds named, not the others."""
    one = case(stale=frozenset({Kind.INKAN, Kind.FUHYO}))
    assert [kind for kind in MADE if answer(one, asked(kind)) is Code.STALE] == [Kind.INKAN]


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("state", [ResidentState.MOVED_OUT, ResidentState.DEAD, ResidentState.STRUCK_OFF])
def test_who_is_no_longer_on_the_register_gets_nothing(kind, state):
    """1101, I-06: 転出, 死亡 and 職権消除 end every kind, a seal included, by themselves."""
    assert answer(case(household=family_with(HEAD, state=state)), asked(kind)) is Code.NO_REGISTER


@pytest.mark.parametrize("kind", MADE)
def test_a_credential_of_nobody_here_gets_nothing(kind):
    """1101: a known credential whose resident has not appeared yet, or of somebody of another household."""
    assert answer(case(credential=credential(None), household=None), asked(kind)) is Code.NO_REGISTER
    assert answer(case(credential=credential("0000009999")), asked(kind)) is Code.NO_REGISTER


@pytest.mark.parametrize(
    "seals",
    [
        pytest.param((), id="none"),
        pytest.param((seal(state=SealState.CANCELLED),), id="cancelled"),
        pytest.param((seal(state=SealState.SUSPENDED),), id="suspended"),
        pytest.param((seal(), seal(registration_number="S-0002")), id="two registered"),
        pytest.param((seal(impression=None),), id="without impression"),
        pytest.param((seal(defect="size"),), id="of a wrong size"),
        pytest.param((seal(name_kind=SealNameKind.FORMER_NAME),), id="in a former name not recorded"),
        pytest.param((seal(name_kind=SealNameKind.ALIAS),), id="in an alias not recorded"),
        pytest.param((seal(name_kind=SealNameKind.KATAKANA),), id="in katakana not recorded"),
    ],
)
def test_a_seal_that_is_none_closes_inkan_only(seals):
    """1101 (I-06: a cancelled seal is never printed); the other kinds go on."""
    one = case(seals=seals)
    assert answer(one, asked(Kind.INKAN)) is Code.NO_REGISTER
    assert {answer(one, asked(kind)) for kind in HOUSEHOLD} == {Code.DONE}


def test_a_cancelled_seal_beside_a_registered_one_does_not_count():
    """A new registration after an old one was cancelled is the person's seal."""
    old = seal(state=SealState.CANCELLED, impression=impression(dpi=30))
    one = case(seals=(old, seal(registration_number="S-0002")))
    assert answer(one, asked(Kind.INKAN)) is Code.DONE
    assert one.seal.registration_number == "S-0002"


@pytest.mark.parametrize(
    ("applicant", "name_kind", "code"),
    [
        (person(former_name="例示"), SealNameKind.FORMER_NAME, Code.DONE),
        (foreigner(), SealNameKind.ALIAS, Code.DONE),
        (foreigner(), SealNameKind.KATAKANA, Code.DONE),
        (foreigner(), SealNameKind.NAME, Code.DONE),
        (foreigner(alias=""), SealNameKind.ALIAS, Code.NO_REGISTER),
        (foreigner(name_katakana=""), SealNameKind.KATAKANA, Code.NO_REGISTER),
        (person(alias="例示　真理"), SealNameKind.ALIAS, Code.NO_REGISTER),
        (person(name_katakana="ミホン"), SealNameKind.KATAKANA, Code.NO_REGISTER),
        (foreigner(former_name="例示"), SealNameKind.FORMER_NAME, Code.NO_REGISTER),
    ],
)
def test_a_seal_is_in_a_name_that_the_paper_shows(applicant, name_kind, code):
    """A seal registered in a name that stands nowhere on this resident's certificate would certify what nobody can compare."""
    one = case(household=household(applicant), seals=(seal(name_kind=name_kind),))
    assert answer(one, asked(Kind.INKAN)) is code


@pytest.mark.parametrize(
    ("name_changed", "code"),
    [
        (None, Code.DONE),
        (datetime(2026, 4, 1, 8, 59, 59), Code.DONE),  # noqa: DTZ001 - stamps in file names have no offset
        (datetime(2026, 4, 1, 9, 0), Code.NO_REGISTER),  # noqa: DTZ001
        (datetime(2026, 10, 1, 9, 0), Code.NO_REGISTER),  # noqa: DTZ001
    ],
)
def test_a_seal_older_than_the_name_is_closed(name_changed, code):
    """I-06: after a change of 氏名, 旧氏 or 通称 the seal stays closed until the seal office has spoken; the other kinds show the new name."""
    one = case(names_stamp=name_changed)
    assert answer(one, asked(Kind.INKAN)) is code
    assert answer(one, asked(Kind.JUMINHYO)) is Code.DONE


@pytest.mark.parametrize(
    ("birth", "policy", "code"),
    [
        ("20111124", {}, Code.DONE),
        ("20111125", {}, Code.UNDER_AGE),
        ("20111125", {"age_reached_on_eve": True}, Code.DONE),
        ("20111126", {"age_reached_on_eve": True}, Code.UNDER_AGE),
        ("20111100", {}, Code.UNDER_AGE),
        ("20111000", {}, Code.DONE),
        ("20110000", {}, Code.UNDER_AGE),
        ("00000000", {}, Code.UNDER_AGE),
        ("00000000", {"minimum_age": 0}, Code.DONE),
        ("20261124", {"minimum_age": 0}, Code.DONE),
        ("20081125", {"minimum_age": 18}, Code.UNDER_AGE),
        ("20081124", {"minimum_age": 18}, Code.DONE),
    ],
)
def test_the_minimum_age(birth, policy, code):
    """1103 by the applicant's latest possible birthday; a city may have none."""
    one = case(household=household(person(birth_date=birth), spouse()), policy=policy)
    assert {answer(one, asked(kind)) for kind in MADE} == {code}


@pytest.mark.parametrize(
    ("today", "code"),
    [(jst(2027, 2, 28, 12, 0), Code.UNDER_AGE), (jst(2027, 3, 1, 12, 0), Code.DONE)],
)
def test_born_on_the_leap_day(today, code):
    """Certificates.md: 1 March in common years."""
    one = case(at=today, household=household(person(birth_date="20120229")))
    assert answer(one) is code


def test_only_the_applicants_age_counts():
    """A parent prints the child; the child does not print the parent."""
    assert answer(case(), asked(members=[3])) is Code.DONE
    assert answer(case(credential=credential(CHILD)), asked(members=[1])) is Code.UNDER_AGE


@pytest.mark.parametrize("kind", MADE)
def test_a_change_of_the_applicant_closes_every_kind(kind):
    """1104: 異動処理中 and 転出予定 of who asks."""
    assert (
        answer(case(household=family_with(HEAD, change_in_progress=True)), asked(kind))
        is Code.CHANGE_IN_PROGRESS
    )
    leaving = household(replace(person(), state=ResidentState.LEAVING), spouse(relationship="世帯主"))
    open_to_others = {"leaving_member_closes_household": False}
    assert answer(case(household=leaving, policy=open_to_others), asked(kind)) is Code.CHANGE_IN_PROGRESS


def test_a_change_of_another_member_closes_the_household_kinds():
    """1104 for whatever shows the household, one's own entry included; a seal is one's own."""
    one = case(household=family_with(SPOUSE, change_in_progress=True))
    assert answer(one, asked(Kind.JUMINHYO)) is Code.CHANGE_IN_PROGRESS
    assert answer(one, asked(Kind.KISAIJIKO, members=[1])) is Code.CHANGE_IN_PROGRESS
    assert answer(one, asked(Kind.INKAN)) is Code.DONE


def test_a_change_of_someone_gone_closes_nothing():
    """Somebody who died or moved away is no part of the household that is printed."""
    gone = replace(spouse(), change_in_progress=True, state=ResidentState.MOVED_OUT)
    assert answer(case(household=household(person(), gone))) is Code.DONE


@pytest.mark.parametrize(
    ("members", "policy", "code"),
    [
        (None, {}, Code.CHANGE_IN_PROGRESS),
        ([1], {}, Code.CHANGE_IN_PROGRESS),
        ([1], {"leaving_member_closes_household": False}, Code.DONE),
        ([1, 3], {"leaving_member_closes_household": False}, Code.DONE),
        ([2], {"leaving_member_closes_household": False}, Code.CHANGE_IN_PROGRESS),
        (None, {"leaving_member_closes_household": False}, Code.CHANGE_IN_PROGRESS),
    ],
)
@pytest.mark.parametrize("kind", HOUSEHOLD)
def test_a_leaving_member(kind, members, policy, code):
    """転出予定 closes the household (setting); the leaving member is never printed, whatever the setting says."""
    one = case(household=family_with(SPOUSE, state=ResidentState.LEAVING), policy=policy)
    assert answer(one, asked(kind, members=members)) is code
    assert answer(one, asked(Kind.INKAN)) is Code.DONE


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize(
    "members",
    [
        pytest.param((person(relationship="子"), spouse()), id="no householder"),
        pytest.param((person(), spouse(relationship="世帯主")), id="two householders"),
        pytest.param(
            (person(relationship="夫"), spouse(relationship="世帯主", state=ResidentState.DEAD)), id="dead"
        ),
        pytest.param(
            (person(relationship="夫"), spouse(relationship="世帯主", state=ResidentState.LEAVING)),
            id="leaving",
        ),
        pytest.param((person(relationship=" 世帯主"),), id="written otherwise"),
    ],
)
def test_a_household_without_one_householder_is_held(kind, members):
    """Contract 2, JUMIN: exactly one 世帯主 among the 住登 members, else those people are held (1104) for every kind."""
    open_to_others = {"leaving_member_closes_household": False}
    one = case(household=household(*members), policy=open_to_others)
    assert answer(one, asked(kind)) is Code.CHANGE_IN_PROGRESS


@pytest.mark.parametrize("change", [{"address": "見本市試験町二丁目"}, {"address_supplement": ""}])
def test_a_household_at_two_addresses_is_held(change):
    """One heading stands for all: it is not printed over somebody who is recorded elsewhere."""
    one = case(household=family_with(CHILD, **change))
    assert answer(one, asked(members=[1])) is Code.CHANGE_IN_PROGRESS
    assert answer(one, asked(Kind.INKAN)) is Code.DONE
    elsewhere = family_with(CHILD, state=ResidentState.MOVED_OUT, **change)
    assert answer(case(household=elsewhere)) is Code.DONE


@pytest.mark.parametrize("kind", HOUSEHOLD)
@pytest.mark.parametrize(
    ("members", "code"),
    [
        ([1], Code.DONE),
        ([3, 1], Code.DONE),
        ([1, 2, 3], Code.DONE),
        ([], Code.NO_SUCH_MEMBER),
        ([4], Code.NO_SUCH_MEMBER),
        ([1, 4], Code.NO_SUCH_MEMBER),
        ([1, 1], Code.NO_SUCH_MEMBER),
        ([0], Code.NO_SUCH_MEMBER),
        ([-1], Code.NO_SUCH_MEMBER),
    ],
)
def test_members_are_chosen_by_their_numbers(kind, members, code):
    """1106: unknown, doubled, none."""
    assert answer(case(), asked(kind, members=members)) is code


@pytest.mark.parametrize("state", [ResidentState.MOVED_OUT, ResidentState.DEAD, ResidentState.STRUCK_OFF])
def test_a_member_who_is_gone_cannot_be_chosen(state):
    """1106 (any more): the number is never given to another, and leads to nobody."""
    one = case(household=family_with(SPOUSE, state=state))
    assert answer(one, asked(members=[2])) is Code.NO_SUCH_MEMBER
    decision = decide(one, asked())
    assert isinstance(decision, Granted)
    assert [p.atena_number for p in decision.printed] == [HEAD, CHILD]


def test_a_member_without_a_number_cannot_be_chosen_as_zero():
    """0 was given to nobody: a new member before intake numbered him is not what a stray 0 prints."""
    one = case(household=family_with(CHILD, member_number=0))
    assert answer(one, asked(members=[0])) is Code.NO_SUCH_MEMBER


def _offered(**changes):
    offer = replace(kind_shelf(Kind.JUMINHYO).offer, **changes)
    return shelf(kinds={Kind.JUMINHYO: kind_shelf(Kind.JUMINHYO, offer=offer)})


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (asked(copies=0), Code.OPTION_NOT_ALLOWED),
        (asked(copies=-1), Code.OPTION_NOT_ALLOWED),
        (asked(copies=1), Code.DONE),
        (asked(copies=10), Code.DONE),
        (asked(copies=11), Code.OPTION_NOT_ALLOWED),
        (asked(scope=Scope.ALL), Code.OPTION_NOT_ALLOWED),
        (asked(scope=Scope.HOUSEHOLD, members=[1]), Code.OPTION_NOT_ALLOWED),
        (asked(show=Switch), Code.DONE),
        (asked(year=2026), Code.OPTION_NOT_ALLOWED),
        (asked(Kind.INKAN, scope=Scope.HOUSEHOLD), Code.OPTION_NOT_ALLOWED),
        (asked(Kind.INKAN, scope=Scope.MEMBERS, members=[1]), Code.OPTION_NOT_ALLOWED),
        (asked(Kind.INKAN, scope=Scope.MEMBERS), Code.OPTION_NOT_ALLOWED),
        (asked(Kind.INKAN, members=[1]), Code.OPTION_NOT_ALLOWED),
        (asked(Kind.INKAN, show=[Switch.DOMICILE]), Code.OPTION_NOT_ALLOWED),
        (asked(Kind.INKAN, year=2026), Code.OPTION_NOT_ALLOWED),
    ],
)
def test_options_of_the_kind_only(request_, code):
    """1107: copies out of bounds, an option of another kind, numbers without MEMBERS."""
    assert answer(case(), request_) is code


@pytest.mark.parametrize("kind", HOUSEHOLD)
def test_a_scope_must_be_given(kind):
    """1107: nobody guesses whose entries are wanted, with or without numbers."""
    for members in ((), (1,)):
        request = asked(kind, members=members)
        unsaid = replace(request, options=replace(request.options, scope=None))
        assert answer(case(), unsaid) is Code.OPTION_NOT_ALLOWED


@pytest.mark.parametrize("switch", Switch)
def test_only_switches_that_the_city_allows(switch):
    """1107 for what is not in printable[]; the rest goes on."""
    one = case(shelf=_offered(switches=frozenset(Switch) - {switch}))
    assert answer(one, asked(show=[switch])) is Code.OPTION_NOT_ALLOWED
    assert answer(one, asked(show=set(Switch) - {switch})) is Code.DONE


def test_the_individual_number_has_a_switch_for_the_whole_city():
    """Certificates.md: 個人番号 can be switched off for the whole city, whatever a kind's offer says."""
    one = case(policy={"individual_number_offered": False})
    assert answer(one, asked(show=[Switch.INDIVIDUAL_NUMBER])) is Code.OPTION_NOT_ALLOWED
    assert allowed_switches(one, Kind.JUMINHYO) == set(Switch) - {Switch.INDIVIDUAL_NUMBER}
    assert allowed_switches(case(), Kind.KISAIJIKO) == set(Switch)
    assert allowed_switches(case(), Kind.INKAN) == set()
    assert allowed_switches(case(), Kind.KAZEI) == set()


@pytest.mark.parametrize(("fee", "code"), [(300, Code.DONE), (299, Code.FEE_DIFFERS), (0, Code.FEE_DIFFERS)])
def test_the_fee_is_todays(fee, code):
    """1108: what the kiosk showed is what is taken."""
    assert answer(case(), asked(fee=fee)) is code


def test_asking_for_the_right_looks_at_no_options():
    """The rules of listCertificates: neither members nor options nor a fee were chosen yet."""
    assert all(refusal(case(), only_right(kind)) is None for kind in MADE)


@pytest.mark.parametrize(
    ("members", "printed", "whole"),
    [
        (None, [HEAD, SPOUSE, CHILD], True),
        ([3, 2, 1], [HEAD, SPOUSE, CHILD], True),
        ([1, 2], [HEAD, SPOUSE], False),
        ([2], [SPOUSE], False),
    ],
)
def test_whole_is_decided_by_the_people_printed(members, printed, whole):
    """Not by the button: all of them one by one is the whole household, in the household's order."""
    decision = decide(case(), asked(members=members))
    assert isinstance(decision, Granted)
    assert [p.atena_number for p in decision.printed] == printed
    assert decision.whole is whole


def test_inkan_prints_the_applicant_only():
    """A seal is one's own."""
    decision = decide(case(credential=credential(SPOUSE)), asked(Kind.INKAN))
    assert isinstance(decision, Granted)
    assert [p.atena_number for p in decision.printed] == [SPOUSE]


def test_the_day_of_the_rules_is_japans():
    """At 15:00 UTC it is tomorrow in Japan: a credential that ended today is refused then."""
    last = credential(expires_on=date(2026, 11, 23))
    late = datetime(2026, 11, 23, 13, 59, tzinfo=UTC)
    assert answer(case(at=late, credential=last)) is Code.DONE
    assert answer(case(at=late + timedelta(hours=8), credential=last)) is Code.CREDENTIAL_INVALID


def test_a_household_takes_its_own_members_only():
    """Invariant 1: nobody of another 世帯番号 can even be put into the household that is printed."""
    stranger = child(household_number="0000000901")
    with pytest.raises(ValueError, match="own members"):
        household(person(), stranger)
