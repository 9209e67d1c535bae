"""`konbinid form`: a form is seen for every kind of household before it counts, and what changed in it is found (I-16)."""

from __future__ import annotations

import re

import pypdfium2
import pytest
from city_files import make_printing_city
from PIL import Image
from running_daemon import ROOT

from konbinid.cli.main import main
from konbinid.paper.sample_people import PersonaName

_FORMS = ROOT / "config" / "forms"
_NOWHERE = "host=127.0.0.1 port=1 dbname=nothing"


@pytest.fixture
def away(tmp_path):
    """A configuration whose database does not answer."""
    return make_printing_city(tmp_path, _NOWHERE)


@pytest.fixture
def run(capsys):
    """Runs `konbinid form …`; gives (exit status, what was said)."""

    def form(config, *words):
        capsys.readouterr()
        status = main(["form", *map(str, words), "--config", str(config)])
        said = capsys.readouterr()
        return status, said.out + said.err

    return form


def _changed(folder, kind, *changes, name="new.toml"):
    """A copy of a shipped form with changes and a version of its own."""
    text = (_FORMS / f"{kind}.toml").read_text().replace('version = "2026-10"', 'version = "2027-04"')
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / name
    path.write_text(text)
    return path


def _text(path):
    return "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path))


def test_a_file_is_previewed_before_any_daemon_knows_it(away, run, tmp_path):
    """A file of a form that is nowhere installed, for any day: the era of that day, invented people, no issuance number that can be one."""
    form = _changed(tmp_path, "juminhyo", ('text = "住民票の写し"', 'text = "住民票の写し抄"'))
    out = tmp_path / "out.pdf"
    status, said = run(away, "preview", form, "--at", "2019-05-01", "-o", out)
    assert (status, "the database does not answer: specimen mayor and seal" in said) == (0, True)
    text = _text(out)
    for words in ("住民票の写し抄", "令和元年5月1日", "MIHN-0000-0000-0000", "見本　太郎".replace("　", "")):
        assert words in re.sub(r"\s", "", text)


def test_every_persona_goes_into_files_of_its_own(away, run, tmp_path):
    """Pictures at 150 dpi, the sheets of one certificate numbered; 見本 lies across every one."""
    status, said = run(
        away, "preview", "2026-10", "--kind", "juminhyo", "--persona", "all", "-o", tmp_path / "p.png"
    )
    assert status == 0, said
    names = sorted(path.name for path in tmp_path.glob("p-*.png"))
    many = [f"p-{PersonaName.MANY}-{n}.png" for n in (1, 2, 3)]
    assert names == sorted(
        [*(f"p-{name}.png" for name in PersonaName if name is not PersonaName.MANY), *many]
    )
    for name in names:
        with Image.open(tmp_path / name) as picture:
            assert picture.size == (1240, 1754)
            assert picture.mode == "L"
            assert picture.histogram()[0xD9] > 20_000, "the watermark's grey"


def test_mayor_and_seal_are_those_of_that_day(database, run, tmp_path):
    """What the library will say on the day: the acting mayor signs while he acts, and nobody before."""
    config = make_printing_city(tmp_path, database.server.address(database.name))
    (tmp_path / "library.toml").write_text(
        '[[entry]]\nitem = "mayor"\neffective_from = 2030-04-01\neffective_to = 2030-05-01\n'
        'value = { title = "泉大津市長職務代理者　泉大津市副市長", name = "例示　二郎" }\n'
    )
    words = ["library", "import", str(tmp_path / "library.toml"), "--entered-by", "a", "--approved-by", "b"]
    assert main([*words, "--config", str(config)]) == 0
    out = tmp_path / "out.pdf"
    for day, acts in (("2030-03-31", False), ("2030-04-01", True), ("2030-05-01", False)):
        status, said = run(config, "preview", "2026-10", "--kind", "inkan", "--at", day, "-o", out)
        assert status == 0, said
        assert ("mayor of the library (#1), specimen seal" in said) == acts
        assert ("泉大津市長職務代理者" in _text(out)) == acts


def test_a_form_that_refuses_somebody_says_whom_and_where(away, run, tmp_path):
    """1301 for a kind of resident is found at the desk of whoever draws the form, not at the kiosk."""
    form = _changed(
        tmp_path, "inkan",
        ('{ field = "address", label = "住所", label_width = 30, label_align = "spread", width = 170, size = 13, lines = 2 }',
         '{ field = "address", label = "住所", label_width = 120, label_align = "spread", width = 170, size = 13 }'),
    )  # fmt: skip
    status, said = run(away, "preview", form, "--persona", "all", "-o", tmp_path / "p.pdf")
    assert status == 1
    assert "extreme: refused: 1301: entry 1 address: does not fit" in said
    assert (tmp_path / "p-minimal.pdf").is_file()
    assert not (tmp_path / "p-extreme.pdf").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("preview", "2026-10", "-o", "x.pdf"), "say of which --kind"),
        (("preview", "2099-01", "--kind", "inkan", "-o", "x.pdf"), "has no form 2099-01 of inkan"),
        (("preview", "none.toml", "-o", "x.pdf"), "none.toml: no such file"),
        (("preview", str(_FORMS / "inkan.toml"), "--kind", "juminhyo", "-o", "x.pdf"), "is a form of inkan, not of juminhyo"),
        (("preview", "2026-10", "--kind", "inkan", "-o", "x.jpg"), "must end in .pdf or .png"),
        (("compare", str(_FORMS / "inkan.toml"), str(_FORMS / "juminhyo.toml"), "-o", "x"), "of juminhyo"),
        (("compare", "2026-10", "2026-10", "--kind", "inkan", "-o", str(_FORMS)), "is not an empty folder"),
    ],
)  # fmt: skip
def test_a_slip_is_told(away, run, words, said):
    """What was meant is asked for; nothing is guessed and nothing overwritten."""
    status, answer = run(away, *words)
    assert (status, said in answer) == (1, True), answer


