"""`konbinid kiosk …` and `konbinid city`: the demo's kiosk and the demo's people at a prompt."""

from __future__ import annotations

import argparse
import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.simulator import city_command, kiosk_actions
from konbinid.simulator.kiosk_settings import NAMES, SETTINGS_FILE, variable

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction

    from konbinid.simulator.kiosk_actions import Action

_KINDS = ("juminhyo", "kisaijiko", "inkan", "kazei", "koseki_zenbu", "koseki_kojin", "fuhyo")
_OPTION_HELP = {
    "url": "The address of the SOAP port, like https://localhost:8443/center.",
    "ca": "The PEM file of the authority that signed the server's certificate.",
    "cert": "The PEM file of the client certificate with which the kiosk comes.",
    "key": "The PEM file of that certificate's key.",
    "municipality": "The 全国地方公共団体コード that requests carry.",
}


def add_parsers(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Add the commands `kiosk` and `city`; each sets `run(arguments) -> exit status`."""
    kiosk = subparsers.add_parser(
        "kiosk",
        help="Act as a kiosk at a running server.",
        description="A simulated kiosk. It talks SOAP over mutual TLS to a running server, like the certificate centre does. "
        f"Where the server is comes from the options, the environment ({variable('url')} and so on) or {SETTINGS_FILE}.",
    )
    actions = kiosk.add_subparsers(title="actions", metavar="ACTION", required=True)
    _add_plain(
        actions,
        "cards",
        kiosk_actions.cards,
        "Show the demo's people and what is special about each of them.",
    )
    _add(actions, "check", kiosk_actions.check, "Ask for the state of the service.")
    _add_card(
        _add(actions, "list", kiosk_actions.certificates, "Show what the holder of a card may have now.")
    )
    _add_issue(actions)
    _add_report(actions)
    _add_error(actions)
    _add_apply(actions)
    _add_card(
        _add(
            actions,
            "registration",
            kiosk_actions.registration,
            "Ask what became of an application for registration.",
        )
    )
    city_command.add_parser(subparsers)


def _add_plain(
    actions: _SubParsersAction[ArgumentParser], name: str, action: Action, help_text: str
) -> ArgumentParser:
    parser = actions.add_parser(name, help=help_text, description=help_text)
    parser.set_defaults(run=lambda arguments: kiosk_actions.run(action, arguments))
    return parser


def _add(
    actions: _SubParsersAction[ArgumentParser], name: str, action: Action, help_text: str
) -> ArgumentParser:
    parser = _add_plain(actions, name, action, help_text)
    server = parser.add_argument_group("server")
    for option in NAMES:
        server.add_argument(f"--{option}", metavar=option.upper(), help=_OPTION_HELP[option])
    return parser


def _add_card(parser: ArgumentParser) -> None:
    chosen = parser.add_mutually_exclusive_group(required=True)
    chosen.add_argument(
        "--card", type=int, metavar="N", help="The number of a demo card, see `konbinid kiosk cards`."
    )
    chosen.add_argument("--serial", metavar="HEX", help="The serial number of any user certificate instead.")
    parser.add_argument(
        "--device",
        choices=("CARD", "PHONE"),
        default="CARD",
        help="What holds the certificate of --serial. The default is CARD.",
    )


def _add_issue(actions: _SubParsersAction[ArgumentParser]) -> None:
    parser = _add(
        actions,
        "issue",
        kiosk_actions.issue,
        "Choose a certificate, have it issued, keep the PDF and report the delivery.",
    )
    _add_card(parser)
    _add_order(parser)
    _add_sale(parser)


def _add_order(parser: ArgumentParser) -> None:
    """What the resident chooses on the screen."""
    parser.add_argument("--kind", choices=_KINDS, required=True, help="The kind of certificate.")
    parser.add_argument(
        "--show",
        metavar="A,B",
        type=_words,
        default=(),
        help="What to print on request, like RELATIONSHIP,DOMICILE.",
    )
    parser.add_argument(
        "--members",
        metavar="1,2",
        type=_numbers,
        default=(),
        help="The members to print. Without it everybody is printed.",
    )
    parser.add_argument("--year", type=int, metavar="YEAR", help="The 年度 of kazei, as a Western year.")
    parser.add_argument(
        "--copies", type=int, default=1, metavar="N", help="How many copies. The default is 1."
    )


def _add_sale(parser: ArgumentParser) -> None:
    """What the kiosk decides."""
    parser.add_argument(
        "--fee",
        type=int,
        metavar="YEN",
        help="The fee per copy. Without it the list is asked first, as a kiosk does, and its fee is taken.",
    )
    parser.add_argument(
        "--transaction-id",
        metavar="ID",
        help="The transactionId to use instead of a random one, to ask for the same again.",
    )
    parser.add_argument(
        "--no-report", action="store_true", help="Do not report the delivery; use `report` later."
    )
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="Where to write the PDF."
    )


def _add_report(actions: _SubParsersAction[ArgumentParser]) -> None:
    parser = _add(actions, "report", kiosk_actions.report, "Report what became of an issued certificate.")
    parser.add_argument("--issuance", required=True, metavar="NUMBER", help="The issuance number.")
    parser.add_argument(
        "--outcome", required=True, choices=("DELIVERED", "CANCELLED", "FAILED"), help="What became of it."
    )
    parser.add_argument(
        "--copies",
        type=int,
        default=0,
        metavar="N",
        help="How many copies were delivered; 0, the default, unless DELIVERED.",
    )
    parser.add_argument("--detail", metavar="TEXT", help="What there is to say about it.")


def _add_error(actions: _SubParsersAction[ArgumentParser]) -> None:
    parser = _add(
        actions, "error", kiosk_actions.error, "Report that something is wrong with a certificate or a kind."
    )
    parser.add_argument(
        "--code", required=True, metavar="CODE", help="The error code: letters, digits, hyphens."
    )
    parser.add_argument("--detail", default="", metavar="TEXT", help="What there is to say about it.")
    parser.add_argument(
        "--issuance", metavar="NUMBER", help="The issuance number, when it is about one certificate."
    )
    parser.add_argument("--kind", choices=_KINDS, help="The kind, when it is about a kind.")


def _add_apply(actions: _SubParsersAction[ArgumentParser]) -> None:
    parser = _add(
        actions,
        "apply",
        kiosk_actions.apply,
        "Apply for registration (利用登録申請) as one who lives elsewhere.",
    )
    _add_card(parser)
    parser.add_argument("--birth", required=True, type=_day, help="The birth date as YYYY-MM-DD.")
    for option, help_text in (
        ("name", "The applicant's name."),
        ("kana", "Its reading in katakana."),
        ("address", "The address."),
        ("phone", "The telephone number."),
        ("domicile", "本籍."),
        ("head", "筆頭者."),
    ):
        parser.add_argument(f"--{option}", required=True, help=help_text)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in _words(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of numbers like 1,2") from None


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day like 1985-06-03") from None
