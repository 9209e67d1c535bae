"""Every cell of a kazei: value, blank or ＊＊＊ (certificates.md; contract 2, ZEI)."""

from __future__ import annotations

import pytest
from case_strategies import tax_records
from cases import tax_record
from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.content import BLANK, OMITTED, SECTION_FIELDS, Cell, CellState
from konbinid.domain.tax import AMOUNTS, COUNTS, INCOMES, Filing
from konbinid.domain.tax_cells import amount_text, tax_section


@given(tax_records([2019, 2023, 2024, 2026]))
def test_every_field_has_its_cell(record):
    """A form may place these fields and no others, and each of them says what it shows."""
    assert set(tax_section(record)) == set(SECTION_FIELDS["tax"])


@given(st.integers(-(10**12), 10**12))
def test_an_amount_can_be_read_back(yen):
    """Thousands in threes, a loss with △, and no yen lost on the way."""
    text = amount_text(yen)
    assert int(text.replace("△", "-").replace(",", "")) == yen
    assert text.startswith("△") == (yen < 0)
    assert all(len(part) == 3 for part in text.split(",")[1:])


@given(st.fixed_dictionaries({name: st.integers(-(10**11), 10**11) for name in AMOUNTS}))
def test_each_amount_stands_in_its_own_cell(amounts):
    """I-16: no amount in the cell of another, whatever they are."""
    cells = tax_section(tax_record(2024, **amounts))
    assert {name: cells[name] for name in AMOUNTS} == {
        name: Cell.of(amount_text(yen)) for name, yen in amounts.items()
    }


def test_nothing_is_recorded_as_zero():
    """An amount of 0 was assessed: it is shown, not blank."""
    assert tax_section(tax_record(farm_income=0))["farm_income"] == Cell.of("0")


def test_who_need_not_file_shows_no_income():
    """申告不要: ＊＊＊ for every income and for nothing else (contract 2)."""
    cells = tax_section(tax_record(2024, filing=Filing.NOT_REQUIRED))
    assert {name for name, cell in cells.items() if cell == OMITTED} == set(INCOMES)


@pytest.mark.parametrize(
    ("year", "omitted"),
    [
        (2023, {"forest_tax", "fixed_reduction"}),
        (2024, set()),
        (2025, set()),
        (2026, {"fixed_reduction"}),
    ],
)
def test_what_the_law_did_not_know_is_not_applicable(year, omitted):
    """森林環境税 from 令和6年度, 定額減税 in 令和6年度 and 令和7年度: else ＊＊＊, which a form may close up."""
    cells = tax_section(tax_record(year, forest_tax=0, fixed_reduction=0))
    assert {name for name, cell in cells.items() if cell.state is CellState.OMITTED} == omitted


def test_an_amount_that_should_not_exist_is_not_hidden():
    """＊＊＊ over a sum that went into the tax would certify something else."""
    assert tax_section(tax_record(2026, fixed_reduction=30_000))["fixed_reduction"] == Cell.of("30,000")


def test_counts_spouse_and_address():
    """People are counted as such; 有 or 無; an address that is not recorded is blank."""
    cells = tax_section(tax_record(dependants_specific=2, deductible_spouse=False, address=""))
    assert {name: cells[name].text for name in COUNTS} == {
        "dependants_general": "0人",
        "dependants_specific": "2人",
        "dependants_elderly": "0人",
        "dependants_under_16": "1人",
        "disabled": "0人",
        "specially_disabled": "0人",
    }
    assert (cells["deductible_spouse"], cells["address"]) == (Cell.of("無"), BLANK)
    assert tax_section(tax_record())["deductible_spouse"] == Cell.of("有")
