"""What a certificate costs: printing and reading back, in milliseconds of CPU, against plain reportlab on the same page.

    python bench/render.py [--rounds 40] [--json]

Every round draws other people, so that no cache of names helps; the contestants take turns within a round, and medians
are reported. Plain reportlab draws the same rules, labels and values with its own TrueType embedding (and draws variation
sequences and 外字 wrongly, which does not change its cost).
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import statistics
import time
from pathlib import Path

from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from konbinid.domain.content import (
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
from konbinid.domain.tax import AMOUNTS, COUNTS, Filing, TaxRecord
from konbinid.domain.tax_cells import tax_section, title_of
from konbinid.paper import readback
from konbinid.paper.face import FaceSet
from konbinid.paper.fonts import load_fonts, locate, open_faces
from konbinid.paper.form import POINTS
from konbinid.paper.form_file import load_forms
from konbinid.paper.layout import fixed_part, lay_out
from konbinid.paper.press import Press

ROOT = Path(__file__).resolve().parents[1]
RARE = ("葛\U000e0102", "辻\U000e0102", "邉\U000e0110", "𠮷", "𡈽", "髙", "﨑", "斎", "渡", "国")
SURNAMES = (
    "佐藤鈴木高橋田中伊渡辺山本村小林加吉井上松清阿部森池石川前岡長谷後近遠青坂福太西三浦原竹和金野安宮島"
)
GIVEN = (
    "一二三四郎太子美香恵真由紀智裕健誠浩和幸明正勝義茂清弘博修隆進豊実秀樹雄介翔大輝陽菜結衣葵凛咲莉蓮悠斗"
)
TOWNS = (
    "中央本町南北東西栄緑旭港桜花園梅松竹泉丘台坂谷川橋島浜宮寺城門前後上下新古富士見若葉日向光希望朝霧青葉"
)


def noise(width: int, height: int, seed: int) -> bytes:
    """Rows of a 1-bit image that deflates about as badly as a seal: a frame and scattered strokes."""
    draw = random.Random(seed)
    image = Image.new("1", (width, height), 0)
    for _ in range(60):
        x, y = draw.randrange(width - 40), draw.randrange(height - 40)
        image.paste(1, (x, y, x + draw.randrange(4, 40), y + draw.randrange(3, 9)))
    return image.tobytes()


SEAL = OfficialSeal(331, 331, noise(331, 331, 1), 21.0, 21.0)


def person(draw: random.Random, index: int) -> Entry:
    """An invented resident with every cell filled."""
    pick = lambda letters, count: "".join(draw.choices(letters, k=count))  # noqa: E731 - one word, used ten times
    name = draw.choice(RARE) + pick(SURNAMES, 1) + "　" + pick(GIVEN, 2)
    values = {
        "name": name,
        "name_kana": "".join(draw.choices("アイウエオカキクケコサシスセソタチツテトナニヌネノ", k=9)),
        "former_name": pick(SURNAMES, 2),
        "former_name_kana": "".join(draw.choices("ハヒフヘホマミムメモヤユヨ", k=5)),
        "birth_date": f"昭和{draw.randint(2, 63)}年{draw.randint(1, 12)}月{draw.randint(1, 28)}日",
        "sex": draw.choice("男女"),
        "relationship": draw.choice(("世帯主", "妻", "夫", "子", "母")),
        "resident_since": f"平成{draw.randint(2, 30)}年{draw.randint(1, 12)}月{draw.randint(1, 28)}日",
        "address_since": f"令和{draw.randint(2, 7)}年{draw.randint(1, 12)}月{draw.randint(1, 28)}日",
        "notified_on": f"平成{draw.randint(2, 30)}年{draw.randint(1, 12)}月{draw.randint(1, 28)}日",
        "previous_address": f"兵庫県架空郡{pick(TOWNS, 3)}町{draw.randint(1, 99)}番地の{draw.randint(1, 9)}",
        "domicile": f"大阪府架空市{pick(TOWNS, 3)}町{draw.randint(1, 99)}番地",
        "head_of_register": pick(SURNAMES, 2) + "　" + pick(GIVEN, 2),
    }
    cells = {field: Cell.of(text) for field, text in values.items()} | {"individual_number": OMITTED}
    return Entry(EntryShape.JAPANESE, f"{index:010d}", index, cells)


def household(seed: int, people: int) -> Content:
    """住民票の写し of an invented household."""
    draw = random.Random(seed)
    entries = tuple(person(draw, index) for index in range(1, people + 1))
    address = (
        f"大阪府架空市{''.join(draw.choices(TOWNS, k=3))}町{draw.randint(1, 99)}番{draw.randint(1, 99)}号"
    )
    heading = {"address": Cell.of(address), "householder": entries[0].cells["name"]}
    signature = Signature("架空市長", "青海　誠一", "令和8年11月23日", SEAL)
    number = "".join(draw.choices("23456789ABCDEFGHJKLMNPQRSTUVWXYZ", k=16))
    return Content(Kind.JUMINHYO, "2026-10", number, heading, entries, "whole", signature)


def seal_certificate(seed: int) -> Content:
    """印鑑登録証明書."""
    draw = random.Random(seed)
    entry = person(draw, 1)
    cells = {field: entry.cells[field] for field in ("name", "former_name", "birth_date")}
    cells["address"] = entry.cells["domicile"]
    entry = Entry(EntryShape.JAPANESE, entry.atena_number, 1, cells)
    signature = Signature("架空市長", "青海　誠一", "令和8年11月23日", SEAL)
    mark = SealImpression(213, 213, 400, noise(213, 213, seed))
    number = "".join(draw.choices("23456789ABCDEFGHJKLMNPQRSTUVWXYZ", k=16))
    return Content(Kind.INKAN, "2026-10", number, {}, (entry,), "only", signature, mark)


def tax_certificate(seed: int) -> Content:
    """課税証明書 with every row."""
    draw = random.Random(seed)
    entry = person(draw, 1)
    amounts = {name: draw.randrange(10_000_000) for name in AMOUNTS}
    counts = {name: draw.randrange(4) for name in COUNTS}
    address = entry.cells["domicile"].text
    record = TaxRecord(2024, Filing.FILED, address, amounts, counts, deductible_spouse=True)
    entry = Entry(EntryShape.JAPANESE, entry.atena_number, 1, {"name": entry.cells["name"]})
    signature = Signature("架空市長", "青海　誠一", "令和8年11月23日", SEAL)
    number = "".join(draw.choices("23456789ABCDEFGHJKLMNPQRSTUVWXYZ", k=16))
    return Content(
        *(Kind.KAZEI, "2026-10", number, {}, (entry,), "only", signature),
        sections={"tax": tax_section(record)},
        title=title_of(record),
    )


class Plain:
    """The same page with reportlab as it comes."""

    def __init__(self, font: Path, press: Press) -> None:
        pdfmetrics.registerFont(TTFont("plain", str(font)))
        self._press = press
        self._seal = ImageReader(Image.frombytes("1", (SEAL.width, SEAL.height), SEAL.rows))

    def draw(self, content: Content) -> bytes:
        """The finished document."""
        form = self._press.form(content)
        out = io.BytesIO()
        canvas = Canvas(
            out, pagesize=(form.width * POINTS, form.height * POINTS), initialFontName="plain", invariant=1
        )
        for sheet in lay_out(form, content):
            for piece in sheet.pieces:
                canvas.saveState()
                canvas.translate(piece.x * POINTS, (form.height - piece.y) * POINTS)
                fixed = fixed_part(form, piece.part)
                for rule in fixed.rules:
                    canvas.setLineWidth(rule.width)
                    canvas.line(*(v * POINTS for v in (rule.x1, -rule.y1, rule.x2, -rule.y2)))
                for label in fixed.labels:
                    canvas.setFont("plain", label.size)
                    for line in label.lines:
                        canvas.drawString(label.frame.x * POINTS, -(label.frame.y + 4) * POINTS, line)
                canvas.restoreState()
            for spot in sheet.spots:
                canvas.setFont("plain", spot.box.type.size)
                y = (form.height - spot.y - spot.box.frame.y - spot.box.frame.h) * POINTS
                canvas.drawString((spot.x + spot.box.frame.x) * POINTS, y, spot.text)
            canvas.drawImage(self._seal, 480, 74, 21 * POINTS, 21 * POINTS)
            canvas.showPage()
        canvas.save()
        return out.getvalue()


def timed(work, content):
    start = time.process_time()
    result = work(content)
    return (time.process_time() - start) * 1000, result


def measure(press: Press, plain: Plain, make, rounds: int) -> dict[str, float]:
    """Medians over the rounds; the first two warm up and do not count."""
    times: dict[str, list[float]] = {"print": [], "read back": [], "plain reportlab": []}
    pages, size = 1, 0
    for seed in range(rounds + 2):
        content = make(seed)
        spent, paper = timed(press.print, content)
        checked, _ = timed(lambda each, paper=paper: readback.check(paper.document, each, press), content)
        drawn, _ = timed(plain.draw, content)
        if seed < 2:
            continue
        for name, value in (("print", spent), ("read back", checked), ("plain reportlab", drawn)):
            times[name].append(value)
        pages, size = paper.pages, len(paper.document)
    result = {name: statistics.median(values) for name, values in times.items()}
    result |= {"pages": pages, "bytes": size}
    result["print per page"] = result["print"] / pages
    result["read back per page"] = result["read back"] / pages
    result["reportlab / print"] = result["plain reportlab"] / result["print"]
    result["reportlab / (print + read back)"] = result["plain reportlab"] / (
        result["print"] + result["read back"]
    )
    return result


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--rounds", type=int, default=40)
    arguments.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    chosen = arguments.parse_args()
    entries = load_fonts(ROOT / "fonts" / "fonts.toml")
    environment = os.environ
    faces = FaceSet(open_faces(entries, [], environment))
    press = Press(faces, load_forms(ROOT / "config" / "forms"))
    plain = Plain(locate(entries[0], [], environment), press)
    cases = {
        "juminhyo, 1 person": lambda seed: household(seed, 1),
        "juminhyo, 4 people": lambda seed: household(seed, 4),
        "juminhyo, 13 people": lambda seed: household(seed, 13),
        "inkan": seal_certificate,
        "kazei": tax_certificate,
    }
    results = {name: measure(press, plain, make, chosen.rounds) for name, make in cases.items()}
    if chosen.json:
        print(json.dumps(results, ensure_ascii=False, indent=2))
        return
    for name, result in results.items():
        print(name)
        for key, value in result.items():
            print(f"  {key:34s} {value:10.2f}" if isinstance(value, float) else f"  {key:34s} {value:7d}")


if __name__ == "__main__":
    main()
