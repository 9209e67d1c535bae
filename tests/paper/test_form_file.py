"""A form is data: what is wrong in it is named with file, line and field, and never guessed."""

from __future__ import annotations

import re

import pytest
from paper_samples import ROOT, VERSION

from konbinid.domain.kinds import Kind
from konbinid.paper.form_file import DeclarationFault, load_form, load_forms, parse_form
from konbinid.paper.press import Press
from konbinid.paper.template import BadLabel
from konbinid.paper.toml_lines import lines_of

FORMS = ROOT / "config" / "forms"
TEXT = (FORMS / "juminhyo.toml").read_text(encoding="utf-8")


def line_of(text, needle):
    return text[: text.index(needle)].count("\n") + 1


def refused(text):
    with pytest.raises(DeclarationFault) as fault:
        parse_form(text, "city.toml")
    return fault.value


def test_shipped_forms_load(forms):
    """The three kinds of this build, under their version."""
    assert set(forms) == {(kind, VERSION) for kind in (Kind.JUMINHYO, Kind.KISAIJIKO, Kind.INKAN)}


def test_shipped_forms_keep_the_rules_of_the_paper(forms):
    """Nothing under 8 pt, nothing thinner than 0.5 pt, four people a sheet for household kinds (certificates.md)."""
    for form in forms.values():
        assert form.people.per_sheet == (1 if form.kind is Kind.INKAN else 4)
        for table in form.people.tables.values():
            assert min(table.outline, table.inner) >= 0.5
            assert all(cell.type.least >= 8 for cell in table.fields())


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('kind = "juminhyo"', 'kind = "jumin"', "kind"),
        ('version = "2026-10"', "version = 202610", "version"),
        ('version = "2026-10"', 'version = "令和8年"', "version"),
        ("size = 18", "size = 7.5", "title.size"),
        ("size = 18", 'size = "18"', "title.size"),
        ("size = 18", "size = nan", "title.size"),
        ("size = 18", "size = 18\ncolour = 1", "title.colour"),
        ('align = "spread"', 'align = "justify"', "title.align"),
        ('field = "issuance_number"', 'field = "number"', "box[0].field"),
        ('field = "sheet_number"', 'field = "issuance_number"', "box[1].field"),
        ('{ field = "householder"', '{ field = "name"', "heading.row[1].cells[0].field"),
        ("size = 14, lines = 2", "size = 14, lines = 0", "people.japanese.row[1].cells[0].lines"),
        ("size = 14, lines = 2", "size = 14, lines = true", "people.japanese.row[1].cells[0].lines"),
        ("size = 14, lines = 2", "size = 14, min_size = 15", "people.japanese.row[1].cells[0].min_size"),
        ("size = 14, lines = 2", 'size = 14, align = "spread"', "people.japanese.row[1].cells[0].align"),
        ("size = 14, lines = 2", "size = 14, optional = 1", "people.japanese.row[1].cells[0].optional"),
        ("diagonal = 0.5", "diagonal = 11", "people.unused.diagonal"),
        ("per_sheet = 4", "per_sheet = 4.0", "people.per_sheet"),
    ],
)
def test_faults_name_line_and_field(old, new, field):
    """An operator who edits a form sees where the mistake is."""
    changed = TEXT.replace(old, new, 1)
    fault = refused(changed)
    assert (fault.file, fault.field) == ("city.toml", field)
    wrong_line = line_of(TEXT, old) + new.count("\n")
    assert fault.line == wrong_line
    assert str(fault).startswith(f"city.toml {wrong_line}行目 {field}: ")


def test_missing_key_names_its_table():
    """The line is that of the table which lacks it."""
    fault = refused(TEXT.replace('text = "住民票の写し"\n', "", 1))
    assert (fault.field, fault.line) == ("title.text", line_of(TEXT, "[title]"))


def test_missing_place_for_a_sheet_field():
    """Issuance number and 「n枚中m枚目」 stand on every sheet: a form without them is no form."""
    changed = re.sub(r'\[\[box\]\]\nfield = "sheet_number"\n(?:\w.*\n)+', "", TEXT)
    assert "sheet_number" in refused(changed).reason


def test_widths_of_a_row_must_add_up():
    """Else the rules would not meet."""
    changed = TEXT.replace("width = 112, size = 14", "width = 110, size = 14", 1)
    fault = refused(changed)
    assert fault.field == "people.japanese.row[1].cells"
    assert "180" in fault.reason


