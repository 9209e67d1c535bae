"""The same facts in two files: one by the city's own layouts, one as the very different vendor of config/layouts/examples would write it, by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import foreign_pdfs as pdfs
import gaiji_samples

from konbinid.intake.layout import Layout, load

LAYOUTS = Path(__file__).parents[2] / "config" / "layouts"
A, B = "\ue000", "\ue001"


@dataclass(frozen=True)
class Facts:
    """``city``: rows by the city's layout; ``other``: the other vendor's file, with ``count`` rows; ``attachments`` come with either."""

    city: Sequence[Sequence[str]]
    other: str
    count: int
    full: bool = False
    attachments: Mapping[str, bytes] = field(default_factory=dict)


def example(feed: str) -> Layout:
    """The other vendor's layout."""
    return load(LAYOUTS / "examples" / f"{feed.lower()}.toml")


def heading(feed: str) -> list[str]:
    """Its columns, as the first line has them."""
    return [column.name for column in example(feed).columns]


def padded(text: str, size: int) -> str:
    """Filled up with spaces to so many bytes."""
    return text + " " * (size - len(text.encode()))


def jumin(rows: Any) -> Facts:
    """Between tabs: a heading, words for codes, dates with points, a name and an address in two parts. Two come, one moves, one goes."""

    def cells(number: int, **changes: str) -> str:
        said = {
            "住民票コード": rows.resident_code(number), "個人番号": rows.individual_number(number), "宛名番号": f"{number:010d}", "処理区分": "新", "世帯番号": "0000000003",
            "記載順位": str(number), "住民区分": "日", "住民状態": "20", "氏": "葛\U000e0100城", "名": "花子", "氏名フリガナ": "カツラギ　ハナコ", "生年月日": "S50.1.0", "性別": "",
            "続柄": "世帯主", "大字": "泉大津市東雲町", "番地": "9番12号", "住民となった年月日": "H12.04.1", "住所を定めた年月日": "不詳", "異動処理中": "有", "旧氏": "－",
            "本籍": "大阪府", "筆頭者": "葛城　太郎", "最終更新者": "窓口01", **changes,
        }  # fmt: skip
        return "\t".join(said.get(name, "") for name in heading("jumin"))

    def person(number: int, operation: str = "1", **changes: str) -> list[str]:
        same = {
            "state": "2", "name": "葛\U000e0100城　花子", "name_kana": "カツラギ　ハナコ", "birth_date": "19750100", "sex": "9", "address": "泉大津市東雲町9番12号", "resident_since": "20000401",
            "address_since": "00000000", "notified_on": "", "change_in_progress": "1", "domicile": "大阪府", "head_of_register": "葛城　太郎",
        }  # fmt: skip
        return rows.person(number, 3, operation, **{**same, **changes})

    moved = {"処理区分": "変", "番地": "10番", "住所を定めた年月日": "R8.11.2", "異動処理中": ""}
    lines = ["\t".join(heading("jumin")), cells(7), cells(8), cells(7, **moved), cells(8, 処理区分="消")]
    news = person(
        7, "2", address="泉大津市東雲町10番", address_since="20261102", change_in_progress="0", state="2"
    )
    city = [person(7), person(8), news, person(8, "9")]
    return Facts(city, "".join(f"{line}\r\n" for line in lines), 4)


def zei(rows: Any) -> Facts:
    """Between semicolons: groups of digits, signs behind, thousands of yen, nothing for zero, no 処理区分."""
    city = [
        rows.tax(5, 2026, business_income="-00000120000", tax_base="000001730000"),
        rows.tax(6, 2025, determined_on="5070605"),
    ]
    names = [column.target.name for column in load(LAYOUTS / "zei.toml").columns if column.target]
    lines = [_zei_line(dict(zip(names, row, strict=True))) for row in city]
    return Facts(city, "".join(f"{line}\n" for line in lines), 2, full=True)


