"""What each cell of a resident's entry shows: the value, nothing, or ＊＊＊ (certificates.md, "All forms" and juminhyo)."""

from __future__ import annotations

from konbinid.domain.content import BLANK, OMITTED, Cell, Entry, EntryShape
from konbinid.domain.dates import PartialDate
from konbinid.domain.kinds import Switch
from konbinid.domain.person import Person, Sex

_RESIDENCE_FIELDS = ("residence_status", "period_of_stay", "stay_expires_on", "residence_card_number")
# What a class of 30条45規定区分 does not have: 特別永住者 hold a certificate with a number but no 在留資格, 経過滞在者 (出生・国籍喪失) hold no
# card either (入管特例法; 住民基本台帳法 30条の45).
_NOT_APPLICABLE = {"特別永住者": _RESIDENCE_FIELDS[:3], "経過滞在者": _RESIDENCE_FIELDS}
_SEX = {Sex.MALE: "男", Sex.FEMALE: "女", Sex.BLANK: ""}


def day_text(person: Person, day: PartialDate | None) -> str:
    """A date as this person's entry writes it: Western for foreign residents, era for Japanese; empty when none is recorded."""
    if day is None:
        return ""
    return day.western() if person.is_foreign else day.in_era()


def on_request(show: frozenset[Switch], switch: Switch, text: str) -> Cell:
    """＊＊＊ unless it was asked for; blank when it was and nothing is recorded."""
    return Cell.of(text) if switch in show else OMITTED


def shape_of(person: Person) -> EntryShape:
    """Whose block of the form it is."""
    return EntryShape.FOREIGN if person.is_foreign else EntryShape.JAPANESE


def _residence_cells(person: Person, show: frozenset[Switch]) -> dict[str, Cell]:
    """国籍・地域 and 在留資格等. What this person's class does not have is ＊＊＊, as what was not asked for."""
    status = Switch.RESIDENCE_STATUS
    cells = {
        "nationality": on_request(show, Switch.NATIONALITY, person.nationality),
        "article_30_45": on_request(show, status, person.article_30_45),
        "residence_status": on_request(show, status, person.residence_status),
        "period_of_stay": on_request(show, status, person.period_of_stay),
        "stay_expires_on": on_request(show, status, day_text(person, person.stay_expires_on)),
        "residence_card_number": on_request(show, status, person.residence_card_number),
        "alias_history": on_request(show, status, person.alias_history),
    }
    for word, names in _NOT_APPLICABLE.items():
        if word in person.article_30_45:
            cells.update({name: OMITTED for name in names if cells[name] == BLANK})
    return cells


def juminhyo_entry(person: Person, show: frozenset[Switch]) -> Entry:
    """One person of 住民票の写し, every cell of the block filled, blank or ＊＊＊. ValueError when a 個人番号 is to be shown and still sealed: a
    blank would certify that there is none."""
    if (
        Switch.INDIVIDUAL_NUMBER in show
        and bool(person.individual_number) is not person.has_individual_number
    ):
        raise ValueError("the number to be shown is not the one recorded")
    cells = {
        "name": Cell.of(person.name),
        "birth_date": Cell.of(day_text(person, person.birth_date)),
        "sex": Cell.of(_SEX[person.sex]),
        "relationship": on_request(show, Switch.RELATIONSHIP, person.relationship),
        "resident_since": Cell.of(day_text(person, person.resident_since)),
        "address_since": Cell.of(day_text(person, person.address_since)),
        "notified_on": Cell.of(day_text(person, person.notified_on)),
        "previous_address": Cell.of(person.previous_address),
        "individual_number": on_request(show, Switch.INDIVIDUAL_NUMBER, person.individual_number),
    }
    if person.is_foreign:
        cells["alias"] = Cell.of(person.alias)
        cells.update(_residence_cells(person, show))
    else:
        cells.update(_japanese_names(person))
        cells["domicile"] = on_request(show, Switch.DOMICILE, person.domicile)
        cells["head_of_register"] = on_request(show, Switch.DOMICILE, person.head_of_register)
    return Entry(shape_of(person), person.atena_number, person.member_number, cells)


def _japanese_names(person: Person) -> dict[str, Cell]:
    """振り仮名 is printed only when the family register has it (contract 2, 振り仮名記載区分)."""
    return {
        "name_kana": Cell.of(person.name_kana) if person.kana_registered else BLANK,
        "former_name": Cell.of(person.former_name),
        "former_name_kana": Cell.of(person.former_name_kana) if person.former_kana_registered else BLANK,
    }


def kisaijiko_entry(person: Person, show: frozenset[Switch]) -> Entry:
    """One person of 住民票記載事項証明書: what was not asked for is not there at all. 通称 stands with a foreign resident's name always
    (住民基本台帳法施行令 30条の16: it is shown with the name)."""
    full = juminhyo_entry(person, show).cells
    wanted = {"name", "birth_date", "sex"}
    if person.alias:
        wanted.add("alias")
    by_switch = {
        Switch.RELATIONSHIP: ("relationship",),
        Switch.DOMICILE: ("domicile", "head_of_register"),
        Switch.INDIVIDUAL_NUMBER: ("individual_number",),
        Switch.NATIONALITY: ("nationality",),
        Switch.RESIDENCE_STATUS: ("article_30_45", *_RESIDENCE_FIELDS, "alias_history"),
    }
    for switch, names in by_switch.items():
        if switch in show:
            wanted.update(names)
    cells = {name: cell for name, cell in full.items() if name in wanted}
    return Entry(shape_of(person), person.atena_number, person.member_number, cells)


def inkan_entry(person: Person, *, katakana: bool) -> Entry:
    """The person of 印鑑登録証明書; カタカナ併記 only when the seal is registered in it."""
    cells = {
        "name": Cell.of(person.name),
        "birth_date": Cell.of(day_text(person, person.birth_date)),
        "address": Cell.of(person.full_address),
    }
    if person.is_foreign:
        cells["alias"] = Cell.of(person.alias)
        cells["name_katakana"] = Cell.of(person.name_katakana) if katakana else BLANK
    else:
        cells["former_name"] = Cell.of(person.former_name)
    return Entry(shape_of(person), person.atena_number, person.member_number, cells)


def kazei_entry(person: Person) -> Entry:
    """The person of 課税証明書: today's 氏名 (contract 2, ZEI), with which a foreign resident's 通称 always stands (docs/decisions/0009)."""
    cells = {"name": Cell.of(person.name)}
    if person.is_foreign:
        cells["alias"] = Cell.of(person.alias)
    return Entry(shape_of(person), person.atena_number, person.member_number, cells)
