"""``konbinid explain``: why a certificate does not come, kind by kind and rule by rule, for whoever answers the telephone."""

from __future__ import annotations

import argparse
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from konbinid.cli import explain_screen
from konbinid.cli.failure import CommandFailed
from konbinid.cli.options import add_config_option, add_known_option, instant, loaded
from konbinid.domain.explanation import as_if_held_up, explain_holder, explain_resident
from konbinid.domain.kinds import REGISTER_KINDS, CredentialType, Kind
from konbinid.domain.redact import Redacted
from konbinid.domain.request import CredentialKey
from konbinid.issue.explaining import Looked, Moment, Standards, look_at_holder, look_at_resident
from konbinid.issue.gaiji_presses import GaijiPresses
from konbinid.issue.trying import try_papers
from konbinid.ops.startup import StartRefused, StartUp
from konbinid.paper.glyf import BadFont
from konbinid.preparation import prepare_press
from konbinid.store.audit import insert_audit
from konbinid.store.direct import read_now, session, transaction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from psycopg2.extensions import cursor

    from konbinid.cli.options import Subparsers
    from konbinid.config import Config
    from konbinid.domain.explanation import KindExplanation
    from konbinid.domain.trials import Tried
    from konbinid.paper.press import Press
    from konbinid.store.transaction import Transaction

_DESCRIPTION = """\
Shows for one resident, or for whoever holds a card or telephone, for every certificate and every rule, whether the rule is kept (✓) or not (✗) or cannot be said (－), how
current the data behind it is, what the kiosk shows and what the caller may be told. The rules are the ones that the kiosk path decides by; papers
are printed in memory to see whether they can be. Who looked at whom is written into the audit."""
_SERIAL = re.compile("[0-9A-Fa-f]{1,40}")


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "explain", help="Show why a certificate does not come.", description=_DESCRIPTION
    )
    whom = parser.add_mutually_exclusive_group(required=True)
    whom.add_argument("--person", metavar="NUMBER", help="The resident's 宛名番号, ten digits.")
    whom.add_argument(
        "--credential",
        metavar="TYPE:SERIAL",
        type=_credential,
        help="The certificate of a card or telephone, like CARD:1a2b3c: for people who live elsewhere and are registered.",
    )
    parser.add_argument("--by", metavar="NAME", required=True, help="The person who looks, for the audit.")
    parser.add_argument(
        "--kind", choices=tuple(Kind), help="Only this certificate. Without this option it is all of them."
    )
    parser.add_argument(
        "--at",
        metavar="WHEN",
        type=instant,
        help="A day or a time, like 2027-04-01 or 2027-04-01T09:00, in Japan time: hours, ages, the days of holds, the library and the 外字 are "
        "those of that moment, of a past one as they were known then. What the core systems said is what they say now. Without this option it is now.",
    )
    add_known_option(parser)
    add_config_option(parser)
    parser.set_defaults(run=run)


def _credential(text: str) -> CredentialKey:
    kind, _, serial = text.partition(":")
    try:
        if not _SERIAL.fullmatch(serial):
            raise ValueError
        return CredentialKey.of(CredentialType(kind.upper()), serial)
    except ValueError:
        raise argparse.ArgumentTypeError(
            "CARD or PHONE, a colon and the serial number in hex digits are wanted, like CARD:1a2b3c"
        ) from None


@dataclass(frozen=True, slots=True, repr=False)
class _Whom(Redacted):
    """Who is looked at: by 宛名番号 or by a credential."""

    number: str | None
    key: CredentialKey | None

    async def look(self, tx: Transaction, standards: Standards, moment: Moment) -> Looked:
        """The case."""
        if self.key is not None:
            return await look_at_holder(tx, standards, moment, self.key)
        assert self.number is not None
        return await look_at_resident(tx, standards, moment, self.number)

    def explained(
        self, looked: Looked, kinds: tuple[Kind, ...], tried: Mapping[Kind, tuple[Tried, ...]]
    ) -> tuple[KindExplanation, ...]:
        """Every rule's word."""
        if self.number is None:
            return explain_holder(looked.case, looked.evidence, kinds=kinds, tried=tried)
        return explain_resident(looked.case, looked.evidence, self.number, kinds=kinds, tried=tried)


def run(arguments: argparse.Namespace) -> int:
    """Look, note who looked, and show."""
    whom, who = _Whom(arguments.person, arguments.credential), arguments.by.strip()
    if whom.number is not None and not re.fullmatch("[0-9]{10}", whom.number):
        raise CommandFailed("--person needs a 宛名番号 of ten digits.")
    if not who:
        raise CommandFailed("--by needs a name.")
    config = loaded(arguments)
    rules = {feed: setting.rule for feed, setting in config.feeds.items()}
    standards = Standards(config.service.municipality, rules, config.limits.register_pages)
    moment = Moment(arguments.at, arguments.as_known_at)
    with session(config.database.dsns_of("office"), "explain") as made, transaction(made) as cur:
        cur.execute("set transaction isolation level repeatable read")
        # The audit first: nobody sees what is not written down.
        _note(cur, who, whom)
        looked = read_now(cur, lambda tx: whom.look(tx, standards, moment))
        if whom.key is not None and looked.case.applicant is not None:
            insert_audit(cur, who, "person.explain", looked.case.applicant.atena_number)
        kinds = _kinds(arguments.kind, whom, looked)
        tried, untried = _tried(cur, config, whom, looked, kinds)
    for line in explain_screen.heading(whom.number, whom.key, looked, kinds, untried):
        print(line)
    for each in whom.explained(looked, kinds, tried):
        print()
        for line in explain_screen.kind_lines(each):
            print(line)
    return 0


def _note(cur: cursor, who: str, whom: _Whom) -> None:
    """A serial number stands in the audit by its end only; who it leads to is noted besides."""
    if whom.key is None:
        assert whom.number is not None
        insert_audit(cur, who, "person.explain", whom.number)
    else:
        insert_audit(cur, who, "credential.explain", f"{whom.key.type}:…{whom.key.serial[-4:]}")


def _kinds(wanted: str | None, whom: _Whom, looked: Looked) -> tuple[Kind, ...]:
    """All, or the one asked for. Whoever does not live here can have the register kinds only: of the others there is nothing to explain."""
    if wanted is not None:
        return (Kind(wanted),)
    applicant = looked.case.applicant
    here = whom.key is None or (applicant is not None and applicant.state.is_living)
    return tuple(kind for kind in Kind if here or kind in REGISTER_KINDS)


def _tried(
    cur: cursor, config: Config, whom: _Whom, looked: Looked, kinds: tuple[Kind, ...]
) -> tuple[Mapping[Kind, tuple[Tried, ...]], str]:
    """What became of the papers, and why none was tried: the rest is worth seeing on a server without forms and fonts, too."""
    case = looked.case if whom.number is None else as_if_held_up(looked.case, whom.number)
    if case.applicant is None or REGISTER_KINDS.issuperset(kinds):
        return {}, ""
    try:
        press: Press = prepare_press(config, StartUp(time.monotonic))
        return read_now(
            cur,
            lambda tx: try_papers(
                tx, press, case, kinds, presses=GaijiPresses(), pause=_at_once, known=looked.known
            ),
        ), ""
    except (StartRefused, BadFont) as refused:
        return {}, str(refused)


async def _at_once() -> None:
    """Nothing else waits for a command."""
