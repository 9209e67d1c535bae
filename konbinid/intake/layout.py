"""Declared layouts: how a core system writes its file. Another vendor's order of columns, date form or code values is another file
under config/layouts and no Python (contract 2).

A layout is checked whole when it is loaded: every field of the feed is filled exactly once, by a form that the field allows, with
codes that the contract knows. Mistakes are refused together, each with file, line and key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from konbinid.declared.document import Document
from konbinid.declared.section import Section
from konbinid.domain.feeds import Feed
from konbinid.intake.csv_lines import CsvLines
from konbinid.intake.feeds import Attached, FeedSpec
from konbinid.intake.fixed_lines import ByteLines, FixedLines
from konbinid.intake.layout_columns import Column, read_column
from konbinid.intake.layout_extras import Constant, Join, read_constant, read_join
from konbinid.intake.layout_texts import Writing
from konbinid.intake.record_types import RecordTypes, read_record_types
from konbinid.intake.specs import SPECS
from konbinid.intake.values import Text

_LONGEST_LINE = 16_000  # code points; at four bytes each they stay below the reader's limit of a line
_PAGES = 20  # of a register's PDF (contract 2)
_MOST_PAGES = 100


@dataclass(frozen=True, slots=True)
class Layout:
    """A checked layout. ``digest`` names its content: parent and child make sure that they read by the same one.

    ``heading``: what the first line of the file must say, cell by cell; empty when it has none. ``threshold``: luminance (0–255) below which a pixel of an attached picture is ink. ``page_limit``: the most pages of an attached PDF.
    """

    path: Path
    digest: str
    spec: FeedSpec
    extension: str
    columns: tuple[Column, ...]
    joins: tuple[Join, ...]
    constants: tuple[Constant, ...]
    lines: CsvLines | FixedLines
    records: RecordTypes | None
    heading: tuple[str, ...]
    threshold: int
    page_limit: int

    @property
    def feed(self) -> Feed:
        """The feed whose files it describes."""
        return self.spec.feed

    @property
    def delimiter(self) -> str:
        """What stands between two cells; empty where lines are of fixed width."""
        return self.lines.delimiter if isinstance(self.lines, CsvLines) else ""

    @property
    def fillers(self) -> tuple[Column | Join, ...]:
        """What is read from lines: columns, and columns put together."""
        return (*self.columns, *self.joins)

    @property
    def has_extras(self) -> bool:
        """Whether some field is filled by no single column."""
        return bool(self.joins or self.constants)

    def name_of(self, target: str) -> str:
        """What the file calls a field, for reports."""
        return next(
            (each.name for each in self.fillers if each.target is not None and each.target.name == target),
            target,
        )


def load(path: Path) -> Layout:
    """Read and check a layout. FileRefused names every mistake with its line."""
    document = Document(path.absolute())
    root = document.root
    spec = SPECS[Feed(root.choice("feed", [feed.value for feed in SPECS]))]
    extension = root.choice("format", ("csv", "dat"))
    writing = Writing(in_bytes=_counts_bytes(root)) if extension == "dat" else _csv(root)
    threshold = root.whole("ink_below", 128, least=1, most=255) if spec.attached is Attached.SEAL else 128
    with_pdf = spec.attached is Attached.REGISTER_PDF
    page_limit = root.whole("page_limit", _PAGES, least=1, most=_MOST_PAGES) if with_pdf else _PAGES
    columns = _columns(document, root.tables("column"), spec, writing)
    lines = _lines(writing, columns)
    records = (
        read_record_types(root.table("records"), lines, heading=writing.heading)
        if root.has("records")
        else None
    )
    joins, constants = _extras(document, spec, columns)
    _require_all_filled(document, spec, (*columns, *joins, *constants))
    document.finish()
    return Layout(
        path=document.path,
        digest=sha256(document.path.read_bytes()).hexdigest(),
        spec=spec,
        extension=extension,
        columns=columns,
        joins=joins,
        constants=constants,
        lines=lines,
        records=records,
        heading=tuple(column.heading for column in columns) if writing.heading else (),
        threshold=threshold,
        page_limit=page_limit,
    )


def _csv(root: Section) -> Writing:
    csv = root.table("csv", optional=True)
    delimiter = csv.text("delimiter", ",", pattern="[!-~\t]", shape="one visible ASCII character or a tab")
    quote = csv.text("quote", '"', pattern="[!-~]?", shape="one visible ASCII character, or empty for none")
    if delimiter == quote:
        csv.complain("quote", "must differ from the delimiter")
    return Writing(delimiter, quote, heading=csv.flag("heading", default=False))


def _counts_bytes(root: Section) -> bool:
    return root.table("dat", optional=True).choice("count", ("characters", "bytes"), "characters") == "bytes"


def _lines(writing: Writing, columns: tuple[Column, ...]) -> CsvLines | FixedLines:
    if not writing.fixed:
        return CsvLines(writing.delimiter, writing.quote, len(columns))
    firm = next(
        (place for place, column in enumerate(columns) if isinstance(column.form, Text)), len(columns)
    )
    widths = [column.width or 1 for column in columns] or [1]  # without columns it is refused later
    return (ByteLines if writing.in_bytes else FixedLines)(widths, firm)


def _columns(
    document: Document, sections: tuple[Section, ...], spec: FeedSpec, writing: Writing
) -> tuple[Column, ...]:
    columns = tuple(read_column(section, spec, writing) for section in sections)
    if sum(column.width or 0 for column in columns) > _LONGEST_LINE:
        document.complain(("column",), f"a line has at most {_LONGEST_LINE} {writing.unit}")
    names: set[str] = set()
    for section, column in zip(sections, columns, strict=True):
        if column.name in names:
            section.complain("name", "stands there twice")
        names.add(column.name)
    _require_filled_once(sections, columns, set())
    return columns


def _extras(
    document: Document, spec: FeedSpec, columns: tuple[Column, ...]
) -> tuple[tuple[Join, ...], tuple[Constant, ...]]:
    """[[join]] and [[constant]]."""
    root = document.root
    filled = {column.target.name for column in columns if column.target is not None}
    by_name = {column.name: column for column in columns}
    sections = root.tables("join", optional=True)
    joins = tuple(read_join(section, spec, by_name) for section in sections)
    _require_filled_once(sections, joins, filled)
    used = {part for join in joins for part in join.parts}
    for column in columns:
        if column.part and column.name not in used:
            document.complain(("column",), f"{column.name} is part of nothing: no [[join]] names it")
    sections = root.tables("constant", optional=True)
    constants = tuple(read_constant(section, spec) for section in sections)
    _require_filled_once(sections, constants, filled)
    if spec.people and not filled.intersection(spec.people) - {each.target.name for each in constants}:
        document.complain(
            ("constant",), f"a row would name nobody: {' or '.join(spec.people)} stands in no column"
        )
    return joins, constants


def _require_filled_once(
    sections: Sequence[Section], filling: Sequence[Column | Join | Constant], filled: set[str]
) -> None:
    """Each field by one of all. ``filled`` grows."""
    for section, each in zip(sections, filling, strict=True):
        if each.target is not None:
            if each.target.name in filled:
                section.complain("target", "is filled by another column already")
            filled.add(each.target.name)


def _require_all_filled(
    document: Document, spec: FeedSpec, filling: Sequence[Column | Join | Constant]
) -> None:
    filled = {each.target.name for each in filling if each.target is not None}
    for missing in [name for name in spec.targets if name not in filled]:
        document.complain(("column",), f"no column has target {missing}, which {spec.feed} needs")
