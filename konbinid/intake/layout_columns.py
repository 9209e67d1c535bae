"""[[column]] of a layout: which field it fills, by which form, and whether that can be (konbinid.intake.layout)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from konbinid.declared.section import Section
from konbinid.intake.date_forms import EraDate, WesternDate
from konbinid.intake.feeds import LONGEST, FeedSpec, FormName, Target
from konbinid.intake.forbidden import forbidden
from konbinid.intake.layout_texts import Writing, check_texts
from konbinid.intake.problems import BadValue
from konbinid.intake.tidying import Tidying, Trim
from konbinid.intake.values import (
    Amount,
    Code,
    CodeList,
    Digits,
    FileName,
    GaijiCode,
    Hex,
    Number,
    Sha256,
    Sign,
    Text,
    ValueForm,
)

_LONGEST_AMOUNT = 18  # more than PostgreSQL's bigint holds is no amount
_MOST_FACTOR = 1_000_000
_ERAS = {"1": "1", "2": "2", "3": "3", "4": "4", "5": "5"}
_SEPARATOR = "one visible ASCII character, none of them a digit or a letter"


@dataclass(frozen=True, slots=True)
class Column:
    """One column as declared.

    ``target`` is None when the column fills no field itself: it is ignored, or ``part`` of a join. ``width`` is None where lines are not of
    fixed width. ``heading``: what the first line calls it, where there is a heading. ``tidying`` is None when the form sees the cell as it is.
    """

    name: str
    target: Target | None
    form: ValueForm
    required: bool
    width: int | None = None
    part: bool = False
    tidying: Tidying | None = None
    heading: str = ""


def read_column(section: Section, spec: FeedSpec, writing: Writing) -> Column:
    """One column; its mistakes are noted in the section's document."""
    name = section.text("name")
    form = FormName(section.choice("form", [each.value for each in FormName]))
    width = section.whole("width", least=1, most=LONGEST) if writing.fixed else None
    heading = section.text("heading", name) if writing.heading else ""
    if heading:
        check_texts(section, "heading" if section.has("heading") else "name", (heading,), writing)
    if form in {FormName.IGNORED, FormName.PART}:
        length = width or section.whole("length", LONGEST, least=1, most=LONGEST)
        part = form is FormName.PART
        tidying = _tidying(section, writing, width, form) if part else None
        return Column(
            name, None, Text(length), required=False, width=width, part=part, tidying=tidying, heading=heading
        )
    target = spec.targets[section.choice("target", list(spec.targets))]
    if form not in target.forms:
        section.complain("form", f"{target.name} must be one of {', '.join(sorted(target.forms))}")
    required = section.flag("required", default=target.required or target.key)
    if (target.required or target.key) and not required:
        section.complain("required", f"{target.name} cannot be left empty")
    tidying = _tidying(section, writing, width, form)
    cell = _Cell(section, target, writing, width, tidying)
    made = _of_own_length(section, form) or _form(cell, form)
    _check_default(cell, spec, made)
    return Column(name, target, made, required, width, tidying=tidying, heading=heading)


@dataclass(frozen=True, slots=True)
class _Cell:
    """Where the options of one column stand, and what is known of its cells."""

    section: Section
    target: Target
    writing: Writing
    width: int | None
    tidying: Tidying | None

    def check(self, key: str, texts: Iterable[str]) -> None:
        """Whether these texts can stand there."""
        check_texts(self.section, key, texts, self.writing, width=self.width, tidying=self.tidying)


def _tidying(section: Section, writing: Writing, width: int | None, form: FormName) -> Tidying | None:
    """``trim``, ``nothing``, ``default``. Numbers that spaces fill up in front lose them, too."""
    padded = form in {FormName.NUMBER, FormName.AMOUNT} and section.has("fill")
    trim = section.choice("trim", list(Trim), Trim.BOTH if padded else Trim.NONE)
    nothing = frozenset(section.texts("nothing", ()))
    default = section.text("default") if section.has("default") else ""
    found = Tidying(trim, nothing, default)
    check_texts(section, "nothing", sorted(nothing), writing, width=width, tidying=found)
    return found or None


def _check_default(cell: _Cell, spec: FeedSpec, form: ValueForm) -> None:
    """A default is read as if it stood in the file: one that cannot be would make a bad row of every empty cell."""
    if not cell.section.has("default"):
        return
    target, default = cell.target, cell.tidying.default if cell.tidying is not None else ""
    if target.name in spec.people or (target.key and not target.codes):
        cell.section.complain("default", f"{target.name} tells rows apart: there is none by default")
    elif forbidden(default) or not _can_read(form, target, default):
        cell.section.complain("default", "is no value of this column")


def _can_read(form: ValueForm, target: Target, text: str) -> bool:
    try:
        value = form.cell(text)
    except BadValue:
        return False
    return target.valid is None or target.valid(value)


