"""PDFs as a register system makes them, of people who do not exist: drawn with reportlab, every one marked 見本.

The look is that of 戸籍全部事項証明書 and 戸籍の附票の写し; the wording is short. The font is cut down once to the characters of all
the papers, so that each PDF, which has a subset of its own, is made in milliseconds.
"""

from __future__ import annotations

import hashlib
import io
import itertools
from typing import TYPE_CHECKING, NamedTuple

from fontTools import subset
from fontTools.ttLib import TTFont as FontFile
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from konbinid.simulator.addresses import CITY
from konbinid.simulator.gaiji import gaiji_font
from konbinid.simulator.registers import CURRENT, IN_PROGRESS, REMOVED
from konbinid.simulator.rows import MALE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from konbinid.simulator.registers import Member, Paper, Register

_OWN = "RegisterGaiji"
_PER_SHEET = 4
_LEFT, _RIGHT, _TOP, _STEP = 56.0, A4[0] - 56.0, A4[1] - 64.0, 17.0

_TITLES = {
    ("KOSEKI", True): "戸籍全部事項証明書",
    ("KOSEKI", False): "戸籍個人事項証明書",
    ("FUHYO", True): "戸籍の附票の写し（全部）",
    ("FUHYO", False): "戸籍の附票の写し（一部）",
}
_SENTENCES = {
    ("KOSEKI", True): "これは、戸籍に記録されている事項の全部を証明した書面の見本である。",
    ("KOSEKI", False): "これは、戸籍中の一部の者について記録されている事項の全部を証明した書面の見本である。",
    ("FUHYO", True): "これは、戸籍の附票に記録されている事項の全部を証明した書面の見本である。",
    ("FUHYO", False): "これは、戸籍の附票に記録されている事項の一部を証明した書面の見本である。",
}
_STATES = {CURRENT: "", IN_PROGRESS: "（届出処理中）", REMOVED: "　除　籍"}
_ERAS = (
    (20190501, "令和", 2018),
    (19890108, "平成", 1988),
    (19261225, "昭和", 1925),
    (19120730, "大正", 1911),
)
_FIXED = "本籍氏名筆頭者記録されている【】生年月日不詳父母続柄長男女住所を定めた事項省略（）・発行番号枚中目元明治公印試験用架空の人物です市長見太郎"


class Line(NamedTuple):
    """One line of a paper: a label in the left column and what stands beside it."""

    label: str
    text: str


class RegisterPrinter:
    """Draws the papers of some registers. `font`: the base font's file."""

    def __init__(self, font: Path, registers: Iterable[Register]) -> None:
        wanted = (
            set(_FIXED) | set("0123456789KF-　 ") | set("".join([*_TITLES.values(), *_SENTENCES.values()]))
        )
        wanted |= {each for state in _STATES.values() for each in state} | set(CITY)
        wanted |= {each for _, era, _ in _ERAS for each in era}
        for register in registers:
            wanted |= set(register.domicile + register.head)
            wanted |= {each for one in register.members for each in one.name + one.address}
        # reportlab knows fonts by their names for as long as the process lives: another selection of characters is another font.
        digest = hashlib.sha256("".join(sorted(wanted)).encode()).hexdigest()
        self._font = f"RegisterMincho{digest[:12]}"
        self._has = _register_font(font, self._font, wanted)

    def can_draw(self, register: Register) -> bool:
        """Whether everything that stands in a register can be drawn and read again: reportlab draws no variants (異体字), and its text layer
        has no room for characters beyond the first 65,536."""
        text = register.domicile + register.head + "".join(one.name + one.address for one in register.members)
        return (
            all(character in self._has or _is_own(character) for character in text) and max(text) <= "\uffff"
        )

    def draw(self, register: Register, paper: Paper) -> bytes:
        """The PDF of one paper; the same bytes every time."""
        chosen = register.members if paper.member is None else [register.members[paper.member]]
        sheets = [chosen[at : at + _PER_SHEET] for at in range(0, len(chosen), _PER_SHEET)] or [[]]
        made = _Sheets(self._font)
        for number, people in enumerate(sheets, start=1):
            made.draw(register, paper, people, f"{len(sheets)}枚中{number}枚目")
        return made.finished()


def _register_font(path: Path, name: str, wanted: set[str]) -> frozenset[str]:
    """Make a part of the font known to reportlab; returns the characters that it has."""
    options = subset.Options(layout_features=[], name_IDs=[1, 2, 4, 6])
    options.drop_tables += ["GSUB", "GPOS", "VORG", "vhea", "vmtx"]
    with FontFile(path, lazy=True, recalcTimestamp=False) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=map(ord, wanted))
        cutter.subset(font)
        found = frozenset(map(chr, font.getBestCmap()))
        for which in (1, 4, 6):
            font["name"].setName(name, which, 3, 1, 0x409)
            font["name"].setName(name, which, 1, 0, 0)
        made = io.BytesIO()
        font.save(made)
    made.seek(0)
    pdfmetrics.registerFont(TTFont(name, made))
    pdfmetrics.registerFont(TTFont(_OWN, io.BytesIO(gaiji_font())))
    return found


