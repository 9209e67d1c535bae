"""The demo city's taxes: rows that add up as the law has it, for those who lived here on 1 January, and the cast's years as they are promised."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from konbinid.intake import layout
from konbinid.intake.records import Reader
from konbinid.intake.tax_feed import EXEMPT_BUT_TAXED, defects
from konbinid.simulator import tax_law, taxes
from konbinid.simulator.cast_taxes import cast_rows
from konbinid.simulator.city import City, write_city
from konbinid.simulator.feeds import feed_file_name, write_difference
from konbinid.simulator.personas import stage_for
from konbinid.simulator.tax_law import Declared, Family
from konbinid.simulator.tax_rows import WIDTHS, TaxRow, amount, fixed_line

LAYOUT = layout.load(Path(__file__).parents[2] / "config" / "layouts" / "zei.toml")
TODAY = dt.date(2026, 11, 23)
STAMP = dt.datetime(2026, 11, 23, 6, 0, 0)  # noqa: DTZ001 - the stamp of a file name has no offset
DAYS = st.dates(min_value=dt.date(2022, 1, 1), max_value=dt.date(2040, 12, 31))
NEWEST = 2026


@pytest.fixture(scope="module")
def rows():
    """All the rows of a city in which there is some of everything."""
    city = City(3000, 7, TODAY)
    return [(household, row) for household in city.households() for row in city.tax_rows(household, 4)]


def _read(data: bytes):
    reader = Reader(LAYOUT, full=True)
    blocks = [*reader.feed(data), *reader.finish()]
    return reader, {name: [each for b in blocks for each in b.columns[name]] for name in blocks[0].columns}


def _of_card(today, card):
    """年度 -> row of the person of a card; the row's name may be cut."""
    stage = stage_for(today)
    serial = next(one.serial for one in stage.personas if one.card == card).lower()
    for household in stage.households:
        for credential in household.credentials:
            if credential.serial.endswith(serial):
                (resident,) = (r for r in household.residents if r.resident_code == credential.resident_code)
                return {
                    int(row.year): row
                    for row in cast_rows(household, taxes.tax_years(today))
                    if row.atena_number == resident.atena_number
                }
    raise KeyError(card)


def test_the_columns_are_the_layouts():
    """The writer and the declared layout were written apart: the same columns of the same widths in the same order."""
    assert tuple(column.width for column in LAYOUT.columns) == WIDTHS
    assert [column.target.name for column in LAYOUT.columns][1:] == list(TaxRow._fields)[1:]


def test_the_daemon_reads_every_row_and_only_the_cast_contradicts(rows):
    """No bad row, no key twice, and nobody's year is closed but that of card 29."""
    reader, columns = _read("".join(fixed_line(row) for _, row in rows).encode())
    assert not reader.problems
    assert reader.rows == len(rows)
    keys = Counter(zip(columns["year"], columns["atena_number"], strict=True))
    assert set(keys.values()) == {1}
    found = [(row.year, row.name, why) for (_, row), why in zip(rows, defects(columns), strict=True) if why]
    assert found == [(str(NEWEST), "千葉　恵美", EXEMPT_BUT_TAXED)]


def test_every_row_adds_up(rows):
    """年税額 is the sum of its parts, 所得控除合計 of the deductions, and the parts are those of the year's law."""
    for _, row in rows:
        value = {
            name: int(text) for name, text in row._asdict().items() if len(text) == 12 and name != "name"
        }
        if row.name == "千葉　恵美":
            continue
        parts = (
            "city_per_capita",
            "city_income_levy",
            "prefecture_per_capita",
            "prefecture_income_levy",
            "forest_tax",
        )
        assert value["annual_tax"] == sum(value[name] for name in parts)
        deductions = [name for name in value if name.endswith("_deduction") or name == "other_deductions"]
        assert value["deductions_total"] == sum(value[name] for name in deductions)
        assert (
            value["tax_base"] == max(0, value["aggregate_income"] - value["deductions_total"]) // 1000 * 1000
        )
        per_capita = (value["city_per_capita"], value["prefecture_per_capita"], value["forest_tax"])
        assert per_capita in {(0, 0, 0), (3000, 1000, 1000) if int(row.year) >= 2024 else (3500, 1500, 0)}
        assert (row.tax_class == "3") == (value["annual_tax"] == 0)
        assert value["fixed_reduction"] == 0 or row.year == "2024"


def test_some_of_everything_is_there(rows):
    """What the rules are about occurs outside the cast too."""
    assert {(row.filing, row.tax_class) for _, row in rows} >= {
        ("1", "1"), ("1", "2"), ("1", "3"), ("2", "3"), ("3", "3"),
    }  # fmt: skip
    assert {row.year for _, row in rows} == {"2023", "2024", "2025", "2026"}
    assert any(row.total_income.startswith("-") for _, row in rows)
    assert {row.deductible_spouse for _, row in rows} == {"0", "1"}
    for name in ("dependants_general", "dependants_specific", "dependants_elderly", "dependants_under_16"):
        assert {getattr(row, name) for _, row in rows} >= {"00", "01"}


def test_only_those_who_lived_here_on_the_first_of_january_are_taxed(rows):
    """賦課期日: who came later, or was gone by then, has no row; children have none."""
    held = defaultdict(set)
    for _, row in rows:
        held[row.atena_number].add(int(row.year))
    for household in {id(each): each for each, _ in rows}.values():
        for resident in household.residents:
            for year in held[resident.atena_number]:
                assert resident.address_since <= f"{year}0101"
                assert resident.state in {"1", "2"} or resident.last_changed_on > f"{year}0101"
                assert taxes.age_before(resident, year) >= 18


