"""課税証明書 on paper: every cell in its place, both titles, rows that close up; and read-back finds every cell that was tampered with."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pypdfium2
import pytest
from doctored_papers import doctored, is_page_stream, labels_of, mismatch, objects_of, rebuilt, restream
from paper_samples import foreign, impression, juminhyo, kazei, only

from konbinid.domain.content import BLANK, OMITTED, SECTION_FIELDS, Cell
from konbinid.domain.results import Code
from konbinid.domain.tax import AMOUNTS, INCOMES, Filing
from konbinid.paper.form import POINTS
from konbinid.paper.press import Unprintable
from konbinid.paper.readback import check

TAX = kazei()
FIELDS = sorted(SECTION_FIELDS["tax"])
CLOSING = {"forest_tax", "fixed_reduction"}  # rows that are not there when they do not apply


def text_of(document):
    (page,) = pypdfium2.PdfDocument(document)
    return re.sub(r"[\r\n]", "", page.get_textpage().get_text_range())


def with_cells(content, **cells):
    return replace(content, sections={"tax": {**content.sections["tax"], **cells}})


def test_every_value_stands_on_one_sheet(press):
    """One A4 sheet; what was put in comes out as text, △ and the variation selector of the name included."""
    paper = press.print(TAX)
    text = text_of(paper.document)
    check(paper.document, TAX, press)
    assert paper.pages == 1
    assert "葛\U000e0102城" in text
    assert "△45,678" in text
    for cell in TAX.sections["tax"].values():
        assert cell.text in text


@pytest.mark.parametrize(
    ("record", "title"), [({}, "課税証明書"), ({"annual_tax": 0}, "非課税証明書")], ids=["taxed", "untaxed"]
)
def test_the_title_on_the_sheet_and_in_the_document(press, record, title):
    """The paper and the file's own title say the same, and read-back looks at both."""
    content = kazei(record=record)
    document = press.print(content).document
    assert text_of(document).startswith(title)
    assert pypdfium2.PdfDocument(document).get_metadata_dict()["Title"] == title
    check(document, content, press)
    other = replace(content, title="taxed" if content.title == "untaxed" else "untaxed")
    assert mismatch(document, other, press) == "information Title"


@pytest.mark.parametrize(
    ("year", "forest", "reduction"), [(2023, False, False), (2024, True, True), (2026, True, False)]
)
def test_rows_of_taxes_that_did_not_exist_close_up(press, year, forest, reduction):
    """森林環境税 from 令和6年度, 定額減税 in two years: else there is no row, and no ＊＊＊ to wonder about."""
    text = text_of(press.print(kazei(year, record={"forest_tax": 0, "fixed_reduction": 0})).document)
    assert ("森林環境税" in text, "定額減税" in text) == (forest, reduction)
    assert "＊" not in text


def test_who_need_not_file(press):
    """申告不要: ＊＊＊ twelve times, and no income anywhere."""
    content = kazei(record={"filing": Filing.NOT_REQUIRED})
    document = press.print(content).document
    check(document, content, press)
    assert text_of(document).count("＊＊＊") == len(INCOMES)
    assert TAX.sections["tax"]["salary_income"].text not in text_of(document)


def test_a_foreign_resident_with_a_long_name(press):
    """Name and 通称 side by side; without a 通称 the name has the row to itself."""
    name = "WOLFESCHLEGEL HUBERT BLAINE ALEXANDER CHRISTOPHER JUNIOR"
    for alias, shown in ((Cell.of("見本　マリア"), True), (BLANK, False)):
        content = kazei(entry=only(foreign(name, alias=alias), "name", "alias"))
        document = press.print(content).document
        check(document, content, press)
        assert ("通称" in text_of(document)) is shown


@pytest.mark.parametrize("yen", [999_999_999_999, -99_999_999_999])
def test_the_largest_amounts_fit(press, yen):
    """Twelve digits of the feed have their place in every cell: nobody is refused for being rich."""
    content = with_cells(TAX, **{name: Cell.of(f"{yen:,}".replace("-", "△")) for name in AMOUNTS})
    check(press.print(content).document, content, press)


@pytest.mark.parametrize("field", FIELDS)
def test_a_cell_that_was_tampered_with(press, field):
    """Invariant 1, for every cell of the section: another value, ＊＊＊ or nothing in its place is found."""
    for wrong in (Cell.of("9,876,543"), OMITTED, BLANK):
        document = press.print(with_cells(TAX, **{field: wrong})).document
        assert mismatch(document, TAX, press) == "sheet 1 text"


