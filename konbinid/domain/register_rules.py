"""The rules of the register kinds, called by the rules of the same code in ``entitlement``."""

from __future__ import annotations

from konbinid.domain.case import Asked, Case
from konbinid.domain.kinds import REGISTER_KINDS
from konbinid.domain.person import ResidentState
from konbinid.domain.register_papers import (
    own_rows,
    printed_members,
    reach_of,
    register_of,
    registration_of,
    wanted,
)
from konbinid.domain.registers import Register, RegisterState, same_day
from konbinid.domain.request import Refused
from konbinid.domain.results import Code


def no_register(case: Case, asked: Asked) -> str | None:
    """1101: nobody who lives here or is registered; in no register, or removed from it."""
    applicant = case.applicant
    if registration_of(case) is None:
        if applicant is None:
            return "not_on_register"
        if not applicant.state.is_living:
            return f"resident_{applicant.state.name.lower()}"
    reach = reach_of(case, asked.kind)
    if len(reach.numbers) > 1:
        return None  # a contradiction: 1104 speaks of it
    register = reach.register
    rows = own_rows(case, asked.kind)
    if register is None or not rows:
        return "no_register"
    if any(row.is_whole and row.state is RegisterState.REMOVED for row in register.rows):
        return "register_removed"
    return "removed_from_register" if all(row.state is RegisterState.REMOVED for row in rows) else None


def change_in_progress(case: Case, asked: Asked) -> str | None:
    """1104: doubt about a registered card, a contradiction, or what changes in the register or with somebody who asks or is printed."""
    # Whoever lives here is held as a person; of a registered card JPKI may know a holder whom nobody else knows.
    if case.registrant_in_doubt and registration_of(case) is not None:
        return "registrant_in_doubt"
    if len(reach_of(case, asked.kind).numbers) > 1:
        return "in_several_registers"
    register = register_of(case, asked.kind)
    return None if register is None else _register_changes(case, asked, register)


def _register_changes(case: Case, asked: Asked, register: Register) -> str | None:
    """The register in doubt, 届出処理中 or in contradiction with itself, or a change of somebody who asks or is printed and lives here."""
    if register.in_doubt:
        return "register_in_doubt"
    if register.family_changing or any(row.state is RegisterState.CHANGING for row in register.rows):
        return "register_changing"
    rows = own_rows(case, asked.kind)
    members = {row.member for row in rows}
    strangers = any(row.member in members and row not in rows for row in register.rows)
    if len(members) > 1 or strangers or any(row.state is RegisterState.REMOVED for row in rows):
        return "register_contradicts"
    return _differs(case, asked) or _residents_change(case, asked, register)


def _differs(case: Case, asked: Asked) -> str | None:
    """A 宛名番号 joins two systems. Names are written with each system's own characters; a birth date is a birth date."""
    applicant = case.applicant
    if applicant is None or registration_of(case) is not None:
        return None
    births = [row.birth_date for row in own_rows(case, asked.kind)]
    same = all(birth is not None and same_day(birth, applicant.birth_date) for birth in births)
    return None if same else "birth_date_differs"


def _residents_change(case: Case, asked: Asked, register: Register) -> str | None:
    rows = (*own_rows(case, asked.kind), *printed_members(case, asked))
    numbers = {row.atena_number for row in rows}
    concerned = [member for member in register.here if member.atena_number in numbers]
    if any(member.change_in_progress for member in concerned):
        return "change_in_progress"
    if any(member.state is ResidentState.LEAVING for member in concerned):
        return "leaving"
    # Who moved away or died may still stand in the register; there is no household left that could be unclear.
    unclear = any(member.state.is_living and not member.household_clear for member in concerned)
    return "householder_unclear" if unclear else None


def no_such_member(case: Case, asked: Asked) -> str | None:
    """1106, after what holds for every kind: exactly one, who is still a member."""
    options = asked.options
    if options is None or len(options.members) != 1:
        return "more_than_one_member"
    printed = printed_members(case, asked)
    if len(printed) != 1:
        return "member_unknown"
    return "member_removed" if printed[0].state is RegisterState.REMOVED else None


def not_to_be_passed_on(case: Case, asked: Asked) -> Refused | None:
    """1301 when no PDF is bound to register, member and 表示区分; 1302 when it has more sheets than a kiosk prints of a register."""
    if asked.kind not in REGISTER_KINDS:
        return None
    row = wanted(case, asked)
    if row is None or row.pdf_sha256 is None or row.state is RegisterState.REMOVED:
        return Refused(Code.UNPRINTABLE, "register_without_pdf")
    return Refused(Code.TOO_MANY_PAGES, "register_pages") if row.pages > case.register_pages else None
