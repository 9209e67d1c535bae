"""A form is data: what is wrong in it is named with file, line and field, and never guessed."""

from __future__ import annotations

import re

import pytest
from paper_samples import ROOT, VERSION

from konbinid.declared.document import FileRefused
from konbinid.domain.kinds import HOUSEHOLD_KINDS, Kind
from konbinid.paper.form_file import load_form, load_forms
from konbinid.paper.press import Press
from konbinid.paper.template import BadLabel

FORMS = ROOT / "config" / "forms"
TEXT = (FORMS / "juminhyo.toml").read_text(encoding="utf-8")


def line_of(text, needle):
    return text[: text.index(needle)].count("\n") + 1


@pytest.fixture
def form_of(tmp_path):
    """Reads a form's text as the file city.toml."""

    def read(text):
        path = tmp_path / "city.toml"
        path.write_text(text, encoding="utf-8")
        return load_form(path)

    return read


@pytest.fixture
def faults(form_of):
    """All faults of a form's text."""

    def read(text):
        with pytest.raises(FileRefused) as refusal:
            form_of(text)
        assert {fault.file.name for fault in refusal.value.problems} == {"city.toml"}
        return refusal.value.problems

    return read


@pytest.fixture
def refused(faults):
    """The one fault of a form's text: what follows from a mistake is not told as another one."""

    def read(text):
        (fault,) = faults(text)
        return fault

    return read


def test_shipped_forms_load(forms):
    """The kinds that this build draws, under their version."""
    assert set(forms) == {(kind, VERSION) for kind in (Kind.JUMINHYO, Kind.KISAIJIKO, Kind.INKAN, Kind.KAZEI)}


def test_shipped_forms_keep_the_rules_of_the_paper(forms):
    """Nothing under 8 pt, nothing thinner than 0.5 pt, four people a sheet for household kinds (certificates.md)."""
    for form in forms.values():
        assert form.people.per_sheet == (4 if form.kind in HOUSEHOLD_KINDS else 1)
        for table in (*form.people.tables.values(), *(placed.table for placed in form.sections)):
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
        ('field = "issuance_number"', 'field = "number"', "box[1].field"),
        ('{ field = "householder"', '{ field = "name"', "heading.row[2].cells[1].field"),
        ("size = 14, lines = 2", "size = 14, lines = 0", "people.japanese.row[2].cells[1].lines"),
        ("size = 14, lines = 2", "size = 14, lines = true", "people.japanese.row[2].cells[1].lines"),
        ("size = 14, lines = 2", "size = 14, min_size = 15", "people.japanese.row[2].cells[1].min_size"),
        ("size = 14, lines = 2", 'size = 14, align = "spread"', "people.japanese.row[2].cells[1].align"),
        ("size = 14, lines = 2", "size = 14, optional = 1", "people.japanese.row[2].cells[1].optional"),
        ("diagonal = 0.5", "diagonal = 11", "people.unused.diagonal"),
        ("text_height = 12", "text_height = 100", "people.unused.text_height"),
        ("per_sheet = 4", "per_sheet = 4.0", "people.per_sheet"),
        ("per_sheet = 4", "per_sheet = 1979-05-27", "people.per_sheet"),
    ],
)
def test_faults_name_line_and_field(refused, old, new, field):
    """An operator who edits a form sees where the mistake is."""
    changed = TEXT.replace(old, new, 1)
    fault = refused(changed)
    wrong_line = line_of(TEXT, old) + new.count("\n")
    assert (fault.key, fault.line) == (field, wrong_line)
    assert f"city.toml:{wrong_line}: {field}: " in str(fault)


def test_missing_key_names_its_table(refused):
    """The line is that of the table which lacks it."""
    fault = refused(TEXT.replace('text = "住民票の写し"\n', "", 1))
    assert (fault.key, fault.line) == ("title.text", line_of(TEXT, "[title]"))


def test_missing_place_for_a_sheet_field(refused):
    """Issuance number and 「n枚中m枚目」 stand on every sheet: a form without them is no form."""
    changed = re.sub(r'\[\[box\]\]\nfield = "sheet_number"\n(?:\w.*\n)+', "", TEXT)
    assert "sheet_number" in refused(changed).reason


