"""What differs between two versions of a form, in words: everything is told, with its sheet, and nothing that is the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from konbinid.domain.kinds import Kind
from konbinid.paper.form import Frame, Rule
from konbinid.paper.form_change import changes
from konbinid.paper.sample_people import PersonaName
from konbinid.paper.samples import sample_contents


@pytest.fixture
def inkan(forms):
    """A form and a certificate on it."""
    content = sample_contents(Kind.INKAN, "2026-10", date(2026, 11, 25))[PersonaName.TYPICAL]
    return forms[Kind.INKAN, "2026-10"], content


def _said(old, **changed):
    form, content = old
    return changes(old, (replace(form, **changed), content))


def test_the_same_form_has_no_changes(inkan):
    """Neither of itself nor of what rounding makes."""
    assert changes(inkan, inkan) == []
    seal = inkan[0].seal
    assert _said(inkan, seal=replace(seal, x=seal.x + 0.001)) == []


def test_paper_frames_and_lines_are_told(inkan):
    """What no text shows: the size of the sheet, the frame of a seal, a line that is thinner."""
    form = inkan[0]
    assert _said(inkan, width=211.0) == [(0, "page: 210 × 297 -> 211 × 297 mm")]
    moved = Frame(form.seal.x, form.seal.y + 1, 30, form.seal.h)
    assert _said(inkan, seal=moved) == [(1, "official seal: moved by +0.00, +1.00 mm; 28 × 28 -> 30 × 28 mm")]
    first = form.rules[0]
    thinner = (replace(first, width=0.5), *form.rules[1:])
    assert _said(inkan, rules=thinner) == [
        (1, "line gone: 20, 42 to 190, 42 mm, 1 pt"),
        (1, "line new: 20, 42 to 190, 42 mm, 0.5 pt"),
    ]
    assert _said(inkan, rules=(*form.rules, Rule(1, 2, 3, 4, 1))) == [(1, "line new: 1, 2 to 3, 4 mm, 1 pt")]


def test_fields_that_come_and_go_are_told(inkan):
    """A box less is a change, even when its label stays."""
    form = inkan[0]
    without = tuple(box for box in form.boxes if box.field != "issued_on")
    assert _said(inkan, boxes=without) == [(1, "field issued_on: gone at 30, 184 mm")]
    assert [line for _, line in _said(inkan, labels=form.labels[1:])] == [
        "label 「この印は黒色です」: gone at 160, 217 mm"
    ]


def test_fewer_people_on_a_sheet_are_more_sheets(forms):
    """The number of sheets is told for the whole, what moved for each sheet that both have."""
    form = forms[Kind.JUMINHYO, "2026-10"]
    content = sample_contents(Kind.JUMINHYO, "2026-10", date(2026, 11, 25))[PersonaName.MANY]
    other = replace(form, people=replace(form.people, per_sheet=2))
    said = changes((form, content), (other, content))
    assert said[0] == (0, "sheets: 3 -> 5")
    assert any(line.startswith("field entry 3 name: gone") for sheet, line in said if sheet == 1)
