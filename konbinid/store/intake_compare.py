"""What a prepared full file and the register say differently: which rows, and which of their columns; never a value (contract 2, verify_only)."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg2.extensions import cursor

from konbinid.store.intake_tables import Table

_KEPT = 1000
_DIFFERING = """
select e.effect, array[<key texts>], array_remove(array[<changed>]::text[], null)
  from <staged> s join <effect> e on e.run = s.run and e.line = s.line left join <target> t on <same key>
 where s.run = %(run)s and e.effect in ('a', 'c', 'r')
 order by 2
 limit %(kept)s
"""
_CHOOSE = "insert into intake.verify_choice (name, chosen_by) values (%s, %s) on conflict do nothing"


@dataclass(frozen=True, slots=True)
class Difference:
    """One row. ``effect``: what applying the file would do (a adds, c changes, r removes). ``columns``: those that change, as the table calls them."""

    effect: str
    key: tuple[str, ...]
    columns: tuple[str, ...]


def differences(cur: cursor, table: Table, run: int) -> tuple[Difference, ...]:
    """The first thousand, by key; the counts of all are those of the prepared effects."""
    texts = ", ".join(f"s.{column}::text" for column in table.key)
    changed = ", ".join(
        f"case when e.effect = 'c' and s.{column} is distinct from t.{column} then '{column}' end"
        for column in table.values
    )
    statement = table.statement(_DIFFERING.replace("<key texts>", texts).replace("<changed>", changed))
    cur.execute(statement, {"run": run, "kept": _KEPT})
    return tuple(Difference(effect, tuple(key), tuple(columns)) for effect, key, columns in cur.fetchall())


def choose(cur: cursor, name: str, who: str) -> None:
    """A full file of this name is only compared when its turn comes, and then held."""
    cur.execute(_CHOOSE, [name, who])


def is_chosen(cur: cursor, name: str) -> bool:
    """Whether an operator chose that."""
    cur.execute("select from intake.verify_choice where name = %s", [name])
    return cur.rowcount > 0