def test_a_sheet_field_placed_twice(faults):
    """The doubled box is told, and the field that has lost its place."""
    changed = TEXT.replace('field = "sheet_number"', 'field = "issuance_number"', 1)
    assert [fault.key for fault in faults(changed)] == ["box", "box[2].field"]


def test_all_faults_are_told_at_once(faults):
    """A form is not corrected one mistake at a time: the values first, then what they mean together."""
    values = TEXT.replace("size = 18", "size = 7", 1).replace("per_sheet = 4", "pro_sheet = 4", 1)
    assert [fault.key for fault in faults(values)] == ["title.size", "people.per_sheet", "people.pro_sheet"]
    sense = TEXT.replace("x = 62", "x = 150", 1).replace(
        "width = 112, size = 14", "width = 110, size = 14", 1
    )
    assert [fault.key for fault in faults(sense)] == ["title", "people.japanese.row[2].cells"]


@pytest.mark.parametrize(
    ("lost", "key"), [('label = "通称", ', "label"), ("label_width = 15, ", "label_width")]
)
def test_a_label_and_its_width_belong_together(refused, lost, key):
    """One without the other would not be drawn, or draw an empty box."""
    cell = '{ field = "alias", label = "通称", label_width = 15, '
    assert cell in TEXT
    fault = refused(TEXT.replace(cell, cell.replace(lost, ""), 1))
    assert fault.key.endswith(f".{key}")
    assert "必要な項目がありません" in fault.reason


def test_widths_of_a_row_must_add_up(refused):
    """Else the rules would not meet."""
    changed = TEXT.replace("width = 112, size = 14", "width = 110, size = 14", 1)
    fault = refused(changed)
    assert fault.key == "people.japanese.row[2].cells"
    assert "180" in fault.reason


def test_same_field_twice(refused):
    """One value, one place."""
    changed = TEXT.replace('{ field = "former_name",', '{ field = "name",', 1)
    assert refused(changed).key == "people.japanese.row[2].cells[2].field"


def test_overlap_and_overrun_are_refused(refused):
    """Nothing overlaps and nothing leaves the sheet, with every optional row printed."""
    # 認証文 moved into the people's tables.
    assert refused(TEXT.replace("y = 243", "y = 230", 1)).key == "people"
    assert refused(TEXT.replace("x = 62", "x = 150", 1)).key == "title"


def test_no_sentence_no_form(refused):
    """A certificate without 認証文 certifies nothing."""
    changed = TEXT.replace("whole =", "# whole =", 1).replace("part =", "# part =", 1)
    assert refused(changed).key == "sentences"


def test_broken_toml_is_refused_with_its_line(refused):
    """Also what is not TOML at all."""
    assert "line" in str(refused(TEXT + "\nx = ="))


def test_unreadable_file(tmp_path):
    """Shift_JIS, for example."""
    path = tmp_path / "form.toml"
    path.write_bytes("kind = '住民票'".encode("shift_jis"))
    with pytest.raises(FileRefused, match="UTF-8"):
        load_form(path)


def test_two_files_of_one_version(tmp_path):
    """Two forms that claim the same version would make the ledger's record ambiguous."""
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(TEXT, encoding="utf-8")
    with pytest.raises(FileRefused, match="同じ版"):
        load_forms(tmp_path)


