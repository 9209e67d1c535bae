"""Every cell that can keep a paper from being printed has a name that staff know."""

from __future__ import annotations

import pytest

from konbinid.domain.content import ENTRY_FIELDS, HEADING_FIELDS, SECTION_FIELDS, SHEET_FIELDS
from konbinid.office.cells import cell_name


@pytest.mark.parametrize(
    "where",
    [
        *(f"entry 2 {field}" for field in ENTRY_FIELDS),
        *(f"heading {field}" for field in HEADING_FIELDS),
        *(*SHEET_FIELDS, "seal", "impression"),
    ],
)
def test_a_cell_has_a_japanese_name(where):
    """「2人目の氏名」, not the name of a field."""
    assert where.split()[-1] not in cell_name(where)


def test_who_it_is_about_is_told_by_place():
    """The place on the paper, never the name."""
    assert cell_name("entry 2 name") == "2人目の氏名"
    assert cell_name("heading householder") == "見出しの世帯主"


def test_amounts_are_told_by_their_field():
    """The form calls them by labels of its own; the field leads there. So does whatever has no name here."""
    for field in SECTION_FIELDS["tax"]:
        assert field in cell_name(f"tax {field}")
    assert cell_name("sentence whole") == "様式の項目 (sentence whole)"
