"""Read-back finds what is wrong with a finished document: here every document is doctored after printing."""

from __future__ import annotations

import random
import re
import struct
import zlib
from dataclasses import replace
from itertools import pairwise

import pytest
from doctored_papers import (
    doctored,
    is_page_stream,
    labels_of,
    mismatch,
    objects_of,
    rebuilt,
    restream,
    unpacked,
)
from paper_samples import family, foreign, impression, inkan, japanese, juminhyo

from konbinid.domain.content import Cell
from konbinid.paper.pdf_objects import PdfFile, parse_object
from konbinid.paper.readback import ReadbackMismatch, check, sheet_by_sheet
from konbinid.paper.subset import _file as font_file

FAMILY = juminhyo(japanese("葛\U000e0102城　花子"), foreign(index=2), japanese("辻　一", 3))


def value_font(document, key):
    """The object of the value font's program (FontFile2) or ToUnicode."""
    file = PdfFile(document)
    for raw in objects_of(document).values():
        if raw.startswith(b"<</Type/Font/Subtype/Type0/BaseFont/VALUEA"):
            font = parse_object(raw)
            descendant = file.get(font["DescendantFonts"][0])
            ref = font["ToUnicode"] if key == "ToUnicode" else file.get(descendant["FontDescriptor"])[key]
            return ref.number
    raise AssertionError(key)


def change_value_font(document, key, change):
    number = value_font(document, key)
    return rebuilt(document, {number: restream(objects_of(document)[number], change)})


def swap_glyphs(program, one, other):
    """The font file with the outlines (and widths) of two codes exchanged."""
    count = struct.unpack_from(">H", program, 4)[0]
    tables = {}
    for tag, _, offset, length in struct.iter_unpack(">4sLLL", program[12 : 12 + 16 * count]):
        tables[tag] = program[offset : offset + length]
    starts = [at for (at,) in struct.iter_unpack(">L", tables[b"loca"])]
    records = [tables[b"glyf"][a:b] for a, b in pairwise(starts)]
    metrics = [tables[b"hmtx"][at : at + 4] for at in range(0, len(tables[b"hmtx"]), 4)]
    for each in (records, metrics):
        each[one], each[other] = each[other], each[one]
    starts = [sum(map(len, records[:at])) for at in range(len(records) + 1)]
    tables[b"glyf"], tables[b"hmtx"] = b"".join(records), b"".join(metrics)
    tables[b"loca"] = struct.pack(f">{len(starts)}L", *starts)
    return font_file(tables)


def codes_of(document):
    cmap = unpacked(objects_of(document)[value_font(document, "ToUnicode")])
    pairs = re.findall(rb"<(\w{4})> <(\w+)>", cmap)
    return {bytes.fromhex(text.decode()).decode("utf-16-be"): int(code, 16) for code, text in pairs}


def test_what_is_right_passes(press):
    """The base of all tests below, and of every issuance."""
    for content in (FAMILY, inkan(), juminhyo(*family(4, 13), specimen=True)):
        check(press.print(content).document, content, press)


def test_swapped_outlines(press):
    """The ink of another character under a right text: nothing that only extracts text would see it."""
    document = press.print(FAMILY).document
    codes = codes_of(document)
    one, other = codes["葛\U000e0102"], codes["城"]
    assert (
        mismatch(
            change_value_font(document, "FontFile2", lambda p: swap_glyphs(p, one, other)), FAMILY, press
        )
        == "glyph"
    )


def test_base_glyph_under_a_variation_sequence(press, faces):
    """葛 for 葛+selector, with everything else right: the fault that makes a wrong name look right."""
    plain = juminhyo(japanese("葛城　花子"), foreign(index=2), japanese("辻　一", 3))
    document = press.print(plain).document
    forged = change_value_font(
        document, "ToUnicode", lambda cmap: cmap.replace(b"> <845B>", b"> <845BDB40DD02>")
    )
    assert mismatch(forged, FAMILY, press) == "glyph"


def test_one_bit_of_an_outline(press):
    """A point moved by one unit."""
    document = press.print(FAMILY).document

    def nudge(program):
        changed = bytearray(program)
        changed[struct.unpack_from(">L", program, 12 + 8)[0] + 120] ^= 1
        return bytes(changed)

    assert mismatch(change_value_font(document, "FontFile2", nudge), FAMILY, press)


