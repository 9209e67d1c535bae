"""Family registers of the demo city: who stands in which, and their rows for KOSEKI and FUHYO.

The residents' own registers follow from their 本籍 and 筆頭者; those of the fixed people about whom a rule says something are put together by
hand (cast_registers), with members who live elsewhere.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from konbinid.simulator import numbers
from konbinid.simulator.addresses import CITY
from konbinid.simulator.rows import ADD, DEAD, STRUCK_OFF, HoldRow, RegisterRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from konbinid.simulator.household import Household
    from konbinid.simulator.rows import ResidentRow

_MOST_MEMBERS = 12
"""Grown children who marry have registers of their own; the huge households of some cards are about sheets of 住民票."""

CURRENT, IN_PROGRESS, REMOVED = "1", "2", "9"
"""状態 of KOSEKI and FUHYO."""

WHOLE = "00"
"""構成員番号 of the whole register."""


class Member(NamedTuple):
    """Somebody in a register; `atena_number` is empty for one who lives elsewhere. `address` is where the supplement has them."""

    name: str
    birth: str
    sex: str
    atena_number: str
    address: str
    since: str
    state: str = CURRENT

    def __repr__(self) -> str:
        return "<Member>"


class Paper(NamedTuple):
    """One PDF of a register: of which feed, of whom (None: of everybody), and whether 本籍 and 筆頭者 are shown."""

    feed: str
    member: int | None
    shows_domicile: bool

    def __repr__(self) -> str:
        return f"<Paper {self.feed}>"


PAPERS = (("KOSEKI", True), ("FUHYO", False), ("FUHYO", True))


class Register:
    """One family register; members are numbered in the order of `members`."""

    def __init__(self, number: str, domicile: str, head: str, *, state: str = CURRENT) -> None:
        self.number = number
        self.domicile = domicile
        self.head = head
        self.state = state
        self.members: list[Member] = []

    def add_resident(self, resident: ResidentRow, *, state: str = CURRENT) -> None:
        """Enter one who lives in the city."""
        self.members.append(
            Member(
                resident.name,
                resident.birth_date,
                resident.sex,
                resident.atena_number,
                f"{resident.address}　{resident.address_supplement}".rstrip("　"),
                resident.address_since,
                state,
            )
        )

    def hold(
        self, household: Household, member: int, category: str, *, register_wide: bool = False, starts: str
    ) -> None:
        """A hold on a member who has no 宛名番号 here; `household` is whose rows it is written with."""
        household.holds.append(
            HoldRow(
                process=ADD,
                atena_number="",
                category=category,
                target="ALL",
                household_wide="0",
                starts_on=starts,
                ends_on="",
                register_number=self.number,
                register_member=f"{member:02d}",
                register_wide="1" if register_wide else "0",
                business_code="13",
                hold_number=f"{self.number}-{member:02d}",
            )
        )

    def papers(self) -> Iterator[Paper]:
        """Its papers, the whole register's before the members'."""
        for feed, shows_domicile in PAPERS:
            for member in (None, *range(len(self.members))):
                yield Paper(feed, member, shows_domicile)

    def row(self, paper: Paper, pdf: bytes) -> RegisterRow:
        """The row that binds a PDF to a paper."""
        one = None if paper.member is None else self.members[paper.member]
        number = WHOLE if paper.member is None else f"{paper.member + 1:02d}"
        display = "1" if paper.feed == "FUHYO" and paper.shows_domicile else "0"
        return RegisterRow(
            process=ADD,
            register_number=self.number,
            domicile=self.domicile,
            head_of_register=self.head,
            member=number,
            name=one.name if one else self.head,
            birth_date=one.birth if one else "",
            atena_number=one.atena_number if one else "",
            state=one.state if one and self.state == CURRENT else self.state,
            pdf_name=f"{paper.feed.lower()}_{self.number}_{number}_{display}.pdf",
            sha256=hashlib.sha256(pdf).hexdigest(),
            display=display,
        )


def registers_of(household: Household) -> list[Register]:
    """The registers in which a household's Japanese residents stand: those made by hand, and one for each other 本籍 and 筆頭者.

    Whoever has 本籍 in another city, or none, has no register here."""
    entered = {member.atena_number for register in household.registers for member in register.members}
    entered |= household.registered_with_others
    found: dict[tuple[str, str], Register] = {}
    for resident in household.residents:
        if resident.atena_number in entered or not resident.domicile.startswith(CITY):
            continue
        key = (resident.domicile, resident.head_of_register)
        if key not in found:
            number = numbers.register_number(household.index, len(found))
            found[key] = Register(number, *key)
        # Who moved away still stands in the register; who died or was struck off as dead does not any more.
        gone = resident.state in {DEAD, STRUCK_OFF}
        found[key].add_resident(resident, state=REMOVED if gone else CURRENT)
    drawn = [register for register in found.values() if len(register.members) <= _MOST_MEMBERS]
    return [*household.registers, *drawn]
