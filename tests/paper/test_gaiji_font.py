"""What the reading child does with a TTE: whatever the bytes are, it says yes or BadFont, soon, and never yes when the sanitizer says no."""

from __future__ import annotations

import io
import subprocess
import time

import ots
import pytest
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from gaiji_samples import eudc, record_hash
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_samples import gaiji_font

from konbinid.paper import gaiji
from konbinid.paper.gaiji import checked_font, opened_font
from konbinid.paper.glyf import BadFont
from konbinid.simulator.gaiji import CHARACTERS
from konbinid.simulator.gaiji import gaiji_font as demo_font

A, B = "\ue000", "\ue001"
WHOLE = gaiji_font()


def saved(font: TTFont) -> bytes:
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def sanitizer_takes(data: bytes, path) -> bool:
    path.write_bytes(data)
    return subprocess.run([ots.OTS_SANITIZE, str(path)], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("gone", [("OS/2",), ("name",), ("post",), ("OS/2", "name", "post")])
def test_tables_that_printing_does_not_need_may_be_missing(gone):
    """Files of Windows' editor may lack them; the sanitizer alone would refuse."""
    data = eudc({A: 1, B: 2}, without=gone)
    assert checked_font(data).draws(A)


def test_the_demo_font_is_taken():
    """Every character of it."""
    font = checked_font(demo_font())
    assert all(font.draws(char) for char, *_ in CHARACTERS)


def test_hashes_are_the_core_systems():
    """字形ハッシュ agrees with what another reader cuts out of the file."""
    font = checked_font(WHOLE)
    for char in (A, B, "\ue002", "\U000f0000"):
        assert font.record_hash(char).hex() == record_hash(WHOLE, char)


def test_a_shape_is_what_stands_on_paper():
    """Another place, size or width is another shape; another encoding of the same points is not."""
    shapes = {checked_font(eudc({A: variant})).shape_hash(A) for variant in (1, 2, 3)}
    assert len(shapes) == 3
    one = checked_font(eudc({A: 1}))
    font = TTFont(io.BytesIO(eudc({A: 1, B: 9})))
    assert checked_font(saved(font)).shape_hash(A) == one.shape_hash(A)
    font["hmtx"]["u0E000"] = (200, font["hmtx"]["u0E000"][1])
    assert checked_font(saved(font)).shape_hash(A) != one.shape_hash(A)
    font["hmtx"]["u0E000"] = (256, font["hmtx"]["u0E000"][1] + 5)
    assert checked_font(saved(font)).shape_hash(A) != one.shape_hash(A)
    assert checked_font(eudc({A: 1}, units=512)).shape_hash(A) != one.shape_hash(A)


@pytest.mark.parametrize(
    "fault", ["no contour", "one point", "a line", "no width", "too narrow", "shifted", "too low"]
)
def test_what_leaves_no_ink_is_no_glyph(fault):
    """A mapped glyph that shows nothing, or that the next character is drawn over, would be a wrong name."""
    font = TTFont(io.BytesIO(eudc({A: 1, B: 2})))
    if fault == "no width":
        font["hmtx"]["u0E000"] = (0, 0)
    elif fault in {"too narrow", "shifted"}:
        font["hmtx"]["u0E000"] = (100, 10) if fault == "too narrow" else (256, 120)
    elif fault == "too low":
        font["glyf"]["u0E000"].coordinates.translate((0, -200))
        font["glyf"]["u0E000"].recalcBounds(font["glyf"])
    else:
        pen = TTGlyphPen(None)
        points = {"no contour": [], "one point": [(5, 5)], "a line": [(5, 5), (50, 5), (20, 5)]}[fault]
        for at, point in enumerate(points):
            (pen.lineTo if at else pen.moveTo)(point)
        if points:
            pen.closePath()
        font["glyf"]["u0E000"] = pen.glyph()
    checked = checked_font(saved(font))
    assert not checked.draws(A)
    assert checked.draws(B)


def test_a_composite_of_composites_is_bounded():
    """A few hundred bytes that ask for millions of points are refused before anybody draws them."""
    font = TTFont(io.BytesIO(eudc({chr(0xE000 + at): 1 for at in range(3)})))
    for name, part in (("u0E001", "u0E000"), ("u0E002", "u0E001")):
        pen = TTGlyphPen({part: None})
        for at in range(60):
            pen.addComponent(part, (1, 0, 0, 1, at, 0))
        font["glyf"][name] = pen.glyph()
    began = time.monotonic()
    with pytest.raises(BadFont):
        checked_font(saved(font))
    assert time.monotonic() - began < 5


def test_a_size_has_an_end(monkeypatch):
    """Bytes and glyphs are counted before anything is made of them."""
    with pytest.raises(BadFont, match="larger"):
        checked_font(bytes(gaiji.MAX_BYTES + 1))
    monkeypatch.setattr(gaiji, "MAX_GLYPHS", 2)
    with pytest.raises(BadFont, match="glyphs"):
        checked_font(WHOLE)
    monkeypatch.setattr(gaiji, "_MAX_POINTS_IN_ALL", 2)
    monkeypatch.setattr(gaiji, "MAX_GLYPHS", 100)
    with pytest.raises(BadFont, match="points"):
        checked_font(WHOLE)


def test_a_sanitizer_that_hangs_is_stopped(monkeypatch, tmp_path):
    """Its time is limited; the font is refused."""
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(ots, "OTS_SANITIZE", str(slow))
    monkeypatch.setattr(gaiji, "_OTS_SECONDS", 1)
    with pytest.raises(BadFont, match="end"):
        checked_font(WHOLE)


def test_opened_for_printing_it_has_what_is_in_force_only():
    """Whatever else the font maps."""
    face = opened_font(WHOLE, {B})
    assert set(face.tokens) == {B}


@settings(max_examples=150, deadline=10_000)
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=8),
    st.integers(0, len(WHOLE)),
)
def test_damage_is_refused_or_harmless(tmp_path_factory, changes, end):
    """Any bytes changed, any length cut: BadFont and nothing else; and what is taken, the sanitizer takes too and can be printed with."""
    data = bytearray(WHOLE)
    for at, value in changes:
        data[at] = value
    if end % 3 == 0:
        data = data[:end]
    try:
        font = checked_font(bytes(data))
    except BadFont:
        return
    assert sanitizer_takes(gaiji._with_stubs(bytes(data)), tmp_path_factory.getbasetemp() / "damaged.ttf")
    for char in (A, B, "\ue002", "\U000f0000"):
        if font.draws(char):
            font.shape_hash(char)
            font.record_hash(char)


@settings(max_examples=100, deadline=10_000)
@given(st.binary(max_size=400))
def test_no_bytes_are_too_strange(data):
    """Not a font at all, with and without a font's first words."""
    for start in (b"", b"\0\1\0\0", WHOLE[:12], WHOLE[:200]):
        with pytest.raises(BadFont):
            checked_font(start + data)
