"""The demo's fixed people about whose family registers a rule says something, and those who stand in them and live elsewhere."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from konbinid.simulator import days, numbers
from konbinid.simulator.cast import Stage, person
from konbinid.simulator.household import HOUSEHOLDER
from konbinid.simulator.registers import IN_PROGRESS, REMOVED, Member, Register
from konbinid.simulator.rows import FEMALE, MALE, ResidentRow

if TYPE_CHECKING:
    from konbinid.simulator.household import Household

_DOMICILE = "大阪府泉大津市帆布町26番地"
_FAR = "東京都例示区見本一丁目2番3号"


def put_registers(stage: Stage) -> None:
    """Put them up, in the order that decides their numbers."""
    _change_in_progress(stage)
    _protected_from_each_other(stage)
    _child_elsewhere(stage)
    _protected_elsewhere(stage)
    _closed_as_a_whole(stage)
    _left_for_a_register_of_their_own(stage)
    _register_of_another_city(stage)


def _alone(stage: Stage, town: str, name: str, kana: str, head: str = "") -> ResidentRow:
    """A resident in a household of her own; `head`: whose register she stands in, her own without it."""
    one = person(name, kana, stage.aged(44), FEMALE, HOUSEHOLDER)
    return stage.household(town).add_japanese(one, _DOMICILE, head or one.name)


def _register(home: Household, head: str, which: int = 32) -> Register:
    """A register made by hand, written with this household's rows."""
    made = Register(numbers.register_number(home.index, which), _DOMICILE, head)
    home.registers.append(made)
    return made


def _elsewhere(stage: Stage, name: str, years: int, sex: str) -> Member:
    since = days.text(days.years_before(stage.today, 2))
    return Member(name, stage.aged(years), sex, "", _FAR, since)


def _change_in_progress(stage: Stage) -> None:
    one = _alone(stage, "綿花台一丁目1番43号", "古川 千佳", "フルカワ チカ")
    register = _register(stage.households[-1], one.name)
    register.state = IN_PROGRESS
    register.add_resident(one)
    stage.card(43, one, "戸籍に届出の処理中（戸籍と附票だけ止まる）。印鑑登録なし", inkan="1101")


def _protected_from_each_other(stage: Stage) -> None:
    """Spouses who live apart, in one register: her 支援措置 closes the supplement for him, too."""
    head = "桐山　大輔"
    his = stage.household("潮路町8番44号", years=11)
    he = his.add_japanese(
        person("桐山 大輔", "キリヤマ ダイスケ", stage.aged(45), MALE, HOUSEHOLDER), _DOMICILE, head
    )
    hers = stage.household("渡シ場町9番45号", years=1)
    she = hers.add_japanese(
        person("桐山 文香", "キリヤマ フミカ", stage.aged(42), FEMALE, HOUSEHOLDER), _DOMICILE, head
    )
    son = hers.add_japanese(person("桐山 蓮", "キリヤマ レン", stage.aged(12), MALE, "子"), _DOMICILE, head)
    register = _register(his, head)
    for resident in (he, she, son):
        register.add_resident(resident)
    hers.registered_with_others |= {she.atena_number, son.atena_number}
    starts = stage.today - dt.timedelta(days=100)
    hers.place_hold(she, "01", starts=starts, ends=days.years_before(starts, -1))
    stage.card(44, he, "同じ戸籍の妻が支援措置（附票と戸籍全部が止まる）。印鑑登録なし", inkan="1101")
    stage.card(
        45, she, "No.44の妻。支援措置の対象者。印鑑登録なし", juminhyo="1102", inkan="1101", kazei="1102"
    )


def _child_elsewhere(stage: Stage) -> None:
    one = _alone(stage, "朝凪台三丁目2番46号", "滝川 洋子", "タキガワ ヨウコ")
    register = _register(stage.households[-1], one.name)
    register.add_resident(one)
    register.members.append(_elsewhere(stage, "滝川　翔太", 21, MALE))
    stage.card(46, one, "市外に住む子（滝川翔太、宛名番号なし）が同じ戸籍にいる。印鑑登録なし", inkan="1101")


def _protected_elsewhere(stage: Stage) -> None:
    one = _alone(stage, "朝凪台三丁目2番47号", "水野 弘美", "ミズノ ヒロミ")
    home = stage.households[-1]
    register = _register(home, one.name)
    register.add_resident(one)
    register.members.append(_elsewhere(stage, "水野　千夏", 22, FEMALE))
    register.hold(home, 2, "01", starts=days.text(stage.today - dt.timedelta(days=50)))
    stage.card(47, one, "市外に住む子が支援措置（附票と戸籍全部が止まる）。印鑑登録なし", inkan="1101")


def _closed_as_a_whole(stage: Stage) -> None:
    one = _alone(stage, "朝凪台三丁目2番48号", "大久保 静", "オオクボ シズカ")
    home = stage.households[-1]
    register = _register(home, one.name)
    register.add_resident(one)
    register.members.append(_elsewhere(stage, "大久保　岳", 23, MALE))
    register.hold(home, 2, "04", register_wide=True, starts=days.text(stage.today - dt.timedelta(days=50)))
    stage.card(48, one, "戸籍抑止（戸籍と附票がすべて止まる）。印鑑登録なし", inkan="1101")


def _left_for_a_register_of_their_own(stage: Stage) -> None:
    """Entered in her father's register, removed from it on her marriage, now in another one: the new one is hers."""
    one = _alone(stage, "海鳴町4番49号", "野口 早苗", "ノグチ サナエ")
    home = stage.households[-1]
    before = _register(home, "松井　勇", 33)
    before.members.append(_elsewhere(stage, "松井　勇", 70, MALE))
    before.add_resident(one._replace(name="松井　早苗"), state=REMOVED)
    _register(home, one.name).add_resident(one)
    stage.card(49, one, "父の戸籍から除籍され、婚姻後の戸籍にいる。印鑑登録なし", inkan="1101")


def _register_of_another_city(stage: Stage) -> None:
    """転籍: the register here is a removed one, and the one in force is another city's business."""
    one = _alone(stage, "海鳴町4番50号", "岩崎 典子", "イワサキ ノリコ")
    register = _register(stage.households[-1], one.name)
    register.state = REMOVED
    register.add_resident(one, state=REMOVED)
    stage.card(50, one, "本籍が市外へ移り、こちらの戸籍は除籍。印鑑登録なし", inkan="1101")
