"""A case and its household: who asks, who lives there, who would stand on the paper and whose holds must be looked at."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from case_strategies import matters
from cases import (
    CHILD,
    HEAD,
    NOW,
    SPOUSE,
    asked,
    case,
    child,
    credential,
    family,
    family_with,
    household,
    only_right,
    person,
    seal,
    spouse,
)
from hypothesis import given

from konbinid.domain.kinds import CredentialType, Kind, Scope
from konbinid.domain.person import (
    CHANGE_HOLD,
    HOUSEHOLDER,
    SUPPORT_MEASURE,
    ResidentClass,
    ResidentState,
    SealNameKind,
    SealState,
    Sex,
)
from konbinid.domain.request import CredentialKey

GONE = [ResidentState.MOVED_OUT, ResidentState.DEAD, ResidentState.STRUCK_OFF]


def test_code_values_are_the_contracts():
    """Contract 2, JUMIN, INKAN and YOKUSHI: a code read as its neighbour would make the dead living."""
    assert [(state.value, state.name) for state in ResidentState] == [
        (1, "RESIDENT"),
        (2, "LEAVING"),
        (3, "MOVED_OUT"),
        (4, "DEAD"),
        (5, "STRUCK_OFF"),
    ]
    assert {each.name: each.value for each in ResidentClass} == {"JAPANESE": 1, "FOREIGN": 2}
    assert {each.name: each.value for each in Sex} == {"MALE": 1, "FEMALE": 2, "BLANK": 9}
    assert [state.name for state in sorted(SealState)] == ["REGISTERED", "CANCELLED", "SUSPENDED"]
    assert [kind.name for kind in sorted(SealNameKind)] == ["NAME", "FORMER_NAME", "ALIAS", "KATAKANA"]
    assert {SealState.REGISTERED.value, SealNameKind.NAME.value} == {1}
    assert (SUPPORT_MEASURE, CHANGE_HOLD, HOUSEHOLDER) == ("01", "02", "世帯主")


def numbers(people):
    return [p.atena_number for p in people]


@pytest.mark.parametrize("state", ResidentState)
def test_the_living_are_resident_or_leaving(state):
    """Contract 2, JUMIN: the living are 住登 and 転出予定."""
    assert state.is_living == (state in {ResidentState.RESIDENT, ResidentState.LEAVING})
    living = household(person(), spouse(state=state)).living
    assert numbers(living) == ([HEAD, SPOUSE] if state not in GONE else [HEAD])


@pytest.mark.parametrize(
    ("members", "householder"),
    [
        ((person(), spouse()), HEAD),
        ((spouse(), person()), HEAD),
        ((person(relationship="子"),), None),
        ((person(), spouse(relationship="世帯主")), None),
        ((person(), spouse(relationship="世帯主", state=ResidentState.DEAD)), HEAD),
        ((person(state=ResidentState.LEAVING),), None),
        ((person(relationship="世帯主の父"),), None),
    ],
)
def test_the_householder_is_the_only_one(members, householder):
    """Exactly one 世帯主 among the 住登 members, or none is taken."""
    found = household(*members).householder
    assert (found.atena_number if found else None) == householder


@pytest.mark.parametrize(("who", "found"), [(HEAD, HEAD), (CHILD, CHILD), ("0000009999", None), (None, None)])
def test_the_applicant_is_the_credentials_resident(who, found):
    """Nobody else, and nobody by place or order."""
    applicant = case(credential=credential(who)).applicant
    assert (applicant.atena_number if applicant else None) == found


def test_without_credential_or_household_nobody_asks():
    """Then nobody is printed and nobody concerned."""
    for one in (case(credential=None), case(household=None)):
        assert one.applicant is None
        assert one.printed(asked()) == one.concerned(asked()) == ()


@pytest.mark.parametrize(
    ("request_", "printed", "concerned"),
    [
        pytest.param(asked(), [HEAD, SPOUSE, CHILD], [SPOUSE, HEAD, CHILD], id="household"),
        pytest.param(asked(members=[3, 1]), [HEAD, CHILD], [SPOUSE, HEAD, CHILD], id="members"),
        pytest.param(asked(members=[2]), [SPOUSE], [SPOUSE], id="oneself"),
        pytest.param(asked(members=[99, 0]), [], [SPOUSE], id="nobody"),
        pytest.param(only_right(), [SPOUSE], [SPOUSE], id="the right alone"),
        pytest.param(asked(Kind.INKAN), [SPOUSE], [SPOUSE], id="seal"),
        pytest.param(asked(Kind.INKAN, scope=Scope.HOUSEHOLD), [SPOUSE], [SPOUSE], id="seal, wrongly asked"),
    ],
)
def test_who_is_printed_and_who_is_concerned(request_, printed, concerned):
    """Holds of the applicant count though only others are printed; nobody is concerned twice."""
    one = case(credential=credential(SPOUSE))
    assert numbers(one.printed(request_)) == printed
    assert numbers(one.concerned(request_)) == concerned


@pytest.mark.parametrize("state", GONE)
def test_who_is_gone_is_never_printed(state):
    """By HOUSEHOLD or by number: the dead and the moved stand on no paper."""
    one = case(household=family_with(CHILD, state=state))
    assert numbers(one.printed(asked())) == [HEAD, SPOUSE]
    assert numbers(one.printed(asked(members=[3]))) == []


@given(matters())
def test_the_printed_are_concerned(matter):
    """Whoever stands on a paper was looked at by the rules about holds and changes, and the applicant always."""
    one, request = matter
    if one.applicant is not None:
        assert set(numbers(one.concerned(request))) == {
            one.applicant.atena_number,
            *numbers(one.printed(request)),
        }


@pytest.mark.parametrize(
    ("seals", "found"),
    [
        ((), None),
        ((seal(),), "S-0001"),
        ((seal(state=SealState.CANCELLED),), None),
        ((seal(state=SealState.CANCELLED), seal(registration_number="S-0002")), "S-0002"),
        ((seal(), seal(registration_number="S-0002")), None),
    ],
)
def test_the_seal_is_the_one_registered(seals, found):
    """One 登録 per person (contract 2): of two neither is taken."""
    one = case(seals=seals).seal
    assert (one.registration_number if one else None) == found


def test_leaving_members_are_seen():
    """転出予定 of anybody in the household."""
    assert case(household=family_with(CHILD, state=ResidentState.LEAVING)).has_leaving_member
    assert not case().has_leaving_member
    assert not case(household=None).has_leaving_member


def test_today_is_japans_day():
    """The day of issue, whatever the offset of the database's clock."""
    assert case(at=datetime(2026, 11, 24, 15, 0, tzinfo=UTC)).today == date(2026, 11, 25)
    assert case().today == NOW.date()


