"""What staff read about a rule that refused: what it means, and what to tell whoever asks.

The kiosk's screen never says why (konbinid.domain.results); staff must know, and must know what may be said on the telephone. Of a hold nothing may be
said, whoever calls: the caller may be the one from whom it protects.
"""

from __future__ import annotations

from dataclasses import dataclass

from konbinid.domain.results import Code


@dataclass(frozen=True, slots=True)
class Reason:
    """``meaning`` for staff only; ``telling``: what the caller may be told."""

    meaning: str
    telling: str


_NOTHING = (
    "理由は伝えない。「コンビニでは交付できません。本人確認書類を持って窓口へお越しください」とだけ案内する。"
)
_COUNTER = "窓口で交付できるか確かめ、来庁を案内する。"
_WAIT = "反映を待って、もう一度申し込むよう案内する。急ぐときは窓口へ。"
_CITY = "市の都合で止めている。再開の予定が分かれば伝え、急ぐときは窓口を案内する。"
_AGAIN = "はじめから申し込み直すよう案内する。"
_CARD = "市民課でカードまたは電子証明書の手続きが要る。"

REASONS = {
    "other_municipality": Reason(
        "ほかの市区町村への申込み。", "住所地の市区町村へ問い合わせるよう案内する。"
    ),
    "everything_suspended": Reason("すべての証明書の交付を停止している。", _CITY),
    "kind_suspended": Reason("この証明書の交付を停止している。", _CITY),
    "planned_stop": Reason("市があらかじめ決めた休止の期間である。", _CITY),
    "outside_hours": Reason("取扱時間の外、または休止日。", "取扱時間と休止日を伝える。"),
    "not_offered": Reason("この証明書はコンビニで取り扱っていない。", "窓口を案内する。"),
    "library_incomplete": Reason(
        "手数料、時間、様式、首長、公印、休止日、年度のどれかが登録されていないため、取り扱えない。", _CITY
    ),
    "credential_unknown": Reason("有効な利用者証明用電子証明書が、住基ネットのデータに見つからない。", _CARD),
    "credential_revoked": Reason("電子証明書が失効している。", _CARD),
    "credential_expired": Reason("電子証明書の有効期限が過ぎている。", _CARD),
    "credential_not_yet_valid": Reason(
        "電子証明書がまだ使えない (発行日の前、または設定により発行の当日)。", "使えるようになる日を伝える。"
    ),
    "source_too_old": Reason(
        "既存システムからのデータが届いていない、または確かめられないファイルがあるため、自動で止まっている。",
        _CITY,
    ),
    "not_on_register": Reason("この宛名番号の住民票がない。", _COUNTER),
    "resident_moved_out": Reason("転出している。", "いまの住所地の市区町村へ問い合わせるよう案内する。"),
    "resident_dead": Reason("死亡により住民票が消除されている。", _COUNTER),
    "resident_struck_off": Reason("職権により住民票が消除されている。", _COUNTER),
    "no_seal": Reason("登録中の印鑑がない (未登録、廃止、一時停止)、または2件以上ある。", _COUNTER),
    "seal_defective": Reason("印影の画像が使えない (大きさが8mm以下、または25mmを超える)。", _COUNTER),
    "seal_older_than_name": Reason(
        "氏名・旧氏・通称が変わったあと、または住民票が一度なくなったあと、印鑑登録の新しいデータが届いていない。",
        _COUNTER,
    ),
    "seal_name_not_recorded": Reason(
        "印鑑を登録した氏名の区分が、証明書に載らないか記録されていない。", _COUNTER
    ),
    "under_age": Reason("市が定める年齢に達していない。", _COUNTER),
    "hold_change_or_doubt": Reason(
        "異動処理中の抑止、または確かめられないファイルに名前があるための一時的な停止。", _NOTHING
    ),
    "change_in_progress": Reason("異動処理中。", _NOTHING),
    "leaving": Reason("転出予定 (転出届が出ている)。", _NOTHING),
    "householder_unclear": Reason(
        "世帯主が一人に決まらない (連携されたデータの続柄が「世帯主」の人がいない、または2人以上)。", _NOTHING
    ),
    "household_in_doubt": Reason("この世帯に加わる人の載ったファイルが、まだ反映できていない。", _NOTHING),
    "leaving_member": Reason("世帯に転出予定の人がいる。", _NOTHING),
    "change_in_household": Reason("世帯に異動処理中の人がいる。", _NOTHING),
    "addresses_differ": Reason("同じ世帯番号なのに、住所または方書が一致しない。", _NOTHING),
    "no_member_chosen": Reason("証明書に載せる人が選ばれていない。", _AGAIN),
    "member_doubled": Reason("同じ人が二度選ばれている。", _AGAIN),
    "member_unknown": Reason("選ばれた人が、この世帯にいない (いなくなった)。", _AGAIN),
    "copies": Reason("部数が1より少ないか、上限を超えている。", _AGAIN),
    "scope": Reason("証明する範囲 (全員・一部) が、この証明書のものではない。", _AGAIN),
    "numbers_without_members": Reason("全員を選んだのに、人も選ばれている。", _AGAIN),
    "switch": Reason("市が認めていない項目の記載が選ばれている。", _AGAIN),
    "year": Reason("年度が選ばれていないか、年度のない証明書に選ばれている。", _AGAIN),
    "year_not_offered": Reason("市がコンビニで取り扱っていない年度が選ばれている。", _AGAIN),
    "no_tax_record": Reason(
        "この年度の課税データがない (1月1日に市内に住んでいない、申告がないなど)。", _COUNTER
    ),
    "tax_not_filed": Reason("この年度は未申告。", "申告が必要なことを伝え、税の窓口を案内する。"),
    "tax_record_defective": Reason(
        "この年度の課税データの内容が食い違っている (何が食い違うかは konbinid files closed で分かる)。",
        _COUNTER,
    ),
    "no_register": Reason(
        "この市の戸籍 (附票) に、この人の行がない (本籍がほかの市区町村にある、データが届いていないなど)。",
        "本籍地を確かめるよう案内する。",
    ),
    "register_removed": Reason("戸籍 (附票) の全部が除かれている。", _COUNTER),
    "removed_from_register": Reason("この人は戸籍 (附票) から除かれている。", _COUNTER),
    "registrant_in_doubt": Reason(
        "利用登録された電子証明書の載ったファイル (住基ネット) が、まだ確かめられていない。", _NOTHING
    ),
    "in_several_registers": Reason("2つ以上の戸籍 (附票) に載っている (データの食い違い)。", _NOTHING),
    "register_in_doubt": Reason("この戸籍 (附票) の載ったファイルが、まだ確かめられていない。", _NOTHING),
    "register_changing": Reason("この戸籍 (附票) は届出の処理中。", _NOTHING),
    "register_contradicts": Reason("戸籍 (附票) の中で、この人の行が食い違っている。", _NOTHING),
    "birth_date_differs": Reason("住民票と戸籍 (附票) の生年月日が一致しない。", _NOTHING),
    "more_than_one_member": Reason("証明書に載せる人は1人だけ選べる。", _AGAIN),
    "member_removed": Reason("選ばれた人は、戸籍 (附票) から除かれている。", _COUNTER),
    "register_without_pdf": Reason("戸籍 (附票) システムから、この証明書のPDFが届いていない。", _COUNTER),
    "register_pages": Reason("戸籍 (附票) の枚数が、コンビニで印刷できる上限を超えている。", _COUNTER),
    "no_glyph": Reason("どのフォントにも外字にもない文字がある。", _COUNTER),
    "does_not_fit": Reason("枠に入りきらない。", _COUNTER),
    "no_place": Reason("様式に、載せるところがない。", _COUNTER),
    "too_many_sheets": Reason("枚数が、コンビニで印刷できる上限を超えている。", _COUNTER),
    "form_not_here": Reason("この版の様式がこのサーバにないため、印字を試せない。", _CITY),
    "fee_differs": Reason("キオスクに表示された手数料が、いまの手数料と違う。", _AGAIN),
}

