"""A content becomes a certificate, whole and right, or is refused with the place."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paper_samples import (
    NUMBER,
    RARE,
    family,
    foreign,
    gaiji_font,
    impression,
    inkan,
    japanese,
    juminhyo,
    kisaijiko,
    official_seal,
    only,
)

from konbinid.domain.content import BLANK, OMITTED, Cell, CellState
from konbinid.domain.results import Code
from konbinid.paper import readback
from konbinid.paper.face import Face, FaceSet
from konbinid.paper.press import Press, UnknownForm, Unprintable

ALWAYS = ("name", "birth_date", "sex")


def pages_of(document):
    with pypdfium2.PdfDocument(document) as pdf:
        return [pdf[index].get_textpage().get_text_range().replace("\r\n", "\n") for index in range(len(pdf))]


def printed(press, content):
    """Printed and read back: every test of this file does both."""
    paper = press.print(content)
    readback.check(paper.document, content, press)
    return paper


def refusal(press, content):
    with pytest.raises(Unprintable) as refused:
        press.print(content)
    return refused.value


def test_one_person(press):
    """The plain case: one sheet, and what the ledger needs to know of it."""
    paper = printed(press, juminhyo())
    assert paper.pages == 1
    assert paper.sha256 == hashlib.sha256(paper.document).hexdigest()
    assert paper.document.startswith(b"%PDF-1.7\n")


@pytest.mark.parametrize(("people", "sheets"), [(1, 1), (4, 1), (5, 2), (8, 2), (13, 4)])
def test_four_people_a_sheet(press, people, sheets):
    """世帯連記式: a household of 13 takes four sheets, each with heading, sentence, seal, number and 「n枚中m枚目」."""
    names = [f"青海　{given}" for given in "一二三四五六七八九十百千万"[:people]]
    content = juminhyo(*(japanese(name, at) for at, name in enumerate(names, 1)))
    paper = printed(press, content)
    pages = pages_of(paper.document)
    assert paper.pages == len(pages) == sheets
    for index, text in enumerate(pages, 1):
        for always in (
            "住民票の写し",
            NUMBER,
            f"{sheets}枚中{index}枚目",
            "この印は黒色です",
            "相違ないこと",
            "海辺ハイツ",
        ):
            assert always in text
        assert [name for name in names if name in text] == names[4 * index - 4 : 4 * index]
        assert ("以下余白" in text) == (4 * index > people)


def test_three_states_of_a_cell(press):
    """Value, blank and ＊＊＊ as the content says, never guessed."""
    content = juminhyo(
        japanese(previous_address=BLANK, domicile=OMITTED, head_of_register=Cell.of("青海　太郎"))
    )
    (text,) = pages_of(printed(press, content).document)
    assert text.count("＊＊＊") == 2  # 本籍 and 個人番号
    assert "番地の４" not in text


def test_blank_with_text_or_value_without_are_refused(press):
    """A content that contradicts itself is not interpreted."""
    for cell in (Cell(CellState.BLANK, "何か"), Cell(CellState.VALUE, "")):
        assert refusal(press, juminhyo(japanese(sex=cell))).place.startswith("entry 1 sex")


def test_value_without_a_place_is_refused(press):
    """What the content says must stand on the paper; a form that has no box for it is not left silent."""
    refused = refusal(press, juminhyo(japanese(nationality=Cell.of("日本"))))
    assert (refused.code, refused.place.split(":")[0]) == (Code.UNPRINTABLE, "entry 1 nationality")
    assert printed(press, juminhyo(japanese(nationality=OMITTED))).pages == 1


def test_place_without_a_word_is_refused(press):
    """A cell that the form prints always must be in the content."""
    entry = japanese()
    short = replace(entry, cells={name: cell for name, cell in entry.cells.items() if name != "sex"})
    assert refusal(press, juminhyo(japanese(), short)).place.startswith("entry 2 sex")


@pytest.mark.parametrize(
    "content",
    [
        juminhyo(sentence="only"),
        replace(juminhyo(), entries=()),
        juminhyo(sections={"tax": {}}),
        juminhyo(impression=impression()),
        inkan(impression=None),
        juminhyo(heading={"address": Cell.of("架空市")}),
    ],
)
def test_form_and_content_that_do_not_agree(press, content):
    """Any disagreement is a refusal, not a best effort."""
    assert refusal(press, content).code is Code.UNPRINTABLE


def test_unknown_form_version_is_a_fault_of_the_installation(press):
    """The library names a version that this host's files do not have: nothing is printed with another one."""
    with pytest.raises(UnknownForm):
        press.print(juminhyo(form_version="1999-01"))


def test_foreign_resident(press):
    """外国人住民 have their own block: 通称, 国籍・地域, 在留資格 and the rest."""
    (text,) = pages_of(printed(press, juminhyo(foreign(), japanese(index=2))).document)
    for label in ("通称", "国籍・地域", "在留資格", "規定区分", "外国人住民と"):
        assert text.count(label) >= 1
    assert text.count("旧氏の") == 1


