"""Declared layouts: how a core system writes its file. Another vendor's order of columns, date form or code values is another file
under config/layouts and no Python (contract 2).

A layout is checked whole when it is loaded: every field of the feed is filled exactly once, by a form that the field allows, with
codes that the contract knows. Mistakes are refused together, each with file, line and key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from konbinid.declared.document import Document
from konbinid.declared.section import Section
from konbinid.domain.feeds import Feed
from konbinid.intake.csv_lines import CsvLines
from konbinid.intake.feeds import Attached, FeedSpec, FormName, Target
from konbinid.intake.fixed_lines import PAD, FixedLines
from konbinid.intake.specs import SPECS
from konbinid.intake.values import (
    Amount,
    Code,
    CodeList,
    Digits,
    EraDate,
    FileName,
    GaijiCode,
    Hex,
    Number,
    Sha256,
    Text,
    ValueForm,
    WesternDate,
)

_LONGEST = 4000  # code points of one value
_LONGEST_LINE = 16_000  # code points; at four bytes each they stay below the reader's limit of a line
_LONGEST_AMOUNT = 18  # more than PostgreSQL's bigint holds is no amount
_PAGES = 20  # of a register's PDF (contract 2)
_MOST_PAGES = 100
_MARK = "one visible ASCII character"
_ERAS = {"1": "1", "2": "2", "3": "3", "4": "4", "5": "5"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column as declared. ``target`` is None when the column is ignored; ``width`` is None where lines are not of fixed width."""

    name: str
    target: Target | None
    form: ValueForm
    required: bool
    width: int | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A checked layout. ``digest`` names its content: parent and child make sure that they read by the same one.

    ``threshold``: luminance (0–255) below which a pixel of an attached picture is ink. ``page_limit``: the most pages of an attached PDF.
    """

    path: Path
    digest: str
    spec: FeedSpec
    extension: str
    columns: tuple[Column, ...]
    lines: CsvLines | FixedLines
    heading: bool
    threshold: int
    page_limit: int

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
    extension = root.choice("format", ("csv", "dat"))
    fixed = extension == "dat"
    csv = None if fixed else _csv(root)
    threshold = root.whole("ink_below", 128, least=1, most=255) if spec.attached is Attached.SEAL else 128
    with_pdf = spec.attached is Attached.REGISTER_PDF
    page_limit = root.whole("page_limit", _PAGES, least=1, most=_MOST_PAGES) if with_pdf else _PAGES
    columns = _columns(document, root.tables("column"), spec, fixed=fixed)
    document.finish()
    return Layout(
        path=document.path,
        digest=sha256(document.path.read_bytes()).hexdigest(),
        spec=spec,
        extension=extension,
        columns=columns,
        lines=_fixed_lines(columns) if csv is None else CsvLines(csv.delimiter, csv.quote, len(columns)),
        heading=csv is not None and csv.heading,
        threshold=threshold,
        page_limit=page_limit,
    )


class _Csv(NamedTuple):
    delimiter: str
    quote: str
    heading: bool


def _csv(root: Section) -> _Csv:
    csv = root.table("csv", optional=True)
    delimiter = csv.text("delimiter", ",", pattern="[!-~]", shape=_MARK)
    quote = csv.text("quote", '"', pattern="[!-~]", shape=_MARK)
    if delimiter == quote:
        csv.complain("quote", "must differ from the delimiter")
    return _Csv(delimiter, quote, csv.flag("heading", default=False))


def _fixed_lines(columns: tuple[Column, ...]) -> FixedLines:
    firm = next(
        (place for place, column in enumerate(columns) if isinstance(column.form, Text)), len(columns)
    )
    return FixedLines([column.width or 0 for column in columns], firm)


def _columns(
    document: Document, sections: tuple[Section, ...], spec: FeedSpec, *, fixed: bool
) -> tuple[Column, ...]:
    columns = tuple(_column(section, spec, fixed=fixed) for section in sections)
    if sum(column.width or 0 for column in columns) > _LONGEST_LINE:
        document.complain(("column",), f"a line has at most {_LONGEST_LINE} characters")
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


def _column(section: Section, spec: FeedSpec, *, fixed: bool) -> Column:
    name = section.text("name")
    form = FormName(section.choice("form", [each.value for each in FormName]))
    width = section.whole("width", least=1, most=_LONGEST) if fixed else None
    if form is FormName.IGNORED:
        length = width or section.whole("length", _LONGEST, least=1, most=_LONGEST)
        return Column(name, None, Text(length), required=False, width=width)
    target = spec.targets[section.choice("target", list(spec.targets))]
    if form not in target.forms:
        section.complain("form", f"{target.name} must be one of {', '.join(sorted(target.forms))}")
    required = section.flag("required", default=target.required or target.key)
    if (target.required or target.key) and not required:
        section.complain("required", f"{target.name} cannot be left empty")
    return Column(
        name, target, _of_own_length(section, form) or _form(section, form, target, width), required, width
    )


def _of_own_length(section: Section, form: FormName) -> ValueForm | None:
    """Forms that have a length of their own."""
    if form is FormName.GAIJI_CODE:
        shape = "at most ten visible ASCII characters"
        return GaijiCode(section.text("prefix", "U+", pattern="[!-~]{0,10}", shape=shape))
    return Sha256() if form is FormName.SHA256 else None


def _form(section: Section, form: FormName, target: Target, width: int | None) -> ValueForm:
    if form is FormName.CODE:
        codes = _codes(section, target)
        _require_room(section, "codes", width, codes)
        return Code(codes)
    if form is FormName.CODE_LIST:
        separator = section.text("separator", "|", pattern=r".", shape="one character")
        every = section.text("every", "ALL")
        return CodeList(_codes(section, target), separator, every)
    if form is FormName.FLAG:
        no, yes = section.text("no", "0"), section.text("yes", "1")
        if no == yes:
            section.complain("yes", "must differ from no")
        _require_room(section, "yes", width, (no, yes))
        return Code({no: "f", yes: "t"})
    if form in {FormName.DATE, FormName.ERA_DATE}:
        characters = 8 if form is FormName.DATE else 7
        if width not in {None, characters}:
            section.complain("width", f"a column of form {form} has {characters} characters")
        eras = _eras(section) if form is FormName.ERA_DATE else None
        return WesternDate(partial=target.partial) if eras is None else EraDate(eras, partial=target.partial)
    return _with_length(section, form, target, width)


def _require_room(section: Section, key: str, width: int | None, codes: Iterable[str]) -> None:
    if width is None:
        return
    for code in codes:
        if len(code) > width:
            section.complain(key, f"{code} does not fit into {width} characters")
        if code != code.rstrip(PAD):
            section.complain(key, "no code ends in a space: spaces fill a column up")


def _with_length(section: Section, form: FormName, target: Target, width: int | None) -> ValueForm:
    key = "length" if width is None else "width"
    length = width or section.whole("length", least=1, most=_LONGEST)
    if form is FormName.DIGITS:
        if target.digits not in {None, length}:
            section.complain(key, f"{target.name} has {target.digits} digits")
        return Digits(section.whole("least", length, least=1, most=length), length)
    if form is FormName.NUMBER:
        if length > 9:
            section.complain(key, "a number has at most 9 digits")
        return Number(length, filled=width is not None)
    if form is FormName.AMOUNT:
        if length > _LONGEST_AMOUNT:
            section.complain(key, f"an amount has at most {_LONGEST_AMOUNT} characters")
        signed = section.choice("sign", ("none", "front"), "none") == "front"
        return Amount(length, signed=signed, filled=width is not None)
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
