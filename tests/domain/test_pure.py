"""The domain asks no clock: one instant per request decides everything, and it is an argument."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import konbinid.domain

_SOURCES = sorted(Path(konbinid.domain.__path__[0]).glob("*.py"))
_CLOCKS = {"now", "utcnow", "today", "fromtimestamp", "localtime"}
_BUILTINS = {"open", "print", "input", "eval", "exec"}


@pytest.mark.parametrize("path", _SOURCES, ids=lambda path: path.stem)
def test_no_clock_and_no_files(path):
    """A rule that looked at the clock itself could decide one request by two instants."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute):
                assert called.attr not in _CLOCKS, f"{path.name}:{node.lineno}"
            elif isinstance(called, ast.Name):
                assert called.id not in _BUILTINS, f"{path.name}:{node.lineno}"
