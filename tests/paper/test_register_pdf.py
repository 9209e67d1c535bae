"""A register's PDF goes to citizens as it is: everything that may not be in it is found, however it hides, and nothing right is refused.

The collection below is ours: one document for each thing that contract 2 forbids (KOSEKI and FUHYO), and for the ways of hiding it.
"""

from __future__ import annotations

import io
import zlib

import foreign_pdfs as pdfs
import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from konbinid.paper import pdfium
from konbinid.paper.register_pdf import examine, fold, stands_in

LIMIT = 20
NAME = ("試験　太郎",)


def faults(content: bytes, names=NAME, limit: int = LIMIT) -> list[str]:
    return [str(fault) for fault in examine(content, limit, names).faults]


def nested_arrays(depth: int) -> bytes:
    return pdfs.by_hand(
        b"<</Type/Catalog/Pages 2 0 R/X " + b"[" * depth + b"]" * depth + b">>", pdfs.PAGES, pdfs.PAGE
    )


def incremental(content: bytes, action: bytes) -> bytes:
    """A later revision that replaces the catalogue, as an editor appends it."""
    start = int(content.rpartition(b"startxref")[2].split()[0])
    with pikepdf.open(io.BytesIO(content)) as document:
        number, size = document.Root.objgen[0], int(document.trailer.Size)
        pages = document.Root.Pages.objgen[0]
        root = b"<</Type/Catalog/Pages %d 0 R/OpenAction %s>>" % (pages, action)
    at = len(content)
    more = b"%d 0 obj\n%s\nendobj\n" % (number, root)
    table = at + len(more)
    more += b"xref\n%d 1\n%010d 00000 n \ntrailer\n<</Size %d/Root %d 0 R/Prev %d>>\n" % (
        number,
        at,
        size,
        number,
        start,
    )
    return content + more + b"startxref\n%d\n%%%%EOF\n" % table


def without_font_program(*, shown: bool) -> bytes:
    """Helvetica by its name only, as every reader is expected to bring it; ``shown``: text stands in it."""
    made = io.BytesIO()
    canvas = Canvas(
        made, pagesize=(595.276, 841.89), invariant=1
    )  # lists Helvetica whether it is used or not
    if shown:
        canvas.drawString(60, 700, "ABC")
    canvas.showPage()
    canvas.save()
    return made.getvalue()


def font_in_a_form(*, inherited: bool) -> bytes:
    """Text in a form XObject in a font without a program; ``inherited``: the page chose the font."""
    font = "/Font<</F9<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"

    def change(document: pikepdf.Pdf) -> None:
        page = document.pages[0].obj
        text = b"BT (A) Tj ET" if inherited else b"BT /F9 9 Tf (A) Tj ET"
        form = pikepdf.Stream(document, text)
        form.stream_dict = pikepdf.Object.parse(
            f"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<<{'' if inherited else font}>>>>".encode()
        )
        page.Resources = pikepdf.Object.parse(f"<<{font if inherited else ''}>>".encode())
        page.Resources.XObject = pikepdf.Dictionary(X=document.make_indirect(form))
        before = b"BT /F9 9 Tf ET " if inherited else b""
        page.Contents = pikepdf.Stream(document, before + b"/X Do")

    return pdfs.changed(pdfs.scan(), change)


SCRIPT = "<</S/JavaScript/JS(app.alert)>>"
FILE = "<</Type/Filespec/F(a.txt)/EF<<>>>>"

