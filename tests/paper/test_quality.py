"""What a city, a print shop and an archive may rely on in every PDF: PDF/A-2u structure, black only, small, the same bytes for the same content.

Each is looked at with programs that share nothing with the press: qpdf (objects), pdfium, poppler and mupdf (pixels), fontTools (embedded fonts). veraPDF,
which validates PDF/A as a whole, could not be had from the registries: what stands here is not its verdict.
"""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise

import golden_cases
import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from other_tools import tool
from paper_samples import FONT, ROOT, foreign, inkan, japanese, juminhyo, only
from PIL import Image, ImageChops

from konbinid.domain.kinds import Kind
from konbinid.paper import readback
from konbinid.paper.expectation import expect
from konbinid.paper.face import tokens_of
from konbinid.paper.form_file import load_forms
from konbinid.paper.watermark import GREY

FORMS = load_forms(ROOT / "config" / "forms")
SAMPLES = {
    f"{kind} {name}": next(golden_cases.contents(kind, version, name))[1]
    for kind, version, name in golden_cases.keys(FORMS)
    if name in {"typical", "extreme"}
}
OURS = {
    "juminhyo, not a specimen": juminhyo(
        japanese("葛\U000e0102城　\ue000\U000f0000"), foreign("SAMPLE MARIA", 2)
    ),
    "inkan, not a specimen": inkan(only(japanese("𠮷野　花子"), "name", "birth_date")),
}
MOST_BYTES = 60 * 1024  # a sheet of 住民票の写し
DPI = 100
NO_ICC = "-N"  # Debian's mutool is built without, and says so of every document with an output intent


@pytest.fixture(params=SAMPLES | OURS)
def content(request):
    return (SAMPLES | OURS)[request.param]


@pytest.fixture
def path(press, content, tmp_path):
    place = tmp_path / "paper.pdf"
    place.write_bytes(press.print(content).document)
    return place


