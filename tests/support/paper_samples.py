"""Synthetic people, a 外字 font and seals for the paper's tests. Nobody here exists."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from pathlib import Path

import cases
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image, ImageDraw, ImageFont

from konbinid.domain.content import (
    BLANK,
    OMITTED,
    Cell,
    Content,
    Entry,
    EntryShape,
    OfficialSeal,
    SealImpression,
    Signature,
)
from konbinid.domain.kinds import Kind
from konbinid.domain.tax import AMOUNTS, COUNTS
from konbinid.domain.tax_cells import tax_section, title_of

ROOT = Path(__file__).resolve().parents[2]
FONT = Path("/usr/share/fonts/truetype/ipamj/ipamjm.ttf")
VERSION = "2026-10"
NUMBER = "7K3Q-9WMX-2PTD-4HNC"


def drawn_seal(text: str, pixels: int, font: Path = FONT) -> bytes:
    """A square seal, 1 = ink, with vertical text in a frame."""
    image = Image.new("1", (pixels, pixels), 0)
    pen = ImageDraw.Draw(image)
    edge = max(2, pixels // 24)
    for step in range(edge):
        pen.rectangle((step, step, pixels - 1 - step, pixels - 1 - step), outline=1)
    columns = -(-len(text) // 3)
    size = int(pixels * 0.86 / max(3, columns))
    face = ImageFont.truetype(str(font), size)
    for index, char in enumerate(text):
        column, row = divmod(index, 3)
        x = pixels / 2 + (columns / 2 - 1 - column) * size
        pen.text((x, pixels * 0.07 + row * size), char, font=face, fill=1, stroke_width=pixels // 160)
    return image.tobytes()


def official_seal() -> OfficialSeal:
    """An invented mayor's seal, 21 mm at 400 dpi."""
    return OfficialSeal(331, 331, drawn_seal("架空市長之印架空", 331), 21.0, 21.0)


