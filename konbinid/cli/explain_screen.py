"""What ``konbinid explain`` shows, line by line: whose case, what was known, and each kind's rules."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from konbinid.cli.columns import padded, width_of
from konbinid.domain.dates import JST
from konbinid.domain.explanation import OF_THE_CHOICE
from konbinid.domain.feeds import KIND_FEEDS, Feed
from konbinid.domain.kinds import TITLES, CredentialType, Kind
from konbinid.domain.registration import pending_of, registration_in
from konbinid.domain.results import MESSAGES, Code
from konbinid.office import words
from konbinid.office.cells import cell_name
from konbinid.office.reasons import RULES, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from konbinid.domain.doubts import Doubt
    from konbinid.domain.explanation import Finding, KindExplanation
    from konbinid.domain.person import Credential
    from konbinid.domain.request import CredentialKey
    from konbinid.domain.trials import Hindrance
    from konbinid.issue.explaining import Looked

_TITLE_WIDTH = 14
_RULE_WIDTH = 40  # the longest rule with a 年度
_CREDENTIALS = {CredentialType.CARD: "カード", CredentialType.PHONE: "スマートフォン"}


def heading(
    number: str | None, key: CredentialKey | None, looked: Looked, kinds: tuple[Kind, ...], untried: str
) -> Iterator[str]:
    """Who is looked at, for which instant and by whose knowledge, and how current each feed is."""
    if key is None:
        yield f"宛名番号 {number}"
    else:
        yield f"電子証明書 {_CREDENTIALS[key.type]} (末尾 {key.serial[-4:]})"
    lines = [("時点", [_moment(looked.case.at)]), ("市の設定と外字", [*_knowledge(looked)])]
    if key is None:
        lines.append(("電子証明書", [_credential(each) for each in looked.credentials] or ["なし"]))
        if looked.case.household is None:
            lines.append(
                ("住民票", ["連携されたデータに、この宛名番号の人はいません。番号を確かめてください。"])
            )
    else:
        lines += _holder(looked)
    lines.append(("データの日時", [*_freshness(looked, kinds)]))
    if untried:
        lines.append(("印字", [f"試していません ({untried})"]))
    for title, texts in lines:
        for at, text in enumerate(texts):
            yield f"  {padded(title if at == 0 else '', _TITLE_WIDTH)}  {text}"


def _knowledge(looked: Looked) -> Iterator[str]:
    if looked.known is None:
        yield "いま分かっているもの"
    elif looked.known == looked.case.at:
        yield "その時点で分かっていたもの"
    elif looked.known.year == 9999:
        yield "いま分かっているもの (指定による)"
    else:
        yield f"{_moment(looked.known)} に分かっていたもの (指定による)"
    if looked.differs:
        yield "あとから承認・取下げされたものでは違います (--as-known-at now で見られます)"
    if looked.past:
        yield "住民などのデータは、いま連携されているもの (過去のものは残りません)"


def _holder(looked: Looked) -> list[tuple[str, list[str]]]:
    applicant = looked.case.applicant
    known = [_credential(each) for each in looked.credentials] or ["見つかりません"]
    person = "なし" if applicant is None else f"宛名番号 {applicant.atena_number}"
    return [("住基ネット", known), ("住民", [person]), ("利用登録", [_registration(looked)])]


def _registration(looked: Looked) -> str:
    waiting, bound = pending_of(looked.history), registration_in(looked.history)
    if bound is not None:
        gone = "" if bound.stands else "。戸籍の記載が変わったため、効力がありません"
        return f"承認済み (申込番号 {bound.application_number}){gone}"
    if waiting is not None:
        return f"審査待ち (申込番号 {waiting.number})"
    if not looked.history:
        return "申込みがありません"
    newest = looked.history[0]
    return f"{'終了' if newest.ended else '却下'} (申込番号 {newest.number})"


def _freshness(looked: Looked, kinds: tuple[Kind, ...]) -> Iterator[str]:
    behind = frozenset(feed for kind in kinds for feed in KIND_FEEDS[kind]) | {Feed.GAIJI}
    for feed in (feed for feed in Feed if feed in behind):
        moment = looked.evidence.as_of.get(feed)
        yield f"{padded(words.FEEDS[feed], 12)}  {'未受信' if moment is None else _moment(moment)}"


def kind_lines(explained: KindExplanation) -> Iterator[str]:
    """One kind: what would be told, every rule, and what to say."""
    refusal = explained.refusal
    title = TITLES[explained.kind]
    if refusal is not None:
        yield f"{title}: 交付できません ({refusal.code})"
    elif explained.refused_choices:
        yield f"{title}: 選び方により交付できます"
    else:
        yield f"{title}: 規則のうえでは交付できます"
    yield from _findings(explained.findings)
    if refusal is not None and refusal.rule is not None:
        yield f"    キオスクの画面  {MESSAGES[refusal.code]}"
        yield f"    案内            {reason_of(refusal.rule).telling}"
    elif explained.refused_choices:
        tellings = {(each.code, reason_of(each.rule or "").telling) for each in explained.refused_choices}
        for code, telling in sorted(tellings):
            yield f"    案内 ({code})     {telling}"


def _findings(findings: Iterable[Finding]) -> Iterator[str]:
    chosen = False
    for code, same in groupby(findings, key=lambda finding: finding.code):
        if code in OF_THE_CHOICE:
            if not chosen:
                yield f"  － {'・'.join(sorted(OF_THE_CHOICE))} 申込みの内容による"
            chosen = True
        else:
            yield from _rule(code, [*same])


def _rule(code: Code, findings: list[Finding]) -> Iterator[str]:
    """One rule. Choices of which it says the same share a line, but each 年度 has its own."""
    groups: list[list[Finding]] = []
    for finding in findings:
        same = next((group for group in groups if _verdict(group[0]) == _verdict(finding)), None)
        if same is None or code is Code.NO_TAX_RECORD:
            groups.append([finding])
        else:
            same.append(finding)
    for group in groups:
        choice = "、".join(finding.choice for finding in group if finding.choice)
        alone = len(groups) == 1 and code is not Code.NO_TAX_RECORD
        yield from _finding(group[0], "" if alone and group[0].rule is None else choice)


def _verdict(finding: Finding) -> tuple[object, ...]:
    return finding.rule, finding.open, finding.hindrances


def _finding(finding: Finding, choice: str) -> Iterator[str]:
    mark = "✗" if finding.rule is not None else "－" if finding.open else "✓"
    label = RULES[finding.code]
    short = f"{label}: {choice}" if choice else label
    below = width_of(short) > _RULE_WIDTH
    yield f"  {padded(mark, 2)} {finding.code} {padded(label if below else short, _RULE_WIDTH)}  {_behind(finding)}".rstrip()
    if below:
        yield f"          [{choice}]"
    if finding.hindrances:
        for each in finding.hindrances:
            yield f"          {_hindrance(each)}"
    elif finding.rule is not None:
        yield f"          {reason_of(finding.rule).meaning}"
    for file in finding.files:
        yield f"          {_file(file)}"


def _behind(finding: Finding) -> str:
    if not finding.feeds:
        return ""
    behind = "・".join(words.FEEDS[feed] for feed in finding.feeds)
    if finding.unfed:
        return f"{behind} 未受信のものあり"
    return behind if finding.as_of is None else f"{_moment(finding.as_of)} {behind}"


def _hindrance(each: Hindrance) -> str:
    meaning = reason_of(each.rule).meaning
    if not each.where:
        return meaning
    characters = f" ({', '.join(each.characters)})" if each.characters else ""
    return f"{cell_name(each.where)}{characters}: {meaning}"


def _file(doubt: Doubt) -> str:
    state = words.FILE_STATES.get(doubt.state, words.UNKNOWN_FILE).words
    since = "" if doubt.since is None else f"、{_moment(doubt.since)} から"
    return f"確認待ちのファイル {doubt.number} {doubt.name} ({state}{since})"


def _credential(credential: Credential) -> str:
    state = "有効" if credential.valid else "失効"
    until = f"、{credential.expires_on:%Y-%m-%d} まで" if credential.expires_on is not None else ""
    return f"{_CREDENTIALS[credential.type]} (末尾 {credential.serial[-4:]}) {state}{until}"


def _moment(instant: datetime) -> str:
    return f"{instant.astimezone(JST):%Y-%m-%d %H:%M}"
