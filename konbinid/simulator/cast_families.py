"""The demo's fixed Japanese families: ordinary ones, large ones, ages at the limit, dates that are hard to print."""

from __future__ import annotations

from typing import TYPE_CHECKING

from konbinid.simulator import days
from konbinid.simulator.cast import Stage, person
from konbinid.simulator.household import HOUSEHOLDER
from konbinid.simulator.rows import FEMALE, MALE

if TYPE_CHECKING:
    from konbinid.simulator.household import Household

DOMICILE = "大阪府泉大津市綿花台二丁目31番地"


def put_families(stage: Stage) -> None:
    """Put up the families, in the order that decides their numbers."""
    _of_four(stage)
    _alone(stage)
    _of_five(stage)
    _large(stage, 5, 13, ("𣘺本", "ハシモト"), "13人の世帯（4枚）")
    _large(stage, 6, 24, ("藤原", "フジワラ"), "24人の世帯（6枚）")
    _large(stage, 7, 41, ("泉谷", "イズミタニ"), "41人の世帯（11枚。上限10枚を超える）", juminhyo="1302")
    _twins_around_fifteen(stage)
    _first_years(stage)
    _unknown_days(stage)


def _of_four(stage: Stage) -> None:
    home = stage.household("綿花台二丁目3番14号", years=12)
    head = "山本　健一"
    father = home.add_japanese(
        person("山本 健一", "ヤマモト ケンイチ", stage.aged(43), MALE, HOUSEHOLDER), DOMICILE, head
    )
    mother = home.add_japanese(
        person("山本 由美子", "ヤマモト ユミコ", stage.aged(41), FEMALE, "妻"),
        DOMICILE,
        head,
        former_name="中嶋",
        former_name_kana="ナカジマ",
        former_kana_registered="1",
    )
    home.add_japanese(person("山本 陽翔", "ヤマモト ハルト", stage.aged(11), MALE, "子"), DOMICILE, head)
    home.add_japanese(person("山本 結菜", "ヤマモト ユイナ", stage.aged(8), FEMALE, "子"), DOMICILE, head)
    stage.seal(father, "山本")
    stage.seal(mother, "中嶋", tenths=120, name_kind="2")
    stage.card(1, father, "ふつうの4人家族の世帯主")
    stage.card(2, mother, "No.1の妻。旧氏を記載し、印鑑も旧氏で登録。非課税")


def _alone(stage: Stage) -> None:
    home = stage.household("潮路町5番8号", "メゾン綿花　302号", years=2)
    one = home.add_japanese(
        person("一 新", "ニノマエ アラタ", stage.aged(27), MALE, HOUSEHOLDER),
        "北海道札幌市北区例示条西二丁目7番地",
        "一　新",
    )
    stage.card(3, one, "ひとり暮らし。印鑑登録なし", inkan="1101")


def _of_five(stage: Stage) -> None:
    home = stage.household("朝凪台一丁目20番6号", years=20)
    head = "佐藤　誠"
    father = home.add_japanese(
        person("佐藤 誠", "サトウ マコト", stage.aged(52), MALE, HOUSEHOLDER), DOMICILE, head
    )
    home.add_japanese(person("佐藤 香織", "サトウ カオリ", stage.aged(50), FEMALE, "妻"), DOMICILE, head)
    home.add_japanese(person("佐藤 美咲", "サトウ ミサキ", stage.aged(19), FEMALE, "子"), DOMICILE, head)
    home.add_japanese(person("佐藤 樹", "サトウ イツキ", stage.aged(16), MALE, "子"), DOMICILE, head)
    home.add_japanese(
        person("大西 節子", "オオニシ セツコ", stage.aged(78), FEMALE, "妻の母"), DOMICILE, "大西　節子"
    )
    stage.seal(father, "佐藤", "square", 180)
    stage.card(4, father, "5人の世帯（2枚）")
    stage.card(32, father, "No.4の人のスマートフォン", phone=True)


