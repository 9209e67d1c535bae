"""Every state and alert that can be shown has words."""

from __future__ import annotations

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest

from konbinid.domain.feeds import Feed
from konbinid.domain.request import ServiceState
from konbinid.office import words

_PACKAGE = Path(__file__).parents[2] / "konbinid"


def _raised():
    """The event of every alert that the code raises through the store."""
    for path in sorted(_PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", getattr(node.func, "id", "")) == "raise_alert"
            ):
                constants = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
                if path.name != "alerts.py":  # passes on what it is given, with a text
                    yield (
                        f"{path.name}:{node.lineno}",
                        next((c for c in constants if c in words.ALERTS), constants),
                    )


def test_every_alert_says_what_to_do():
    """Whoever is on duty reads Japanese that says what to do, not the name of an event."""
    raised = dict(_raised())
    assert len(raised) >= 10
    assert {place: event for place, event in raised.items() if event not in words.ALERTS} == {}
    # These come through konbinid.ops.alerts, which passes on what it is given.
    passed_on = {"witness.other_database", "witness.not_written", "relay.turned_away", "relay.odd"}
    assert set(words.ALERTS) == set(raised.values()) | passed_on


def test_every_state_has_words():
    """A new state of the contract or of the ledger must be told before it is shown."""
    assert set(words.SERVICE_STATES) == set(ServiceState)
    assert set(words.FEEDS) == set(Feed)
    assert set(words.ISSUANCE_STATES) == {"OPEN", "MADE", "UNREPORTED", "DELIVERED", "CANCELLED", "FAILED"}
    created = (_PACKAGE / "store/migrations/004_intake.sql").read_text(encoding="utf-8")
    states = re.search(r"check \(state in \(([^)]+)\)\)", created)
    assert set(words.FILE_STATES) == set(re.findall("'([a-z]+)'", states[1]))
    assert set(words.SEVERITIES) == {"info", "warning", "error", "critical"}


@pytest.mark.parametrize(
    ("age", "told"),
    [
        (timedelta(seconds=59), "1分未満"),
        (timedelta(minutes=3, seconds=59), "3分"),
        (timedelta(hours=5), "5時間"),
        (timedelta(hours=5, minutes=20), "5時間20分"),
        (timedelta(days=2, hours=4, minutes=59), "2日4時間"),
        (timedelta(days=3), "3日"),
    ],
)
def test_an_age_is_told_in_its_two_largest_parts(age, told):
    """An age never looks younger by rounding up to a larger unit."""
    assert words.how_long(age) == told
