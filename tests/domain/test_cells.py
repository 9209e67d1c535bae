"""What each cell shows: the value, nothing, or ＊＊＊ - for every switch and every class of resident (certificates.md)."""

from __future__ import annotations

import pytest
from cases import child, foreigner, person, special_permanent_resident, spouse, transitional_resident
from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.cells import inkan_entry, juminhyo_entry, kisaijiko_entry
from konbinid.domain.content import BLANK, ENTRY_FIELDS, OMITTED, Cell, CellState, EntryShape
from konbinid.domain.kinds import Switch
from konbinid.domain.person import Sex

NOTHING, EVERYTHING = frozenset(), frozenset(Switch)
NUMBER = "123456789018"
JAPANESE_FIELDS = {
    *(
        "name",
        "name_kana",
        "former_name",
        "former_name_kana",
        "birth_date",
        "sex",
        "relationship",
        "resident_since",
    ),
    *(
        "address_since",
        "notified_on",
        "previous_address",
        "domicile",
        "head_of_register",
        "individual_number",
    ),
}
FOREIGN_FIELDS = {
    *("name", "alias", "birth_date", "sex", "relationship", "resident_since", "address_since", "notified_on"),
    *(
        "previous_address",
        "individual_number",
        "nationality",
        "article_30_45",
        "residence_status",
        "period_of_stay",
    ),
    *("stay_expires_on", "residence_card_number", "alias_history"),
}
BY_SWITCH = {
    Switch.RELATIONSHIP: {"relationship"},
    Switch.HOUSEHOLDER: set(),  # stands in the heading
    Switch.DOMICILE: {"domicile", "head_of_register"},
    Switch.INDIVIDUAL_NUMBER: {"individual_number"},
    Switch.NATIONALITY: {"nationality"},
    Switch.RESIDENCE_STATUS: {
        *("article_30_45", "residence_status", "period_of_stay", "stay_expires_on", "residence_card_number"),
        "alias_history",
    },
}
ON_REQUEST = set().union(*BY_SWITCH.values())
EVERYONE = {
    "japanese": person(individual_number=NUMBER),
    "with a former name": spouse(individual_number=NUMBER),
    "kana not registered": child(individual_number=NUMBER),
    "foreign": foreigner(individual_number=NUMBER),
    "special permanent": special_permanent_resident(individual_number=NUMBER),
    "transitional": transitional_resident(individual_number=NUMBER),
}
_everyone = pytest.mark.parametrize("resident", EVERYONE.values(), ids=EVERYONE.keys())


def value(text):
    return Cell(CellState.VALUE, text)


@_everyone
@pytest.mark.parametrize("switch", Switch)
def test_a_switch_opens_its_cells_and_no_others(resident, switch):
    """＊＊＊ until it is asked for; one switch never shows what belongs to another."""
    closed, opened = (juminhyo_entry(resident, frozenset(show)).cells for show in ((), (switch,)))
    assert closed.keys() == opened.keys()
    for name, cell in closed.items():
        assert (cell == OMITTED) == (name in ON_REQUEST)
        if name not in BY_SWITCH[switch]:
            assert opened[name] == cell


@_everyone
def test_a_block_has_the_cells_of_its_shape(resident):
    """Every cell of the block is decided here, none left to the form; forms know all of these names."""
    entry = juminhyo_entry(resident, EVERYTHING)
    assert entry.shape is (EntryShape.FOREIGN if resident.is_foreign else EntryShape.JAPANESE)
    assert entry.cells.keys() == (FOREIGN_FIELDS if resident.is_foreign else JAPANESE_FIELDS)
    assert set(ENTRY_FIELDS) >= entry.cells.keys()
    assert (entry.atena_number, entry.member_number) == (resident.atena_number, resident.member_number)


def test_a_japanese_entry_with_everything():
    """Each value in its own cell, dates in the era, 本籍 and 筆頭者 as recorded."""
    shown = {name: cell.text for name, cell in juminhyo_entry(EVERYONE["japanese"], EVERYTHING).cells.items()}
    assert shown == {
        "name": "見本　太郎",
        "name_kana": "ミホン　タロウ",
        "former_name": "",
        "former_name_kana": "",
        "birth_date": "昭和61年5月3日",
        "sex": "男",
        "relationship": "世帯主",
        "resident_since": "平成22年4月1日",
        "address_since": "平成27年6月10日",
        "notified_on": "平成27年6月12日",
        "previous_address": "例示県例示市三丁目４番",
        "domicile": "見本県見本市本町五番地",
        "head_of_register": "見本　太郎",
        "individual_number": NUMBER,
    }


