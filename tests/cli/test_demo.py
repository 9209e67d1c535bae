"""The demo shows the real thing, leaves nothing behind, and says what to do when it cannot go on."""

from __future__ import annotations

import datetime as dt
import io
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest

from konbinid import config
from konbinid.cli import demo, demo_place
from konbinid.cli.demo_city import JST, CoreSystems
from konbinid.cli.demo_daemon import Daemon
from konbinid.cli.demo_place import DemoFailed, Place, Ports
from konbinid.cli.demo_screen import Screen
from konbinid.cli.demo_store import with_years_to_come
from konbinid.cli.library_file import read_library_file
from konbinid.domain.library import Item
from konbinid.simulator.personas import stage_for
from konbinid.simulator.postgres import PrivatePostgres

CHECKOUT = Path(__file__).parents[2]
NOON = dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)


@pytest.fixture
def place(monkeypatch) -> Iterator[Place]:
    """A checkout of its own with the files that the demo reads; any free ports."""
    for name in ("_SOAP_PORT", "_ADMIN_PORT"):
        monkeypatch.setattr(demo_place, name, 0)
    # Not pytest's folder: as root, PostgreSQL's user may not enter it.
    checkout = Path(tempfile.gettempdir()) / f"konbinid-test-{secrets.token_hex(4)}"
    for name in ("config", "fonts"):
        shutil.copytree(CHECKOUT / name, checkout / name)
    (checkout / ".cache").mkdir()
    if (CHECKOUT / ".cache" / "fonts").exists():
        (checkout / ".cache" / "fonts").symlink_to(CHECKOUT / ".cache" / "fonts")
    made = Place(checkout)
    made.make_folders()
    yield made
    PrivatePostgres(made.postgres).remove()
    shutil.rmtree(checkout)


@pytest.fixture
def core(place) -> CoreSystems:
    return CoreSystems(place, 500, Path("unused"), lambda: NOON)


@pytest.mark.slow
def test_from_nothing_to_a_certificate_and_again(place):
    """The whole path, through the doors only: files in the inbox, SOAP over mutual TLS, a PDF that names the right people."""
    before = {path for path in place.checkout.rglob("*") if ".demo" not in path.parts}
    out = io.StringIO()
    demo._show(Screen(out, live=False), place, people=200, once=True)
    [pdf] = place.out.glob("*.pdf")
    text = "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))
    holder = stage_for(dt.datetime.now(JST).date()).personas[0]
    assert holder.name.replace("　", "") in text.replace("　", "").replace(" ", "")
    assert pdf.stem.removeprefix("juminhyo-") in text
    assert "✗" not in out.getvalue()

    again = io.StringIO()
    demo._show(Screen(again, live=False), place, people=200, once=True)
    assert "from the last run" in again.getvalue()
    assert len(list(place.out.glob("*.pdf"))) == 2
    assert {path for path in place.checkout.rglob("*") if ".demo" not in path.parts} == before
    assert not (place.postgres / "data" / "postmaster.pid").exists()


def test_the_configuration_it_writes_is_accepted(place, core):
    """The daemon's own reader takes the file: no option is unknown or out of bounds."""
    from konbinid.simulator.pki import make_pki
    from konbinid.store.keyring import Keyring

    Keyring.create(place.keys)
    make_pki(place.pki, dt.datetime.now(dt.UTC))
    server = "host='/tmp/with space' port=5432 dbname=konbinid"
    demo_place.write_config(place, Ports(8443, 8480), server, "center.demo.invalid")
    loaded = config.load(place.config)
    assert loaded.service.environment == "TEST"
    assert loaded.database.servers == (server,)
    assert {str(feed) for feed in loaded.feeds} == set(demo_place.FEEDS)


def test_a_second_demo_is_refused(place):
    """Two demos of one checkout would share inbox and database."""
    lock = place.hold()
    with pytest.raises(DemoFailed, match="running already"):
        place.hold()
    os.close(lock)


def test_make_clean_waits_for_a_demo_that_runs(place):
    """Its database lies in what would be removed."""
    shutil.copy(CHECKOUT / "Makefile", place.checkout)
    clean = ["make", "clean"]
    lock = place.hold()
    try:
        refused = subprocess.run(clean, cwd=place.checkout, capture_output=True, text=True, check=False)
        assert refused.returncode != 0
        assert "A demo of this checkout is running." in refused.stderr
        assert place.folder.is_dir()
    finally:
        os.close(lock)
    subprocess.run(clean, cwd=place.checkout, capture_output=True, check=True)
    assert not place.folder.exists()