class Objects:
    """The objects of a document as qpdf reads them, streams decoded; strings are qpdf's: ``/Name``, ``u:text``, ``b:bytes in hex``, ``7 0 R``."""

    def __init__(self, path) -> None:
        command = [
            tool("qpdf"),
            "--json=2",
            "--json-stream-data=inline",
            "--decode-level=generalized",
            str(path),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert not done.stderr
        header, objects = json.loads(done.stdout)["qpdf"]
        self.version = header["pdfversion"]
        self._objects = objects
        self.trailer = objects["trailer"]["value"]

    def get(self, value):
        """What a reference leads to; anything else as it is."""
        while isinstance(value, str) and re.fullmatch(r"\d+ \d+ R", value):
            found = self._objects[f"obj:{value}"]
            value = found["stream"] if "stream" in found else found["value"]
        return value

    def data(self, reference):
        return base64.b64decode(self.get(reference)["data"])

    def dictionaries(self):
        for name, found in self._objects.items():
            value = found["stream"]["dict"] if "stream" in found else found.get("value")
            if name != "trailer":
                yield from _dictionaries(value)


def _dictionaries(value):
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _dictionaries(each)


def test_a_file_for_the_archive(path):
    """ISO 19005-2, 6.1: header with a binary comment, an ID, nothing encrypted, no JavaScript, action, attachment, form or layer, no LZW and
    nothing outside the file; a language (what level U leaves free, and readers ask for)."""
    head = path.read_bytes()[:32].split(b"\n")
    objects = Objects(path)
    catalogue = objects.get(objects.trailer["/Root"])
    assert head[0] == b"%PDF-1.7"
    assert head[1].startswith(b"%")
    assert all(byte > 127 for byte in head[1][1:5])
    assert len(objects.trailer["/ID"]) == 2
    assert "/Encrypt" not in objects.trailer
    assert catalogue["/Lang"] == "u:ja-JP"
    keys = Counter(key for each in objects.dictionaries() for key in each)
    banned = {
        "/AA",
        "/OpenAction",
        "/JavaScript",
        "/JS",
        "/Names",
        "/EmbeddedFiles",
        "/AF",
        "/AcroForm",
        "/XFA",
        "/OCProperties",
        "/Annots",
        "/F",
        "/FFilter",
        "/URI",
    }
    assert not banned & set(keys)
    filters = {each["/Filter"] for each in objects.dictionaries() if "/Filter" in each}
    assert filters <= {"/FlateDecode"}


def test_metadata_and_output_intent(path):
    """6.2.3 and 6.6: one intent for grey, XMP that no filter hides, and an information dictionary that says the same."""
    objects = Objects(path)
    catalogue = objects.get(objects.trailer["/Root"])
    (intent,) = [objects.get(each) for each in objects.get(catalogue["/OutputIntents"])]
    profile = objects.get(intent["/DestOutputProfile"])
    metadata = objects.get(catalogue["/Metadata"])
    title = objects.get(objects.trailer["/Info"])["/Title"].removeprefix("u:")
    xmp = objects.data(catalogue["/Metadata"]).decode("utf-8")
    assert (intent["/S"], profile["dict"]["/N"]) == ("/GTS_PDFA1", 1)
    assert objects.data(intent["/DestOutputProfile"])[16:20] == b"GRAY"
    assert (metadata["dict"]["/Type"], metadata["dict"]["/Subtype"]) == ("/Metadata", "/XML")
    assert "/Filter" not in metadata["dict"]
    assert 'pdfaid:part="2" pdfaid:conformance="U"' in xmp
    assert f">{title}</rdf:li>" in xmp


def test_fonts_are_whole(path):
    """6.2.11: every font is embedded, its codes are its glyphs, its widths are the program's, and every code but .notdef has characters (level U)
    that are none of U+0000, U+FEFF and U+FFFE."""
    objects = Objects(path)
    fonts = [each for each in objects.dictionaries() if each.get("/Subtype") == "/Type0"]
    assert fonts
    for font in fonts:
        (inner,) = [objects.get(each) for each in objects.get(font["/DescendantFonts"])]
        descriptor = objects.get(inner["/FontDescriptor"])
        program = TTFont(io.BytesIO(objects.data(descriptor["/FontFile2"])))
        assert font["/Encoding"] == "/Identity-H"
        assert (inner["/Subtype"], inner["/CIDToGIDMap"]) == ("/CIDFontType2", "/Identity")
        assert re.fullmatch(r"/[A-Z]{6}\+\S+", font["/BaseFont"])
        assert font["/BaseFont"] == inner["/BaseFont"] == descriptor["/FontName"]
        _check_widths(inner, program)
        codes = _meanings(objects.data(font["/ToUnicode"]))
        glyphs = len(program.getGlyphOrder())
        assert codes
        assert all(0 < code < glyphs for code in codes)
        assert not {"\0", "\ufeff", "\ufffe"} & set("".join(codes.values()))


def _check_widths(inner, program):
    """/W says what is not one em; the law allows a thousandth of an em between the two."""
    said = {}
    runs = iter(inner["/W"])
    for first in runs:
        said |= dict(enumerate(next(runs), first))
    units = program["head"].unitsPerEm
    for code, name in enumerate(program.getGlyphOrder()):
        assert said.get(code, 1000) == pytest.approx(1000 * program["hmtx"][name][0] / units, abs=1)


def _meanings(cmap):
    found = re.findall(rb"<(\w{4})> <(\w+)>\n", cmap.partition(b"endcodespacerange")[2])
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in found}


