"""Only the pinned font prints: another version, a missing or a broken file is refused with what to do."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from paper_samples import FONT, ROOT, gaiji_font

from konbinid.declared.document import FileRefused
from konbinid.paper.fonts import (
    FontMissing,
    FontRefused,
    load_fonts,
    locate,
    open_faces,
)

PIN = """
[[face]]
id = "City"
title = "架空明朝"
file = "city.ttf"
sha256 = "{digest}"
licence = "test"
source = "test"
environment = "CITY_FONT"
"""


@pytest.fixture
def city(tmp_path):
    """A folder with a font and its fonts.toml."""
    data = gaiji_font()
    (tmp_path / "city.ttf").write_bytes(data)
    (tmp_path / "fonts.toml").write_text(
        PIN.format(digest=hashlib.sha256(data).hexdigest()), encoding="utf-8"
    )
    return tmp_path


def test_shipped_list_names_debians_font():
    """What `apt install fonts-ipamj-mincho` puts there is what is pinned."""
    (entry,) = load_fonts(ROOT / "fonts" / "fonts.toml")
    assert locate(entry, [], {}) == FONT
    (face,) = open_faces([entry], [], {})
    assert (face.name, face.fingerprint()) == ("IPAmjMincho", entry.sha256)


def test_folders_then_environment(city, tmp_path):
    """A given path counts and no other; without one the folders are searched."""
    (entry,) = load_fonts(city / "fonts.toml")
    assert locate(entry, [tmp_path / "none", city], {}) == city / "city.ttf"
    elsewhere = tmp_path / "other.ttf"
    elsewhere.write_bytes(gaiji_font())
    assert locate(entry, [city], {"CITY_FONT": str(elsewhere)}) == elsewhere
    with pytest.raises(FontMissing):
        locate(entry, [city], {"CITY_FONT": str(tmp_path / "gone.ttf")})


def test_missing_font_says_what_to_do(city):
    """The message names the places looked at and the variable."""
    (entry,) = load_fonts(city / "fonts.toml")
    with pytest.raises(FontMissing, match="CITY_FONT"):
        locate(entry, [], {})


def test_wrong_hash_is_refused(city):
    """Another version draws other outlines; a right copy elsewhere is still found."""
    (entry,) = load_fonts(city / "fonts.toml")
    wrong = city / "wrong"
    wrong.mkdir()
    (wrong / "city.ttf").write_bytes(gaiji_font(shift=1))
    with pytest.raises(FontRefused, match="wrong"):
        locate(entry, [wrong], {})
    assert locate(entry, [wrong, city], {}) == city / "city.ttf"


def test_pinned_but_no_font(city):
    """A file can have its hash and still not be a font."""
    (city / "city.ttf").write_bytes(b"no font at all")
    (entry,) = load_fonts(city / "fonts.toml")
    pinned = replace(entry, sha256=hashlib.sha256(b"no font at all").hexdigest())
    with pytest.raises(FontRefused, match="使えません"):
        open_faces([pinned], [city], {})


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('file = "city.ttf"', 'file = "../city.ttf"', "face[1].file"),
        ('sha256 = "', 'sha256 = "Z', "face[1].sha256"),
        ('licence = "test"\n', "", "face[1].licence"),
        ('source = "test"', 'source = "test"\nsize = 1', "face[1].size"),
    ],
)
def test_faults_in_the_list(city, old, new, field):
    """fonts.toml is checked like a form: line and field."""
    path = city / "fonts.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(FileRefused) as refusal:
        load_fonts(path)
    (fault,) = refusal.value.problems
    assert fault.key == field


def test_an_id_stands_once(city):
    """Two fonts of one name could not be told apart in the PDF; an empty list would print nothing."""
    path = city / "fonts.toml"
    path.write_text(path.read_text(encoding="utf-8") * 2, encoding="utf-8")
    with pytest.raises(FileRefused, match=r"fonts\.toml:12: face\[2\]\.id: 同じ id"):
        load_fonts(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(FileRefused, match="face: 必要な項目がありません"):
        load_fonts(path)
