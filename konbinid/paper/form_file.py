"""Reading a declared form: every key known, every value in range, all faults together, each with its file, line and key.

The schema is written out here; the comments in ``config/forms/juminhyo.toml`` explain it to those who edit forms, in Japanese,
and so do the faults.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from konbinid.declared.document import Document, FileRefused, Problem
from konbinid.declared.section import Section
from konbinid.declared.words import JAPANESE
from konbinid.domain.content import (
    ENTRY_FIELDS,
    HEADING_FIELDS,
    ONLY,
    SECTION_FIELDS,
    SHEET_FIELDS,
    TITLES_OF,
    EntryShape,
)
from konbinid.domain.kinds import Kind
from konbinid.domain.library_values import FORM_VERSION
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

_VERSION_SHAPE = "半角の英数字と . _ - の1文字以上32文字以内 (先頭は英数字) "
_SENTENCES = ("whole", "part", "only")


def load_forms(folder: Path) -> dict[tuple[Kind, str], Form]:
    """Every ``*.toml`` of a folder, by kind and version. FileRefused names every fault of every file; two files of one version are one."""
    forms: dict[tuple[Kind, str], Form] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.toml")):
        try:
            form = load_form(path, taken=forms)
        except FileRefused as refusal:
            problems += refusal.problems
        else:
            forms[form.kind, form.version] = form
    if problems:
        raise FileRefused(problems)
    return forms


def load_form(path: Path, *, taken: Collection[tuple[Kind, str]] = ()) -> Form:
    """One form file; ``taken``: the kinds and versions that other files declare. FileRefused.

    Whether the form makes sense is asked when every value is one: else each fault would bring others that are none.
    """
    document = Document(path, JAPANESE)
    form = _form(document.root)
    document.finish()
    check_sense(form, document)
    if (form.kind, form.version) in taken:
        document.complain(("version",), "同じ種類・同じ版の様式が二つあります。版を変えてください。")
    document.finish()
    return replace(form, digest=_digest(document.values))


def _digest(values: Mapping[str, Any]) -> str:
    """Over the values, not the text: a comment or an indent is no new form."""
    canonical = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _form(root: Section) -> Form:
    page = root.table("page")
    sentences = root.table("sentences")
    kind, title = root.choice("kind", tuple(Kind)), root.table("title")
    return Form(
        kind=kind,
        version=root.text("version", pattern=FORM_VERSION, shape=_VERSION_SHAPE),
        titles=_titles(root, title, kind),
        title=_label(title, texts=False),
        sentences={key: sentences.wording(key) for key in _SENTENCES if sentences.has(key)},
        sentence=_label(root.table("sentence"), texts=False),
        labels=tuple(_label(section) for section in root.tables("label", optional=True)),
        rules=tuple(_rule(section) for section in root.tables("rule", optional=True)),
        boxes=tuple(_box(section) for section in root.tables("box", optional=True)),
        heading=_heading(root.table("heading")) if root.has("heading") else None,
        sections=tuple(_section(section) for section in root.tables("section", optional=True)),
        people=_people(root.table("people")),
        seal=_frame(root.table("seal")),
        impression=_frame(root.table("impression")) if root.has("impression") else None,
        width=page.number("width", least=100, most=300),
        height=page.number("height", least=100, most=430),
    )


def _titles(root: Section, title: Section, kind: Kind) -> dict[str, str]:
    """A kind with one title has it in [title], one with several has them in [titles]."""
    if kind not in TITLES_OF:
        return {ONLY: title.wording("text")}
    titles = root.table("titles")
    return {key: titles.wording(key) for key in TITLES_OF[kind]}


def _frame(section: Section) -> Frame:
    return Frame(
        section.number("x", least=0, most=300),
        section.number("y", least=0, most=430),
        section.number("w", least=0.1, most=300),
        section.number("h", least=0.1, most=430),
    )


def _label(section: Section, *, texts: bool = True) -> Label:
    return Label(
        _frame(section),
        tuple(section.wording("text").split("\n")) if texts else (),
        section.number("size", least=SMALLEST, most=72),
        section.choice("align", tuple(Align), Align.LEFT),
        section.at(),
    )


def _rule(section: Section) -> Rule:
    x1, y1, x2, y2 = (section.number(key, least=0, most=430) for key in ("x1", "y1", "x2", "y2"))
    return Rule(x1, y1, x2, y2, section.number("width", least=THINNEST, most=10))


def _type(section: Section) -> Type:
    align = section.choice("align", tuple(Align), Align.LEFT)
    if align is Align.SPREAD:
        section.complain("align", "均等割り付け (spread) は見出しにだけ使えます。")
    return Type(
        section.number("size", least=SMALLEST, most=72),
        section.number("min_size", SMALLEST, least=SMALLEST, most=72),
        align,
        section.flag("condense", default=True),
        section.whole("lines", 1, least=1, most=10),
    )


def _box(section: Section) -> Box:
    return Box.of(section.choice("field", SHEET_FIELDS), _frame(section), _type(section))


def _heading(section: Section) -> Placed:
    x, y = section.number("x", least=0, most=300), section.number("y", least=0, most=430)
    return Placed(x, y, _table(section, section.number("width", least=1, most=300), HEADING_FIELDS))


def _section(section: Section) -> Placed:
    name = section.choice("name", tuple(SECTION_FIELDS))
    x, y = section.number("x", least=0, most=300), section.number("y", least=0, most=430)
    table = _table(section, section.number("width", least=1, most=300), SECTION_FIELDS[name])
    return Placed(x, y, table, name)


def _table(section: Section, width: float, fields: tuple[str, ...]) -> Table:
    return Table(
        width,
        tuple(_row(row, fields) for row in section.tables("row")),
        section.number("label_size", SMALLEST, least=SMALLEST, most=30),
        section.number("outline", 1.0, least=THINNEST, most=10),
        section.number("inner", THINNEST, least=THINNEST, most=10),
    )


def _row(section: Section, fields: tuple[str, ...]) -> Row:
    height = section.number("height", least=3, most=200)
    return Row(height, tuple(_cell(cell, fields) for cell in section.tables("cells")))


def _cell(section: Section, fields: tuple[str, ...]) -> TableCell:
    # A label has its width and a width its label: one without the other is a slip.
    labelled = section.has("label") or section.has("label_width")
    hide_blank, hide_omitted = (section.flag(key, default=False) for key in ("hide_blank", "hide_omitted"))
    return TableCell(
        section.choice("field", fields),
        tuple(section.wording("label").split("\n")) if labelled else (),
        section.number("label_width", least=1, most=200) if labelled else 0,
        section.choice("label_align", tuple(Align), Align.CENTRE),
        section.number("width", least=1, most=300),
        _type(section),
        section.flag("optional", default=False) or hide_blank or hide_omitted,
        hide_blank,
        hide_omitted,
        section.at(),
    )


def _people(section: Section) -> People:
    width = section.number("width", least=1, most=300)
    shapes = [shape for shape in EntryShape if section.has(shape.value)]
    return People(
        x=section.number("x", least=0, most=300),
        y=section.number("y", least=0, most=430),
        width=width,
        gap=section.number("gap", 0, least=0, most=50),
        per_sheet=section.whole("per_sheet", least=1, most=20),
        tables={shape: _table(section.table(shape.value), width, ENTRY_FIELDS) for shape in shapes},
        unused=_unused(section.table("unused"), width) if section.has("unused") else None,
    )


def _unused(section: Section, width: float) -> Unused:
    height = section.number("height", least=3, most=200)
    label = Label(
        Frame(0, 0, width, section.number("text_height", height, least=3, most=200)),
        (section.wording("text"),),
        section.number("size", least=SMALLEST, most=30),
        section.choice("align", tuple(Align), Align.CENTRE),
        section.at(),
    )
    return Unused(
        label,
        height,
        section.flag("every", default=False),
        section.number("diagonal", 0, least=0, most=10),
    )
