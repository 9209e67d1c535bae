"""ZEI: a year whose class and amounts contradict each other is closed and listed; what only looks odd is not; and what files do to the table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.feeds import Feed
from konbinid.intake import tax_feed
from konbinid.intake.records import Reader
from konbinid.intake.tax_feed import defects

CLOSED = "select atena_number, year, defect from people.tax where defect <> '' order by 1, 2"
ZERO = "0" * 12
EXEMPT = {
    "tax_class": "3",
    **dict.fromkeys(
        (
            "city_per_capita",
            "city_income_levy",
            "prefecture_per_capita",
            "prefecture_income_levy",
            "forest_tax",
            "annual_tax",
        ),
        ZERO,
    ),
}
PER_CAPITA = EXEMPT | {
    "tax_class": "2",
    "city_per_capita": "000000003000",
    "prefecture_per_capita": "000000001000",
    "forest_tax": "000000001000",
    "annual_tax": "000000005000",
}


def defect_of(layout, rows, year: int = 2026, **changes: str) -> str:
    """Why the year of one row is closed."""
    reader = Reader(layout, full=False)
    line = rows.dat_line(rows.tax(1, year, **changes)).encode()
    (block,) = [*reader.feed(line), *reader.finish()]
    assert not reader.problems
    (found,) = defects(block.columns)
    return found


@pytest.mark.parametrize(
    "changes",
    [
        {},
        EXEMPT,
        PER_CAPITA,
        # 定額減税 and credits take all of the 所得割 of a 課税 person (令和6年度)
        PER_CAPITA | {"tax_class": "1", "fixed_reduction": "000000102500"},
        # 減免 takes a part of the year's tax
        {"annual_tax": "000000087700"},
        # a loss
        {"total_income": ZERO, "aggregate_income": "-00003000000", "business_income": "-00003000000"},
        {"real_estate_income": "-00000000001"},
        # 未申告 and 申告不要 with nothing known
        EXEMPT | {"filing": "2"},
        EXEMPT | {"filing": "3"},
        {"name": ""},
    ],
)
def test_what_can_be_right_closes_nobody(city_layouts, rows, changes):
    """Refused is only what certainly contradicts."""
    assert defect_of(city_layouts[Feed.ZEI], rows, **changes) == ""


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"tax_class": "3"}, tax_feed.EXEMPT_BUT_TAXED),
        (EXEMPT | {"annual_tax": "000000000100"}, tax_feed.EXEMPT_BUT_TAXED),
        (EXEMPT | {"forest_tax": "000000001000"}, tax_feed.EXEMPT_BUT_TAXED),
        (EXEMPT | {"city_income_levy": "000000000100"}, tax_feed.EXEMPT_BUT_TAXED),
        (EXEMPT | {"tax_class": "1"}, tax_feed.TAXED_BUT_NOTHING),
        (EXEMPT | {"tax_class": "2"}, tax_feed.TAXED_BUT_NOTHING),
        ({"annual_tax": ZERO}, tax_feed.TAXED_BUT_NOTHING),
        ({"tax_class": "2"}, tax_feed.LEVY_BUT_PER_CAPITA_ONLY),
        (PER_CAPITA | {"prefecture_income_levy": "000000000100"}, tax_feed.LEVY_BUT_PER_CAPITA_ONLY),
        ({"annual_tax": "000000175600"}, tax_feed.MORE_THAN_ITS_PARTS),
        ({"city_income_levy": "-00000000100"}, tax_feed.NEGATIVE),
        ({"basic_deduction": "-00000430000"}, tax_feed.NEGATIVE),
        ({"fixed_reduction": "-00000010000"}, tax_feed.NEGATIVE),
        ({"salary_revenue": "-00000000001"}, tax_feed.NEGATIVE),
        ({"address": ""}, tax_feed.NO_ADDRESS),
    ],
)
def test_what_contradicts_itself_closes_the_year(city_layouts, rows, changes, why):
    """課税区分 and the amounts must agree (contract 2); the reason stands there for staff."""
    assert defect_of(city_layouts[Feed.ZEI], rows, **changes) == why


def test_the_forest_tax_began_in_2024(city_layouts, rows):
    """森林環境税 from 令和6年度: a paper of an earlier year has no place for it."""
    forest = {"forest_tax": "000000001000", "annual_tax": "000000175500"}
    assert defect_of(city_layouts[Feed.ZEI], rows, 2023, **forest) == tax_feed.FOREST_TAX_TOO_EARLY
    assert defect_of(city_layouts[Feed.ZEI], rows, 2024, **forest) == ""
    assert defect_of(city_layouts[Feed.ZEI], rows, 2023) == ""


@given(
    st.sampled_from(["1", "2", "3"]),
    st.lists(st.sampled_from([0, 100, 1000, 3000]), min_size=5, max_size=5),
    st.sampled_from([0, 100, 5000, 20000]),
)
def test_nobody_is_called_exempt_who_is_taxed_nor_taxed_who_is_exempt(tax_class, parts, annual):
    """Whatever the amounts: an open year of 非課税 has no yen of tax anywhere, an open one of the others has some, and no more than its parts."""
    names = (
        "city_income_levy",
        "prefecture_income_levy",
        "city_per_capita",
        "prefecture_per_capita",
        "forest_tax",
    )
    columns = {name: ["0"] for name in tax_feed._NEVER_NEGATIVE} | {
        "operation": ["1"],
        "year": ["2026"],
        "tax_class": [tax_class],
        "address": ["泉大津市"],
        "annual_tax": [str(annual)],
        **{name: [str(part)] for name, part in zip(names, parts, strict=True)},
    }
    (why,) = defects(columns)
    if not why:
        assert (tax_class == "3") == (annual == 0)
        assert annual <= sum(parts)
        assert tax_class != "3" or not any(parts)
        assert tax_class != "2" or not any(parts[:2])


def test_columns_arrive_where_they_belong(hall, rows):
    """Every value of a row is found again in its column: 49 neighbours of the same form, no two of them alike here."""
    names = [
        column.target.name
        for column in hall.feeds[Feed.ZEI].layout.columns
        if column.form.__class__.__name__ == "Amount"
    ]
    amounts = {name: f"{number:012d}" for number, name in enumerate(names, start=1)} | {
        "aggregate_income": "-00000000777",
        "annual_tax": "000000000001",
    }
    counts = {
        "dependants_general": "01",
        "dependants_specific": "02",
        "dependants_elderly": "03",
        "dependants_under_16": "04",
        "disabled": "05",
        "specially_disabled": "06",
    }
    words = {
        "address": "大阪府泉大津市東雲町9番　葛\U000e0100\\N",
        "name": "𠮷野\\ue000",
        "determined_on": "0000000",
    }
    row = rows.tax(1, **amounts, **counts, **words, filing="3", deductible_spouse="1")
    assert hall.take("ZEI", [row]) == "applied"
    expected = {name: int(value) for name, value in {**amounts, **counts}.items()}
    expected |= {
        "year": 2026,
        "atena_number": "0000000001",
        "filing": 3,
        "tax_class": 1,
        "address": words["address"],
        "name": words["name"],
        "determined_on": "00000000",
        "deductible_spouse": True,
        "defect": "",
    }
    (found,) = hall.run(f"select {', '.join(expected)} from people.tax")
    assert dict(zip(expected, found, strict=True)) == expected


def test_the_key_is_the_year_and_the_person(hall, rows):
    """A later year is another row; a full file removes what it lacks; a difference file counts in order."""
    assert hall.take("ZEI", [rows.tax(1, 2025), rows.tax(1, 2026), rows.tax(2, 2026)], full=True) == "applied"
    changed = [
        rows.tax(1, 2025, "9"),
        rows.tax(2, 2026, "2", **EXEMPT),
        ["9", "2026", "0000000001"] + [""] * 46,
        rows.tax(3, 2024),
    ]
    name = hall.put("ZEI", changed)
    hall.look()
    assert "added=1 changed=1 removed=2" in hall.receipt(name)
    assert hall.run("select year, atena_number, tax_class from people.tax order by 1, 2") == [
        (2024, "0000000003", 1),
        (2026, "0000000002", 3),
    ]
    assert hall.take("ZEI", [rows.tax(3, 2024)], full=True) == "applied"
    assert hall.run("select year, atena_number from people.tax") == [(2024, "0000000003")]
    for table in ("staged_tax", "staged_tax_effect"):
        assert hall.run(f"select count(*) from intake.{table}") == [(0,)]


def test_a_key_stands_once_in_a_full_file(hall, rows):
    """The same 年度 and 宛名番号 twice is a bad row, and its person is held."""
    name = hall.put("ZEI", [rows.tax(1), rows.tax(1, 2025), rows.tax(1, name="別")], full=True)
    hall.look()
    assert [(line, fault) for line, _, fault in hall.report(name)] == [
        (1, "duplicate_key"),
        (3, "duplicate_key"),
    ]
    assert hall.doubted() == {"1"}


def test_only_differing_rows_are_touched_and_their_people_count_up(hall, rows):
    """A yearly full file sent again with one correction writes one row; its household's papers in the making notice."""
    hall.take("JUMIN", [rows.person(1, 10), rows.person(2, 10, relationship="妻"), rows.person(3, 30)])
    hall.take("ZEI", [rows.tax(n) for n in (1, 2, 3)], full=True)
    places = dict(hall.run("select atena_number, ctid::text from people.tax"))
    before = hall.change_numbers()
    assert hall.take("ZEI", [rows.tax(1), rows.tax(2, **EXEMPT), rows.tax(3)], full=True) == "applied"
    after = dict(hall.run("select atena_number, ctid::text from people.tax"))
    assert [int(atena) for atena in places if after[atena] != places[atena]] == [2]
    assert {n for n, count in hall.change_numbers().items() if count > before[n]} == {1, 2}