def test_swapped_to_unicode(press):
    """The text of another character under a right outline."""

    def swap(cmap):
        return cmap.replace(b"<57CE>", b"<@>").replace(b"<5C71>", b"<57CE>").replace(b"<@>", b"<8FBB>")

    assert mismatch(change_value_font(press.print(FAMILY).document, "ToUnicode", swap), FAMILY, press)


def test_person_missing_or_too_many(press):
    """One entry less, one more, or a household short of a whole sheet."""
    entries = FAMILY.entries
    fewer = press.print(replace(FAMILY, entries=entries[:2])).document
    assert mismatch(fewer, FAMILY, press) == "sheet 1 text"
    assert (
        mismatch(press.print(FAMILY).document, replace(FAMILY, entries=entries[:2]), press) == "sheet 1 text"
    )
    large = juminhyo(*family(2, 5))
    assert mismatch(press.print(replace(large, entries=large.entries[:4])).document, large, press)


def test_another_persons_paper(press):
    """I-01, I-02, I-05: a right certificate of somebody else."""
    other = juminhyo(japanese("青海　次郎"))
    assert mismatch(press.print(other).document, juminhyo(japanese("青海　三郎")), press)


def test_values_in_each_others_boxes(press):
    """Two names changed places: every character is still there, each in the wrong box."""
    one, two, three = FAMILY.entries
    names = [entry.cells["name"] for entry in (one, three)]
    swapped = [
        replace(entry, cells={**entry.cells, "name": name})
        for entry, name in zip((three, one), names, strict=True)
    ]
    document = press.print(replace(FAMILY, entries=(swapped[1], two, swapped[0]))).document
    assert mismatch(document, FAMILY, press) == "sheet 1 entry 1 name"


def test_sheets_in_the_wrong_order(press):
    """「2枚中1枚目」 with the people of the second sheet."""
    content = juminhyo(*(japanese(f"青海　{given}", at) for at, given in enumerate("一二三四五", 1)))
    document = press.print(content).document
    tree = objects_of(document)[2]
    kids = re.findall(rb"\d+ 0 R", tree)
    turned = tree.replace(b" ".join(kids), b" ".join(reversed(kids)))
    assert mismatch(rebuilt(document, {2: turned}), content, press)


def test_another_issuance_number(press):
    """On the sheet and in the document information."""
    other = replace(FAMILY, issuance_number="7K3Q-9WMX-2PTD-4HND")
    assert mismatch(press.print(other).document, FAMILY, press) == "information IssuanceNumber"
    document = press.print(other).document
    info = objects_of(document)[3].replace(b"4HND", b"4HNC")
    assert mismatch(rebuilt(document, {3: info}), FAMILY, press) == "sheet 1 text"


def test_another_sentence_or_mayor(press):
    """「世帯全員」 for a part of the household is a false certificate."""
    part = replace(FAMILY, sentence="part")
    assert mismatch(press.print(part).document, FAMILY, press) == "sheet 1 text"
    acting = replace(FAMILY, signature=replace(FAMILY.signature, title="架空市長職務代理者"))
    assert mismatch(press.print(acting).document, FAMILY, press) == "sheet 1 text"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"BT\n", b"BT\n3 Tr\n"),
        (b"BT\n", b"1 g\nBT\n"),
        (b"BT\n", b"0 0 1 1 re W n\nBT\n"),
        (b"ET\n", b"ET\n1 g 0 0 600 600 re f\n"),
        (b"ET\n", b"/V0 12 Tf <0000> Tj\nET\n"),
        (b"> Tj", b"0000> Tj"),
        (b" 12 Tf", b" 7 Tf"),
        (b"1 0 0 1 ", b"0.5 0 0 1 "),
        (b"q 1 0 0 1 ", b"q 2 0 0 2 "),
    ],
)
def test_operators_that_hide_cover_or_add(press, old, new):
    """Invisible, white, clipped, covered, tiny or narrow text, a glyph without a text, a scaled part."""
    document = press.print(FAMILY).document
    assert old in unpacked(next(raw for raw in objects_of(document).values() if is_page_stream(raw)))
    forged = doctored(document, is_page_stream, lambda data: data.replace(old, new, 1))
    assert mismatch(forged, FAMILY, press)


