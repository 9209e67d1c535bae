"""Vendors that nobody has met: random layouts of any feed, and files written by them. The writer knows a layout's options and nothing of the reader.

Drawn from by tests/intake/test_any_vendor.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, timedelta

from hypothesis import strategies as st

from konbinid.domain.checkdigit import individual_number_is_valid, resident_code_is_valid
from konbinid.domain.feeds import Feed
from konbinid.intake.specs import SPECS

ALPHABET = "葛\U000e0100𠮷\ue000\U000f0000ー泉,;|\"'-1aZ\\ 　"
NOTHING = "***"
ERAS = {  # first and last day, number of the first year, the contract's code
    "S": (date(1926, 12, 25), date(1989, 1, 7), 1926, "3"),
    "H": (date(1989, 1, 8), date(2019, 4, 30), 1989, "4"),
    "令": (date(2019, 5, 1), date(2060, 1, 1), 2019, "5"),
}
ALWAYS = {
    "atena_number",
    "name",
    "birth_date",
    "image_name",
    "dpi",
    "register_number",
    "register_member",
}  # or a rule over whole rows complains
OF_KEYS = {"register_number", "hold_number", "business_code", "registration_number", "register_member"}


def quoted(text: str) -> str:
    """A TOML string."""
    return json.dumps(text, ensure_ascii=False)


def valid(length: int, serial: int) -> str:
    """A number with its check digit."""
    check = individual_number_is_valid if length == 12 else resident_code_is_valid
    head = f"{serial:0{length - 1}d}"
    return next(head + str(last) for last in range(10) if check(head + str(last)))


@dataclass
class Cell:
    """One column: its options in the layout, and a strategy of (what the file says, what it means)."""

    name: str
    target: str
    options: list[str]
    says: st.SearchStrategy
    width: int = 0
    length: int = 0
    trim: str = "none"
    nothing: bool = False
    default: tuple[str, str] | None = None
    required: bool = True


@dataclass
class Vendor:
    """A layout, and how its files are written."""

    feed: Feed
    fixed: bool
    in_bytes: bool
    delimiter: str
    quote: str
    heading: bool
    types: tuple[str | None, str | None] | None
    cells: list[Cell] = field(default_factory=list)
    constants: dict[str, tuple[str, str]] = field(default_factory=dict)
    joins: dict[str, tuple[list[str], str]] = field(default_factory=dict)
    mark_at: int = 0

    def size(self, text: str) -> int:
        return len(text.encode()) if self.in_bytes else len(text)

    def toml(self) -> str:
        """The layout."""
        lines = [f'feed = "{self.feed}"', f'format = "{"dat" if self.fixed else "csv"}"']
        if self.fixed:
            lines += ["[dat]", f'count = "{"bytes" if self.in_bytes else "characters"}"']
        else:
            lines += ["[csv]", f"delimiter = {quoted(self.delimiter)}", f"quote = {quoted(self.quote)}"]
            lines += [f"heading = {str(self.heading).lower()}"]
        if self.types:
            lines += ["[records]", 'data = "DD"', f"mark_at = {self.place_of_mark() + 1}"]
            lines += (
                ['header = "HH"', f"header_at = {self.behind_mark()}", 'header_holds = "272060"']
                if self.types[0]
                else []
            )
            lines += ['trailer = "TT"', f"count_at = {self.behind_mark()}"] if self.types[1] else []
            lines += ["header_width = 9"] if self.types[0] and self.fixed else []
            lines += ["count_width = 9"] if self.types[1] and self.fixed else []
        for cell in self.cells:
            lines += ["[[column]]", f"name = {quoted(cell.name)}", *cell.options]
            lines += (
                [f"width = {cell.width}"] if self.fixed else [f"length = {cell.length}"] * bool(cell.length)
            )
            lines += [f'trim = "{cell.trim}"'] if cell.trim != "none" else []
            lines += [f'nothing = ["{NOTHING}"]'] if cell.nothing else []
            lines += [f"default = {quoted(cell.default[0])}"] if cell.default else []
        for target, (parts, separator) in self.joins.items():
            lines += [
                "[[join]]",
                f'target = "{target}"',
                f"columns = {json.dumps(parts, ensure_ascii=False)}",
                "length = 200",
            ]
            lines += [f"separator = {quoted(separator)}"] if separator else []
        for target, (value, _) in self.constants.items():
            lines += ["[[constant]]", f'target = "{target}"', f"value = {quoted(value)}"]
        return "\n".join(lines) + "\n"

    def place_of_mark(self) -> int:
        before = self.cells[: self.mark_at]
        return sum(cell.width for cell in before) if self.fixed else len(before)

    def behind_mark(self) -> int:
        return self.place_of_mark() + (3 if self.fixed else 2)

    def other_record(self, mark: str, text: str) -> str:
        if self.fixed:
            return " " * self.place_of_mark() + mark + text.rjust(9)
        return self.delimiter.join([*[""] * self.place_of_mark(), mark, text])

    def row(self, draw, *, lacking: bool = False) -> tuple[str, dict[str, str]]:
        """A line, and its values by field. ``lacking``: some cells are empty, needed or not."""
        texts, means = [], {}
        for cell in self.cells:
            text, value = self.cell(draw, cell)
            if lacking and draw(st.integers(0, 30)) == 0:
                text = ""
            texts.append(self.filled(cell, text) if self.fixed else self.protected(draw, text))
            means[cell.target or cell.name] = value
        for target, (parts, separator) in self.joins.items():
            means[target] = separator.join(filter(None, [means[part] for part in parts]))
        means |= {target: value for target, (_, value) in self.constants.items()}
        return ("" if self.fixed else self.delimiter).join(texts), {
            name: means[name] for name in SPECS[self.feed].targets
        }

    def cell(self, draw, cell: Cell) -> tuple[str, str]:
        empty = ["", *[NOTHING] * cell.nothing]
        if (not cell.required or cell.default) and draw(st.integers(0, 3)) == 0:
            return draw(st.sampled_from(empty)), cell.default[1] if cell.default else ""
        text, value = draw(cell.says.filter(lambda said: self.can_say(cell, said[0])))
        pads = st.sampled_from(["", " ", "　", " 　"])
        left = draw(pads) if cell.trim in {"left", "both"} else ""
        right = draw(pads) if cell.trim in {"right", "both"} else ""
        if self.fixed and self.size(left + text + right) > cell.width:
            left = right = ""
        return left + text + right, value

    def can_say(self, cell: Cell, text: str) -> bool:
        if self.fixed:
            return self.size(text) <= cell.width
        return bool(self.quote) or self.delimiter not in text

    def filled(self, cell: Cell, text: str) -> str:
        return text + " " * (cell.width - self.size(text))

    def protected(self, draw, text: str) -> str:
        needs = self.quote and (self.quote in text or self.delimiter in text)
        if self.quote and (needs or draw(st.booleans())):
            return f"{self.quote}{text.replace(self.quote, self.quote * 2)}{self.quote}"
        return text

    def lines(self, rows: list[str]) -> list[str]:
        """The file's lines, headings and all."""
        header, trailer = self.types or (None, None)
        found = [self.delimiter.join(cell.name for cell in self.cells)] if self.heading else []
        found += [self.other_record("HH", "272060")] if header else []
        return found + rows + ([self.other_record("TT", str(len(rows)))] if trailer else [])