NASTY = {
    "script on opening": (lambda: pdfs.with_action(SCRIPT), "pdf_script"),
    "script in an object stream": (lambda: pdfs.with_action(SCRIPT, hidden=True), "pdf_script"),
    "script behind another action": (
        lambda: pdfs.with_action("<</S/GoTo/D[0/Fit]/Next[<</S/JavaScript/JS(x)>>]>>"),
        "pdf_script",
    ),
    "script in the name tree": (
        lambda: pdfs.with_root("/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(x)>>]>>>>"),
        "pdf_script",
    ),
    "script with an escaped name": (
        lambda: pdfs.by_hand(
            b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/J#61vaScript/#4aS(x)>>>>", pdfs.PAGES, pdfs.PAGE
        ),
        "pdf_script",
    ),
    "script whose type is elsewhere": (
        lambda: pdfs.by_hand(
            b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S 4 0 R>>>>", pdfs.PAGES, pdfs.PAGE, b"/JavaScript"
        ),
        "pdf_script",
    ),
    "script that nothing refers to": (
        lambda: pdfs.by_hand(b"<</Type/Catalog/Pages 2 0 R>>", pdfs.PAGES, pdfs.PAGE, SCRIPT.encode()),
        "pdf_script",
    ),
    "script in a later revision": (
        lambda: incremental(pdfs.paper("試験太郎"), SCRIPT.encode()),
        "pdf_script",
    ),
    "script of an annotation": (
        lambda: pdfs.with_annotation(f"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/AA<</D{SCRIPT}>>>>"),
        "pdf_script",
    ),
    "program for the printer": (
        lambda: pdfs.with_page("/Resources<</XObject<</P<</Type/XObject/Subtype/PS>>>>>>"),
        "pdf_script",
    ),
    **{
        f"action {kind}": (lambda kind=kind: pdfs.with_action(f"<</S/{kind}>>"), "pdf_action")
        for kind in (
            "Launch",
            "URI",
            "SubmitForm",
            "ImportData",
            "GoToR",
            "GoToE",
            "Rendition",
            "Named",
            "Hide",
            "ResetForm",
            "SetOCGState",
            "Sound",
            "Movie",
            "Thread",
        )
    },
    "link to the net": (
        lambda: pdfs.with_annotation(
            "<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI(http://example.invalid)>>>>"
        ),
        "pdf_action",
    ),
    "base address": (lambda: pdfs.with_root("/URI<</Base(http://example.invalid)>>"), "pdf_action"),
    "acts when a page is shown": (lambda: pdfs.with_page("/AA<</O<</S/GoTo/D[0/Fit]>>>>"), "pdf_action"),
    "attached file": (
        lambda: pdfs.with_root(f"/Names<</EmbeddedFiles<</Names[(a){FILE}]>>>>"),
        "pdf_enclosure",
    ),
    "attached to a page": (
        lambda: pdfs.with_annotation(f"<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS{FILE}>>"),
        "pdf_enclosure",
    ),
    "film": (
        lambda: pdfs.with_annotation("<</Type/Annot/Subtype/RichMedia/Rect[0 0 9 9]>>"),
        "pdf_enclosure",
    ),
    "screen": (lambda: pdfs.with_annotation("<</Type/Annot/Subtype/Screen/Rect[0 0 9 9]>>"), "pdf_enclosure"),
    "three dimensions": (
        lambda: pdfs.with_annotation("<</Type/Annot/Subtype/3D/Rect[0 0 9 9]>>"),
        "pdf_enclosure",
    ),
    "portfolio": (lambda: pdfs.with_root("/Collection<</View/D>>"), "pdf_enclosure"),
    "form of XML": (lambda: pdfs.with_root("/AcroForm<</Fields[]/XFA[]>>"), "pdf_enclosure"),
    "stream in another file": (
        lambda: pdfs.by_hand(
            b"<</Type/Catalog/Pages 2 0 R>>",
            pdfs.PAGES,
            pdfs.PAGE,
            b"<</Length 0/F(/etc/passwd)>>\nstream\n\nendstream",
        ),
        "pdf_enclosure",
    ),
    "page of another file": (
        lambda: pdfs.by_hand(
            b"<</Type/Catalog/Pages 2 0 R>>",
            pdfs.PAGES,
            pdfs.PAGE,
            b"<</Subtype/Form/BBox[0 0 9 9]/Ref<</F(a.pdf)/Page 0>>/Length 0>>\nstream\n\nendstream",
        ),
        "pdf_enclosure",
    ),
    "encrypted without a password": (
        lambda: pdfs.changed(
            pdfs.paper("試験太郎"), lambda _: None, encryption=pikepdf.Encryption(owner="o", user="")
        ),
        "pdf_encrypted",
    ),
    "encrypted with a password": (
        lambda: pdfs.changed(
            pdfs.paper("試験太郎"), lambda _: None, encryption=pikepdf.Encryption(owner="o", user="u")
        ),
        "pdf_encrypted",
    ),
    "font from elsewhere": (lambda: without_font_program(shown=True), "pdf_font"),
    "font from elsewhere in a form": (lambda: font_in_a_form(inherited=False), "pdf_font"),
    "font from elsewhere handed to a form": (lambda: font_in_a_form(inherited=True), "pdf_font"),
    "font of a graphics state": (
        lambda: pdfs.with_page(
            "/Resources<</ExtGState<</G<</Font[<</Type/Font/Subtype/Type1/BaseFont/Helvetica>> 9]>>>>>>"
        ),
        "pdf_font",
    ),
    "landscape": (lambda: pdfs.drawn(["試験太郎"], size=(841.89, 595.276)), "pdf_size"),
    "turned": (lambda: pdfs.with_page("/Rotate 90"), "pdf_size"),
    "turned by half a right angle": (lambda: pdfs.with_page("/Rotate 45"), "pdf_size"),
    "Letter": (lambda: pdfs.drawn(["試験太郎"], size=(612, 792)), "pdf_size"),
    "1.1 mm too long": (lambda: pdfs.drawn(["試験太郎"], size=(595.276, 841.89 + 3.12)), "pdf_size"),
    "cropped": (lambda: pdfs.with_page("/CropBox[0 0 300 400]"), "pdf_size"),
    "cropped out of more": (
        lambda: pdfs.with_page("/MediaBox[0 0 900 900]/CropBox[0 0 595.276 841.89]"),
        "pdf_size",
    ),
    "in another unit": (lambda: pdfs.with_page("/UserUnit 2"), "pdf_size"),
    "A4 only to who knows the unit": (
        lambda: pdfs.with_page("/UserUnit 2/MediaBox[0 0 297.638 420.945]"),
        "pdf_size",
    ),
    "21 pages": (lambda: pdfs.paper("試験太郎", pages=21), "pdf_pages"),
    "another person": (lambda: pdfs.paper("試験花子"), "pdf_name"),
    "no bytes": (lambda: b"", "pdf_broken"),
    "no PDF": (lambda: b"BM" + bytes(500), "pdf_broken"),
    "something before it": (lambda: b"GIF89a" + pdfs.paper("試験太郎"), "pdf_broken"),
    "something after it": (lambda: pdfs.paper("試験太郎") + b"PK\x03\x04", "pdf_broken"),
    "without pages": (
        lambda: pdfs.by_hand(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"),
        "pdf_broken",
    ),
    "pages in a ring": (
        lambda: pdfs.by_hand(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 1>>"),
        "pdf_broken",
    ),
    "page without a size": (
        lambda: pdfs.by_hand(
            b"<</Type/Catalog/Pages 2 0 R>>", pdfs.PAGES, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0]>>"
        ),
        "pdf_broken",
    ),
    "parents in a ring": (
        lambda: pdfs.by_hand(
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1/Parent 2 0 R>>",
            b"<</Type/Page/Parent 2 0 R>>",
        ),
        "pdf_broken",
    ),
    "nested beyond reason": (lambda: nested_arrays(100_000), "pdf_broken"),
}


@pytest.mark.parametrize("what", NASTY)
def test_what_may_not_be_in_it_is_found(what):
    """Each of the collection is refused, and for its own reason."""
    make, fault = NASTY[what]
    assert fault in faults(make())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(lambda: pdfs.paper("試験太郎"), id="drawn"),
        pytest.param(lambda: pdfs.paper("試験太郎", pages=20), id="as many pages as may be"),
        pytest.param(lambda: pdfs.scan(2), id="pictures"),
        pytest.param(
            lambda: pdfs.changed(
                pdfs.paper("試験太郎"), lambda _: None, object_stream_mode=pikepdf.ObjectStreamMode.generate
            ),
            id="object streams",
        ),
        pytest.param(
            lambda: pdfs.changed(pdfs.paper("試験太郎"), lambda _: None, linearize=True), id="linearized"
        ),
        pytest.param(lambda: incremental(pdfs.paper("試験太郎"), b"null"), id="appended to"),
        pytest.param(lambda: pdfs.with_action("<</S/GoTo/D[0/Fit]>>"), id="opens at its first page"),
        pytest.param(lambda: pdfs.with_root("/AcroForm<</Fields[]/SigFlags 3>>"), id="signed"),
        pytest.param(lambda: pdfs.with_root("/StructTreeRoot<</K<</S/Document>>>>"), id="tagged"),
        pytest.param(lambda: without_font_program(shown=False), id="lists a font that it does not use"),
        pytest.param(
            lambda: pdfs.with_page("/MediaBox[0 0 841.89 595.276]/Rotate 270"),
            id="lies, and is turned upright",
        ),
        pytest.param(lambda: pdfs.with_page("/MediaBox[595.276 841.89 0 0]"), id="box from the other corner"),
        pytest.param(
            lambda: pdfs.drawn(["試験太郎"], size=(595.276 - 2.8, 841.89 + 2.8)), id="within a millimetre"
        ),
    ],
)
def test_what_is_right_is_not_refused(content):
    """Writers differ: none of these is a reason to leave a city without its registers."""
    assert faults(content()) == []