def test_rare_characters(press):
    """IVS, plane 2, 外字 (composite too) and plane 15, mixed in one name."""
    name = "".join(RARE)
    (text,) = pages_of(printed(press, juminhyo(japanese(name))).document)
    assert name in text


@pytest.mark.parametrize(
    ("text", "points"),
    [("葛\U000e0100城", "U+845B U+E0100"), ("山\ue100", "U+E100"), ("山\ue003", "U+E003"), ("🙂", "U+1F642")],
)
def test_character_without_glyph_is_1301(press, text, points):
    """Field and code points; no name (the alert and the log take this text)."""
    refused = refusal(press, juminhyo(japanese(), japanese(text)))
    assert refused.code is Code.UNPRINTABLE
    assert "entry 2 name" in refused.place
    assert points in refused.place
    assert not any(char in refused.place for char in text)


def test_forty_character_name_and_sixty_character_address(press):
    """Condensed, reduced, wrapped, and whole."""
    name, address = "寿限無五劫擦切" * 5 + "海砂利水魚", "大阪府架空市東雲町三丁目" + "９" * 48
    assert (len(name), len(address)) == (40, 60)
    entry = japanese(
        name, former_name=Cell.of(name), previous_address=Cell.of(address), domicile=Cell.of(address)
    )
    heading = {"address": Cell.of(address), "householder": Cell.of(name)}
    (text,) = pages_of(printed(press, juminhyo(entry, heading=heading)).document)
    assert re.sub(r"\s", "", text).count(name) == 3
    assert re.sub(r"\s", "", text).count(address) == 3


def test_too_long_is_1301_with_the_field(press):
    """Never cut: a name that does not fit is refused, and the message does not repeat it."""
    refused = refusal(press, juminhyo(japanese("寿" * 120)))
    assert (refused.code, refused.place) == (Code.UNPRINTABLE, "entry 1 name: does not fit")


def test_too_many_sheets_is_1302(faces, forms) -> None:
    """Over the page limit nothing is given; a character without a glyph is the earlier refusal of the contract, unless the household is so
    large that setting its text would keep the reactor."""
    press = Press(faces, forms)
    assert refusal(press, juminhyo(*(japanese(index=at) for at in range(1, 42)))).code is Code.TOO_MANY_PAGES
    nameless = [japanese("🙂", at) for at in range(1, 90)]
    assert refusal(press, juminhyo(*nameless[:41])).code is Code.UNPRINTABLE
    assert refusal(press, juminhyo(*nameless[:81])).code is Code.TOO_MANY_PAGES


def test_kisaijiko_prints_what_was_asked_for(press):
    """A field that is not in the content has neither cell nor label, and the rows close up."""
    few = pages_of(printed(press, kisaijiko(only(japanese(), *ALWAYS))).document)[0]
    assert not any(label in few for label in ("続柄", "本籍", "筆頭者", "世帯主", "個人番号", "旧氏"))
    more = only(japanese(), *ALWAYS, "relationship", "domicile", "head_of_register", "individual_number")
    text = pages_of(printed(press, kisaijiko(more)).document)[0]
    assert all(label in text for label in ("続柄", "本籍", "筆頭者", "個人番号"))


def test_kisaijiko_full_sheets_of_foreigners(press):
    """The tallest blocks, four to a sheet, stay on the sheet."""
    wanted = set(foreign().cells) - {"resident_since", "address_since", "notified_on", "previous_address"}
    people = [only(foreign(index=at), *wanted) for at in range(1, 6)]
    assert printed(press, kisaijiko(*people)).pages == 2


def test_inkan_rows_appear_only_with_a_record(press):
    """旧氏, 通称 and カタカナ表記 stand there only when recorded: a blank one has no row."""
    entry = only(foreign(alias=BLANK), "name", "alias", "birth_date")
    assert "通称" not in pages_of(printed(press, inkan(entry)).document)[0]
    assert (
        "通称" in pages_of(printed(press, inkan(only(foreign(), "name", "alias", "birth_date"))).document)[0]
    )


