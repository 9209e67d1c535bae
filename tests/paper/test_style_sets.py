"""Several faces in order: a city's own font first, further planes behind, and a second font whose characters are private (行政事務標準文字)."""

from __future__ import annotations

import pytest
from gaiji_samples import eudc
from hypothesis import given
from hypothesis import strategies as st
from paper_samples import inkan, japanese, only

from konbinid.declared.document import FileRefused
from konbinid.domain.characters import CodeRange, tokens_of
from konbinid.paper.face import BadFont, Face, FaceSet
from konbinid.paper.fonts import load_fonts
from konbinid.paper.press import Press, Unprintable
from konbinid.paper.readback import check

STYLE = (CodeRange.parse("U+F0000-U+10FFFD"),)
OWN, STYLED, PLANE_3, IVS = "\ue000", "\U000f0100", "\U00031234", "葛\U000e0100"


@pytest.fixture
def style_set(base) -> FaceSet:
    """A city's font first, IPAmj明朝, a font for plane 3, and the private second font of a style set; 外字 besides."""
    return FaceSet(
        (
            Face(eudc({"髙": 3}), "City"),
            base,
            Face(eudc({PLANE_3: 4, "髙": 5}), "Planes"),
            Face(eudc({STYLED: 6, OWN: 7}), "Style", STYLE),
        ),
        Face(eudc({OWN: 8}), "Gaiji"),
    )


def test_each_character_has_its_face(style_set):
    """The first face that has it; a private one that a face declares is that face's, every other private one the city's."""
    places = {char: style_set.find(char).face for char in ("髙", "田", PLANE_3, STYLED, OWN)}
    assert places == {"髙": 0, "田": 1, PLANE_3: 2, STYLED: 3, OWN: 4}
    assert style_set.find("\U000f0101") is None
    assert style_set.find("\ue001") is None


def test_a_declared_range_is_asked_for_nothing_else(base):
    """A base font's private glyphs are never used unless fonts.toml says so, and then only those that it names."""
    data = eudc({OWN: 1, STYLED: 2})
    assert [FaceSet((base, Face(data, "Style"))).find(char) for char in (OWN, STYLED)] == [None, None]
    declared = FaceSet((base, Face(data, "Style", STYLE)))
    assert declared.find(OWN) is None
    assert declared.find(STYLED) is not None


def test_one_private_character_is_not_two(base):
    """Neither two faces nor a face and the city's 外字 may give the same."""
    style = Face(eudc({STYLED: 1}), "Style", STYLE)
    with pytest.raises(BadFont, match=r"U\+F0100"):
        FaceSet((base, style), Face(eudc({STYLED: 2}), "Gaiji"))
    with pytest.raises(BadFont, match="Style and Other"):
        FaceSet((style, Face(eudc({STYLED: 1}), "Other", (CodeRange.parse("U+F0100"),))))
    assert FaceSet((base, style), Face(eudc({OWN: 2}), "Gaiji")).find(OWN).face == 2


def test_all_faces_stand_on_one_paper(style_set, forms):
    """Printed and read back: five fonts in one name, each character drawn by the right one."""
    press = Press(style_set, forms)
    name = f"髙田{PLANE_3}{STYLED}　{OWN}邉\U000e0110"
    content = inkan(only(japanese(name), "name", "birth_date"))
    check(press.print(content).document, content, press)
    other = Press(FaceSet(style_set.bases, Face(eudc({OWN: 9}), "Gaiji")), forms)
    assert other.print(content).document != press.print(content).document


def test_ranges_count_in_the_fingerprint(base):
    """Two hosts that declare different ranges print different papers: one of them is unfit (I-05)."""
    data = eudc({STYLED: 1})
    sets = [FaceSet((base, Face(data, "Style", ranges))) for ranges in ((), STYLE)]
    assert len({each.fingerprint() for each in sets}) == 2


@given(
    st.text(
        st.sampled_from("葛辻邉髙田\U000e0100\U000e0101\U000e0102\U000e0110\ufe00\ue000\U00020bb7"),
        max_size=12,
    )
)
def test_no_selector_is_ever_dropped(faces, text):
    """Whatever is resolved is the whole text, token for token; a sequence that no face has is missing, never its base glyph."""
    tokens = tokens_of(text)
    assert "".join(tokens) == text
    for token in tokens:
        glyph = faces.find(token)
        if glyph is not None:
            assert glyph.token == token
            assert faces.faces[glyph.face].tokens[token] == glyph.gid
        elif len(token) > 1:
            assert all(token not in face.tokens for face in faces.bases)


def test_a_sequence_without_a_face_refuses(faces, forms):
    """葛 + E0100 is not in IPAmj明朝: 1301, not 葛."""
    assert faces.find("葛") is not None
    content = inkan(only(japanese(f"{IVS}城"), "name", "birth_date"))
    with pytest.raises(Unprintable, match=r"U\+845B U\+E0100"):
        Press(faces, forms).print(content)


FACE = """
[[face]]
id = "Style"
title = "行政事務標準文字 追加"
file = "style.ttf"
sha256 = "{sha}"
licence = "-"
source = "-"
private = {private}
"""


def _loaded(tmp_path, *private: str):
    path = tmp_path / "fonts.toml"
    path.write_text(
        "".join(
            FACE.format(sha="0" * 64, private=each).replace('"Style"', f'"Style{at}"')
            for at, each in enumerate(private)
        ),
        encoding="utf-8",
    )
    return load_fonts(path)


def test_fonts_toml_declares_ranges(tmp_path):
    """A range, or one character."""
    (entry,) = _loaded(tmp_path, '["U+F0000-U+10FFFD", "U+E000"]')
    assert entry.private == (CodeRange(0xF0000, 0x10FFFD), CodeRange(0xE000, 0xE000))


@pytest.mark.parametrize(
    "private", ["U+4E00-U+4EFF", "U+E000-U+FFFD", "U+F8FF-U+F0000", "U+F0001-U+F0000", "E000", "U+FFFFE", ""]
)
def test_a_range_is_private(tmp_path, private):
    """Nothing else, and the message names the place."""
    with pytest.raises(FileRefused, match="private"):
        _loaded(tmp_path, f'["{private}"]')


def test_two_faces_declare_different_ranges(tmp_path):
    """Refused in the file already."""
    with pytest.raises(FileRefused, match="同じ私用領域"):
        _loaded(tmp_path, '["U+F0000-U+FFFFD"]', '["U+F1000"]')
