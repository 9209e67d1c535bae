"""Invented households that a form is tried out with: from the least that a register can hold to the most that a sheet must take.

Nobody here exists. The values are chosen to reach what goes wrong on forms: long names and addresses, rare characters, unknown months,
first years of eras, more people than a sheet takes. What a certificate shows of them is decided by the domain, as for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from konbinid.domain.dates import PartialDate
from konbinid.domain.kinds import Switch
from konbinid.domain.person import HOUSEHOLDER, Household, Person, ResidentClass, ResidentState, Sex

HOUSEHOLD = "0000009000"
EVERYTHING = frozenset(Switch)


class PersonaName(StrEnum):
    """What a persona is there to show."""

    MINIMAL = "minimal"  # one of two people, nothing recorded that may be missing, nothing asked for
    TYPICAL = "typical"  # a family of three, some items asked for
    LONG = "long"  # names, addresses and former names that need two lines
    FOREIGN = "foreign"  # residents of every class of 30条45規定区分
    MANY = "many"  # nine people: three sheets of 住民票の写し
    EXTREME = "extreme"  # the longest and rarest that has to stand on paper, everything asked for


@dataclass(frozen=True, slots=True)
class Persona:
    """Who is printed (``printed`` of the household's members, in order, the first is the applicant) and what was asked for."""

    name: PersonaName
    household: Household
    printed: int
    show: frozenset[Switch]
    seal_mm: float  # the registered seal's size; it is square

    @property
    def people(self) -> tuple[Person, ...]:
        """Those who stand on the paper."""
        return self.household.living[: self.printed]


_BASE = Person(
    atena_number="0000009001",
    household_number=HOUSEHOLD,
    household_order=1,
    resident_class=ResidentClass.JAPANESE,
    state=ResidentState.RESIDENT,
    name="見本　花",
    birth_date=PartialDate.parse("19900401"),
    sex=Sex.FEMALE,
    relationship=HOUSEHOLDER,
    address="大阪府架空市東雲町９番１２号",
)


def _household(*members: Person) -> Household:
    """The members in this order, each with a number of its own; the first is the householder, and all live where they do."""
    head = replace(members[0], relationship=HOUSEHOLDER)
    placed = [
        replace(
            member,
            atena_number=f"{9000 + index:010d}",
            household_order=index,
            member_number=index,
            address=head.address,
            address_supplement=head.address_supplement,
        )
        for index, member in enumerate((head, *members[1:]), 1)
    ]
    return Household(HOUSEHOLD, tuple(placed))


_TYPICAL = replace(
    _BASE,
    name="見本　太郎",
    name_kana="ミホン　タロウ",
    kana_registered=True,
    birth_date=PartialDate.parse("19850412"),
    sex=Sex.MALE,
    address_supplement="海辺ハイツ５０３号室",
    resident_since=PartialDate.parse("20120601"),
    address_since=PartialDate.parse("20190507"),  # 令和元年
    notified_on=PartialDate.parse("20120604"),
    previous_address="兵庫県架空郡見本町大字試験１２３番地の４",
    domicile="大阪府架空市東雲町１２番地",
    head_of_register="見本　太郎",
    has_individual_number=True,
    individual_number="000000000000",
)
_SPOUSE = replace(
    _TYPICAL,
    name="見本　花子",
    name_kana="ミホン　ハナコ",
    former_name="例示",
    former_name_kana="レイジ",
    former_kana_registered=True,
    birth_date=PartialDate.parse("19880229"),
    sex=Sex.FEMALE,
    relationship="妻",
)
_CHILD = replace(
    _TYPICAL,
    name="見本　一",
    name_kana="ミホン　ハジメ",
    birth_date=PartialDate.parse("20150109"),
    relationship="子",
    resident_since=PartialDate.parse("20150109"),
    notified_on=PartialDate.parse("20150115"),
    previous_address="",
)

_LONG = replace(
    _TYPICAL,
    name="勘解由小路左衛門三郎　寿限無長久命之助",
    name_kana="カデノコウジサエモンサブロウ　ジュゲムチョウキュウメイノスケ",
    former_name="東四柳東坊城",
    former_name_kana="ヒガシヨツヤナギヒガシボウジョウ",
    former_kana_registered=True,
    birth_date=PartialDate.parse("19350000"),
    address="大阪府架空市東雲町字東雲浜通り見本丁目１２３４番地の５６",
    address_supplement="海辺グランドハイツ東雲浜第二号棟１２０３号室",
    previous_address="北海道架空郡見本町字試験原野東二十三線北四十五番地の６　見本寮第三棟２０１号",
    domicile="大阪府架空市東雲町字東雲浜通り見本丁目１２３４番地の５６",
    head_of_register="勘解由小路左衛門三郎　寿限無長久命之助",
)

_FOREIGN = replace(
    _BASE,
    resident_class=ResidentClass.FOREIGN,
    name="SAMPLE MARIA CRISTINA",
    alias="見本　マリア",
    name_katakana="サンプル　マリア　クリスティーナ",
    birth_date=PartialDate.parse("19910228"),
    resident_since=PartialDate.parse("20170903"),
    address_since=PartialDate.parse("20170903"),
    notified_on=PartialDate.parse("20170911"),
    has_individual_number=True,
    individual_number="000000000000",
    nationality="ブラジル",
    article_30_45="中長期在留者",
    residence_status="技術・人文知識・国際業務",
    period_of_stay="3年",
    stay_expires_on=PartialDate.parse("20270331"),
    residence_card_number="ZZ00000000AA",
    alias_history="記載　平成30年1月5日　架空市",
)
_PERMANENT = replace(
    _FOREIGN,
    name="KIM SAMPLE",
    alias="",
    alias_history="",
    sex=Sex.MALE,
    relationship="夫",
    nationality="韓国",
    article_30_45="特別永住者",
    residence_status="",
    period_of_stay="",
    stay_expires_on=None,
    residence_card_number="ZZ99999999BB",
)
_TRANSITIONAL = replace(
    _PERMANENT,
    name="SAMPLE LUCAS",
    birth_date=PartialDate.parse("20260930"),
    resident_since=PartialDate.parse("20260930"),
    address_since=PartialDate.parse("20260930"),
    notified_on=PartialDate.parse("20261009"),
    relationship="子",
    article_30_45="経過滞在者（出生）",
    residence_card_number="",
    has_individual_number=False,
    individual_number="",
)

# 60 characters of address with the building; names of variants (IVS), plane 2 and a single unknown month.
_EXTREME = replace(
    _LONG,
    name="渡邉\U000e0110辻\U000e0102葛\U000e0102𠮷𡈽髙﨑之介　左衛門尉龍之進",
    name_kana="ワタナベツジカツラヨシツチタカサキノスケ　サエモンノジョウリュウノシン",
    birth_date=PartialDate.parse("19350600"),
    resident_since=PartialDate.parse("19890108"),  # 平成元年
    address_since=PartialDate.parse("20190501"),  # 令和元年
    notified_on=PartialDate.parse("19261225"),  # 昭和元年
    address="大阪府架空市東雲町字東雲浜通り見本丁目１２３４５番地の６",
    address_supplement="海辺グランドハイツ東雲浜第二期弐号棟東館１２０３４号室見本様方",
    head_of_register="渡邉\U000e0110辻\U000e0102葛\U000e0102𠮷𡈽髙﨑之介　左衛門尉龍之進",
)
_EXTREME_FOREIGN = replace(
    _FOREIGN,
    name="SAMPLE VON HOHENZOLLERN SIGMARINGEN MARIA CRISTINA ISABELLA FRANCISCA",
    alias="ホーエンツォレルン＝ジグマリンゲン　マリアクリスティーナ",
    name_katakana="サンプル　フォン　ホーエンツォレルン　ジグマリンゲン　マリア　クリスティーナ",
    birth_date=PartialDate.parse("19910000"),
    relationship="同居人",
    nationality="グレートブリテン及び北アイルランド連合王国",
    residence_status="高度専門職２号",
    period_of_stay="無期限",
    stay_expires_on=None,
    previous_address="東京都架空区見本台一丁目２番３－４５０６号　国際見本学生会館別館",
    alias_history="記載　平成30年1月5日　架空市、削除　令和2年2月29日　架空市、記載　令和3年3月31日　見本市",
)
_UNKNOWN = replace(
    _EXTREME,
    name="不詳　見本",
    name_kana="",
    kana_registered=False,
    former_name="",
    former_name_kana="",
    former_kana_registered=False,
    birth_date=PartialDate.parse("00000000"),
    sex=Sex.BLANK,
    relationship="縁故者",
)

PERSONAS = (
    Persona(PersonaName.MINIMAL, _household(_BASE, replace(_BASE, relationship="夫")), 1, frozenset(), 8.0),
    Persona(
        PersonaName.TYPICAL,
        _household(_TYPICAL, _SPOUSE, _CHILD),
        3,
        frozenset({Switch.RELATIONSHIP, Switch.HOUSEHOLDER, Switch.DOMICILE}),
        13.5,
    ),
    Persona(
        PersonaName.LONG,
        _household(_LONG, replace(_SPOUSE, relationship="妻の母の兄弟姉妹の子")),
        2,
        EVERYTHING - {Switch.INDIVIDUAL_NUMBER},
        18.0,
    ),
    Persona(
        PersonaName.FOREIGN,
        _household(_FOREIGN, _PERMANENT, _TRANSITIONAL),
        3,
        EVERYTHING,
        13.5,
    ),
    Persona(
        PersonaName.MANY,
        _household(_TYPICAL, _SPOUSE, *(replace(_CHILD, name=f"見本　{n}") for n in "一二三四五六七")),
        9,
        frozenset({Switch.RELATIONSHIP}),
        13.5,
    ),
    Persona(
        PersonaName.EXTREME,
        _household(_EXTREME, _EXTREME_FOREIGN, _UNKNOWN),
        3,
        EVERYTHING,
        25.0,
    ),
)
