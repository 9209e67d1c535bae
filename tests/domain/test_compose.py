"""From a grant to the content of a paper: heading, entries, sentence, signature, and the record that the ledger keeps."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import cases
import pytest
from case_strategies import matters
from cases import (
    CHILD,
    HEAD,
    SPOUSE,
    asked,
    case,
    credential,
    family,
    foreigner,
    household,
    person,
    seal,
    spouse,
    tax_record,
)
from hypothesis import given, settings

from konbinid.domain.compose import compose, record_of
from konbinid.domain.content import BLANK, OMITTED, Cell, Content
from konbinid.domain.entitlement import decide
from konbinid.domain.granted import Granted
from konbinid.domain.kinds import HOUSEHOLD_KINDS, Kind, Switch
from konbinid.domain.person import ResidentState, SealNameKind

ISSUANCE = "ABCD-EFGH-JKMN-PQRS"
NUMBERS = {HEAD: "123456789018", SPOUSE: "000000000051", CHILD: "000000000060"}


def with_numbers(granted):
    """As the desk does: 個人番号 is opened for those who are printed."""
    opened = tuple(
        replace(
            p,
            individual_number=NUMBERS.get(p.atena_number, "000000000000") if p.has_individual_number else "",
        )
        for p in granted.printed
    )
    return replace(granted, printed=opened)


def paper(one=None, request=None, *, specimen=False) -> Content:
    one, request = one or case(), request or asked()
    granted = decide(one, request)
    assert isinstance(granted, Granted)
    return compose(one, request, with_numbers(granted), ISSUANCE, specimen=specimen)


@pytest.mark.parametrize("kind", [Kind.JUMINHYO, Kind.KISAIJIKO])
@pytest.mark.parametrize(
    ("members", "sentence"),
    [(None, "whole"), ([1, 2, 3], "whole"), ([3, 1, 2], "whole"), ([1, 2], "part"), ([3], "part")],
)
def test_the_sentence_follows_the_people_printed(kind, members, sentence):
    """「世帯全員」 is certified when all are on the paper, by whatever button; one left out makes it 「世帯の一部」."""
    assert paper(request=asked(kind, members=members)).sentence == sentence


def test_one_alone_is_the_whole_household():
    """Whoever lives alone and asks for himself has 世帯全員."""
    assert paper(case(household=household(person())), asked(members=[1])).sentence == "whole"


def test_someone_gone_is_no_part_of_the_whole():
    """A member who died or moved away is not missing on the paper."""
    gone = household(person(), spouse(state=ResidentState.DEAD))
    content = paper(case(household=gone))
    assert content.sentence == "whole"
    assert [entry.atena_number for entry in content.entries] == [HEAD]


def test_entries_stand_in_the_households_order():
    """記載順位, not the order of the numbers in the request."""
    content = paper(request=asked(members=[3, 1]))
    assert [entry.member_number for entry in content.entries] == [1, 3]


@pytest.mark.parametrize("applicant", [HEAD, SPOUSE])
def test_the_heading_of_juminhyo(applicant):
    """住所 with 方書 always, 世帯主 on request only: ＊＊＊ until it is asked for, and the householder whoever asks."""
    one = case(credential=credential(applicant))
    address = Cell.of("見本市試験町一丁目２番３号　試験荘１０１")
    assert paper(one).heading == {"address": address, "householder": OMITTED}
    shown = paper(one, asked(members=[2], show=[Switch.HOUSEHOLDER])).heading
    assert shown == {"address": address, "householder": Cell.of("見本　太郎")}


def test_the_heading_of_kisaijiko():
    """住所 always; 世帯主 is not even mentioned when it was not asked for."""
    assert paper(request=asked(Kind.KISAIJIKO)).heading.keys() == {"address"}
    shown = paper(request=asked(Kind.KISAIJIKO, show=[Switch.HOUSEHOLDER])).heading
    assert shown["householder"] == Cell.of("見本　太郎")


@pytest.mark.parametrize("kind", [Kind.JUMINHYO, Kind.KISAIJIKO])
@pytest.mark.parametrize("switch", Switch)
def test_switches_reach_every_entry(kind, switch):
    """What was asked for is asked for all who are printed, and nothing else appears with it."""
    bare, shown = paper(request=asked(kind)), paper(request=asked(kind, show=[switch]))
    for before, after in zip(bare.entries, shown.entries, strict=True):
        changed = {name for name, cell in after.cells.items() if before.cells.get(name, OMITTED) != cell}
        expected = {
            Switch.RELATIONSHIP: {"relationship"},
            Switch.DOMICILE: {"domicile", "head_of_register"},
            Switch.INDIVIDUAL_NUMBER: {"individual_number"},
        }.get(switch, set())
        assert changed == expected


def test_a_seal_certificate():
    """印影 as registered, one entry, no heading, the one sentence there is."""
    content = paper(request=asked(Kind.INKAN))
    assert content.impression == cases.impression()
    assert content.heading == {}
    assert content.sentence == "only"
    assert [entry.atena_number for entry in content.entries] == [HEAD]


@pytest.mark.parametrize("name_kind", [SealNameKind.NAME, SealNameKind.ALIAS, SealNameKind.KATAKANA])
def test_katakana_stand_when_the_seal_is_registered_in_them(name_kind):
    """カタカナ併記 follows the seal's 登録氏名区分."""
    one = case(household=household(foreigner()), seals=(seal(name_kind=name_kind),))
    shown = paper(one, asked(Kind.INKAN)).entries[0].cells["name_katakana"]
    assert shown == (Cell.of("スペシメン　マリア") if name_kind is SealNameKind.KATAKANA else BLANK)


