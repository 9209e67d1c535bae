"""Characters find the pinned font's glyph or none at all."""

from __future__ import annotations

import io
import random

import pytest
from fontTools.ttLib import TTFont
from paper_samples import FONT, gaiji_font

from konbinid.paper.face import BadFont, Face, FaceSet, MissingGlyph, tokens_of


@pytest.fixture(scope="module")
def oracle():
    with TTFont(str(FONT), lazy=True) as font:
        yield font


def test_characters_agree_with_fonttools(base, oracle):
    """A misread character map would print other people's characters: every one is compared with a second reader."""
    names = oracle.getBestCmap()
    for token, gid in base.tokens.items():
        if len(token) == 1:
            assert oracle.getGlyphID(names[ord(token)]) == gid


def test_variation_sequences_agree_with_fonttools(base, oracle):
    """All 11,474 異体字 of IPAmj明朝 are read, each with its own glyph."""
    table = next(each for each in oracle["cmap"].tables if each.format == 14)
    pairs = {chr(base_) + chr(vs): name for vs, rows in table.uvsDict.items() for base_, name in rows}
    assert len(pairs) == 11_474
    assert {t: g for t, g in base.tokens.items() if len(t) == 2} == {
        token: oracle.getGlyphID(name) for token, name in pairs.items()
    }


def test_records_and_widths_agree_with_fonttools(base, oracle):
    """Outlines come from the right place of the file."""
    glyf, hmtx, order = oracle["glyf"], oracle["hmtx"], oracle.getGlyphOrder()
    for gid in random.Random(1).sample(range(base.glyph_count), 400):
        assert base.advances[gid] == hmtx[order[gid]][0]
        flat = [point for contour in base.outline(gid) for point in contour]
        xy, _, flags = glyf[order[gid]].getCoordinates(glyf)
        assert [(x, y) for x, y, _ in flat] == [tuple(map(float, point)) for point in xy]
        assert [on for _, _, on in flat] == [bool(flag & 1) for flag in flags]


def test_tokens_keep_selector_with_base():
    """A selector is never separated from its character, and a stray one is a token of its own."""
    assert tokens_of("葛\U000e0102飾\ufe00𠮷") == ["葛\U000e0102", "飾\ufe00", "𠮷"]
    assert tokens_of("\U000e0102葛") == ["\U000e0102", "葛"]


@pytest.mark.parametrize(
    "token", ["葛\U000e0102", "辻\U000e0102", "邉\U000e0110", "𠮷", "𡈽", "髙", "﨑", "Ａ", "A"]
)
def test_rare_characters_are_found(faces, token):
    """IVS, plane 2 and compatibility ideographs are ordinary names in Japan."""
    assert faces.find(token).face == 0


@pytest.mark.parametrize("token", ["葛\U000e0100", "葛\ufe00", "あ\U000e0101", "🙂"])
def test_missing_is_an_error_never_the_base_glyph(faces, token):
    """葛 with a selector that no font has must not come out as plain 葛: that is another person's name."""
    with pytest.raises(MissingGlyph) as missing:
        faces.resolve("山" + token, "entry 1 name")
    assert missing.value.where == "entry 1 name"
    assert missing.value.tokens == (" ".join(f"U+{ord(c):04X}" for c in token),)
    assert not any(char in str(missing.value) for char in token)


@pytest.mark.parametrize("char", ["\uf860", "\uf861", "\uf87f"])
def test_private_characters_never_come_from_the_base_font(base, oracle, char):
    """IPAmj明朝 has glyphs of its own at U+F860 and on: as a city's 外字 they would be wrong characters."""
    assert ord(char) in oracle.getBestCmap()
    assert FaceSet((base,)).find(char) is None


def test_private_characters_come_from_gaiji_only(base):
    """Even a base font that maps them, and even when it stands first."""
    gaiji = Face(gaiji_font(), "EUDC")
    impostor = Face(gaiji_font(shift=3), "OTHER")
    assert FaceSet((impostor, base)).find("\ue000") is None
    assert FaceSet((impostor, base), gaiji).find("\ue000").face == 2
    assert FaceSet((base,), gaiji).find("\U000f0000").face == 1


def test_character_without_ink_is_missing(faces):
    """A 外字 that was registered but never drawn would print a gap in a name."""
    assert faces.find("\ue003") is None
    assert faces.find("\u3000") is not None


@pytest.mark.parametrize("char", ["\x00", "\r", "\u00ad", "\u200b", "\u202e", "\u00a0", "\ufeff"])
def test_invisible_characters_are_missing(faces, char):
    """What nobody can see cannot be certified; IPAmj明朝 has glyphs for some of them."""
    assert faces.find(char) is None