def texts(least: int, most: int):
    """Text without spaces around it."""
    return (
        st.text(st.sampled_from(ALPHABET), min_size=least, max_size=most)
        .map(lambda each: each.strip(" 　"))
        .filter(lambda each: len(each) >= least and each != NOTHING and not each.startswith('"'))
    )


@st.composite
def vendors(draw) -> Vendor:
    """Any feed, any way of writing it."""
    feed, fixed = draw(st.sampled_from(list(Feed))), draw(st.booleans())
    types = draw(st.sampled_from([None, ("HH", "TT"), ("HH", None), (None, "TT")]))
    vendor = Vendor(
        feed,
        fixed,
        in_bytes=fixed and draw(st.booleans()),
        delimiter="" if fixed else draw(st.sampled_from([",", ";", "|", "\t"])),
        quote="" if fixed else draw(st.sampled_from(['"', "'", ""])),
        heading=not fixed and types is None and draw(st.booleans()),
        types=types,
    )
    people = SPECS[feed].people
    for target in SPECS[feed].targets.values():
        optional = not (target.required or target.key) and target.name not in {*ALWAYS, *people}
        way = draw(st.sampled_from(["column", "column", "constant", "join"])) if optional else "column"
        if way == "constant":
            vendor.constants[target.name] = ("", "")
        elif target.name == "operation" and draw(st.integers(0, 3)) == 0:
            vendor.constants["operation"] = ("1", "1")
        elif way == "join" and "text" in target.forms:
            parts = [f"{target.name}{n}" for n in (1, 2, 3)]
            vendor.cells += [
                Cell(part, "", ['form = "part"'], st.tuples(texts(0, 6)).map(lambda got: got * 2), 30, 30)
                for part in parts
            ]
            vendor.joins[target.name] = (parts, draw(st.sampled_from(["", " ", "の"])))
        else:
            vendor.cells.append(draw(columns(vendor, target)))
    vendor.cells += [
        Cell(f"余{n}", "", ['form = "ignored"'], st.tuples(texts(0, 4)).map(lambda got: got * 2), 20, 20)
        for n in range(draw(st.integers(0, 2)))
    ]
    vendor.cells = draw(st.permutations(vendor.cells))
    if types:
        vendor.mark_at = draw(st.integers(0, len(vendor.cells)))
        vendor.cells.insert(
            vendor.mark_at, Cell("種別", "", ['form = "ignored"'], st.just(("DD", "DD")), 2, 2)
        )
    return vendor


