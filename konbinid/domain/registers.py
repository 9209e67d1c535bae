"""Family registers as the desk reads them: whose PDFs there are, who belongs to them, and how a credential reaches one (contract 2, KOSEKI and FUHYO).

A register's PDF is passed on as it is. What decides is which register and which member it is bound to, never what stands in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from konbinid.domain.dates import PartialDate
from konbinid.domain.person import Hold, Person, ResidentState
from konbinid.domain.redact import Redacted

WHOLE_REGISTER = "00"  # the 構成員番号 that stands for all of them


class RegisterState(IntEnum):
    """状態 of a row."""

    CURRENT = 1
    CHANGING = 2  # 届出処理中
    REMOVED = 9  # 除籍


@dataclass(frozen=True, slots=True, repr=False)
class RegisterRow(Redacted):
    """One row of KOSEKI or FUHYO. ``member`` is the 構成員番号; ``number`` the one that kiosks show, 0 while none was given.

    ``birth_date`` is None for the whole register. ``pdf_sha256`` is the hash bound at intake, None while no PDF is held; ``pages`` its sheets.
    ``linked``: every 宛名番号 that either feed ever gave this member; they close and never open.
    """

    member: str
    display: int
    name: str
    birth_date: PartialDate | None
    atena_number: str | None
    state: RegisterState
    number: int
    pdf_sha256: bytes | None
    pages: int
    linked: frozenset[str] = frozenset()

    @property
    def named_by(self) -> frozenset[str]:
        """宛名番号 by which a hold names this member."""
        return self.linked if self.atena_number is None else self.linked | {self.atena_number}

    @property
    def is_whole(self) -> bool:
        """Whether it is about the register as such and no single member."""
        return self.member == WHOLE_REGISTER


@dataclass(frozen=True, slots=True, repr=False)
class RegisterHold(Redacted):
    """A hold that reaches a register: of one of its members by 宛名番号, or by 戸籍番号 and 構成員番号. ``wide`` is 戸籍抑止 1."""

    hold: Hold
    member: str | None
    wide: bool


@dataclass(frozen=True, slots=True, repr=False)
class MemberHere(Redacted):
    """A member of a register who lives here, as the residents' register knows them. ``household_clear``: the household has its one 世帯主."""

    atena_number: str
    state: ResidentState
    change_in_progress: bool
    household_clear: bool


@dataclass(frozen=True, slots=True, repr=False)
class Register(Redacted):
    """Everything of one register in one feed, in 構成員番号 and 表示区分 order.

    ``in_doubt``: a file that waits or failed names the register. ``family_changing``: 届出処理中 stands in KOSEKI, whichever feed this is of.
    """

    number: str
    rows: tuple[RegisterRow, ...]
    holds: tuple[RegisterHold, ...] = ()
    here: tuple[MemberHere, ...] = ()
    in_doubt: bool = False
    family_changing: bool = False
    change_no: int = 0

    @property
    def members(self) -> tuple[RegisterRow, ...]:
        """One row per member, without the whole register's."""
        found: dict[str, RegisterRow] = {}
        for row in self.rows:
            if not row.is_whole:
                found.setdefault(row.member, row)
        return tuple(found.values())

    @property
    def named_by(self) -> frozenset[str]:
        """宛名番号 by which a hold names somebody of it."""
        return frozenset(number for row in self.rows for number in row.named_by)


@dataclass(frozen=True, slots=True, repr=False)
class Reach(Redacted):
    """The registers of one feed that a credential leads to: none, one (then it was read), or several, which is a contradiction."""

    numbers: tuple[str, ...] = ()
    register: Register | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Registration(Redacted):
    """An approved 利用登録 that was not ended: the register and member that staff bound the credential to, and who that was at the time.

    ``birth_date`` as the feed writes it. ``stands``: KOSEKI still has that member under the same name and birth date.
    """

    application_number: str
    register_number: str
    member: str
    name: str
    birth_date: PartialDate
    stands: bool

    def is_of(self, row: RegisterRow) -> bool:
        """Whether a row is the person who was registered; a 構成員番号 may be given to another."""
        same = (row.member, row.name) == (self.member, self.name)
        return same and row.birth_date is not None and same_day(row.birth_date, self.birth_date)


def same_day(one: PartialDate, other: PartialDate) -> bool:
    """Whether two registers say the same day; one of them may name the era besides."""
    return (one.year, one.month, one.day) == (other.year, other.month, other.day)


def reaches_by_registration(applicant: Person | None, registration: Registration | None) -> bool:
    """Whether the registration counts: for people who live elsewhere. Who lives here, or whom the register knows as dead or struck off, has none."""
    elsewhere = applicant is None or applicant.state is ResidentState.MOVED_OUT
    return elsewhere and registration is not None and registration.stands