@pytest.mark.parametrize("year", [2026, 2023])
def test_a_tax_certificate_shows_the_year_that_was_asked_for(year):
    """I-16: of several 年度 the one in the request, today's 氏名, the record's address; no heading, the one sentence there is."""
    one = case(
        taxes=tuple(tax_record(each, address=f"{each}番地") for each in (2026, 2025, 2024, 2023)),
        household=household(person(name="見本　改太郎"), spouse()),
    )
    content = paper(one, asked(Kind.KAZEI, year=year))
    assert content.sections.keys() == {"tax"}
    assert content.sections["tax"]["fiscal_year"] == Cell.of({2026: "令和8年度", 2023: "令和5年度"}[year])
    assert content.sections["tax"]["address"] == Cell.of(f"{year}番地")
    assert [(entry.atena_number, entry.cells) for entry in content.entries] == [
        (HEAD, {"name": Cell.of("見本　改太郎")})
    ]
    assert (content.heading, content.sentence, content.impression) == ({}, "only", None)


def test_a_foreign_residents_alias_stands_on_a_tax_certificate():
    """通称 always stands with the name (docs/decisions/0009)."""
    entry = paper(case(household=household(foreigner())), asked(Kind.KAZEI)).entries[0]
    assert entry.cells == {"name": Cell.of("SPECIMEN MARIA"), "alias": Cell.of("例示　真理")}


@pytest.mark.parametrize(("annual_tax", "title"), [(230_500, "taxed"), (100, "taxed"), (0, "untaxed")])
def test_the_title_follows_the_tax(annual_tax, title):
    """課税証明書, or 非課税証明書 when the tax is 0; both are titles of the one form, and the ledger keeps which."""
    content = paper(case(taxes=(tax_record(annual_tax=annual_tax),)), asked(Kind.KAZEI))
    record = record_of(content, conceal)
    assert content.title == record["title"] == title
    assert record["sections"]["tax"]["annual_tax"] == ["value", f"{annual_tax:,}"]


@pytest.mark.parametrize("kind", [Kind.JUMINHYO, Kind.KISAIJIKO, Kind.INKAN])
def test_only_kazei_tells_of_taxes(kind):
    """Another kind's paper shows no amount, though a case may know them."""
    content = paper(request=asked(kind))
    assert (dict(content.sections), content.title) == ({}, "only")


@pytest.mark.parametrize("kind", sorted(HOUSEHOLD_KINDS))
def test_only_inkan_carries_an_impression(kind):
    """A seal stands on no other paper, though the case knows it."""
    assert paper(request=asked(kind)).impression is None


def test_who_certifies_and_when():
    """Mayor and seal of the library, the day of issue in the era, in Japan."""
    late = datetime(2026, 11, 24, 21, 30, tzinfo=UTC)  # 06:30 on the 25th in Japan
    signature = paper(case(at=late)).signature
    assert (signature.title, signature.name, signature.issued_on) == (
        "見本市長",
        "試験　一郎",
        "令和8年11月25日",
    )
    assert signature.seal == cases.shelf().official_seal


@pytest.mark.parametrize("specimen", [True, False])
def test_number_form_and_mark_are_the_given_ones(specimen):
    """What binds the sheets and what marks a specimen comes from the caller, unchanged."""
    content = paper(specimen=specimen)
    assert (content.kind, content.form_version, content.issuance_number) == (
        Kind.JUMINHYO,
        "2026.1",
        ISSUANCE,
    )
    assert content.specimen is specimen


