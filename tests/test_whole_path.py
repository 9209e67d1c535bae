"""The whole product through its doors only: files in, SOAP over mutual TLS, paper out, and what the daemon wrote about it.

One real daemon on a city of its own; every demo card asks for every kind.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import pytest

from konbinid.cli import demo, demo_place
from konbinid.cli.demo_city import JST, CoreSystems
from konbinid.cli.demo_daemon import Daemon
from konbinid.cli.demo_place import MUNICIPALITY, Place
from konbinid.cli.demo_screen import Screen
from konbinid.cli.main import main
from konbinid.simulator.kiosk import Kiosk
from konbinid.simulator.kiosk_values import Card, Door, Issued, Order, Refused
from konbinid.simulator.personas import stage_for
from konbinid.simulator.taxes import tax_years

CHECKOUT = Path(__file__).resolve().parents[1]
SHOW = ("RELATIONSHIP", "HOUSEHOLDER", "DOMICILE", "INDIVIDUAL_NUMBER", "NATIONALITY", "RESIDENCE_STATUS")


@dataclass
class Running:
    """A daemon with the demo's city, and a kiosk that is connected to it."""

    place: Place
    daemon: Daemon
    kiosk: Kiosk
    today: dt.date


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """Everything the demo makes, in a folder of its own, kept up for the tests of this module."""
    checkout = Path(tempfile.gettempdir()) / f"konbinid-path-{secrets.token_hex(4)}"
    for name in ("config", "fonts"):
        shutil.copytree(CHECKOUT / name, checkout / name)
    (checkout / ".cache").mkdir()
    if (CHECKOUT / ".cache" / "fonts").exists():
        (checkout / ".cache" / "fonts").symlink_to(CHECKOUT / ".cache" / "fonts")
    place = Place(checkout)
    place.make_folders()
    screen = Screen(io.StringIO(), live=False)
    with contextlib.ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        patch.setattr(demo_place, "_SOAP_PORT", 0)
        patch.setattr(demo_place, "_ADMIN_PORT", 0)
        stack.callback(shutil.rmtree, checkout, ignore_errors=True)
        fonts = demo._fonts(screen, place)
        core = CoreSystems(place, 200, Path(next(iter(fonts.values()))), demo._now)
        server = stack.enter_context(demo._postgres(screen, place, core))
        stack.callback(server.remove)
        ports = demo._settle(screen, place, server)
        daemon = stack.enter_context(Daemon(place, ports))
        daemon.wait_until_listening()
        demo._feed(screen, core, daemon)
        door = Door(ports.endpoint, place.pki / "ca.pem", place.pki / "center.pem", place.pki / "center.key")
        kiosk = Kiosk(door, MUNICIPALITY, demo._now)
        stack.callback(kiosk.close)
        yield Running(place, daemon, kiosk, demo._now().astimezone(JST).date())


def asked(running: Running, card: Card, kind: str, show: tuple[str, ...] = ()) -> str | Issued:
    """The result code of a refusal, or what was issued; of kazei for the newest 年度."""
    year = tax_years(running.today)[-1] if kind == "kazei" else None
    try:
        return running.kiosk.issue(card, Order(kind, 300, show=show, year=year))
    except Refused as refused:
        return refused.code


def text_of(document: bytes) -> str:
    """The text of all sheets as pdftotext gives it back, without gaps."""
    read = subprocess.run(["pdftotext", "-raw", "-", "-"], input=document, capture_output=True, check=True)
    return "".join(read.stdout.decode().split())


@pytest.mark.slow
def test_every_paper_names_its_holder_and_the_log_nobody(running: Running) -> None:
    """Every card, every kind: the paper says whose it is, as other people's tools read it; and no name, address or number of anybody
    stands in anything that the daemon wrote to its log (house.md, what a person's data is)."""
    stage = stage_for(running.today)
    papers = 0
    for one in stage.personas:
        for kind in ("juminhyo", "kisaijiko", "inkan", "kazei"):
            got = asked(running, Card(one.serial, one.kind), kind)
            if isinstance(got, Issued):
                text = text_of(got.document)
                assert "".join(one.name.split()) in text, f"card {one.card} {kind}"
                assert got.issuance_number in text
                assert len(pypdfium2.PdfDocument(got.document)) == got.pages
                papers += 1
    assert papers > 40
    log = running.place.log.read_text(encoding="utf-8")
    assert log.count("issue.made") >= papers
    planted = {
        value
        for household in stage.households
        for resident in household.residents
        for value in personal(resident)
    }
    assert len(planted) > 100
    told = {value for value in planted if value in log}
    assert not told, f"{len(told)} personal values stand in the log"


@pytest.mark.slow
def test_papers_pass_other_tools(running: Running, tmp_path: Path) -> None:
    """Qpdf finds nothing to warn of, every font is embedded, a subset, and maps back to Unicode."""
    for number in (1, 8, 13, 14, 15):
        one = stage_for(running.today).personas[number - 1]
        issued = asked(running, Card(one.serial, one.kind), "juminhyo", SHOW)
        assert isinstance(issued, Issued), one.card
        paper = tmp_path / "paper.pdf"
        paper.write_bytes(issued.document)
        subprocess.run(["qpdf", "--check", paper], check=True, capture_output=True)
        fonts = subprocess.run(
            ["pdffonts", paper], check=True, capture_output=True, text=True
        ).stdout.splitlines()[2:]
        assert fonts
        for line in fonts:
            assert line.split()[-5:-2] == ["yes", "yes", "yes"], line


