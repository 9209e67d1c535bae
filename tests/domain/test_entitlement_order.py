"""The contract's order: of several refusals that apply the first is answered, so that every kiosk hears the same."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import combinations, pairwise
from typing import Any

import pytest
from cases import (
    NOW,
    OTHER_MUNICIPALITY,
    SPOUSE,
    asked,
    case,
    credential,
    family,
    hold,
    household,
    kind_shelf,
    partial,
    shelf,
)

from konbinid.domain.entitlement import REPLAY_CODES, RULES, decide, explain, refusal
from konbinid.domain.granted import Granted
from konbinid.domain.kinds import Kind, Switch
from konbinid.domain.library import Offer
from konbinid.domain.person import ResidentState
from konbinid.domain.results import ORDER, Code

BY_RULES = [code for code, _ in RULES]
_GONE = Offer(offered=False, max_copies=10, switches=frozenset(Switch))


@dataclass
class Draft:
    """A case, its applicant (who is not the householder: what is wrong with her is wrong with nobody else) and its request."""

    kind: Kind = Kind.JUMINHYO
    case: dict[str, Any] = field(default_factory=dict)
    applicant: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, Any] = field(default_factory=dict)

    def both(self):
        """The case and what is asked of it."""
        members = [replace(p, **self.applicant) if p.atena_number == SPOUSE else p for p in family()]
        one = {"credential": credential(SPOUSE), **self.case}
        return case(household=household(*members), **one), asked(self.kind, **self.asked)


# What breaks one rule and, alone, no other.
BREAKS = {
    Code.OTHER_MUNICIPALITY: lambda d: d.asked.update(municipality=OTHER_MUNICIPALITY),
    Code.SUSPENDED: lambda d: d.case.update(suspended=frozenset({d.kind.value})),
    Code.CLOSED: lambda d: d.case.update(at=NOW.replace(hour=3)),
    Code.NOT_OFFERED: lambda d: d.case.update(shelf=shelf(kinds={d.kind: kind_shelf(d.kind, offer=_GONE)})),
    Code.CREDENTIAL_UNKNOWN: lambda d: d.case.update(credential=None),
    Code.CREDENTIAL_INVALID: lambda d: d.case.setdefault("credential", credential(SPOUSE, valid=False)),
    Code.STALE: lambda d: d.case.update(stale=frozenset({d.kind})),
    Code.NO_REGISTER: lambda d: d.applicant.update(state=ResidentState.MOVED_OUT),
    Code.MAY_NOT_BE_ISSUED: lambda d: d.case.update(holds=(hold(SPOUSE, household=True),)),
    Code.UNDER_AGE: lambda d: d.applicant.update(birth_date=partial("20161124")),
    Code.CHANGE_IN_PROGRESS: lambda d: d.applicant.update(change_in_progress=True),
    Code.NO_SUCH_MEMBER: lambda d: d.asked.update(members=[1, 99]),
    Code.OPTION_NOT_ALLOWED: lambda d: d.asked.update(copies=0),
    Code.NO_TAX_RECORD: lambda d: d.case.update(taxes=()),
    Code.FEE_DIFFERS: lambda d: d.asked.update(fee=1),
}


def broken(*codes):
    """A case in which these rules speak: about kazei when 1109 is one of them, which no other kind can hear."""
    draft = Draft(Kind.KAZEI if Code.NO_TAX_RECORD in codes else Kind.JUMINHYO)
    for code in sorted(codes, key=ORDER.index):
        BREAKS[code](draft)
    return draft.both()


def answered(codes):
    decision = decide(*broken(*codes))
    return None if isinstance(decision, Granted) else decision.code


def test_every_rule_can_be_broken_alone():
    """The breakers below are what they say: otherwise the pairs would prove nothing."""
    assert list(BREAKS) == BY_RULES
    assert answered(()) is None
    for code in BY_RULES:
        assert answered((code,)) is code
        spoken = [spoken for spoken, said in explain(*broken(code)) if said is not None]
        # Without a credential nobody is known: 1101 speaks, too, and comes later.
        assert spoken == ([code, Code.NO_REGISTER] if code is Code.CREDENTIAL_UNKNOWN else [code])


# These cannot be wrong together: an unknown credential has no state, and no kind has both members and years.
_NO_KIND = (Code.NO_SUCH_MEMBER, Code.NO_TAX_RECORD)
_APART = {(Code.CREDENTIAL_UNKNOWN, Code.CREDENTIAL_INVALID)}


@pytest.mark.parametrize(("first", "second"), [pair for pair in pairwise(BY_RULES) if pair not in _APART])
def test_of_two_neighbours_the_first_is_answered(first, second):
    """Both apply, the contract's first one is told."""
    spoken = {code for code, said in explain(*broken(first, second)) if said is not None}
    # What concerns the applicant cannot be asked of nobody.
    assert first in spoken
    assert second in spoken
    assert answered((first, second)) is first


@pytest.mark.parametrize(
    ("first", "second"), [pair for pair in combinations(BY_RULES, 2) if pair != _NO_KIND]
)
def test_of_any_two_the_first_is_answered(first, second):
    """Not only of neighbours: no later rule is asked first."""
    assert answered((first, second)) is first


@pytest.mark.parametrize("apart", _NO_KIND)
def test_everything_wrong_at_once_comes_out_one_by_one(apart):
    """Whoever puts right what was told hears the next of the contract's order, to the paper at the end."""
    wrong = [code for code in BY_RULES if code is not apart]
    left, heard = list(wrong), []
    while left:
        code = answered(left)
        assert code is not None
        heard.append(code)
        left.remove(code)
    assert heard == wrong
    assert answered(()) is None


@pytest.mark.parametrize("code", BY_RULES)
def test_a_replay_looks_at_its_codes_only(code):
    """Contract 1, operation 3: before a document is given again 1202, 1001, 1002, 1102 and 1104 are checked, nothing else."""
    found = refusal(*broken(code), REPLAY_CODES)
    assert (found.code if found else None) is (code if code in REPLAY_CODES else None)


def test_a_replay_answers_in_the_same_order():
    """Several of them: the first of the contract's order."""
    left, heard = sorted(REPLAY_CODES, key=ORDER.index), []
    while left:
        heard.append(refusal(*broken(*left), REPLAY_CODES).code)
        left.remove(heard[-1])
    assert heard == sorted(REPLAY_CODES, key=ORDER.index)


def test_the_refusal_names_its_rule_and_nobody():
    """The ledger and staff are told which rule; the word names no person."""
    for code in BY_RULES:
        refused = decide(*broken(code))
        assert refused.rule.replace("_", "").isalnum()
        assert refused.rule.isascii()
    late = decide(case(at=NOW + timedelta(hours=13)), asked())
    assert late.rule == "outside_hours"
