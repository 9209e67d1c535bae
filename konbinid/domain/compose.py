"""From a granted request to the content of the paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from konbinid.domain import cells
from konbinid.domain.case import Asked, Case
from konbinid.domain.content import ONLY, Cell, CellState, Content, Entry, Signature
from konbinid.domain.dates import era_date
from konbinid.domain.granted import Granted
from konbinid.domain.kinds import HOUSEHOLD_KINDS, Kind, Switch
from konbinid.domain.person import Person, SealNameKind
from konbinid.domain.tax import TaxRecord
from konbinid.domain.tax_cells import tax_section, title_of

WHOLE, PART = "whole", "part"


def compose(case: Case, asked: Asked, granted: Granted, issuance_number: str, *, specimen: bool) -> Content:
    """Exactly what will stand on the paper. Everything it needs was checked by the rules that granted it."""
    shelf, options = case.shelf, asked.options
    assert options is not None
    assert shelf.mayor is not None
    assert shelf.official_seal is not None
    form_version = shelf.kinds[asked.kind].form_version
    assert form_version is not None
    seal = case.seal if asked.kind is Kind.INKAN else None
    record = _tax_record(case, asked)
    return Content(
        kind=asked.kind,
        form_version=form_version,
        issuance_number=issuance_number,
        heading=_heading(case, asked, granted, options.show),
        entries=_entries(case, asked, granted, options.show),
        sentence=(WHOLE if granted.whole else PART) if asked.kind in HOUSEHOLD_KINDS else ONLY,
        signature=Signature(shelf.mayor.title, shelf.mayor.name, era_date(case.today), shelf.official_seal),
        impression=seal.impression if seal is not None else None,
        specimen=specimen,
        sections={} if record is None else {"tax": tax_section(record)},
        title=ONLY if record is None else title_of(record),
    )


def _tax_record(case: Case, asked: Asked) -> TaxRecord | None:
    """The record that a kazei shows; None for every other kind, though the case may know some."""
    if asked.kind is not Kind.KAZEI:
        return None
    assert asked.options is not None
    assert asked.options.year is not None
    record = case.tax_record(asked.options.year)
    assert record is not None
    return record


def _heading(case: Case, asked: Asked, granted: Granted, show: frozenset[Switch]) -> dict[str, Cell]:
    if asked.kind not in HOUSEHOLD_KINDS:
        return {}
    heading = {"address": Cell.of(granted.applicant.full_address)}
    if asked.kind is Kind.JUMINHYO or Switch.HOUSEHOLDER in show:
        head = case.household.householder if case.household is not None else None
        heading["householder"] = cells.on_request(
            show, Switch.HOUSEHOLDER, head.name if head is not None else ""
        )
    return heading


def _entries(case: Case, asked: Asked, granted: Granted, show: frozenset[Switch]) -> tuple[Entry, ...]:
    if asked.kind is Kind.INKAN:
        katakana = case.seal is not None and case.seal.name_kind is SealNameKind.KATAKANA
        return (cells.inkan_entry(granted.applicant, katakana=katakana),)
    if asked.kind is Kind.KAZEI:
        return (cells.kazei_entry(granted.applicant),)
    make: Callable[[Person, frozenset[Switch]], Entry]
    make = cells.juminhyo_entry if asked.kind is Kind.JUMINHYO else cells.kisaijiko_entry
    return tuple(make(person, show) for person in granted.printed)


def record_of(content: Content, conceal: Callable[[str], str]) -> dict[str, Any]:
    """The content as the ledger keeps it, JSON-able. ``conceal`` turns a 個人番号 into its keyed digest: the number itself is never stored
    outside the sealed document (house.md)."""

    def cell(name: str, value: Cell) -> list[str]:
        hidden = name == "individual_number" and value.state is CellState.VALUE
        return [value.state.value, conceal(value.text) if hidden else value.text]

    def cells_of(group: Mapping[str, Cell]) -> dict[str, list[str]]:
        return {name: cell(name, value) for name, value in group.items()}

    impression = content.impression
    return {
        "kind": content.kind.value,
        "form_version": content.form_version,
        "issuance_number": content.issuance_number,
        "heading": cells_of(content.heading),
        "entries": [
            {
                "shape": entry.shape.value,
                "member": entry.member_number,
                "cells": cells_of(entry.cells),
            }
            for entry in content.entries
        ],
        "sections": {name: cells_of(group) for name, group in content.sections.items()},
        "sentence": content.sentence,
        "title": content.title,
        "signature": [content.signature.title, content.signature.name, content.signature.issued_on],
        "impression": None
        if impression is None
        else [impression.width, impression.height, impression.dpi, impression.rows.hex()],
        "specimen": content.specimen,
    }
