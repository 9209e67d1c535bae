"""docs/gallery and the README's picture show what the press prints today."""

from __future__ import annotations

import gallery
import pytest
from PIL import Image

from konbinid.domain.kinds import Kind
from konbinid.paper.pictures import compare_pages

AGAIN = "not what is printed today; look at the forms, then make gallery"


@pytest.fixture(scope="module")
def press():
    return gallery.make_press()


def looks_like(path, picture):
    """Whether nothing tells the stored picture from this one; edges may differ by what another renderer makes of them."""
    with Image.open(path) as stored:
        return not compare_pages(stored.convert("L"), picture.convert("L")).places


def test_the_gallery_is_true(press):
    """Whoever chooses by the pictures gets what they show: every kind we print, every picture as it is printed now, no other file."""
    shown = [*gallery.pictures(press), *gallery.register_pictures()]
    assert {each.kind for each in shown} == set(Kind)
    assert {path.name for path in gallery.GALLERY.iterdir()} == {"README.md", *(each.file for each in shown)}
    assert (gallery.GALLERY / "README.md").read_text(encoding="utf-8") == gallery.index_of(shown), AGAIN
    other = [each.file for each in shown if not looks_like(gallery.GALLERY / each.file, each.picture)]
    assert not other, AGAIN


def test_the_readme_shows_the_form(press):
    """The first thing that anybody sees of konbinid is a certificate as it is printed now."""
    assert looks_like(gallery.README_PICTURE, gallery.readme_picture(press)), AGAIN


def test_the_gallery_is_small():
    """A clone stays quick: at most 120 KB a picture, 3 MB in all."""
    sizes = [path.stat().st_size for path in gallery.GALLERY.iterdir()]
    assert max(sizes) <= 120 * 1024
    assert sum(sizes) <= 3 * 1024 * 1024
