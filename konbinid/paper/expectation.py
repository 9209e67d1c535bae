"""What must stand on every sheet, worked out for read-back straight from content and form.

This is deliberately not ``layout``: a text that layout puts into the wrong person's box must be found here. Only the
geometry of a form's tables is shared, and the names of its fixed parts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from konbinid.domain.content import CellState
from konbinid.domain.redact import Redacted
from konbinid.paper.layout import Part, SheetPart, TablePart, UnusedPart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from konbinid.domain.content import Cell, Content
    from konbinid.paper.form import Form, Frame, Table


@dataclass(slots=True, repr=False)
class ExpectedSheet(Redacted):
    """``parts``: the fixed parts with their places (millimetres from the top left); ``labels``: the form's own texts with theirs; ``boxes``:
    each box with its name, place and the text it must hold (maybe none)."""

    parts: list[tuple[Part, float, float]] = field(default_factory=list)
    labels: list[tuple[Frame, str]] = field(default_factory=list)
    boxes: list[tuple[str, Frame, str]] = field(default_factory=list)

    def everything(self) -> str:
        """All that may be read on the sheet, in no particular order."""
        return "".join(text for _, text in self.labels) + "".join(text for _, _, text in self.boxes)


def expect(form: Form, content: Content) -> list[ExpectedSheet]:
    """Every sheet that the content makes. LookupError when the form lacks a place for a section's value, or the content a section."""
    _check_sections(form, content)
    size = form.people.per_sheet
    groups = [content.entries[at : at + size] for at in range(0, len(content.entries), size)]
    sheets = []
    for index, group in enumerate(groups):
        sheet = ExpectedSheet()
        _expect_sheet(sheet, form, content, f"{len(groups)}枚中{index + 1}枚目")
        if form.heading:
            _expect_table(
                sheet, form.heading.table, content.heading, "heading", (form.heading.x, form.heading.y)
            )
        for placed in form.sections:
            cells = content.sections[placed.section]
            _expect_table(sheet, placed.table, cells, placed.section, (placed.x, placed.y))
        y = form.people.y
        for place, entry in enumerate(group, index * size + 1):
            table = form.people.tables[entry.shape]
            y += _expect_table(sheet, table, entry.cells, f"entry {place}", (form.people.x, y))
            y += form.people.gap
        _expect_unused(sheet, form, size - len(group), y)
        sheets.append(sheet)
    return sheets


def _expect_unused(sheet: ExpectedSheet, form: Form, places: int, y: float) -> None:
    """「以下余白」 in the first place that nobody takes."""
    unused = form.people.unused
    if unused is None or not places:
        return
    sheet.labels.append((unused.label.frame.shifted(form.people.x, y), "".join(unused.label.lines)))
    for index in range(places if unused.every else 1):
        sheet.parts.append(
            (UnusedPart(index == 0), form.people.x, y + index * (unused.height + form.people.gap))
        )


def _check_sections(form: Form, content: Content) -> None:
    """No recorded value may be missed on the paper because the form does not know its field."""
    placed = {(each.section, cell.field) for each in form.sections for cell in each.table.fields()}
    recorded = {
        (name, field)
        for name, cells in content.sections.items()
        for field, cell in cells.items()
        if cell.state is CellState.VALUE
    }
    sections = {each.section for each in form.sections}
    if sections != content.sections.keys() or not recorded <= placed:
        raise LookupError("a section without its place")


def _expect_sheet(sheet: ExpectedSheet, form: Form, content: Content, number: str) -> None:
    signature = content.signature
    values = {
        "issuance_number": content.issuance_number,
        "issued_on": signature.issued_on,
        "mayor_name": signature.name,
        "mayor_title": signature.title,
        "sheet_number": number,
    }
    sheet.parts.append((SheetPart(content.title, content.sentence, content.specimen), 0, 0))
    sheet.labels.append((form.sentence.frame, form.sentences[content.sentence]))
    sheet.labels.append((form.title.frame, "".join(form.title_lines(content.title))))
    sheet.labels += [(label.frame, "".join(label.lines)) for label in form.labels]
    for box in form.boxes:
        sheet.boxes.append((box.field, box.frame, values[box.field]))


def _expect_table(
    sheet: ExpectedSheet, table: Table, cells: Mapping[str, Cell], who: str, at: tuple[float, float]
) -> float:
    """Add one table's labels and boxes; returns its height."""
    arranged = table.arrange(table.present(cells))
    sheet.parts.append((TablePart(table, table.present(cells)), *at))
    sheet.labels += [(label.frame.shifted(*at), "".join(label.lines)) for label in arranged.labels]
    for box in arranged.boxes:
        sheet.boxes.append((f"{who} {box.field}", box.frame.shifted(*at), cells[box.field].text))
    return arranged.height