def test_somebody_unknown_is_kept(hall, rows):
    """No order is promised across feeds."""
    assert hall.take("ZEI", [rows.tax(8)]) == "applied"
    hall.take("JUMIN", [rows.person(8)])
    assert hall.run("select year from people.tax join people.person using (atena_number)") == [(2026,)]


def test_a_contradiction_closes_its_year_and_is_told_once(hall, rows):
    """The file is applied, the others' years are open, staff hear how many; sent again, it is no news; corrected, it opens."""
    contradicting = [rows.tax(2, tax_class="3"), rows.tax(3, address="")]
    name = hall.put("ZEI", [rows.tax(1), rows.tax(2, 2025), *contradicting], full=True)
    hall.look()
    assert hall.state(name) == "applied"
    closed = [
        ("0000000002", 2026, tax_feed.EXEMPT_BUT_TAXED),
        ("0000000003", 2026, tax_feed.NO_ADDRESS),
    ]
    assert hall.run(CLOSED) == closed
    assert not hall.doubted()
    ((severity, event, subject, detail),) = hall.run("select severity, event, subject, detail from ops.alert")
    assert (severity, event, subject, detail["rows"]) == ("warning", "people_closed", name, 2)
    assert "000000000" not in str(detail)
    hall.take("ZEI", [rows.tax(1), rows.tax(2, 2025), *contradicting], full=True)
    assert hall.alerts() == ["people_closed"]
    hall.take("ZEI", [rows.tax(2, 2026, "2", **EXEMPT), rows.tax(3, operation="2")])
    assert hall.run(CLOSED) == []
    assert hall.alerts() == ["people_closed"]