def test_pages_and_text_are_told():
    """What is kept beside the bytes."""
    drawn, scanned = examine(pdfs.paper("試験太郎", pages=3), LIMIT, NAME), examine(pdfs.scan(), LIMIT, NAME)
    assert (drawn.pages, drawn.has_text) == (3, True)
    assert (scanned.pages, scanned.has_text) == (1, False)


def test_the_limit_of_pages_is_a_setting():
    """One city's registers are longer than another's."""
    assert faults(pdfs.paper("試験太郎", pages=3), limit=2) == ["pdf_pages"]
    assert faults(pdfs.paper("試験太郎", pages=21), limit=30) == []


@pytest.mark.parametrize(
    ("name", "text", "stands"),
    [
        ("試験　太郎", "氏名　試験　太郎", True),
        ("試験　太郎", "氏名 試 験\n太\n郎", True),
        (
            "試験　太郎",
            "本籍…氏名　試験　一郎【名】太郎【名】花子",
            True,
        ),  # the family name stands once, at the head
        ("試験太郎", "氏名　試験　一郎【名】太郎", True),
        ("試験太郎", "氏名　試験　花子", False),
        ("試験　太郎", "氏名　試験　花子", False),
        ("試験　太郎", "【名】太郎", False),
        ("葛\U000e0100城　太郎", "葛城太郎", True),
        ("葛城　太郎", "葛\U000e0101城太郎", True),
        ("﨑山　太郎", "崎山太郎", False),
        ("\ue000田　太郎", "田太郎", True),  # a text layer without the city's own character
        ("\ue000田　太郎", "\uf123田　太郎", True),
        ("\ue000田　太郎", "山本太郎", False),
        ("ＡＢＣ　太郎", "ABC 太郎", True),
        ("", "試験太郎", False),
        ("　", "試験太郎", False),
        ("a.c", "abc", False),
    ],
)
def test_whose_paper_it_is(name, text, stands):
    """Another person's paper is noticed; ways of writing the same name are not in the way."""
    assert stands_in(name, fold(text)) is stands


