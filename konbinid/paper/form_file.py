"""Reading a declared form: every key known, every value in range, every fault named with file, line and field.

The schema is written out here; the comments in ``config/forms/juminhyo.toml`` explain it to those who edit forms.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from typing import TYPE_CHECKING, Any

from konbinid.domain.content import ENTRY_FIELDS, HEADING_FIELDS, SHEET_FIELDS, EntryShape
from konbinid.domain.kinds import Kind
from konbinid.paper.form import (
    SMALLEST,
    THINNEST,
    Align,
    Box,
    Form,
    Frame,
    Label,
    People,
    Placed,
    Row,
    Rule,
    Table,
    TableCell,
    Type,
    Unused,
)
from konbinid.paper.form_sense import check_sense
from konbinid.paper.toml_lines import lines_of
from konbinid.paper.toml_section import DeclarationFault, Section

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["DeclarationFault", "load_form", "load_forms", "parse_form"]

_SENTENCES = ("whole", "part", "only")


def load_forms(folder: Path) -> dict[tuple[Kind, str], Form]:
    """Every ``*.toml`` of a folder, by kind and version. DeclarationFault when one is wrong or two claim the same version."""
    forms: dict[tuple[Kind, str], Form] = {}
    for path in sorted(folder.glob("*.toml")):
        form = load_form(path)
        if (form.kind, form.version) in forms:
            raise DeclarationFault(
                path.name, 1, "version", "同じ種類・同じ版の様式が二つあります。版を変えてください。"
            )
        forms[form.kind, form.version] = form
    return forms


def load_form(path: Path) -> Form:
    """One form file. DeclarationFault names the file, the line and the field."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise DeclarationFault(path.name, 1, "", "UTF-8 のファイルとして読めません。") from wrong
    return parse_form(text, path.name)


def parse_form(text: str, name: str) -> Form:
    """A form from its TOML text; ``name`` stands in messages. DeclarationFault."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        # tomllib's own words hold the line and column.
        raise DeclarationFault(name, 0, "", f"TOML の書き方に誤りがあります ({wrong})。") from wrong
    root = Section(data, (), name, lines_of(text))
    form = _form(root, _digest(data))
    check_sense(form, root)
    return form


def _digest(data: dict[str, Any]) -> str:
    """Over the values, not the text: a comment or an indent is no new form."""
    canonical = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _form(root: Section, digest: str) -> Form:
    page = root.section("page")
    sentences = root.section("sentences")
    heading = root.optional_section("heading")
    impression = root.optional_section("impression")
    form = Form(
        kind=root.choice("kind", Kind),
        version=root.text("version", limit=32),
        title=_label(root.section("title")),
        sentences={key: sentences.text(key) for key in _SENTENCES if sentences.has(key)},
        sentence=_label(root.section("sentence"), texts=False),
        labels=tuple(_label(section) for section in root.sections("label")),
        rules=tuple(_rule(section) for section in root.sections("rule")),
        boxes=tuple(_box(section) for section in root.sections("box")),
        heading=_heading(heading) if heading else None,
        people=_people(root.section("people")),
        seal=_closed_frame(root.section("seal")),
        impression=_closed_frame(impression) if impression else None,
        width=page.number("width", 100, 300),
        height=page.number("height", 100, 430),
        digest=digest,
    )
    for section in (page, sentences, root):
        section.close()
    return form


def _frame(section: Section) -> Frame:
    return Frame(
        section.number("x", 0, 300),
        section.number("y", 0, 430),
        section.number("w", 0.1, 300),
        section.number("h", 0.1, 430),
    )


def _closed_frame(section: Section) -> Frame:
    frame = _frame(section)
    section.close()
    return frame


def _label(section: Section, *, texts: bool = True) -> Label:
    lines = tuple(section.text("text").split("\n")) if texts else ()
    label = Label(
        _frame(section),
        lines,
        section.number("size", SMALLEST, 72),
        section.choice("align", Align, default=Align.LEFT),
        section.at(),
    )
    section.close()
    return label


def _rule(section: Section) -> Rule:
    x1, y1, x2, y2 = (section.number(key, 0, 430) for key in ("x1", "y1", "x2", "y2"))
    rule = Rule(x1, y1, x2, y2, section.number("width", THINNEST, 10))
    section.close()
    return rule


def _type(section: Section) -> Type:
    size = section.number("size", SMALLEST, 72)
    align = section.choice("align", Align, default=Align.LEFT)
    if align is Align.SPREAD:
        raise section.fault("align", "均等割り付け (spread) は見出しにだけ使えます。")
    return Type(
        size,
        section.number("min_size", SMALLEST, size, default=SMALLEST),
        align,
        section.flag("condense", default=True),
        section.whole("lines", 1, 10, default=1),
    )


def _box(section: Section) -> Box:
    box = Box.of(section.member("field", SHEET_FIELDS), _frame(section), _type(section))
    section.close()
    return box


def _heading(section: Section) -> Placed:
    x, y = section.number("x", 0, 300), section.number("y", 0, 430)
    return Placed(x, y, _table(section, section.number("width", 1, 300), HEADING_FIELDS))


def _table(section: Section, width: float, fields: tuple[str, ...]) -> Table:
    table = Table(
        width,
        tuple(_row(row, fields) for row in section.sections("row")),
        section.number("label_size", SMALLEST, 30, default=SMALLEST),
        section.number("outline", THINNEST, 10, default=1.0),
        section.number("inner", THINNEST, 10, default=THINNEST),
    )
    section.close()
    return table


def _row(section: Section, fields: tuple[str, ...]) -> Row:
    height = section.number("height", 3, 200)
    row = Row(height, tuple(_cell(cell, fields) for cell in section.sections("cells")))
    section.close()
    return row


def _cell(section: Section, fields: tuple[str, ...]) -> TableCell:
    label_width = section.number("label_width", 0, 200, default=0)
    hide_blank = section.flag("hide_blank", default=False)
    cell = TableCell(
        section.member("field", fields),
        tuple(section.text("label").split("\n")) if label_width else (),
        label_width,
        section.choice("label_align", Align, default=Align.CENTRE),
        section.number("width", 1, 300),
        _type(section),
        section.flag("optional", default=False) or hide_blank,
        hide_blank,
        section.at(),
    )
    section.close()
    return cell


def _people(section: Section) -> People:
    width = section.number("width", 1, 300)
    unused = section.optional_section("unused")
    shapes = [shape for shape in EntryShape if section.has(shape.value)]
    people = People(
        x=section.number("x", 0, 300),
        y=section.number("y", 0, 430),
        width=width,
        gap=section.number("gap", 0, 50, default=0),
        per_sheet=section.whole("per_sheet", 1, 20),
        tables={shape: _table(section.section(shape.value), width, ENTRY_FIELDS) for shape in shapes},
        unused=_unused(unused, width) if unused else None,
    )
    section.close()
    return people


def _unused(section: Section, width: float) -> Unused:
    height = section.number("height", 3, 200)
    label = Label(
        Frame(0, 0, width, section.number("text_height", 3, height, default=height)),
        (section.text("text"),),
        section.number("size", SMALLEST, 30),
        section.choice("align", Align, default=Align.CENTRE),
        section.at(),
    )
    unused = Unused(
        label,
        height,
        section.flag("every", default=False),
        section.number("diagonal", 0, 10, default=0),
    )
    section.close()
    return unused
