"""What a file would do, worked out in the staging tables before any lock is taken: effects, order notes, and rows that contradict.

Nothing here writes outside the staging tables. It may take long; the transaction that applies the result is short.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from psycopg2.extensions import cursor

from konbinid.store import intake_staging
from konbinid.store.intake_tables import Table

_NOTES_KEPT = 1000
_LARGE = 1000  # rows; from here on the planner is helped
_STAGED = "select count(*) from <staged> where run = %(run)s"

# A full file is a difference file that removes what it lacks: these rows say so. Their lines are below zero: nobody sent them.
_REMOVALS = """
insert into <staged> (run, line, operation, <key>)
select %(run)s, -row_number() over (), 9, <t.key>
  from <target> t
 where <t is there> and not exists (select from <staged> s where s.run = %(run)s and <same key>)
"""

_DUPLICATES = """
select line from (select line, count(*) over (partition by <key>) as times from <staged> where run = %(run)s) s where times > 1
"""

# Rows that find the opposite of what they say. They are reported and count by what they bring about (contract 2, 処理区分).
_NOTES = """
select s.line,
       case when s.operation = 1 and was_there then 'added_but_there'
            when s.operation = 2 and not was_there then 'changed_but_not_there'
            when s.operation = 9 and not was_there then 'removed_but_not_there' end as note
  from (select s.line, s.operation,
               case lag(s.operation) over (partition by <s.key> order by s.line)
                    when 9 then false when 1 then true when 2 then true else <t is there> end as was_there
          from <staged> s left join <target> t on <same key>
         where s.run = %(run)s) s
 where s.operation = 1 and was_there or s.operation <> 1 and not was_there
 order by s.line
"""

_LAST = "(select distinct on (<key>) * from <staged> where run = %(run)s order by <key>, line desc)"
_ALL = "(select * from <staged> where run = %(run)s)"
_EFFECT_OF_S = """
       case when s.operation = 9 then case when <t is there> then 'r' end
            when not <t is there> then 'a'
            when (<s.values>) is distinct from (<t.values>) then 'c' end
"""
_EFFECTS = """
insert into <effect> (run, line, effect)
select %(run)s, line, effect
  from (select s.line, <effect of s> as effect from <rows> s left join <target> t on <same key>) e
 where effect is not null
"""

# A name counts as changed when any row on the way changed an existing person's, even if a later row put it back. Whoever moves away, dies or is
# struck off counts too (states 3 to 5): the seal ends there and does not come to life again with a return (I-06). Nor by a row that the seal register
# wrote while the person was away, so the return counts as well; of whom only the lock row is left, because it has a stamp.
_RENAMED = """
select s.atena_number
  from (select s.atena_number, s.operation, s.state, s.name, s.former_name, s.alias, lag(s.operation) over w as earlier,
               lag(s.state) over w as before, lag(s.name) over w as n, lag(s.former_name) over w as f, lag(s.alias) over w as a
          from intake.staged_person s where s.run = %(run)s
        window w as (partition by s.atena_number order by s.line)) s
  left join people.person t using (atena_number)
  left join people.person_lock l using (atena_number)
 where case when s.earlier = 9 or s.earlier is null and t.atena_number is null
            then s.operation <> 9 and (s.state > 2 or l.names_stamp is not null)
            when s.earlier is null
            then s.operation = 9 or (s.state > 2) <> (t.state > 2)
                 or (s.name, s.former_name, s.alias) is distinct from (t.name, t.former_name, t.alias)
            else s.operation = 9 or (s.state > 2) <> (s.before > 2)
                 or (s.name, s.former_name, s.alias) is distinct from (s.n, s.f, s.a) end
"""
_RENAMED_ONCE = """
select s.atena_number
  from intake.staged_person s left join people.person t using (atena_number) left join people.person_lock l using (atena_number)
 where s.run = %(run)s
   and case when t.atena_number is null then s.state > 2 or l.names_stamp is not null
            else s.operation = 9 or (s.state > 2) <> (t.state > 2)
                 or (s.name, s.former_name, s.alias) is distinct from (t.name, t.former_name, t.alias) end
"""
_PERSON_EFFECTS = """
insert into intake.staged_person_effect (run, line, effect, names_changed)
select %(run)s, line, coalesce(effect, 'n'), names_changed
  from (select s.line, <effect of s> as effect, r.atena_number is not null as names_changed
          from <rows> s left join people.person t on <same key>
          left join (select distinct atena_number from (<renamed>) each) r on r.atena_number = s.atena_number) e
 where effect is not null or names_changed
"""

_COUNTS = "select effect, count(*) from <effect> where run = %(run)s group by effect"
_PRESENT = "select count(*) from <target> t where <t is there>"

# After the file, a number belongs to one person, a seal's owner has one registration, a picture's name stands for one row. <one> is
# what must be single; <s counts> and <t counts> say which rows count.
_SINGLE = """
with final as (select s.line, s.<one> as one from <rows> s
                where s.operation <> 9 and s.<one> is not null and <s counts>)
select line from (select line, count(*) over (partition by one) as times from final) f where times > 1
union
select f.line from final f join <target> t on t.<one> = f.one and <t counts>
 where not exists (select from <staged> s where s.run = %(run)s and <same key>)
"""

# Of the rows of one file, also of those that a later one replaces: whose the attachment is must be plain.
_SHARED = """
union
select line
  from (select line, min(key) over w as one, max(key) over w as other
          from (select s.line, s.<one> as named, row(<s.key>)::text as key from <staged> s
                 where s.run = %(run)s and s.operation <> 9 and s.<one> is not null and <s counts>) n
        window w as (partition by named)) s
 where one <> other
