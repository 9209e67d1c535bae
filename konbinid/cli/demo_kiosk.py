"""The demo's visit to a kiosk: one whole conversation through mutual TLS, and what each part of it cost."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from konbinid.cli.demo_city import JST
from konbinid.cli.demo_place import MUNICIPALITY
from konbinid.simulator.kiosk import Kiosk
from konbinid.simulator.kiosk_values import Card, Door, Order
from konbinid.simulator.personas import persona

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable
    from pathlib import Path

    from konbinid.cli.demo_place import Place, Ports
    from konbinid.simulator.kiosk_values import Issued

T = TypeVar("T")

_CARD = 1
_KIND = "juminhyo"
_SHOW = ("RELATIONSHIP", "HOUSEHOLDER", "DOMICILE")


@dataclass(frozen=True)
class Visit:
    """What came of it: the certificate's file and the milliseconds that the kiosk waited for each answer."""

    title: str
    document: Path
    issued: Issued
    list_ms: float
    issue_ms: float
    report_ms: float


def visit(place: Place, ports: Ports, now: Callable[[], dt.datetime], say: Callable[[str], None]) -> Visit:
    """List, issue, write the PDF into `place.out`, report the delivery. Raises KioskProblem."""
    door = Door(ports.endpoint, place.pki / "ca.pem", place.pki / "center.pem", place.pki / "center.key")
    one = persona(now().astimezone(JST).date(), _CARD)
    card = Card(one.serial, one.kind)
    say("connecting")
    kiosk = Kiosk(door, MUNICIPALITY, now)
    try:
        # The first request of a connection pays for the handshake, as no later one does.
        kiosk.check()
        say("listing")
        listed, list_ms = _timed(lambda: kiosk.list(card))
        offer = next(each for each in listed if each["kind"] == _KIND)
        say("issuing")
        order = Order(_KIND, offer["fee"], show=_SHOW)
        issued, issue_ms = _timed(lambda: kiosk.issue_until_known(card, order))
        path = place.out / f"{_KIND}-{issued.issuance_number}.pdf"
        path.write_bytes(issued.document)
        say("reporting the delivery")
        _, report_ms = _timed(lambda: kiosk.report_delivery(issued.issuance_number, "DELIVERED", 1))
    finally:
        kiosk.close()
    return Visit(offer["title"], path, issued, list_ms, issue_ms, report_ms)


def _timed(ask: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    answer = ask()
    return answer, (time.perf_counter() - began) * 1000
