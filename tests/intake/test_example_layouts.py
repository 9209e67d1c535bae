"""Every feed of another, very different vendor (config/layouts/examples): a file written as that vendor would, by hand, says the same as the city's own."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import foreign_pdfs as pdfs
import gaiji_samples
import pytest

from konbinid.intake.layout import load
from konbinid.intake.records import Reader

LAYOUTS = Path(__file__).parents[2] / "config" / "layouts"


def read(layout, data: bytes, *, full: bool = False) -> list[dict[str, str]]:
    reader = Reader(layout, full=full)
    blocks = [*reader.feed(data), *reader.finish()]
    assert not reader.problems, reader.problems.entries
    return [
        {name: values[at] for name, values in block.columns.items()}
        for block in blocks
        for at in range(len(block.lines))
    ]


def of_the_city(feed: str, rows: list[list[str]]) -> list[dict[str, str]]:
    layout = load(LAYOUTS / f"{feed}.toml")
    if feed == "zei":
        data = "".join(
            "".join(cell.ljust(column.width) for cell, column in zip(row, layout.columns, strict=True)) + "\n"
            for row in rows
        )
    else:
        data = "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows)
    return read(layout, data.encode())


def of_the_other(feed: str, text: str, *, full: bool = False) -> list[dict[str, str]]:
    return read(load(LAYOUTS / "examples" / f"{feed}.toml"), text.encode(), full=full)


def padded(text: str, size: int) -> str:
    """Filled up with spaces to so many bytes."""
    return text + " " * (size - len(text.encode()))


def test_jumin_between_tabs(rows):
    """A heading, words for codes, dates with points, a name and an address in two parts."""
    layout = load(LAYOUTS / "examples" / "jumin.toml")
    said = {
        "住民票コード": rows.resident_code(7), "個人番号": rows.individual_number(7), "宛名番号": "0000000007", "処理区分": "変", "世帯番号": "0000000003",
        "記載順位": "7", "住民区分": "日", "住民状態": "20", "氏": "葛\U000e0100城", "名": "花子", "氏名フリガナ": "カツラギ　ハナコ", "生年月日": "S50.1.0", "性別": "",
        "続柄": "世帯主", "大字": "泉大津市東雲町", "番地": "9番12号", "住民となった年月日": "H12.04.1", "住所を定めた年月日": "不詳", "異動処理中": "有", "旧氏": "－",
        "本籍": "大阪府", "筆頭者": "葛城　太郎", "最終更新者": "窓口01",
    }  # fmt: skip
    names = [column.name for column in layout.columns]
    text = "\t".join(names) + "\r\n" + "\t".join(said.get(name, "") for name in names) + "\r\n"
    same = rows.person(
        7, 3, "2", state="2", name="葛\U000e0100城　花子", name_kana="カツラギ　ハナコ", birth_date="19750100", sex="9", address="泉大津市東雲町9番12号", resident_since="20000401",
        address_since="00000000", notified_on="", change_in_progress="1", domicile="大阪府", head_of_register="葛城　太郎",
    )  # fmt: skip
    assert of_the_other("jumin", text) == of_the_city("jumin", [same])


def test_zei_in_semicolons(rows):
    """Groups of digits, signs behind, thousands of yen, nothing for zero, no 処理区分."""
    city = rows.tax(5, 2026, business_income="-00000120000", tax_base="000001730000")
    fields = dict(
        zip([column.target.name for column in load(LAYOUTS / "zei.toml").columns], city, strict=True)
    )
    cells = []
    for column in load(LAYOUTS / "examples" / "zei.toml").columns:
        value = fields[column.target.name]
        if column.target.name == "tax_base":
            value = str(int(value) // 1000)
        elif value.lstrip("-").isdigit() and len(value) == 12:
            amount = int(value)
            value = f"{abs(amount):,}{'-' if amount < 0 else ''}" if amount else ""
        elif column.target.name == "determined_on":
            value = "2026-6-5"
        value = {"filing": {"1": "済"}, "tax_class": {"1": "K"}, "deductible_spouse": {"0": ""}}.get(
            column.target.name, {}
        ).get(value, value)
        cells.append(f"'{value}'")
    assert of_the_other("zei", ";".join(cells) + "\n", full=True) == of_the_city("zei", [city])


def test_yokushi_in_bytes(rows):
    """A header and a trailer that counts, places in bytes, letters for kinds, an end that is none."""
    layout = load(LAYOUTS / "examples" / "yokushi.toml")
    values = [
        "2",
        "01",
        "抑-1",
        "A",
        "0000000007",
        "",
        "",
        "D",
        "J+KZ",
        "1",
        "0",
        "99999999",
        "99999999",
        "支援措置　申出",
    ]
    line = "".join(padded(value, column.width) for value, column in zip(values, layout.columns, strict=True))
    every = line.replace("J+KZ", "全" + " ").replace("抑-1", "抑-2")
    text = f"1発行抑止\n{line}\n{every}\n900000002\n"
    first = rows.hold(
        7, "抑-1", category="01", kinds="juminhyo|koseki_zenbu", household="1", starts_on="00000000"
    )
    second = rows.hold(7, "抑-2", category="01", household="1", starts_on="00000000")
    assert of_the_other("yokushi", text) == of_the_city("yokushi", [first, second])


def test_inkan_between_bars(rows):
    """Header and trailer records of CSV, and a resolution that all pictures share."""
    text = 'HD|泉大津市\nDT| 100 |0000000007|I|有効||R020401|R000000|"100.bmp"\nTR||1\n'
    same = rows.seal(7, "100", registered_on="20200401", dpi="600")
    assert of_the_other("inkan", text) == of_the_city("inkan", [same])


def test_jpki_in_characters(rows):
    """A header alone."""
    code = rows.resident_code(7)
    text = f"HH20261125\nDD{'00AB':40}C{code}0099999999203004011{'':7}\n"
    same = rows.serial(7, "ab", issued_on="00000000")
    assert of_the_other("jpki", text) == of_the_city("jpki", [same])


@pytest.mark.parametrize("feed", ["koseki", "fuhyo"])
def test_registers(rows, feed):
    """本籍 in two parts, dates with slashes; a KOSEKI that has no 表示区分."""
    pdf = pdfs.paper("試験　太郎")
    digest = sha256(pdf).hexdigest()
    heading = ",".join(column.name for column in load(LAYOUTS / "examples" / f"{feed}.toml").columns)
    line = f"R-1-01-0.pdf,{digest.upper()},R-1,01,追加,現在,大阪府泉大津市東雲町,9番, 試験　太郎 ,試験　太郎,1980/2/3,0000000007"
    text = f"{heading}\n{line}{',省略' if feed == 'fuhyo' else ''}\n"
    same = rows.register("R-1", "01", pdf, atena_number="0000000007")
    assert of_the_other(feed, text) == of_the_city(feed, [same])


def test_gaiji_without_prefix():
    """A bare code point, a mark for yes, a font that is always the same."""
    heading = "\t".join(column.name for column in load(LAYOUTS / "examples" / "gaiji.toml").columns)
    (same,) = of_the_city("gaiji", gaiji_samples.rows("\ue000"))
    text = f"{heading}\n1\tE000\t{'○' if same['redefinable'] == 't' else '×'}\t{same['note']}\t-\t\t{same['version']}\n"
    assert of_the_other("gaiji", text) == [same | {"glyph_hash": "", "font_name": "EUDC.TTE"}]