def test_a_foreign_entry_with_everything():
    """Western dates throughout, 通称, and 在留資格等 cell by cell."""
    shown = {name: cell.text for name, cell in juminhyo_entry(EVERYONE["foreign"], EVERYTHING).cells.items()}
    assert shown == {
        "name": "SPECIMEN MARIA",
        "alias": "例示　真理",
        "birth_date": "1986年5月3日",
        "sex": "女",
        "relationship": "世帯主",
        "resident_since": "2010年4月1日",
        "address_since": "2015年6月10日",
        "notified_on": "2015年6月12日",
        "previous_address": "例示県例示市三丁目４番",
        "individual_number": NUMBER,
        "nationality": "見本国",
        "article_30_45": "中長期在留者",
        "residence_status": "技術・人文知識・国際業務",
        "period_of_stay": "５年",
        "stay_expires_on": "2027年3月31日",
        "residence_card_number": "ZZ00000000ZZ",
        "alias_history": "令和2年4月1日記載",
    }


_NEVER_HAD = ("residence_status", "period_of_stay", "stay_expires_on")


@pytest.mark.parametrize("show", [NOTHING, frozenset({Switch.RESIDENCE_STATUS})])
def test_special_permanent_residents_have_no_status(show):
    """在留資格, 期間 and 満了日 are not applicable (＊＊＊), asked for or not; the certificate's number is theirs."""
    cells = juminhyo_entry(EVERYONE["special permanent"], show).cells
    assert all(cells[name] == OMITTED for name in _NEVER_HAD)
    assert cells["residence_card_number"] == (value("ZZ00000000ZZ") if show else OMITTED)
    assert cells["article_30_45"] == (value("特別永住者") if show else OMITTED)


@pytest.mark.parametrize("show", [NOTHING, frozenset({Switch.RESIDENCE_STATUS})])
@pytest.mark.parametrize("by", ["出生による経過滞在者", "国籍喪失による経過滞在者"])
def test_transitional_residents_have_no_card(by, show):
    """経過滞在者 have neither status nor card: ＊＊＊, never a blank that reads as an omission of the register."""
    cells = juminhyo_entry(transitional_resident(article_30_45=by), show).cells
    assert all(cells[name] == OMITTED for name in (*_NEVER_HAD, "residence_card_number"))
    assert cells["article_30_45"] == (value(by) if show else OMITTED)


def test_what_a_mid_term_resident_lacks_is_blank():
    """Applicable, asked for, not recorded: blank, not ＊＊＊."""
    lacking = foreigner(
        period_of_stay="", stay_expires_on=None, residence_card_number="", nationality="", alias_history=""
    )
    cells = juminhyo_entry(lacking, frozenset({Switch.RESIDENCE_STATUS, Switch.NATIONALITY})).cells
    lacks = ("period_of_stay", "stay_expires_on", "residence_card_number", "nationality", "alias_history")
    assert all(cells[name] == BLANK for name in lacks)


def test_a_value_of_a_class_that_should_not_have_it_is_shown():
    """What the register holds is never hidden by a rule about what it ought to hold."""
    odd = special_permanent_resident(residence_status="永住者", individual_number=NUMBER)
    assert juminhyo_entry(odd, EVERYTHING).cells["residence_status"] == value("永住者")


@pytest.mark.parametrize("show", [NOTHING, EVERYTHING])
@pytest.mark.parametrize("alias", ["例示　真理", ""])
def test_an_alias_is_never_left_out(alias, show):
    """通称 stands on juminhyo without being asked for; whoever has none has a blank."""
    resident = foreigner(alias=alias, individual_number=NUMBER)
    assert juminhyo_entry(resident, show).cells["alias"] == Cell.of(alias)


@pytest.mark.parametrize("registered", [True, False])
@pytest.mark.parametrize("former_registered", [True, False])
def test_kana_stand_only_when_the_family_register_has_them(registered, former_registered):
    """振り仮名記載区分: unregistered readings stay blank, name and 旧氏 each by its own flag."""
    cells = juminhyo_entry(
        spouse(kana_registered=registered, former_kana_registered=former_registered), NOTHING
    ).cells
    assert cells["name_kana"] == (value("ミホン　ハナコ") if registered else BLANK)
    assert cells["former_name"] == value("例示")
    assert cells["former_name_kana"] == (value("レイジ") if former_registered else BLANK)


