"""What each `konbinid kiosk …` action does once its options are read."""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.simulator import kiosk_screen
from konbinid.simulator.kiosk import JST, Kiosk
from konbinid.simulator.kiosk_settings import NAMES, read_settings
from konbinid.simulator.kiosk_values import Card, KioskProblem, Order, Refused
from konbinid.simulator.personas import persona, stage_for

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from konbinid.simulator.kiosk_values import Issued

    Action = Callable[[Namespace], None]


def run(action: Action, arguments: Namespace) -> int:
    """Run an action and say what went wrong; returns the exit status."""
    try:
        action(arguments)
    except Refused as refusal:
        print(f"{refusal.message}\n（結果コード {refusal.code}）", file=sys.stderr)
        return 1
    except BrokenPipeError:
        raise  # the reader of our output went away: the command's own business
    except (KioskProblem, OSError) as problem:
        print(f"konbinid: {problem}", file=sys.stderr)
        return 1
    return 0


def _now() -> dt.datetime:
    return dt.datetime.now(JST)


def _kiosk(arguments: Namespace) -> Kiosk:
    options = {name: getattr(arguments, name) for name in NAMES}
    settings = read_settings(options, os.environ, Path())
    return Kiosk(settings.door, settings.municipality, _now)


def _card(arguments: Namespace) -> Card:
    if arguments.serial:
        return Card(arguments.serial, arguments.device)
    try:
        one = persona(_now().date(), arguments.card)
    except KeyError as unknown:
        raise KioskProblem(unknown.args[0]) from None
    return Card(one.serial, one.kind)


def _show(lines: list[str]) -> None:
    print("\n".join(lines))


def cards(_: Namespace) -> None:
    """The demo's people; asks no server."""
    _show(kiosk_screen.cards_screen(stage_for(_now().date()).personas))


def check(arguments: Namespace) -> None:
    """Ask checkService and show the answer."""
    _show(kiosk_screen.check_screen(_kiosk(arguments).check()))


def certificates(arguments: Namespace) -> None:
    """Ask listCertificates and show the answer."""
    _show(kiosk_screen.list_screen(_kiosk(arguments).list(_card(arguments))))


def issue(arguments: Namespace) -> None:
    """The list when the fee is not given, then issueCertificate, the PDF into its file, and reportDelivery."""
    kiosk, card = _kiosk(arguments), _card(arguments)
    fee = arguments.fee
    if fee is None:
        offer = kiosk.offer_of(card, arguments.kind)
        fee = offer["fee"]
        if offer["years"] and arguments.year is None:
            years = ", ".join(str(each["year"]) for each in offer["years"])
            raise KioskProblem(f"{arguments.kind} needs --year, one of {years}")
    order = Order(
        kind=arguments.kind,
        fee=fee,
        copies=arguments.copies,
        show=arguments.show,
        members=arguments.members,
        year=arguments.year,
    )

    def deliver(issued: Issued) -> None:
        arguments.output.write_bytes(issued.document)
        _show(kiosk_screen.issued_screen(issued, str(arguments.output)))

    if arguments.no_report:
        deliver(kiosk.issue_until_known(card, order, transaction_id=arguments.transaction_id))
    else:
        kiosk.hand_over(card, order, deliver, transaction_id=arguments.transaction_id)
        print("交付を報告しました。")


def report(arguments: Namespace) -> None:
    """Send reportDelivery."""
    kiosk = _kiosk(arguments)
    kiosk.report_delivery(arguments.issuance, arguments.outcome, arguments.copies, detail=arguments.detail)
    print("報告しました。")


def error(arguments: Namespace) -> None:
    """Send reportError."""
    kiosk = _kiosk(arguments)
    kiosk.report_error(
        arguments.code, arguments.detail, issuance_number=arguments.issuance, kind=arguments.kind
    )
    print("報告しました。")


def apply(arguments: Namespace) -> None:
    """Send applyForRegistration."""
    applicant = {
        "name": arguments.name,
        "kana": arguments.kana,
        "birthDate": arguments.birth,
        "address": arguments.address,
        "phone": arguments.phone,
    }
    kiosk, card = _kiosk(arguments), _card(arguments)
    number = kiosk.apply_for_registration(card, applicant, arguments.domicile, arguments.head)
    print(f"申請番号 {number}")


def registration(arguments: Namespace) -> None:
    """Ask getRegistrationStatus and show the answer."""
    answer = _kiosk(arguments).registration_status(_card(arguments))
    kept = ("state", "applicationNumber", "decidedAt", "reason")
    _show([f"{name}: {answer[name]}" for name in kept if answer[name] is not None])
