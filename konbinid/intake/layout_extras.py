"""Fields that no single column fills: [[join]] puts several columns together, [[constant]] gives what the file lacks (konbinid.intake.layout)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from konbinid.declared.section import Section
from konbinid.intake.feeds import FeedSpec, FormName, Target
from konbinid.intake.forbidden import forbidden
from konbinid.intake.layout_columns import LONGEST, Column


@dataclass(frozen=True, slots=True)
class Join:
    """Columns that fill one field together, as 大字, 番地 and 方書 fill an address. What is empty leaves no separator."""

    target: Target
    parts: tuple[str, ...]
    separator: str
    length: int
    required: bool

    @property
    def name(self) -> str:
        """What reports call it."""
        return "+".join(self.parts)

    def value(self, values: Sequence[str]) -> str:
        """The parts of one row, put together."""
        return self.separator.join(filter(None, values))


@dataclass(frozen=True, slots=True)
class Constant:
    """What every row says without saying it. ``value`` is canonical."""

    target: Target
    value: str


def read_join(section: Section, spec: FeedSpec, columns: Mapping[str, Column]) -> Join:
    """[[join]]; its mistakes are noted in the section's document."""
    target = spec.targets[section.choice("target", list(spec.targets))]
    if FormName.TEXT not in target.forms:
        section.complain("target", f"{target.name} is no text: only texts are put together")
    parts = section.texts("columns")
    if len(parts) < 2 or len(set(parts)) < len(parts):
        section.complain("columns", "names at least two columns, each once")
    for part in parts:
        if part not in columns or not columns[part].part:
            section.complain("columns", f"{part} is no column of form part")
    separator = (
        section.text("separator", pattern=r".{1,5}", shape="1 to 5 characters")
        if section.has("separator")
        else ""
    )
    if forbidden(separator):
        section.complain("separator", "is no character that a file may hold")
    required = section.flag("required", default=target.required or target.key)
    if (target.required or target.key) and not required:
        section.complain("required", f"{target.name} cannot be left empty")
    return Join(target, parts, separator, section.whole("length", least=1, most=LONGEST), required)


def read_constant(section: Section, spec: FeedSpec) -> Constant:
    """[[constant]]; its mistakes are noted in the section's document."""
    target = spec.targets[section.choice("target", list(spec.targets))]
    value = section.text("value")
    if target.name in spec.people or (target.key and not target.codes):
        section.complain("target", f"{target.name} tells rows apart: it cannot be the same in all of them")
    elif target.codes:
        if value not in target.codes:
            section.complain(
                "value", f"{value} is no code of {target.name}; there are {', '.join(sorted(target.codes))}"
            )
    elif FormName.FLAG in target.forms:
        if value not in {"0", "1"}:
            section.complain("value", "must be 0 or 1")
        value = {"0": "f", "1": "t"}.get(value, "f")
    elif FormName.NUMBER in target.forms or FormName.AMOUNT in target.forms:
        if not (value.isascii() and value.isdigit() and len(value) <= 9):
            section.complain("value", "must be a number of at most 9 digits")
    elif FormName.TEXT not in target.forms or forbidden(value):
        section.complain("target", f"{target.name} cannot be given for all rows")
    return Constant(target, value)
