"""Addresses of the demo city: invented quarters of 泉大津市, invented houses, and places people come from.

The town names are none of the real city's; numbers of blocks and houses are drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random

MUNICIPALITY = "272060"
"""泉大津市, with its check digit."""

CITY = "大阪府泉大津市"

TOWNS = tuple(
    """
    綿花台一丁目 綿花台二丁目 綿花台三丁目 機織町 朝凪台一丁目 朝凪台二丁目 白砂ヶ浜 潮路町 毛布橋一丁目 毛布橋二丁目
    糸車町 紡町一丁目 紡町二丁目 浜木綿町 帆布町 凪ヶ丘一丁目 凪ヶ丘二丁目 凪ヶ丘三丁目 千草染町 藍場町 海鳴町
    糸巻坂 羊雲台一丁目 羊雲台二丁目 渡シ場町 松籟町 灯台前 貝寄町 鷗台一丁目 鷗台二丁目 潮騒町 綾織町
    """.split()  # noqa: SIM905 - a list of 32 quoted words is harder to read
)

_HOUSES = tuple(
    "ハイツ潮路 メゾン綿花 コーポ凪 グランコート朝凪 サンライズ鷗 第二紡荘 プラザ帆布 パークハイム羊雲 市営糸車団地".split()  # noqa: SIM905
)

_ELSEWHERE = tuple(
    """
    大阪府大阪市中央区架空町一丁目 大阪府堺市堺区見本町二丁 大阪府和泉市例示町 大阪府岸和田市仮名町 大阪府高石市試験台三丁目
    京都府京都市伏見区見本町 兵庫県神戸市垂水区架空台五丁目 奈良県奈良市例示町 和歌山県和歌山市仮名丁 東京都江東区架空三丁目
    東京都八王子市見本町 神奈川県横浜市港北区例示町 愛知県名古屋市緑区架空町 福岡県福岡市東区見本台四丁目 北海道札幌市北区例示条西二丁目
    """.split()  # noqa: SIM905
)


class Home(NamedTuple):
    """Where a household lives: 住所 and 方書 (empty for a house of its own)."""

    address: str
    supplement: str

    def __repr__(self) -> str:
        return "<Home>"


def home(rng: random.Random, *, alone: bool) -> Home:
    """An address in the city; people who live alone mostly live in flats."""
    address = f"{CITY}{rng.choice(TOWNS)}{rng.randint(1, 28)}番{rng.randint(1, 40)}号"
    if rng.random() >= (0.75 if alone else 0.35):
        return Home(address, "")
    return Home(address, f"{rng.choice(_HOUSES)}　{rng.randint(1, 14)}{rng.randint(1, 12):02d}号")


def elsewhere(rng: random.Random) -> str:
    """An address in another municipality."""
    return f"{rng.choice(_ELSEWHERE)}{rng.randint(1, 30)}番{rng.randint(1, 40)}号"


def domicile(rng: random.Random) -> str:
    """本籍: a third of the families have it in the city."""
    if rng.random() < 0.35:
        return f"{CITY}{rng.choice(TOWNS)}{rng.randint(1, 900)}番地"
    return f"{rng.choice(_ELSEWHERE)}{rng.randint(1, 1200)}番地"


def all_texts() -> list[str]:
    """Every text that the generator can choose, for the test that looks the characters up in the font."""
    return [CITY, *TOWNS, *_HOUSES, *_ELSEWHERE]
