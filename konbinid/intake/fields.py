"""Cells of lines into the fields of a feed, by a layout: whole columns at once, or one line cell by cell to the end.

Both ways give the same values (a test compares them). The first knows only whether anything is wrong, the second what and where.
"""

from __future__ import annotations

from collections.abc import Sequence

from konbinid.intake.forbidden import forbidden, has_stray_byte
from konbinid.intake.layout import Layout
from konbinid.intake.layout_columns import Column
from konbinid.intake.problems import BadValue, Fault

_PART = "\0"  # in front of the name of a column that is part of a join: no field's name begins so


def checked_columns(
    layout: Layout, cells: Sequence[Sequence[str]], count: int
) -> dict[str, Sequence[str]] | None:
    """Canonical values by field of so many lines; None when something in them needs a closer look."""
    columns: dict[str, Sequence[str]] = {}
    for column, values in zip(layout.columns, cells, strict=True):
        canonical = _checked(column, values)
        if canonical is None:
            return None
        if column.target is not None:
            columns[column.target.name] = canonical
        elif column.part:
            columns[_PART + column.name] = canonical
    return columns if not layout.has_extras or _complete(layout, columns, count) else None


def read_cells(layout: Layout, cells: Sequence[str]) -> tuple[dict[str, str], list[tuple[str, Fault]]]:
    """What the cells of one line say by field, and the faults of those that cannot be read. A bad line may give fewer cells than columns."""
    values: dict[str, str] = {}
    faults: list[tuple[str, Fault]] = []
    for column, cell in zip(layout.columns, cells, strict=False):
        try:
            value = _read_cell(column, cell)
        except BadValue as bad:
            faults.append((column.name, bad.fault))
        else:
            if column.target is not None:
                values[column.target.name] = value
            elif column.part:
                values[_PART + column.name] = value
    faults += _join(layout, values)
    values |= {constant.target.name: constant.value for constant in layout.constants}
    return values, faults


def _complete(layout: Layout, columns: dict[str, Sequence[str]], count: int) -> bool:
    """Put in the fields that no single column fills; False when something in them needs a closer look."""
    for join in layout.joins:
        rows = zip(*(columns[_PART + part] for part in join.parts), strict=True)
        columns[join.target.name] = values = list(map(join.value, rows))
        if max(map(len, values)) > join.length or (join.required and "" in map(str.strip, values)):
            return False
    for name in [name for name in columns if name.startswith(_PART)]:
        del columns[name]
    for constant in layout.constants:
        columns[constant.target.name] = [constant.value] * count
    return True


def _join(layout: Layout, values: dict[str, str]) -> list[tuple[str, Fault]]:
    """Put together what stands in several columns of one line, where all of them could be read."""
    faults = []
    for join in layout.joins:
        parts = [values[_PART + part] for part in join.parts if _PART + part in values]
        whole = join.value(parts)
        if len(whole) > join.length:
            faults.append((join.name, Fault.TOO_LONG))
        elif len(parts) == len(join.parts):
            values[join.target.name] = whole if whole.strip() or not join.required else ""
    for name in [name for name in values if name.startswith(_PART)]:
        del values[name]
    return faults


def _checked(column: Column, values: Sequence[str]) -> Sequence[str] | None:
    """A whole column's canonical values, or None when something in it needs a closer look."""
    if column.tidying is not None:
        values = column.tidying.column(values)
    # A name of nothing but spaces would be printed: nobody's name, on somebody's paper.
    if column.required and "" in map(str.strip, values):
        return None
    canonical = column.form.column(values)
    target = column.target
    if canonical is None or target is None or target.valid is None:
        return canonical
    return canonical if target.valid.all_right(canonical) else None


def _read_cell(column: Column, cell: str) -> str:
    """One cell's canonical value. BadValue says what is wrong with it."""
    if has_stray_byte(cell):
        raise BadValue(Fault.NOT_UTF8)
    if forbidden(cell):
        raise BadValue(Fault.FORBIDDEN_CHARACTER)
    if column.tidying is not None:
        cell = column.tidying.cell(cell)
    if not cell or (column.required and not cell.strip()):
        return ""
    value = column.form.cell(cell)
    if column.target is not None and column.target.valid is not None and not column.target.valid(value):
        raise BadValue(Fault.CHECK_DIGIT)
    return value
