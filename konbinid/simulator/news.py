"""News about people whom a city already has, as rows for difference files: what tests and drills send.

    write_difference(inbox, "JUMIN", 2, [moved_out(row, today)], stamp)

Each function takes the row as the last file had it and returns the row of the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from konbinid.simulator import days
from konbinid.simulator.rows import CHANGE, DEAD, LEAVING, MOVED_OUT, REMOVE

if TYPE_CHECKING:
    import datetime as dt

    from konbinid.simulator.household import Household
    from konbinid.simulator.rows import CredentialRow, HoldRow, ResidentRow, SealRow


def _in_state(row: ResidentRow, state: str, day: dt.date) -> ResidentRow:
    return row._replace(process=CHANGE, state=state, last_changed_on=days.text(day))


def leaving(row: ResidentRow, day: dt.date) -> ResidentRow:
    """The resident announced on `day` that they move away (転出予定)."""
    return _in_state(row, LEAVING, day)


def moved_out(row: ResidentRow, day: dt.date) -> ResidentRow:
    """The resident moved away on `day` (転出)."""
    return _in_state(row, MOVED_OUT, day)


def died(row: ResidentRow, day: dt.date) -> ResidentRow:
    """The resident died on `day` (死亡)."""
    return _in_state(row, DEAD, day)


def renamed(row: ResidentRow, name: str, kana: str, day: dt.date) -> ResidentRow:
    """The resident's 氏名 changed on `day`; seals registered before no longer count."""
    return row._replace(process=CHANGE, name=name, name_kana=kana, last_changed_on=days.text(day))


def removed(row: ResidentRow) -> ResidentRow:
    """The row is taken out of the register (処理区分 9)."""
    return row._replace(process=REMOVE)


def hold_lifted(row: HoldRow) -> HoldRow:
    """The hold is taken back by the core system that placed it."""
    return row._replace(process=REMOVE)


def seal_cancelled(row: SealRow, day: dt.date) -> SealRow:
    """The registration of the seal was cancelled on `day` (抹消)."""
    return row._replace(process=CHANGE, state="2", cancelled_on=days.text(day))


def seal_suspended(row: SealRow) -> SealRow:
    """The registration of the seal is suspended (一時停止)."""
    return row._replace(process=CHANGE, state="3")


def certificate_revoked(row: CredentialRow) -> CredentialRow:
    """The user certificate was revoked (失効)."""
    return row._replace(process=CHANGE, state="2")


def support_measure(household: Household, resident: ResidentRow, day: dt.date) -> HoldRow:
    """A new DV等支援措置 hold on the resident from `day` for a year, entered in the household as well."""
    return household.place_hold(
        resident, "01", household_wide=True, starts=day, ends=days.years_before(day, -1)
    )
