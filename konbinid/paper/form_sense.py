"""What a schema cannot say about a form: that nothing is missing, nothing is placed twice and nothing overlaps."""

from __future__ import annotations

from itertools import combinations

from konbinid.declared.document import Document
from konbinid.declared.lines import Place
from konbinid.domain.content import SECTION_FIELDS, SECTIONS_OF, SHEET_FIELDS
from konbinid.paper.form import PADDING, POINTS, Form, Frame, Placed, Row, Table, TableCell, Type


def check_sense(form: Form, document: Document) -> None:
    """Complain to the document the form was read from of everything that would make a wrong or ugly sheet."""
    if not form.sentences:
        document.complain(("sentences",), "認証文がありません。whole, part, only のどれかを書いてください。")
    _check_boxes(form, document)
    for shape, table in form.people.tables.items():
        _check_table(table, ("people", shape.value), document, set())
    if form.heading:
        _check_table(form.heading.table, ("heading",), document, set())
    _check_sections(form, document)
    unused = form.people.unused
    if unused and unused.label.frame.h > unused.height:
        document.complain(
            ("people", "unused", "text_height"), f"height ({unused.height:g}) 以下にしてください。"
        )
    if form.people.tables:
        _check_places(form, document)
    else:
        document.complain(("people",), "japanese か foreign の表が必要です。")


def _check_boxes(form: Form, document: Document) -> None:
    placed = [box.field for box in form.boxes]
    for index, box in enumerate(form.boxes):
        place = ("box", index)
        if box.field in placed[:index]:
            document.complain((*place, "field"), f"{box.field} が二度置かれています。")
        _check_type(box.type, place, document)
        if box.frame.h * POINTS < box.type.least or box.frame.w <= 2 * PADDING:
            document.complain((*place, "h"), "文字の入る大きさにしてください。")
    for name in SHEET_FIELDS:
        if name not in placed:
            document.complain(("box",), f"{name} の置き場所がありません。[[box]] を追加してください。")


def _check_sections(form: Form, document: Document) -> None:
    """The kind's sections and no others, every field of them in one place: a record that has a value without a place is refused."""
    seen: dict[str, set[str]] = {name: set() for name in SECTION_FIELDS}
    own = SECTIONS_OF.get(form.kind, ())
    for index, each in enumerate(form.sections):
        if each.section not in own:
            document.complain(("section", index, "name"), f"{form.kind} に {each.section} の表はありません。")
        _check_table(each.table, ("section", index), document, seen[each.section])
    for name in own:
        missing = [field for field in SECTION_FIELDS[name] if field not in seen[name]]
        if missing:
            reason = (
                f"{name} の {', '.join(missing)} の置き場所がありません。[[section]] に追加してください。"
            )
            document.complain(("section",), reason)


def _check_type(kind: Type, place: Place, document: Document) -> None:
    if kind.least > kind.size:
        document.complain((*place, "min_size"), f"size ({kind.size:g}) 以下にしてください。")


def _check_table(table: Table, place: Place, document: Document, seen: set[str]) -> None:
    """``seen``: the fields that have a place already, in this table or another of the same cells."""
    for row_index, row in enumerate(table.rows):
        cells = (*place, "row", row_index, "cells")
        total = sum(cell.width for cell in row.cells)
        if abs(total - table.width) > 0.05:
            reason = f"幅の合計が {total:g} mm です。{table.width:g} mm にしてください。"
            document.complain(cells, reason)
        for index, cell in enumerate(row.cells):
            if cell.field in seen:
                document.complain((*cells, index, "field"), f"{cell.field} が二度置かれています。")
            seen.add(cell.field)
            _check_cell(cell, row, (*cells, index), document)


def _check_cell(cell: TableCell, row: Row, place: Place, document: Document) -> None:
    _check_type(cell.type, place, document)
    if cell.width - cell.label_width < 5:
        document.complain((*place, "width"), "見出しを除いた幅を 5 mm 以上にしてください。")
    if row.height * POINTS < cell.type.least:
        document.complain((*place, "min_size"), "行の高さに入る大きさにしてください。")


def _regions(form: Form) -> list[tuple[Place, Frame]]:
    """Everything that takes room on a sheet but the rules and the seal (which stands on the name's end)."""
    people = form.people
    tallest = max(table.arrange(_all_fields(table)).height for table in people.tables.values())
    if people.unused:
        tallest = max(tallest, people.unused.height)
    whole = people.per_sheet * tallest + (people.per_sheet - 1) * people.gap
    regions: list[tuple[Place, Frame]] = [
        (("title",), form.title.frame),
        (("sentence",), form.sentence.frame),
        (("people",), Frame(people.x, people.y, people.width, whole)),
    ]
    regions += [(("label", index), label.frame) for index, label in enumerate(form.labels)]
    regions += [(("box", index), box.frame) for index, box in enumerate(form.boxes)]
    if form.heading:
        regions.append((("heading",), _extent(form.heading)))
    regions += [(("section", index), _extent(placed)) for index, placed in enumerate(form.sections)]
    if form.impression:
        regions.append((("impression",), form.impression))
    return regions


def _extent(placed: Placed) -> Frame:
    """What a table takes with all its fields."""
    table = placed.table
    return Frame(placed.x, placed.y, table.width, table.arrange(_all_fields(table)).height)


def _all_fields(table: Table) -> frozenset[str]:
    return frozenset(cell.field for cell in table.fields())


def _check_places(form: Form, document: Document) -> None:
    regions = _regions(form)
    for place, frame in [*regions, (("seal",), form.seal)]:
        if frame.x + frame.w > form.width or frame.y + frame.h > form.height:
            document.complain(place, "用紙からはみ出しています。")
    for (one, first), (other, second) in combinations(regions, 2):
        if first.overlaps(second):
            document.complain(other, f"{document.at(one)} と重なっています。")
