"""Residents and what the registers hold about them, as the desk reads them in one snapshot (contract 2's feeds)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum, StrEnum

from konbinid.domain.content import SealImpression
from konbinid.domain.dates import PartialDate
from konbinid.domain.kinds import CredentialType, Kind
from konbinid.domain.redact import Redacted

HOUSEHOLDER = "世帯主"  # the 続柄 of the householder (contract 2, JUMIN)


class ResidentClass(IntEnum):
    """住民区分."""

    JAPANESE = 1
    FOREIGN = 2


class ResidentState(IntEnum):
    """住民状態."""

    RESIDENT = 1  # 住登
    LEAVING = 2  # 転出予定
    MOVED_OUT = 3  # 転出
    DEAD = 4  # 死亡
    STRUCK_OFF = 5  # 職権消除

    @property
    def is_living(self) -> bool:
        """On the register today: 住登 and 転出予定 (contract 2)."""
        return self in {ResidentState.RESIDENT, ResidentState.LEAVING}


class Sex(IntEnum):
    """性別; 9 leaves the cell blank."""

    MALE = 1
    FEMALE = 2
    BLANK = 9


@dataclass(frozen=True, slots=True, repr=False)
class Person(Redacted):
    """One row of JUMIN. Empty text = nothing recorded; ``individual_number`` is filled only when it is to be printed."""

    atena_number: str
    household_number: str
    household_order: int
    resident_class: ResidentClass
    state: ResidentState
    name: str
    birth_date: PartialDate
    sex: Sex
    relationship: str
    address: str
    change_no: int = 0
    member_number: int = 0
    name_kana: str = ""
    former_name: str = ""
    former_name_kana: str = ""
    alias: str = ""
    alias_kana: str = ""
    name_roman: str = ""
    name_katakana: str = ""
    address_supplement: str = ""
    resident_since: PartialDate | None = None
    address_since: PartialDate | None = None
    notified_on: PartialDate | None = None
    previous_address: str = ""
    domicile: str = ""
    head_of_register: str = ""
    has_individual_number: bool = False
    individual_number: str = ""
    nationality: str = ""
    article_30_45: str = ""
    residence_status: str = ""
    period_of_stay: str = ""
    stay_expires_on: PartialDate | None = None
    residence_card_number: str = ""
    change_in_progress: bool = False
    kana_registered: bool = False
    former_kana_registered: bool = False
    alias_history: str = ""

    @property
    def is_foreign(self) -> bool:
        """外国人住民."""
        return self.resident_class is ResidentClass.FOREIGN

    @property
    def full_address(self) -> str:
        """住所 and 方書 as one line of text, parted by a full-width space."""
        return f"{self.address}　{self.address_supplement}" if self.address_supplement else self.address


@dataclass(frozen=True, slots=True, repr=False)
class Credential(Redacted):
    """One row of JPKI, already matched to a resident. ``expires_on`` is inclusive, None when the feed gave none."""

    type: CredentialType
    serial: str
    atena_number: str | None
    valid: bool
    issued_on: date | None
    expires_on: date | None


class HoldSource(StrEnum):
    """Who closed a person: a core system (YOKUSHI), staff, or a file in doubt."""

    CORE = "core"
    STAFF = "staff"
    DOUBT = "doubt"


SUPPORT_MEASURE = "01"  # DV等支援措置
CHANGE_HOLD = "02"  # 異動処理中


@dataclass(frozen=True, slots=True, repr=False)
class Hold(Redacted):
    """A hold that names one person. ``kinds`` None = ALL. ``category`` is the 抑止区分, empty for a hold from doubt.

    Dates are inclusive; ``starts_on`` None = always has been, ``ends_on`` None = open.
    """

    source: HoldSource
    atena_number: str
    category: str
    kinds: frozenset[Kind] | None
    household: bool
    starts_on: date | None
    ends_on: date | None

    def is_in_force(self, today: date) -> bool:
        """Whether today lies between its days."""
        begun = self.starts_on is None or today >= self.starts_on
        return begun and (self.ends_on is None or today <= self.ends_on)

    def covers(self, kind: Kind, today: date) -> bool:
        """Whether it is in force today and closes this kind."""
        return self.is_in_force(today) and (self.kinds is None or kind in self.kinds)


class SealState(IntEnum):
    """状態 of INKAN."""

    REGISTERED = 1
    CANCELLED = 2
    SUSPENDED = 3


class SealNameKind(IntEnum):
    """登録氏名区分: which name the seal is registered in."""

    NAME = 1
    FORMER_NAME = 2
    ALIAS = 3
    KATAKANA = 4


@dataclass(frozen=True, slots=True, repr=False)
class Seal(Redacted):
    """One row of INKAN with its picture.

    ``file_stamp`` is the time stamp in the name of the file whose row it is (Japan time, no offset); ``defect`` names why the
    impression cannot be printed (size out of bounds), empty when it can.
    """

    registration_number: str
    state: SealState
    name_kind: SealNameKind
    file_stamp: datetime
    impression: SealImpression | None
    defect: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Household(Redacted):
    """Everyone with the same 世帯番号, living or not, in 記載順位 then 宛名番号 order. ValueError when somebody is of another household."""

    number: str
    members: tuple[Person, ...]

    def __post_init__(self) -> None:
        if any(person.household_number != self.number for person in self.members):
            raise ValueError("a household holds its own members only")

    @property
    def living(self) -> tuple[Person, ...]:
        """Those who are on the register today."""
        return tuple(person for person in self.members if person.state.is_living)

    @property
    def householder(self) -> Person | None:
        """The one member whose 続柄 is 世帯主 among the 住登 members; None when there is not exactly one (contract 2)."""
        found = [
            p for p in self.members if p.state is ResidentState.RESIDENT and p.relationship == HOUSEHOLDER
        ]
        return found[0] if len(found) == 1 else None
