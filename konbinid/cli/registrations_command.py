"""``konbinid registrations``: the queue of 利用登録, what an application says beside what the register says, and the decision."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg2.errors import LockNotAvailable, UniqueViolation

from konbinid.cli.failure import CommandFailed
from konbinid.cli.options import add_config_option, loaded
from konbinid.cli.registrations_screen import application_screen, candidates_screen, queue_line
from konbinid.domain.matching import REQUIRED, compare, may_be
from konbinid.store import registration_office as office
from konbinid.store.direct import session, transaction

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from psycopg2.extensions import cursor

    from konbinid.cli.options import Subparsers
    from konbinid.domain.matching import Candidate

_LINE = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
_ACCEPTABLE = {"head": "head_of_register", "domicile": "domicile"}
_MOST_CANDIDATES = 10
_LIST = "Shows the applications that wait for a decision, the oldest first: number, state and times, nothing about the person."
_SHOW = """\
Shows one application with everybody in the family registers whom the applicant may be, and what is the same (✓) and what differs (✗). The audit
keeps who looked."""
_APPROVE = """\
Binds the applicant's card to one member of a family register: from then on the card opens the register's certificates. Name and birth date must be the
same as in the register; a head of register or domicile that differs must be accepted by name. The binding ends by itself when the register
has another person there, or none."""
_REJECT = "Refuses an application. The reason is shown to the applicant at the kiosk: write it in Japanese, for them."
_END = """\
Takes an approval back: when the command ends, no further certificate is given out by it. The reason is shown to the applicant at the kiosk."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command with its five sub-commands."""
    parser = subparsers.add_parser(
        "registrations",
        help="Decide about applications for registration (利用登録) of people who live elsewhere.",
        description="Applications for registration (利用登録申請) of people whose family register is here and who live elsewhere.",
    )
    acts = parser.add_subparsers(title="sub-commands", metavar="ACT", required=True)
    listing = acts.add_parser("list", help="Show the applications that wait.", description=_LIST)
    listing.add_argument("--all", action="store_true", help="Show those that were decided, too.")
    add_config_option(listing)
    listing.set_defaults(run=run_list)
    _add(acts, "show", "Show an application beside the family registers.", _SHOW).set_defaults(run=run_show)
    approving = _add(acts, "approve", "Bind the applicant's card to a member of a register.", _APPROVE)
    approving.add_argument("--register", metavar="NUMBER", required=True, help="The register: 戸籍番号.")
    approving.add_argument("--member", metavar="NUMBER", required=True, help="The member: 構成員番号.")
    approving.add_argument(
        "--accept",
        choices=sorted(_ACCEPTABLE),
        action="append",
        default=[],
        help="What differs from the register and was looked at; may be given twice.",
    )
    approving.add_argument(
        "--reason", metavar="TEXT", default="", help="Why what differs is accepted; for the record."
    )
    approving.set_defaults(run=run_approve)
    for name, help_text, description, run in (
        ("reject", "Refuse an application.", _REJECT, run_reject),
        ("end", "Take an approval back.", _END, run_end),
    ):
        deciding = _add(acts, name, help_text, description)
        deciding.add_argument(
            "--reason", metavar="TEXT", required=True, help="Why, in one line, for the applicant."
        )
        deciding.set_defaults(run=run)


def _add(acts: Subparsers, name: str, help_text: str, description: str) -> argparse.ArgumentParser:
    parser = acts.add_parser(name, help=help_text, description=description)
    parser.add_argument("number", metavar="APPLICATION", help="The application's number.")
    parser.add_argument("--by", metavar="NAME", required=True, help="The person who looks or decides.")
    add_config_option(parser)
    return parser


def run_list(arguments: argparse.Namespace) -> int:
    """Show the queue."""
    with _office(arguments) as cur:
        found = office.listed(cur, decided=arguments.all)
    for each in found:
        print(queue_line(each))
    if not found:
        print("No application waits.")
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """Show one application; the look is in the audit before anything is shown."""
    who = _line(arguments.by, "--by")
    with _office(arguments) as cur:
        found = _found(cur, arguments.number)
        office.note_look(cur, found.number, who)
        compared = [(each, compare(found.claim, each)) for each in office.candidates(cur, found.claim)]
    likely = sorted((pair for pair in compared if may_be(pair[1])), key=lambda pair: len(pair[1].differing))
    print("\n".join(application_screen(found)))
    print("\n".join(candidates_screen(likely[:_MOST_CANDIDATES], likely[_MOST_CANDIDATES:])))
    return 0


