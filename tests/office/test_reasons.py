"""Every rule that can refuse has words for staff, and of a hold nothing may be told."""

from __future__ import annotations

import ast
import inspect
import re
import sys

import pytest

from konbinid.domain import register_rules
from konbinid.domain.entitlement import RULES as ENTITLEMENT_RULES
from konbinid.domain.person import HoldSource, ResidentState
from konbinid.domain.results import Code
from konbinid.domain.trials import Obstacle
from konbinid.office.reasons import REASONS, RULES, reason_of

_WORD = re.compile("[a-z]+(_[a-z0-9]+)*")


def _said():
    """Every word that a rule can say: the constants that the rules' modules return, and those that are put together. The registers' rules stand
    behind the others."""
    for module in {register_rules.__name__, *(rule.__module__ for _, rule in ENTITLEMENT_RULES)}:
        for node in ast.walk(ast.parse(inspect.getsource(sys.modules[module]))):
            if isinstance(node, ast.Return) and node.value is not None:
                for each in ast.walk(node.value):
                    if (
                        isinstance(each, ast.Constant)
                        and isinstance(each.value, str)
                        and _WORD.fullmatch(each.value)
                    ):
                        yield each.value
    yield from Obstacle
    for state in ResidentState:
        if not state.is_living:
            yield f"resident_{state.name.lower()}"


def test_every_rule_has_words():
    """A new rule must be explained before it can refuse; words without a rule are gone."""
    said = set(_said())
    assert len(said) > 20
    assert said == set(REASONS)
    assert set(RULES) == {*(code for code, _ in ENTITLEMENT_RULES), Code.UNPRINTABLE, Code.TOO_MANY_PAGES}


@pytest.mark.parametrize("source", [HoldSource.CORE, HoldSource.STAFF])
@pytest.mark.parametrize("category", ["01", "03", "04", "99"])
def test_of_a_hold_nothing_is_told(source, category):
    """Whoever calls may be the one from whom a 支援措置 protects: the guidance is the same for every hold, change and doubt."""
    held = reason_of(f"hold_{source}_{category}")
    assert held.telling == reason_of("hold_change_or_doubt").telling == reason_of("leaving").telling
    assert "理由は伝えない" in held.telling
    assert "支援" not in held.telling
