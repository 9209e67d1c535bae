"""PDFs as register systems make them, and as nobody should: what tests of intake and of the examination start from.

The honest ones are drawn with reportlab in a subset of the base font; the others are made of them with pikepdf, or written by hand.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
from fontTools import subset
from fontTools.ttLib import TTFont as FontFile
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

FONT = Path(os.environ.get("KONBINID_FONT", "/usr/share/fonts/truetype/ipamj/ipamjm.ttf"))
FONT_NAME = "ForeignMincho"
# Every character that a test's PDF may show.
CHARACTERS = "試験戸籍全部個人事項証明書附票写本籍氏名筆頭者生年月日大阪府泉大津市東雲町番地太郎花子次吉一二三四五六七八九〇　0123456789 葛見本枚中目𠮷"


@cache
def _font() -> str:
    options = subset.Options(layout_features=[], name_IDs=[1, 2, 4, 6])
    options.drop_tables += ["GSUB", "GPOS", "VORG", "vhea", "vmtx"]
    with FontFile(FONT, lazy=True) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(text=CHARACTERS)
        cutter.subset(font)
        # reportlab knows a font by the name that stands in it, for the whole process: another's part of the same font must not be taken for it.
        for which in (1, 4, 6):
            font["name"].setName(FONT_NAME, which, 3, 1, 0x409)
            font["name"].setName(FONT_NAME, which, 1, 0, 0)
        made = io.BytesIO()
        font.save(made)
    made.seek(0)
    pdfmetrics.registerFont(TTFont(FONT_NAME, made))
    return FONT_NAME


def drawn(lines: Sequence[str], pages: int = 1, size: tuple[float, float] = A4) -> bytes:
    """An honest document: these lines on every page, nothing else."""
    made = io.BytesIO()
    canvas = Canvas(made, pagesize=size, initialFontName=_font(), invariant=1)
    for page in range(pages):
        canvas.setFont(FONT_NAME, 12)
        for at, line in enumerate([*lines, f"{pages}枚中{page + 1}枚目"]):
            canvas.drawString(60, size[1] - 60 - 20 * at, line)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def paper(*names: str, pages: int = 1) -> bytes:
    """A register's paper that names these people."""
    return drawn(
        ["戸籍全部事項証明書", "本籍　大阪府泉大津市東雲町9番地", *(f"氏名　{name}" for name in names)], pages
    )


def scan(pages: int = 1) -> bytes:
    """A document without text: pictures of old paper."""
    made = io.BytesIO()
    canvas = Canvas(made, pagesize=A4, initialFontName=_font(), invariant=1)
    for _ in range(pages):
        canvas.rect(50, 50, 400, 700, fill=1)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def changed(content: bytes, change: Callable[[pikepdf.Pdf], Any], **save: Any) -> bytes:
    """A document after ``change`` was done to it; ``save`` as pikepdf.Pdf.save has it."""
    with pikepdf.open(io.BytesIO(content)) as document:
        change(document)
        made = io.BytesIO()
        document.save(made, deterministic_id="encryption" not in save, **save)
    return made.getvalue()


def with_action(action: str, *, hidden: bool = False) -> bytes:
    """An honest document that does something when it is opened. ``hidden``: everything lies in object streams."""

    def change(document: pikepdf.Pdf) -> None:
        document.Root.OpenAction = document.make_indirect(pikepdf.Object.parse(action.encode()))

    mode = pikepdf.ObjectStreamMode.generate if hidden else pikepdf.ObjectStreamMode.disable
    return changed(paper("試験太郎"), change, object_stream_mode=mode)


def with_annotation(annotation: str) -> bytes:
    """An honest document with an annotation on its first page."""

    def change(document: pikepdf.Pdf) -> None:
        note = document.make_indirect(pikepdf.Object.parse(annotation.encode()))
        document.pages[0].obj.Annots = document.make_indirect(pikepdf.Array([note]))

    return changed(paper("試験太郎"), change)


def with_root(entries: str) -> bytes:
    """An honest document whose catalogue holds these entries, too."""

    def change(document: pikepdf.Pdf) -> None:
        for key, value in pikepdf.Object.parse(f"<<{entries}>>".encode()).items():
            document.Root[key] = value

    return changed(paper("試験太郎"), change)


def with_page(entries: str) -> bytes:
    """An honest document whose first page holds these entries instead of its own."""

    def change(document: pikepdf.Pdf) -> None:
        for key, value in pikepdf.Object.parse(f"<<{entries}>>".encode()).items():
            document.pages[0].obj[key] = value

    return changed(paper("試験太郎"), change)


def by_hand(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A document written byte by byte: objects 1, 2, …; the first is the catalogue. Names stand as they are given, escapes included."""
    text = b"%PDF-1.7\n"
    offsets = []
    for number, each in enumerate(objects, start=1):
        offsets.append(len(text))
        text += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(text)
    text += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return text + b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        trailer,
        start,
    )


PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595.276 841.89]/Resources<<>>>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
