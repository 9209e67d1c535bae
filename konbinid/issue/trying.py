"""Papers that nobody gets: composed and printed as the desk does it, to learn whether they could be, and dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from konbinid.domain.case import Case
from konbinid.domain.compose import compose
from konbinid.domain.content import Content
from konbinid.domain.granted import drawn
from konbinid.domain.kinds import REGISTER_KINDS, Kind, Switch
from konbinid.domain.trials import Trial, Tried, trials
from konbinid.issue.gaiji_presses import GaijiPresses, Pause
from konbinid.paper.press import Press
from konbinid.paper.samples import NUMBER
from konbinid.paper.trying import tried
from konbinid.store.transaction import Transaction

_DIGITS = "0" * 12  # in place of a 個人番号, which is not opened for this; nobody sees it


async def try_papers(
    tx: Transaction,
    base: Press,
    case: Case,
    kinds: Iterable[Kind],
    *,
    presses: GaijiPresses,
    pause: Pause,
    known: datetime | None = None,
) -> Mapping[Kind, tuple[Tried, ...]]:
    """What is in the way of the papers that the case's holder could choose, by kind that is drawn. ``case`` must have a credential of the person
    asked about. ``base`` has the base faces, ``presses`` keeps those with 外字; ``known``: as of when these count; ``pause`` is awaited between two
    papers. BadFont."""
    _, press = await presses.in_force(tx, base, pause, known)
    found: dict[Kind, tuple[Tried, ...]] = {}
    for kind in kinds:
        if kind in REGISTER_KINDS:
            continue
        for trial in trials(case, kind):
            found[kind] = (*found.get(kind, ()), tried(press, content_of(case, trial), trial.choice))
            await pause()
    return found


def content_of(case: Case, trial: Trial) -> Content:
    """What would stand on the paper, with an issuance number that no paper has, marked as a specimen."""
    asked, fee = trial.asked, case.shelf.kinds[trial.asked.kind].fee
    assert fee is not None  # a kind without one is not tried
    granted = drawn(case, asked, fee)
    if asked.options is not None and Switch.INDIVIDUAL_NUMBER in asked.options.show:
        printed = (
            replace(person, individual_number=_DIGITS if person.has_individual_number else "")
            for person in granted.printed
        )
        granted = replace(granted, printed=tuple(printed))
    return compose(case, asked, granted, NUMBER, specimen=True)