@pytest.mark.parametrize(("year", "last"), [(2026, 2027), (2027, 2028), (2041, 2042)])
def test_a_demo_of_any_year_has_the_newest_tax_year(year, last):
    """The demo's file ends somewhere; a demo started years later still offers the 年度 of its own day, and reserves the next."""
    entries = read_library_file(CHECKOUT / "config" / "demo" / "library.toml")
    found = [
        each for each in with_years_to_come(entries, dt.date(year, 12, 1)) if each.item is Item.TAX_YEARS
    ]
    assert [each.value["newest"] for each in found] == list(range(2026, last + 1))
    begins = [each.effective_from.date().isoformat() for each in found[1:]]
    assert begins == [f"{each}-06-01" for each in range(2027, last + 1)]


def test_another_users_folder_is_named(place, monkeypatch):
    """`sudo make demo` yesterday, `make demo` today."""

    def denied(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied", str(place.out))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "mkdir", denied)
        with pytest.raises(DemoFailed, match="belongs to another user"):
            place.make_folders()


def test_a_taken_port_is_passed_over(monkeypatch):
    """8443 is popular: the demo takes another and says which."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(demo_place, "_SOAP_PORT", taken.getsockname()[1])
        assert demo_place.choose_ports().soap != taken.getsockname()[1]


def test_heartbeats_take_the_next_number(place, core):
    """A feed's files are numbered without a gap, also after a run that was interrupted before its files were applied."""
    first = core.drop_heartbeats()
    assert {path.name.split("_")[2] for path in first} == {"000001"}
    for path in first[:2]:
        path.rename(place.spool("archive") / path.name)
    (place.spool("outbox") / "JUMIN_20261124120000_000007_F.csv.ok").touch()
    numbers = {path.name.split("_")[0]: path.name.split("_")[2] for path in core.drop_heartbeats()}
    assert numbers == dict.fromkeys(demo_place.FEEDS, "000002") | {"JUMIN": "000008"}


def test_another_city_begins_anew(place, core):
    """Another size, another day, another generator: the files of the old city are no longer true."""
    assert not core.is_applied()
    core.remember()
    assert core.is_applied()
    assert not CoreSystems(place, 501, core.font, core.now).is_applied()
    assert not CoreSystems(place, 500, core.font, lambda: NOON + dt.timedelta(days=1)).is_applied()


def test_a_refused_file_shows_its_report(place, core):
    """The report says which row and column; the demo does not wait for ever."""
    file = place.spool("inbox") / "JUMIN_20261124120000_000001_F.csv"
    (place.spool("outbox") / f"{file.name}.ng").write_text("line 3: column 5")
    with pytest.raises(DemoFailed, match="line 3: column 5"):
        core.wait_for_receipts([file], lambda: None, lambda _: None)


def test_a_daemon_that_does_not_start_shows_why(place):
    """Its last words come with the message."""
    place.config.write_text("nonsense = 1\n")
    with Daemon(place, Ports(1, 2)) as daemon:
        with pytest.raises(DemoFailed, match="ended"):
            daemon.wait_until_listening()
        assert "nonsense" in daemon.tail()


def test_the_daemon_ends_with_a_killed_demo(place):
    """SIGKILL of the demo must not leave a daemon that holds the ports."""
    program = f"""
import os, signal, sys
from pathlib import Path
from konbinid.cli import demo_daemon
from konbinid.cli.demo_place import Place, Ports
twistd = Path({str(place.checkout)!r}) / "bin" / "twistd"
twistd.parent.mkdir()
twistd.write_text("#!/bin/sh\\nexec sleep 60\\n")
twistd.chmod(0o755)
sys.executable = str(twistd.with_name("python"))
daemon = demo_daemon.Daemon(Place(Path({str(place.checkout)!r})), Ports(1, 2)).__enter__()
print(daemon._process.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    child = Path(f"/proc/{int(done.stdout)}")
    deadline = time.monotonic() + 10
    while child.exists() and "Z" not in child.joinpath("stat").read_text().rsplit(")", 1)[1]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_steps_are_shown_with_a_cross_when_they_fail():
    """In a log: one line a step, no control characters."""
    out = io.StringIO()
    screen = Screen(out, live=False)
    with screen.step("schema") as step:
        step.say("7 applied")
    with pytest.raises(DemoFailed), screen.step("daemon"):
        raise DemoFailed("it ended")
    screen.pairs([("住民票の写し", "a.pdf"), ("number", "X")])
    assert out.getvalue().splitlines() == [
        "✓ schema         7 applied",
        "✗ daemon         ",
        "  住民票の写し   a.pdf",
        "  number         X",
    ]


def test_a_terminal_sees_one_line_that_moves():
    """The last drawing of a step ends its line; nothing of the drawing thread comes after it."""
    out = io.StringIO()
    with Screen(out, live=True).step("schema") as step:
        step.say("waiting")
        time.sleep(0.3)
        step.say("done")
    assert out.getvalue().count("\n") == 1
    assert out.getvalue().split("\r\x1b[K")[-1].startswith("✓ schema         done")
    assert "⠋ schema" in out.getvalue()
