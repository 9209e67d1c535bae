"""The font that a PDF carries holds exactly the glyphs of the document, each under its own code."""

from __future__ import annotations

import io
import struct

import pytest
from fontTools.ttLib import TTFont

from konbinid.paper.subset import Subset, font_objects


def subset_of(faces, index, text):
    subset = Subset(faces.faces[index])
    for glyph in faces.resolve(text, "test"):
        assert glyph.face == index
        subset.code(glyph)
    return subset


@pytest.fixture
def opened(faces):
    def open_subset(index, text):
        program, advances = subset_of(faces, index, text).program()
        return TTFont(io.BytesIO(program), checkChecksums=2), advances

    return open_subset


def test_glyphs_are_the_pinned_ones(faces, opened):
    """A second reader sees, under every code, the pinned font's points and width."""
    text = "葛\U000e0102城𠮷山A"
    font, _ = opened(0, text)
    face = faces.bases[0]
    for code, glyph in enumerate(faces.resolve(text, "test"), 1):
        name = font.getGlyphOrder()[code]
        xy, _, _ = font["glyf"][name].getCoordinates(font["glyf"])
        assert list(xy) == [(x, y) for contour in face.outline(glyph.gid) for x, y, _ in contour]
        assert font["hmtx"][name][0] == face.advances[glyph.gid]


def test_no_instructions_and_only_needed_tables(opened):
    """Hinting is 44 % of IPAmj明朝 and of no use on paper."""
    font, _ = opened(0, "葛城山")
    assert set(font.keys()) - {"GlyphOrder"} == {"glyf", "head", "hhea", "hmtx", "loca", "maxp"}
    for name in font.getGlyphOrder()[1:]:
        assert not font["glyf"][name].program.getBytecode()


def test_tokens_that_share_a_glyph_keep_their_own_code(faces):
    """Text extraction gives back the characters that were printed, also where a font draws two alike."""
    subset = Subset(faces.bases[0])
    first = faces.find("山")
    codes = {subset.code(first), subset.code(type(first)(0, first.gid, "川", 1.0))}
    assert codes == {1, 2}
    assert subset.code(first) == 1


def test_composites_bring_their_parts(faces, opened):
    """A 外字 made of other glyphs is drawn whole: parts are copied behind and renumbered."""
    font, advances = opened(1, "\ue002\ue001")
    assert len(font.getGlyphOrder()) == len(advances) == 5  # .notdef, both, two, and both's parts
    whole = TTFont(io.BytesIO(bytes(faces.gaiji._data)))
    names = font.getGlyphOrder()
    got, _, _ = font["glyf"][names[1]].getCoordinates(font["glyf"])
    want, _, _ = whole["glyf"]["both"].getCoordinates(whole["glyf"])
    assert list(got) == list(want)


def test_checksum_of_the_file_is_right(faces):
    """Strict readers and printers check it."""
    program, _ = subset_of(faces, 0, "葛城").program()
    assert sum(struct.unpack(f">{len(program) // 4}L", program)) & 0xFFFFFFFF == 0xB1B0AFBA


def test_to_unicode_holds_selectors_and_high_planes(faces):
    """Characters come out of the PDF as they went in: UTF-16BE, surrogates and selectors included."""
    cmap = subset_of(faces, 0, "葛\U000e0102𠮷").to_unicode()
    assert b"<0001> <845BDB40DD02>" in cmap
    assert b"<0002> <D842DFB7>" in cmap


def test_many_glyphs_make_sections_of_a_hundred(faces):
    """PDF 1.7, 9.10.3: no more than 100 entries in a section."""
    text = "".join(chr(point) for point in range(0x4E00, 0x4E00 + 250) if faces.find(chr(point)))
    cmap = subset_of(faces, 0, text).to_unicode()
    counts = [int(line.split()[0]) for line in cmap.split(b"\n") if line.endswith(b" beginbfchar")]
    assert sum(counts) == len(text)
    assert max(counts) == 100


def test_font_objects_are_the_same_every_time(faces):
    """Equal content gives equal bytes."""
    made = [font_objects(subset_of(faces, 0, "葛城AV"), "VALUEA", 9, 1) for _ in range(2)]
    assert made[0] == made[1]
    assert b"VALUEA+IPAmjMincho" in made[0][0]
