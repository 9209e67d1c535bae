"""What must stand on every sheet, worked out for read-back straight from content and form.

This is deliberately not ``layout``: a text that layout puts into the wrong person's box must be found here. Only the
geometry of a form's tables is shared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from konbinid.domain.redact import Redacted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from konbinid.domain.content import Cell, Content
    from konbinid.paper.form import Form, Frame, Table


@dataclass(slots=True, repr=False)
class ExpectedSheet(Redacted):
    """``labels``: the form's own texts with their places; ``boxes``: each box with its name, place and the text it must
    hold (maybe none)."""

    labels: list[tuple[Frame, str]] = field(default_factory=list)
    boxes: list[tuple[str, Frame, str]] = field(default_factory=list)

    def everything(self) -> str:
        """All that may be read on the sheet, in no particular order."""
        return "".join(text for _, text in self.labels) + "".join(text for _, _, text in self.boxes)


def expect(form: Form, content: Content) -> list[ExpectedSheet]:
    """Every sheet that the content makes."""
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
        y = form.people.y
        for place, entry in enumerate(group, index * size + 1):
            table = form.people.tables[entry.shape]
            y += _expect_table(sheet, table, entry.cells, f"entry {place}", (form.people.x, y))
            y += form.people.gap
        if form.people.unused and len(group) < size:
            label = form.people.unused.label
            sheet.labels.append((label.frame.shifted(form.people.x, y), "".join(label.lines)))
        sheets.append(sheet)
    return sheets


def _expect_sheet(sheet: ExpectedSheet, form: Form, content: Content, number: str) -> None:
    signature = content.signature
    values = {
        "issuance_number": content.issuance_number,
        "issued_on": signature.issued_on,
        "mayor_name": signature.name,
        "mayor_title": signature.title,
        "sheet_number": number,
    }
    sheet.labels.append((form.sentence.frame, form.sentences[content.sentence]))
    sheet.labels += [(label.frame, "".join(label.lines)) for label in (form.title, *form.labels)]
    for box in form.boxes:
        sheet.boxes.append((box.field, box.frame, values[box.field]))


def _expect_table(
    sheet: ExpectedSheet, table: Table, cells: Mapping[str, Cell], who: str, at: tuple[float, float]
) -> float:
    """Add one table's labels and boxes; returns its height."""
    arranged = table.arrange(table.present(cells))
    sheet.labels += [(label.frame.shifted(*at), "".join(label.lines)) for label in arranged.labels]
    for box in arranged.boxes:
        sheet.boxes.append((f"{who} {box.field}", box.frame.shifted(*at), cells[box.field].text))
    return arranged.height