def _pixels(path, program, folder):
    """The first sheet in colour, drawn by one of three programs."""
    if program == "pdfium":
        with pypdfium2.PdfDocument(path) as pdf:
            return pdf[0].render(scale=DPI / 72).to_pil().convert("RGB")
    out = folder / f"{program}.ppm"
    command = {
        "poppler": [
            tool("pdftoppm"),
            "-r",
            str(DPI),
            "-f",
            "1",
            "-l",
            "1",
            "-singlefile",
            path,
            out.with_suffix(""),
        ],
        "mupdf": [tool("mutool"), "draw", "-q", NO_ICC, "-r", str(DPI), "-c", "rgb", "-o", out, path, "1"],
    }[program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert not done.stderr
    with Image.open(out) as picture:
        return picture.convert("RGB")


@pytest.mark.parametrize("program", ["pdfium", "poppler", "mupdf"])
def test_no_coloured_pixel(path, program, tmp_path):
    """Black on white, whoever draws it: red, green and blue are the same in every pixel."""
    red, green, blue = _pixels(path, program, tmp_path).split()
    assert red.getextrema() == (0, 255)
    for one, other in pairwise((red, green, blue, red)):
        assert ImageChops.difference(one, other).getbbox() is None


@pytest.mark.parametrize("name", SAMPLES)
def test_black_only_but_for_a_pale_watermark(press, name):
    """A specimen differs from the certificate by its watermark alone, which leaves at most 20 % ink; read-back finds nothing grey in the certificate
    and this one grey in the specimen."""
    specimen = SAMPLES[name]
    certificate = golden_cases.replace(specimen, specimen=False)
    shown = []
    for each in (certificate, specimen):
        document = press.print(each).document
        readback.check(document, each, press)
        with pypdfium2.PdfDocument(document) as pdf:
            shown.append(pdf[0].render(scale=DPI / 72, grayscale=True).to_pil())
    watermark = ImageChops.subtract(shown[0], shown[1])
    assert 255 - round(255 * GREY) - 1 <= watermark.getextrema()[1] <= 255 * 0.2
    assert ImageChops.subtract(shown[1], shown[0]).getbbox() is None


def test_mupdf_reads_the_characters(press, content, path):
    """A fourth reader: no complaint, and the characters of every sheet, IVS included and 外字 as their code points."""
    done = subprocess.run(
        [tool("mutool"), "draw", "-q", NO_ICC, "-F", "txt", path], capture_output=True, check=True
    )
    assert not done.stderr
    # mutool writes the two surrogates of a selector apart when they follow another character in one ToUnicode entry.
    text = done.stdout.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16")
    expected = "".join(sheet.everything() for sheet in expect(press.form(content), content))
    assert Counter(tokens_of(re.sub(r"\s", "", text))) == Counter(tokens_of(re.sub(r"\s", "", expected)))


def test_a_full_sheet_is_small(press):
    """At most 60 KB a sheet: four people in a household with everything asked for, of whom no two share a name, an address or a register; and every persona
    but one. The extreme one, with names and addresses that nobody has, is held to what it measures."""
    sizes = {
        name: len(paper.document) / paper.pages
        for kind, version, name in golden_cases.keys(FORMS)
        if kind is Kind.JUMINHYO
        for paper in [press.print(next(golden_cases.contents(kind, version, name))[1])]
    }
    extreme = sizes.pop("extreme")
    assert "full-sheet" in sizes
    assert max(sizes.values()) <= MOST_BYTES, sizes
    assert extreme <= 66 * 1024


PROGRAM = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
import golden_cases
from paper_samples import FONT, ROOT, gaiji_font
from konbinid.paper.face import Face, FaceSet
from konbinid.paper.form_file import load_forms
from konbinid.paper.press import Press
forms = load_forms(ROOT / "config" / "forms")
press = Press(FaceSet((Face.open(FONT, "IPAmjMincho"),), Face(gaiji_font(), "EUDC").audit()), forms)
for key in golden_cases.keys(forms):
    print(*key, press.print(next(golden_cases.contents(*key))[1]).sha256)
"""


def test_the_same_bytes_everywhere(press):
    """The same content is the same bytes: again in this process, and in others whose sets and dictionaries are ordered otherwise (a reprint,
    another host, a comparison of digests)."""
    again = [
        " ".join([*key, press.print(next(golden_cases.contents(*key))[1]).sha256])
        for key in golden_cases.keys(FORMS)
    ]
    assert FONT.exists()
    for seed in ("0", "4711"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(ROOT / "tests" / "support")],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        assert done.stdout.splitlines() == again
