"""I-16: every form is compared with its golden file on every change, whichever part was changed.

A golden file holds what the pages draw, with the codes turned back into characters: a diff shows what moved. After a
wanted change look at the PDFs, then run this test once with KONBINID_GOLDEN=write.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from paper_samples import foreign, inkan, japanese, juminhyo, kazei, kisaijiko, only

from konbinid.domain.content import BLANK, OMITTED, Cell
from konbinid.domain.tax import Filing
from konbinid.paper.pdf_objects import PdfFile, Ref, parse_object, unescape

GOLDEN = Path(__file__).parent / "golden"
LONG = "大阪府架空市東雲町三丁目９９９９番１２３４号　架空海浜公園前弐番館パークサイド棟１２０３号室"
CONTENTS = {
    "juminhyo": juminhyo(
        japanese("葛\U000e0102城　花子"),
        foreign("WOLFESCHLEGEL HUBERT BLAINE ALEXANDER CHRISTOPHER JUNIOR", 2),
        japanese(
            "\ue000野　\U000f0000", 3, previous_address=Cell.of(LONG), domicile=OMITTED, name_kana=BLANK
        ),
    ),
    "juminhyo-two-sheets-test": juminhyo(
        *(japanese(f"青海　{given}", at) for at, given in enumerate("一二三四五", 1)),
        specimen=True,
        sentence="part",
    ),
    "kisaijiko": kisaijiko(
        only(japanese(), "name", "birth_date", "sex", "domicile", "head_of_register"),
        only(
            foreign(), "name", "alias", "birth_date", "sex", "relationship", "residence_status", "nationality"
        ),
        heading={"address": Cell.of(LONG), "householder": Cell.of("青海　太郎")},
    ),
    "inkan": inkan(only(japanese(former_name=Cell.of("旧山")), "name", "former_name", "birth_date")),
    "inkan-foreign": inkan(only(foreign(), "name", "alias", "birth_date")),
    "kazei": kazei(),
    "kazei-untaxed": kazei(
        2023,
        only(foreign(), "name", "alias"),
        record={
            "annual_tax": 0,
            "forest_tax": 0,
            "fixed_reduction": 0,
            "deductible_spouse": False,
            "filing": Filing.NOT_REQUIRED,
            "address": LONG,
        },
    ),
}


def streams(document):
    file = PdfFile(document)
    for number in range(1, file.trailer["Size"]):
        yield parse_object(file.raw(Ref(number)))


def is_packed(value):
    """A stream behind Flate: metadata and the output intent's profile are not, and draw nothing."""
    return hasattr(value, "packed") and "Filter" in value.entries


def meanings(values):
    """Code to character for the label font and each value font, in the order of the document."""
    cmaps = [each.unpacked() for each in values if is_packed(each) and b"begincmap" in each.unpacked()]
    return [
        {
            code: bytes.fromhex(text.decode()).decode("utf-16-be")
            for code, text in re.findall(rb"<(\w{4})> <(\w+)>", cmap)
        }
        for cmap in cmaps
    ]


def read(codes, meaning):
    return "".join(meaning[codes[at : at + 4]] for at in range(0, len(codes), 4))


def described(document):
    """What is drawn, line by line."""
    values = list(streams(document))
    labels, *fonts = meanings(values)
    out = []
    for value in values:
        data = value.unpacked() if is_packed(value) else b""
        if b"/L0 " in data:
            text = re.sub(
                rb"\(((?:[^\\)]|\\.)*)\)",
                lambda found: f"「{read(unescape(found[1]).hex().upper().encode(), labels)}」".encode(),
                data,
            )
        elif b" Do Q\nBT\n" in data:
            text = re.sub(
                rb"/V(\d)( [\d.]+ Tf) <(\w+)>",
                lambda found: found[1] + found[2] + f"「{read(found[3], fonts[int(found[1])])}」".encode(),
                data,
            )
        else:
            continue
        out.append(text.decode())
    return "\n\n".join(out) + "\n"


@pytest.mark.parametrize("name", CONTENTS)
def test_golden(press, name):
    """What the sheets of this form show, and where."""
    drawn = described(press.print(CONTENTS[name]).document)
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("KONBINID_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(drawn, encoding="utf-8")
    assert drawn == path.read_text(encoding="utf-8")
