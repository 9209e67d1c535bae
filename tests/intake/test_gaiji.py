"""GAIJI: a font comes into force only when every character in force, and every one that is listed, is drawn as it should be."""

from __future__ import annotations

import hashlib
import io

import pytest
from fontTools.ttLib import TTFont
from gaiji_samples import eudc, record_hash, row, rows

from konbinid.domain.characters import CodeRange
from konbinid.domain.feeds import Feed

A, B, C = "\ue000", "\ue001", "\uf8ff"
FAR = "\U000f0000"
FONT = "EUDC.TTE"
FIRST = {A: 1, B: 2}


def versions(hall):
    return hall.run(
        "select id, version, characters, encode(sha256, 'hex') from library.gaiji_font order by id"
    )


def take(hall, the_rows, variants=None, *, full=False, font=None, **options):
    """A file with its font."""
    data = eudc(variants) if font is None else font
    return hall.take("GAIJI", the_rows, full=full, attachments={FONT: data}, **options)


def begin(hall):
    """The first version: A and B."""
    assert take(hall, rows(A + B), FIRST, full=True) == "applied"


def refused(hall, the_rows, variants, fault, **options):
    """The file is in quarantine for this fault, and the version before is in force as if nothing had come."""
    before = (versions(hall), hall.run("select * from library.gaiji order by code"))
    name = hall.put("GAIJI", the_rows, attachments={FONT: eudc(variants)}, **options)
    hall.look()
    assert hall.state(name) == "rejected"
    assert fault in {(line, kind) for line, _, kind in hall.report(name)}
    assert (versions(hall), hall.run("select * from library.gaiji order by code")) == before
    assert hall.receipt(name).startswith("ng")
    assert hall.run("select count(*) from people.doubt") == [(0,)]


def test_a_full_file_brings_the_first_version(hall):
    """The font, its characters and their hashes are kept as they came; the receipt counts them."""
    font = eudc({**FIRST, FAR: 3})
    state = take(hall, rows(A + B + FAR, "2026-03", glyph_hash=""), full=True, font=font)
    assert state == "applied"
    assert versions(hall) == [(1, "2026-03", "U+E000 U+E001 U+F0000", hashlib.sha256(font).hexdigest())]
    found = hall.run(
        "select code, encode(glyph_hash, 'hex'), version, redefinable, note from library.gaiji order by code"
    )
    assert found == [
        (code, record_hash(font, char), "2026-03", False, "備考")
        for code, char in (("U+E000", A), ("U+E001", B), ("U+F0000", FAR))
    ]
    assert bytes(hall.run("select content from library.gaiji_font")[0][0]) == font


def test_a_difference_adds_and_is_a_new_version(hall):
    """The old version stays as it was; the new one has both."""
    begin(hall)
    assert take(hall, [row(C, "2")], {**FIRST, C: 3}) == "applied"
    assert [(number, version, codes) for number, version, codes, _ in versions(hall)] == [
        (1, "1", "U+E000 U+E001"),
        (2, "2", "U+E000 U+E001 U+F8FF"),
    ]
    assert hall.run("select added, changed, removed from intake.incoming order by id") == [
        (2, 0, 0),
        (1, 0, 0),
    ]
    assert "notes" not in hall.run("select report from intake.incoming order by id desc")[0][0]


def test_the_same_again_is_no_new_version(hall):
    """A full file of what is in force, and a heartbeat, change nothing."""
    begin(hall)
    assert take(hall, rows(A + B), FIRST, full=True) == "applied"
    assert hall.take("GAIJI", []) == "applied"
    assert len(versions(hall)) == 1


def test_what_a_full_file_lacks_is_removed(hall):
    """The font of the new version need not have it any more, and may have it in any shape: it is not in force."""
    begin(hall)
    assert take(hall, rows(A), {A: 1, B: 9}, full=True) == "applied"
    assert versions(hall)[-1][2] == "U+E000"
    assert take(hall, rows(A), {A: 1}, full=True) == "applied"


@pytest.mark.parametrize("full", [True, False], ids=["full", "difference"])
def test_what_was_dropped_comes_back_in_its_last_shape_only(hall, full):
    """Dropped by one full file and added again by a later one, a code point would change its shape without 再定義可: whoever's name has it
    would find another character on the paper. The versions in between, whose fonts draw it otherwise, had it not in force."""
    begin(hall)
    assert take(hall, [row(B, "2", redefinable="1")], {A: 1, B: 5}) == "applied"
    assert take(hall, rows(A, "3"), {A: 1, B: 9}, full=True) == "applied"
    assert take(hall, rows(A + C, "4"), {A: 1, B: 9, C: 3}, full=True) == "applied"
    back, variants = rows(A + B, "5") if full else [row(B, "5")], {A: 1, C: 3}
    refused(hall, back, variants | {B: 9}, (len(back), "glyph_redefined"), full=full)
    hall.run("update intake.feed set stopped_by = null where feed = 'GAIJI'")
    assert take(hall, back, variants | {B: 5}, full=full, sequence=5) == "applied"