@pytest.mark.parametrize(
    ("today", "newest"),
    [((2026, 5, 31), 2025), ((2026, 6, 1), 2026), ((2027, 1, 1), 2026), ((2027, 12, 31), 2027)],
)
def test_a_year_is_decided_in_june(today, newest):
    """Until then the newest 年度 is the last one."""
    assert list(taxes.tax_years(dt.date(*today))) == [newest - 3, newest - 2, newest - 1, newest]


@settings(max_examples=25, deadline=None)
@given(DAYS)
def test_the_casts_years_are_the_same_on_any_day(today):
    """課税, 非課税, 未申告, 申告不要, 均等割のみ, a contradiction, a year without a record, a loss, a foreign resident: by card."""
    years = list(taxes.tax_years(today))
    newest = years[-1]
    assert {row.tax_class for row in _of_card(today, 1).values()} == {"1"}
    assert {row.deductible_spouse for row in _of_card(today, 1).values()} == {"1"}
    assert {(row.filing, row.tax_class) for row in _of_card(today, 2).values()} == {("1", "3")}
    assert list(_of_card(today, 4)) == [years[0], years[1], newest]
    assert {(row.filing, row.tax_class) for row in _of_card(today, 27).values()} == {("2", "3")}
    assert {(row.filing, row.tax_class) for row in _of_card(today, 28).values()} == {("3", "3")}
    contradicting = _of_card(today, 29)
    assert (contradicting[newest].tax_class, int(contradicting[newest].annual_tax)) == ("3", 12_000)
    assert {row.tax_class for year, row in contradicting.items() if year != newest} == {"1"}
    assert {row.total_income for row in _of_card(today, 37).values()} == {"-00003000000"}
    assert {row.tax_class for row in _of_card(today, 37).values()} == {"3"}
    assert _of_card(today, 8)[newest].tax_class == "1"
    assert newest in _of_card(today, 3)
    assert years[0] not in _of_card(today, 3)
    for card in (1, 2, 27, 28, 29, 33, 37, 40):
        assert list(_of_card(today, card)) == years, card
    rows = [
        row
        for household in stage_for(today).households
        for row in cast_rows(household, taxes.tax_years(today))
    ]
    _, columns = _read("".join(map(fixed_line, rows)).encode())
    assert [why for why in defects(columns) if why] == [EXEMPT_BUT_TAXED]


def test_the_per_capita_tax_only_and_the_reduction_that_takes_the_levy():
    """Card 33 pays 均等割 only; card 40's 所得割 of 令和6年度 is taken whole by 定額減税 and the class stays 課税."""
    assert {row.tax_class for row in _of_card(TODAY, 33).values()} == {"2"}
    row = _of_card(TODAY, 40)[2024]
    assert (row.tax_class, int(row.city_income_levy), int(row.prefecture_income_levy)) == ("1", 0, 0)
    assert int(row.fixed_reduction) == 6_000
    assert len(row.address) == 60


def test_a_known_notice_is_reckoned_right():
    """Worked out by hand: a salary of 6,200,000 yen, a wife and two children under 16, 令和6年度."""
    declared = Declared(42, salary=6_200_000, social=917_000, life=70_000, earthquake=18_000)
    found = tax_law.assess(2024, declared, Family(spouse=True, under_16=2))
    # 4,520,000 - (917,000 + 70,000 + 18,000 + 330,000 + 430,000) = 2,755,000; 6 % and 4 % less 2,500; less 40,000
    assert found["total_income"] == 4_520_000
    assert found["tax_base"] == 2_755_000
    assert (found["city_income_levy"], found["prefecture_income_levy"]) == (139_800, 93_200)
    assert found["annual_tax"] == 139_800 + 93_200 + 3_000 + 1_000 + 1_000


def test_amounts_and_lines_are_as_the_contract_has_them():
    """12 digits with zeros in front, a minus first; a line is 545 characters, whatever the characters are."""
    assert amount(12_345) == "000000012345"
    assert amount(-500_000) == "-00000500000"
    row = _of_card(TODAY, 1)[NEWEST]
    for name in ("葛\U000e0100城　𠮷郎", "a" * 40):
        assert len(fixed_line(row._replace(name=name)).removesuffix("\r\n")) == 545
    with pytest.raises(ValueError, match="wider"):
        fixed_line(row._replace(name="a" * 41))


def test_the_file_is_a_dat(tmp_path):
    """The name's extension, the file's marker, the number of years, and the heartbeat."""
    written = write_city(tmp_path, City(300, 1, TODAY), STAMP, cutter=None, tax_years=1)
    path = tmp_path / feed_file_name("ZEI", STAMP, 1, "F")
    assert path.name == "ZEI_20261123060000_000001_F.dat"
    lines = path.read_bytes().decode().split("\r\n")[:-1]
    assert {len(line) for line in lines} == {545}
    assert len(lines) == written.taxes
    assert {line[1:5] for line in lines} == {"2026"}
    assert (tmp_path / f"{path.name}.end").read_text().startswith(f"rows={written.taxes} ")
    beat = write_difference(tmp_path, "ZEI", 2, [], STAMP)
    assert beat.name == "ZEI_20261123060000_000002_D.dat"
