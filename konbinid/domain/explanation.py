"""「なぜ出ない」 as values: every rule's word on every kind for one resident, and how current the data behind it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from konbinid.domain.case import Asked, Case
from konbinid.domain.entitlement import explain
from konbinid.domain.feeds import KIND_FEEDS, Feed
from konbinid.domain.kinds import CredentialType, Kind
from konbinid.domain.person import Credential
from konbinid.domain.redact import Redacted
from konbinid.domain.results import Code

# Which feeds a rule looks at; the others look at the city's library, the clock or the staff's suspension.
RULE_FEEDS: Mapping[Code, frozenset[Feed]] = {
    Code.CREDENTIAL_UNKNOWN: frozenset({Feed.JPKI, Feed.JUMIN}),
    Code.CREDENTIAL_INVALID: frozenset({Feed.JPKI}),
    Code.STALE: frozenset(Feed),
    Code.NO_REGISTER: frozenset(Feed) - {Feed.JPKI, Feed.YOKUSHI},
    Code.MAY_NOT_BE_ISSUED: frozenset({Feed.YOKUSHI}),
    Code.UNDER_AGE: frozenset({Feed.JUMIN}),
    Code.CHANGE_IN_PROGRESS: frozenset(Feed),
    Code.NO_TAX_RECORD: frozenset({Feed.ZEI}),
}


# What a kiosk's choice decides: nothing can be said before it is made.
_OF_THE_CHOICE = frozenset(
    {Code.NO_SUCH_MEMBER, Code.OPTION_NOT_ALLOWED, Code.FEE_DIFFERS, Code.NO_TAX_RECORD}
)
_OF_THE_CARD = frozenset({Code.CREDENTIAL_UNKNOWN, Code.CREDENTIAL_INVALID})
_OF_THE_PERSON = frozenset({Code.MAY_NOT_BE_ISSUED, Code.UNDER_AGE, Code.CHANGE_IN_PROGRESS})


@dataclass(frozen=True, slots=True, repr=False)
class Finding(Redacted):
    """What one rule says of one kind. ``rule``: the rule's word against it. ``open``: nothing against it, but what it looks at is not there or
    not chosen yet. ``as_of``: when the oldest feed it looks at was current; None when it looks at no feed, or one of them was never taken in
    (``unfed``)."""

    code: Code
    rule: str | None
    open: bool
    feeds: tuple[Feed, ...]
    as_of: datetime | None
    unfed: bool


@dataclass(frozen=True, slots=True, repr=False)
class KindExplanation(Redacted):
    """One kind: every rule's finding, in the contract's order of refusals."""

    kind: Kind
    findings: tuple[Finding, ...]

    @property
    def refusal(self) -> Finding | None:
        """What a kiosk would be told; None when it would get the paper, as far as the rules can say."""
        return next((finding for finding in self.findings if finding.rule is not None), None)


def explain_resident(
    case: Case,
    as_of: Mapping[Feed, datetime | None],
    atena_number: str,
    *,
    kinds: tuple[Kind, ...] = tuple(Kind),
) -> tuple[KindExplanation, ...]:
    """Every rule on every kind for one resident, whether or not the case has a credential of theirs: what stands against somebody without a
    card is asked for as if a valid one had been held up."""
    held_up = Credential(CredentialType.CARD, "", atena_number, valid=True, issued_on=None, expires_on=None)
    holder = replace(case, credential=held_up)
    open_codes = _OF_THE_CHOICE | (_OF_THE_PERSON if holder.applicant is None else frozenset())
    if case.credential is None:
        open_codes |= {Code.CREDENTIAL_INVALID}
    explained = []
    for kind in kinds:
        asked = Asked(case.municipality, kind)
        own = {code: rule for code, rule in explain(case, asked) if code in _OF_THE_CARD}
        said = dict(explain(holder, asked)) | own
        findings = (
            _finding(code, rule, kind, as_of, is_open=rule is None and code in open_codes)
            for code, rule in said.items()
        )
        explained.append(KindExplanation(kind, tuple(findings)))
    return tuple(explained)


def _finding(
    code: Code, rule: str | None, kind: Kind, as_of: Mapping[Feed, datetime | None], *, is_open: bool
) -> Finding:
    looked_at = RULE_FEEDS.get(code, frozenset()) & KIND_FEEDS[kind]
    feeds = tuple(feed for feed in Feed if feed in looked_at)
    known = [moment for feed in feeds if (moment := as_of.get(feed)) is not None]
    unfed = len(known) < len(feeds)
    return Finding(code, rule, is_open, feeds, None if unfed or not known else min(known), unfed)
