"""What staff call the cells of a paper: the press names them by field, a form by its own labels."""

from __future__ import annotations

import re

_PEOPLE = {
    "name": "氏名",
    "name_kana": "氏名の振り仮名",
    "former_name": "旧氏",
    "former_name_kana": "旧氏の振り仮名",
    "alias": "通称",
    "name_katakana": "カタカナ表記",
    "birth_date": "生年月日",
    "sex": "性別",
    "relationship": "続柄",
    "householder": "世帯主",
    "address": "住所",
    "resident_since": "住民となった年月日",
    "address_since": "住所を定めた年月日",
    "notified_on": "届出日",
    "previous_address": "転入前住所",
    "domicile": "本籍",
    "head_of_register": "筆頭者",
    "individual_number": "個人番号",
    "nationality": "国籍・地域",
    "article_30_45": "30条45規定区分",
    "residence_status": "在留資格",
    "period_of_stay": "在留期間",
    "stay_expires_on": "在留期間の満了の日",
    "residence_card_number": "在留カード等の番号",
    "alias_history": "通称の記載・削除事項",
}
_ELSEWHERE = {
    "address_supplement": "方書",
    "tax_address": "課税の賦課期日現在の住所",
    "mayor": "首長の職名・氏名",
}
_SHEET = {
    "issued_on": "発行日",
    "mayor_title": "首長の職名",
    "mayor_name": "首長の氏名",
    "issuance_number": "発行番号",
    "sheet_number": "枚数の表示",
    "seal": "公印",
    "impression": "印影",
}
_TAX_FACTS = {
    "fiscal_year": "年度",
    "income_year": "所得の年",
    "assessed_on": "賦課期日",
    "address": "賦課期日現在の住所",
    "deductible_spouse": "控除対象配偶者",
}
_ENTRY = re.compile(r"entry ([0-9]+) (\w+)")


def field_name(field: str) -> str:
    """A recorded text as ``fonts missing`` names it (konbinid.store.printed_texts): 「氏名」."""
    return _PEOPLE.get(field) or _ELSEWHERE.get(field, field)


def field_order(field: str) -> int:
    """Where it comes among the fields, as papers show them."""
    return (*_PEOPLE, *_ELSEWHERE, field).index(field)


def cell_name(where: str) -> str:
    """「2人目の氏名」 for ``entry 2 name``. What has no name of its own is called as the form calls it."""
    entry = _ENTRY.fullmatch(where)
    if entry is not None:
        return f"{entry[1]}人目の{_PEOPLE.get(entry[2], entry[2])}"
    place, _, field = where.rpartition(" ")
    if place == "heading":
        return f"見出しの{_PEOPLE.get(field, field)}"
    if place == "tax":
        return f"課税の内容の{_TAX_FACTS.get(field, '金額・人数')} ({field})"
    return _SHEET.get(where, f"様式の項目 ({where})")
