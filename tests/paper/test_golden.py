"""I-16: every form is compared with its golden files on every change, whichever part was changed.

The certificates made by hand have what the domain's samples do not reach: 外字, papers without 見本. Their text file holds what the pages draw, with
the codes turned back into characters: a diff shows what moved. That of a persona holds what pdfium reads on every sheet for every scope and set of
switches, with a digest of the sheet's picture. After a wanted change look at the pictures that the message names, then `make golden`.
"""

from __future__ import annotations

import re

import golden_cases
import pytest
from golden_files import GoldenFiles, check_nothing_else, digest_of, pictures_of
from paper_samples import ROOT, foreign, inkan, japanese, juminhyo, kazei, kisaijiko, only

from konbinid.domain.content import BLANK, OMITTED, Cell
from konbinid.domain.tax import Filing
from konbinid.paper.form_file import load_forms
from konbinid.paper.pdf_objects import PdfFile, Ref, parse_object, unescape
from konbinid.paper.pdfium import opened

KEYS = golden_cases.keys(load_forms(ROOT / "config" / "forms"))
BY_HAND = "by-hand"
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
def test_by_hand(press, name):
    """What the sheets of this content draw and where, and how they look."""
    golden = GoldenFiles(f"{BY_HAND}/{name}")
    document = press.print(CONTENTS[name]).document
    golden.text(described(document))
    for sheet, picture in enumerate(pictures_of(document), 1):
        golden.picture(sheet, picture)
    golden.finish()


def folder(kind, version):
    return f"{kind}-{version}"


def read_by_pdfium(document):
    """The text of every sheet."""
    with opened(document) as pdf:
        for index in range(len(pdf)):
            with pdf.page(index) as page:
                yield page.text().replace("\r\n", "\n").strip()


def said(document, pictures):
    """Every sheet: the digest of its picture, and its text."""
    texts = list(read_by_pdfium(document))
    return "".join(
        f"-- sheet {sheet} of {len(texts)}, picture {digest_of(picture)}\n{text}\n"
        for sheet, (text, picture) in enumerate(zip(texts, pictures, strict=True), 1)
    )


@pytest.mark.parametrize("key", KEYS, ids="-".join)
def test_personas(press, key):
    """A persona's certificate in every scope and with every set of switches: the text of each, the digest of each picture, and the
    pictures of the first and the last sheet of what the persona asks for."""
    golden = GoldenFiles(f"{folder(*key[:2])}/{key[2]}")
    alike = {}
    for name, content in golden_cases.contents(*key):
        scope, _, letters = name.partition(" ")
        document = press.print(content).document
        alike.setdefault(document, {}).setdefault(scope, []).append(letters)
    lines = [f"{key[0]}, form {key[1]}, {key[2]}. {golden_cases.LEGEND}\n"]
    for document, names in alike.items():
        pictures = pictures_of(document)
        text = said(document, pictures)
        heads = [" ".join([scope, *letters]).strip() for scope, letters in names.items()]
        lines += [f"\n== {head}" for head in heads] + [f"\n{text}"]
        if "plain" in names:
            for sheet in sorted({1, len(pictures)}):
                golden.picture(sheet, pictures[sheet - 1])
        else:
            golden.part(heads[0][:16].strip(), text, pictures)
    golden.text("".join(lines))
    golden.finish()


def test_every_golden_file_is_some_certificates():
    """What is no longer printed has no golden file: a stale one would look like a promise."""
    check_nothing_else(
        {*(f"{BY_HAND}/{name}" for name in CONTENTS), *(f"{folder(*key[:2])}/{key[2]}" for key in KEYS)}
    )


def test_a_difference_is_shown(press, tmp_path, monkeypatch):
    """Another text and another picture are complained of, with the places, the files to look at and the command: a comparison that
    cannot fail proves nothing."""
    monkeypatch.setattr("golden_files.GOLDEN", tmp_path / "golden")
    monkeypatch.setattr("golden_files.DIFFERENCES", tmp_path / "differences")
    monkeypatch.setattr("golden_files.ROOT", tmp_path)
    one, other = (
        press.print(inkan(only(japanese(name), "name", "birth_date"))).document
        for name in ("青海　花子", "青海　花予")
    )
    monkeypatch.setattr("golden_files.WRITING", True)
    written = GoldenFiles("inkan/shown")
    written.text("花子")
    written.picture(1, pictures_of(one)[0])
    monkeypatch.setattr("golden_files.WRITING", False)
    compared = GoldenFiles("inkan/shown")
    compared.text("花子")
    compared.picture(1, pictures_of(one)[0])
    compared.finish()
    compared.text("花予")
    compared.picture(1, pictures_of(other)[0])
    with pytest.raises(AssertionError) as complaint:
        compared.finish()
    message = str(complaint.value)
    assert "golden/inkan/shown.1.png looks different at " in message
    assert "were made with none; this is pypdfium2" in message
    assert message.endswith("make golden")
    for ending in ("txt", "1.new.png", "1.marked.png"):
        assert f"differences/inkan-shown.{ending}" in message
        assert (tmp_path / "differences" / f"inkan-shown.{ending}").exists()