def test_unknown_and_absent_dates():
    """Unknown is printed as 不詳, in the calendar of the class; not recorded is blank."""
    born = {"birth_date": "19350000", "resident_since": "00000000", "address_since": None}
    japanese, foreign = (juminhyo_entry(make(**born), NOTHING).cells for make in (person, foreigner))
    assert [japanese[name].text for name in born] == ["昭和10年月日不詳", "不詳", ""]
    assert [foreign[name].text for name in born] == ["1935年月日不詳", "不詳", ""]
    assert japanese["address_since"] == foreign["address_since"] == BLANK


@pytest.mark.parametrize(("sex", "text"), [(Sex.MALE, "男"), (Sex.FEMALE, "女"), (Sex.BLANK, "")])
def test_the_sex_column(sex, text):
    """9 leaves the cell blank."""
    assert juminhyo_entry(person(sex=sex), NOTHING).cells["sex"] == Cell.of(text)


def test_no_individual_number_is_blank():
    """Asked for by somebody who has none: blank."""
    nobody = person(has_individual_number=False)
    assert juminhyo_entry(nobody, EVERYTHING).cells["individual_number"] == BLANK


@pytest.mark.parametrize(
    "resident",
    [person(), person(has_individual_number=False, individual_number=NUMBER)],
    ids=["sealed", "stray"],
)
def test_a_number_still_sealed_is_no_blank(resident):
    """A blank would certify that none is recorded; a number that is not recorded would be somebody else's. Neither is printed."""
    for make in (juminhyo_entry, kisaijiko_entry):
        with pytest.raises(ValueError, match="not the one recorded"):
            make(resident, frozenset({Switch.INDIVIDUAL_NUMBER}))
        make(resident, NOTHING)


@_everyone
@given(show=st.frozensets(st.sampled_from(Switch)))
def test_kisaijiko_shows_exactly_what_was_asked(resident, show):
    """氏名, 生年月日 and 性別 always, 通称 with a name that has one; of the rest what was asked for, and no ＊＊＊ for what was not."""
    cells = kisaijiko_entry(resident, show).cells
    block = FOREIGN_FIELDS if resident.is_foreign else JAPANESE_FIELDS
    wanted = {"name", "birth_date", "sex"} | ({"alias"} if resident.alias else set())
    wanted |= block & set().union(*(BY_SWITCH[switch] for switch in show))
    assert cells.keys() == wanted
    full = juminhyo_entry(resident, show).cells
    assert all(cells[name] == full[name] for name in cells)


@given(st.frozensets(st.sampled_from(Switch)))
def test_kisaijiko_leaves_no_cell_open(show):
    """＊＊＊ appears only where a class has no such thing, never for what was not asked."""
    assert OMITTED not in kisaijiko_entry(EVERYONE["japanese"], show).cells.values()
    assert OMITTED not in kisaijiko_entry(EVERYONE["foreign"], show).cells.values()


def test_a_japanese_seal_certificate():
    """氏名, 旧氏 where recorded, 生年月日, 住所 with 方書; nothing else of the register."""
    cells = inkan_entry(spouse(), katakana=False).cells
    assert {name: cell.text for name, cell in cells.items()} == {
        "name": "見本　花子",
        "former_name": "例示",
        "birth_date": "昭和63年2月29日",
        "address": "見本市試験町一丁目２番３号　試験荘１０１",
    }
    assert inkan_entry(person(address_supplement=""), katakana=False).cells["former_name"] == BLANK
    assert inkan_entry(person(address_supplement=""), katakana=False).cells["address"] == value(
        "見本市試験町一丁目２番３号"
    )


@pytest.mark.parametrize("katakana", [True, False])
def test_a_foreign_seal_certificate(katakana):
    """通称 always, カタカナ併記 only for a seal registered in it."""
    cells = inkan_entry(foreigner(), katakana=katakana).cells
    assert {name: cell.text for name, cell in cells.items()} == {
        "name": "SPECIMEN MARIA",
        "alias": "例示　真理",
        "name_katakana": "スペシメン　マリア" if katakana else "",
        "birth_date": "1986年5月3日",
        "address": "見本市試験町一丁目２番３号　試験荘１０１",
    }


@_everyone
def test_a_cells_text_agrees_with_its_state(resident):
    """Text is empty exactly when the cell is blank, and ＊＊＊ exactly when it is left out: the renderer never guesses."""
    for show in (NOTHING, EVERYTHING):
        for cell in juminhyo_entry(resident, show).cells.values():
            assert (cell.text == "") == (cell.state is CellState.BLANK)
            assert (cell.text == "＊＊＊") == (cell.state is CellState.OMITTED)
