"""Which register and which of its papers a request is about: the holder's place in it, the members printed, the PDF that is passed on."""

from __future__ import annotations

from konbinid.domain.case import Asked, Case
from konbinid.domain.dates import PartialDate
from konbinid.domain.kinds import Kind, Scope, Switch
from konbinid.domain.person import Person
from konbinid.domain.registers import (
    WHOLE_REGISTER,
    Reach,
    Register,
    RegisterRow,
    Registration,
    reaches_by_registration,
)

_NOTHING = Reach()


def registration_of(case: Case) -> Registration | None:
    """The registration by which the holder reaches a register; None for whoever lives here."""
    return case.registration if reaches_by_registration(case.applicant, case.registration) else None


def reach_of(case: Case, kind: Kind) -> Reach:
    """The registers of the kind's feed that the credential leads to."""
    return case.reaches.get(kind, _NOTHING)


def register_of(case: Case, kind: Kind) -> Register | None:
    """The one register that the credential leads to."""
    return reach_of(case, kind).register


def own_rows(case: Case, kind: Kind) -> tuple[RegisterRow, ...]:
    """The holder's rows in the register, one per 表示区分; of several members when the register contradicts itself."""
    register, registration = register_of(case, kind), registration_of(case)
    if register is None:
        return ()
    single = (row for row in register.rows if not row.is_whole)
    if registration is not None:
        return tuple(row for row in single if registration.is_of(row))
    applicant = case.applicant
    return tuple(
        row for row in single if applicant is not None and row.atena_number == applicant.atena_number
    )


def birth_date_of(case: Case, kind: Kind, applicant: Person | None) -> PartialDate | None:
    """The holder's birth date: the resident's, else the one in the register."""
    if registration_of(case) is None:
        return None if applicant is None else applicant.birth_date
    rows = own_rows(case, kind)
    return rows[0].birth_date if rows else None


def printed_members(case: Case, asked: Asked) -> tuple[RegisterRow, ...]:
    """Whom the paper is about, one row per member: everybody for ALL, those chosen for MEMBERS, and the holder alone while only the right is asked
    for. Numbers that lead to nobody are left out; 1106 speaks of them later. Who was removed is on the whole register's paper, and on no other."""
    register = register_of(case, asked.kind)
    if register is None:
        return ()
    if asked.options is None or asked.options.scope is None:
        return own_rows(case, asked.kind)[:1]
    if asked.options.scope is not Scope.MEMBERS:
        return register.members
    chosen = set(asked.options.members) - {0}
    return tuple(row for row in register.members if row.number in chosen)


def wanted(case: Case, asked: Asked) -> RegisterRow | None:
    """The row whose PDF is to be passed on: 00 for ALL, else the member chosen; with 本籍・筆頭者 where it was asked for (fuhyo)."""
    register, options = register_of(case, asked.kind), asked.options
    if register is None or options is None:
        return None
    display = 1 if asked.kind is Kind.FUHYO and Switch.DOMICILE in options.show else 0
    place = (WHOLE_REGISTER, 0)
    if options.scope is Scope.MEMBERS:
        printed = printed_members(case, asked)
        if len(printed) != 1:
            return None
        place = (printed[0].member, printed[0].number)
    # The number says that it is the same person in both 表示区分; the whole register has none.
    return next(
        (
            row
            for row in register.rows
            if row.display == display and (row.member, 0 if row.is_whole else row.number) == place
        ),
        None,
    )