def test_addresses_are_one_line():
    """住所 and 方書 parted by a full-width space; no space when there is no 方書."""
    assert person(address="甲", address_supplement="乙").full_address == "甲　乙"
    assert person(address="甲", address_supplement="").full_address == "甲"


def test_the_builders_people_are_one_household():
    """The people of the examples have their own numbers and places."""
    assert len(set(numbers(family()))) == len({p.member_number for p in family()}) == 3
    assert child().member_number == 3


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ((CredentialType.CARD, "00AB12"), (CredentialType.CARD, "ab12"), True),
        ((CredentialType.CARD, "ab12"), (CredentialType.PHONE, "ab12"), False),
        ((CredentialType.CARD, "ab12"), (CredentialType.CARD, "ab120"), False),
        ((CredentialType.CARD, "AB10"), (CredentialType.CARD, "ab1"), False),
    ],
)
def test_serials_are_compared_as_the_contract_says(first, second, same):
    """Case and leading zeros do not count; the type and every other digit do."""
    assert (CredentialKey.of(*first) == CredentialKey.of(*second)) is same


@pytest.mark.parametrize("serial", ["0", "0000", ""])
def test_a_serial_of_zeros_is_none(serial):
    """The counter makes it a Fault."""
    with pytest.raises(ValueError, match="zeros only"):
        CredentialKey.of(CredentialType.CARD, serial)