@pytest.mark.parametrize("mark", ["\u3099", "\u309a", "\u0301", "\u0361", "\u20dd"])
def test_combining_marks_are_missing(faces, mark):
    """Nothing puts a mark on its letter: カ with U+3099 was printed as カ ゛, e with U+0301 as e ´, which no register shows. Refused like a missing
    character; the composed ガ and é are there."""
    assert faces.find(mark) is None
    with pytest.raises(MissingGlyph):
        faces.resolve(f"か{mark}", "name")
    assert faces.find("ガ") is not None
    assert faces.find("é") is not None


@pytest.mark.parametrize("text", ["〓橋", "⿰木木", "\u303e"])
def test_placeholders_are_missing(faces, text):
    """A core system that lacks a character writes 〓, or describes it by its parts. IPAmj明朝 draws both: they were certified as a name."""
    assert faces.find(text[0]) is None
    with pytest.raises(MissingGlyph):
        faces.resolve(text, "name")


def test_base_faces_are_searched_in_order(base):
    """A city's own font placed first wins; placed last it only fills gaps."""
    other = Face(gaiji_font(), "CITY")
    other.tokens["山"] = 1
    assert FaceSet((other, base)).find("山").face == 0
    assert FaceSet((base, other)).find("山").face == 0
    assert FaceSet((base, other)).find("山").gid == base.tokens["山"]


def test_gaiji_shapes_tell_versions_apart(gaiji):
    """Another version of the 外字 has other shapes, the composite one included; the same version has the same."""
    same, moved = Face(gaiji_font(), "EUDC"), Face(gaiji_font(shift=5), "EUDC")
    for token in ("\ue000", "\ue001", "\ue002"):
        gid = gaiji.tokens[token]
        assert gaiji.shape(gid) == same.shape(gid) != moved.shape(gid)


def test_composite_outline_is_put_together(gaiji):
    """Composites of a 外字 font are drawn like any reader draws them."""
    font = TTFont(io.BytesIO(gaiji_font()))
    xy, _, _ = font["glyf"]["both"].getCoordinates(font["glyf"])
    ours = [(x, y) for contour in gaiji.outline(gaiji.tokens["\ue002"]) for x, y, _ in contour]
    assert ours == [tuple(map(float, point)) for point in xy]


def test_format_4_alone_is_enough():
    """EUDC.TTE as Windows writes it has no format 12."""
    font = TTFont(io.BytesIO(gaiji_font()))
    font["cmap"].tables = [each for each in font["cmap"].tables if each.format == 4]
    for table in font["cmap"].tables:
        table.cmap = {point: name for point, name in table.cmap.items() if point < 0x10000}
    saved = io.BytesIO()
    font.save(saved)
    face = Face(saved.getvalue(), "EUDC")
    assert set(face.tokens) == {"\ue000", "\ue001", "\ue002"}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "too short"),
        (b"OTTO" + bytes(60), "not a TrueType font"),
        (b"\0\1\0\0\0\xff" + bytes(60), "directory"),
        (gaiji_font()[:300], "outside the file"),
    ],
)
def test_bad_fonts_say_why(data, reason):
    """A refused font names itself and the reason."""
    with pytest.raises(BadFont, match=reason) as bad:
        Face(data, "EUDC")
    assert str(bad.value).startswith("EUDC: ")


def test_damaged_fonts_raise_bad_font_only():
    """A 外字 file comes from outside: whatever is wrong with it, there is one error and never a hang."""
    whole = gaiji_font()
    chance = random.Random(7)
    for _ in range(1500):
        broken = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        cut = bytes(broken[: chance.randrange(len(broken))] if chance.random() < 0.2 else broken)
        try:
            face = Face(cut, "EUDC").audit()
        except BadFont:
            continue
        for token in face.tokens:
            assert FaceSet((face,), face).find(token)


def test_nested_composites_are_bounded():
    """A small file must not ask for endless work: composites nest one level, not more."""
    font = TTFont(io.BytesIO(gaiji_font()))
    part = font["glyf"]["both"].components[0]
    part.glyphName = "both"
    saved = io.BytesIO()
    font["maxp"].recalc = lambda _: None
    font["glyf"]["both"].recalcBounds = lambda *_, **__: None
    font.recalcBBoxes = False
    font.save(saved)
    with pytest.raises(BadFont, match="nested too deep"):
        Face(saved.getvalue(), "EUDC").audit()
