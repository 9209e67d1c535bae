"""Where fuzzing begins: small good inputs for every target, made by the code that the demo and the tests make theirs with."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
from functools import cache
from pathlib import Path

import foreign_pdfs as pdfs
import gaiji_samples
import pikepdf
from fuzz_port import box
from fuzz_targets import INPUT_LIMIT, layouts
from PIL import Image

from konbinid.intake.framing import pack
from konbinid.simulator.city import City, write_city, write_gaiji
from konbinid.simulator.seals import SealCutter

STAMP = dt.datetime(2026, 11, 24, 9, 0)  # noqa: DTZ001  # names carry Japan time without an offset
LINES = 4

# Words that no mutation finds by itself.
DICTIONARY = {
    "layout": ["[[column]]", "target = ", 'form = "', "length = ", "codes = ", "[csv]", "delimiter", '"dat"', "joined", "constant"],
    "rows": ['"', '","', '""', "\r\n", "\\\\N", "\\\\", "\\xE3\\x80\\x80", "\\xF3\\xA0\\x84\\x80", "00000000", "5080605", "\\xEF\\xBB\\xBF"],
    "pdf": ["/JavaScript", "/AA", "/OpenAction", "/Kids", "/Parent", "/MediaBox", "/Rotate", "/Font", "/Contents", "/Resources", "/XObject", "/Ref", " 0 R", "<<", ">>", "[", "]", "null", "/#4aS"],
    "pdf_objects": ["obj\\x0A", "endobj\\x0A", "stream\\x0A", "xref\\x0A", "trailer\\x0A", "startxref\\x0A", " 0 R", "<<", ">>", "[", "]", "true", "null"],
    "tte": ["glyf", "loca", "cmap", "head", "hhea", "hmtx", "maxp", "\\x00\\x04", "\\x00\\x0C", "\\x00\\x0E", "\\xFF\\xFF"],
    "names": ["JUMIN_", "_F.csv", "_D.dat", "rows=", " sha256=", ".end", "20261101090000"],
    "relay_frames": ["_command", "_ask", "_answer", "_error", "transfer", "offset", "content", "\\x00\\x00", "Chunk", "Attach"],
}  # fmt: skip


@cache
def city() -> dict[str, bytes]:
    """Feed -> the first lines of a demo city's file."""
    with tempfile.TemporaryDirectory() as folder:
        write_city(
            Path(folder), City(300, 1, STAMP.date()), STAMP, cutter=SealCutter(None), seals=LINES, tax_years=1
        )
        write_gaiji(Path(folder), STAMP)
        files = [*Path(folder).glob("*.csv"), *Path(folder).glob("*.dat")]
        made = {
            each.name.partition("_")[0]: b"".join(each.read_bytes().splitlines(keepends=True)[:LINES])
            for each in files
        }
    register = '"1","R-1","大阪府","試験　太郎","00","","","","1","a.pdf","{}","0"\r\n"1","R-1","大阪府","試験　太郎","01","試験　太郎","19800203","","2","b.pdf","{}","0"\r\n'
    return made | dict.fromkeys(("KOSEKI", "FUHYO"), register.format("0a" * 32, "0b" * 32).encode())


def _layout() -> list[bytes]:
    return [each.path.read_bytes() for each in layouts()]


