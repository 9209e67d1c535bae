"""What is in the way of a paper is told by cell and code point, all of it, and never by value."""

from __future__ import annotations

from dataclasses import replace

import pytest
from paper_samples import RARE, family, inkan, japanese, juminhyo

from konbinid.domain.content import Cell
from konbinid.domain.trials import Hindrance, Obstacle
from konbinid.paper.press import Press
from konbinid.paper.trying import tried


def test_a_paper_that_can_be_printed(press):
    """Nothing is in the way, and nothing is kept."""
    found = tried(press, juminhyo(), "c")
    assert (found.choice, found.text, found.sheets) == ("c", (), ())


def test_every_cell_without_a_glyph_is_told(press):
    """Not only the first, which is all that a refusal says: the city must make every one of these characters."""
    people = [
        japanese(f"\ue123{RARE}　太郎", 1, domicile=Cell.of("\ue124町\ue123")),
        japanese("見本　花子\ue125", 2),
    ]
    found = tried(press, juminhyo(*people), "")
    assert found.sheets is None
    told = {(each.where, each.characters) for each in found.text}
    assert told >= {
        ("entry 1 name", ("U+E123",)),
        ("entry 1 domicile", ("U+E124", "U+E123")),
        ("entry 2 name", ("U+E125",)),
    }
    assert {each.rule for each in found.text} == {Obstacle.NO_GLYPH}


def test_a_heading_is_told_once(press):
    """It stands on every sheet."""
    content = juminhyo(*family(3, 9))
    heading = {**content.heading, "address": Cell.of("\ue123" + content.heading["address"].text)}
    found = tried(press, replace(content, heading=heading), "")
    assert found.text == (Hindrance(Obstacle.NO_GLYPH, "heading address", ("U+E123",)),)


def test_a_text_that_does_not_fit(press):
    """The cell, without a character: no single one is the reason."""
    found = tried(press, juminhyo(japanese("見" * 400)), "")
    assert found.text == (Hindrance(Obstacle.DOES_NOT_FIT, "entry 1 name"),)


def test_what_is_no_cell(press):
    """A seal larger than its frame, and a form and a content that do not agree: the press's own word."""
    content = inkan()
    seal = replace(content.signature.seal, width_mm=40.0)
    found = tried(press, replace(content, signature=replace(content.signature, seal=seal)), "")
    assert found.text == (Hindrance(Obstacle.DOES_NOT_FIT, "seal"),)
    found = tried(press, replace(content, impression=None), "")
    assert found.text == (Hindrance(Obstacle.NO_PLACE, "impression"),)


@pytest.mark.parametrize(("people", "text"), [(20, ()), (40, None)])
def test_too_many_sheets(press, people, text):
    """1302; what is far too long was not read, so nothing is said about its text."""
    short = Press(press.faces, {(form.kind, form.version): form for form in press._forms.values()}, 4)
    found = tried(short, juminhyo(*family(3, people)), "")
    assert found.text == text
    assert found.sheets == (Hindrance(Obstacle.TOO_MANY_SHEETS),)


def test_a_form_that_is_not_here(press):
    """No word about the paper."""
    found = tried(press, juminhyo(form_version="2031-04"), "")
    assert found.text == (Hindrance(Obstacle.FORM_NOT_HERE, "2031-04"),)
    assert found.sheets is None
