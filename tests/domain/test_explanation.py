"""「なぜ出ない」: what staff are told is what the kiosk path decides by."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from case_strategies import matters
from cases import (
    CHILD,
    ELSEWHERE,
    HEAD,
    NEWEST_YEAR,
    NOW,
    REGISTER_NUMBER,
    SPOUSE,
    case,
    credential,
    doubt,
    elsewhere,
    hold,
    reaches,
    register,
    register_hold,
    register_row,
    registration,
    supplement,
    tax_record,
)
from hypothesis import given

from konbinid.domain.case import Asked
from konbinid.domain.doubts import Doubt
from konbinid.domain.entitlement import RULES, refusal
from konbinid.domain.explanation import Evidence, explain_holder, explain_resident
from konbinid.domain.feeds import Feed
from konbinid.domain.kinds import HOUSEHOLD_KINDS, REGISTER_KINDS, Kind
from konbinid.domain.person import CredentialType
from konbinid.domain.registers import RegisterState
from konbinid.domain.results import ORDER, Code
from konbinid.domain.tax import Filing
from konbinid.domain.trials import ALONE, HOUSEHOLD, Hindrance, Obstacle, Tried

EVERYWHERE = Evidence(dict.fromkeys(Feed, NOW))
PAPER = {Code.UNPRINTABLE, Code.TOO_MANY_PAGES}


def found_in(explained, kind):
    """One kind's findings by code; a test that asks for choices looks at the list."""
    return next(each for each in explained if each.kind is kind)


def by_code(explained):
    return {finding.code: finding for finding in explained.findings}


@given(matters())
def test_it_says_what_the_kiosk_would_be_told(matter):
    """For whoever has a credential: the first ✗ is the refusal, no ✗ is none, and every rule is asked, in the contract's order."""
    one, _ = matter
    if one.credential is None or one.credential.atena_number is None:
        return
    for each in explain_resident(one, EVERYWHERE, one.credential.atena_number):
        told = refusal(one, Asked(one.municipality, each.kind))
        found = each.refusal
        if told is None:
            assert found is None or found.code in PAPER
        else:
            assert (told.code, told.rule) == (found.code, found.rule)
        told_of = list(dict.fromkeys(finding.code for finding in each.findings))
        years = set() if each.kind is Kind.KAZEI else {Code.NO_TAX_RECORD}
        assert told_of == [code for code in ORDER if code in {code for code, _ in RULES} - years | PAPER]


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
        *(Code.NO_SUCH_MEMBER, Code.OPTION_NOT_ALLOWED, Code.FEE_DIFFERS, *PAPER),
    }


def test_another_member_is_explained_by_their_own_state():
    """The credential of the case is whoever's it is; the person asked about is the one explained."""
    one = case(credential=credential(CHILD), holds=(hold(CHILD),))
    inkan = next(each for each in explain_resident(one, EVERYWHERE, CHILD) if each.kind is Kind.INKAN)
    assert inkan.refusal.code in {Code.NO_REGISTER, Code.MAY_NOT_BE_ISSUED}
    assert credential(CHILD).type is CredentialType.CARD


def test_the_date_behind_a_rule_is_its_oldest_feed():
    """A rule is as current as the oldest of the data it looks at; one that was never taken in is said to be so."""
    as_of = Evidence({**EVERYWHERE.as_of, Feed.INKAN: NOW - timedelta(hours=5)})
    found = {each.kind: by_code(each) for each in explain_resident(case(), as_of, HEAD)}
    assert found[Kind.INKAN][Code.NO_REGISTER].as_of == NOW - timedelta(hours=5)
    assert found[Kind.JUMINHYO][Code.NO_REGISTER].as_of == NOW
    assert found[Kind.JUMINHYO][Code.SUSPENDED].as_of is None
    assert found[Kind.FUHYO][Code.UNPRINTABLE].feeds == (Feed.KOSEKI, Feed.FUHYO)
    unfed = explain_resident(case(), Evidence({**EVERYWHERE.as_of, Feed.JPKI: None}), HEAD)[0].findings
    assert next(f for f in unfed if f.code is Code.CREDENTIAL_UNKNOWN).unfed


def _years(explained):
    return [(f.choice, f.rule) for f in explained.findings if f.code is Code.NO_TAX_RECORD]


def test_every_year_has_a_word_of_its_own():
    """One year can be had, so the kind can: the others say each why not, and a closed year is never told as the word on all of them."""
    taxes = (
        tax_record(NEWEST_YEAR, filing=Filing.NOT_FILED),
        tax_record(NEWEST_YEAR - 1),
        tax_record(NEWEST_YEAR - 2, defect="amounts"),
    )
    (kazei,) = explain_resident(case(taxes=taxes), EVERYWHERE, HEAD, kinds=[Kind.KAZEI])
    assert _years(kazei) == [
        ("令和8年度", "tax_not_filed"),
        ("令和7年度", None),
        ("令和6年度", "tax_record_defective"),
        ("令和5年度", "no_tax_record"),
    ]
    assert kazei.refusal is None
    assert [finding.choice for finding in kazei.refused_choices] == ["令和8年度", "令和6年度", "令和5年度"]


