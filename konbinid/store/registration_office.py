"""利用登録 as staff decide it, on a blocking connection of the role konbinid_office; the audit keeps each act and each look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from konbinid.domain.matching import Candidate, Claim
from konbinid.domain.redact import Redacted
from konbinid.domain.registers import WHOLE_REGISTER, RegisterState
from konbinid.store.audit import insert_audit
from konbinid.store.direct import PATIENCE
from konbinid.store.registers import partial_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg2.extensions import cursor

PENDING, APPROVED, REJECTED, ENDED = "pending", "approved", "rejected", "ended"

_STATE = """
case when d.application_number is null then 'pending' when e.application_number is not null then 'ended'
     when d.approved then 'approved' else 'rejected' end
"""
_LIST = f"""
select a.application_number, {_STATE}, a.received_at, coalesce(e.ended_at, d.decided_at), coalesce(e.ended_by, d.decided_by)
  from ledger.application a
  left join ledger.application_decision d using (application_number)
  left join ledger.registration_end e using (application_number)
 where %s or d.application_number is null
 order by a.received_at, a.application_number
"""  # noqa: S608  # constants of this module
_ONE = f"""
select a.application_number, {_STATE}, a.received_at, a.name, a.kana, a.birth_date, a.address, a.phone, a.domicile, a.head_of_register,
       coalesce(e.reason, d.reason, ''), d.register_number, d.member,
       exists (select from people.credential c join people.person p using (resident_code_digest)
                where c.present and c.type = case a.credential_type when 'CARD' then 1 else 2 end and c.serial = a.credential_serial
                  and p.state in (1, 2))
  from ledger.application a
  left join ledger.application_decision d using (application_number)
  left join ledger.registration_end e using (application_number)
 where a.application_number = %s
"""  # noqa: S608  # as above
_BORN = """
select k.register_number, k.member, k.name, k.birth_date, k.head_of_register, k.domicile, k.atena_number is not null, k.state
  from people.koseki k where k.member <> %s and k.birth_date = %s order by 1, 2
"""
_MEMBER = """
select k.register_number, k.member, k.name, k.birth_date, k.head_of_register, k.domicile, k.atena_number is not null, k.state
  from people.koseki k where k.member <> %s and k.register_number = %s and k.member = %s and k.birth_date is not null
"""
_DECIDE = """
insert into ledger.application_decision (application_number, decided_by, approved, reason, register_number, member, name, birth_date, accepted)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_END = "insert into ledger.registration_end (application_number, ended_by, reason) values (%s, %s, %s)"
_COUNT_UP = "update people.register_lock set change_no = change_no + 1 where register_number = %s"


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of the queue; nothing about the person."""

    number: str
    state: str
    received_at: datetime
    decided_at: datetime | None
    decided_by: str | None


@dataclass(frozen=True, slots=True, repr=False)
class Shown(Redacted):
    """One application as whoever decides reads it. ``resident``: the card is that of somebody who lives here and needs no registration."""

    number: str
    state: str
    received_at: datetime
    name: str
    kana: str
    birth_date: date
    address: str
    phone: str
    domicile: str
    head_of_register: str
    reason: str
    register_number: str | None
    member: str | None
    resident: bool

    @property
    def claim(self) -> Claim:
        """What is compared with the register."""
        return Claim(self.name, self.birth_date, self.head_of_register, self.domicile)


def listed(cur: cursor, *, decided: bool) -> tuple[Listed, ...]:
    """The applications that wait, or with ``decided`` all of them; the oldest first."""
    cur.execute(_LIST, (decided,))
    return tuple(Listed(*row) for row in cur.fetchall())


def shown(cur: cursor, number: str) -> Shown | None:
    """One application."""
    cur.execute(_ONE, (number,))
    row = cur.fetchone()
    return None if row is None else Shown(*row)


def candidates(cur: cursor, claim: Claim) -> tuple[Candidate, ...]:
    """Every member of a register with the applicant's birth date; who of them it may be is for ``konbinid.domain.matching``."""
    cur.execute(_BORN, (WHOLE_REGISTER, f"{claim.birth_date:%Y%m%d}"))
    return tuple(map(_candidate, cur.fetchall()))


def member_of(cur: cursor, register_number: str, member: str) -> Candidate | None:
    """One member of a register, as KOSEKI has it now."""
    cur.execute(_MEMBER, (WHOLE_REGISTER, register_number, member))
    row = cur.fetchone()
    return None if row is None else _candidate(row)


def _candidate(row: Sequence[Any]) -> Candidate:
    register, member, name, born, head, domicile, resident, state = row
    current = RegisterState(state) is not RegisterState.REMOVED
    return Candidate(register, member, name, partial_date(born), head, domicile, resident, current)


def note_look(cur: cursor, number: str, who: str) -> None:
    """Somebody read an application."""
    insert_audit(cur, who, "registration.show", number)


def approve(
    cur: cursor, number: str, candidate: Candidate, accepted: Sequence[str], *, reason: str, who: str
) -> None:
    """Bind the applicant's card to a member. psycopg2.errors.UniqueViolation when the application was decided before."""
    place = (candidate.register_number, candidate.member, candidate.name, str(candidate.birth_date))
    cur.execute(_DECIDE, (number, who, True, reason, *place, list(accepted)))
    detail = {
        "register": candidate.register_number,
        "member": candidate.member,
        "accepted": list(accepted),
        "reason": reason,
    }
    insert_audit(cur, who, "registration.approve", number, detail)


def reject(cur: cursor, number: str, *, reason: str, who: str) -> None:
    """No registration. UniqueViolation as above."""
    cur.execute(_DECIDE, (number, who, False, reason, None, None, None, None, []))
    insert_audit(cur, who, "registration.reject", number)


def end(cur: cursor, found: Shown, *, reason: str, who: str) -> None:
    """Take an approval back: when this is committed no further paper goes out by it. UniqueViolation when it was taken back before."""
    cur.execute(PATIENCE)
    cur.execute(_COUNT_UP, (found.register_number,))
    cur.execute(_END, (found.number, who, reason))
    insert_audit(cur, who, "registration.end", found.number)