def _rows() -> list[bytes]:
    """Every layout with its feed's rows; those of other vendors with rows that do not fit, from which the way is short."""
    made = []
    for number, each in enumerate(layouts()):
        content = city().get(each.feed.value, b"")
        made += [
            bytes([number + kind, 128]) + content
            for kind in (0, len(layouts()) * (128 // len(layouts()) + 1))
        ]
    return [each for each in made if each[0] < 256]


def _bmp() -> list[bytes]:
    made = []
    for mode, size in (("1", (33, 9)), ("L", (20, 20)), ("P", (17, 5)), ("RGB", (9, 7))):
        picture = Image.new("RGB", size, "white")
        picture.paste("black", (2, 2, 5, 4))
        saved = io.BytesIO()
        picture.convert(mode).save(saved, "BMP")
        made.append(b"\x80" + saved.getvalue())
    return made


def _tte() -> list[bytes]:
    return [
        gaiji_samples.eudc({"\ue000": 1}),
        gaiji_samples.eudc({"\ue000": 1, "\uf8ff": 2, "\U000f0000": 3}),
    ]


def _pdf() -> list[bytes]:
    """Written out in full, so that mutations reach objects and not packed bytes; small: fonts are no part of what is looked at."""
    actions = [
        pdfs.with_action("<</S/GoTo/D[0/Fit]>>"),
        pdfs.with_root("/OpenAction<</S/JavaScript/JS(a)>>"),
        pdfs.scan(),
    ]
    made = [pdfs.by_hand(b"<</Type/Catalog/Pages 2 0 R>>", pdfs.PAGES, pdfs.PAGE)]
    for each in actions:
        with pikepdf.open(io.BytesIO(each)) as document:
            out = io.BytesIO()
            document.save(out, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
        made.append(out.getvalue())
    return [each for each in made if len(each) <= INPUT_LIMIT]


def _pdf_objects() -> list[bytes]:
    body = b"%PDF-1.7\n"
    offsets = []
    for number, content in enumerate(
        (
            b"<</Type/Catalog/Pages 2 0 R/A[1 2.5(a\\)b)<00ff>/N true null]>>",
            b"<</Length 0>>\nstream\n\nendstream",
        ),
        1,
    ):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"xref\n0 3\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % at for at in offsets)
    return [body + table + b"trailer\n<</Size 3/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % len(body)]


def _names() -> list[bytes]:
    return [
        b"JUMIN_20261101090000_000001_F.csv",
        b"rows=3 sha256=" + b"0a" * 32 + b"\n",
        b"100.bmp",
        b"..",
        "住民.csv".encode("shift_jis"),
    ]


def _framing() -> list[bytes]:
    return [pack({"progress": 3}) + pack({"done": {"rows": 1}}), b"\x00\x00\x00\x02{}"]


def _relay_frames() -> list[bytes]:
    digest = b"\x11" * 32
    offer = {
        "name": b"JUMIN_20261101090000_000001_F.csv",
        "size": b"10",
        "sha256": digest,
        "rows": b"1",
        "claimed": digest,
    }
    commands: list[tuple[bytes, dict[str, bytes]]] = [
        (b"Offer", offer),
        (b"Chunk", {"transfer": b"1", "part": b"", "offset": b"0", "content": b"rows"}),
        (b"Wanted", {"transfer": b"1", "after": b"1.bmp"}),
        (b"Attach", {"transfer": b"1", "name": b"1.bmp", "size": b"3", "sha256": digest, "content": b"BM0"}),
        (b"Unusable", {"transfer": b"1", "name": b"1.bmp", "fault": b"attachment_missing"}),
        (b"Finish", {"transfer": b"1"}),
        (b"Receipts", {}),
        (b"Receipt", {"transfer": b"1", "offset": b"0"}),
        (b"Attached", {"transfer": b"1", "after": b""}),
        (b"Taken", {"transfer": b"1"}),
        (b"Odd", {"name": b"x.end", "what": b"name"}),
    ]
    boxes = [
        box(_command=name, _ask=b"%d" % number, **values) for number, (name, values) in enumerate(commands, 2)
    ]
    return [
        *boxes,
        b"".join(boxes),
        box(_answer=b"2"),
        box(_error=b"2", _error_code=b"X", _error_description=b""),
    ]


def _relay_lists() -> list[bytes]:
    return [b"1.bmp -\n2.bmp " + b"0a" * 32, b"17 JUMIN_20261101090000_000001_F.csv", b"../x -"]


SEEDS = {
    "layout": _layout,
    "rows": _rows,
    "bmp": _bmp,
    "tte": _tte,
    "pdf": _pdf,
    "pdf_objects": _pdf_objects,
    "names": _names,
    "framing": _framing,
    "relay_frames": _relay_frames,
    "relay_lists": _relay_lists,
}
