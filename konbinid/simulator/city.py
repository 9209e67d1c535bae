"""The demo city: all its households, one after the other, from a seed, and its feed files.

Every household has dice of its own, seeded by the city's seed and the household's number, and is forgotten once it
is written: memory does not grow with the city.
"""

from __future__ import annotations

import contextlib
import itertools
import random
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from konbinid.simulator import families, gaiji, holdings, mixed, taxes
from konbinid.simulator.cast_taxes import cast_rows
from konbinid.simulator.feeds import FeedWriter, write_difference, write_full
from konbinid.simulator.personas import stage_for
from konbinid.simulator.register_pdfs import RegisterPrinter
from konbinid.simulator.registers import registers_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from konbinid.simulator.household import Household
    from konbinid.simulator.registers import Register
    from konbinid.simulator.seals import SealCutter
    from konbinid.simulator.tax_rows import TaxRow

_FOREIGN_SHARE = 0.03
_FEEDS = ("JUMIN", "JPKI", "YOKUSHI", "INKAN", "ZEI", "KOSEKI", "FUHYO")
REGISTERS = 60
"""So many family registers are written unless it is said otherwise: those of the fixed people. Each has several PDFs for each member."""

_ROOM = 16
"""No household drawn at random is larger; the city's last places are filled with people who live alone."""


_AT_ONCE = 500
"""Households that one of several processes draws at a time."""


class City(NamedTuple):
    """What decides a city: how many people stand in its JUMIN file (the gone included), the seed, and the day."""

    people: int
    seed: int
    today: dt.date

    def households(self, processes: int = 1) -> Iterator[Household]:
        """The fixed people's households, then random ones until the number of people is reached exactly; the same ones, whether one process draws
        them or several.

        ValueError when the city has not room for the fixed people.
        """
        stage = stage_for(self.today)
        fixed = sum(len(household.residents) for household in stage.households)
        if self.people < fixed:
            raise ValueError(f"a demo city has at least {fixed} people: those of the demo cards")
        yield from stage.households
        left = self.people - fixed
        index = len(stage.households)
        with contextlib.closing(self._drawn(index, processes)) as drawn:
            while left >= _ROOM:
                household = next(drawn)
                left -= len(household.residents)
                index += 1
                yield household
        while left:
            yield self._household(index, alone=True)
            left -= 1
            index += 1

    def _drawn(self, first: int, processes: int) -> Generator[Household]:
        """Random households from number `first` on, without end."""
        if processes == 1:
            yield from map(self._household, itertools.count(first))
        with ProcessPoolExecutor(processes) as pool:
            starts = itertools.count(first, _AT_ONCE)
            ahead = deque(pool.submit(self._some, start) for start in itertools.islice(starts, 2 * processes))
            try:
                while True:
                    yield from ahead.popleft().result()
                    ahead.append(pool.submit(self._some, next(starts)))
            finally:
                pool.shutdown(cancel_futures=True)

    def _some(self, first: int) -> list[Household]:
        return [self._household(index) for index in range(first, first + _AT_ONCE)]

    def _household(self, index: int, *, alone: bool = False) -> Household:
        rng = random.Random(f"{self.seed}/{index}")
        kinds = mixed.KINDS if rng.random() < _FOREIGN_SHARE else families.KINDS
        draw = rng.choices([kind for kind, _ in kinds], [share for _, share in kinds])[0]
        if alone:
            draw = families.single
        draft = families.start(index, rng, self.today, alone=draw in {families.single, mixed.alone})
        draw(draft)
        holdings.complete(rng, draft.household)
        return draft.household

    def tax_rows(self, household: Household, count: int) -> Iterator[TaxRow]:
        """A household's ZEI rows of the newest `count` 年度."""
        years = taxes.tax_years(self.today, count)
        is_drawn = household.incomes is None
        return taxes.household_rows(household, years) if is_drawn else cast_rows(household, years)


class Written(NamedTuple):
    """What a city's files hold: rows per feed."""

    residents: int
    credentials: int
    holds: int
    seals: int
    taxes: int
    koseki: int
    fuhyo: int


def write_city(
    folder: Path,
    city: City,
    stamp: dt.datetime,
    *,
    seq: int = 1,
    cutter: SealCutter | None,
    seals: int | None = None,
    tax_years: int = taxes.YEARS,
    register_font: Path | None = None,
    registers: int = REGISTERS,
    processes: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Written:
    """Write the full files of JUMIN, JPKI, YOKUSHI, INKAN, ZEI, KOSEKI and FUHYO into `folder`, all with this stamp and number.

    `seals` limits how many seals are registered (None: as many as are drawn); those of the fixed people come first.
    Without a `cutter` there are none. `tax_years`: so many of the newest 年度. `registers` limits the family registers as `seals` does
    seals; without a `register_font` to draw their PDFs with there are none. `processes` draw the people.
    `progress` is told the number of people written after every household.
    Returns the rows written. FileExistsError when such a file is there already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        files = {feed: stack.enter_context(FeedWriter(folder, feed, seq, stamp)) for feed in _FEEDS}
        kept: list[Register] = []
        for household in city.households(processes):
            if len(kept) < registers:
                kept += registers_of(household)
            room = None if seals is None else seals - files["INKAN"].rows
            _write_household(files, household, cutter, room)
            for row in city.tax_rows(household, tax_years):
                files["ZEI"].write(row)
            if progress:
                progress(files["JUMIN"].rows)
        if register_font is not None:
            _write_registers(files, kept[:registers], register_font)
        return Written(*(files[feed].rows for feed in _FEEDS))


def write_gaiji(folder: Path, stamp: dt.datetime, *, seq: int = 1) -> Path:
    """Write the full file of GAIJI with its font into `folder`; returns the data file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    font = gaiji.gaiji_font()
    rows = gaiji.gaiji_rows(font, "1")
    return write_full(folder, "GAIJI", seq, rows, stamp, attachments={gaiji.FONT_NAME: font})


def write_new_gaiji(folder: Path, stamp: dt.datetime, further: int, *, seq: int) -> Path:
    """Write a difference file of GAIJI that brings the first ``further`` characters of gaiji.FURTHER, with the font of all; returns the data
    file's path."""
    font = gaiji.gaiji_font(further)
    rows = gaiji.gaiji_rows(font, str(1 + further), further)[len(gaiji.CHARACTERS) :]
    return write_difference(folder, "GAIJI", seq, rows, stamp, attachments={gaiji.FONT_NAME: font})


def _write_household(
    files: dict[str, FeedWriter], household: Household, cutter: SealCutter | None, room: int | None
) -> None:
    for feed, rows in (
        ("JUMIN", household.residents),
        ("JPKI", household.credentials),
        ("YOKUSHI", household.holds),
    ):
        for row in rows:
            files[feed].write(row)
    if cutter is None:
        return
    for seal in household.seals[:room]:
        files["INKAN"].attach(seal.row.image_name, cutter.cut(seal.impression))
        files["INKAN"].write(seal.row)


def _write_registers(files: dict[str, FeedWriter], registers: list[Register], font: Path) -> None:
    """Those of which every character can be drawn: a register without its PDF is none."""
    printer = RegisterPrinter(font, registers)
    for register in filter(printer.can_draw, registers):
        for paper in register.papers():
            pdf = printer.draw(register, paper)
            row = register.row(paper, pdf)
            files[paper.feed].attach(row.pdf_name, pdf)
            files[paper.feed].write(row)