def test_moved_text(press):
    """A value pushed out of its box."""
    document = press.print(FAMILY).document

    def move(data):
        return re.sub(rb"1 0 0 1 (\d+)", lambda found: b"1 0 0 1 %d" % (int(found[1]) + 200), data, count=1)

    page = doctored(
        document, is_page_stream, lambda data: data[: data.index(b"BT")] + move(data[data.index(b"BT") :])
    )
    assert mismatch(page, FAMILY, press)


def test_impression_scaled_moved_or_changed(press):
    """印影: true size to 0.1 mm, in its place, the registered pixels, black."""
    content = inkan(impression=impression(213, 213, 400))
    document = press.print(content).document
    size = b"38.34"
    for wrong in (b"38.9", b"37.7"):
        forged = doctored(document, is_page_stream, lambda data, w=wrong: data.replace(size, w))
        assert mismatch(forged, content, press) == "sheet 1 impression"
    moved = doctored(document, is_page_stream, lambda data: data.replace(b"0 0 38.34 ", b"0 0 38.34 1"))
    assert mismatch(moved, content, press) == "sheet 1 impression"
    rows = content.impression.rows
    other = replace(content, impression=replace(content.impression, rows=rows[:-1] + bytes([rows[-1] ^ 1])))
    assert mismatch(press.print(other).document, content, press) == "sheet 1 impression"
    inverted = {n: raw.replace(b"[1 0]", b"[0 1]") for n, raw in objects_of(document).items()}
    assert mismatch(rebuilt(document, inverted), content, press) == "image"


def test_another_official_seal(press):
    """公印 of another office, or none."""
    seal = FAMILY.signature.seal
    other = replace(
        FAMILY, signature=replace(FAMILY.signature, seal=replace(seal, rows=bytes(len(seal.rows))))
    )
    assert mismatch(press.print(other).document, FAMILY, press) == "sheet 1 seal"
    document = press.print(FAMILY).document
    bare = doctored(document, is_page_stream, lambda data: data[: data.index(b"ET\n") + 3])
    assert mismatch(bare, FAMILY, press) == "sheet 1 images"


def test_watermark_where_it_should_not_be(press):
    """A TEST print must not pass as a certificate, nor a certificate come out spoilt."""
    test = replace(FAMILY, specimen=True)
    assert mismatch(press.print(test).document, FAMILY, press) == "watermark"
    assert mismatch(press.print(FAMILY).document, test, press) == "watermark"


def test_label_changed(press):
    """A label that reads like another one."""
    document = press.print(FAMILY).document
    number, labels = labels_of(document)
    changed = restream(objects_of(document)[number], lambda data: data.replace(labels[-1], labels[-2]))
    assert mismatch(rebuilt(document, {number: changed}), FAMILY, press) == "sheet 1 text"


def test_labels_exchanged_in_place(press):
    """Two labels of one table change places: only where they stand tells, and it is looked at."""
    document = press.print(FAMILY).document
    number, labels = labels_of(document)
    one, other = labels[-1], labels[-2]

    def exchange(data):
        return data.replace(one, b"(@)").replace(other, one).replace(b"(@)", other)

    forged = rebuilt(document, {number: restream(objects_of(document)[number], exchange)})
    assert mismatch(forged, FAMILY, press) == "sheet 1 label"


def test_older_document_still_passes(press):
    """An earlier build packed its fixed parts otherwise: they are proven label by label, and pass."""
    for content in (FAMILY, inkan(), juminhyo(*family(4, 6), specimen=True)):
        document = press.print(content).document
        repacked = {
            number: restream(raw, lambda data: data + b"\n")
            for number, raw in objects_of(document).items()
            if b"/Subtype/Form" in raw
        }
        check(rebuilt(document, repacked), content, press)


