"""What keeps a kind from being issued is said before anything listens, not at the kiosk."""

from __future__ import annotations

from datetime import timedelta

from cases import NOW, kind_shelf, shelf

from konbinid.domain.kinds import REGISTER_KINDS, Kind
from konbinid.domain.library import Item, LibraryEntry
from konbinid.preparation import library_faults

NOT_FOR_REGISTERS = {Item.MAYOR, Item.OFFICIAL_SEAL, Item.FORM}
FORMS = frozenset({(Kind.KAZEI, "2026.1"), (Kind.INKAN, "2026.1")})


def entries(*kinds, without=()):
    """A library that offers these kinds whole, less some items."""
    whole, values = shelf(), []
    for item, value in (
        (Item.MAYOR, whole.mayor),
        (Item.OFFICIAL_SEAL, whole.official_seal),
        (Item.HOLIDAYS, whole.holidays),
        (Item.TAX_YEARS, whole.tax_years),
    ):
        values.append((item, None, value))
    for kind in kinds:
        own = kind_shelf(kind)
        values += [(Item.OFFERED, kind, own.offer), (Item.FEE, kind, own.fee), (Item.HOURS, kind, own.hours)]
        values.append((Item.FORM, kind, own.form_version))
    begins = NOW - timedelta(days=1)
    return [
        LibraryEntry(number, item, kind, begins, None, value)
        for number, (item, kind, value) in enumerate(values, 1)
        if item not in without
    ]


def test_a_whole_library_has_no_faults():
    """The ground of the tests below."""
    assert library_faults(entries(Kind.KAZEI, Kind.INKAN), FORMS, NOW) == []


def test_kazei_without_years_is_a_fault():
    """Only kazei needs them."""
    lacking = {Item.TAX_YEARS}
    assert library_faults(entries(Kind.KAZEI, without=lacking), FORMS, NOW) == [
        "課税証明書 is offered, but no tax_years is in force."
    ]
    assert library_faults(entries(Kind.INKAN, without=lacking), FORMS, NOW) == []


def test_a_form_that_no_file_declares():
    """The version that is in force must be on this host."""
    (fault,) = library_faults(entries(Kind.KAZEI), FORMS - {(Kind.KAZEI, "2026.1")}, NOW)
    assert "form 2026.1" in fault


def test_registers_alone_need_no_mayor_no_seal_and_no_form():
    """A city that passes registers' papers on and draws nothing has a whole library with offer, fee, hours and holidays."""
    assert library_faults(entries(*REGISTER_KINDS, without=NOT_FOR_REGISTERS), frozenset(), NOW) == []


def test_what_a_register_does_need_is_named():
    """Fee and hours of the kind, holidays of the city."""
    faults = library_faults(entries(Kind.FUHYO, without={Item.FEE, Item.HOLIDAYS}), frozenset(), NOW)
    assert faults == ["No holidays is in force.", "戸籍の附票の写し is offered, but no fee is in force."]


def test_one_drawn_kind_needs_who_signs_and_its_form():
    """Mayor and seal for all, the form for that kind."""
    faults = library_faults(entries(Kind.FUHYO, Kind.INKAN, without=NOT_FOR_REGISTERS), frozenset(), NOW)
    assert faults == [
        "No mayor is in force.",
        "No official_seal is in force.",
        "印鑑登録証明書 is offered, but no form is in force.",
    ]
