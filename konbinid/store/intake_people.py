"""Who a file is about, and the locks that keep a paper in the making from overtaking the news about them.

The kiosk path holds person_lock rows FOR SHARE while it makes a paper. Here the same rows are locked in the same order (宛名番号) and
counted up: of everyone named and of everyone in their households, before and after, because a household's paper shows its members and
is closed by a hold on any of them. Whoever a register ever gave a 宛名番号 is named by 戸籍番号 and 構成員番号, too (decision 0029). Registers have such
rows as well (register_lock), taken after the people's, in the order of 戸籍番号: of every register named, of every register in which somebody touched
stands or stood, because a 支援措置 on one member closes fuhyo for all of it, and of those to which a credential that is named leads by 利用登録.
"""

from __future__ import annotations

from datetime import datetime

from psycopg2.extensions import cursor

from konbinid.store import intake_staging
from konbinid.store.intake_tables import Table

# Everyone named by rows s: by 宛名番号, by the digest of the 住民票コード, by 戸籍番号, households by 世帯番号, credentials by their key. Where a row only
# carries a key, or names another person than the register does, the register's person is named too. A row of JUMIN names the household as well: who
# is new in it holds nobody else by a 宛名番号 that the household does not have yet. It names the digest because a card that is registered for people
# who live elsewhere becomes a resident's by it. member: whose links a row of a register may bring into force. held_member: whom of a register a hold
# means; '' when it says nobody and may mean anybody.
_KEYS = {
    "atena_number": "text",
    "resident_code_digest": "bytea",
    "register_number": "text",
    "held_member": "text",
    "household_number": "text",
    "member": "text",
    "type": "smallint",
    "serial": "text",
}
_HELD_MEMBER = """
case when <row>.register_number is not null
     then coalesce(<row>.register_member, case when <row>.atena_number is null then '' end) end as held_member
"""
# feed -> what the rows s name, and what the register's rows t of the same keys name
_NAMED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "JUMIN": (("atena_number", "household_number", "resident_code_digest"), ()),
    "JPKI": (("resident_code_digest", "type", "serial"), ("resident_code_digest",)),
    "YOKUSHI": (
        ("atena_number", "register_number", "held_member"),
        ("atena_number", "register_number", "held_member"),
    ),
    "INKAN": (("atena_number",), ("atena_number",)),
    "ZEI": (("atena_number",), ()),
    "GAIJI": ((), ()),
    "KOSEKI": (("atena_number", "register_number", "member"), ("atena_number",)),
    "FUHYO": (("atena_number", "register_number", "member"), ("atena_number",)),
}
# What only one may have (konbinid.store.intake_prepare): whoever has what a row claims for somebody else is in doubt as well, for nobody knows which
# of the two is wrong. feed -> that column, and what is named of the register's rows t. The digest of a 住民票コード names both already.
_CLAIMED: dict[str, tuple[str, tuple[str, ...]]] = {
    "JUMIN": ("individual_number_digest", ("atena_number",)),
    "INKAN": ("image_name", ("atena_number",)),
    "KOSEKI": ("pdf_name", ("atena_number", "register_number")),
    "FUHYO": ("pdf_name", ("atena_number", "register_number")),
}
_CLAIMS = """
 union select <t named> from <rows> s join <target> t on t.<one> = s.<one> and not (<same key>)
        where s.operation <> 9 and s.<one>::text <> ''
 union select <t named> from intake.staged_key k join <target> t on t.<one> = <claimed> where k.run = %(run)s
"""
# Whom a row names that could not be taken, as far as it can be read.
_READABLE = ("atena_number", "resident_code_digest", "register_number", "household_number")
_EVERY_ROW = "(select * from <staged> where run = %(run)s and line > 0)"
_EFFECTIVE = """
(select s.* from <staged> s join <effect> e on e.run = s.run and e.line = s.line where s.run = %(run)s)
"""

_TOUCH = """
insert into intake.staged_touch (run, atena_number)
with named as (<named>),
     hit as (select atena_number from named where atena_number is not null
             union select p.atena_number from named n join people.person p on p.resident_code_digest = n.resident_code_digest
             union select l.atena_number from named n join people.register_link l on l.register_number = n.register_number
                    where l.member in (n.member, n.held_member) or n.held_member = ''),
     household as (select p.household_number from hit join people.person p using (atena_number)
                   union select household_number from named where household_number is not null)
select %(run)s, atena_number from hit
union select %(run)s, p.atena_number from household join people.person p using (household_number)
"""

_TOUCH_REGISTERS = """
insert into intake.staged_touch_register (run, register_number)
with named as (<named>)
select %(run)s, register_number from named where register_number is not null
union select %(run)s, l.register_number from intake.staged_touch t join people.register_link l using (atena_number) where t.run = %(run)s
union select %(run)s, r.register_number from named n join people.registered_credential r using (type, serial)
union select %(run)s, r.register_number
        from people.registered_credential r join people.credential c using (type, serial) join named n using (resident_code_digest)
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
_LOCK_REGISTERS = """
insert into people.register_lock (register_number, change_no)
select r.register_number, 1
  from (select distinct register_number from intake.staged_touch_register where run = %(run)s) r
 order by r.register_number
    on conflict (register_number) do update set change_no = register_lock.change_no + 1