def _zei_line(fields: Mapping[str, str]) -> str:
    words = {"filing": {"1": "済"}, "tax_class": {"1": "K"}, "deductible_spouse": {"0": ""}}
    days = {"5080605": "2026-6-5", "5070605": "2025-6-5"}
    cells = []
    for column in example("zei").columns:
        assert column.target is not None
        name = column.target.name
        value = fields[name]
        if name == "tax_base":
            value = str(int(value) // 1000)
        elif value.lstrip("-").isdigit() and len(value) == 12:
            amount = int(value)
            value = f"{abs(amount):,}{'-' if amount < 0 else ''}" if amount else ""
        elif name == "determined_on":
            value = days[value]
        cells.append(f"'{words.get(name, {}).get(value, value)}'")
    return ";".join(cells)


def yokushi(rows: Any) -> Facts:
    """Places in bytes: a header and a trailer that counts, letters for kinds, an end that is none."""

    def line(number: str, kinds: str, operation: str = "A", ends: str = "99999999") -> str:
        values = [
            "2", "01", number, operation, "0000000007", "", "", "D", kinds, "1", "0", "99999999", ends, "支援措置　申出",
        ]  # fmt: skip
        columns = example("yokushi").columns
        return "".join(
            padded(value, column.width or 0) for value, column in zip(values, columns, strict=True)
        )

    def hold(number: str, operation: str = "1", **changes: str) -> list[str]:
        return rows.hold(
            7, number, operation, category="01", household="1", **{"starts_on": "00000000", **changes}
        )

    lines = [
        line("抑-1", "J+KZ"),
        line("抑-2", "全"),
        line("抑-2", "全", "C", "20261130"),
        line("抑-3", "F", "D"),
    ]
    city = [
        hold("抑-1", kinds="juminhyo|koseki_zenbu"),
        hold("抑-2"),
        hold("抑-2", "2", ends_on="20261130"),
        hold("抑-3", "9", kinds="fuhyo"),
    ]
    return Facts(city, "\n".join(["1発行抑止", *lines, "900000004", ""]), 4)


def inkan(rows: Any) -> Facts:
    """Between bars: header and trailer records, and a resolution that all pictures share."""
    lines = [
        "HD|泉大津市",
        'DT| 100 |0000000007|I|有効||R020401|R000000|"100.bmp"',
        'DT|101|0000000008|I|有効|旧|H020401|R000000|"101.bmp"',
        'DT|101|0000000008|U|廃止|旧|H020401|R081101|"101.bmp"',
        "TR||3",
    ]
    first = {"registered_on": "20200401", "dpi": "600"}
    second = {**first, "registered_on": "19900401", "name_kind": "2"}
    city = [
        rows.seal(7, "100", **first),
        rows.seal(8, "101", **second),
        rows.seal(8, "101", "2", **second, state="2", cancelled_on="20261101"),
    ]
    pictures = {"100.bmp": rows.bmp(400), "101.bmp": rows.bmp(300)}
    return Facts(city, "\n".join([*lines, ""]), 3, attachments=pictures)


def jpki(rows: Any) -> Facts:
    """Places in characters, a header alone, serials in capitals."""

    def line(number: int, serial: str, state: str, operation: str, kind: str = "C") -> str:
        return f"DD{serial:40}{kind}{rows.resident_code(number)}{state}9999999920300401{operation}{'':7}\n"

    text = (
        "HH20261125\n"
        + line(7, "00AB", "00", "1")
        + line(7, "CD", "00", "1", "S")
        + line(7, "AB", "10", "2")
        + line(7, "CD", "00", "3", "S")
    )
    city = [
        rows.serial(7, "ab", issued_on="00000000"),
        rows.serial(7, "cd", issued_on="00000000", type="2"),
        rows.serial(7, "ab", "2", issued_on="00000000", state="2"),
        rows.serial(7, "cd", "9", issued_on="00000000", type="2"),
    ]
    return Facts(city, text, 4)


def register(feed: str) -> Callable[[Any], Facts]:
    """本籍 in two parts, dates with slashes; a KOSEKI that has no 表示区分."""

    def made(rows: Any) -> Facts:
        pdf = pdfs.paper("試験　太郎")
        behind = ",省略" if feed == "fuhyo" else ""

        def line(member: str, operation: str, state: str) -> str:
            digest, name = sha256(pdf).hexdigest().upper(), f"R-1-{member}-0.pdf"
            place = "大阪府泉大津市東雲町,9番, 試験　太郎 ,試験　太郎,1980/2/3,0000000007"
            return f"{name},{digest},R-1,{member},{operation},{state},{place}{behind}\n"

        text = ",".join(heading(feed)) + "\n"
        text += line("01", "追加", "現在") + line("02", "追加", "現在")
        text += line("01", "更新", "処理中") + line("02", "削除", "現在")
        city = [
            rows.register("R-1", "01", pdf, atena_number="0000000007"),
            rows.register("R-1", "02", pdf, atena_number="0000000007"),
            rows.register("R-1", "01", pdf, "2", atena_number="0000000007", state="2"),
            rows.register("R-1", "02", pdf, "9", atena_number="0000000007"),
        ]
        return Facts(city, text, 4, attachments={"R-1-01-0.pdf": pdf, "R-1-02-0.pdf": pdf})

    return made


def gaiji(_: Any) -> Facts:
    """A bare code point, a mark for yes, a font that is always the same."""
    text = "\t".join(heading("gaiji")) + "\n"
    text += "1\tE000\t×\t 備考 \t-\t\t8\n2\tE001\t○\t備考\t-\tEUDC.TTE\t8\n"
    city = [gaiji_samples.row(A, "8"), gaiji_samples.row(B, "8", redefinable="1")]
    font = gaiji_samples.eudc({A: 1, B: 2})
    return Facts(city, text, 2, full=True, attachments={"EUDC.TTE": font})


FEEDS: Mapping[str, Callable[[Any], Facts]] = {
    "JUMIN": jumin, "ZEI": zei, "YOKUSHI": yokushi, "INKAN": inkan, "JPKI": jpki, "KOSEKI": register("koseki"), "FUHYO": register("fuhyo"), "GAIJI": gaiji,
}  # fmt: skip