@pytest.mark.parametrize(
    ("number", "old", "new"),
    [
        (1, b"/Lang", b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>/Lang"),
        (1, b"/Lang", b"/Names<</EmbeddedFiles<</Names[]>>>>/Lang"),
        (1, b"/Lang", b"/AcroForm<<>>/Lang"),
        (2, b"/Count 1", b"/Count 2"),
        (3, b"/Kind(juminhyo)", b"/Kind(inkan)"),
        (3, b"/FormVersion(2026-10)", b"/FormVersion(2026-11)"),
    ],
)
def test_anything_else_in_the_file(press, number, old, new):
    """Actions, attachments, forms, another page count, false information."""
    document = press.print(FAMILY).document
    raw = objects_of(document)[number]
    assert old in raw
    assert mismatch(rebuilt(document, {number: raw.replace(old, new)}), FAMILY, press)


def test_annotation_on_a_page(press):
    """A stamp over a name would be drawn by viewers, and is not ours."""
    document = press.print(FAMILY).document
    number, raw = next(
        (n, raw) for n, raw in objects_of(document).items() if raw.startswith(b"<</Type/Page/")
    )
    assert mismatch(rebuilt(document, {number: raw[:-2] + b"/Annots[]>>"}), FAMILY, press) == "page"


def test_font_that_is_not_embedded(press):
    """A viewer would draw some other font."""
    document = press.print(FAMILY).document
    number, raw = next((n, raw) for n, raw in objects_of(document).items() if b"/FontName/VALUEA" in raw)
    assert mismatch(rebuilt(document, {number: re.sub(rb"/FontFile2 \d+ 0 R", b"", raw)}), FAMILY, press)


def test_wrong_widths(press):
    """Letters drawn over each other."""
    document = press.print(FAMILY).document
    number, raw = next(
        (n, raw) for n, raw in objects_of(document).items() if b"/CIDFontType2/BaseFont/VALUEA" in raw
    )
    narrow = re.sub(rb"/W\[(\d+)\[[\d.]+", rb"/W[\1[50", raw, count=1)
    assert narrow != raw
    assert mismatch(rebuilt(document, {number: narrow}), FAMILY, press) == "widths"


def test_torn_or_damaged_files(press):
    """Whatever happened to the bytes: refused with one error, or unharmed where a byte means nothing."""
    document = press.print(FAMILY).document
    chance = random.Random(11)
    for _ in range(150):
        broken = bytearray(document)
        if chance.random() < 0.3:
            broken = broken[: chance.randrange(len(broken))]
        else:
            broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
        try:
            check(bytes(broken), FAMILY, press)
        except ReadbackMismatch:
            continue


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"hello", bytes(1000)])
def test_no_pdf_at_all(press, data):
    """An empty answer is not a certificate."""
    assert mismatch(data, FAMILY, press)


def test_stream_that_unpacks_without_end(press):
    """A few kilobytes must not become gigabytes."""
    document = press.print(FAMILY).document
    number = value_font(document, "ToUnicode")
    packed = zlib.compress(bytes(1 << 25), 9)
    bomb = b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(packed), packed)
    assert mismatch(rebuilt(document, {number: bomb}), FAMILY, press) == "stream"


def test_mismatch_names_no_value(press):
    """What goes into the alert and the log is a place."""
    content = juminhyo(japanese("葛城　花子", previous_address=Cell.of("架空県架空市")))
    place = mismatch(press.print(juminhyo(japanese("辻　花子"))).document, content, press)
    assert not set(place) & set("葛城花子辻架空")


def test_read_backs_may_interleave(press):
    """I-02: a certificate of several sheets pauses between them, and another one's read-back runs meanwhile: neither waits
    for the other, and an abandoned one leaves nothing locked."""
    one, two = juminhyo(*family(4, 9)), juminhyo(*family(5, 9))
    running = [sheet_by_sheet(press.print(content).document, content, press) for content in (one, two)]
    abandoned = sheet_by_sheet(press.print(one).document, one, press)
    next(abandoned)
    for first, second in zip(*running, strict=True):
        assert first is second is None
    check(press.print(two).document, two, press)


def test_nothing_of_a_certificate_is_kept(press):
    """I-05: what read-back remembers between two documents are the press's own fixed parts, nobody's characters."""
    from konbinid.paper.structure import _PROVEN

    template = press.template(FAMILY)
    check(press.print(FAMILY).document, FAMILY, press)
    before = dict(_PROVEN[template])
    assert before
    assert all(template.owns(raw) for raw in before)
    other = replace(FAMILY, entries=(japanese("𠮷野　邉\U000e0110"), *FAMILY.entries[1:]))
    check(press.print(other).document, other, press)
    assert _PROVEN[template] == before
