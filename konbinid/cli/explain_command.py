"""``konbinid explain``: why a resident's certificate does not come, kind by kind and rule by rule, for whoever answers the telephone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from konbinid.cli.failure import CommandFailed
from konbinid.cli.options import add_config_option, instant, loaded
from konbinid.domain.dates import JST
from konbinid.domain.explanation import Finding, KindExplanation, explain_resident
from konbinid.domain.feeds import Feed
from konbinid.domain.kinds import TITLES, Kind
from konbinid.domain.person import Credential
from konbinid.domain.results import MESSAGES
from konbinid.issue.explaining import ResidentCase, resident_case
from konbinid.office import words
from konbinid.office.reasons import RULES, reason_of
from konbinid.store.audit import insert_audit
from konbinid.store.direct import read_now, session, transaction

if TYPE_CHECKING:
    import argparse
    from datetime import datetime

    from konbinid.cli.options import Subparsers

_DESCRIPTION = """\
Shows for one resident, for every certificate and every rule, whether the rule is kept (✓) or not (✗) or cannot be said yet (－), how current the data behind it is, what the kiosk
shows and what the caller may be told. The rules are the ones that the kiosk path decides by. Who looked at whom is written into the audit."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "explain", help="Show why a resident's certificate does not come.", description=_DESCRIPTION
    )
    parser.add_argument(
        "--person", metavar="NUMBER", required=True, help="The resident's 宛名番号, ten digits."
    )
    parser.add_argument("--by", metavar="NAME", required=True, help="The person who looks, for the audit.")
    parser.add_argument(
        "--kind", choices=tuple(Kind), help="Only this certificate. Without this option it is all of them."
    )
    parser.add_argument(
        "--at",
        metavar="WHEN",
        type=instant,
        help="A day or a time, like 2027-04-01 or 2027-04-01T09:00, in Japan time: hours, ages, the days of holds and the library are those of "
        "that moment. What the core systems said is what they say now. Without this option it is now.",
    )
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Look, note who looked, and show."""
    number, who = arguments.person, arguments.by.strip()
    if not re.fullmatch("[0-9]{10}", number):
        raise CommandFailed("--person needs a 宛名番号 of ten digits.")
    if not who:
        raise CommandFailed("--by needs a name.")
    config = loaded(arguments)
    rules = {feed: setting.rule for feed, setting in config.feeds.items()}
    with session(config.database.dsns_of("office"), "explain") as made, transaction(made) as cur:
        cur.execute("set transaction isolation level repeatable read")
        # The audit first: nobody sees what is not written down.
        insert_audit(cur, who, "person.explain", number)
        found = read_now(
            cur, lambda tx: resident_case(tx, config.service.municipality, rules, number, arguments.at)
        )
    kinds = tuple(Kind) if arguments.kind is None else (Kind(arguments.kind),)
    _show(number, found, explain_resident(found.case, found.as_of, number, kinds=kinds))
    return 0


def _show(number: str, found: ResidentCase, explained: tuple[KindExplanation, ...]) -> None:
    print(f"宛名番号 {number} — {_moment(found.case.at)} の時点")
    if found.case.household is None:
        print("  この宛名番号の人は、連携されたデータにいません。番号を確かめてください。")
    for credential in found.credentials:
        print(f"  電子証明書 {_credential(credential)}")
    print(f"  データ {_freshness(found)}")
    for each in explained:
        refusal = each.refusal
        print()
        if refusal is None:
            print(f"{TITLES[each.kind]}: 規則のうえでは交付できます。")
        else:
            print(f"{TITLES[each.kind]}: 交付できません ({refusal.code})。")
        for finding in each.findings:
            _show_finding(finding)
        if refusal is not None and refusal.rule is not None:
            print(f"    キオスクの画面: {MESSAGES[refusal.code]}")
            print(f"    案内: {reason_of(refusal.rule).telling}")


def _show_finding(finding: Finding) -> None:
    mark = "✗" if finding.rule is not None else "－" if finding.open else "✓"
    behind = "・".join(words.FEEDS[feed] for feed in finding.feeds)
    if finding.unfed:
        behind += " 未受信のものあり"
    elif finding.as_of is not None:
        behind += f" {_moment(finding.as_of)}"
    print(f"  {mark} {finding.code} {RULES[finding.code]}{f'  [{behind}]' if behind else ''}")
    if finding.rule is not None:
        print(f"         {reason_of(finding.rule).meaning}")


def _freshness(found: ResidentCase) -> str:
    moments = ((feed, found.as_of.get(feed)) for feed in Feed)
    return "、".join(
        f"{words.FEEDS[feed]} {'未受信' if moment is None else _moment(moment)}" for feed, moment in moments
    )


def _credential(credential: Credential) -> str:
    kind = "カード" if credential.type == "CARD" else "スマートフォン"
    state = "有効" if credential.valid else "失効"
    until = f"、{credential.expires_on:%Y-%m-%d} まで" if credential.expires_on is not None else ""
    return f"{kind} (末尾 {credential.serial[-4:]}): {state}{until}"


def _moment(instant_: datetime) -> str:
    return f"{instant_.astimezone(JST):%Y-%m-%d %H:%M}"