def run_approve(arguments: argparse.Namespace) -> int:
    """Bind the card, if the register says the same of the person."""
    who = _line(arguments.by, "--by")
    accepted = sorted({_ACCEPTABLE[name] for name in arguments.accept})
    reason = _line(arguments.reason, "--reason") if accepted or arguments.reason else ""
    with _office(arguments) as cur:
        found = _pending(cur, arguments.number)
        if found.resident:
            raise CommandFailed("The card is that of somebody who lives here: it needs no registration.")
        candidate = office.member_of(cur, arguments.register, arguments.member)
        if candidate is None:
            raise CommandFailed("The family registers have no such member.")
        _check(found, candidate, accepted)
        office.approve(cur, found.number, candidate, accepted, reason=reason, who=who)
    print(
        f"{found.number}: approved. The card opens register {candidate.register_number} as member {candidate.member}."
    )
    return 0


def _check(found: office.Shown, candidate: Candidate, accepted: list[str]) -> None:
    if not candidate.current:
        raise CommandFailed("The member was removed from the register (除籍).")
    if candidate.resident:
        raise CommandFailed(
            "The register says that the member lives here. Wait for the register's change, or reject."
        )
    differing = compare(found.claim, candidate).differing
    fatal = [name for name in differing if name in REQUIRED]
    if fatal:
        raise CommandFailed(
            f"Not approved: {_words(fatal)} differs from the register. This cannot be accepted."
        )
    open_ones = [name for name in differing if name not in accepted]
    if open_ones:
        raise CommandFailed(
            f"Not approved: {_words(open_ones)} differs from the register. Look at it with "
            "`konbinid registrations show`; if it is the same all the same, say so with --accept and --reason."
        )


def run_reject(arguments: argparse.Namespace) -> int:
    """Refuse."""
    who, reason = _line(arguments.by, "--by"), _line(arguments.reason, "--reason")
    with _office(arguments) as cur:
        found = _pending(cur, arguments.number)
        office.reject(cur, found.number, reason=reason, who=who)
    print(f"{found.number}: rejected.")
    return 0


def run_end(arguments: argparse.Namespace) -> int:
    """Take back."""
    who, reason = _line(arguments.by, "--by"), _line(arguments.reason, "--reason")
    with _office(arguments) as cur:
        found = _found(cur, arguments.number)
        if found.state != office.APPROVED:
            raise CommandFailed(f"The application is {found.state}: there is no registration to end.")
        office.end(cur, found, reason=reason, who=who)
    print(f"{found.number}: ended.")
    return 0


@contextmanager
def _office(arguments: argparse.Namespace) -> Iterator[cursor]:
    with session(loaded(arguments).database.dsns_of("office"), "registrations") as made:
        try:
            with transaction(made) as cur:
                yield cur
        except UniqueViolation:
            raise CommandFailed("Somebody else has just decided it; nothing was changed.") from None
        except LockNotAvailable:
            raise CommandFailed(
                "Certificates of this register are being made without a pause; nothing was changed. Run the command again."
            ) from None


def _found(cur: cursor, number: str) -> office.Shown:
    found = office.shown(cur, number.strip().upper())
    if found is None:
        raise CommandFailed("There is no such application; `konbinid registrations list` shows the numbers.")
    return found


def _pending(cur: cursor, number: str) -> office.Shown:
    found = _found(cur, number)
    if found.state != office.PENDING:
        raise CommandFailed(f"The application is {found.state} already.")
    return found


def _line(text: str, option: str) -> str:
    if not _LINE.fullmatch(text.strip()):
        raise CommandFailed(f"{option} needs one line of 1 to 200 characters.")
    return text.strip()


def _words(names: list[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)