def _is_own(character: str) -> bool:
    return "\ue000" <= character <= "\uf8ff"


class _Sheets:
    """A document in the making: text in one font, the city's own characters in theirs."""

    def __init__(self, font: str) -> None:
        self._font = font
        self._made = io.BytesIO()
        self._canvas = Canvas(self._made, pagesize=A4, initialFontName=font, invariant=1)

    def finished(self) -> bytes:
        """The document's bytes."""
        self._canvas.save()
        return self._made.getvalue()

    def draw(self, register: Register, paper: Paper, people: list[Member], place: str) -> None:
        """One sheet, with these people."""
        form = (paper.feed, paper.member is None)
        self._draw_mark()
        self._write(_LEFT, _TOP, _TITLES[form], 17)
        self._write(_RIGHT - 90, _TOP, place, 9)
        y = _TOP - 34
        for line in _heading(register, paper):
            y = self._draw_line(y, line)
        for one in people:
            self._canvas.line(_LEFT, y + _STEP - 4, _RIGHT, y + _STEP - 4)
            for line in _about(register, paper, one):
                y = self._draw_line(y, line)
        self._canvas.rect(_LEFT - 6, y + 6, _RIGHT - _LEFT + 12, _TOP - 20 - (y + 6))
        self._write(_LEFT, 118, f"発行番号　{register.number}-{'F' if paper.feed == 'FUHYO' else 'K'}", 9)
        self._write(_LEFT, 96, _SENTENCES[form])
        self._write(_LEFT + 120, 62, f"{CITY}長　見本　太郎", 12)
        self._canvas.rect(_LEFT + 330, 34, 54, 54)
        self._write(_LEFT + 339, 66, "見本", 18)
        self._write(_LEFT + 339, 43, "公印", 18)
        self._canvas.showPage()

    def _write(self, x: float, y: float, text: str, size: float = 10.5) -> None:
        for own, characters in itertools.groupby(text, _is_own):
            font, run = (_OWN if own else self._font), "".join(characters)
            self._canvas.setFont(font, size)
            self._canvas.drawString(x, y, run)
            x += self._canvas.stringWidth(run, font, size)

    def _draw_line(self, y: float, line: Line) -> float:
        self._write(_LEFT, y, line.label)
        self._write(_LEFT + 150, y, line.text)
        return y - _STEP

    def _draw_mark(self) -> None:
        """見本 across the sheet, behind the text."""
        self._canvas.saveState()
        self._canvas.setFillGray(0.88)
        self._canvas.translate(A4[0] / 2, A4[1] / 2)
        self._canvas.rotate(45)
        self._write(-150, -60, "見本", 150)
        self._canvas.restoreState()


def _heading(register: Register, paper: Paper) -> list[Line]:
    if paper.feed == "FUHYO" and not paper.shows_domicile:
        return [Line("本籍・筆頭者", "（省略）")]
    label = "氏名" if paper.feed == "KOSEKI" else "筆頭者"
    return [Line("本籍", register.domicile), Line(label, register.head + _STATES[register.state])]


def _about(register: Register, paper: Paper, one: Member) -> list[Line]:
    state = _STATES[one.state if register.state == CURRENT else register.state]
    if paper.feed == "FUHYO":
        return [
            Line("【氏名】", one.name + state),
            Line("【住所】", one.address),
            Line("【住所を定めた年月日】", _day(one.since)),
        ]
    family, _, given = one.name.partition("　")
    # As registers do: the family name stands once, at the head; whoever was removed under another name is given in full.
    name = given if register.head.startswith(f"{family}　") else one.name
    return [
        Line("戸籍に記録されている者", f"【名】{name}{state}"),
        Line("", f"【生年月日】{_day(one.birth)}"),
        Line("", f"【父】省略【母】省略【続柄】{'長男' if one.sex == MALE else '長女'}"),
    ]


def _day(text: str) -> str:
    """A day in its era, unknown parts as such."""
    if text == "00000000":
        return "不詳"
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    latest = year * 10000 + (month or 12) * 100 + (day or 31)
    era, before = next(((era, before) for first, era, before in _ERAS if latest >= first), ("明治", 1867))
    count = "元" if year - before == 1 else str(year - before)
    if not month:
        return f"{era}{count}年月日不詳"
    return f"{era}{count}年{month}月{f'{day}日' if day else '日不詳'}"