def test_same_field_twice():
    """One value, one place."""
    changed = TEXT.replace('{ field = "former_name",', '{ field = "name",', 1)
    assert refused(changed).field == "people.japanese.row[1].cells[1].field"


def test_overlap_and_overrun_are_refused():
    """Nothing overlaps and nothing leaves the sheet, with every optional row printed."""
    # 認証文 moved into the people's tables.
    assert refused(TEXT.replace("y = 242", "y = 230", 1)).field == "people"
    assert refused(TEXT.replace("x = 62", "x = 150", 1)).field == "title"


def test_no_sentence_no_form():
    """A certificate without 認証文 certifies nothing."""
    changed = TEXT.replace("whole =", "# whole =", 1).replace("part =", "# part =", 1)
    assert refused(changed).field == "sentences"


def test_broken_toml_is_refused_with_its_line():
    """Also what is not TOML at all."""
    assert "line" in str(refused(TEXT + "\nx = ="))


def test_unreadable_file(tmp_path):
    """Shift_JIS, for example."""
    path = tmp_path / "form.toml"
    path.write_bytes("kind = '住民票'".encode("shift_jis"))
    with pytest.raises(DeclarationFault, match="UTF-8"):
        load_form(path)


def test_two_files_of_one_version(tmp_path):
    """Two forms that claim the same version would make the ledger's record ambiguous."""
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(TEXT, encoding="utf-8")
    with pytest.raises(DeclarationFault, match="同じ版"):
        load_forms(tmp_path)


def test_digest_is_of_the_values():
    """A comment is no new form; a millimetre is."""
    form = parse_form(TEXT, "a.toml")
    assert parse_form("# note\n" + TEXT, "b.toml").digest == form.digest
    assert parse_form(TEXT.replace("y = 242", "y = 243", 1), "a.toml").digest != form.digest


def test_label_that_does_not_fit_refuses_at_start(faces, forms):
    """A label is never cut: the press is not even made."""
    long = parse_form(TEXT.replace('label = "通称"', 'label = "通称という名の項目"', 1), "city.toml")
    with pytest.raises(BadLabel, match=r"city.toml:\d+ people.foreign.row\[0\].cells\[1\]"):
        Press(faces, {(long.kind, long.version): long})


@pytest.mark.parametrize("char", ["🙂", "\ue000", "葛\U000e0100"])
def test_label_without_glyph_refuses_at_start(faces, char):
    """外字 too: a form must not change with the 外字 version."""
    form = parse_form(TEXT.replace("この印は黒色です", "この印" + char, 1), "city.toml")
    with pytest.raises(BadLabel, match=r"city\.toml"):
        Press(faces, {(form.kind, form.version): form})


def test_a_city_changes_a_form_without_python(faces, forms):
    """A new label, a moved box and another title are a new file and nothing else."""
    changed = (
        TEXT.replace('text = "住民票の写し"', 'text = "住民票の写し（見直し版）"')
        .replace('version = "2026-10"', 'version = "2027-04"')
        .replace('label = "世帯主"', 'label = "世帯主氏名"')
    )
    form = parse_form(changed, "city.toml")
    press = Press(faces, {**forms, (form.kind, form.version): form})
    assert press.fingerprint() != Press(faces, forms).fingerprint()


def test_lines_of_every_kind_of_value():
    """The scanner follows strings, comments, nested arrays and tables of TOML."""
    text = (
        'a = "x # ] }"\n'
        "[t.u] # comment\n"
        "k = [1,\n"
        "  2, # no ]\n"
        "  { f = 'a,}', g = [3, 4] },\n"
        "  { f = '''m\n"
        "  n''', h = 2 },\n"
        "]\n"
        "[[r]]\n"
        "[[r.s]]\n"
        'y."p q".z = 1\n'
        "[[r.s]]\n"
        "[[r]]\n"
        "x = 1979-05-27T07:32:00Z\n"
    )
    lines = lines_of(text)
    assert lines["a",] == 1
    assert lines["t", "u"] == 2
    assert [lines["t", "u", "k", index] for index in range(4)] == [3, 4, 5, 6]
    assert lines["t", "u", "k", 2, "g", 1] == 5
    assert lines["t", "u", "k", 3, "h"] == 7
    assert lines["r", 0, "s", 0, "y", "p q", "z"] == 11
    assert lines["r", 0, "s", 1] == 12
    assert lines["r", 1, "x"] == 14
