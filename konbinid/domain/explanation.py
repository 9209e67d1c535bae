"""「なぜ出ない」 as values: every rule's word on every kind for one resident or holder of a credential, and how current the data behind it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from konbinid.domain.case import Asked, Case
from konbinid.domain.doubts import Doubt, doubts_about, doubts_of_feeds
from konbinid.domain.entitlement import explain
from konbinid.domain.feeds import KIND_FEEDS, Feed
from konbinid.domain.kinds import KIND_RULES, REGISTER_KINDS, CredentialType, Kind
from konbinid.domain.person import Credential
from konbinid.domain.redact import Redacted
from konbinid.domain.register_papers import registration_of
from konbinid.domain.request import Options
from konbinid.domain.results import Code
from konbinid.domain.tax_rules import no_tax_record, offered_years
from konbinid.domain.trials import Hindrance, Obstacle, Tried, tried_registers

# Which feeds a rule looks at; the others look at the city's library, the clock or the staff's suspension.
_DATA = frozenset(Feed) - {Feed.JPKI, Feed.YOKUSHI}
RULE_FEEDS: Mapping[Code, frozenset[Feed]] = {
    Code.CREDENTIAL_UNKNOWN: frozenset({Feed.JPKI, Feed.JUMIN}),
    Code.CREDENTIAL_INVALID: frozenset({Feed.JPKI}),
    Code.STALE: frozenset(Feed),
    Code.NO_REGISTER: _DATA,
    Code.MAY_NOT_BE_ISSUED: frozenset({Feed.YOKUSHI}),
    Code.UNDER_AGE: frozenset({Feed.JUMIN}),
    Code.CHANGE_IN_PROGRESS: frozenset(Feed),
    Code.NO_TAX_RECORD: frozenset({Feed.ZEI}),
    Code.UNPRINTABLE: _DATA,
    Code.TOO_MANY_PAGES: _DATA,
}

_ON_PAPER = frozenset({Code.UNPRINTABLE, Code.TOO_MANY_PAGES})
# What a kiosk's choice decides: nothing can be said before it is made.
OF_THE_CHOICE = frozenset({Code.NO_SUCH_MEMBER, Code.OPTION_NOT_ALLOWED, Code.FEE_DIFFERS})
_OF_THE_CARD = frozenset({Code.CREDENTIAL_UNKNOWN, Code.CREDENTIAL_INVALID})
_OF_THE_PERSON = frozenset({Code.MAY_NOT_BE_ISSUED, Code.UNDER_AGE, Code.CHANGE_IN_PROGRESS})


@dataclass(frozen=True, slots=True, repr=False)
class Evidence(Redacted):
    """What is known besides the case. ``as_of``: when each feed's data was current (None: never taken in). ``doubts``: the files behind
    provisional holds. ``unsaid``: by kind, rules of which nothing can be said for the instant that is asked about."""

    as_of: Mapping[Feed, datetime | None]
    doubts: tuple[Doubt, ...] = ()
    unsaid: Mapping[Kind, frozenset[Code]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, repr=False)
class Finding(Redacted):
    """What one rule says of one kind, or of one ``choice`` within it (a 年度, a paper). ``rule``: the rule's word against it. ``open``: nothing
    against it, but what it looks at is not there, not chosen yet or not looked at.

    ``as_of`` is when the oldest feed it looks at was current; None when it looks at no feed, or one of them was never taken in (``unfed``).
    ``hindrances``: what is in the way on paper; ``files``: what must be settled before a provisional hold ends.
    """

    code: Code
    rule: str | None
    open: bool
    feeds: tuple[Feed, ...]
    as_of: datetime | None
    unfed: bool
    choice: str = ""
    hindrances: tuple[Hindrance, ...] = ()
    files: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class KindExplanation(Redacted):
    """One kind: every rule's findings, in the contract's order of refusals."""

    kind: Kind
    findings: tuple[Finding, ...]

    @property
    def refusal(self) -> Finding | None:
        """What a kiosk would be told, whatever is chosen; None when there is a choice for which it would get the paper, as far as can be said."""
        choices = {finding.choice for finding in self.findings if finding.choice}
        refused: dict[str, Finding] = {}
        for finding in self.findings:
            if finding.rule is None:
                continue
            if not finding.choice:
                return finding
            refused.setdefault(finding.choice, finding)
            if refused.keys() == choices:
                return next(iter(refused.values()))
        return None

    @property
    def refused_choices(self) -> tuple[Finding, ...]:
        """Findings against single choices."""
        return tuple(finding for finding in self.findings if finding.choice and finding.rule is not None)


def as_if_held_up(case: Case, atena_number: str) -> Case:
    """The case as if a valid card of this resident had been held up: what stands against somebody without a card is looked at, too."""
    card = Credential(CredentialType.CARD, "", atena_number, valid=True, issued_on=None, expires_on=None)
    return replace(case, credential=card)


def explain_resident(
    case: Case,
    evidence: Evidence,
    atena_number: str,
    *,
    kinds: Iterable[Kind] = tuple(Kind),
    tried: Mapping[Kind, tuple[Tried, ...]] | None = None,
) -> tuple[KindExplanation, ...]:
    """Every rule on every kind for one resident, whether or not the case has a credential of theirs. ``tried``: what became of the papers that
    ``trials`` names; a kind that is not in it was not tried."""
    holder = as_if_held_up(case, atena_number)
    return tuple(_explained(case, holder, evidence, kind, (tried or {}).get(kind, ())) for kind in kinds)


def explain_holder(
    case: Case,
    evidence: Evidence,
    *,
    kinds: Iterable[Kind] = tuple(Kind),
    tried: Mapping[Kind, tuple[Tried, ...]] | None = None,
) -> tuple[KindExplanation, ...]:
    """The same for whoever holds the case's credential, living here or registered: as the kiosk sees it."""
    return tuple(_explained(case, case, evidence, kind, (tried or {}).get(kind, ())) for kind in kinds)


