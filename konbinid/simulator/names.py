"""Japanese names of the demo city: drawn from lists, each person's given name from the list of its generation.

Surnames and given names are combined at random, so nobody in particular is meant. The rare ones exist for the
printer's sake: ideographic variation sequences (IVS), characters beyond the BMP, 外字. Every sequence and every
plane-2 character here was looked up in IPAmj Mincho 005.01 (a test does so again where that font is installed).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random


class Name(NamedTuple):
    """A surname or a given name with its reading in katakana."""

    text: str
    kana: str

    def __repr__(self) -> str:
        return "<Name>"


def _names(listed: str) -> tuple[Name, ...]:
    words = listed.split()
    return tuple(Name(*pair) for pair in zip(words[::2], words[1::2], strict=True))


SURNAMES = _names("""
佐藤 サトウ 鈴木 スズキ 高橋 タカハシ 田中 タナカ 渡辺 ワタナベ 伊藤 イトウ 山本 ヤマモト 中村 ナカムラ 小林 コバヤシ
加藤 カトウ 吉田 ヨシダ 山田 ヤマダ 佐々木 ササキ 山口 ヤマグチ 松本 マツモト 井上 イノウエ 木村 キムラ 林 ハヤシ
斎藤 サイトウ 清水 シミズ 山崎 ヤマサキ 阿部 アベ 森 モリ 池田 イケダ 橋本 ハシモト 石川 イシカワ 山下 ヤマシタ
小川 オガワ 石井 イシイ 長谷川 ハセガワ 後藤 ゴトウ 岡田 オカダ 近藤 コンドウ 前田 マエダ 藤田 フジタ 遠藤 エンドウ
青木 アオキ 坂本 サカモト 村上 ムラカミ 太田 オオタ 金子 カネコ 藤井 フジイ 福田 フクダ 西村 ニシムラ 三浦 ミウラ
竹内 タケウチ 中川 ナカガワ 岡本 オカモト 松田 マツダ 原田 ハラダ 中野 ナカノ 小野 オノ 田村 タムラ 藤原 フジワラ
中山 ナカヤマ 石田 イシダ 小島 コジマ 和田 ワダ 森田 モリタ 内田 ウチダ 柴田 シバタ 酒井 サカイ 原 ハラ 高木 タカギ
横山 ヨコヤマ 安藤 アンドウ 宮崎 ミヤザキ 上田 ウエダ 島田 シマダ 工藤 クドウ 大野 オオノ 宮本 ミヤモト 杉山 スギヤマ
今井 イマイ 丸山 マルヤマ 増田 マスダ 高田 タカダ 村田 ムラタ 平野 ヒラノ 大塚 オオツカ 菅原 スガワラ 武田 タケダ
新井 アライ 小山 コヤマ 野口 ノグチ 桜井 サクライ 千葉 チバ 岩崎 イワサキ 佐野 サノ 谷口 タニグチ 上野 ウエノ
松井 マツイ 河野 コウノ 市川 イチカワ 渡部 ワタベ 野村 ノムラ 菊地 キクチ 木下 キノシタ 野崎 ノザキ 松尾 マツオ
大西 オオニシ 寺田 テラダ 辻本 ツジモト 南 ミナミ 東 ヒガシ 川端 カワバタ 浜田 ハマダ 堺谷 サカイダニ 泉谷 イズミタニ
貝塚 カイヅカ 綿谷 ワタタニ 奥野 オクノ 植田 ウエダ 西川 ニシカワ 北野 キタノ 辰巳 タツミ 阪口 サカグチ 﨑山 サキヤマ
髙橋 タカハシ 濵田 ハマダ 德永 トクナガ 齋藤 サイトウ 齊藤 サイトウ 渡邊 ワタナベ 渡邉 ワタナベ 國分 コクブ 櫻井 サクライ
廣瀨 ヒロセ 眞鍋 マナベ 澤田 サワダ 藪内 ヤブウチ 四方 ヨモ 小鳥遊 タカナシ 勅使河原 テシガワラ 一 ニノマエ
""")

IVS_SURNAMES = _names("""
葛\U000e0102城 カツラギ 葛\U000e0107西 カサイ 辻\U000e0102本 ツジモト 渡邉\U000e0110 ワタナベ 渡邉\U000e0117 ワタナベ
渡邊\U000e010a ワタナベ 斎\U000e0102藤 サイトウ 齋\U000e0104藤 サイトウ 榊\U000e0102原 サカキバラ 芦\U000e0102田 アシダ
樋\U000e0102口 ヒグチ 田淵\U000e0103 タブチ 溝\U000e0103口 ミゾグチ 灘\U000e0102井 ナダイ 瀧\U000e0104川 タキガワ
龍\U000e0104田 タツタ 柳\U000e0102原 ヤナギハラ 羽\U000e0102田 ハネダ 逢\U000e0103坂 オウサカ
""")

PLANE_2_SURNAMES = _names(
    "𠮷田 ヨシダ 𠮷川 ヨシカワ 𠮷村 ヨシムラ 𡈽屋 ツチヤ 𡈽井 ドイ 𣘺本 ハシモト 𡌛田 アクタ 𡉉田 シオタ"
)

GAIJI_SURNAMES = _names("""
\ue000本 ハシモト \ue001田 サワダ 土\ue002 ドイ \ue003川 タツカワ 高\ue004 タカサキ \ue005村 ヨシムラ
\ue006野 クズノ 渡\ue007 ワタナベ
""")

_OLD_MEN = _names("""
清 キヨシ 正 タダシ 勇 イサム 茂 シゲル 実 ミノル 進 ススム 勝 マサル 博 ヒロシ 隆 タカシ 昭 アキラ 弘 ヒロシ 豊 ユタカ
三郎 サブロウ 一郎 イチロウ 正雄 マサオ 義雄 ヨシオ 武雄 タケオ 和夫 カズオ 幸男 ユキオ 忠 タダシ 孝 タカシ 修 オサム
""")
_OLD_WOMEN = _names("""
和子 カズコ 幸子 サチコ 節子 セツコ 恵子 ケイコ 弘子 ヒロコ 美代子 ミヨコ 久子 ヒサコ 洋子 ヨウコ 京子 キョウコ
トシ子 トシコ ハル ハル キヨ キヨ フミ フミ 千代子 チヨコ 静江 シズエ 春枝 ハルエ 光子 ミツコ 文子 フミコ 照子 テルコ
""")
_MEN = _names("""
浩 ヒロシ 誠 マコト 健一 ケンイチ 達也 タツヤ 和也 カズヤ 直樹 ナオキ 大輔 ダイスケ 健太 ケンタ 剛 ツヨシ 学 マナブ
哲也 テツヤ 秀樹 ヒデキ 英明 ヒデアキ 雄一 ユウイチ 亮 リョウ 拓也 タクヤ 翔太 ショウタ 智也 トモヤ 慎吾 シンゴ 純 ジュン
""")
_WOMEN = _names("""
由美子 ユミコ 明美 アケミ 直美 ナオミ 久美子 クミコ 智子 トモコ 裕子 ユウコ 真由美 マユミ 香織 カオリ 恵美 エミ 愛 アイ
美穂 ミホ 陽子 ヨウコ 麻衣 マイ 彩 アヤ 千尋 チヒロ 美咲 ミサキ 舞 マイ 友美 トモミ あゆみ アユミ さおり サオリ
""")
_BOYS = _names("""
大翔 ヒロト 蓮 レン 湊 ミナト 陽翔 ハルト 悠真 ユウマ 律 リツ 蒼 アオイ 樹 イツキ 颯太 ソウタ 朝陽 アサヒ 碧 アオ
新 アラタ 結翔 ユイト 陽向 ヒナタ 凪 ナギ 伊織 イオリ 奏 カナデ 旭 アサヒ 櫂 カイ 琉生 ルイ
""")
_GIRLS = _names("""
陽葵 ヒマリ 凛 リン 結愛 ユア 紬 ツムギ 葵 アオイ 芽依 メイ 咲良 サクラ 結菜 ユイナ 莉子 リコ 澪 ミオ 楓 カエデ
さくら サクラ ひなた ヒナタ 詩 ウタ 杏 アン 花 ハナ 美月 ミツキ 心春 コハル 糸 イト 千紗 チサ
""")


def given_name(rng: random.Random, birth_year: int, *, male: bool) -> Name:
    """A given name of the person's generation."""
    if birth_year < 1960:
        return rng.choice(_OLD_MEN if male else _OLD_WOMEN)
    if birth_year < 2005:
        return rng.choice(_MEN if male else _WOMEN)
    return rng.choice(_BOYS if male else _GIRLS)


def surname(rng: random.Random) -> Name:
    """A family's surname: common ones oftener; 1.2 % with IVS, 0.6 % beyond the BMP, 0.4 % with a 外字."""
    draw = rng.random()
    if draw < 0.012:
        return rng.choice(IVS_SURNAMES)
    if draw < 0.018:
        return rng.choice(PLANE_2_SURNAMES)
    if draw < 0.022:
        return rng.choice(GAIJI_SURNAMES)
    # The product of two draws leans to the front of the list, which is in the order of frequency.
    return SURNAMES[int(rng.random() * rng.random() * len(SURNAMES))]


def all_name_texts() -> list[str]:
    """Every name text that the generator can choose, for the test that looks each one up in the font."""
    lists = (SURNAMES, IVS_SURNAMES, PLANE_2_SURNAMES, GAIJI_SURNAMES)
    given = (_OLD_MEN, _OLD_WOMEN, _MEN, _WOMEN, _BOYS, _GIRLS)
    return [name.text for names in lists + given for name in names]