def test_faults_of_all_files_are_told_at_once(tmp_path):
    """A folder of forms is mended in one go, too."""
    (tmp_path / "a.toml").write_text(TEXT.replace("size = 18", "size = 7", 1), encoding="utf-8")
    (tmp_path / "b.toml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "c.toml").write_text("kind = ", encoding="utf-8")
    with pytest.raises(FileRefused) as refusal:
        load_forms(tmp_path)
    assert [(fault.file.name, fault.key) for fault in refusal.value.problems] == [
        ("a.toml", "title.size"),
        ("c.toml", ""),
    ]


def test_digest_is_of_the_values(form_of):
    """A comment is no new form; a millimetre is."""
    form = form_of(TEXT)
    assert form_of("# note\n" + TEXT).digest == form.digest
    assert form_of(TEXT.replace("y = 243", "y = 244", 1)).digest != form.digest


def test_label_that_does_not_fit_refuses_at_start(faces, form_of):
    """A label is never cut: the press is not even made."""
    long = form_of(TEXT.replace('label = "通称"', 'label = "通称という名の項目"', 1))
    with pytest.raises(BadLabel, match=r"city.toml:\d+ people.foreign.row\[1\].cells\[2\]"):
        Press(faces, {(long.kind, long.version): long})


@pytest.mark.parametrize("char", ["🙂", "\ue000", "葛\U000e0100"])
def test_label_without_glyph_refuses_at_start(faces, form_of, char):
    """外字 too: a form must not change with the 外字 version."""
    form = form_of(TEXT.replace("この印は黒色です", "この印" + char, 1))
    with pytest.raises(BadLabel, match=r"city\.toml"):
        Press(faces, {(form.kind, form.version): form})


def test_a_city_changes_a_form_without_python(faces, forms, form_of):
    """A new label, a moved box and another title are a new file and nothing else."""
    changed = (
        TEXT.replace('text = "住民票の写し"', 'text = "住民票の写し（見直し版）"')
        .replace('version = "2026-10"', 'version = "2027-04"')
        .replace('label = "世帯主"', 'label = "世帯主氏名"')
    )
    form = form_of(changed)
    press = Press(faces, {**forms, (form.kind, form.version): form})
    assert press.fingerprint() != Press(faces, forms).fingerprint()


TAX_TEXT = (FORMS / "kazei.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('untaxed = "非課税証明書"', "", "titles.untaxed"),
        ('taxed = "課税証明書"\n', 'taxed = "課税証明書"\nonly = "証明書"\n', "titles.only"),
        ("[title]\n", '[title]\ntext = "課税証明書"\n', "title.text"),
        ('name = "tax"\n', 'name = "taxes"\n', "section[1].name"),
        ('field = "farm_income"', 'field = "name"', "section[2].row[6].cells[1].field"),
        ("hide_omitted = true }", 'hide_omitted = "yes" }', "section[5].row[4].cells[1].hide_omitted"),
        ("x = 107\ny = 73", "x = 102\ny = 73", "section[3]"),
        ("x = 107\ny = 73", "x = 130\ny = 73", "section[3]"),
        ("width = 83, size = 11", "width = 82, size = 11", "section[2].row[1].cells"),
    ],
)
def test_faults_of_titles_and_sections(refused, old, new, key):
    """A kind with two titles has both and no third; a section's tables are checked like every other table."""
    assert old in TAX_TEXT
    assert refused(TAX_TEXT.replace(old, new, 1)).key == key


def test_a_field_of_a_section_has_one_place(faults, refused):
    """Twice would certify it twice, and without a place whoever has an amount there would be refused at the kiosk: both are told at once."""
    doubled = TAX_TEXT.replace('field = "farm_income"', 'field = "tax_base"', 1)
    assert [fault.key for fault in faults(doubled)] == ["section", "section[5].row[1].cells[1].field"]
    row = next(part for part in TAX_TEXT.split("[[section.row]]\n") if "farm_income" in part)
    lost = refused(TAX_TEXT.replace("[[section.row]]\n" + row, "", 1))
    assert (lost.key, "farm_income" in lost.reason) == ("section", True)


def test_a_section_belongs_to_its_kind(faults):
    """Taxes have no place on a 住民票."""
    table = TAX_TEXT[TAX_TEXT.index("\n[[section]]") : TAX_TEXT.index("# 氏名")].replace("y = 31", "y = 260")
    assert "section[1].name" in [fault.key for fault in faults(TEXT + table)]


def test_a_section_may_be_one_table(faces, form_of):
    """How many tables there are and which field stands where is the city's: here a row goes from one table into another."""
    row = "[[section.row]]\n" + next(
        part for part in TAX_TEXT.split("[[section.row]]\n") if "tax_base" in part
    )
    moved = TAX_TEXT.replace(row, "", 1)
    at = moved.index("[[section.row]]", moved.index('label = "16歳未満の扶養親族"'))
    form = form_of(moved[:at] + row + moved[at:])
    assert Press(faces, {(form.kind, form.version): form})
