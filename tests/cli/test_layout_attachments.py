"""``konbinid layout lint`` of what comes with a file: seals, fonts, PDFs; and in which process they are read."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import foreign_pdfs as pdfs
import pytest
from gaiji_samples import eudc, record_hash, row

from konbinid.cli import layout_command
from konbinid.cli.main import main
from konbinid.intake import lint_apart as apart

LAYOUTS = Path(__file__).parents[2] / "config" / "layouts"
A, B = "\ue000", "\ue001"


def blank(side: int = 236) -> bytes:
    """A white BMP of one bit a pixel."""
    stride = (side + 31) // 32 * 4
    head = b"BM" + (62 + stride * side).to_bytes(4, "little") + bytes(4) + (62).to_bytes(4, "little")
    sizes = (40).to_bytes(4, "little") + side.to_bytes(4, "little") * 2 + b"\x01\x00\x01\x00" + bytes(24)
    return head + sizes + b"\xff\xff\xff\x00\x00\x00\x00\x00" + bytes(stride * side)


def seal(side: int = 236) -> bytes:
    """The same with ink in its first row of bytes."""
    return blank(side)[:62] + b"\xff" + blank(side)[63:]


@pytest.fixture
def lint(tmp_path, capsys):
    """Writes a file with what lies beside it; gives the exit status and what was said."""

    def made(feed, rows, files=None, *, kind="F"):
        path = tmp_path / f"{feed}_20261125093000_000012_{kind}.csv"
        data = "".join(",".join(f'"{cell}"' for cell in each) + "\n" for each in rows).encode()
        path.write_bytes(data)
        path.with_name(f"{path.name}.end").write_text(f"rows={len(rows)} sha256={sha256(data).hexdigest()}\n")
        place = path.with_suffix("")
        place.mkdir(exist_ok=True)
        for each in place.iterdir():
            each.unlink()
        for name, content in (files or {}).items():
            (place / name).write_bytes(content)
        capsys.readouterr()
        status = main(["layout", "lint", str(path), "--layout", str(LAYOUTS / f"{feed.lower()}.toml")])
        return status, capsys.readouterr().out

    return made


def seal_row(number: str, *, operation: str = "1", dpi: str = "400") -> list[str]:
    return [operation, "0000000007", number, "20200401", "1", "", f"{number}.bmp", dpi, "1"]


@pytest.mark.parametrize(
    ("rows", "font", "said"),
    [
        ([row(A), row(B)], eudc({A: 1}), "line=2 column=文字コード fault=glyph_missing"),
        ([row(A), row(B)], eudc({A: 1, B: 0}), "line=2 column=文字コード fault=glyph_missing"),
        ([row(A, glyph_hash="0" * 64)], eudc({A: 1}), "line=1 column=字形ハッシュ fault=glyph_differs"),
        ([row(A), row(B, font="OTHER.TTE")], eudc({A: 1, B: 1}), "line=2 column=TTEファイル名 fault=attachment_other"),
        ([row(A), row(B)], eudc({A: 1, B: 1})[:600], "line=1-2 column=TTEファイル名 fault=attachment_broken"),
        ([row(A)], b"no font", "line=1 column=TTEファイル名 fault=attachment_broken"),
        ([row(A)], bytes(17 * 1024 * 1024), "line=1 column=TTEファイル名 fault=attachment_too_large"),
        ([row(A)], None, "line=1 column=TTEファイル名 fault=attachment_missing"),
        ([row(A), row(A)], eudc({A: 1}), "line=1-2 column=文字コード fault=duplicate_key"),
    ],
)  # fmt: skip
def test_a_font_is_read_as_intake_reads_it(lint, rows, font, said):
    """A TTE that the city would refuse is told to the vendor with the rows and columns (contract 2, GAIJI)."""
    status, out = lint("GAIJI", rows, {} if font is None else {"EUDC.TTE": font})
    assert status == 1
    assert said in out


def test_a_good_font_is_told_to_be_one(lint):
    """With the hashes that a core system works out, and as a difference that names a font held already."""
    font = eudc({A: 1, B: 2})
    rows = [row(A, glyph_hash=record_hash(font, A)), row(B)]
    assert lint("GAIJI", rows, {"EUDC.TTE": font}) == (0, "2 件、誤りはありません。\n")
    status, out = lint("GAIJI", rows, kind="D")
    assert status == 0
    assert "1 件はここにありません（1 行目）" in out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"GIF89a", "fault=attachment_broken"),
        (seal()[:-1], "fault=attachment_broken"),
        (blank(), "fault=attachment_blank"),
        (bytes(5 * 1024 * 1024), "fault=attachment_too_large"),
        (None, "fault=attachment_missing"),
    ],
)
def test_seals_are_looked_at(lint, content, said):
    """What is no picture of a seal, in the second row."""
    files = {"1.bmp": seal(), **({} if content is None else {"2.bmp": content})}
    rows = [seal_row("1"), [*seal_row("2")[:1], "0000000008", *seal_row("2")[2:]]]
    status, out = lint("INKAN", rows, files)
    assert status == 1
    assert f"line=2 column=印影ファイル名 {said}" in out
    assert "line=1" not in out


def test_a_seal_of_no_size_is_noted(lint):
    """Too small rejects no file; the person gets no certificate, so the vendor should know. A removal's picture is not looked at."""
    rows = [seal_row("1", dpi="1200"), seal_row("2", operation="9")]
    status, out = lint("INKAN", rows, {"1.bmp": seal()}, kind="D")
    assert status == 0
    assert "注意: 1行目: 印影の大きさが 5.0×5.0 mm で、8 mm を超えていません。" in out
    assert "ここにありません" not in out