def test_a_fault_in_the_form_is_told_with_its_line(away, run, tmp_path):
    """The same words as check-config has, for a file that is not installed; a label that cannot be drawn too."""
    wrong = _changed(tmp_path, "inkan", ("size = 20", "size = 2"))
    status, said = run(away, "preview", wrong, "-o", tmp_path / "x.pdf")
    assert (status, "new.toml" in said, "title.size" in said) == (1, True, True)
    wide = _changed(tmp_path, "inkan", ("w = 110\nh = 12", "w = 20\nh = 12"))
    status, said = run(away, "preview", wide, "-o", tmp_path / "x.pdf")
    assert (status, "見出しが枠に入りません" in said) == (1, True)


def test_the_same_form_does_not_differ(away, run, tmp_path):
    """No difference, no file, exit 0: a check can rely on it."""
    folder = tmp_path / "compared"
    status, said = run(
        away, "compare", "2026-10", _changed(tmp_path, "inkan"), "--kind", "inkan", "-o", folder
    )
    assert (status, "No difference." in said) == (0, True), said
    assert list(folder.iterdir()) == []


def test_what_moved_is_found_in_words_and_pictures(away, run, tmp_path):
    """A box that moved, a word that came, a size that shrank: each told once with who shows it, and marked where it is."""
    new = _changed(
        tmp_path, "inkan",
        ("y = 184", "y = 186"),
        ('label = "住所"', 'label = "現住所"'),
        ('field = "name", label = "氏名", label_width = 30, label_align = "spread", width = 170, size = 16', 'field = "name", label = "氏名", label_width = 30, label_align = "spread", width = 170, size = 15'),
    )  # fmt: skip
    folder = tmp_path / "compared"
    status, said = run(away, "compare", "2026-10", new, "--kind", "inkan", "-o", folder)
    assert status == 1
    everyone = ", ".join(f"{name} 1" for name in PersonaName)
    assert f"field issued_on: moved by +0.00, +2.00 mm [{everyone}]" in said
    assert "label 「現住所」: new at" in said
    assert "field entry 1 name: 16 pt, at least 8, 2 lines, left -> 15 pt" in said
    assert said.splitlines()[1:] == (folder / "changes.txt").read_text().splitlines()
    pictures = sorted(path.name for path in folder.glob("*.png"))
    assert pictures == sorted(f"{name}-1.png" for name in PersonaName)
    with Image.open(folder / "typical-1.png") as picture:
        marked = picture.crop((2480, 24, 3720, 1778))
        red, blue = (
            [at for at, pixel in enumerate(marked.get_flattened_data()) if pixel == colour]
            for colour in ((208, 0, 0), (0, 72, 208))
        )
    assert red
    assert blue
    assert min(red) > 1240 * 40 / 25.4 * 150, "nothing above the table is marked"


def test_a_least_size_that_no_picture_shows_is_told(away, run, tmp_path):
    """What matters only for longer values differs too."""
    new = _changed(
        tmp_path, "inkan", ("width = 170, size = 16, lines = 2", "width = 170, size = 16, lines = 1")
    )
    status, said = run(away, "compare", "2026-10", new, "--kind", "inkan", "-o", tmp_path / "compared")
    assert status == 1
    assert "field entry 1 name: 16 pt, at least 8, 2 lines, left -> 16 pt, at least 8, 1 lines, left" in said


def test_a_form_edited_in_place_is_told(away, run, tmp_path):
    """The version that is in force must keep its content: the records of what was issued name it."""
    new = _changed(tmp_path, "inkan", ('version = "2027-04"', 'version = "2026-10"'), ("y = 184", "y = 186"))
    status, said = run(away, "compare", "2026-10", new, "--kind", "inkan", "-o", tmp_path / "compared")
    assert (status, "both have the same version" in said) == (1, True)


def test_whom_only_one_of_them_prints_is_told(away, run, tmp_path):
    """A narrower box that refuses somebody is the gravest difference of all."""
    new = _changed(tmp_path, "inkan", ('label_width = 30, label_align = "spread", width = 170, size = 13, lines = 2 },\n]\n\n[people.japanese]', 'label_width = 120, label_align = "spread", width = 170, size = 13 },\n]\n\n[people.japanese]'))  # fmt: skip
    status, said = run(away, "compare", "2026-10", new, "--kind", "inkan", "-o", tmp_path / "compared")
    assert status == 1
    assert "printed -> refused: 1301: entry 1 address: does not fit [long, extreme]" in said