@st.composite
def columns(draw, vendor: Vendor, target) -> Cell:
    """A column for a field, by one of the forms that it allows."""
    form = draw(st.sampled_from(sorted(target.forms)))
    options = [f'target = "{target.name}"', f'form = "{form}"']
    cell = Cell(f"項目{target.name}", target.name, options, st.nothing())
    cell.required = target.required or target.key or target.name in ALWAYS
    padded = form in {"number", "amount"} and vendor.fixed and draw(st.booleans())
    if padded:
        options.append('fill = "spaces"')
    MAKERS[form](draw, vendor, target, cell, vendor.fixed and not padded)
    if not padded:
        cell.trim = draw(st.sampled_from(["none", "left", "right", "both"]))
    cell.nothing = vendor.size(NOTHING) <= (cell.width or 99) and draw(st.booleans())
    tells_apart = target.name in SPECS[vendor.feed].people or (target.key and not target.codes)
    if not tells_apart and target.valid is None and draw(st.integers(0, 3)) == 0:
        text, value = draw(
            cell.says.filter(lambda said: vendor.can_say(cell, said[0]) and said[0] != NOTHING)
        )
        cell.default = text.strip(" "), value
    return cell


def _text(draw, vendor, target, cell, filled):
    cell.length = 20 if target.name in OF_KEYS else 40
    cell.width = cell.length * 4
    cell.says = texts(1, 8).map(lambda text: (text, text))


def _digits(draw, vendor, target, cell, filled):
    cell.width = cell.length = target.digits or draw(st.integers(1, 15))
    if target.name == "year":
        cell.says = st.sampled_from(["1989", "2026", "2200"]).map(lambda year: (year, year))
    elif target.valid is not None:
        cell.says = st.integers(1, 10**6).map(lambda serial: (valid(cell.length, serial),) * 2)
    else:
        cell.says = st.text("0123456789", min_size=cell.length, max_size=cell.length).map(
            lambda text: (text, text)
        )


def _number(draw, vendor, target, cell, filled):
    cell.width = cell.length = draw(st.integers(1, 9))
    numbers = st.integers(1, 10**cell.length - 1)
    cell.says = numbers.map(
        lambda n: (f"{n:0{cell.length}d}" if filled else f"{n:{cell.length if vendor.fixed else 1}d}", str(n))
    )


def _amount(draw, vendor, target, cell, filled):
    cell.width = cell.length = draw(st.integers(2, 16))
    sign, factor = draw(st.sampled_from(["none", "front", "back"])), draw(st.sampled_from([1, 10, 1000]))
    grouping = "" if filled else draw(st.sampled_from(["", "'", "."]))
    cell.options += [f'sign = "{sign}"', f"factor = {factor}"] + [f"grouping = {quoted(grouping)}"] * bool(
        grouping
    )

    def said(n: int) -> tuple[str, str]:
        digits = f"{abs(n):,}".replace(",", grouping) if grouping else str(abs(n))
        places = cell.length - (sign == "back" or (sign == "front" and n < 0))
        digits = digits.rjust(places, "0") if filled else digits
        mark = "-" if n < 0 else ""
        text = f"{mark}{digits}" if sign == "front" else f"{digits}{mark}"
        return (text if filled or not vendor.fixed else text.rjust(cell.width), str(n * factor))

    most = min(10 ** (cell.length - 1) - 1, 10**14)
    numbers = st.integers(0 if sign == "none" else -most, most)
    cell.says = numbers.map(said).filter(lambda got: len(got[0]) <= cell.length)


