"""Hypothesis strategies for cases of every kind of trouble: households, holds, settings and requests that no example names.

A matter starts as one that is granted and takes up to three troubles, so that grants, single refusals and tangles are all met often.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import cases
from hypothesis import strategies as st

from konbinid.domain.case import Asked, Case
from konbinid.domain.kinds import HOUSEHOLD_KINDS, KIND_RULES, REGISTER_KINDS, Kind, Scope, Switch
from konbinid.domain.person import Hold, HoldSource, Person, ResidentState, SealNameKind, SealState
from konbinid.domain.tax import Filing, TaxRecord

YEARS = [2026, 2025, 2024, 2023]  # offered
NUMBERS = [f"{number:010d}" for number in range(1, 5)]
_TROUBLES = (
    *("state", "birth", "change", "address", "relationship"),  # of one member
    *("hold", "doubt", "time", "suspended", "stale", "credential", "seals", "taxes"),
    *("numbers", "copies", "fee", "scope", "city"),  # of the request
)


@st.composite
def holds(draw, numbers: tuple[str, ...] = (*NUMBERS, "0000009999")) -> Hold:
    """Any hold, on a member or a stranger, in force or not."""
    near = st.none() | st.integers(-2, 2).map(lambda days: cases.TODAY + timedelta(days=days))
    return cases.hold(
        draw(st.sampled_from(numbers)),
        source=draw(st.sampled_from(HoldSource)),
        category=draw(st.sampled_from(["01", "02", "03", "04", "99", ""])),
        kinds=draw(st.none() | st.frozensets(st.sampled_from(Kind), min_size=1)),
        household=draw(st.booleans()),
        starts_on=draw(near),
        ends_on=draw(near),
    )


def tax_records(years: list[int] = YEARS) -> st.SearchStrategy[TaxRecord]:
    """Any record of a 年度: filed or not, defective or not, taxed or not."""
    return st.builds(
        cases.tax_record,
        st.sampled_from(years),
        filing=st.sampled_from(Filing),
        defect=st.sampled_from(["", "amounts"]),
        annual_tax=st.sampled_from([0, 100]),
    )


def _year_of(record: TaxRecord) -> int:
    return record.year


@st.composite
def _members(draw, troubles: frozenset[str]) -> tuple[Person, ...]:
    members = []
    for place, number in enumerate(NUMBERS[: draw(st.integers(1, 4))]):
        make = draw(st.sampled_from([cases.person, cases.spouse, cases.foreigner]))
        relationship = "世帯主" if place == 0 else "子"
        members.append(
            make(
                atena_number=number, household_order=place, member_number=place + 1, relationship=relationship
            )
        )
    changes = {
        "state": {"state": draw(st.sampled_from(ResidentState))},
        "birth": {"birth_date": cases.partial(draw(st.sampled_from(["20111124", "20111125", "20110000"])))},
        "change": {"change_in_progress": True},
        "address": {"address": cases.ADDRESS + "４号"},
        "relationship": {"relationship": draw(st.sampled_from(["世帯主", "妻"]))},
    }
    for name in sorted(troubles & changes.keys()):
        place = draw(st.integers(0, len(members) - 1))
        members[place] = replace(members[place], **changes[name])
    return tuple(members)


@st.composite
def _requests(draw, members: int, troubles: frozenset[str]) -> Asked:
    kind = draw(st.sampled_from(sorted(set(Kind) - REGISTER_KINDS)))
    numbers, show = None, frozenset()
    if kind in HOUSEHOLD_KINDS:
        numbers = draw(st.none() | st.lists(st.integers(1, members), min_size=1, unique=True))
        show = draw(st.frozensets(st.sampled_from(Switch)))
    if "numbers" in troubles:
        numbers = draw(st.lists(st.integers(-1, 5), max_size=3))
    return cases.asked(
        kind,
        members=numbers,
        show=show,
        copies=draw(st.sampled_from([-1, 0, 11])) if "copies" in troubles else draw(st.integers(1, 10)),
        fee=299 if "fee" in troubles else 300,
        municipality=cases.OTHER_MUNICIPALITY if "city" in troubles else cases.MUNICIPALITY,
        scope=draw(st.sampled_from(Scope)) if "scope" in troubles else None,
        year=draw(st.sampled_from(YEARS)) if KIND_RULES[kind].takes_year else None,
    )


@st.composite
def matters(draw) -> tuple[Case, Asked]:
    """A case and what is asked of it."""
    troubles = draw(st.frozensets(st.sampled_from(_TROUBLES), max_size=3))
    members = draw(_members(troubles))
    seal = st.builds(cases.seal, state=st.sampled_from(SealState), name_kind=st.sampled_from(SealNameKind))
    wrong = {
        "hold": lambda: {"holds": tuple(draw(st.lists(holds(), min_size=1, max_size=2)))},
        "doubt": lambda: {"holds": (cases.doubt(draw(st.sampled_from(NUMBERS))),)},
        "time": lambda: {"at": cases.NOW + timedelta(hours=draw(st.sampled_from([8, 14])))},
        "suspended": lambda: {"suspended": frozenset({draw(st.sampled_from(["*", *Kind]))})},
        "stale": lambda: {"stale": frozenset({draw(st.sampled_from(Kind))})},
        "credential": lambda: {"credential": draw(st.sampled_from([None, cases.credential(valid=False)]))},
        "seals": lambda: {"seals": tuple(draw(st.lists(seal, max_size=2)))},
        "taxes": lambda: {"taxes": tuple(draw(st.lists(tax_records(), max_size=3, unique_by=_year_of)))},
    }
    changed = {"credential": cases.credential(draw(st.sampled_from([p.atena_number for p in members])))}
    for name in sorted(troubles & wrong.keys()):
        changed |= wrong[name]()
    policy = {
        "support_measure_blocks_household": draw(st.booleans()),
        "leaving_member_closes_household": draw(st.booleans()),
    }
    one = cases.case(household=cases.household(*members), policy=policy, **changed)
    return one, draw(_requests(len(members), troubles))