def test_texts_are_all_that_came_from_data():
    """What read-back must find on the paper: every cell that shows something, the heading, who signs, the number."""
    content = paper(request=asked(show=[Switch.HOUSEHOLDER]))
    texts = content.texts()
    for entry in content.entries:
        assert {cell.text for cell in entry.cells.values() if cell.text} <= set(texts)
    assert {
        "見本市試験町一丁目２番３号　試験荘１０１",
        "見本市長",
        "試験　一郎",
        "令和8年11月24日",
        ISSUANCE,
    } <= set(texts)
    assert "" not in texts
    in_sections = replace(content, sections={"tax": {"total": Cell.of("123,456"), "left": BLANK}})
    assert "123,456" in in_sections.texts()


def conceal(text):
    return f"digest of {len(text)}"


def flat(value):
    """Every text of a JSON value."""
    if isinstance(value, dict):
        return [text for key, each in value.items() for text in (key, *flat(each))]
    if isinstance(value, list):
        return [text for each in value for text in flat(each)]
    return [value] if isinstance(value, str) else []


@settings(max_examples=200)
@given(matters())
def test_the_record_never_holds_an_individual_number(matter):
    """house.md: stored content holds a keyed digest in place of 個人番号, for whatever is asked."""
    one, request = matter
    granted = decide(one, request)
    if not isinstance(granted, Granted):
        return
    content = compose(one, request, with_numbers(granted), ISSUANCE, specimen=False)
    record = json.loads(json.dumps(record_of(content, conceal)))
    shown = len(content.entries) if Switch.INDIVIDUAL_NUMBER in request.options.show else 0
    assert not [
        text for text in flat(record) for number in (*NUMBERS.values(), "000000000000") if number in text
    ]
    assert flat(record).count("digest of 12") == shown


def test_the_record_is_the_paper():
    """Every cell with its state and text, who signed, the impression's pixels: the paper can be told from its record years later."""
    content = paper(request=asked(Kind.INKAN))
    record = record_of(content, conceal)
    assert record["entries"][0]["cells"] == {
        name: [cell.state.value, cell.text] for name, cell in content.entries[0].cells.items()
    }
    assert record["signature"] == ["見本市長", "試験　一郎", "令和8年11月24日"]
    assert record["impression"] == [9, 9, 25, cases.SEAL_ROWS.hex()]
    assert (record["kind"], record["form_version"], record["sentence"]) == ("inkan", "2026.1", "only")


def test_the_record_keeps_blank_and_left_out_apart():
    """A blank concealed as a number, or a ＊＊＊ as one, would tell that there was one."""
    bare = household(*(replace(p, has_individual_number=False) for p in family()))
    asked_for = record_of(paper(case(household=bare), asked(show=[Switch.INDIVIDUAL_NUMBER])), conceal)
    not_asked = record_of(paper(case(household=bare)), conceal)
    assert {tuple(e["cells"]["individual_number"]) for e in asked_for["entries"]} == {("blank", "")}
    assert {tuple(e["cells"]["individual_number"]) for e in not_asked["entries"]} == {("omitted", "＊＊＊")}


def test_the_record_holds_sections_and_heading():
    """Whatever a paper shows is in its record; a form with sections is no exception."""
    content = replace(
        paper(), sections={"tax": {"total": Cell.of("123,456"), "individual_number": Cell.of("123456789018")}}
    )
    record = record_of(content, conceal)
    assert record["sections"] == {
        "tax": {"total": ["value", "123,456"], "individual_number": ["value", "digest of 12"]}
    }
    assert record["heading"]["address"] == ["value", "見本市試験町一丁目２番３号　試験荘１０１"]


def test_different_papers_have_different_records():
    """One switch, one member, one seal more is another record: its digest tells papers apart."""
    papers = [
        paper(),
        paper(specimen=True),
        paper(request=asked(members=[1])),
        paper(request=asked(show=[Switch.RELATIONSHIP])),
        paper(request=asked(Kind.KISAIJIKO)),
        paper(request=asked(Kind.INKAN)),
        paper(case(seals=(seal(impression=cases.impression(dpi=30)),)), asked(Kind.INKAN)),
    ]
    records = {
        json.dumps(record_of(content, conceal), ensure_ascii=False, sort_keys=True) for content in papers
    }
    assert len(records) == len(papers)