def test_rows_against_each_other(lint):
    """Two registrations of one person, and one picture for two: every line that takes part."""
    other = [*seal_row("2")[:6], "1.bmp", *seal_row("2")[7:]]
    status, out = lint("INKAN", [seal_row("1"), other], {"1.bmp": seal()})
    assert status == 1
    assert "line=1-2 column=宛名番号 fault=second_registration" in out
    assert "line=1-2 column=印影ファイル名 fault=attachment_shared" in out
    assert "0000000007" not in out


@pytest.mark.parametrize("feed", ["KOSEKI", "FUHYO"])
def test_pdfs_are_examined(lint, feed):
    """Script, another name, another content; what breaks the examining process costs its row alone."""
    papers = {"a.pdf": pdfs.paper("試験　太郎"), "b.pdf": pdfs.paper("別の　人"), "c.pdf": b"%PDF-1.7"}
    rows = [
        ["1", "R-1", "本籍", "試験　太郎", f"{at + 1:02d}", "試験　太郎", "19800203", "", "1", name, sha256(content).hexdigest(), "0"]
        for at, (name, content) in enumerate(papers.items())
    ]  # fmt: skip
    status, out = lint(feed, rows, papers)
    assert status == 1
    assert "line=1" not in out
    assert "line=2 column=PDFファイル名 fault=pdf_name" in out
    assert "line=3 column=PDFファイル名 fault=pdf_broken" in out


def test_what_does_not_fit_into_memory_ends_the_process_only(tmp_path, monkeypatch, capsys):
    """The limit is the kernel's and lies upon the linting process: a file that wants more is told, and whoever asked lives on."""

    def narrow(*arguments, **options):
        return apart.lint_apart(*arguments, **options, memory_bytes=40 * 1024 * 1024)

    monkeypatch.setattr(layout_command, "lint_apart", narrow)
    path = tmp_path / "GAIJI_20261125093000_000012_F.csv"
    path.write_text("1,U+E000,,0,EUDC.TTE,\n" * 300_000, encoding="utf-8")
    assert main(["layout", "lint", str(path), "--layout", str(LAYOUTS / "gaiji.toml")]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "検査を最後まで行えませんでした" in said.err


def test_a_city_fits_into_memory(lint, tmp_path):
    """The keys of 100,000 rows are kept, the rows are not."""
    rows = ([ "1", f"{n:010d}", "04", "ALL", "0", "", "", "", "", "0", "01", f"{n}"] for n in range(100_000))  # fmt: skip
    assert lint("YOKUSHI", list(rows)) == (0, "100000 件、誤りはありません。\n")


def test_a_folder_of_layouts_is_checked(tmp_path, capsys):
    """Every layout, every mistake; a feed without one is told, one with two is a mistake: nobody knows which of them counts."""
    assert main(["layout", "check", str(LAYOUTS)]) == 0
    out = capsys.readouterr().out
    assert out.count("in order") == 8
    assert "has no layout" not in out
    for name in ("jpki", "gaiji", "koseki"):
        (tmp_path / f"{name}.toml").write_bytes((LAYOUTS / f"{name}.toml").read_bytes())
    (tmp_path / "notes.txt").write_text("no layout")
    assert main(["layout", "check", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert f"{tmp_path}: ZEI has no layout here" in out
    assert "JPKI has no layout" not in out
    wrong = (LAYOUTS / "jpki.toml").read_text(encoding="utf-8").replace('"hex"', '"hax"')
    (tmp_path / "other.toml").write_text(wrong, encoding="utf-8")
    (tmp_path / "torn.toml").write_text("feed = ", encoding="utf-8")
    assert main(["layout", "check", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    at = wrong[: wrong.index('"hax"')].count("\n") + 1
    assert f"{tmp_path / 'other.toml'}:{at}: " in out
    assert f"{tmp_path / 'torn.toml'}:1: " in out
    assert "JPKI has 2 layouts (jpki.toml, other.toml)" in out
    (tmp_path / "torn.toml").unlink()
    (tmp_path / "other.toml").write_bytes((LAYOUTS / "jpki.toml").read_bytes())
    assert main(["layout", "check", str(tmp_path)]) == 1
    empty = tmp_path / "empty"
    empty.mkdir()
    assert main(["layout", "check", str(LAYOUTS), str(empty)]) == 1
    assert "no layout (*.toml) in this folder" in capsys.readouterr().out