def _of_own_length(section: Section, form: FormName) -> ValueForm | None:
    """Forms that have a length of their own."""
    if form is FormName.GAIJI_CODE:
        shape = "at most ten visible ASCII characters"
        return GaijiCode(section.text("prefix", "U+", pattern="[!-~]{0,10}", shape=shape))
    return Sha256() if form is FormName.SHA256 else None


def _form(cell: _Cell, form: FormName) -> ValueForm:
    section = cell.section
    if form is FormName.CODE:
        codes = _codes(section, cell.target)
        cell.check("codes", codes)
        return Code(codes)
    if form is FormName.CODE_LIST:
        return _code_list(cell)
    if form is FormName.FLAG:
        no, yes = section.text("no", "0"), section.text("yes", "1")
        if no == yes:
            section.complain("yes", "must differ from no")
        cell.check("no", (no,))
        cell.check("yes", (yes,))
        return Code({no: "f", yes: "t"})
    if form in {FormName.DATE, FormName.ERA_DATE}:
        return _date(cell, form)
    return _with_length(cell, form)


def _code_list(cell: _Cell) -> CodeList:
    codes = _codes(cell.section, cell.target)
    separator = cell.section.text("separator", "|", pattern=r".", shape="one character")
    every = cell.section.text("every", "ALL")
    cell.check("codes", codes)
    cell.check("every", (every,))
    cell.check("separator", (separator,) if separator.strip() else ())
    if any(separator in each for each in codes):
        cell.section.complain("separator", "stands in a code")
    if every in codes:
        cell.section.complain("every", "is one of the codes")
    return CodeList(codes, separator, every)


def _date(cell: _Cell, form: FormName) -> ValueForm:
    section, separator = cell.section, ""
    if section.has("separator"):
        separator = section.text("separator", pattern=r"[!-/:-@\[-`{-~]", shape=_SEPARATOR)
        cell.check("separator", (separator,))
    eras = _eras(section) if form is FormName.ERA_DATE else {}
    cell.check("eras", eras)
    characters = (8 if form is FormName.DATE else 7) + 2 * len(separator)
    sizes = {characters - 1 + cell.writing.size(era) for era in eras} or {characters}
    if cell.width is not None and sizes != {cell.width}:
        wanted = " or ".join(map(str, sorted(sizes)))
        section.complain("width", f"a column of form {form} has {wanted} {cell.writing.unit}")
    unknown = section.texts("unknown", ())
    cell.check("unknown", unknown)
    if form is FormName.DATE:
        return WesternDate(partial=cell.target.partial, separator=separator, unknown=unknown)
    return EraDate(eras, partial=cell.target.partial, separator=separator, unknown=unknown)


def _with_length(cell: _Cell, form: FormName) -> ValueForm:
    section, target, width = cell.section, cell.target, cell.width
    key = "length" if width is None else "width"
    length = width or section.whole("length", least=1, most=target.longest)
    if length > target.longest:
        section.complain(key, f"{target.name} has at most {target.longest} characters")
    if form is FormName.DIGITS:
        return _digits(section, target, key, length)
    if form is FormName.NUMBER:
        if length > 9:
            section.complain(key, "a number has at most 9 digits")
        return Number(length, filled=_filled(section, width))
    if form is FormName.AMOUNT:
        return _amount(cell, key, length, filled=_filled(section, width))
    makers: Mapping[FormName, type[Hex | FileName]] = {FormName.HEX: Hex, FormName.FILE_NAME: FileName}
    return makers.get(form, Text)(length)


def _digits(section: Section, target: Target, key: str, length: int) -> Digits:
    if target.digits not in {None, length}:
        section.complain(key, f"{target.name} has {target.digits} digits")
    least = section.whole("least", length, least=1, most=length)
    if target.digits is not None and least != length:
        # 7 and 0000000007 would be two people.
        section.complain("least", f"{target.name} has {target.digits} digits, never fewer")
    return Digits(least, length)


def _filled(section: Section, width: int | None) -> bool:
    """Whether zeros fill the column up. Without fixed width nothing does."""
    return width is not None and section.choice("fill", ("zeros", "spaces"), "zeros") == "zeros"


def _amount(cell: _Cell, key: str, length: int, *, filled: bool) -> Amount:
    section = cell.section
    if length > _LONGEST_AMOUNT:
        section.complain(key, f"an amount has at most {_LONGEST_AMOUNT} characters")
    sign = section.choice("sign", list(Sign), Sign.NONE)
    if filled and sign is Sign.BACK and length == 1:
        section.complain(key, "a sign behind leaves no place for a digit")
    grouping = ""
    if section.has("grouping"):
        grouping = section.text("grouping", pattern="[ ',.]", shape="one of , . ' and a space")
        if filled:
            section.complain("grouping", "goes with fill = spaces or without fixed width")
        if not cell.writing.holds(grouping):
            section.complain("grouping", "is the delimiter, and nothing quotes it")
    factor = section.whole("factor", 1, least=1, most=_MOST_FACTOR)
    return Amount(length, sign, filled=filled, factor=factor, grouping=grouping)


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
