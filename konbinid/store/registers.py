"""Reading family registers in the desk's snapshot: who is in which, what closes them, and the bytes that are passed on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from konbinid.domain.dates import PartialDate
from konbinid.domain.feeds import Feed
from konbinid.domain.kinds import Kind
from konbinid.domain.person import HOUSEHOLDER, Hold, HoldSource, ResidentState
from konbinid.domain.registers import MemberHere, Register, RegisterHold, RegisterRow, RegisterState
from konbinid.store.residents import RegisterBroken
from konbinid.store.transaction import Transaction

_TABLES = {Feed.KOSEKI: "people.koseki", Feed.FUHYO: "people.fuhyo"}

_OF_RESIDENT = "select distinct register_number from <table> where atena_number = %s and state <> 9"

_ROWS = """
select t.member, t.display, t.name, t.birth_date, t.birth_era, t.atena_number, t.state, coalesce(n.number, 0), t.pdf_sha256, coalesce(p.pages, 0),
       array(select l.atena_number from people.register_link l
              where (l.register_number, l.member, l.birth_date) = (t.register_number, t.member, t.birth_date))
  from <table> t
  left join people.register_member_number n
    on (n.register_number, n.member, n.name, n.birth_date) = (t.register_number, t.member, t.name, t.birth_date)
  left join people.register_pdf p on p.sha256 = t.pdf_sha256
 where t.register_number = %s
 order by t.member, t.display
"""

_ABOUT = """
select coalesce((select change_no from people.register_lock where register_number = %s), -1),
       exists (select from people.doubt where register_number = %s),
       exists (select from people.koseki where register_number = %s and state = 2)
"""

_HERE = """
select p.atena_number, p.state, p.change_in_progress,
       (select count(*) from people.person h
         where h.household_number = p.household_number and h.state = 1 and h.relationship = %s) = 1
  from people.person p where p.atena_number = any(%s)
"""

# What names somebody of the register by whichever key, and what names the register. A hold that names another register, too, names nobody of this
# one by its 構成員番号; it is there for the 宛名番号 that it leads to.
_HOLDS = """
select 'core', atena_number, category, kinds, household, starts_on, ends_on,
       case when register_number = %s then register_member end, register_wide
  from people.person_hold where atena_number = any(%s)
union all
select 'core', coalesce(atena_number, ''), category, kinds, household, starts_on, ends_on, register_member, register_wide
  from people.hold where register_number = %s
union all
select distinct 'doubt', atena_number, '', null::text[], false, null, null, null, false from people.person_doubt where atena_number = any(%s)
"""

# Whom a hold by 宛名番号 may name here: either feed may have a member's number that the other has not, and both empty it when the member moves away.
_NUMBERS = "select distinct atena_number from people.linked_member where register_number = %s"

_PIECE_BYTES = 1 << 20
_PIECE = (
    "select length(content), substring(content from %s for %s) from people.register_pdf where sha256 = %s"
)

_LOCK = "select register_number from people.register_lock where register_number = any(%s) order by register_number for share"


async def registers_of_resident(tx: Transaction, feed: Feed, atena_number: str) -> tuple[str, ...]:
    """Numbers of the registers in which a feed has this resident and has not removed them."""
    statement = _OF_RESIDENT.replace("<table>", _TABLES[feed])
    return tuple(sorted(row[0] for row in await tx.fetch(statement, (atena_number,))))


async def register(tx: Transaction, feed: Feed, number: str) -> Register | None:
    """One register as a feed has it, with everything that can close it; None when the feed has no row of it."""
    rows = [_row(row) for row in await tx.fetch(_ROWS.replace("<table>", _TABLES[feed]), (number,))]
    if not rows:
        return None
    atena = sorted({row.atena_number for row in rows if row.atena_number is not None})
    about = await tx.fetch_one(_ABOUT, (number, number, number))
    assert about is not None
    change_no, in_doubt, changing = about
    if change_no < 0:
        raise RegisterBroken("a register without a lock row")
    here = [
        MemberHere(person, ResidentState(state), change, clear)
        for person, state, change, clear in await tx.fetch(_HERE, (HOUSEHOLDER, atena))
    ]
    known = sorted(row[0] for row in await tx.fetch(_NUMBERS, (number,)))
    holds = await tx.fetch(_HOLDS, (number, known, number, known))
    return Register(number, tuple(rows), tuple(map(_hold, holds)), tuple(here), in_doubt, changing, change_no)


async def lock_registers(tx: Transaction, numbers: Collection[str]) -> None:
    """Hold registers until the transaction ends, after people, in 戸籍番号 order. Conflict when one was changed after the snapshot."""
    wanted = sorted(set(numbers))
    if wanted and len(await tx.fetch(_LOCK, (wanted,))) != len(wanted):
        raise RegisterBroken("a register without a lock row")


async def pdf(tx: Transaction, sha256: bytes) -> bytes | None:
    """The bytes that lie under a hash; None when nothing does. Read piece by piece: libpq takes 4 ms for a MB that it has to make of hex digits."""
    pieces: list[bytes] = []
    size = 1
    while sum(map(len, pieces)) < size:
        row = await tx.fetch_one(_PIECE, (len(pieces) * _PIECE_BYTES + 1, _PIECE_BYTES, sha256))
        if row is None or not row[1]:
            return None
        size, piece = row
        pieces.append(bytes(piece))
    return b"".join(pieces)


def _row(row: tuple[Any, ...]) -> RegisterRow:
    member, display, name, born, era, atena, state, number, sha256, pages, linked = row
    return RegisterRow(
        member=member,
        display=display,
        name=name,
        birth_date=None if born is None else partial_date(born, era),
        atena_number=atena,
        state=RegisterState(state),
        number=number,
        pdf_sha256=None if sha256 is None else bytes(sha256),
        pages=pages,
        linked=frozenset(linked),
    )


def partial_date(text: str, era: str = "") -> PartialDate:
    """A date of a register, as it is kept: YYYYMMDD with zeros for unknown parts."""
    return PartialDate(int(text[:4]), int(text[4:6]), int(text[6:]), era)


def _day(text: str | None) -> date | None:
    return None if text is None else date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _hold(row: tuple[Any, ...]) -> RegisterHold:
    source, atena, category, kinds, household, starts, ends, member, wide = row
    hold = Hold(
        source=HoldSource(source),
        atena_number=atena,
        category=category,
        kinds=None if kinds is None else frozenset(Kind(kind) for kind in kinds),
        household=household,
        starts_on=_day(starts),
        ends_on=_day(ends),
    )
    return RegisterHold(hold, member, wide)
