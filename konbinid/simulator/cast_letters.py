"""The demo's fixed people whose names or addresses are hard to print, and its foreign residents."""

from __future__ import annotations

import datetime as dt

from konbinid.simulator import days, foreigners
from konbinid.simulator.cast import Stage, person
from konbinid.simulator.household import HOUSEHOLDER
from konbinid.simulator.rows import FEMALE, MALE

_DOMICILE = "大阪府泉大津市機織町105番地"

# Forty characters with the space between: the longest name of the demo in Japanese writing.
_LONG_NAME = ("寿限無", "五劫乃擦切海砂利水魚水行末雲来末風来末食寝処住処藪柑子武裸公路長久之太郎")
_LONG_KANA = (
    "ジュゲム",
    "ゴコウノスリキレカイジャリスイギョスイギョウマツウンライマツフウライマツショクネルトコロスムトコロヤブコウジ",
)
_ENDLESS_KANA = (
    "ジュゲム　ジュゲムゴコウノスリキレカイジャリスイギョノスイギョウマツウンライマツフウライマツクウネルトコロニスムトコロ"
    "ヤブラコウジノブラコウジパイポパイポパイポノシューリンガンシューリンガンノグーリンダイグーリンダイノポンポコピーノ"
    "ポンポコナーノチョウキュウメイノチョウスケ"
)

_LONG_ROMAN = (
    "DE ALBUQUERQUE CAVALCANTI WANDERLEY DE OLIVEIRA E SILVA DOS SANTOS MARIA DA LUZ APARECIDA CRISTINA"
)
_LONG_KATAKANA = (
    "デ　アルブケルケ　カバルカンティ　ワンデルレイ　デ　オリベイラ　エ　シルバ　ドス　サントス　"
    "マリア　ダ　ルス　アパレシーダ　クリスティナ"
)


def put_foreigners(stage: Stage) -> None:
    """Put up the foreign residents, in the order that decides their numbers."""
    _mid_term(stage)
    _mixed(stage)
    _special_permanent(stage)
    _transitional(stage)
    _long_roman(stage)


def put_letters(stage: Stage) -> None:
    """Put up those whose characters decide whether they can be printed."""
    _written(stage, 13, "\ue000本 \ue005代", "ハシモト カヨ", "姓と名に外字（U+E000、U+E005）")
    _written(stage, 14, "葛\U000e0107城 邉\U000e0117", "カツラギ アタリ", "異体字（IVS）の姓と名")
    _written(stage, 15, "𡈽屋 𠮷郎", "ツチヤ キチロウ", "第2面の漢字（𡈽・𠮷）の姓と名")
    _written(stage, 16, "𰻞 太郎", "ビャン タロウ", "どのフォントにもない漢字（U+30EDE）", answer="1301")
    _written(
        stage, 17, "葛\U000e0100西 学", "カサイ マナブ", "フォントにない異体字（葛 U+E0100）", answer="1301"
    )
    _long_name(stage)
    _long_address(stage)


def _status(nationality: str, status: str, period: str, until: dt.date | None, card: str) -> dict[str, str]:
    return {
        "nationality": nationality,
        "article_30_45": foreigners.MID_TO_LONG_TERM,
        "residence_status": status,
        "period_of_stay": period,
        "stay_expires_on": days.text(until) if until else "",
        "residence_card_number": card,
    }


def _mid_term(stage: Stage) -> None:
    home = stage.household("糸車町14番7号", "コーポ凪　105号", years=3)
    until = stage.today + dt.timedelta(days=400)
    status = _status("ベトナム", "技術・人文知識・国際業務", "3年", until, "AB12345678CD")
    one = home.add_foreigner(
        person("NGUYEN THI LAN ANH", "", stage.aged(29), FEMALE, HOUSEHOLDER)._replace(
            name="NGUYEN THI LAN ANH"
        ),
        status,
        name_roman="NGUYEN THI LAN ANH",
        name_katakana="グエン　ティ　ラン　アイン",
    )
    stage.seal(one, "グエン", tenths=165, name_kind="4")
    stage.card(8, one, "外国人住民（中長期在留者）。印鑑はカタカナ表記で登録")


def _mixed(stage: Stage) -> None:
    home = stage.household("鷗台二丁目1番30号", years=9)
    head = "林　達也"
    home.add_japanese(person("林 達也", "ハヤシ タツヤ", stage.aged(48), MALE, HOUSEHOLDER), _DOMICILE, head)
    wife = home.add_foreigner(
        person("王 麗", "ワン リー", stage.aged(46), FEMALE, "妻"),
        _status("中国", "永住者", "無期限", None, "EF23456789GH"),
        name_roman="WANG LI",
        name_katakana="ワン　リー",
        alias="林　麗子",
        alias_kana="ハヤシ　レイコ",
        alias_history="王　麗子　平成26年4月1日記載　令和3年10月5日削除　大阪府泉大津市",
    )
    home.add_japanese(person("林 蒼", "ハヤシ アオイ", stage.aged(13), MALE, "子"), _DOMICILE, head)
    stage.seal(wife, "林", tenths=130, name_kind="3")
    stage.card(9, wife, "日本人の夫と子がいる永住者。通称とその記載・削除事項あり、印鑑も通称で登録")


