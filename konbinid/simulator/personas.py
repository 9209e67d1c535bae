"""All of the demo's fixed people, put together: what every city of any size and seed begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from konbinid.simulator.cast import Persona, Stage
from konbinid.simulator.cast_families import put_families
from konbinid.simulator.cast_letters import put_foreigners, put_letters
from konbinid.simulator.cast_registers import put_registers
from konbinid.simulator.cast_rules import put_rules
from konbinid.simulator.cast_taxes import put_taxes

if TYPE_CHECKING:
    import datetime as dt


def stage_for(today: dt.date) -> Stage:
    """The households of the fixed people as they are on `today`, and their cards in the order of their numbers."""
    stage = Stage(today)
    # The order of these five gives everybody their 宛名番号: new people go to the end.
    put_families(stage)
    put_foreigners(stage)
    put_letters(stage)
    put_rules(stage)
    put_registers(stage)
    put_taxes(stage)
    stage.personas.sort(key=lambda persona: persona.card)
    return stage


def persona(today: dt.date, card: int) -> Persona:
    """The person of card number `card`; KeyError with the numbers that there are when it is none of them."""
    personas = stage_for(today).personas
    for one in personas:
        if one.card == card:
            return one
    raise KeyError(f"no demo card {card}; there are 1 to {personas[-1].card}")