def test_the_one_year_left_may_be_unprintable():
    """Three years say 1109, the fourth 1301: nothing can be had, and the kiosk's list would have shown the kind. The first word is told."""
    taxes = (tax_record(NEWEST_YEAR),)
    tried = {
        Kind.KAZEI: (Tried("令和8年度", (Hindrance(Obstacle.NO_GLYPH, "entry 1 name", ("U+E123",)),), None),)
    }
    (kazei,) = explain_resident(case(taxes=taxes), EVERYWHERE, HEAD, kinds=[Kind.KAZEI], tried=tried)
    assert kazei.refusal is not None
    assert kazei.refusal.code is Code.NO_TAX_RECORD
    tried = {Kind.KAZEI: (Tried("令和8年度", (), ()),)}
    (kazei,) = explain_resident(case(taxes=taxes), EVERYWHERE, HEAD, kinds=[Kind.KAZEI], tried=tried)
    assert kazei.refusal is None


def test_a_paper_that_one_choice_allows_is_no_refusal():
    """The household's is too long, the person's alone is not: whoever calls can be told so. When neither can be printed, that is the refusal."""
    long, fine = Tried(HOUSEHOLD, (), (Hindrance(Obstacle.TOO_MANY_SHEETS),)), Tried(ALONE, (), ())
    (one,) = explain_resident(
        case(), EVERYWHERE, HEAD, kinds=[Kind.JUMINHYO], tried={Kind.JUMINHYO: (long, fine)}
    )
    assert one.refusal is None
    assert [(f.code, f.choice) for f in one.refused_choices] == [(Code.TOO_MANY_PAGES, HOUSEHOLD)]
    glyph = (Hindrance(Obstacle.NO_GLYPH, "entry 1 name", ("U+E123",)),)
    both = (Tried(HOUSEHOLD, glyph, None), Tried(ALONE, glyph, None))
    (one,) = explain_resident(case(), EVERYWHERE, HEAD, kinds=[Kind.JUMINHYO], tried={Kind.JUMINHYO: both})
    assert (one.refusal.code, one.refusal.hindrances) == (Code.UNPRINTABLE, glyph)
    assert by_code(one)[Code.TOO_MANY_PAGES].open


def test_a_form_that_is_not_here_says_nothing_about_the_paper():
    """A server without the form cannot try the paper: that is neither ✓ nor ✗."""
    tried = {Kind.INKAN: (Tried("", (Hindrance(Obstacle.FORM_NOT_HERE, "2031-04"),), None),)}
    (inkan,) = explain_resident(case(), EVERYWHERE, HEAD, kinds=[Kind.INKAN], tried=tried)
    assert inkan.refusal is None
    assert by_code(inkan)[Code.UNPRINTABLE].open
    assert by_code(inkan)[Code.UNPRINTABLE].hindrances


def test_a_registers_paper_that_is_not_here_or_too_long():
    """By the desk's own rule (0020), for every paper that could be chosen: one missing PDF closes one choice, not the kind."""
    addresses = supplement(register_row("01", pdf_sha256=None), register_row("02", display=1, pages=21))
    one = case(reaches=reaches(fuhyo=addresses))
    (fuhyo,) = explain_resident(one, EVERYWHERE, HEAD, kinds=[Kind.FUHYO])
    assert fuhyo.refusal is None
    assert [(f.code, f.rule, f.choice) for f in fuhyo.refused_choices] == [
        (Code.UNPRINTABLE, "register_without_pdf", "構成員 01 (本人)"),
        (Code.TOO_MANY_PAGES, "register_pages", "構成員 02・本籍と筆頭者あり"),
    ]
    koseki = register(register_row("00", pdf_sha256=None))
    (zenbu,) = explain_resident(case(reaches=reaches(koseki)), EVERYWHERE, HEAD, kinds=[Kind.KOSEKI_ZENBU])
    assert zenbu.refusal.rule == "register_without_pdf"


def test_members_who_cannot_be_chosen_are_not_tried():
    """Who was removed or has no number yet is 1106: a missing PDF of theirs is nobody's reason."""
    koseki = register(
        register_row("03", state=RegisterState.REMOVED, pdf_sha256=None), register_row("04", number=0)
    )
    (kojin,) = explain_resident(case(reaches=reaches(koseki)), EVERYWHERE, HEAD, kinds=[Kind.KOSEKI_KOJIN])
    tried = [f.choice for f in kojin.findings if f.code is Code.UNPRINTABLE]
    assert tried == ["構成員 01 (本人)", "構成員 02"]


