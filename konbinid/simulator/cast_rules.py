"""The demo's fixed people whom a rule turns away: holds, people who leave, seals and certificates that do not count."""

from __future__ import annotations

import datetime as dt

from konbinid.simulator import days, rows
from konbinid.simulator.cast import Stage, person
from konbinid.simulator.household import HOUSEHOLDER
from konbinid.simulator.rows import FEMALE, MALE, ResidentRow

_DOMICILE = "大阪府泉大津市潮騒町77番地"


def put_rules(stage: Stage) -> None:
    """Put them up, in the order that decides their numbers."""
    _support_measures(stage)
    _leaving(stage)
    _gone(stage)
    _seals(stage)
    _certificates(stage)
    _holds(stage)


def _alone(stage: Stage, town: str, name: str, kana: str, **register: str) -> ResidentRow:
    home = stage.household(town)
    resident = person(name, kana, stage.aged(36), FEMALE, HOUSEHOLDER)
    return home.add_japanese(resident, _DOMICILE, resident.name, **register)


def _support_measures(stage: Stage) -> None:
    home = stage.household("渡シ場町6番13号", years=1)
    head = "川端　千尋"
    held = home.add_japanese(
        person("川端 千尋", "カワバタ チヒロ", stage.aged(39), FEMALE, HOUSEHOLDER), _DOMICILE, head
    )
    mother = home.add_japanese(
        person("川端 久子", "カワバタ ヒサコ", stage.aged(68), FEMALE, "母"), _DOMICILE, "川端　久子"
    )
    starts = stage.today - dt.timedelta(days=200)
    # The column says 0 on purpose: 支援措置 close the household whatever it says (contract 2, YOKUSHI).
    home.place_hold(held, "01", starts=starts, ends=days.years_before(starts, -1))
    stage.seal(held, "川端")
    stage.seal(mother, "川端", "oval", 160)
    stage.card(18, held, "支援措置の対象者", juminhyo="1102", inkan="1102", kazei="1102")
    stage.card(19, mother, "No.18と同じ世帯の母。住民票は止まり、印鑑は交付できる", juminhyo="1102")


def _leaving(stage: Stage) -> None:
    home = stage.household("綾織町11番20号", years=18)
    head = "石田　哲也"
    father = home.add_japanese(
        person("石田 哲也", "イシダ テツヤ", stage.aged(50), MALE, HOUSEHOLDER), _DOMICILE, head
    )
    son = home.add_japanese(
        person("石田 颯太", "イシダ ソウタ", stage.aged(20), MALE, "子"),
        _DOMICILE,
        head,
        state=rows.LEAVING,
        last_changed_on=days.text(stage.today),
    )
    stage.seal(father, "石田")
    stage.seal(son, "石田", tenths=105)
    stage.card(22, son, "転出予定者", juminhyo="1104", inkan="1104", kazei="1104")
    stage.card(23, father, "No.22と同じ世帯の父。住民票は止まり、印鑑は交付できる", juminhyo="1104")


def _gone(stage: Stage) -> None:
    yesterday = days.text(stage.today - dt.timedelta(days=1))
    moved = _alone(
        stage, "貝寄町4番4号", "青木 麻衣", "アオキ マイ", state=rows.MOVED_OUT, last_changed_on=yesterday
    )
    stage.seal(moved, "青木")
    stage.card(24, moved, "転出した人", juminhyo="1101", inkan="1101", kazei="1101")
    home = stage.household("灯台前2番15号", years=25)
    head = "三浦　茂"
    dead = home.add_japanese(
        person("三浦 茂", "ミウラ シゲル", stage.aged(81), MALE, HOUSEHOLDER),
        _DOMICILE,
        head,
        state=rows.DEAD,
        last_changed_on=yesterday,
    )
    home.add_japanese(
        person("三浦 照子", "ミウラ テルコ", stage.aged(79), FEMALE, HOUSEHOLDER), _DOMICILE, head
    )
    stage.seal(dead, "三浦")
    stage.card(
        25,
        dead,
        "亡くなった人（電子証明書の失効はまだ届いていない）",
        juminhyo="1101",
        inkan="1101",
        kazei="1101",
    )
    struck = _alone(
        stage, "糸巻坂8番1号", "遠藤 彩", "エンドウ アヤ", state=rows.STRUCK_OFF, last_changed_on=yesterday
    )
    stage.card(26, struck, "職権消除された人", juminhyo="1101", inkan="1101", kazei="1101")


def _seals(stage: Stage) -> None:
    yesterday = days.text(stage.today - dt.timedelta(days=1))
    one = _alone(stage, "機織町3番9号", "内田 愛", "ウチダ アイ")
    stage.seal(one, "内田", state="2", cancelled_on=yesterday)
    stage.card(27, one, "印鑑登録を抹消した。税は未申告", inkan="1101", kazei="1109")
    one = _alone(stage, "機織町3番10号", "武田 舞", "タケダ マイ")
    stage.seal(one, "武田", state="3")
    stage.card(28, one, "印鑑登録が一時停止。税は申告不要", inkan="1101")
    one = _alone(stage, "機織町3番11号", "千葉 恵美", "チバ エミ")
    stage.seal(one, "千葉", tenths=76)
    stage.card(
        29, one, "印影が8mm以下（登録できない大きさ）。課税データの矛盾あり", inkan="1101", kazei="1109"
    )


def _certificates(stage: Stage) -> None:
    one = _alone(stage, "浜木綿町5番5号", "新井 陽子", "アライ ヨウコ")
    stage.seal(one, "新井")
    stage.card(30, one, "電子証明書が失効", juminhyo="1002", inkan="1002", valid=False, kazei="1002")
    one = _alone(stage, "浜木綿町5番6号", "工藤 友美", "クドウ トモミ")
    stage.seal(one, "工藤")
    # Valid through its last day: five years from the day it was issued, which was yesterday.
    issued = days.years_before(stage.today, 5) - dt.timedelta(days=1)
    stage.card(
        31,
        one,
        "電子証明書の有効期限がきのうまで",
        juminhyo="1002",
        inkan="1002",
        issued=issued,
        kazei="1002",
    )


def _holds(stage: Stage) -> None:
    starts = stage.today - dt.timedelta(days=10)
    one = _alone(stage, "朝凪台二丁目12番1号", "増田 直美", "マスダ ナオミ", change_in_progress="1")
    stage.seal(one, "増田")
    stage.card(36, one, "住民記録で異動処理中", juminhyo="1104", inkan="1104", kazei="1104")
    one = _alone(stage, "朝凪台二丁目12番2号", "小野 智子", "オノ トモコ")
    stage.households[-1].place_hold(one, "03", target="inkan", starts=starts)
    stage.seal(one, "小野")
    stage.card(37, one, "成年後見（印鑑登録証明書だけ止まる）", inkan="1102")
    one = _alone(stage, "朝凪台二丁目12番3号", "和田 美穂", "ワダ ミホ")
    stage.households[-1].place_hold(one, "02", starts=starts)
    stage.seal(one, "和田")
    stage.card(38, one, "抑止区分02（異動処理中）の抑止", juminhyo="1104", inkan="1104", kazei="1104")