"""

# A serial never belongs to two residents: not in one file, and not to another than the one who ever had it.
_SERIALS = """
select line
  from (select line, min(encode(resident_code_digest, 'hex')) over w as one, max(encode(resident_code_digest, 'hex')) over w as other
          from intake.staged_credential where run = %(run)s window w as (partition by type, serial)) s
 where one <> other
union
select s.line from intake.staged_credential s join people.credential t using (type, serial)
 where s.run = %(run)s and s.resident_code_digest <> t.resident_code_digest
"""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Rows that contradict others: the field, the fault's name and their lines."""

    target: str
    fault: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one reading would do. ``staged`` and ``effects`` are counted again before they are applied."""

    run: int
    staged: int = 0
    effects: dict[str, int] = field(default_factory=dict)
    present: int | None = None
    notes: tuple[tuple[int, str], ...] = ()
    notes_left_out: int = 0
    contradictions: tuple[Contradiction, ...] = ()

    @property
    def removed(self) -> int:
        """Rows of the target that would go."""
        return self.effects.get("r", 0)


def prepare(cur: cursor, feed: str, table: Table, run: int, *, full: bool, least_removed: int) -> Prepared:
    """Work out a reading's effects.

    ``least_removed``: from so many removals on, the target's rows are counted too, so that their share is known.
    """
    values = {"run": run}
    contradictions: list[Contradiction] = []
    staged = _number(cur, table.statement(_STAGED), values)
    is_large = staged > _LARGE and table.large
    if is_large:
        intake_staging.measure(cur, table)
    notes: tuple[tuple[int, str], ...] = ()
    left_out = 0
    if feed == "JPKI":
        contradictions += _contradicting(cur, values, "serial", "serial_of_another", _SERIALS)
    if full:
        contradictions += _contradicting(
            cur, values, table.key[-1], "duplicate_key", table.statement(_DUPLICATES)
        )
        if contradictions:
            return Prepared(
                run, contradictions=tuple(contradictions)
            )  # effects are worked out for single keys only
        cur.execute(table.statement(_REMOVALS), values)
    elif table.tells_operation:
        cur.execute(table.statement(_NOTES), values)
        notes = tuple((int(line), str(note)) for line, note in cur.fetchmany(_NOTES_KEPT))
        left_out = cur.rowcount - len(notes)
    cur.execute(_effects_statement(feed, table, full=full), values)
    for target, fault, statement in _singles(feed, table, _ALL if full else _LAST):
        contradictions += _contradicting(cur, values, target, fault, statement)
    cur.execute(table.statement(_COUNTS), values)
    effects = {str(effect): int(times) for effect, times in cur.fetchall()}
    present = None
    if effects.get("r", 0) >= max(1, least_removed):
        present = _number(cur, table.statement(_PRESENT))
    if is_large:
        intake_staging.measure(cur, table, effects=True)
    staged = _number(cur, table.statement(_STAGED), values)
    return Prepared(run, staged, effects, present, notes, left_out, tuple(contradictions))


def is_still_there(cur: cursor, table: Table, prepared: Prepared) -> bool:
    """Whether the staging tables still hold exactly what was prepared: they are unlogged, and another daemon may have emptied them."""
    values = {"run": prepared.run}
    cur.execute(table.statement(_COUNTS), values)
    effects = {str(effect): int(times) for effect, times in cur.fetchall()}
    staged = _number(cur, table.statement(_STAGED), values)
    return staged == prepared.staged and effects == prepared.effects


def _effects_statement(feed: str, table: Table, *, full: bool) -> str:
    template = _PERSON_EFFECTS if feed == "JUMIN" else _EFFECTS
    template = template.replace("<rows>", _ALL if full else _LAST).replace("<effect of s>", _EFFECT_OF_S)
    return table.statement(template.replace("<renamed>", _RENAMED_ONCE if full else _RENAMED))


def _singles(feed: str, table: Table, rows: str) -> list[tuple[str, str, str]]:
    """(field, fault, statement) of every rule that something is single after the file."""
    if feed == "JUMIN":
        return [
            ("individual_number", "number_taken", _single(table, rows, "individual_number_digest", "true")),
            ("resident_code", "number_taken", _single(table, rows, "resident_code_digest", "true")),
        ]
    if feed == "INKAN":
        registered = _single(table, rows, "atena_number", "<row>.state = 1")
        pictured = _single(table, rows, "image_name", "<row>.image_name <> ''", _SHARED)
        return [
            ("atena_number", "second_registration", registered),
            ("image_name", "attachment_shared", pictured),
        ]
    if feed in {"KOSEKI", "FUHYO"}:
        return [("pdf_name", "attachment_shared", _single(table, rows, "pdf_name", "true", _SHARED))]
    return []


def _single(table: Table, rows: str, one: str, counts: str, more: str = "") -> str:
    text = f"{_SINGLE}{more}".replace("<rows>", rows).replace("<one>", one)
    text = text.replace("<s counts>", counts.replace("<row>", "s")).replace(
        "<t counts>", counts.replace("<row>", "t")
    )
    return table.statement(text)


def _contradicting(
    cur: cursor, values: dict[str, int], target: str, fault: str, statement: str
) -> list[Contradiction]:
    cur.execute(statement, values)
    lines = tuple(sorted(int(line) for (line,) in cur.fetchall()))
    return [Contradiction(target, fault, lines)] if lines else []


def _number(cur: cursor, statement: str, values: dict[str, int] | None = None) -> int:
    cur.execute(statement, values)
    row = cur.fetchone()
    assert row is not None
    return int(row[0])