def personal(resident: object) -> set[str]:
    """Everything of a resident that is long enough to be recognised."""
    names = (
        "name",
        "name_kana",
        "former_name",
        "alias",
        "address",
        "individual_number",
        "resident_code",
        "atena_number",
        "domicile",
    )
    return {value for name in names if len(value := str(getattr(resident, name, ""))) > 3}


# Card -> what it gets of the family register: koseki_zenbu, koseki_kojin of the first member listed, fuhyo, fuhyo with 本籍・筆頭者.
REGISTERS = {
    43: ("1104", "1104", "1104", "1104"),  # 届出処理中
    44: ("1102", "0000", "1102", "1102"),  # a 支援措置 on the wife, who is printed on koseki_zenbu
    45: ("1102", "1102", "1102", "1102"),  # the wife herself
    46: ("0000", "0000", "0000", "0000"),
    47: ("1102", "0000", "1102", "1102"),  # a 支援措置 on the child who lives elsewhere
    48: ("1102", "1102", "1102", "1102"),  # 戸籍抑止
    49: ("0000", "0000", "0000", "0000"),  # removed from her father's register, in one of her own
    50: ("1101", "1101", "1101", "1101"),  # the register has gone to another city
}
REGISTER_FEES = {"koseki_zenbu": 450, "koseki_kojin": 450, "fuhyo": 300}


def register_answer(running: Running, card: Card, kind: str, *show: str) -> tuple[str, bytes]:
    """The result code, and the document that came with 0000."""
    members = (first_member(running, card),) if kind == "koseki_kojin" else ()
    try:
        issued = running.kiosk.issue(card, Order(kind, REGISTER_FEES[kind], show=show, members=members))
    except Refused as refused:
        return refused.code, b""
    return "0000", issued.document


def first_member(running: Running, card: Card) -> int:
    """What the kiosk shows first; 1 for somebody to whom it shows nothing."""
    try:
        listed = running.kiosk.list(card)
    except Refused:
        return 1
    return next((one["members"][0]["number"] for one in listed if one["kind"] == "koseki_kojin"), 1)


@pytest.mark.slow
def test_registers_are_answered_as_promised(running: Running) -> None:
    """The demo's people about whose register a rule says something; each paper that comes is one that the register system sent, byte for byte."""
    sent = {
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in running.place.folder.rglob("*.pdf")
        if path.name.startswith(("koseki_", "fuhyo_"))
    }
    cards = {one.card: one for one in stage_for(running.today).personas}
    found = {}
    for number in REGISTERS:
        card = Card(cards[number].serial, cards[number].kind)
        answers = [
            register_answer(running, card, "koseki_zenbu"),
            register_answer(running, card, "koseki_kojin"),
            register_answer(running, card, "fuhyo"),
            register_answer(running, card, "fuhyo", "DOMICILE"),
        ]
        found[number] = tuple(code for code, _ in answers)
        given = [document for code, document in answers if code == "0000"]
        assert {hashlib.sha256(document).hexdigest() for document in given} <= sent
        assert len(set(given)) == len(given)
    assert found == REGISTERS


@pytest.mark.slow
def test_who_lives_elsewhere_applies_and_is_approved(running: Running) -> None:
    """利用登録 from the kiosk to the paper: applied for, compared with the register and approved at a prompt, and then the register opens."""
    home = next(
        each
        for each in stage_for(running.today).households
        if len(each.registers) == 1
        and any(member.name == "滝川　翔太" for member in each.registers[0].members)
    )
    register = home.registers[0]
    member = next(each for each in register.members if each.name == "滝川　翔太")
    card = Card("e15e0000000000000001")
    born = dt.datetime.strptime(member.birth, "%Y%m%d").replace(tzinfo=JST).date()
    applicant = {
        "name": "滝川翔太",
        "kana": "タキガワ ショウタ",
        "birthDate": born,
        "address": "東京都例示区",
        "phone": "000",
    }
    assert register_answer(running, card, "koseki_zenbu")[0] == "1001"
    number = running.kiosk.apply_for_registration(card, applicant, register.domicile, register.head)
    assert running.kiosk.registration_status(card)["state"] == "PENDING"
    act = [
        *(
            "registrations",
            "approve",
            number,
            "--register",
            register.number,
            "--member",
            "02",
            "--by",
            "見本 一郎",
        )
    ]
    assert main([*act, "--config", str(running.place.config)]) == 0
    assert running.kiosk.registration_status(card)["state"] == "APPROVED"
    assert register_answer(running, card, "koseki_zenbu")[0] == "0000"
    assert asked(running, card, "juminhyo") == "1001"
    log = running.place.log.read_text(encoding="utf-8")
    assert "滝川" not in log
    assert register.number not in log