def test_what_was_dropped_comes_back_otherwise_with_permission(hall):
    """再定義可 in its row; without a font of its own or a hash nobody can tell whether the font was forgotten."""
    begin(hall)
    assert take(hall, rows(A, "2"), {A: 1, B: 9}, full=True) == "applied"
    assert hall.take("GAIJI", [row(B, "3", redefinable="1", glyph_hash="")]) == "rejected"
    hall.run("update intake.feed set stopped_by = null where feed = 'GAIJI'")
    assert take(hall, [row(B, "3", redefinable="1")], {A: 1, B: 9}, sequence=3) == "applied"
    assert versions(hall)[-1][2] == "U+E000 U+E001"


def test_many_removals_wait_for_an_operator(hall):
    """As for every feed."""
    many = "".join(map(chr, range(0xE000, 0xE028)))
    begun = dict.fromkeys(many, 1)
    assert take(hall, rows(many), begun, full=True) == "applied"
    assert take(hall, rows(many[:10]), begun, full=True) == "held"
    assert len(versions(hall)) == 1


def test_another_shape_needs_permission(hall):
    """A code point in use with another glyph: refused without 再定義可, a new version with it."""
    begin(hall)
    refused(hall, [row(A, "2")], {A: 5, B: 2}, (1, "glyph_redefined"))
    hall.run("update intake.feed set stopped_by = null where feed = 'GAIJI'")
    assert take(hall, [row(A, "2", redefinable="1")], {A: 5, B: 2}, sequence=2) == "applied"
    assert [number for number, *_ in versions(hall)] == [1, 2]


def test_an_unlisted_shape_may_not_change(hall):
    """A font exchanged by mistake: the difference lists C only, but B is drawn otherwise. The report names the code point."""
    begin(hall)
    refused(hall, [row(C, "2")], {A: 1, B: 7, C: 1}, (0, "glyph_redefined"))
    (name,) = hall.run("select name from intake.incoming where state = 'rejected'")[0]
    assert (0, "U+E001", "glyph_redefined") in hall.report(name)
    assert "column=U+E001 fault=glyph_redefined" in hall.receipt(name)


def test_permission_for_one_is_none_for_another(hall):
    """再定義可 counts for the row it stands in, also when an earlier file gave it to the other character."""
    assert take(hall, rows(A + B, redefinable="1"), FIRST, full=True) == "applied"
    refused(hall, [row(A, "2", redefinable="1")], {A: 5, B: 7}, (0, "glyph_redefined"))


@pytest.mark.parametrize("variants", [{A: 1, C: 3}, {A: 1, B: 0, C: 3}], ids=["gone", "without ink"])
def test_a_font_has_every_character_in_force(hall, variants):
    """A difference's TTE holds all of them."""
    begin(hall)
    refused(hall, [row(C, "2")], variants, (0, "glyph_missing"))


def test_a_listed_character_is_in_the_font(hall):
    """Also the very first."""
    refused(hall, rows(A + C), {A: 1}, (2, "glyph_missing"), full=True)


def test_a_hash_that_does_not_agree(hall):
    """字形ハッシュ is compared when it is given."""
    font = eudc(FIRST)
    good = record_hash(font, A)
    refused(hall, [row(A, glyph_hash=good), row(B, glyph_hash=good)], FIRST, (2, "glyph_differs"), full=True)


@pytest.mark.parametrize("code", ["U+6C34", "U+F900", "U+FFFFE", "U+110000", "E000", "U+DFFF", "U+e00"])
def test_only_private_codes(hall, code):
    """U+E000–F8FF and planes 15 and 16, and nothing else."""
    refused(hall, [["1", code, "", "0", FONT, ""]], {A: 1}, (1, "not_gaiji_code"), full=True)


def test_one_font_for_all_rows(hall):
    """Every row of a file names the same TTE."""
    refused(hall, [row(A), row(B, font="OTHER.TTE")], FIRST, (2, "attachment_other"), full=True)


def test_a_forgotten_font(hall):
    """Nothing came under the name, and nothing is held."""
    assert hall.take("GAIJI", rows(A), full=True) == "rejected"
    assert hall.alerts() == ["file_rejected"]


