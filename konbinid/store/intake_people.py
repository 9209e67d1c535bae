"""Who a file is about, and the locks that keep a paper in the making from overtaking the news about them.

The kiosk path holds person_lock rows FOR SHARE while it makes a paper. Here the same rows are locked in the same order (宛名番号) and
counted up: of everyone named and of everyone in their households, before and after, because a household's paper shows its members and
is closed by a hold on any of them.
"""

from __future__ import annotations

from datetime import datetime

from psycopg2.extensions import cursor

from konbinid.store import intake_staging
from konbinid.store.intake_tables import Table

# Everyone named by rows s: by 宛名番号, by the digest of the 住民票コード, by 戸籍番号. Where a row only carries a key, or names another
# person than the register does, the register's person is named too.
_NAMED = {
    "JUMIN": "select s.atena_number, null::bytea as resident_code_digest, null::text as register_number from <rows> s",
    "JPKI": """
select null::text as atena_number, s.resident_code_digest, null::text as register_number from <rows> s
union select null, t.resident_code_digest, null from <rows> s join <target> t on <same key>
""",
    "YOKUSHI": """
select s.atena_number, null::bytea as resident_code_digest, s.register_number from <rows> s
union select t.atena_number, null, t.register_number from <rows> s join <target> t on <same key>
""",
    "INKAN": """
select s.atena_number, null::bytea as resident_code_digest, null::text as register_number from <rows> s
union select t.atena_number, null, null from <rows> s join <target> t on <same key>
""",
}
_EVERY_ROW = "(select * from <staged> where run = %(run)s and line > 0)"
_EFFECTIVE = """
(select s.* from <staged> s join <effect> e on e.run = s.run and e.line = s.line where s.run = %(run)s)
"""

_TOUCH = """
insert into intake.staged_touch (run, atena_number)
with named as (<named>),
     hit as (select atena_number from named where atena_number is not null
             union select p.atena_number from named n join people.person p on p.resident_code_digest = n.resident_code_digest),
     household as (select p.household_number from hit join people.person p using (atena_number)<joined>)
select %(run)s, atena_number from hit
union select %(run)s, p.atena_number from household join people.person p using (household_number)
"""
_JOINED = """
             union select s.household_number from <effective rows> s where s.household_number is not null
"""

# One statement makes missing rows, locks, and counts up. Its rows come sorted, so the locks are taken in the order that everybody keeps.
_LOCK = """
insert into people.person_lock (atena_number, change_no, names_stamp)
select t.atena_number, 1, <names stamp>
  from (select distinct atena_number from intake.staged_touch where run = %(run)s) t<renamed>
 order by t.atena_number
    on conflict (atena_number) do update
   set change_no = person_lock.change_no + 1, names_stamp = greatest(person_lock.names_stamp, excluded.names_stamp)
"""
_RENAMED = """
  left join (select s.atena_number from intake.staged_person s
               join intake.staged_person_effect e on e.run = s.run and e.line = s.line
              where s.run = %(run)s and e.names_changed) r on r.atena_number = t.atena_number
"""

_DOUBT = """
insert into people.doubt (incoming_id, atena_number, resident_code_digest, register_number)
with named as (<named>)
select distinct %(incoming)s::bigint, atena_number, null::bytea, null::text from named where atena_number is not null
union all select distinct %(incoming)s::bigint, null::text, resident_code_digest, null::text from named where resident_code_digest is not null
union all select distinct %(incoming)s::bigint, null::text, null::bytea, register_number from named where register_number is not null
    on conflict do nothing
"""
_UNREADABLE = """
union select atena_number, resident_code_digest, register_number from intake.staged_key where run = %(run)s
"""


def _named(feed: str, table: Table, rows: str, more: str = "") -> str:
    return table.statement(_NAMED[feed].replace("<rows>", rows)) + more


def lock_effective(cur: cursor, feed: str, table: Table, run: int, stamp: datetime) -> None:
    """Lock and count up everyone whom the prepared effects touch. Must come before anything is written.

    ``stamp`` becomes the names_stamp of those whose name changed or who are removed.
    """
    jumin = feed == "JUMIN"
    named = _named(feed, table, table.statement(_EFFECTIVE))
    joined = table.statement(_JOINED.replace("<effective rows>", _EFFECTIVE)) if jumin else ""
    _touch(cur, run, named, joined)
    lock = _LOCK.replace("<renamed>", _RENAMED if jumin else "")
    lock = lock.replace(
        "<names stamp>",
        "case when r.atena_number is not null then %(stamp)s::timestamp end" if jumin else "null",
    )
    cur.execute(lock, {"run": run, "stamp": stamp})


def doubt_everyone(cur: cursor, feed: str, table: Table, run: int, incoming_id: int) -> None:
    """Hold everyone named in a file's rows, the bad ones as far as they can be read, until the file is resolved."""
    _doubt(cur, run, incoming_id, _named(feed, table, table.statement(_EVERY_ROW), _UNREADABLE))


def doubt_differing(cur: cursor, feed: str, table: Table, run: int, incoming_id: int) -> None:
    """Hold those for whom a prepared file would change something, the ones it would remove included."""
    _doubt(cur, run, incoming_id, _named(feed, table, table.statement(_EFFECTIVE)))


def close_feed(cur: cursor, incoming_id: int, feed: str) -> None:
    """Close every kind that depends on a feed: a file's keys cannot be read."""
    cur.execute(
        "insert into people.feed_doubt (incoming_id, feed) values (%s, %s) on conflict do nothing",
        [incoming_id, feed],
    )


def end_doubts(cur: cursor, incoming_ids: list[int]) -> None:
    """The files are resolved: their provisional holds end."""
    cur.execute("delete from people.doubt where incoming_id = any(%s)", [incoming_ids])
    cur.execute("delete from people.feed_doubt where incoming_id = any(%s)", [incoming_ids])


def _touch(cur: cursor, run: int, named: str, joined: str) -> None:
    intake_staging.empty(cur, "intake.staged_touch")
    cur.execute(_TOUCH.replace("<named>", named).replace("<joined>", joined), {"run": run})


def _doubt(cur: cursor, run: int, incoming_id: int, named: str) -> None:
    _touch(cur, run, named, "")
    cur.execute(_LOCK.replace("<renamed>", "").replace("<names stamp>", "null::timestamp"), {"run": run})
    cur.execute(_DOUBT.replace("<named>", named), {"run": run, "incoming": incoming_id})