def test_no_register_is_not_looked_at_for_its_paper():
    """Nothing to look at is －, not a missing PDF."""
    for one in (
        case(reaches={}),
        case(reaches=reaches(register(register_row("01", state=RegisterState.REMOVED)))),
    ):
        (zenbu,) = explain_resident(one, EVERYWHERE, HEAD, kinds=[Kind.KOSEKI_ZENBU])
        assert zenbu.refusal.code is Code.NO_REGISTER
        assert by_code(zenbu)[Code.UNPRINTABLE].open


def test_what_nobody_knows_of_a_past_instant_is_open():
    """A suspension of today is not the word about last week."""
    unsaid = {kind: frozenset({Code.SUSPENDED, Code.STALE}) for kind in Kind}
    one = case(suspended=frozenset({"juminhyo"}), stale=frozenset(Kind))
    (found,) = explain_resident(one, replace(EVERYWHERE, unsaid=unsaid), HEAD, kinds=[Kind.JUMINHYO])
    assert found.refusal is None
    assert by_code(found)[Code.SUSPENDED].open
    assert by_code(found)[Code.STALE].open


def test_who_lives_elsewhere_is_explained_as_the_kiosk_decides():
    """By a registration: no credential of JPKI, no household. A hold on the register's member stands against them like against anybody."""
    (fuhyo,) = explain_holder(elsewhere(), EVERYWHERE, kinds=[Kind.FUHYO])
    assert fuhyo.refusal is None
    assert not by_code(fuhyo)[Code.MAY_NOT_BE_ISSUED].open
    assert by_code(fuhyo)[Code.CREDENTIAL_INVALID].open
    held = register(holds=(register_hold(member=ELSEWHERE),))
    (zenbu,) = explain_holder(elsewhere(reaches=reaches(held)), EVERYWHERE, kinds=[Kind.KOSEKI_ZENBU])
    assert zenbu.refusal.rule == "hold_core_04"
    gone = elsewhere(registration=registration(stands=False))
    (fuhyo,) = explain_holder(gone, EVERYWHERE, kinds=[Kind.FUHYO])
    assert fuhyo.refusal.code is Code.CREDENTIAL_UNKNOWN
    assert by_code(fuhyo)[Code.MAY_NOT_BE_ISSUED].open


@given(matters())
def test_a_holder_hears_what_the_kiosk_says(matter):
    """Whatever the case: the first ✗ before the paper is the refusal."""
    one, _ = matter
    for each in explain_holder(one, EVERYWHERE):
        told = refusal(one, Asked(one.municipality, each.kind))
        assert told is None or (told.code, told.rule) == (each.refusal.code, each.refusal.rule)


def _file(number=7, **about):
    return Doubt(
        number, f"JUMIN_2026112410000{number}_00000{number}_D.csv", Feed.JUMIN, "rejected", NOW, **about
    )


def _files(one, kind, *files, code=Code.CHANGE_IN_PROGRESS, number=HEAD):
    (found,) = explain_resident(one, replace(EVERYWHERE, doubts=files), number, kinds=[kind])
    return [file.number for file in by_code(found)[code].files]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in REGISTER_KINDS])
def test_a_provisional_hold_names_the_files_that_reach(kind):
    """A file that names the spouse closes the household's papers and the spouse's own; whoever reads must not resolve another's file."""
    one = case(holds=(doubt(SPOUSE),))
    files = (_file(7, atena_number=SPOUSE), _file(8, atena_number=CHILD))
    assert _files(one, kind, *files) == ([7] if kind in HOUSEHOLD_KINDS else [])
    assert _files(one, kind, *files, number=SPOUSE) == [7]


def test_a_file_that_names_the_household_or_a_register():
    """Each closes what it names; one file that names several is told once."""
    household = _file(8, household=True)
    assert _files(case(household_in_doubt=True), Kind.JUMINHYO, household) == [8]
    assert _files(case(household_in_doubt=True), Kind.INKAN, household) == []
    koseki = register(in_doubt=True, holds=(register_hold(CHILD, source=doubt().source, category=""),))
    named = (
        _file(9, register_number=REGISTER_NUMBER),
        _file(9, atena_number=CHILD),
        _file(6, register_number="K-9"),
    )
    assert _files(case(reaches=reaches(koseki)), Kind.KOSEKI_ZENBU, *named) == [9]
    assert _files(case(reaches=reaches(koseki)), Kind.FUHYO, *named) == []


def test_a_feed_in_doubt_is_behind_the_data_not_behind_a_person():
    """Keys that cannot be read close the feed's kinds (1203), and name nobody."""
    one, file = case(stale=frozenset({Kind.INKAN})), replace(_file(5), feed=Feed.INKAN)
    assert _files(one, Kind.INKAN, file, code=Code.STALE) == [5]
    assert _files(one, Kind.INKAN, file) == []
    assert _files(one, Kind.KAZEI, file, code=Code.STALE) == []
