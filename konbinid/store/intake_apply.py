"""Writing what was prepared: only rows that differ, in one short transaction, after the locks (konbinid.store.intake_people)."""

from __future__ import annotations

from datetime import datetime

from psycopg2.extensions import cursor

from konbinid.store import intake_gaiji
from konbinid.store.intake_tables import Table

# Changed rows are taken out and put in again: numbers that two people swap never meet in a unique index on the way.
_REMOVE = """
delete from <target> t
 using <staged> s join <effect> e on e.run = s.run and e.line = s.line
 where s.run = %(run)s and e.effect in ('c', 'r') and <same key>
"""
_INSERT = """
insert into <target> (<columns>, <own columns>)
select <s.columns>, <own values>
  from <staged> s join <effect> e on e.run = s.run and e.line = s.line
 where s.run = %(run)s and e.effect in ('a', 'c')
"""
_CREDENTIALS = """
    on conflict (type, serial) do update
   set resident_code_digest = excluded.resident_code_digest, issued_on = excluded.issued_on, expires_on = excluded.expires_on,
       state = excluded.state, present = true, incoming_id = excluded.incoming_id
"""
_ABSENT = """
update people.credential t set present = false, incoming_id = %(incoming)s
  from <staged> s join <effect> e on e.run = s.run and e.line = s.line
 where s.run = %(run)s and e.effect = 'r' and <same key>
"""

# Never later than now: a seal written by a clock that runs ahead must not outlive a name change that comes before that clock's time (I-06).
_SEAL_STAMP = "least(%(stamp)s, clock_timestamp() at time zone 'Asia/Tokyo')"

# Every seal row that arrives is newer than any name change before it, also when nothing else about it is new.
_ARRIVED = """
update people.seal t set file_stamp = <seal stamp>, incoming_id = %(incoming)s
  from intake.staged_seal s
 where s.run = %(run)s and s.operation <> 9 and <same key>
   and not exists (select from intake.staged_seal_effect e where e.run = s.run and e.line = s.line)
"""

# A row whose own values contradict each other is kept, closes what it is about, and is listed for staff (konbinid.store.intake_closed).
_CLOSING = """
select count(*) from <staged> s join <effect> e on e.run = s.run and e.line = s.line
 where s.run = %(run)s and e.effect in ('a', 'c') and s.defect <> ''
"""

# Given when a person joins a household: above every number that was ever given there.
_MEMBER_NUMBERS = """
insert into people.member_number (household_number, atena_number, number)
with joined as (select s.household_number, s.atena_number, s.household_order
                  from intake.staged_person s join intake.staged_person_effect e on e.run = s.run and e.line = s.line
                 where s.run = %(run)s and e.effect in ('a', 'c')
                   and not exists (select from people.member_number m
                                    where m.household_number = s.household_number and m.atena_number = s.atena_number)),
     given as (select household_number, max(number) as number from people.member_number
                where household_number in (select household_number from joined) group by household_number)
select j.household_number, j.atena_number,
       coalesce(g.number, 0) + row_number() over (partition by j.household_number order by j.household_order, j.atena_number)
  from joined j left join given g using (household_number)
"""

# The same for the members of a register. Who gets a used 構成員番号 under another name or birth is somebody else and gets a number of their own.
_REGISTER_MEMBER_NUMBERS = """
insert into people.register_member_number (register_number, member, name, birth_date, number)
with entered as (select distinct s.register_number, s.member, s.name, s.birth_date
                   from <staged> s join <effect> e on e.run = s.run and e.line = s.line
                  where s.run = %(run)s and e.effect in ('a', 'c') and s.member <> '00'
                    and not exists (select from people.register_member_number m
                                     where (m.register_number, m.member, m.name, m.birth_date)
                                         = (s.register_number, s.member, s.name, s.birth_date))),
     given as (select register_number, max(number) as number from people.register_member_number
                where register_number in (select register_number from entered) group by register_number)
select n.register_number, n.member, n.name, n.birth_date,
       coalesce(g.number, 0) + row_number() over (partition by n.register_number order by n.member, n.name, n.birth_date)
  from entered n left join given g using (register_number)
"""


def count_closing(cur: cursor, table: Table, run: int) -> int:
    """How many of the prepared rows close something of their person because of a defect of their own. None where rows have no defects."""
    if "defect" not in table.values:
        return 0
    cur.execute(table.statement(_CLOSING), {"run": run})
    row = cur.fetchone()
    return 0 if row is None else int(row[0])


def write(cur: cursor, feed: str, table: Table, run: int, *, incoming_id: int, stamp: datetime) -> None:
    """Bring the prepared effects into the feed's tables; ``stamp`` is the time in the file's name (seals keep it)."""
    values = {"run": run, "incoming": incoming_id, "stamp": stamp}
    own = {"incoming_id": "%(incoming)s"}
    if feed == "JPKI":
        own["present"] = "true"
    elif feed == "INKAN":
        own["file_stamp"] = _SEAL_STAMP
    insert = _INSERT.replace("<own columns>", ", ".join(own)).replace("<own values>", ", ".join(own.values()))
    if feed == "JPKI":
        cur.execute(table.statement(insert + _CREDENTIALS), values)
        cur.execute(table.statement(_ABSENT), values)
        return
    cur.execute(table.statement(_REMOVE), values)
    cur.execute(table.statement(insert), values)
    if feed == "JUMIN":
        cur.execute(_MEMBER_NUMBERS, values)
    elif feed in {"KOSEKI", "FUHYO"}:
        cur.execute(table.statement(_REGISTER_MEMBER_NUMBERS), values)
    elif feed == "INKAN":
        cur.execute(table.statement(_ARRIVED.replace("<seal stamp>", _SEAL_STAMP)), values)
    elif feed == "GAIJI":
        intake_gaiji.add_version(cur, run, incoming_id)
