"""The whole product through its doors only: files in, SOAP over mutual TLS, paper out, and what the daemon wrote about it.

One real daemon on a city of its own; every demo card asks for every kind.
"""

from __future__ import annotations

import contextlib
import datetime as dt
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
