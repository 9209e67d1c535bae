"""``konbinid layout``: layouts are checked, and a vendor sees what is wrong with a file before sending it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import foreign_pdfs as pdfs
import pytest

from konbinid.cli.main import main

LAYOUTS = Path(__file__).parents[2] / "config" / "layouts"
NAME = "YOKUSHI_20261125093000_000012_D.csv"
ROW = '"1","0000000007","04","ALL","0","20260401","","","","0","01","秘密-1"\n'


def put(
    folder: Path, text: str, *, name: str = NAME, rows: int | None = None, end: bytes | None = None
) -> Path:
    path = folder / name
    data = text.encode()
    path.write_bytes(data)
    count = text.count("\n") if rows is None else rows
    marker = f"rows={count} sha256={sha256(data).hexdigest()}\n".encode() if end is None else end
    (folder / f"{name}.end").write_bytes(marker)
    return path


def lint(path: Path, *more: str) -> int:
    feed = path.name.partition("_")[0].lower()
    return main(["layout", "lint", str(path), "--layout", str(LAYOUTS / f"{feed}.toml"), *more])


def test_a_good_file_is_told_to_be_one(tmp_path, capsys):
    """Exit status 0, in a vendor's script."""
    assert lint(put(tmp_path, ROW)) == 0
    assert capsys.readouterr().out == "1 件、誤りはありません。\n"


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (ROW.replace('"04"', '"77"'), {}, "line=1 column=抑止区分 fault=unknown_code"),
        (ROW.replace("20260401", "20260431"), {}, "line=1 column=開始年月日 fault=no_such_date"),
        (ROW + '"1",\n', {}, "line=2 fault=column_count"),
        (ROW, {"rows": 2}, "fault=rows_mismatch"),
        (ROW, {"end": b"rows=1 sha256=" + b"0" * 64 + b"\n"}, "fault=hash_mismatch"),
        (ROW, {"end": b"ready"}, "fault=end_malformed"),
        (ROW + ROW, {"name": NAME.replace("_D", "_F")}, "line=1-2 column=抑止番号 fault=duplicate_key"),
        (ROW.replace('"1",', '"9",', 1), {"name": NAME.replace("_D", "_F")}, "fault=not_an_addition"),
        (ROW, {"name": NAME.replace(".csv", ".dat")}, "fault=wrong_extension"),
    ],
)
def test_faults_have_place_and_kind_and_no_value(tmp_path, capsys, text, options, said):
    """The words of the report that the server would give (contract 2); never what stands in a row."""
    assert lint(put(tmp_path, text, **options)) == 1
    out = capsys.readouterr().out
    assert said in out
    assert "秘密" not in out


def test_what_is_missing_is_noted(tmp_path, capsys):
    """Without its marker no server reads the file."""
    path = put(tmp_path, ROW)
    (tmp_path / f"{NAME}.end").unlink()
    assert lint(path) == 0
    assert "「.end」ファイルがありません" in capsys.readouterr().out


def test_attachments_are_looked_at(tmp_path, capsys):
    """A PDF with another hash, one that is not there: in a full file a fault, in a difference file perhaps held already."""
    pdf = pdfs.paper("試験　太郎")
    row = '"1","R-1","本籍","試験　太郎","01","試験　太郎","19800203","","1","a.pdf","{}","0"\n'
    good = row.format(sha256(pdf).hexdigest())
    (tmp_path / "a.pdf").write_bytes(pdf)
    name = "KOSEKI_20261125093000_000001_F.csv"
    assert lint(put(tmp_path, good, name=name)) == 0
    assert lint(put(tmp_path, row.format("0" * 64), name=name)) == 1
    assert "fault=pdf_other_content" in capsys.readouterr().out
    assert lint(put(tmp_path, good.replace("試験　太郎", "別の　人"), name=name)) == 1
    assert "fault=pdf_name" in capsys.readouterr().out
    (tmp_path / "a.pdf").unlink()
    assert lint(put(tmp_path, good, name=name)) == 1
    assert "fault=attachment_missing" in capsys.readouterr().out
    assert lint(put(tmp_path, good, name=name.replace("_F", "_D"))) == 0
    assert "1 件はここにありません" in capsys.readouterr().out


def test_a_file_is_shown_as_it_would_be_read(tmp_path, capsys):
    """Field by field under the file's own names."""
    path = put(tmp_path, ROW)
    assert main(["layout", "try", str(path), "--layout", str(LAYOUTS / "yokushi.toml")]) == 0
    out = capsys.readouterr().out
    assert "1行目" in out
    assert "抑止番号    秘密-1" in out
    assert "対象        *" in out


def test_wrong_use_is_told(tmp_path, capsys):
    """A name of no feed, a layout of another one, a link, a layout with mistakes."""
    assert main(["layout", "lint", str(tmp_path / "holds.csv")]) == 1
    assert "name its layout with --layout" in capsys.readouterr().err
    path = put(tmp_path, ROW)
    assert main(["layout", "lint", str(path), "--layout", str(LAYOUTS / "jpki.toml")]) == 1
    assert "the layout is one of JPKI" in capsys.readouterr().err
    link = tmp_path / NAME.replace("000012", "000013")
    link.symlink_to(path)
    assert lint(link) == 1
    assert "konbinid:" in capsys.readouterr().err
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(
        (LAYOUTS / "jpki.toml").read_text(encoding="utf-8").replace('"hex"', '"hax"'), encoding="utf-8"
    )
    assert main(["layout", "check", str(LAYOUTS / "jpki.toml"), str(wrong)]) == 1
    out = capsys.readouterr().out
    assert "JPKI, csv, 7 columns, in order" in out
    assert "wrong.toml" in out
    assert "form" in out