def test_people_of_bad_rows_are_held_as_far_as_they_can_be_read(hall, rows):
    """A bad cell, and a line that is too long: both are about somebody. No kind closes for a row that names nobody."""
    lines = [
        rows.dat_line(rows.tax(1)),
        rows.dat_line(rows.tax(2, tax_class="9")),
        rows.dat_line(rows.tax(3)).replace("試験", "試験\U000e0100"),
        rows.dat_line(rows.tax(4, atena_number="x")),
        "\r\n",
    ]
    name = hall.put("ZEI", "".join(lines).encode())
    hall.look()
    assert hall.state(name) == "rejected"
    assert hall.doubted() == {"1", "2", "3"}
    assert hall.run("select count(*) from people.feed_doubt") == [(0,)]
    assert hall.run("select count(*) from people.tax") == [(0,)]
    receipt = hall.receipt(name)
    assert "line=3 fault=line_length" in receipt
    assert "試験" not in receipt
    hall.take("ZEI", [rows.tax(n) for n in (1, 2, 3, 4)], sequence=1)
    assert not hall.doubted()


def test_a_waiting_file_holds_whom_it_names(hall, rows):
    """Not its turn yet."""
    hall.take("ZEI", [rows.tax(1)], sequence=1)
    hall.take("ZEI", [rows.tax(2), rows.tax(3)], sequence=3)
    assert hall.doubted() == {"2", "3"}
    hall.take("ZEI", [], sequence=2)
    assert not hall.doubted()
    assert hall.run("select count(*) from people.tax") == [(3,)]


def test_what_is_there_already_or_not_there_is_reported(hall, rows):
    """処理区分 against what the table holds, by 年度 and person."""
    hall.take("ZEI", [rows.tax(1, 2025)])
    name = hall.put("ZEI", [rows.tax(1, 2025), rows.tax(1, 2026, "2"), rows.tax(2, 2026, "9")])
    hall.look()
    report = hall.run("select report -> 'notes' from intake.incoming where name = %s", name)[0][0]
    assert [each["note"] for each in report] == [
        "added_but_there",
        "changed_but_not_there",
        "removed_but_not_there",
    ]


def test_a_file_that_removes_too_much_waits_for_an_operator(hall, rows):
    """A 全件 that lacks a year of everybody is held, with everybody in it."""
    hall.take("ZEI", [rows.tax(n, year) for n in range(1, 16) for year in (2025, 2026)], full=True)
    assert hall.take("ZEI", [rows.tax(n, 2026) for n in range(1, 9)], full=True) == "held"
    assert hall.doubted() == {str(n) for n in range(1, 16)}
    assert hall.run("select count(*) from people.tax") == [(30,)]


def test_a_csv_of_a_fixed_width_feed_is_refused(hall, rows):
    """The layout decides the extension."""
    name = hall.put("ZEI", [rows.tax(1)], name=hall.name("ZEI").replace(".dat", ".csv"))
    hall.look()
    assert hall.report(name) == [(0, "", "wrong_extension")]
    jumin = hall.put("JUMIN", [rows.person(1)], name=hall.name("JUMIN").replace(".csv", ".dat"))
    hall.look()
    assert hall.report(jumin) == [(0, "", "wrong_extension")]
