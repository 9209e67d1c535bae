"""[[column]] of a layout: which field it fills, by which form, and whether that can be (konbinid.intake.layout)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from konbinid.declared.section import Section
from konbinid.intake.date_forms import EraDate, WesternDate
from konbinid.intake.feeds import FeedSpec, FormName, Target
from konbinid.intake.fixed_lines import PAD
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

LONGEST = 4000  # code points of one value
_LONGEST_AMOUNT = 18  # more than PostgreSQL's bigint holds is no amount
_MOST_FACTOR = 1_000_000
_ERAS = {"1": "1", "2": "2", "3": "3", "4": "4", "5": "5"}
_SEPARATOR = "one visible ASCII character, none of them a digit or a letter"


@dataclass(frozen=True, slots=True)
class Column:
    """One column as declared.

    ``target`` is None when the column fills no field itself: it is ignored, or ``part`` of a join. ``width`` is None where lines are not of
    fixed width. ``tidying`` is None when the form sees the cell as it is.
    """

    name: str
    target: Target | None
    form: ValueForm
    required: bool
    width: int | None = None
    part: bool = False
    tidying: Tidying | None = None


def read_column(section: Section, spec: FeedSpec, *, fixed: bool) -> Column:
    """One column; its mistakes are noted in the section's document."""
    name = section.text("name")
    form = FormName(section.choice("form", [each.value for each in FormName]))
    width = section.whole("width", least=1, most=LONGEST) if fixed else None
    if form in {FormName.IGNORED, FormName.PART}:
        length = width or section.whole("length", LONGEST, least=1, most=LONGEST)
        part = form is FormName.PART
        tidying = _tidying(section) if part else None
        return Column(name, None, Text(length), required=False, width=width, part=part, tidying=tidying)
    target = spec.targets[section.choice("target", list(spec.targets))]
    if form not in target.forms:
        section.complain("form", f"{target.name} must be one of {', '.join(sorted(target.forms))}")
    required = section.flag("required", default=target.required or target.key)
    if (target.required or target.key) and not required:
        section.complain("required", f"{target.name} cannot be left empty")
    if section.has("default") and (target.name in spec.people or (target.key and not target.codes)):
        section.complain("default", f"{target.name} tells rows apart: there is none by default")
    made = _of_own_length(section, form) or _form(section, form, target, width)
    return Column(name, target, made, required, width, tidying=_tidying(section, form))


def _tidying(section: Section, form: FormName | None = None) -> Tidying | None:
    """``trim``, ``nothing``, ``default``. Numbers that spaces fill up in front lose them, too."""
    padded = form in {FormName.NUMBER, FormName.AMOUNT} and section.has("fill")
    trim = section.choice("trim", list(Trim), Trim.BOTH if padded else Trim.NONE)
    nothing = frozenset(section.texts("nothing", ()))
    default = section.text("default") if section.has("default") else ""
    return Tidying(trim, nothing, default) or None


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
        return _date(section, form, target, width)
    return _with_length(section, form, target, width)


def _date(section: Section, form: FormName, target: Target, width: int | None) -> ValueForm:
    separator = ""
    if section.has("separator"):
        separator = section.text("separator", pattern=r"[!-/:-@\[-`{-~]", shape=_SEPARATOR)
    characters = (8 if form is FormName.DATE else 7) + 2 * len(separator)
    if width not in {None, characters}:
        section.complain("width", f"a column of form {form} has {characters} characters")
    unknown = section.texts("unknown", ())
    if form is FormName.DATE:
        return WesternDate(partial=target.partial, separator=separator, unknown=unknown)
    return EraDate(_eras(section), partial=target.partial, separator=separator, unknown=unknown)


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
    length = width or section.whole("length", least=1, most=LONGEST)
    if form is FormName.DIGITS:
        if target.digits not in {None, length}:
            section.complain(key, f"{target.name} has {target.digits} digits")
        return Digits(section.whole("least", length, least=1, most=length), length)
    if form is FormName.NUMBER:
        if length > 9:
            section.complain(key, "a number has at most 9 digits")
        return Number(length, filled=_filled(section, width))
    if form is FormName.AMOUNT:
        return _amount(section, key, length, filled=_filled(section, width))
    makers: Mapping[FormName, type[Hex | FileName]] = {FormName.HEX: Hex, FormName.FILE_NAME: FileName}
    return makers.get(form, Text)(length)


def _filled(section: Section, width: int | None) -> bool:
    """Whether zeros fill the column up. Without fixed width nothing does."""
    return width is not None and section.choice("fill", ("zeros", "spaces"), "zeros") == "zeros"


def _amount(section: Section, key: str, length: int, *, filled: bool) -> Amount:
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
