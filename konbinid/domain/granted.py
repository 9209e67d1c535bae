"""What a request is granted: a paper to be drawn, or a register's paper to be passed on."""

from __future__ import annotations

from dataclasses import dataclass

from konbinid.domain.case import Asked, Case
from konbinid.domain.person import Person
from konbinid.domain.redact import Redacted
from konbinid.domain.register_papers import own_rows, printed_members, registration_of, wanted
from konbinid.domain.registers import RegisterRow


@dataclass(frozen=True, slots=True, repr=False)
class Granted(Redacted):
    """The right to a paper: who is printed, and whether they are the whole household."""

    applicant: Person
    printed: tuple[Person, ...]
    whole: bool
    fee: int


@dataclass(frozen=True, slots=True, repr=False)
class PassedOn(Redacted):
    """The right to a register's PDF as it is: whose it is (``atena_number`` '' for who lives elsewhere), the row that binds it, the members it is about.

    ``member`` is the holder's own 構成員番号; ``change_no`` the register's.
    """

    atena_number: str
    register_number: str
    member: str
    row: RegisterRow
    printed: tuple[RegisterRow, ...]
    change_no: int
    fee: int


def drawn(case: Case, asked: Asked, fee: int) -> Granted:
    """The right that every rule has granted, or that is tried out: a paper of ours."""
    assert case.applicant is not None
    printed = case.printed(asked)
    whole = case.household is not None and printed == case.household.living
    return Granted(case.applicant, printed, whole, fee)


def passed_on(case: Case, asked: Asked, fee: int) -> PassedOn:
    """The right that every rule has granted."""
    register, row = case.reaches[asked.kind].register, wanted(case, asked)
    assert register is not None
    assert row is not None
    by_residence = registration_of(case) is None and case.applicant is not None
    return PassedOn(
        atena_number=case.applicant.atena_number if by_residence and case.applicant is not None else "",
        register_number=register.number,
        member=own_rows(case, asked.kind)[0].member,
        row=row,
        printed=printed_members(case, asked),
        change_no=register.change_no,
        fee=fee,
    )