_HOLDS = {
    "01": "支援措置 (DV等)",
    "02": "異動処理中",
    "03": "成年後見",
    "04": "職権",
    "99": "その他",
    "": "職員による",
}


def reason_of(rule: str) -> Reason:
    """The words for a rule. LookupError for one without words: a test keeps it from happening."""
    if rule.startswith("hold_") and rule not in REASONS:
        _, source, category = rule.split("_", 2)
        whose = {"core": "既存システムの抑止", "staff": "職員の抑止"}[source]
        return Reason(f"{whose}: {_HOLDS[category]}。本人または世帯の人への抑止。", _NOTHING)
    return REASONS[rule]


RULES = {
    Code.OTHER_MUNICIPALITY: "この市への申込み",
    Code.SUSPENDED: "停止していない",
    Code.CLOSED: "取扱時間内",
    Code.NOT_OFFERED: "取り扱っている",
    Code.CREDENTIAL_UNKNOWN: "電子証明書が分かる",
    Code.CREDENTIAL_INVALID: "電子証明書が有効",
    Code.STALE: "データが新しい",
    Code.NO_REGISTER: "対象の登録がある",
    Code.MAY_NOT_BE_ISSUED: "抑止されていない",
    Code.UNDER_AGE: "年齢に達している",
    Code.CHANGE_IN_PROGRESS: "異動中でない",
    Code.NO_SUCH_MEMBER: "選んだ人がいる",
    Code.OPTION_NOT_ALLOWED: "選んだ内容が使える",
    Code.NO_TAX_RECORD: "年度の課税データがある",
    Code.FEE_DIFFERS: "手数料が合う",
    Code.UNPRINTABLE: "印字できる",
    Code.TOO_MANY_PAGES: "枚数の範囲内",
}
"""What each rule asks for, in a few words: the line beside ✓ or ✗."""
