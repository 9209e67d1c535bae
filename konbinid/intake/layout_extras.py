"""Fields that no single column fills: [[join]] puts several columns together, [[constant]] gives what the file lacks (konbinid.intake.layout)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from konbinid.declared.section import Section
from konbinid.intake.feeds import ADD, LONGEST, FeedSpec, FormName, Target
from konbinid.intake.forbidden import forbidden
from konbinid.intake.layout_columns import Column
from konbinid.intake.problems import BadValue, Fault
from konbinid.intake.values import Amount, Code, CodeList, Number, Sign, Text


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
    elif target.key or target.name in spec.people:
        # 1 and 23 put together are what 12 and 3 are: two registers would be one.
        section.complain("target", f"{target.name} tells rows apart: it stands in one column")
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
    """[[constant]]; its mistakes are noted in the section's document. An empty value: the file never says it."""
    target = spec.targets[section.choice("target", list(spec.targets))]
    value = section.text("value", pattern=r"(?s).*")
    if not value:
        if target.required or target.key:
            section.complain("value", f"{target.name} cannot be left empty")
        return Constant(target, "")
    if target.name in spec.people or (target.key and not target.codes):
        section.complain("target", f"{target.name} tells rows apart: it cannot be the same in all of them")
    elif target.name == "operation" and value != ADD:
        section.complain(
            "value", f"must be {ADD}: a vendor who does not say what a row does sends full files only"
        )
    else:
        try:
            return Constant(target, _canonical(target, value))
        except BadValue:
            section.complain("value", _wanted(target, value))
    return Constant(target, "")


def _canonical(target: Target, value: str) -> str:
    """As the column's form would make it. BadValue when it is none of the field's values."""
    forms = target.forms
    if FormName.CODE_LIST in forms:
        return CodeList({code: code for code in target.codes}, "|", "ALL").cell(value)
    if target.codes:
        return Code({code: code for code in target.codes}).cell(value)
    if FormName.FLAG in forms:
        return Code({"0": "f", "1": "t"}).cell(value)
    if FormName.NUMBER in forms:
        return Number(9).cell(value)
    if FormName.AMOUNT in forms:
        return Amount(18, Sign.FRONT).cell(value)
    if FormName.TEXT not in forms or forbidden(value):
        raise BadValue(Fault.OUT_OF_RANGE)
    return Text(target.longest).cell(value)


def _wanted(target: Target, value: str) -> str:
    """What a constant may be, for the message."""
    if target.codes:
        return f"{value} is no code of {target.name}; there are {', '.join(sorted(target.codes))}"
    if FormName.FLAG in target.forms:
        return "must be 0 or 1"
    if target.forms & {FormName.NUMBER, FormName.AMOUNT}:
        return "must be a whole number"
    return (
        "must be a text that a file may hold"
        if FormName.TEXT in target.forms
        else f"{target.name} cannot be given for all rows; only left empty"
    )