def _special_permanent(stage: Stage) -> None:
    home = stage.household("紡町一丁目22番9号", years=33)
    one = home.add_foreigner(
        person("金 智英", "キム ジヨン", stage.aged(58), FEMALE, HOUSEHOLDER),
        {
            "nationality": "韓国",
            "article_30_45": foreigners.SPECIAL_PERMANENT,
            "residence_card_number": "JK34567890LM",
        },
        name_roman="KIM JIYOUNG",
        name_katakana="キム　ジヨン",
        alias="金田　智恵",
        alias_kana="カネダ　トモエ",
    )
    stage.seal(one, "金田", name_kind="3")
    stage.card(10, one, "特別永住者（在留資格・在留期間なし）。通称あり")


def _transitional(stage: Stage) -> None:
    home = stage.household("帆布町3番3号", "サンライズ鷗　701号", years=6)
    until = stage.today + dt.timedelta(days=50)
    article = foreigners.LOST_NATIONALITY_TRANSITIONAL
    one = home.add_foreigner(
        person("CARTER YUKI", "", stage.aged(34), FEMALE, HOUSEHOLDER)._replace(name="CARTER YUKI"),
        foreigners.transitional("米国", article, until),
        name_roman="CARTER YUKI",
        name_katakana="カーター　ユキ",
    )
    stage.card(11, one, "国籍喪失による経過滞在者（在留資格・在留カードなし）。印鑑登録なし", inkan="1101")


def _long_roman(stage: Stage) -> None:
    home = stage.household("毛布橋二丁目17番4号", "市営糸車団地　1412号", years=4)
    until = stage.today + dt.timedelta(days=800)
    one = home.add_foreigner(
        person("", "", stage.aged(37), FEMALE, HOUSEHOLDER)._replace(name=_LONG_ROMAN),
        _status("ブラジル", "定住者", "3年", until, "NP45678901QR"),
        name_roman=_LONG_ROMAN,
        name_katakana=_LONG_KATAKANA,
    )
    stage.card(12, one, f"{len(_LONG_ROMAN)}文字のローマ字氏名（数行に折り返す）。印鑑登録なし", inkan="1101")


def _written(stage: Stage, card: int, name: str, kana: str, note: str, *, answer: str = "0000") -> None:
    home = stage.household(f"千草染町{card}番2号", years=7)
    resident = person(name, kana, stage.aged(30 + card), MALE, HOUSEHOLDER)
    one = home.add_japanese(resident, _DOMICILE, resident.name)
    stage.seal(one, resident.name.partition("　")[0])
    stage.card(card, one, note, juminhyo=answer, inkan=answer, kazei=answer)


def _long_name(stage: Stage) -> None:
    """The longest name with a reading that still fits, and a reading for which no form has the room."""
    resident = person(" ".join(_LONG_NAME), " ".join(_LONG_KANA), stage.aged(55), MALE, HOUSEHOLDER)
    one = stage.household("松籟町1番1号").add_japanese(resident, _DOMICILE, resident.name)
    stage.seal(one, "寿限無", "square", 200)
    stage.card(39, one, f"{len(resident.name)}文字の氏名と{len(resident.kana)}文字の振り仮名")
    resident = person("寿限無 長介", _ENDLESS_KANA, stage.aged(56), MALE, HOUSEHOLDER)
    one = stage.household("松籟町1番2号").add_japanese(resident, _DOMICILE, resident.name)
    note = f"{len(resident.kana)}文字の振り仮名が枠に入らない。印鑑登録なし"
    stage.card(42, one, note, juminhyo="1301", inkan="1101")


def _long_address(stage: Stage) -> None:
    """住所 and 方書 together, with the space between, are sixty characters."""
    address = "凪ヶ丘三丁目1208番地の15　泉大津臨海地区土地区画整理事業第二工区"
    home = stage.household(address, "グランコート朝凪東棟　第3507号")
    resident = person("南 さくら", "ミナミ サクラ", stage.aged(31), FEMALE, HOUSEHOLDER)
    one = home.add_japanese(resident, "大阪府泉大津市凪ヶ丘三丁目1208番地の15", resident.name)
    stage.seal(one, "南", "oval", 160)
    length = len(one.address) + 1 + len(one.address_supplement)
    stage.card(40, one, f"住所と方書を合わせて{length}文字")