@pytest.mark.parametrize("field", sorted({*FIELDS} - CLOSING))
def test_a_cell_that_is_missing(press, field):
    """A field that the form shows always must be in the content: a record cut short is refused, not printed with a gap."""
    cells = {name: cell for name, cell in TAX.sections["tax"].items() if name != field}
    with pytest.raises(Unprintable) as refused:
        press.print(replace(TAX, sections={"tax": cells}))
    assert (refused.value.code, refused.value.place.split(":")[0]) == (Code.UNPRINTABLE, f"tax {field}")


@pytest.mark.parametrize("field", sorted(CLOSING))
def test_a_row_that_was_taken_away(press, field):
    """A tax that the record has, and the sheet has no row for."""
    document = press.print(with_cells(TAX, **{field: OMITTED})).document
    assert mismatch(document, TAX, press) == "sheet 1 text"
    assert mismatch(press.print(TAX).document, with_cells(TAX, **{field: OMITTED}), press) == "sheet 1 text"


@pytest.mark.parametrize(("one", "other"), list(pairwise(FIELDS)))
def test_two_cells_in_each_others_places(press, one, other):
    """Every character is on the sheet, each amount under the other's label: the boxes tell."""
    cells = TAX.sections["tax"]
    exchanged = with_cells(TAX, **{one: cells[other], other: cells[one]})
    assert mismatch(press.print(exchanged).document, TAX, press).startswith("sheet 1 tax ")


def pieces_of(document):
    raw = next(raw for raw in objects_of(document).values() if is_page_stream(raw))
    found = []
    restream(raw, lambda data: found.extend(re.findall(rb"q 1 0 0 1 (\S+ \S+) cm /(P\d+)", data)) or data)
    return found


def test_tables_in_each_others_places(press):
    """The press's own tables, byte for byte, but incomes under the labels of deductions: the sheet's text is the same."""
    document = press.print(TAX).document
    places = [place for place, _ in pieces_of(document)]
    at = [f"{round(x * POINTS, 3):g} {round((297 - 73) * POINTS, 3):g}".encode() for x in (20, 107)]
    assert set(at) <= set(places)

    def exchange(data):
        one, other = (b"1 0 0 1 " + each + b" cm" for each in at)
        return data.replace(one, b"@").replace(other, one).replace(b"@", other)

    forged = doctored(document, is_page_stream, exchange)
    assert forged != document
    assert mismatch(forged, TAX, press) == "sheet 1 parts"


@pytest.mark.parametrize("piece", range(7))
def test_a_part_that_was_moved(press, piece):
    """A row further down, every label stands beside another value."""
    document = press.print(TAX).document
    place, name = pieces_of(document)[piece]
    x, y = place.split()
    wrong = b"%s %s cm /%s" % (x, f"{float(y) - 6 * POINTS:.3f}".encode(), name)
    forged = doctored(
        document, is_page_stream, lambda data: data.replace(b"%s cm /%s" % (place, name), wrong)
    )
    assert forged != document
    assert mismatch(forged, TAX, press)


def test_labels_of_two_rows_exchanged(press):
    """給与所得 for 給与収入: the same letters on the sheet."""
    document = press.print(TAX).document
    number, labels = labels_of(document)
    one, other = labels[0], labels[1]

    def exchange(data):
        return data.replace(one, b"(@)").replace(other, one).replace(b"(@)", other)

    forged = rebuilt(document, {number: restream(objects_of(document)[number], exchange)})
    assert mismatch(forged, TAX, press) == "sheet 1 label"


@pytest.mark.parametrize(
    "content",
    [
        replace(TAX, sections={}),
        replace(TAX, sections={**TAX.sections, "rates": {}}),
        replace(TAX, title="only"),
        replace(TAX, impression=impression()),
        juminhyo(title="taxed"),
        juminhyo(sections=TAX.sections),
        with_cells(TAX, car_tax=Cell.of("1")),
    ],
)
def test_form_and_content_that_do_not_agree(press, content):
    """A section or a title without its place is refused, and no document passes for such a content."""
    with pytest.raises(Unprintable) as refused:
        press.print(content)
    assert refused.value.code is Code.UNPRINTABLE
    printed = press.print(juminhyo() if content.kind is juminhyo().kind else TAX).document
    assert mismatch(printed, content, press)