def _large(
    stage: Stage, card: int, size: int, surname: tuple[str, str], note: str, *, juminhyo: str = "0000"
) -> None:
    family, kana = surname
    home = stage.household(f"凪ヶ丘三丁目{card}番1号", years=15)
    head = f"{family}　豊"
    first = home.add_japanese(
        person(f"{family} 豊", f"{kana} ユタカ", stage.aged(66), MALE, HOUSEHOLDER), DOMICILE, head
    )
    home.add_japanese(
        person(f"{family} 光子", f"{kana} ミツコ", stage.aged(64), FEMALE, "妻"), DOMICILE, head
    )
    digits = "〇一二三四五六七八九"
    readings = ("レイ", "イチ", "ジ", "ミ", "シ", "ゴ", "ロク", "シチ", "ハチ", "ク")
    for nth in range(3, size + 1):
        tens, ones = divmod(nth - 2, 10)
        given = (digits[tens] if tens else "") + digits[ones]
        reading = (readings[tens] if tens else "") + readings[ones] + "ロウ"
        home.add_japanese(
            person(f"{family} {given}郎", f"{kana} {reading}", stage.aged(45 - nth, nth), MALE, "子"),
            DOMICILE,
            head,
        )
    stage.seal(first, family)
    stage.card(card, first, note, juminhyo=juminhyo)


def _twins_around_fifteen(stage: Stage) -> None:
    """Born before and after midnight: one is fifteen today, the other tomorrow."""
    home = stage.household("羊雲台一丁目9番2号", years=16)
    head = "小鳥遊　直樹"
    home.add_japanese(
        person("小鳥遊 直樹", "タカナシ ナオキ", stage.aged(45), MALE, HOUSEHOLDER), DOMICILE, head
    )
    born = days.text(days.years_before(stage.today, 15))
    elder = home.add_japanese(person("小鳥遊 凪", "タカナシ ナギ", born, FEMALE, "子"), DOMICILE, head)
    born = days.text(days.turns_tomorrow(stage.today, 15))
    younger = home.add_japanese(person("小鳥遊 湊", "タカナシ ミナト", born, MALE, "子"), DOMICILE, head)
    stage.card(20, younger, "14歳（あす15歳になる）", juminhyo="1103", inkan="1101", kazei="1103")
    stage.card(21, elder, "きょう15歳になった。No.20の双子の姉", inkan="1101", kazei="1109")


def _first_years(stage: Stage) -> None:
    """The first day of three eras; none of them may be printed as the last day of the era before."""
    home = stage.household("白砂ヶ浜7番11号", years=10)
    head = "平野　めぐみ"
    mother = home.add_japanese(
        person("平野 めぐみ", "ヒラノ メグミ", "19890108", FEMALE, HOUSEHOLDER), DOMICILE, head
    )
    home.add_japanese(person("平野 令", "ヒラノ レイ", "20190501", MALE, "子"), DOMICILE, head)
    home.add_japanese(person("平野 昭", "ヒラノ アキラ", "19261225", MALE, "父の父"), DOMICILE, "平野　昭")
    stage.seal(mother, "平野")
    stage.card(33, mother, "平成元年・令和元年・昭和元年の最初の日に生まれた3人")


def _unknown_days(stage: Stage) -> None:
    home = stage.household("海鳴町2番2号", years=30)
    head = "浜田　フミ"
    first = home.add_japanese(
        person("浜田 フミ", "ハマダ フミ", "19350400", FEMALE, HOUSEHOLDER), DOMICILE, head
    )
    home.add_japanese(person("浜田 キヨ", "ハマダ キヨ", "19350000", FEMALE, "妹"), DOMICILE, head)
    unknown = home.add_japanese(person("浜田 清", "ハマダ キヨシ", "00000000", MALE, "弟"), DOMICILE, head)
    stage.seal(first, "浜田")
    stage.card(34, first, "生まれた日が不詳（昭和10年4月日不詳）。世帯に月日不詳・不詳の人もいる")
    stage.card(
        35, unknown, "生年月日が不詳。年齢を確かめられない", juminhyo="1103", inkan="1101", kazei="1103"
    )
    _householders_disagree(stage.household("藍場町18番5号"), stage)


def _householders_disagree(home: Household, stage: Stage) -> None:
    head = "原　隆"
    first = home.add_japanese(
        person("原 隆", "ハラ タカシ", stage.aged(70), MALE, HOUSEHOLDER), DOMICILE, head
    )
    home.add_japanese(person("原 純", "ハラ ジュン", stage.aged(40), MALE, HOUSEHOLDER), DOMICILE, head)
    stage.card(41, first, "世帯主が2人いる（元データの矛盾）", juminhyo="1104", inkan="1101", kazei="1104")