def test_a_difference_may_name_the_held_font(hall):
    """The contract allows it; a shape that might be meant to be new is not guessed at."""
    begin(hall)
    assert hall.take("GAIJI", [[*row(A, "2")[:5], "別の備考"]]) == "applied"
    assert hall.run("select note from library.gaiji where code = 'U+E000'") == [("別の備考",)]
    assert hall.take("GAIJI", [row(A, "3", redefinable="1")]) == "rejected"
    assert (
        hall.take("GAIJI", [row(A, "3", redefinable="1", glyph_hash=record_hash(eudc(FIRST), A))], sequence=3)
        == "applied"
    )


def test_no_full_file_leaves_no_font(hall):
    """A full file without rows, while characters are in force, is a mistake: it names no font. A city without 外字 may send it."""
    assert hall.take("GAIJI", [], full=True) == "applied"
    begin(hall)
    assert hall.take("GAIJI", [], full=True) == "rejected"
    assert versions(hall)[-1][2] == "U+E000 U+E001"


def test_a_composite_may_not_hide_a_change(hall):
    """The composite's own record stays the same while its part is drawn otherwise: what counts is the ink."""

    def both(variant: int) -> bytes:
        font = TTFont(io.BytesIO(eudc({A: 1, B: variant, C: 3})))
        from fontTools.pens.ttGlyphPen import TTGlyphPen

        pen = TTGlyphPen({"u0E001": None})
        pen.addComponent("u0E001", (0.5, 0, 0, 0.5, 10, 10))
        font["glyf"]["u0F8FF"] = pen.glyph()
        font["glyf"]["u0F8FF"].recalcBounds(font["glyf"])
        saved = io.BytesIO()
        font.save(saved)
        return saved.getvalue()

    assert take(hall, rows(A + C), full=True, font=both(2)) == "applied"
    assert record_hash(both(2), C) == record_hash(both(7), C)
    assert take(hall, [row(A, "2")], font=both(7)) == "rejected"


def test_hinting_is_no_shape(hall):
    """A font saved anew with other tables beside draws the same: no permission is needed, and it is a version of its own."""
    begin(hall)
    assert take(hall, rows(A), font=eudc(FIRST, without=("name", "post", "OS/2"))) == "applied"
    assert len(versions(hall)) == 2


def test_what_fonts_toml_declares_is_no_gaiji(hall):
    """A base face's own private characters (行政事務標準文字) cannot be given by the city's 外字 as well."""
    hall.private = (CodeRange.parse("U+E001-U+E0FF"),)
    refused(hall, rows(A + B), FIRST, (2, "code_of_a_face"), full=True)


@pytest.mark.parametrize(
    "font", [b"", b"nonsense", eudc(FIRST)[:400], eudc(FIRST).replace(b"glyf", b"xxxx")], ids=range(4)
)
def test_a_broken_font_is_a_bad_row(hall, font):
    """It is quarantined; nothing of it comes into force."""
    begin(hall)
    assert take(hall, rows(A + B, "2"), font=font) == "rejected"
    assert {
        kind
        for _, _, kind in hall.report(hall.run("select name from intake.incoming order by id desc")[0][0])
    } == {"attachment_broken"}
    assert len(versions(hall)) == 1


def test_a_corrected_file_goes_on(hall):
    """Under the same sequence number with a new stamp, with its font; the next difference follows."""
    begin(hall)
    assert take(hall, [row(C, "2")], {A: 1, B: 7, C: 1}) == "rejected"
    assert take(hall, [row(C, "2")], {A: 1, B: 2, C: 1}, sequence=2) == "applied"
    assert take(hall, [row(C, "3", redefinable="1")], {A: 1, B: 2, C: 4}, sequence=3) == "applied"
    assert len(versions(hall)) == 3


def test_verify_only_reports(hall, city_layouts):
    """A full file that is only compared brings no version."""
    from konbinid.intake.clerk import FeedIntake

    hall.feeds[Feed.GAIJI] = FeedIntake(city_layouts[Feed.GAIJI], verify_only=True)
    assert take(hall, rows(A + B), FIRST, full=True) == "applied"
    assert versions(hall) == []


def test_another_vendors_layout(hall, tmp_path, city_layouts):
    """Codes without U+ and other words for yes and no: a layout file and no Python."""
    from konbinid.intake.clerk import FeedIntake
    from konbinid.intake.layout import load

    text = city_layouts[Feed.GAIJI].path.read_text(encoding="utf-8")
    text = text.replace('form = "gaiji_code"', 'form = "gaiji_code"\nprefix = ""')
    text = text.replace('form = "flag"', 'form = "flag"\nno = "不可"\nyes = "可"')
    path = tmp_path / "vendor.toml"
    path.write_text(text, encoding="utf-8")
    hall.feeds[Feed.GAIJI] = FeedIntake(load(path))
    assert take(hall, [["1", "e000", "", "不可", FONT, ""]], FIRST, full=True) == "applied"
    assert versions(hall)[0][2] == "U+E000"
