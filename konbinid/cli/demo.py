"""`konbinid demo`: a city, its daemon and a kiosk on this machine, from nothing to a certificate, with nothing left outside `.demo/`."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.cli.demo_city import CoreSystems
from konbinid.cli.demo_daemon import Daemon
from konbinid.cli.demo_gaiji import send_new_gaiji
from konbinid.cli.demo_kiosk import Visit, visit
from konbinid.cli.demo_place import (
    DemoFailed,
    Place,
    Ports,
    choose_ports,
    find_place,
    write_config,
    write_kiosk_settings,
)
from konbinid.cli.demo_screen import Screen
from konbinid.cli.demo_store import approve_build, fill_library, prepare_database, server_address
from konbinid.cli.failure import CommandFailed
from konbinid.cli.fonts_fetch import FontUnavailable, provide_fonts
from konbinid.declared.document import FileRefused
from konbinid.paper.fonts import FontRefused
from konbinid.simulator.kiosk_values import KioskProblem
from konbinid.simulator.pgaccount import NoAccount
from konbinid.simulator.pgbinaries import NoPostgres
from konbinid.simulator.pki import CENTER_NAME, make_pki
from konbinid.simulator.postgres import PostgresFailed, PrivatePostgres
from konbinid.store.keyring import Keyring

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from konbinid.cli.options import Subparsers

_DESCRIPTION = """\
Shows the whole product on this machine: makes a private PostgreSQL, certificates and keys under .demo/, starts the daemon, drops the
demo city's files into its inbox, and drives one kiosk conversation through mutual TLS until the certificate lies there as a PDF. Then it
stays up until Ctrl-C, so that you can try more. Removing .demo/ removes everything."""

_HEARTBEAT_SECONDS = 3600
_WATCH_SECONDS = 0.5
"""How often the waiting demo looks whether its daemon still lives."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "demo", help="Show the whole product on this machine.", description=_DESCRIPTION
    )
    parser.add_argument(
        "--people",
        metavar="N",
        type=int,
        default=500,
        help="How many people the city's residents file holds. Without this option it is 500.",
    )
    parser.add_argument("--once", action="store_true", help="Stop after the first certificate.")
    parser.add_argument(
        "--new-gaiji",
        action="store_true",
        help="In a second terminal: send the running demo a new 外字, and give it to the family of card 1.",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show it."""
    screen = Screen(sys.stdout, live=sys.stdout.isatty())
    # A closed terminal and `kill` end it as Ctrl-C does: in order.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        place = find_place()
        if arguments.new_gaiji:
            send_new_gaiji(screen, place, _now)
            return 0
        place.make_folders()
        lock = place.hold()
        try:
            _show(screen, place, people=arguments.people, once=arguments.once)
        finally:
            os.close(lock)
    except (DemoFailed, PostgresFailed, NoPostgres, NoAccount, FontUnavailable) as failed:
        raise CommandFailed(str(failed)) from failed
    except (FontRefused, FileRefused, ValueError) as refused:
        raise CommandFailed(f"The demo cannot start: {refused}") from refused
    return 0


def _show(screen: Screen, place: Place, *, people: int, once: bool) -> None:
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        fonts = _fonts(screen, place)
        core = CoreSystems(place, people, Path(next(iter(fonts.values()))), _now)
        server = stack.enter_context(_postgres(screen, place, core))
        ports = _settle(screen, place, server)
        daemon = stack.enter_context(Daemon(place, ports))
        try:
            with screen.step("daemon") as step:
                step.say("starting")
                daemon.wait_until_listening()
                step.say(f"listens on 127.0.0.1:{ports.soap} (SOAP) and :{ports.admin} (status page)")
            _feed(screen, core, daemon)
            seen = _visit(screen, place, ports)
            _tell(screen, place, ports, seen, time.monotonic() - began)
            if not once:
                _stay(screen, core, daemon)
        except (DemoFailed, KioskProblem) as failed:
            raise DemoFailed(f"{failed}\n{daemon.tail()}") from failed


def _fonts(screen: Screen, place: Place) -> dict[str, str]:
    with screen.step("fonts") as step:
        found = provide_fonts(place.fonts, place.font_cache, step.say)
        step.say(", ".join(found.values()))
    return found


@contextlib.contextmanager
def _postgres(screen: Screen, place: Place, core: CoreSystems) -> Iterator[PrivatePostgres]:
    server = PrivatePostgres(place.postgres)
    with screen.step("PostgreSQL") as step:
        if not core.is_applied():
            step.say("making a new one")
            server.remove()
            place.forget_city()
        server.start()
        version = f"PostgreSQL {server.binaries.major}" if server.binaries else ""
        step.say(f"{version} in {_short(place, server.folder)}, as user {server.account.name}")
    try:
        yield server
    finally:
        server.stop()


def _settle(screen: Screen, place: Place, server: PrivatePostgres) -> Ports:
    """Schema, library, keys, certificates and the configuration: all that must be there before the daemon starts."""
    with screen.step("schema") as step:
        applied = prepare_database(server)
        step.say(f"{applied} migrations applied" if applied else "up to date")
    with screen.step("library") as step:
        written, total = fill_library(server, place.library, _now().date())
        step.say(f"{total} decisions of the city (mayor, seal, fees, hours …), {written} of them new")
    with screen.step("keys") as step:
        Keyring.create(place.keys)
        make_pki(place.pki, _now())
        step.say(f"keyring and certificates in {_short(place, place.folder)}")
    ports = choose_ports()
    write_config(place, ports, server_address(server), CENTER_NAME)
    write_kiosk_settings(place, ports)
    with screen.step("approval") as step:
        step.say(f"this build and configuration may issue ({approve_build(server, place.config)[:12]}…)")
    return ports


def _feed(screen: Screen, core: CoreSystems, daemon: Daemon) -> None:
    with screen.step("core systems") as step:
        if core.is_applied():
            core.wait_for_receipts(core.drop_heartbeats(), daemon.check, step.say)
            step.say("the city is there from the last run; heartbeats applied")
            return
        step.say(f"writing the files of a city of {core.people:,} people")
        files, rows = core.drop_files()
        core.wait_for_receipts(files, daemon.check, step.say)
        core.remember()
        step.say(
            f"{rows.residents:,} residents, {rows.credentials:,} cards and phones, {rows.holds} holds, "
            f"{rows.seals:,} seals, {rows.taxes:,} tax records, {rows.koseki + rows.fuhyo:,} papers of family registers applied"
        )


def _visit(screen: Screen, place: Place, ports: Ports) -> Visit:
    with screen.step("kiosk") as step:
        seen = visit(place, ports, _now, step.say)
        step.say(
            f"list {seen.list_ms:.0f} ms → issue {seen.issue_ms:.0f} ms → delivery reported {seen.report_ms:.0f} ms"
        )
    return seen


def _tell(screen: Screen, place: Place, ports: Ports, seen: Visit, seconds: float) -> None:
    """Where everything is, and what can be tried next."""
    issued, size = seen.issued, len(seen.issued.document) / 1024
    screen.line(f"\nA certificate {seconds:.1f} s after the start:\n")
    screen.pairs(
        [
            (seen.title, f"{_short(place, seen.document)}  (sheets: {issued.pages}, {size:.0f} KB)"),
            ("number", issued.issuance_number),
            ("status page", ports.status_page),
            (
                "SOAP",
                f"{ports.endpoint}?wsdl  (as the centre: {_short(place, place.pki)}/center.pem and .key)",
            ),
            ("daemon's log", _short(place, place.log)),
            ("try", ".venv/bin/konbinid kiosk cards"),
            ("", ".venv/bin/konbinid kiosk issue --card 2 --kind inkan -o inkan.pdf"),
            ("", ".venv/bin/konbinid demo --new-gaiji"),
        ]
    )


def _stay(screen: Screen, core: CoreSystems, daemon: Daemon) -> None:
    """Until Ctrl-C; the core systems go on sending heartbeats, or their feeds would be too old tomorrow."""
    screen.line("\nIt stays up until Ctrl-C.")
    beat = time.monotonic() + _HEARTBEAT_SECONDS
    try:
        while True:
            daemon.check()
            if time.monotonic() > beat:
                core.drop_heartbeats()
                beat += _HEARTBEAT_SECONDS
            time.sleep(_WATCH_SECONDS)
    except KeyboardInterrupt:
        # Once is enough: a second Ctrl-C must not leave the database running.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        screen.line("\nStopping; `make demo` goes on with the same city.")


def _short(place: Place, path: Path) -> str:
    return str(path.relative_to(place.checkout)) if path.is_relative_to(place.checkout) else str(path)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