def test_any_of_the_names_will_do():
    """A fuhyo whose head is gone shows the others."""
    content = pdfs.paper("試験花子")
    assert faults(content, ("試験太郎", "試験花子")) == []
    assert faults(content, ()) == ["pdf_name"]


def test_a_torn_document_is_broken():
    """Whatever is missing at its end: nothing is pieced together from what is left."""
    content = pdfs.paper("試験太郎")
    for length in range(0, len(content) - 8, 97):
        assert faults(content[:length]) == ["pdf_broken"]


def test_a_bomb_costs_memory_only_where_it_is_opened():
    """A stream of endless nothing: it is never unpacked unless a font makes us read what is drawn."""
    packed = zlib.compress(bytes(50 * 1024 * 1024), 9)
    stream = b"<</Length %d/Filter/FlateDecode>>\nstream\n%s\nendstream" % (len(packed), packed)
    content = pdfs.by_hand(b"<</Type/Catalog/Pages 2 0 R>>", pdfs.PAGES, pdfs.PAGE, stream)
    assert faults(content) == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damage_is_a_fault_or_harmless(data):
    """Random damage never ends in another exception, and what pdfium cannot open is never taken."""
    content = bytearray(pdfs.with_action("<</S/GoTo/D[0/Fit]>>", hidden=data.draw(st.booleans())))
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(content) - 1))
        kind = data.draw(st.sampled_from(["set", "cut", "double"]))
        if kind == "set":
            content[at] = data.draw(st.integers(0, 255))
        else:
            part = content[at : at + data.draw(st.integers(1, 40))]
            content[at : at + len(part)] = b"" if kind == "cut" else part * 2
    damaged = bytes(content)
    if not faults(damaged):
        with pdfium.opened(damaged) as document:
            assert len(document) == 1
