"""Pages as pictures: what differs between two is found where it is, and nowhere else."""

from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from konbinid.domain.kinds import Kind
from konbinid.paper.pictures import compare_pages, page_pictures
from konbinid.paper.sample_people import PersonaName
from konbinid.paper.samples import sample_contents

_UNIT = 25.4 / 150


def _page(box=None, size=(400, 500)):
    page = Image.new("L", size, 255)
    if box is not None:
        page.paste(0, box)
    return page


@given(st.integers(0, 380), st.integers(0, 480), st.integers(1, 40), st.integers(1, 40), st.booleans())
@settings(deadline=None, max_examples=30)
def test_ink_on_one_page_only_is_marked_where_it_is(x, y, w, h, is_new):
    """Whatever its place and size, and whichever page has it: red for the old one's, blue for the new one's."""
    right, bottom = min(x + w, 400), min(y + h, 500)
    pages = [_page(), _page((x, y, right, bottom))]
    compared = compare_pages(*(pages if is_new else reversed(pages)))
    assert compared.places == ((x * _UNIT, y * _UNIT, (right - x) * _UNIT, (bottom - y) * _UNIT),)
    assert compared.picture.getpixel((800 + x, 24 + y)) == ((0, 72, 208) if is_new else (208, 0, 0))


def test_pages_that_look_alike_have_no_places():
    """Edges that are rendered a little differently are no change; ink is."""
    grey = _page()
    grey.putpixel((10, 10), 215)
    assert compare_pages(_page(), grey).places == ()
    grey.putpixel((10, 10), 200)
    assert len(compare_pages(_page(), grey).places) == 1


def test_a_page_that_is_not_there_is_a_white_one():
    """A version with more sheets, or with larger paper, is compared all the same."""
    compared = compare_pages(None, _page((10, 10, 20, 20)))
    assert len(compared.places) == 1
    assert compare_pages(_page(), _page(size=(500, 600))).picture.size == (1500, 624)


def test_a_page_is_drawn_as_it_is_printed(press):
    """The picture shows ink where the paper has it: the seal is black, 見本 is grey behind the text, the rest is white."""
    content = sample_contents(Kind.INKAN, "2026-10", date(2026, 11, 25))[PersonaName.TYPICAL]
    (page,) = page_pictures(press.print(content).document)
    form = press.form(content)
    assert page.size == (1240, 1754)
    corner = round((form.seal.x + (form.seal.w - 21) / 2) / _UNIT) + 3
    top = round((form.seal.y + (form.seal.h - 21) / 2) / _UNIT) + 3
    assert page.getpixel((corner, top)) == 0
    assert page.getpixel((5, 5)) == 255
    assert page.histogram()[217] > 20_000
