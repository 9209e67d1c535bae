"""What a kazei 課税証明書 shows of a tax record: value, nothing, or ＊＊＊ (certificates.md, kazei)."""

from __future__ import annotations

from konbinid.domain.content import OMITTED, TAXED, UNTAXED, Cell
from konbinid.domain.tax import (
    AMOUNTS,
    COUNTS,
    INCOMES,
    Filing,
    TaxRecord,
    assessment_day,
    fiscal_year,
    income_year,
)

_FOREST_TAX_SINCE = 2024  # 森林環境税及び森林環境譲与税に関する法律: from 令和6年度
_FIXED_REDUCTION_YEARS = (2024, 2025)  # 定額減税: 令和6年度, for some 令和7年度 (地方税法附則)


def title_of(record: TaxRecord) -> str:
    """The key of the form's title: 課税証明書, or 非課税証明書 when the tax is 0."""
    return UNTAXED if record.is_untaxed else TAXED


def tax_section(record: TaxRecord) -> dict[str, Cell]:
    """Every field of the section ``tax``. An amount of 0 is recorded and shown as 0."""
    return {
        "fiscal_year": Cell.of(fiscal_year(record.year)),
        "income_year": Cell.of(income_year(record.year)),
        "assessed_on": Cell.of(assessment_day(record.year)),
        "address": Cell.of(record.address),
        "deductible_spouse": Cell.of("有" if record.deductible_spouse else "無"),
        **{name: _amount_cell(record, name) for name in AMOUNTS},
        **{name: Cell.of(f"{record.counts[name]}人") for name in COUNTS},
    }


def _amount_cell(record: TaxRecord, name: str) -> Cell:
    """＊＊＊ for the incomes of one who need not file (contract 2), and for what the law did not know in that 年度."""
    amount = record.amounts[name]
    if name in INCOMES and record.filing is Filing.NOT_REQUIRED:
        return OMITTED
    unknown_then = (name == "forest_tax" and record.year < _FOREST_TAX_SINCE) or (
        name == "fixed_reduction" and record.year not in _FIXED_REDUCTION_YEARS
    )
    # An amount that should not exist is never hidden: it is shown for whoever compares.
    return OMITTED if unknown_then and not amount else Cell.of(amount_text(amount))


def amount_text(yen: int) -> str:
    """「1,234,567」, a loss as tax papers write it: 「△1,234」."""
    return f"△{-yen:,}" if yen < 0 else f"{yen:,}"
