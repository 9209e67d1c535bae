"""Prints every kind of certificate for invented households and shows them in docs/gallery: what a form looks like without starting anything.

    make gallery            (python tools/gallery.py)

The real press prints, every document is read back, and pdfium draws it. Also draws the README's 住民票の写し. What is shown of a household is the sheet that
says most: the first, and of the one with many people the last.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from PIL import Image

from konbinid.cli.library_file import read_seal_image
from konbinid.domain.content import Content, OfficialSeal
from konbinid.domain.kinds import HOUSEHOLD_KINDS, TITLES, Kind, Switch
from konbinid.domain.person import Household
from konbinid.paper import readback
from konbinid.paper.face import FaceSet
from konbinid.paper.fonts import load_fonts, locate, open_faces
from konbinid.paper.form_file import load_forms
from konbinid.paper.pictures import page_pictures
from konbinid.paper.press import Press
from konbinid.paper.sample_people import PERSONAS, PersonaName
from konbinid.paper.samples import sample_contents
from konbinid.simulator.register_pdfs import RegisterPrinter
from konbinid.simulator.registers import Member, Paper, Register

ROOT = Path(__file__).resolve().parents[1]
FORMS = ROOT / "config" / "forms"
GALLERY = ROOT / "docs" / "gallery"
README_PICTURE = ROOT / "docs" / "images" / "juminhyo.png"
DPI = 100
ISSUED_ON = date(2026, 11, 25)
GREYS = 16

_FITTED = ("長い氏名と住所: 長体、縮小、折返しの順で枠に収める", "long names and addresses, made to fit")
_RAREST = (
    "異体字 (IVS)、第2面の漢字、60文字の住所、不詳の年月日",
    "variants, plane 2, an address of 60 characters, unknown dates",
)
HOUSEHOLDS: Mapping[PersonaName, tuple[str, str]] = {
    PersonaName.MINIMAL: (
        "2人の世帯の1人、求めに応じて載せる項目なし",
        "one of two people, nothing on request",
    ),
    PersonaName.TYPICAL: (
        "3人の世帯、続柄・世帯主・本籍つき",
        "a family of three, with 続柄, 世帯主 and 本籍",
    ),
    PersonaName.LONG: _FITTED,
    PersonaName.FOREIGN: (
        "外国人住民: 中長期在留者、特別永住者、経過滞在者",
        "foreign residents of three classes, everything asked for",
    ),
    PersonaName.MANY: ("9人の世帯、3枚中3枚目", "a household of nine, the last of three sheets"),
    PersonaName.EXTREME: _RAREST,
}
REGISTERS: Mapping[Kind, tuple[Paper, tuple[str, str]]] = {
    Kind.KOSEKI_ZENBU: (
        Paper("KOSEKI", None, shows_domicile=True),
        ("戸籍の全員", "everybody in the register"),
    ),
    Kind.KOSEKI_KOJIN: (Paper("KOSEKI", 1, shows_domicile=True), ("戸籍の1人", "one person of it")),
    Kind.FUHYO: (
        Paper("FUHYO", None, shows_domicile=False),
        ("全員の住所、本籍・筆頭者は省略", "everybody's addresses, without 本籍 and 筆頭者"),
    ),
}
ALONE: Mapping[PersonaName, tuple[str, str]] = {
    PersonaName.MINIMAL: ("記録が最も少ない人", "somebody of whom little is recorded"),
    PersonaName.TYPICAL: ("ふつうの記録の人", "somebody with the usual records"),
    PersonaName.LONG: _FITTED,
    PersonaName.FOREIGN: ("外国人住民", "a foreign resident"),
    PersonaName.MANY: ("大きな世帯の人", "somebody of a large household"),
    PersonaName.EXTREME: _RAREST,
}
HEAD = """\
# 証明書の見本 / Gallery

Every kind of certificate that konbinid prints, for invented people, with 「見本」 across each sheet. Made by the real press with `make gallery`; the forms are
[config/forms](../../config/forms). Those of family registers (戸籍) are passed on unchanged as the register system made them: shown is what the demo city sends. 登場する人、住所、番号、公印はすべて架空です。
"""


@dataclass(frozen=True)
class Shown:
    """One picture of the gallery."""

    kind: Kind
    name: str
    caption: tuple[str, str]
    picture: Image.Image

    @property
    def file(self) -> str:
        """Its name in the gallery's folder."""
        return f"{self.kind}-{self.name}.png"


def make_press() -> Press:
    """The press with the pinned fonts and the shipped forms."""
    entries = load_fonts(ROOT / "fonts" / "fonts.toml")
    return Press(FaceSet(open_faces(entries, [], os.environ)), load_forms(FORMS))


def versions() -> dict[Kind, str]:
    """The kinds that have a form, in the contract's order, with the newest version."""
    found = sorted(load_forms(FORMS))
    return {kind: version for wanted in Kind for kind, version in found if kind is wanted}


