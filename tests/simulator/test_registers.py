"""Family registers of the demo city: rows and PDFs that the daemon's own examination takes, and the people about whom rules say something."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from hashlib import sha256

import pytest

from konbinid.paper.register_pdf import examine
from konbinid.simulator.city import City, write_city
from konbinid.simulator.personas import stage_for
from konbinid.simulator.register_pdfs import RegisterPrinter
from konbinid.simulator.registers import registers_of
from konbinid.simulator.seals import find_font

TODAY = dt.date(2026, 11, 25)
STAMP = dt.datetime(2026, 11, 25, 6, 0, 0)  # noqa: DTZ001 - the stamp of a file name has no offset


@pytest.fixture(scope="module")
def font():
    found = find_font({})
    if found is None:
        pytest.skip("IPAmj Mincho is not installed")
    return found


@pytest.fixture(scope="module")
def stage():
    return stage_for(TODAY)


def of_card(stage, card):
    """The registers in which the bearer of a card stands."""
    name = next(one.name for one in stage.personas if one.card == card)
    found = [register for household in stage.households for register in registers_of(household)]
    return [register for register in found if any(one.name == name for one in register.members)]


def test_every_paper_of_the_cast_passes_the_examination(font, stage):
    """As intake looks at them: hash, A4, embedded fonts, the person's name in the text; and the same bytes every time."""
    registers = [register for household in stage.households for register in registers_of(household)]
    printer = RegisterPrinter(font, registers)
    left_out = 0
    for register in registers:
        if not printer.can_draw(register):
            left_out += 1
            continue
        for paper in register.papers():
            pdf = printer.draw(register, paper)
            row = register.row(paper, pdf)
            names = (
                [row.head_of_register, row.name]
                if paper.feed == "FUHYO" and row.display == "0"
                else [row.name]
            )
            found = examine(pdf, 20, names)
            assert found.faults == ()
            assert found.has_text
            assert row.sha256 == sha256(pdf).hexdigest()
    assert left_out == 4  # 異体字, the second plane and the character that no font has: cards 14 to 17
    assert printer.draw(registers[0], next(registers[0].papers())) == printer.draw(
        registers[0], next(registers[0].papers())
    )


def test_a_paper_shows_nobody_else(font, stage):
    """A member's own paper names no other member's given name, and the supplement without 本籍 leaves it out."""
    (register,) = of_card(stage, 1)
    printer = RegisterPrinter(font, [register])
    for paper in register.papers():
        pdf = printer.draw(register, paper)
        if paper.member is not None:
            others = [
                one.name.partition("　")[2]
                for one in register.members[1:]  # the head stands on everybody's
                if one != register.members[paper.member]
            ]
            assert examine(pdf, 20, others).faults == (("pdf_name",) if others else ())
        shown = not examine(pdf, 20, ["綿花台二丁目31番地"]).faults
        assert shown == paper.shows_domicile


def test_the_city_writes_both_feeds(tmp_path, font):
    """One key stands once, a name belongs to one row, every row has its PDF, and nobody's 本籍 lies elsewhere."""
    written = write_city(tmp_path, City(300, 1, TODAY), STAMP, cutter=None, register_font=font, registers=30)
    for feed, count in (("KOSEKI", written.koseki), ("FUHYO", written.fuhyo)):
        path = next(tmp_path.glob(f"{feed}_*.csv"))
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        assert len(rows) == count > 30
        assert max(Counter((row[1], row[4], row[11]) for row in rows).values()) == 1
        folder = path.with_suffix("")
        assert {row[9] for row in rows} == {each.name for each in folder.iterdir()}
        assert all(sha256((folder / row[9]).read_bytes()).hexdigest() == row[10] for row in rows)
        assert {row[2].startswith("大阪府泉大津市") for row in rows} == {True}
        assert {row[11] for row in rows} == ({"0"} if feed == "KOSEKI" else {"0", "1"})


def test_without_a_font_or_a_number_there_are_none(tmp_path, font):
    """Both feeds are there and empty."""
    for folder, options in (("a", {}), ("b", {"register_font": font, "registers": 0})):
        written = write_city(tmp_path / folder, City(300, 1, TODAY), STAMP, cutter=None, **options)
        assert (written.koseki, written.fuhyo) == (0, 0)


def test_who_has_what(stage):
    """What the notes of the cards promise: a change in progress, holds on members here and elsewhere, 除籍."""
    holds = {
        (hold.register_number, hold.register_member): hold for home in stage.households for hold in home.holds
    }
    (changing,) = of_card(stage, 43)
    assert changing.state == "2"
    (spouses,) = of_card(stage, 44)
    assert [register.number for register in of_card(stage, 45)] == [spouses.number]
    protected = next(one for one in spouses.members if one.name == "桐山　文香")
    assert any(
        hold.atena_number == protected.atena_number and hold.category == "01"
        for home in stage.households
        for hold in home.holds
    )
    for card, category, wide in ((47, "01", "0"), (48, "04", "1")):
        (register,) = of_card(stage, card)
        hold = holds[register.number, "02"]
        assert (hold.category, hold.register_wide, hold.atena_number) == (category, wide, "")
        assert register.members[1].atena_number == ""
    (elsewhere,) = of_card(stage, 46)
    assert [one.atena_number == "" for one in elsewhere.members] == [False, True]
    before = next(
        register
        for home in stage.households
        for register in registers_of(home)
        if register.head == "松井　勇"
    )
    assert [one.state for one in before.members] == ["1", "9"]
    assert before.members[1].atena_number == of_card(stage, 49)[0].members[0].atena_number
    (closed,) = of_card(stage, 50)
    assert {closed.state, closed.members[0].state} == {"9"}
    assert of_card(stage, 3) == []  # 本籍 in another city
