"""What the demo shows while it works: one aligned line per step, with a moving mark on a terminal, plain lines in a log."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from konbinid.cli.columns import padded

if TYPE_CHECKING:
    from collections.abc import Iterator

_MARKS = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_NAME_WIDTH = 14
_REDRAW_SECONDS = 0.1


class Step:
    """One step that is under way; `says` is what stands behind its name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.says = ""

    def say(self, words: str) -> None:
        """Show these words from now on; the last ones stay."""
        self.says = words


class Screen:
    """Where the steps are shown. `live`: a terminal, on which a line may be drawn again."""

    def __init__(self, out: IO[str], *, live: bool) -> None:
        self._out = out
        self._live = live

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Show a step until the block ends; its line stays with the seconds it took, or with a cross."""
        step = Step(name)
        began = time.monotonic()
        done = threading.Event()
        drawing = threading.Thread(target=self._draw, args=(step, done), daemon=True)
        if self._live:
            drawing.start()
        mark = "✗"
        try:
            yield step
            mark = "✓"
        finally:
            done.set()
            if self._live:
                drawing.join()
            took = time.monotonic() - began
            self._line(mark, step, f"  {took:.1f} s" if took >= _REDRAW_SECONDS else "", "\n")

    def line(self, words: str = "") -> None:
        """Plain words."""
        self._out.write(words + "\n")
        self._out.flush()

    def pairs(self, rows: list[tuple[str, str]]) -> None:
        """Names and what belongs to them, aligned; a row without a name continues the one above."""
        for name, words in rows:
            self.line(f"  {padded(name, _NAME_WIDTH)} {words}")

    def _draw(self, step: Step, done: threading.Event) -> None:
        turn = 0
        while not done.wait(_REDRAW_SECONDS):
            self._line(_MARKS[turn % len(_MARKS)], step, "", "")
            turn += 1

    def _line(self, mark: str, step: Step, behind: str, end: str) -> None:
        again = "\r\x1b[K" if self._live else ""
        self._out.write(f"{again}{mark} {step.name:<{_NAME_WIDTH}} {step.says}{behind}{end}")
        self._out.flush()