def demo_seal() -> OfficialSeal:
    """The demo city's 公印, 21 mm."""
    width, height, rows = read_seal_image(ROOT / "config" / "demo" / "official_seal.png", None)
    return OfficialSeal(width, height, rows, 21.0, 21.0)


def pictures(press: Press) -> Iterator[Shown]:
    """Every kind that has a form and samples × every persona; who looks the same as the one before is left out (印鑑登録証明書 of one more household)."""
    for kind, version in versions().items():
        captions = HOUSEHOLDS if kind in HOUSEHOLD_KINDS else ALONE
        seen: set[bytes] = set()
        for name, content in sample_contents(kind, version, ISSUED_ON, seal=demo_seal()).items():
            sheets = drawn(press, content)
            picture = sheets[-1] if name is PersonaName.MANY else sheets[0]
            if picture.tobytes() not in seen:
                seen.add(picture.tobytes())
                yield Shown(kind, name, captions[name], picture)


def register_pictures() -> Iterator[Shown]:
    """What konbinid passes on unchanged: PDFs of the kind that a register system sends, as the demo city draws them."""
    family = Register("0000009000", "泉大津市東雲町１２番地", "見本　太郎")
    for name, birth, sex in (
        ("見本　太郎", "19850412", "1"),
        ("見本　花子", "19880229", "2"),
        ("見本　一", "20150109", "1"),
    ):
        family.members.append(
            Member(name, birth, sex, "", "泉大津市東雲町９番１２号　海辺ハイツ５０３号室", "20190507")
        )
    (entry, *_) = load_fonts(ROOT / "fonts" / "fonts.toml")
    printer = RegisterPrinter(locate(entry, [], os.environ), [family])
    for kind, (paper, caption) in REGISTERS.items():
        picture = _few_greys(page_pictures(printer.draw(family, paper), DPI)[0])
        yield Shown(kind, "register", caption, picture)


def readme_picture(press: Press) -> Image.Image:
    """住民票の写し of a family of four."""
    (many,) = (persona for persona in PERSONAS if persona.name is PersonaName.MANY)
    four = Household(many.household.number, many.household.members[:4])
    show = frozenset({Switch.RELATIONSHIP, Switch.HOUSEHOLDER, Switch.DOMICILE})
    family = replace(many, household=four, printed=4, show=show)
    contents = sample_contents(
        Kind.JUMINHYO, versions()[Kind.JUMINHYO], ISSUED_ON, seal=demo_seal(), personas=(family,)
    )
    return drawn(press, contents[many.name])[0]


def drawn(press: Press, content: Content) -> list[Image.Image]:
    """Its sheets, printed, read back and drawn, in a few greys. ReadbackMismatch."""
    printed = press.print(content)
    readback.check(printed.document, content, press)
    return [_few_greys(page) for page in page_pictures(printed.document, DPI)]


def _few_greys(page: Image.Image) -> Image.Image:
    top = GREYS - 1
    few = Image.frombytes(
        "P", page.size, page.point([round(level * top / 255) for level in range(256)]).tobytes()
    )
    few.putpalette([level * 255 // top for level in range(GREYS) for _ in range(3)])
    return few


def index_of(shown: list[Shown]) -> str:
    """docs/gallery/README.md."""
    parts = [HEAD]
    for kind in dict.fromkeys(each.kind for each in shown):
        parts.append(f"\n## {TITLES[kind]} ({kind})\n\n")
        own = [each for each in shown if each.kind is kind]
        for first in range(0, len(own), 3):
            row = own[first : first + 3]
            cells = [f"![{TITLES[kind]}: {each.name}]({each.file})" for each in row]
            words = [f"{each.caption[0]}<br>{each.caption[1]}" for each in row]
            if first == 0:
                parts += [f"| {' | '.join(cells)} |\n", f"|{'---|' * len(row)}\n"]
            else:
                parts.append(f"| {' | '.join(cells)} |\n")
            parts.append(f"| {' | '.join(words)} |\n")
    return "".join(parts)


def main() -> None:
    """Write the folder anew."""
    press = make_press()
    shown = [*pictures(press), *register_pictures()]
    GALLERY.mkdir(exist_ok=True)
    for stale in GALLERY.iterdir():
        stale.unlink()
    for each in shown:
        each.picture.save(GALLERY / each.file, optimize=True, bits=4)
        print(f"{(GALLERY / each.file).stat().st_size:8d}  docs/gallery/{each.file}")
    (GALLERY / "README.md").write_text(index_of(shown), encoding="utf-8")
    readme_picture(press).save(README_PICTURE, optimize=True, bits=4)
    print(f"{README_PICTURE.stat().st_size:8d}  docs/images/{README_PICTURE.name}")


if __name__ == "__main__":
    main()
