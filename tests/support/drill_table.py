"""Prints the matrix of the drill: feed × fault, a line each, with every point that did not end as undisturbed. ``pytest -p drill_table``."""

from __future__ import annotations

from collections import defaultdict
from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """After the last test."""
    told: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, found in getattr(report, "user_properties", []):
                if name == "drilled":
                    feed, fault, point = found["cell"]
                    told[fault, feed][point] = found["differs"]
    if not told:
        return
    write = terminalreporter.write_line
    write(f"{'fault':20}{'feed':9}{'points':>7}  outcome")
    for (fault, feed), points in told.items():
        bad = [f"{point}: {differs}" for point, differs in points.items() if differs]
        write(f"{fault:20}{feed:9}{len(points):>7}  {'; '.join(bad) or 'as undisturbed'}")
    cells = sum(map(len, told.values()))
    wrong = sum(bool(differs) for points in told.values() for differs in points.values())
    write(f"{cells} cells, {wrong} differ")
