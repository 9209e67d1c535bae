"""Declared layouts: how a core system writes its file. Another vendor's order of columns, date form or code values is another file
under config/layouts and no Python (contract 2).

A layout is checked whole when it is loaded: every field of the feed is filled exactly once, by a form that the field allows, with
codes that the contract knows. Mistakes are refused together, each with file, line and key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from konbinid.declared.document import Document
from konbinid.declared.section import Section
from konbinid.domain.feeds import Feed
from konbinid.intake.csv_lines import CsvLines
from konbinid.intake.feeds import FeedSpec, FormName, Target
from konbinid.intake.specs import SPECS
from konbinid.intake.values import (
    Code,
    CodeList,
    Digits,
    EraDate,
    FileName,
    Hex,
    Number,
    Text,
    ValueForm,
    WesternDate,
)

_LONGEST = 4000  # code points of one value
_MARK = "one visible ASCII character"
_ERAS = {"1": "1", "2": "2", "3": "3", "4": "4", "5": "5"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column as declared. ``target`` is None when the column is ignored."""

    name: str
    target: Target | None
    form: ValueForm
    required: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """A checked layout. ``digest`` names its content: parent and child make sure that they read by the same one.

    ``threshold``: luminance (0–255) below which a pixel of an attached picture is ink.
    """

    path: Path
    digest: str
    spec: FeedSpec
    extension: str
    columns: tuple[Column, ...]
    lines: CsvLines
    heading: bool
    threshold: int

    @property
    def feed(self) -> Feed:
        """The feed whose files it describes."""
        return self.spec.feed

    def name_of(self, target: str) -> str:
        """What the file calls a field, for reports."""
        return next(
            (c.name for c in self.columns if c.target is not None and c.target.name == target), target
        )


def load(path: Path) -> Layout:
    """Read and check a layout. FileRefused names every mistake with its line."""
    document = Document(path.absolute())
    root = document.root
    spec = SPECS[Feed(root.choice("feed", [feed.value for feed in SPECS]))]
    extension = root.choice("format", ("csv",))
    csv = root.table("csv", optional=True)
    delimiter = csv.text("delimiter", ",", pattern="[!-~]", shape=_MARK)
    quote = csv.text("quote", '"', pattern="[!-~]", shape=_MARK)
    if delimiter == quote:
        csv.complain("quote", "must differ from the delimiter")
    heading = csv.flag("heading", default=False)
    threshold = root.whole("ink_below", 128, least=1, most=255) if spec.attachment else 128
    columns = _columns(document, root.tables("column"), spec)
    document.finish()
    return Layout(
        path=document.path,
        digest=sha256(document.path.read_bytes()).hexdigest(),
        spec=spec,
        extension=extension,
        columns=columns,
        lines=CsvLines(delimiter, quote, len(columns)),
        heading=heading,
        threshold=threshold,
    )


def _columns(document: Document, sections: tuple[Section, ...], spec: FeedSpec) -> tuple[Column, ...]:
    columns = tuple(_column(section, spec) for section in sections)
    names: set[str] = set()
    filled: set[str] = set()
    for section, column in zip(sections, columns, strict=True):
        if column.name in names:
            section.complain("name", "stands there twice")
        names.add(column.name)
        if column.target is not None:
            if column.target.name in filled:
                section.complain("target", "is filled by another column already")
            filled.add(column.target.name)
    for missing in [name for name in spec.targets if name not in filled]:
        document.complain(("column",), f"no column has target {missing}, which {spec.feed} needs")
    return columns


def _column(section: Section, spec: FeedSpec) -> Column:
    name = section.text("name")
    form = FormName(section.choice("form", [each.value for each in FormName]))
    if form is FormName.IGNORED:
        return Column(
            name, None, Text(section.whole("length", _LONGEST, least=1, most=_LONGEST)), required=False
        )
    target = spec.targets[section.choice("target", list(spec.targets))]
    if form not in target.forms:
        section.complain("form", f"{target.name} must be one of {', '.join(sorted(target.forms))}")
    required = section.flag("required", default=target.required or target.key)
    if (target.required or target.key) and not required:
        section.complain("required", f"{target.name} cannot be left empty")
    return Column(name, target, _form(section, form, target), required)


def _form(section: Section, form: FormName, target: Target) -> ValueForm:
    if form is FormName.CODE:
        return Code(_codes(section, target))
    if form is FormName.CODE_LIST:
        separator = section.text("separator", "|", pattern=r".", shape="one character")
        every = section.text("every", "ALL")
        return CodeList(_codes(section, target), separator, every)
    if form is FormName.FLAG:
        no, yes = section.text("no", "0"), section.text("yes", "1")
        if no == yes:
            section.complain("yes", "must differ from no")
        return Code({no: "f", yes: "t"})
    if form is FormName.DATE:
        return WesternDate(partial=target.partial)
    if form is FormName.ERA_DATE:
        return EraDate(_eras(section), partial=target.partial)
    return _with_length(section, form, target)


def _with_length(section: Section, form: FormName, target: Target) -> ValueForm:
    length = section.whole("length", least=1, most=_LONGEST)
    if form is FormName.DIGITS:
        if target.digits not in {None, length}:
            section.complain("length", f"{target.name} has {target.digits} digits")
        return Digits(section.whole("least", length, least=1, most=length), length)
    if form is FormName.NUMBER:
        if length > 9:
            section.complain("length", "a number has at most 9 digits")
        return Number(length)
    makers: Mapping[FormName, type[Hex | FileName]] = {FormName.HEX: Hex, FormName.FILE_NAME: FileName}
    return makers.get(form, Text)(length)


def _codes(section: Section, target: Target) -> Mapping[str, str]:
    """``codes`` as a list of the contract's codes, or as a table from the vendor's codes to them."""
    given = section.raw("codes") if section.has("codes") else sorted(target.codes)
    table = {each: each for each in given} if isinstance(given, list) else given
    if not isinstance(table, dict) or not all(isinstance(to, str) for to in table.values()) or not table:
        section.complain(
            "codes", "must be a list of codes, or a table from the file's codes to the contract's"
        )
        return {}
    for code in sorted(set(table.values()) - target.codes):
        section.complain(
            "codes", f"{code} is no code of {target.name}; there are {', '.join(sorted(target.codes))}"
        )
    return table


def _eras(section: Section) -> Mapping[str, str]:
    """``eras``: the file's one-character codes of the eras, to the contract's (1 明治 to 5 令和)."""
    given = section.raw("eras") if section.has("eras") else _ERAS
    if not isinstance(given, dict) or not given or any(len(code) != 1 for code in given):
        section.complain("eras", "must be a table from one character to an era's code")
        return _ERAS
    if any(known not in _ERAS for known in given.values()):
        section.complain("eras", f"knows only {', '.join(_ERAS)}")
        return _ERAS
    return given