def images_of(document):
    with pypdfium2.PdfDocument(document) as pdf:
        page = pdf[0]
        found = [each for each in page.get_objects() if each.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
        return [[bound / 72 * 25.4 for bound in each.get_bounds()] for each in found]


@pytest.mark.parametrize(("pixels", "dpi"), [(127, 400), (213, 400), (390, 400), (301, 600), (97, 300)])
def test_impression_at_its_true_size(press, pixels, dpi):
    """印影 is printed pixel ÷ dpi, to 0.1 mm, whatever the box; a scaled seal would be another seal."""
    content = inkan(impression=impression(pixels, pixels + 7, dpi))
    left, bottom, right, top = images_of(printed(press, content).document)[1]
    assert right - left == pytest.approx(pixels / dpi * 25.4, abs=0.02)
    assert top - bottom == pytest.approx((pixels + 7) / dpi * 25.4, abs=0.02)


def test_impression_or_seal_larger_than_its_frame_is_refused(press):
    """Nothing is scaled down to fit."""
    assert refusal(press, inkan(impression=impression(800, 800, 400))).place.startswith("impression")
    seal = replace(official_seal(), width_mm=40.0, height_mm=40.0)
    content = juminhyo()
    content = replace(content, signature=replace(content.signature, seal=seal))
    assert refusal(press, content).place.startswith("seal")


def test_impression_with_missing_rows_is_refused(press):
    """A torn image is not printed as far as it goes."""
    seal = impression()
    assert refusal(press, inkan(impression=replace(seal, rows=seal.rows[:-1]))).code is Code.UNPRINTABLE


def test_watermark_in_test_only(press):
    """「見本」 on every page of the TEST environment: pale, behind, and not in the text."""
    real, test = juminhyo(*family(1, 5)), juminhyo(*family(1, 5), specimen=True)
    documents = [printed(press, content).document for content in (real, test)]
    assert pages_of(documents[0]) == pages_of(documents[1])
    for document, marked in zip(documents, (False, True), strict=True):
        with pypdfium2.PdfDocument(document) as pdf:
            for index in range(len(pdf)):
                shades = pdf[index].render(scale=1, grayscale=True).to_pil().histogram()
                assert (sum(shades[200:225]) > 10_000) == marked


def test_information_names_no_person(press):
    """Issuance number, kind, form version; no name, no dates of making."""
    document = printed(press, juminhyo(japanese("葛城　花子"))).document
    with pypdfium2.PdfDocument(document) as pdf:
        info = pdf.get_metadata_dict()
    assert info["Title"] == "住民票の写し"
    assert not {"CreationDate", "ModDate", "Author"} & {key for key, value in info.items() if value}
    assert f"/IssuanceNumber({NUMBER})/Kind(juminhyo)/FormVersion(2026-10)".encode() in document


def test_equal_content_equal_bytes(faces, forms, press):
    """A replay is byte for byte the same, also from another process (here: another press, another face object)."""
    content = juminhyo(*family(9, 6))
    other = Press(FaceSet((Face(bytes(faces.bases[0]._data), "IPAmjMincho"),), faces.gaiji), forms)
    assert press.print(content).document == press.print(content).document == other.print(content).document


def test_nothing_is_kept_between_two_prints(press):
    """I-01, I-05: after another person's paper the first one's comes out exactly as before, and holds nothing of the other."""
    one, two = (
        juminhyo(japanese("葛\U000e0102城　一")),
        inkan(only(foreign("OTHER PERSON"), "name", "birth_date")),
    )
    first = printed(press, one).document
    second = printed(press, two).document
    assert printed(press, one).document == first
    assert printed(press, two).document == second
    assert "OTHER" not in "".join(pages_of(first))


def test_a_refused_print_leaves_nothing(press):
    """I-05: what failed half way does not show up in the next paper."""
    before = press.print(juminhyo()).document
    refusal(press, juminhyo(*family(2, 7), japanese("🙂")))
    assert press.print(juminhyo()).document == before


def test_new_gaiji_version_is_a_new_press(base, forms):
    """外字 take effect at once by swapping the press; the old one still prints the old shape for a reprint."""
    presses = [
        Press(FaceSet((base,), Face(data, "EUDC")), forms) for data in (gaiji_font(), gaiji_font(shift=4))
    ]
    content = juminhyo(japanese("\ue000山"))
    old, new = (each.print(content).document for each in presses)
    assert old != new
    assert presses[0].fingerprint() != presses[1].fingerprint()
    readback.check(old, content, presses[0])
    with pytest.raises(readback.ReadbackMismatch):
        readback.check(old, content, presses[1])


NAMES = st.lists(st.sampled_from([*RARE, *"青海葛城山川AVan- 　ーっ"]), min_size=1, max_size=24).map("".join)
PRINTABLE = NAMES.filter(lambda text: text.strip(" 　"))


@st.composite
def households(draw):
    size = draw(st.integers(1, 9))
    people = []
    for index in range(1, size + 1):
        make = draw(st.sampled_from([japanese, foreign]))
        cells = {
            name: draw(st.one_of(st.just(BLANK), st.just(OMITTED), PRINTABLE.map(Cell.of)))
            for name in ("relationship", "previous_address", "individual_number")
        }
        people.append(make(draw(PRINTABLE), index, **cells))
    return juminhyo(*people, specimen=draw(st.booleans()), sentence=draw(st.sampled_from(["whole", "part"])))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(households())
def test_whatever_is_printed_reads_back(press, content):
    """Any household, any mixture of states and characters: it prints and reads back, or is refused."""
    try:
        paper = press.print(content)
    except Unprintable:
        return
    readback.check(paper.document, content, press)