def _explained(
    case: Case, holder: Case, evidence: Evidence, kind: Kind, tried: tuple[Tried, ...]
) -> KindExplanation:
    asked = Asked(case.municipality, kind)
    known = holder.applicant is not None or (kind in REGISTER_KINDS and registration_of(holder) is not None)
    unsaid = evidence.unsaid.get(kind, frozenset())
    open_codes = OF_THE_CHOICE | unsaid | (frozenset() if known else _OF_THE_PERSON)
    if case.credential is None:
        open_codes |= {Code.CREDENTIAL_INVALID}
    said = dict(explain(holder, asked))
    said |= {code: rule for code, rule in explain(case, asked) if code in _OF_THE_CARD}
    findings: list[Finding] = []
    for code, rule in said.items():
        if code is Code.NO_TAX_RECORD:
            findings += _years(holder, kind)
        else:
            word = None if code in unsaid else rule
            files = _files(holder, kind, code, evidence.doubts)
            findings.append(_finding(code, word, is_open=word is None and code in open_codes, files=files))
    findings += _on_paper(tried_registers(holder, kind) if kind in REGISTER_KINDS else tried)
    return KindExplanation(kind, tuple(_dated(finding, kind, evidence.as_of) for finding in findings))


def _years(holder: Case, kind: Kind) -> Iterator[Finding]:
    """1109, a line for every 年度 that the city offers; nothing for a kind without years."""
    if not KIND_RULES[kind].takes_year:
        return
    offered = offered_years(holder.shelf)
    for each in offered:
        rule = no_tax_record(holder, Asked(holder.municipality, kind, options=Options(year=each.year)))
        yield _finding(Code.NO_TAX_RECORD, rule, is_open=holder.applicant is None, choice=each.title)
    if not offered:
        yield _finding(Code.NO_TAX_RECORD, None, is_open=True)


def _on_paper(tried: tuple[Tried, ...]) -> Iterator[Finding]:
    """1301 and 1302 for each paper that was tried; open where none was."""
    for code in (Code.UNPRINTABLE, Code.TOO_MANY_PAGES):
        for each in tried:
            found = each.text if code is Code.UNPRINTABLE else each.sheets
            against = [one.rule for one in found or () if one.rule != Obstacle.FORM_NOT_HERE]
            is_open = found is None or (bool(found) and not against)
            finding = _finding(code, against[0] if against else None, is_open=is_open, choice=each.choice)
            yield replace(finding, hindrances=found or ())
        if not tried:
            yield _finding(code, None, is_open=True)


def _files(holder: Case, kind: Kind, code: Code, doubts: tuple[Doubt, ...]) -> tuple[Doubt, ...]:
    if code is Code.CHANGE_IN_PROGRESS:
        return doubts_about(holder, kind, doubts)
    return doubts_of_feeds(kind, doubts) if code is Code.STALE else ()


def _finding(
    code: Code, rule: str | None, *, is_open: bool, choice: str = "", files: tuple[Doubt, ...] = ()
) -> Finding:
    return Finding(code, rule, is_open, (), None, unfed=False, choice=choice, files=files)


def _dated(finding: Finding, kind: Kind, as_of: Mapping[Feed, datetime | None]) -> Finding:
    """With the feeds behind it."""
    looked_at = RULE_FEEDS.get(finding.code, frozenset()) & KIND_FEEDS[kind]
    if finding.code in _ON_PAPER and kind in REGISTER_KINDS:
        looked_at -= {Feed.JUMIN}  # a register's PDF is passed on as it is
    feeds = tuple(feed for feed in Feed if feed in looked_at)
    known = [moment for feed in feeds if (moment := as_of.get(feed)) is not None]
    unfed = len(known) < len(feeds)
    return replace(finding, feeds=feeds, as_of=None if unfed or not known else min(known), unfed=unfed)
