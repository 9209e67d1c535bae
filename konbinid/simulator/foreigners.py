"""Foreign residents of the demo city: their names in Roman letters, what the law says they are, and their cards.

The wording of 30条45規定区分 is that of 住民基本台帳法第30条の45's table; who has no 在留資格 there (特別永住者, 経過滞在者)
has none here.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from konbinid.simulator import days

if TYPE_CHECKING:
    import random

MID_TO_LONG_TERM = "中長期在留者"
SPECIAL_PERMANENT = "特別永住者"
BORN_TRANSITIONAL = "出生による経過滞在者"
LOST_NATIONALITY_TRANSITIONAL = "国籍喪失による経過滞在者"


class ForeignName(NamedTuple):
    """A foreigner's name as registered, in Roman letters and in katakana; kanji where the country writes them."""

    text: str
    roman: str
    katakana: str

    def __repr__(self) -> str:
        return "<ForeignName>"


class Country(NamedTuple):
    """国籍・地域 with names given there; a full name is the family's before the given one, as passports do."""

    nationality: str
    families: tuple[ForeignName, ...]
    men: tuple[ForeignName, ...]
    women: tuple[ForeignName, ...]


def _listed(text: str) -> tuple[ForeignName, ...]:
    """Words `ROMAN/カタカナ` or `漢字/ROMAN/カタカナ`, underscores for spaces inside."""
    names = []
    for word in text.split():
        parts = word.replace("_", " ").split("/")
        names.append(ForeignName(parts[0], parts[-2], parts[-1]))
    return tuple(names)


COUNTRIES = (
    Country(
        "ベトナム",
        _listed("NGUYEN/グエン TRAN/チャン LE/レ PHAM/ファム HOANG/ホアン VU/ヴー"),
        _listed("VAN_HUNG/ヴァン_フン DUC_ANH/ドゥック_アイン MINH_QUAN/ミン_クアン QUOC_BAO/クオック_バオ"),
        _listed("THI_HOA/ティ_ホア THI_LAN_ANH/ティ_ラン_アイン NGOC_MAI/ゴック_マイ THU_TRANG/トゥ_チャン"),
    ),
    Country(
        "中国",
        _listed("王/WANG/ワン 李/LI/リ 張/ZHANG/チャン 劉/LIU/リュウ 陳/CHEN/チン 楊/YANG/ヨウ"),
        _listed("偉/WEI/ウェイ 建国/JIANGUO/ジェングオ 志強/ZHIQIANG/ジーチャン"),
        _listed("麗/LI/リー 秀英/XIUYING/シウイン 婷婷/TINGTING/ティンティン"),
    ),
    Country(
        "韓国",
        _listed("金/KIM/キム 朴/PARK/パク 崔/CHOI/チェ 鄭/JUNG/チョン 尹/YOON/ユン"),
        _listed("民俊/MINJUN/ミンジュン 相鎬/SANGHO/サンホ"),
        _listed("智英/JIYOUNG/ジヨン 恩珠/EUNJU/ウンジュ"),
    ),
    Country(
        "フィリピン",
        _listed(
            "DELA_CRUZ/デラ_クルス SANTOS/サントス REYES/レイエス BAUTISTA/バウティスタ DE_LOS_REYES/デ_ロス_レイエス"
        ),
        _listed(
            "JOSE_MARIA/ホセ_マリア ANGELO/アンジェロ MARK_ANTHONY/マーク_アンソニー JUAN_MIGUEL/ファン_ミゲル"
        ),
        _listed("MARIA_CRISTINA/マリア_クリスティナ ANGELICA/アンヘリカ ROSE_ANN/ローズ_アン"),
    ),
    Country(
        "ブラジル",
        _listed("SILVA_DOS_SANTOS/シルバ_ドス_サントス OLIVEIRA/オリベイラ TANAKA_DE_SOUZA/タナカ_デ_ソウザ"),
        _listed("LUCAS_GABRIEL/ルカス_ガブリエル RAFAEL/ハファエル PEDRO_HENRIQUE/ペドロ_エンヒキ"),
        _listed("ANA_CAROLINA/アナ_カロリナ JULIANA/ジュリアナ MARIA_APARECIDA/マリア_アパレシーダ"),
    ),
    Country(
        "ネパール",
        _listed("SHRESTHA/シュレスタ TAMANG/タマン GURUNG/グルン RAI/ライ"),
        _listed("BIKASH/ビカス SURESH_KUMAR/スレス_クマル PREM_BAHADUR/プレム_バハドゥル"),
        _listed("SITA_KUMARI/シタ_クマリ ANITA/アニタ SARMILA/サルミラ"),
    ),
    Country(
        "米国",
        _listed("JOHNSON/ジョンソン O'CONNOR/オコナー SMITH-JONES/スミス_ジョーンズ"),
        _listed("MICHAEL_DAVID/マイケル_デイビッド JAMES/ジェームズ"),
        _listed("EMILY_ROSE/エミリー_ローズ KATHERINE/キャサリン"),
    ),
)

# 在留資格, 在留期間, whether the stay ends on a day, and how often it is drawn.
_STATUSES = (
    ("永住者", "無期限", False, 30),
    ("技能実習２号ロ", "1年", True, 18),
    ("特定技能１号", "1年", True, 14),
    ("技術・人文知識・国際業務", "3年", True, 14),
    ("日本人の配偶者等", "3年", True, 8),
    ("定住者", "3年", True, 8),
    ("家族滞在", "3年", True, 8),
    ("留学", "4年3月", True, 8),
)
_WEIGHTS = [status[3] for status in _STATUSES]
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def full_name(rng: random.Random, country: Country, family: ForeignName, *, male: bool) -> ForeignName:
    """A full name: kanji without a space, Roman letters and katakana with one."""
    given = rng.choice(country.men if male else country.women)
    between = " " if family.text == family.roman else ""
    return ForeignName(
        f"{family.text}{between}{given.text}",
        f"{family.roman} {given.roman}",
        f"{family.katakana}　{given.katakana}".replace(" ", "　"),
    )


def card_number(rng: random.Random) -> str:
    """在留カード等番号: two letters, eight digits, two letters."""
    letters = [rng.choice(_LETTERS) for _ in range(4)]
    return f"{letters[0]}{letters[1]}{rng.randrange(10**8):08d}{letters[2]}{letters[3]}"


def residence(rng: random.Random, nationality: str, today: dt.date) -> dict[str, str]:
    """The columns of a 中長期在留者: 在留資格 with its 期間 and 満了日, and the card's number."""
    status, period, ends, _ = rng.choices(_STATUSES, _WEIGHTS)[0]
    expires = today + dt.timedelta(days=rng.randint(20, 1000))
    return {
        "nationality": nationality,
        "article_30_45": MID_TO_LONG_TERM,
        "residence_status": status,
        "period_of_stay": period,
        "stay_expires_on": days.text(expires) if ends else "",
        "residence_card_number": card_number(rng),
    }


def special_permanent(rng: random.Random, nationality: str) -> dict[str, str]:
    """The columns of a 特別永住者: no 在留資格, the certificate's number."""
    return {
        "nationality": nationality,
        "article_30_45": SPECIAL_PERMANENT,
        "residence_card_number": card_number(rng),
    }


def transitional(nationality: str, article: str, until: dt.date) -> dict[str, str]:
    """The columns of a 経過滞在者: neither 在留資格 nor card; may stay 60 days from the event."""
    return {"nationality": nationality, "article_30_45": article, "stay_expires_on": days.text(until)}
