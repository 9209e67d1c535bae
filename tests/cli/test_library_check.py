"""What the library is about to say is tried on the press: every combination that will be in force, and no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import town

from konbinid.cli.library_check import unprintable
from konbinid.domain.content import OfficialSeal
from konbinid.domain.dates import JST
from konbinid.domain.kinds import Kind
from konbinid.domain.library import Item, LibraryEntry, Mayor

NOW = datetime(2027, 1, 1, tzinfo=JST)
_LONG = Mayor("市長" * 30, "見本")
_GOOD = Mayor("見本市長", "見本　一郎")


def _entry(number, item, value, begins=0, ends=None, *, kind=None):
    def day(days):
        return NOW + timedelta(days=days)

    return LibraryEntry(number, item, kind, day(begins), None if ends is None else day(ends), value)


_FORM = _entry(1, Item.FORM, "2026-10", -100, kind=Kind.INKAN)


def _faults(known, *new):
    return unprintable(known, new, town.press(), NOW)


def test_a_mayor_is_tried_on_the_forms_of_his_time_only():
    """He signs from day 10 to day 20: forms that begin before his end are his, what follows is not."""
    mayor = _entry(2, Item.MAYOR, _LONG, 10, 20)
    assert _faults([], mayor) == []
    assert len(_faults([_FORM], mayor)) == 1
    for begins, found in ((0, 1), (10, 1), (19, 1), (20, 0), (30, 0)):
        assert len(_faults([replace(_FORM, effective_from=NOW + timedelta(days=begins))], mayor)) == found
    assert _faults([replace(_FORM, effective_to=NOW + timedelta(days=10))], mayor) == []


def test_a_form_is_tried_with_every_mayor_and_seal_of_its_time():
    """The form comes first, the mayor after it: whoever is second is refused, with the day on which it would begin to fail."""
    seal = _entry(4, Item.OFFICIAL_SEAL, OfficialSeal(8, 8, b"\xff" * 8, 40.0, 40.0), 50)
    known = [_entry(2, Item.MAYOR, _GOOD, -10), _entry(3, Item.MAYOR, _LONG, 30), seal]
    assert _faults(known, _FORM) == [
        "印鑑登録証明書, form 2026-10, from 2027-01-31: 1301: mayor_title: does not fit",
        "印鑑登録証明書, form 2026-10, from 2027-02-20: 1301: seal: does not fit",
    ]
    assert "seal: does not fit" in _faults([known[0], seal], _FORM)[0]


def test_what_is_over_or_belongs_to_others_is_not_held_against_the_new():
    """An old mistake that was replaced, and one between two entries that are there already, keep nobody from entering a fee or a mayor."""
    past = _entry(2, Item.MAYOR, _LONG, -50, -1)
    assert _faults([_FORM], past) == []
    bad = _entry(3, Item.MAYOR, _LONG, -50)
    assert _faults([_FORM, bad], _entry(4, Item.MAYOR, _GOOD, 5)) == []
    assert _faults([_FORM, bad], _entry(5, Item.FEE, 300, kind=Kind.INKAN)) == []


def test_a_form_that_is_not_there_is_told_once():
    """With several mayors to come, the file is missing all the same."""
    missing = replace(_FORM, value="2031-04")
    mayors = [_entry(n, Item.MAYOR, _GOOD, 10 * n) for n in (2, 3)]
    said = _faults(mayors, missing)
    assert said[0] == "印鑑登録証明書, form 2031-04, from 2027-01-01: this version is not in [forms] folder."
    assert all("is not in [forms] folder" in line for line in said)