def impression(width: int = 213, height: int = 213, dpi: int = 400) -> SealImpression:
    """A registered seal: 13.5 mm at 400 dpi, round."""
    image = Image.new("1", (width, height), 0)
    pen = ImageDraw.Draw(image)
    pen.ellipse((0, 0, width - 1, height - 1), outline=1, width=max(2, width // 28))
    face = ImageFont.truetype(str(FONT), int(height * 0.42))
    pen.text((width * 0.29, height * 0.06), "青", font=face, fill=1, stroke_width=1)
    pen.text((width * 0.29, height * 0.48), "海", font=face, fill=1, stroke_width=1)
    return SealImpression(width, height, dpi, image.tobytes())


def gaiji_font(units: int = 256, shift: int = 0) -> bytes:
    """A font as the Windows editor saves it: U+E000 a box, U+E001 a box in a box, U+E002 made of both, U+E003
    mapped but without ink, and U+F0000 in plane 15. ``shift`` moves the outlines: another version."""

    def box(inset: int) -> object:
        pen = TTGlyphPen(None)
        low, high = inset + shift, units - inset + shift
        pen.moveTo((low, low))
        for point in ((low, high), (high, high), (high, low)):
            pen.lineTo(point)
        pen.closePath()
        return pen.glyph()

    builder = FontBuilder(units, isTTF=True)
    names = [".notdef", "one", "two", "both", "empty", "far"]
    builder.setupGlyphOrder(names)
    points = {0xE000: "one", 0xE001: "two", 0xE002: "both", 0xE003: "empty", 0xF0000: "far"}
    builder.setupCharacterMap(points)
    both = TTGlyphPen({"one": None, "two": None})
    both.addComponent("one", (0.5, 0, 0, 0.5, 0, 0))
    both.addComponent("two", (0.5, 0, 0, 0.5, units // 2, 0))
    empty = TTGlyphPen(None).glyph()
    glyphs = dict(zip(names, [empty, box(20), box(60), both.glyph(), empty, box(90)], strict=True))
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics(dict.fromkeys(names, (units, 0)))
    builder.setupHorizontalHeader(ascent=round(units * 0.86), descent=-round(units * 0.14))
    builder.setupNameTable({"familyName": "EUDC", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    saved = io.BytesIO()
    builder.save(saved)
    return saved.getvalue()


def signature(issued_on: str = "令和8年11月23日") -> Signature:
    return Signature("架空市長", "青海　誠一", issued_on, official_seal())


def japanese(name: str = "青海　花子", index: int = 1, **cells: Cell) -> Entry:
    """A Japanese resident with every field of 住民票の写し."""
    values = {
        "name": Cell.of(name),
        "name_kana": Cell.of("アオウミ　ハナコ"),
        "former_name": BLANK,
        "former_name_kana": BLANK,
        "birth_date": Cell.of("昭和60年4月12日"),
        "sex": Cell.of("女"),
        "relationship": Cell.of("妻"),
        "resident_since": Cell.of("平成24年6月1日"),
        "address_since": Cell.of("令和元年5月7日"),
        "notified_on": Cell.of("平成24年6月4日"),
        "previous_address": Cell.of("兵庫県架空郡見本町大字試験１２３番地の４"),
        "domicile": Cell.of("大阪府架空市東雲町１２番地"),
        "head_of_register": Cell.of("青海　太郎"),
        "individual_number": OMITTED,
    }
    return Entry(EntryShape.JAPANESE, f"{index:010d}", index, values | cells)


def foreign(name: str = "SAMPLE MARIA CRISTINA", index: int = 1, **cells: Cell) -> Entry:
    """A foreign resident with every field of 住民票の写し."""
    values = {
        "name": Cell.of(name),
        "alias": Cell.of("見本　マリア"),
        "birth_date": Cell.of("1991年2月28日"),
        "sex": Cell.of("女"),
        "relationship": Cell.of("妻"),
        "resident_since": Cell.of("平成29年9月3日"),
        "address_since": Cell.of("平成29年9月3日"),
        "notified_on": Cell.of("平成29年9月11日"),
        "previous_address": OMITTED,
        "nationality": Cell.of("ブラジル"),
        "article_30_45": Cell.of("中長期在留者"),
        "residence_status": Cell.of("永住者"),
        "period_of_stay": OMITTED,
        "stay_expires_on": OMITTED,
        "residence_card_number": Cell.of("ZZ00000000AA"),
        "alias_history": Cell.of("記載　平成30年1月5日　架空市"),
        "individual_number": Cell.of("000000000000"),
    }
    return Entry(EntryShape.FOREIGN, f"{index:010d}", index, values | cells)


def juminhyo(*entries: Entry, **changes: object) -> Content:
    content = Content(
        kind=Kind.JUMINHYO,
        form_version=VERSION,
        issuance_number=NUMBER,
        heading={
            "address": Cell.of("大阪府架空市東雲町９番１２号　海辺ハイツ５０３号室"),
            "householder": Cell.of("青海　太郎"),
        },
        entries=entries or (japanese(),),
        sentence="whole",
        signature=signature(),
    )
    return replace(content, **changes)


def kisaijiko(*entries: Entry, **changes: object) -> Content:
    changes.setdefault("kind", Kind.KISAIJIKO)
    changes.setdefault("heading", {"address": Cell.of("大阪府架空市東雲町９番１２号")})
    return juminhyo(*entries, **changes)


def only(entry: Entry, *fields: str) -> Entry:
    """The entry with these fields and no others."""
    return replace(entry, cells={name: entry.cells[name] for name in fields})


def inkan(entry: Entry | None = None, **changes: object) -> Content:
    person = entry or only(japanese(), "name", "birth_date")
    person = replace(person, cells={**person.cells, "address": Cell.of("大阪府架空市東雲町９番１２号")})
    changes.setdefault("impression", impression())
    return juminhyo(person, kind=Kind.INKAN, heading={}, sentence="only", **changes)


RARE = (
    "葛\U000e0102",
    "辻\U000e0102",
    "邉\U000e0110",
    "𠮷",
    "𡈽",
    "髙",
    "﨑",
    "\ue000",
    "\ue002",
    "\U000f0000",
)


def family(seed: int, size: int) -> tuple[Entry, ...]:
    """A household of invented people with rare characters in their names, Japanese and foreign."""
    draw = random.Random(seed)
    surname = draw.choice(RARE) + draw.choice("野山川田原")
    people = []
    for index in range(1, size + 1):
        given = "".join(draw.choices("一二三郎子美香恵真由紀智裕健誠浩和幸明", k=2))
        make = foreign if draw.random() < 0.2 else japanese
        people.append(make(f"{surname}　{given}", index))
    return tuple(people)


def kazei(year: int = 2024, entry: Entry | None = None, **changes: object) -> Content:
    """課税証明書, by default of 令和6年度, when every row of the form stands, and with every cell unlike the others; ``record`` changes the record."""
    numbers = {name: 1_000_000 + 1_001 * place for place, name in enumerate(AMOUNTS)}
    numbers |= {name: 2 + place for place, name in enumerate(COUNTS)}
    record = cases.tax_record(year, **{**numbers, "dividend_income": -45_678, **changes.pop("record", {})})
    section = tax_section(record)
    changes = {"sections": {"tax": section}, "title": title_of(record), **changes}
    person = entry or only(japanese("葛\U000e0102城　花子"), "name")
    return juminhyo(person, kind=Kind.KAZEI, heading={}, sentence="only", **changes)
