"""What a schema cannot say about a form: that nothing is missing, nothing is placed twice and nothing overlaps."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from konbinid.domain.content import SHEET_FIELDS
from konbinid.paper.form import PADDING, POINTS, Form, Frame, Table

if TYPE_CHECKING:
    from konbinid.paper.toml_section import Section


def check_sense(form: Form, root: Section) -> None:
    """DeclarationFault for the first thing that would make a wrong or ugly sheet."""
    _check_version(form, root)
    _check_fields(form, root)
    if not form.sentences:
        raise root.fault("sentences", "認証文がありません。whole, part, only のどれかを書いてください。")
    people = root.section("people")
    if not form.people.tables:
        raise people.fault("", "japanese か foreign の表が必要です。")
    for shape, table in form.people.tables.items():
        _check_table(table, people.section(shape.value))
    if form.heading:
        _check_table(form.heading.table, root.section("heading"))
    _check_places(form, root)


def _check_version(form: Form, root: Section) -> None:
    # It stands in the PDF's document information and in ledger rows.
    if not all(char.isascii() and (char.isalnum() or char in "-._") for char in form.version):
        raise root.fault("version", "版は半角の英数字と - . _ で書いてください。")


def _check_fields(form: Form, root: Section) -> None:
    placed = [box.field for box in form.boxes]
    for index, section in enumerate(root.sections("box")):
        if placed[index] in placed[:index]:
            raise section.fault("field", f"{placed[index]} が二度置かれています。")
    for name in SHEET_FIELDS:
        if name not in placed:
            raise root.fault("box", f"{name} の置き場所がありません。[[box]] を追加してください。")


def _check_table(table: Table, section: Section) -> None:
    seen: set[str] = set()
    if not table.rows:
        raise section.fault("row", "行がありません。")
    for row, row_section in zip(table.rows, section.sections("row"), strict=True):
        if not row.cells:
            raise row_section.fault("cells", "この行に項目がありません。")
        total = sum(cell.width for cell in row.cells)
        if abs(total - table.width) > 0.05:
            raise row_section.fault(
                "cells", f"幅の合計が {total:g} mm です。{table.width:g} mm にしてください。"
            )
        for cell, cell_section in zip(row.cells, row_section.sections("cells"), strict=True):
            if cell.field in seen:
                raise cell_section.fault("field", f"{cell.field} が二度置かれています。")
            seen.add(cell.field)
            if cell.width - cell.label_width < 5:
                raise cell_section.fault("width", "見出しを除いた幅を 5 mm 以上にしてください。")
            if row.height * POINTS < cell.type.least:
                raise cell_section.fault("min_size", "行の高さに入る大きさにしてください。")


def _regions(form: Form, root: Section) -> list[tuple[Section, Frame]]:
    """Everything that takes room on a sheet but the rules and the seal (which stands on the name's end)."""
    people = form.people
    tallest = max(table.arrange(_all_fields(table)).height for table in people.tables.values())
    if people.unused:
        tallest = max(tallest, people.unused.height)
    whole = people.per_sheet * tallest + (people.per_sheet - 1) * people.gap
    regions = [
        (root.section("title"), form.title.frame),
        (root.section("sentence"), form.sentence.frame),
        (root.section("people"), Frame(people.x, people.y, people.width, whole)),
    ]
    labels = [label.frame for label in form.labels]
    boxes = [box.frame for box in form.boxes]
    regions += [
        *zip(root.sections("label"), labels, strict=True),
        *zip(root.sections("box"), boxes, strict=True),
    ]
    if form.heading:
        table = form.heading.table
        height = table.arrange(_all_fields(table)).height
        regions.append((root.section("heading"), Frame(form.heading.x, form.heading.y, table.width, height)))
    if form.impression:
        regions.append((root.section("impression"), form.impression))
    return regions


def _all_fields(table: Table) -> frozenset[str]:
    return frozenset(cell.field for cell in table.fields())


def _check_places(form: Form, root: Section) -> None:
    regions = _regions(form, root)
    for section, frame in [*regions, (root.section("seal"), form.seal)]:
        if frame.x + frame.w > form.width or frame.y + frame.h > form.height:
            raise section.fault("", "用紙からはみ出しています。")
    for (one, first), (other, second) in combinations(regions, 2):
        if first.overlaps(second):
            raise other.fault("", f"{one.at()} と重なっています。")
    for box, section in zip(form.boxes, root.sections("box"), strict=True):
        if box.frame.h * POINTS < box.type.least or box.frame.w <= 2 * PADDING:
            raise section.fault("h", "文字の入る大きさにしてください。")
