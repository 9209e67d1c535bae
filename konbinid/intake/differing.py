"""What a compared file says differently, for its report: keys and the names of columns, as the file calls them. Never a value."""

from __future__ import annotations

from typing import Any

from psycopg2.extensions import cursor

from konbinid.intake.layout import Layout
from konbinid.store.intake_compare import differences
from konbinid.store.intake_prepare import Prepared
from konbinid.store.intake_tables import Table

_EFFECTS = {"a": "added", "c": "changed", "r": "removed"}


def report_of(cur: cursor, table: Table, layout: Layout, prepared: Prepared) -> dict[str, Any]:
    """What goes into the file's report: the rows that differ, and how many more there are."""
    found = differences(cur, table, prepared.run)
    names = [layout.name_of(column) for column in table.key]
    rows = [
        {
            "effect": _EFFECTS[each.effect],
            "key": dict(zip(names, each.key, strict=True)),
            "columns": list(dict.fromkeys(_called(layout, column) for column in each.columns)),
        }
        for each in found
    ]
    total = sum(prepared.effects.get(effect, 0) for effect in _EFFECTS)
    return {"differences": rows, "differences_left_out": total - len(rows)}


def _called(layout: Layout, column: str) -> str:
    """個人番号 and 住民票コード are compared by their digests."""
    return layout.name_of(column.removesuffix("_digest"))


def lines_of(report: dict[str, Any]) -> list[str]:
    """The same as lines of a receipt."""
    lines = []
    for each in report.get("differences", []):
        key = " ".join(f"{name}={value}" for name, value in each["key"].items())
        columns = f" columns={','.join(each['columns'])}" if each["columns"] else ""
        lines.append(f"differs={each['effect']} {key}{columns}")
    left_out = report.get("differences_left_out", 0)
    return [*lines, f"differs_left_out={left_out}"] if left_out else lines
