"""Result codes of contract 1, their order, and the words a kiosk's screen shows for each."""

from __future__ import annotations

from enum import StrEnum


class Code(StrEnum):
    """A refusal is an answer, not a Fault."""

    DONE = "0000"
    CREDENTIAL_UNKNOWN = "1001"
    CREDENTIAL_INVALID = "1002"
    NO_REGISTER = "1101"
    MAY_NOT_BE_ISSUED = "1102"
    UNDER_AGE = "1103"
    CHANGE_IN_PROGRESS = "1104"
    NOT_OFFERED = "1105"
    NO_SUCH_MEMBER = "1106"
    OPTION_NOT_ALLOWED = "1107"
    FEE_DIFFERS = "1108"
    NO_TAX_RECORD = "1109"
    CLOSED = "1201"
    SUSPENDED = "1202"
    STALE = "1203"
    UNPRINTABLE = "1301"
    TOO_MANY_PAGES = "1302"
    TRANSACTION_BOUND = "1401"
    CONTRADICTING_REPORT = "1402"
    ISSUANCE_UNKNOWN = "1403"
    TRANSACTION_CLOSED = "1404"
    OTHER_MUNICIPALITY = "1501"
    TRY_LATER = "9001"
    OUTCOME_UNKNOWN = "9002"


# When several refusals apply, the first of these is answered (contract 1, below the table of codes).
ORDER = (
    Code.OTHER_MUNICIPALITY,
    Code.TRANSACTION_BOUND,
    Code.TRANSACTION_CLOSED,
    Code.SUSPENDED,
    Code.CLOSED,
    Code.NOT_OFFERED,
    Code.CREDENTIAL_UNKNOWN,
    Code.CREDENTIAL_INVALID,
    Code.STALE,
    Code.NO_REGISTER,
    Code.MAY_NOT_BE_ISSUED,
    Code.UNDER_AGE,
    Code.CHANGE_IN_PROGRESS,
    Code.NO_SUCH_MEMBER,
    Code.OPTION_NOT_ALLOWED,
    Code.NO_TAX_RECORD,
    Code.FEE_DIFFERS,
    Code.UNPRINTABLE,
    Code.TOO_MANY_PAGES,
)

_OFFICE = "市役所の窓口へお問い合わせください。"
_AGAIN = "はじめからお申し込みをやり直してください。"
# What to do, never why (contract 1). A hold reads like a change in progress and like an age: a 支援措置 must not be guessable at the kiosk.
_NOT_HERE = "この証明書はコンビニエンスストアでは交付できません。" + _OFFICE
_NOT_NOW = "ただいま交付を停止しています。お急ぎの方は、市役所の窓口へお越しください。"
_NOT_PRINTABLE = "この証明書はコンビニエンスストアでは印刷できません。市役所の窓口へお越しください。"

MESSAGES = {
    Code.DONE: "",
    Code.CREDENTIAL_UNKNOWN: "お使いのカードまたはスマートフォンではお申し込みいただけません。" + _OFFICE,
    Code.CREDENTIAL_INVALID: "お使いの電子証明書ではお申し込みいただけません。市役所の窓口で更新の手続きをしてください。",
    Code.NO_REGISTER: "お申し込みの証明書は交付できません。" + _OFFICE,
    Code.MAY_NOT_BE_ISSUED: _NOT_HERE,
    Code.UNDER_AGE: _NOT_HERE,
    Code.CHANGE_IN_PROGRESS: _NOT_HERE,
    Code.NOT_OFFERED: "この証明書は取り扱っていません。" + _OFFICE,
    Code.NO_SUCH_MEMBER: "選ばれた方の証明書は交付できません。" + _AGAIN,
    Code.OPTION_NOT_ALLOWED: "選ばれた内容では交付できません。" + _AGAIN,
    Code.FEE_DIFFERS: "お申し込みを受け付けられませんでした。" + _AGAIN,
    Code.NO_TAX_RECORD: "この年度の証明書は交付できません。" + _OFFICE,
    Code.CLOSED: "ただいまの時間は取り扱っていません。取扱時間内にもう一度お申し込みください。",
    Code.SUSPENDED: _NOT_NOW,
    Code.STALE: _NOT_NOW,
    Code.UNPRINTABLE: _NOT_PRINTABLE,
    Code.TOO_MANY_PAGES: _NOT_PRINTABLE,
    Code.TRANSACTION_BOUND: "お申し込みを受け付けられませんでした。" + _AGAIN,
    Code.CONTRADICTING_REPORT: "報告を受け付けられませんでした。市役所の窓口へ連絡してください。",
    Code.ISSUANCE_UNKNOWN: "該当する発行がありません。発行番号を確かめてください。",
    Code.TRANSACTION_CLOSED: "このお申し込みは終了しています。" + _AGAIN,
    Code.OTHER_MUNICIPALITY: "この市区町村では取り扱っていません。お住まいの市区町村の窓口へお問い合わせください。",
    Code.TRY_LATER: "ただいまお取り扱いできません。しばらくしてから、もう一度お申し込みください。",
    Code.OUTCOME_UNKNOWN: "処理の結果を確認しています。そのまましばらくお待ちください。",
}
