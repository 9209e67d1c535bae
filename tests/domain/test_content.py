"""The content of a paper as values: three states of a cell, field names without doubles, true sizes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.content import (
    BLANK,
    ENTRY_FIELDS,
    HEADING_FIELDS,
    OMITTED,
    OMITTED_MARK,
    SHEET_FIELDS,
    Cell,
    CellState,
    SealImpression,
)


def test_the_three_visible_states():
    """Value, blank, ＊＊＊: what a form draws, and what read-back expects, is in the cell itself."""
    assert (BLANK.state, BLANK.text) == (CellState.BLANK, "")
    assert (OMITTED.state, OMITTED.text) == (CellState.OMITTED, "＊＊＊")
    assert OMITTED_MARK == "＊＊＊"
    assert len(CellState) == 3


@given(st.text())
def test_recorded_is_a_value_and_nothing_is_blank(text):
    """No text is taken for ＊＊＊, not even one that reads so, and no value is trimmed or changed."""
    cell = Cell.of(text)
    assert cell == (Cell(CellState.VALUE, text) if text else BLANK)
    assert cell.state is not CellState.OMITTED


def test_field_names_are_names():
    """A form places a field by its name: each stands once in its group."""
    for fields in (ENTRY_FIELDS, HEADING_FIELDS, SHEET_FIELDS):
        assert len(set(fields)) == len(fields)


@pytest.mark.parametrize(
    ("pixels", "dpi", "millimetres"),
    [(300, 600, 12.7), (600, 600, 25.4), (283, 300, 23.960667), (189, 600, 8.001)],
)
def test_an_impression_has_its_true_size(pixels, dpi, millimetres):
    """Contract 2, INKAN: pixels ÷ dpi; certificates.md wants it on paper to 0.1 mm."""
    width, height = SealImpression(pixels, pixels, dpi, b"").size_mm
    assert width == height
    assert abs(width - millimetres) < 0.001