def _code(draw, vendor, target, cell, filled):
    known = sorted(target.codes)
    words = draw(
        st.lists(
            st.text("ABあい泉7", min_size=1, max_size=3),
            min_size=len(known),
            max_size=len(known),
            unique=True,
        )
    )
    cell.options.append(
        f"codes = {{ {', '.join(f'{quoted(word)} = {quoted(code)}' for word, code in zip(words, known, strict=True))} }}"
    )
    cell.width = max(map(vendor.size, words)) + draw(st.integers(0, 2))
    cell.says = st.sampled_from(list(zip(words, known, strict=True)))


def _code_list(draw, vendor, target, cell, filled):
    cell.options += ['separator = "+"', 'every = "全"']
    cell.width = 300
    chosen = st.lists(st.sampled_from(sorted(target.codes)), min_size=1, max_size=4)
    cell.says = chosen.map(lambda codes: ("+".join(codes), "|".join(sorted(set(codes))))) | st.just(
        ("全", "*")
    )


def _flag(draw, vendor, target, cell, filled):
    no, yes = draw(st.sampled_from([("0", "1"), ("無", "有"), ("N", "YES")]))
    cell.options += [f"no = {quoted(no)}", f"yes = {quoted(yes)}"]
    cell.width = max(map(vendor.size, (no, yes)))
    cell.says = st.sampled_from([(no, "f"), (yes, "t")])


def _separated(draw, vendor, cell) -> str:
    allowed = [each for each in ("", "/", "-", ".") if each != vendor.delimiter]
    separator = draw(st.sampled_from(allowed))
    cell.options += [f"separator = {quoted(separator)}"] * bool(separator)
    cell.options.append(
        'unknown = ["不詳", "9999"]' if not vendor.in_bytes or cell.width >= 6 else 'unknown = ["9999"]'
    )
    return separator


def _date(draw, vendor, target, cell, filled):
    separator = _separated(draw, vendor, cell)
    cell.width = 8 + 2 * len(separator)

    def said(day: date) -> tuple[str, str]:
        pad = "02d" if not separator or day.day % 2 else "d"
        return f"{day.year}{separator}{day.month:{pad}}{separator}{day.day:{pad}}", f"{day:%Y%m%d}"

    days = st.dates(date(1900, 1, 1), date(2100, 12, 31)).map(said)
    cell.says = days | st.sampled_from(
        [("9999", "00000000"), (separator.join(["0000", "00", "00"]), "00000000")]
    )


def _era_date(draw, vendor, target, cell, filled):
    known = draw(st.sampled_from([["S", "H"], ["令"]]))
    separator = _separated(draw, vendor, cell)
    cell.options.append(
        f"eras = {{ {', '.join(f'{quoted(era)} = {quoted(ERAS[era][3])}' for era in known)} }}"
    )
    cell.width = 6 + 2 * len(separator) + max(map(vendor.size, known))

    def said(era: str, days: int) -> tuple[str, str]:
        first, last, year, _ = ERAS[era]
        day = first + timedelta(days=days % ((last - first).days + 1))
        pad = "02d" if not separator or day.day % 2 else "d"
        number = day.year - year + 1
        return f"{era}{number:{pad}}{separator}{day.month:{pad}}{separator}{day.day:{pad}}", f"{day:%Y%m%d}"

    cell.says = st.builds(said, st.sampled_from(known), st.integers(0, 40_000)) | st.just(
        ("9999", "00000000")
    )


def _hex(draw, vendor, target, cell, filled):
    cell.width = cell.length = 40
    cell.says = st.integers(1, 16**20).map(lambda n: (f"{n:021X}", f"{n:x}"))


def _sha256(draw, vendor, target, cell, filled):
    cell.width = 64
    cell.says = st.binary(min_size=32, max_size=32).map(lambda data: (data.hex().upper(), data.hex()))


def _gaiji_code(draw, vendor, target, cell, filled):
    prefix = draw(st.sampled_from(["", "U+", "0x"]))
    cell.options.append(f'prefix = "{prefix}"')
    cell.width = 10
    cell.says = st.sampled_from([0xE000, 0xF8FF, 0xF0000, 0x10FFFD]).map(
        lambda n: (f"{prefix}{n:X}", f"U+{n:X}")
    )


def _file_name(draw, vendor, target, cell, filled):
    cell.width = cell.length = 20
    cell.says = st.sampled_from(["a.bmp", "B-1_2.pdf"]).map(lambda name: (name, name))


MAKERS = {
    "text": _text,
    "digits": _digits,
    "number": _number,
    "amount": _amount,
    "code": _code,
    "code_list": _code_list,
    "flag": _flag,
    "date": _date,
    "era_date": _era_date,
    "hex": _hex,
    "sha256": _sha256,
    "gaiji_code": _gaiji_code,
    "file_name": _file_name,
}
