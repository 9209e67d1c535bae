"""Other people's tools on our documents: structure (qpdf), fonts and text (poppler), ink (a renderer against outlines)."""

from __future__ import annotations

import re
import subprocess
from collections import Counter

import pypdfium2
import pytest
from other_tools import tool
from paper_samples import RARE, family, foreign, inkan, japanese, juminhyo, kisaijiko, only
from PIL import Image, ImageChops, ImageDraw

from konbinid.domain.content import Cell
from konbinid.paper.expectation import expect
from konbinid.paper.face import tokens_of
from konbinid.paper.form import EM_TOP, PADDING

CONTENTS = {
    "juminhyo": juminhyo(*family(6, 4)),
    "juminhyo, five, test": juminhyo(*family(7, 5), specimen=True),
    "juminhyo, rare": juminhyo(japanese("".join(RARE)), foreign("WOLFE-HUBERT MARIA-", 2)),
    "kisaijiko": kisaijiko(only(japanese(), "name", "birth_date", "sex", "relationship")),
    "inkan": inkan(),
    "inkan, foreign": inkan(
        only(foreign(name_katakana=Cell.of("マリア")), "name", "name_katakana", "birth_date")
    ),
}


@pytest.fixture(params=CONTENTS)
def case(request, press, tmp_path):
    content = CONTENTS[request.param]
    path = tmp_path / "paper.pdf"
    path.write_bytes(press.print(content).document)
    return content, str(path)


def test_qpdf_finds_nothing(case):
    """The structure is right, to a reader that repairs nothing."""
    done = subprocess.run([tool("qpdf"), "--check", case[1]], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stdout.lower() + done.stderr.lower()


def test_pdffonts_all_embedded(case):
    """Every font embedded, as a subset, with ToUnicode, as CID TrueType."""
    out = subprocess.run([tool("pdffonts"), case[1]], capture_output=True, text=True, check=True).stdout
    rows = out.splitlines()[2:]
    assert rows
    for row in rows:
        assert re.match(r"(LABEL|VALUE)[A-Z]\+\S+ +CID TrueType +Identity-H +yes yes yes ", row), row


def test_pdftotext_gives_the_characters_back(case, press):
    """Every character of labels and content, IVS included and 外字 as their code points, and no other."""
    content, path = case
    out = subprocess.run(
        [tool("pdftotext"), "-raw", path, "-"], capture_output=True, text=True, check=True
    ).stdout
    expected = "".join(sheet.everything() for sheet in expect(press.form(content), content))
    assert Counter(tokens_of(re.sub(r"\s", "", out))) == Counter(tokens_of(re.sub(r"\s", "", expected)))


def test_pdfinfo_page_and_version(case):
    """A4, PDF 1.7, no JavaScript, no form, not encrypted."""
    out = subprocess.run([tool("pdfinfo"), case[1]], capture_output=True, text=True, check=True).stdout
    info = dict(line.split(":", 1) for line in out.splitlines())
    assert info["Page size"].strip() == "595.276 x 841.89 pts (A4)"
    assert info["PDF version"].strip() == "1.7"
    assert [info[key].strip() for key in ("JavaScript", "Form", "Encrypted")] == ["no", "none", "no"]


def drawn(face, gid, pixels):
    """The outline as the pinned font has it, filled by another program, at four times the size: PIL inks the edges."""
    small, pixels = pixels, 4 * pixels
    image = Image.new("L", (pixels, pixels), 128)
    for contour in face.outline(gid):
        points, count = [], len(contour)
        first = next(at for at in range(count) if contour[at][2])
        ring = contour[first:] + contour[: first + 1]
        explicit = [ring[0]]
        for point in ring[1:]:
            if not point[2] and not explicit[-1][2]:
                before = explicit[-1]
                explicit.append(((before[0] + point[0]) / 2, (before[1] + point[1]) / 2, True))
            explicit.append(point)
        at = 0
        while at < len(explicit) - 1:
            x0, y0, _ = explicit[at]
            if explicit[at + 1][2]:
                points.append((x0, y0))
                at += 1
                continue
            (cx, cy, _), (x1, y1, _) = explicit[at + 1], explicit[at + 2]
            for step in range(8):
                t = step / 8
                points.append(
                    (
                        (1 - t) ** 2 * x0 + 2 * t * (1 - t) * cx + t * t * x1,
                        (1 - t) ** 2 * y0 + 2 * t * (1 - t) * cy + t * t * y1,
                    )
                )
            at += 2
        scale = pixels / face.units
        layer = Image.new("L", (pixels, pixels), 0)
        ImageDraw.Draw(layer).polygon(
            [(x * scale, (EM_TOP - y / face.units) * pixels) for x, y in points], fill=1
        )
        # Non-zero winding, as fonts are filled: clockwise contours count up, the others down.
        area = sum(
            (x1 - x0) * (y1 + y0) for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1], strict=True)
        )
        count_in = ImageChops.add if area > 0 else ImageChops.subtract
        image = count_in(image, layer)
    image = image.point(lambda winding: 255 * (winding != 128))
    return image.resize((small, small), Image.Resampling.BOX).point(dark).convert("1")


def dark(shade):
    return 255 * (shade >= 128)


NEAR = 0.06  # of the glyph's ink may differ, at its edges


def differing(one, other):
    return ImageChops.logical_xor(one, other).histogram()[255] / other.histogram()[255]


@pytest.mark.parametrize("token", ["葛\U000e0102", "葛\U000e0107", "葛", "辻\U000e0102", "𠮷", "𡈽"])
def test_ink_is_the_pinned_outline(press, faces, token):
    """What a renderer paints for a name is the outline of exactly this variant, pixel by pixel within its edges."""
    content = inkan(only(japanese(token), "name", "birth_date"))
    form = press.form(content)
    box = next(frame for place, frame, _ in expect(form, content)[0].boxes if place == "entry 1 name")
    dots = 80  # per millimetre
    pixels = round(16 / 72 * 25.4 * dots)
    left, top = (box.x + PADDING) * dots, (box.y + box.h / 2) * dots - pixels / 2
    edge = 4
    cut = [72 / 25.4 / dots * each for each in (left - edge, top - edge, pixels + 2 * edge)]
    with pypdfium2.PdfDocument(press.print(content).document) as pdf:
        width, height = pdf[0].get_size()
        crop = (cut[0], height - cut[1] - cut[2], width - cut[0] - cut[2], cut[1])
        page = pdf[0].render(scale=dots * 25.4 / 72, crop=crop, grayscale=True).to_pil()
    glyph = faces.find(token)
    wanted = drawn(faces.faces[glyph.face], glyph.gid, pixels)
    # Some pixels (0.05 mm) of rounding between the two programs, the same for the whole glyph.
    page = page.point(lambda shade: 255 - dark(shade)).convert("1")
    corners = [(dx, dy) for dx in range(2 * edge) for dy in range(2 * edge)]
    inks = [page.crop((x, y, x + pixels, y + pixels)) for x, y in corners]
    assert min(differing(ink, wanted) for ink in inks) < NEAR


def test_variants_differ_in_ink(press, faces):
    """The measure above does tell variants apart."""
    base, variant = (drawn(faces.faces[0], faces.find(token).gid, 225) for token in ("葛", "葛\U000e0102"))
    assert differing(base, variant) > 3 * NEAR
