"""Which 年度 a kazei can be had for: offered by the city (1107), and recorded for the person (1109). docs/decisions/0016."""

from __future__ import annotations

from konbinid.domain.case import Asked, Case
from konbinid.domain.kinds import KIND_RULES
from konbinid.domain.library import Shelf
from konbinid.domain.request import TaxYear
from konbinid.domain.tax import Filing, fiscal_year


def offered_years(shelf: Shelf) -> tuple[TaxYear, ...]:
    """The 年度 that the city offers, newest first, whoever asks: one without a record says 1109, and so sends people to file."""
    years = () if shelf.tax_years is None else shelf.tax_years.years
    return tuple(TaxYear(year, fiscal_year(year)) for year in years)


def year_not_allowed(case: Case, asked: Asked) -> str | None:
    """1107: a year of another kind, none for kazei, or one that is not offered."""
    options, takes_year = asked.options, KIND_RULES[asked.kind].takes_year
    if options is None:
        return None
    if (options.year is not None) != takes_year:
        return "year"
    offered = {year.year for year in offered_years(case.shelf)}
    return "year_not_offered" if takes_year and options.year not in offered else None


def no_tax_record(case: Case, asked: Asked) -> str | None:
    """1109. Asked for the right alone (listCertificates), one offered year that can be had is enough."""
    if not KIND_RULES[asked.kind].takes_year or case.applicant is None:
        return None
    if asked.options is None:
        said = [_closed(case, offered.year) for offered in offered_years(case.shelf)]
        return said[0] if said and None not in said else None
    return None if asked.options.year is None else _closed(case, asked.options.year)


def _closed(case: Case, year: int) -> str | None:
    """Why no paper says anything about this person's year; None when one may."""
    record = case.tax_record(year)
    if record is None:
        return "no_tax_record"
    if record.filing is Filing.NOT_FILED:
        return "tax_not_filed"
    return "tax_record_defective" if record.defect else None
