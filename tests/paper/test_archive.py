"""PDF/A-2u: what the file says of itself, read by programs that share nothing with the press. Not validated by veraPDF: it could not be had."""

from __future__ import annotations

import io
import re
import subprocess

import pytest
from lxml import etree
from other_tools import tool
from paper_samples import inkan, japanese, juminhyo, only
from PIL import Image, ImageCms

from konbinid.paper import archive
from konbinid.paper.pdf_objects import PdfFile, Ref
from konbinid.paper.readback import ReadbackMismatch, check

FAMILY = juminhyo(japanese("葛\U000e0102城　花子"), japanese("𠮷野　太郎", 2))


@pytest.mark.parametrize("content", [FAMILY, inkan(only(japanese(), "name", "birth_date"))])
def test_poppler_reads_the_metadata(press, tmp_path, content):
    """What an archive's tool says about the file: no complaint, the level, and the title of the information."""
    path = tmp_path / "paper.pdf"
    path.write_bytes(press.print(content).document)
    information, metadata = (
        subprocess.run([tool("pdfinfo"), *options, path], capture_output=True, text=True, check=True)
        for options in ((), ("-meta",))
    )
    title = press.form(content).title_lines(content.title)[0]
    assert not information.stderr + metadata.stderr
    assert re.search(rf"Title:\s+{title}\n", information.stdout)
    assert 'pdfaid:part="2" pdfaid:conformance="U"' in metadata.stdout
    assert f">{title}</rdf:li>" in metadata.stdout


def test_the_profile_is_one(press):
    """Little CMS takes it: black is black, paper is paper, and the watermark's grey stays as pale as it was."""
    file = PdfFile(press.print(FAMILY).document)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(file.get(Ref(archive.INTENT_PROFILE)).packed))
    turned = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), "L", "RGB")
    shown = [
        ImageCms.applyTransform(Image.new("L", (1, 1), grey), turned).getpixel((0, 0))
        for grey in (0, 217, 255)
    ]
    assert [red for red, _, _ in shown] == pytest.approx([0, 217, 255], abs=2)


def test_metadata_is_well_formed_and_names_nobody(press):
    """XMP says title, producer and level, the same for everybody."""
    one, two = (
        PdfFile(press.print(juminhyo(japanese(name))).document).get(Ref(archive.METADATA)).packed
        for name in ("葛城　花子", "辻　太郎")
    )
    assert one == two
    described = etree.fromstring(one)
    level = {key.rpartition("}")[2]: value for each in described.iter() for key, value in each.attrib.items()}
    assert (level["part"], level["conformance"], level["Producer"]) == ("2", "U", archive.PRODUCER)


@pytest.mark.parametrize("number", [archive.METADATA, archive.INTENT_PROFILE])
def test_foreign_metadata_is_no_paper_of_ours(press, number):
    """Another level, another profile, a note about somebody: refused by read-back."""
    document = press.print(FAMILY).document
    raw = PdfFile(document).raw(Ref(number))
    changed = raw.replace(b"ja-JP", b"en-JP").replace(b"No copyright", b"NO copyright")
    assert changed != raw
    with pytest.raises(ReadbackMismatch, match="metadata"):
        check(document.replace(raw, changed), FAMILY, press)
