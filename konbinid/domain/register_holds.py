"""Which holds reach a register's paper (contract 2, YOKUSHI; docs/decisions, how far holds reach in a register)."""

from __future__ import annotations

from collections.abc import Iterator

from konbinid.domain.case import Asked, Case
from konbinid.domain.kinds import Kind
from konbinid.domain.person import SUPPORT_MEASURE, Hold, HoldSource
from konbinid.domain.register_papers import own_rows, printed_members, register_of
from konbinid.domain.registers import Register, RegisterHold


def reaching_register(case: Case, asked: Asked) -> Iterator[Hold]:
    """Every hold of the register that is in force and closes this request: on who asks or is printed, or on the register as a whole."""
    register = register_of(case, asked.kind)
    if register is None:
        return
    rows = (*own_rows(case, asked.kind), *printed_members(case, asked))
    members = {row.member for row in rows}
    numbers = {number for row in rows for number in row.named_by}
    for each in register.holds:
        hold = each.hold
        # A hold that names this register and a member whom it does not have: nobody can say whom it protects, so it protects all of them.
        named = each.member in members or hold.atena_number in numbers or _names_nobody(each, register)
        if (named and hold.covers(asked.kind, case.today)) or (
            _closes_register(each, asked.kind) and hold.is_in_force(case.today)
        ):
            yield hold


def _names_nobody(each: RegisterHold, register: Register) -> bool:
    if each.member is not None:
        return each.member not in {row.member for row in register.members}
    return each.hold.atena_number not in register.named_by


def _closes_register(each: RegisterHold, kind: Kind) -> bool:
    """戸籍抑止 closes all three kinds. 支援措置 on any member, removed ones included, closes the supplement: ALL would show the address to a
    former spouse or a parent. Doubt about one is doubt about what the register is. 対象 does not narrow these."""
    protects = kind is Kind.FUHYO and each.hold.category == SUPPORT_MEASURE
    return each.wide or protects or each.hold.source is HoldSource.DOUBT
