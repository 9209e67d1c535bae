"""「なぜ出ない」: what staff are told is what the kiosk path decides by."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from case_strategies import matters
from cases import CHILD, HEAD, NOW, case, credential, hold
from hypothesis import given

from konbinid.domain.case import Asked
from konbinid.domain.entitlement import RULES, refusal
from konbinid.domain.explanation import explain_resident
from konbinid.domain.feeds import Feed
from konbinid.domain.kinds import Kind
from konbinid.domain.person import CredentialType
from konbinid.domain.results import Code

EVERYWHERE = dict.fromkeys(Feed, NOW)


@given(matters())
def test_it_says_what_the_kiosk_would_be_told(matter):
    """For whoever has a credential: the first ✗ is the refusal, no ✗ is none, and every rule is asked, in the contract's order."""
    one, _ = matter
    if one.credential is None or one.credential.atena_number is None:
        return
    for each in explain_resident(one, EVERYWHERE, one.credential.atena_number):
        told = refusal(one, Asked(one.municipality, each.kind))
        found = each.refusal
        assert (told.code, told.rule) == (found.code, found.rule) if told else found is None
        assert [finding.code for finding in each.findings] == [code for code, _ in RULES]


def test_somebody_without_a_card_is_explained_all_the_same():
    """Without a credential the kiosk knows nobody; staff ask about a person, so holds and seals are looked at as if a valid card had come."""
    one = case(credential=None, holds=(hold(HEAD),))
    told = {finding.code: finding for finding in explain_resident(one, EVERYWHERE, HEAD)[0].findings}
    assert told[Code.CREDENTIAL_UNKNOWN].rule == "credential_unknown"
    assert told[Code.CREDENTIAL_INVALID].open
    assert told[Code.MAY_NOT_BE_ISSUED].rule == "hold_core_04"


def test_what_cannot_be_said_is_no_check_mark():
    """✓ for somebody whom the register does not know, or for a choice that nobody made yet, would be read as a promise."""
    one = replace(case(), household=None)
    told = {finding.code: finding for finding in explain_resident(one, EVERYWHERE, HEAD)[0].findings}
    assert told[Code.NO_REGISTER].rule == "not_on_register"
    assert {code for code, finding in told.items() if finding.open} == {
        *(Code.MAY_NOT_BE_ISSUED, Code.UNDER_AGE, Code.CHANGE_IN_PROGRESS),
        *(Code.NO_SUCH_MEMBER, Code.OPTION_NOT_ALLOWED, Code.NO_TAX_RECORD, Code.FEE_DIFFERS),
    }


def test_another_member_is_explained_by_their_own_state():
    """The credential of the case is whoever's it is; the person asked about is the one explained."""
    one = case(credential=credential(CHILD), holds=(hold(CHILD),))
    inkan = next(each for each in explain_resident(one, EVERYWHERE, CHILD) if each.kind is Kind.INKAN)
    assert inkan.refusal.code in {Code.NO_REGISTER, Code.MAY_NOT_BE_ISSUED}
    assert credential(CHILD).type is CredentialType.CARD


def test_the_date_behind_a_rule_is_its_oldest_feed():
    """A rule is as current as the oldest of the data it looks at; one that was never taken in is said to be so."""
    as_of = EVERYWHERE | {Feed.INKAN: NOW - timedelta(hours=5)}
    found = {each.kind: {f.code: f for f in each.findings} for each in explain_resident(case(), as_of, HEAD)}
    assert found[Kind.INKAN][Code.NO_REGISTER].as_of == NOW - timedelta(hours=5)
    assert found[Kind.JUMINHYO][Code.NO_REGISTER].as_of == NOW
    assert found[Kind.JUMINHYO][Code.SUSPENDED].as_of is None
    unfed = explain_resident(case(), EVERYWHERE | {Feed.JPKI: None}, HEAD)[0].findings
    assert next(f for f in unfed if f.code is Code.CREDENTIAL_UNKNOWN).unfed