"""
_RENAMED = """
  left join (select s.atena_number from intake.staged_person s
               join intake.staged_person_effect e on e.run = s.run and e.line = s.line
              where s.run = %(run)s and e.names_changed) r on r.atena_number = t.atena_number
"""

_DOUBT = """
insert into people.doubt (incoming_id, atena_number, resident_code_digest, register_number, held_member, household_number)
with named as (<named>)
select %(incoming)s, k.*
  from (select atena_number, null::bytea, null::text, null::text, null::text from named where atena_number is not null
        union select null, resident_code_digest, null, null, null from named where resident_code_digest is not null
        union select null, null, register_number, held_member, null from named where register_number is not null
        union select null, null, null, null, household_number from named where household_number is not null) k
    on conflict do nothing
"""
_UNREADABLE = " union select <k.named> from intake.staged_key k where k.run = %(run)s"
_UNREADABLE_KEYS = " union select <t.named> from intake.staged_key k join <target> t on <t.key as k.key> where k.run = %(run)s"


def _columns(alias: str, named: tuple[str, ...]) -> str:
    own = {key: f"{alias}.{key}" for key in named} | {"held_member": _HELD_MEMBER.replace("<row>", alias)}
    return ", ".join(own[key] if key in named else f"null::{type_} as {key}" for key, type_ in _KEYS.items())


def _named(feed: str, table: Table, rows: str, *, bad: bool = False) -> str:
    """Whom rows name; ``bad``: and whom the rows that could not be taken, as far as they can be read, and who has what rows claim."""
    in_row, in_register = _NAMED[feed]
    named = _columns("t", in_register)
    text = f"select {_columns('s', in_row)} from {rows} s"  # noqa: S608  # constants of this module
    if in_register:
        text += f" union select {named} from {rows} s join <target> t on <same key>"  # noqa: S608  # as above
    if bad:
        text += _claims(feed, rows)
        readable = (*_READABLE, *(key for key in in_row if key == "held_member"))
        text += _UNREADABLE.replace("<k.named>", _columns("k", readable))
    if bad and in_register:
        keys = " and ".join(
            f"t.{column}::text = k.key_values[{at}]" for at, column in enumerate(table.key, 1)
        )
        text += _UNREADABLE_KEYS.replace("<t.named>", named).replace("<t.key as k.key>", keys)
    return table.statement(text)


def _claims(feed: str, rows: str) -> str:
    if feed not in _CLAIMED:
        return ""
    one, in_register = _CLAIMED[feed]
    text = _CLAIMS.replace("<t named>", _columns("t", in_register)).replace("<rows>", rows)
    return text.replace("<one>", one).replace(
        "<claimed>", "decode(k.claimed, 'hex')" if feed == "JUMIN" else "k.claimed"
    )


def lock_effective(cur: cursor, feed: str, table: Table, run: int, stamp: datetime) -> None:
    """Lock and count up everyone and every register that the prepared effects touch. Must come before anything is written.

    ``stamp`` becomes the names_stamp of those whose name changed or whose residence ended.
    """
    jumin = feed == "JUMIN"
    _touch(cur, run, _named(feed, table, _EFFECTIVE))
    lock = _LOCK.replace("<renamed>", _RENAMED if jumin else "")
    lock = lock.replace(
        "<names stamp>",
        "case when r.atena_number is not null then %(stamp)s::timestamp end" if jumin else "null",
    )
    cur.execute(lock, {"run": run, "stamp": stamp})
    cur.execute(_LOCK_REGISTERS, {"run": run})


def doubt_everyone(cur: cursor, feed: str, table: Table, run: int, incoming_id: int) -> None:
    """Hold everyone named in a file's rows, the bad ones as far as they can be read, until the file is resolved."""
    _doubt(cur, run, incoming_id, _named(feed, table, _EVERY_ROW, bad=True))


def doubt_differing(cur: cursor, feed: str, table: Table, run: int, incoming_id: int) -> None:
    """Hold those for whom a prepared file would change something, the ones it would remove included."""
    _doubt(cur, run, incoming_id, _named(feed, table, _EFFECTIVE))


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


def _touch(cur: cursor, run: int, named: str) -> None:
    intake_staging.empty(cur, "intake.staged_touch")
    intake_staging.empty(cur, "intake.staged_touch_register")
    cur.execute(_TOUCH.replace("<named>", named), {"run": run})
    cur.execute(_TOUCH_REGISTERS.replace("<named>", named), {"run": run})


def _doubt(cur: cursor, run: int, incoming_id: int, named: str) -> None:
    _touch(cur, run, named)
    cur.execute(_LOCK.replace("<renamed>", "").replace("<names stamp>", "null::timestamp"), {"run": run})
    cur.execute(_LOCK_REGISTERS, {"run": run})
    cur.execute(_DOUBT.replace("<named>", named), {"run": run, "incoming": incoming_id})
