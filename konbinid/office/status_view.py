"""What the status page shows, as values: made from what was read, looked at by a template that decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from konbinid.domain.feeds import AGEING, Feed, FeedRule, Standing
from konbinid.domain.freshness import expected_age, next_expected, stale_from
from konbinid.domain.kinds import TITLES, Kind
from konbinid.domain.request import KindState, ServiceReport, ServiceState
from konbinid.office import words
from konbinid.office.words import Said, Tone
from konbinid.store.status import AlertRow, FeedRow, IssuanceRow, Status


@dataclass(frozen=True, slots=True)
class Here:
    """The host that shows the page: ``fit`` None while it is not known yet; ``unfit_because`` is Fitness' reason; ``holds_lease`` whether it runs the singleton jobs."""

    municipality: str
    environment: str
    host: str
    build: str
    fingerprint: str
    fit: bool | None
    unfit_because: str
    holds_lease: bool


@dataclass(frozen=True, slots=True)
class KindLine:
    """One kind: its state, and today's hours (「―」 when closed all day)."""

    title: str
    state: Said
    hours: str


@dataclass(frozen=True, slots=True)
class FeedLine:
    """One feed: how its data stands, the last file applied and when, as of when the data is, its age in expected time with
    the limit, when it is expected again, and until when it stays fresh if nothing comes."""

    title: str
    feed: str
    state: Said
    file: str
    applied: str
    as_of: str
    age: str
    next_expected: str
    closes: str
    open_files: int


@dataclass(frozen=True, slots=True)
class IssuanceLine:
    """One issuance, without its people."""

    number: str
    title: str
    at: str
    state: Said


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert that nobody has seen to."""

    at: str
    severity: Said
    text: str
    event: str
    subject: str
    place: str


@dataclass(frozen=True, slots=True)
class View:
    """The page."""

    here: Here
    now: str
    summary: Said
    advice: str
    database_is_away: bool
    kinds: tuple[KindLine, ...]
    feeds: tuple[FeedLine, ...]
    issuances: tuple[IssuanceLine, ...]
    alerts: tuple[AlertLine, ...]
    issued_today: int
    refused_today: int
    holder: str
    approved: str
    removal: Said


_Summary = tuple[Said, str]
_OPEN: _Summary = (Said("交付しています", Tone.GOOD), "")
_CLOSED: _Summary = (Said("取扱時間外です", Tone.QUIET), "")
_IN_PART: _Summary = (
    Said("一部の証明書を交付していません", Tone.WARNING),
    "下の表で、停止またはデータ遅延の証明書を確かめてください。",
)
_NONE_OPEN: _Summary = (Said("どの証明書も交付していません", Tone.BAD), _IN_PART[1])
_NOTHING_OFFERED: _Summary = (
    Said("取り扱う証明書がありません", Tone.WARNING),
    "konbinid library import で市の設定を取り込んでください。",
)
_SUSPENDED: _Summary = (
    Said("すべての証明書の交付を停止しています", Tone.BAD),
    "再開する前に、停止の理由を確かめてください。",
)
_AWAY: _Summary = (
    Said("データベースに接続できません", Tone.BAD),
    "復旧するまで交付できません。データベースの状態を確かめてください。",
)
_UNFIT = Said("このサーバは交付していません", Tone.BAD)
_UNFIT_BECAUSE = {
    "start": "起動の途中です。",
    "no_approval": "構成がまだ承認されていません。konbinid fingerprint --approve --by 氏名 で承認してください。",
    "deviates": "このサーバの構成が、承認されたものと違います。両方のサーバで konbinid fingerprint を実行し、違いを確かめてください。",
}


def view_of(
    report: ServiceReport | None,
    status: Status | None,
    rules: Mapping[Feed, FeedRule],
    here: Here,
    now: datetime,
) -> View:
    """report: None when the desk could not answer; status: None when the database did not answer; now: aware."""
    away = report is None or status is None
    summary, advice = _summary(report, here, away=away)
    return View(
        here=here,
        now=words.with_seconds(now),
        summary=summary,
        advice=advice,
        database_is_away=away,
        kinds=() if report is None else _kinds(report),
        feeds=() if status is None else _feeds(status.feeds, rules, now),
        issuances=() if status is None else tuple(_issuance(row) for row in status.issuances),
        alerts=() if status is None else tuple(_alert(row) for row in status.alerts),
        issued_today=0 if status is None else status.issued_today,
        refused_today=0 if status is None else status.refused_today,
        holder=_holder(status),
        approved=_approved(status),
        removal=_removal(status),
    )


def _summary(report: ServiceReport | None, here: Here, *, away: bool) -> _Summary:
    if away or report is None:
        return _AWAY
    return _service(report) if here.fit else (_UNFIT, _UNFIT_BECAUSE[here.unfit_because])


def _service(report: ServiceReport) -> _Summary:
    if report.state is ServiceState.SUSPENDED:
        return _SUSPENDED
    states = {kind.state for kind in report.kinds}
    if not states:
        return _NOTHING_OFFERED
    shut = {ServiceState.SUSPENDED, ServiceState.STALE}
    if states & shut:
        return _NONE_OPEN if states <= shut else _IN_PART
    return _CLOSED if states == {ServiceState.CLOSED} else _OPEN


def _kinds(report: ServiceReport) -> tuple[KindLine, ...]:
    offered = {kind.kind: kind for kind in report.kinds}
    return tuple(
        KindLine(TITLES[kind], words.SERVICE_STATES[offered[kind].state], _hours(offered[kind]))
        if kind in offered
        else KindLine(TITLES[kind], words.NOT_OFFERED, "―")
        for kind in Kind
    )


def _hours(kind: KindState) -> str:
    if kind.opens_at is None or kind.closes_at is None:
        return "終日休み"
    closes = "24:00" if kind.closes_at.date() != kind.opens_at.date() else f"{kind.closes_at:%H:%M}"
    return f"{kind.opens_at:%H:%M}–{closes}"


def _feeds(rows: tuple[FeedRow, ...], rules: Mapping[Feed, FeedRule], now: datetime) -> tuple[FeedLine, ...]:
    return tuple(_feed(row, rules[row.feed], now) for row in rows if row.feed in rules)


def _feed(row: FeedRow, rule: FeedRule, now: datetime) -> FeedLine:
    ages = row.feed in AGEING
    standing = row.standing(rule, now) if ages or row.fresh_as_of is None else Standing.FRESH
    age, closes = "―", None
    if row.fresh_as_of is not None:
        age = words.how_long(expected_age(rule.calendar, row.fresh_as_of, now))
        if ages:
            age = f"{age} / {words.how_long(rule.maximum_age)}"
        if ages and not standing.closes:
            closes = stale_from(rule.calendar, row.fresh_as_of, rule.maximum_age)
    return FeedLine(
        title=words.FEEDS[row.feed],
        feed=row.feed.value,
        state=Said("停止", Tone.BAD) if row.stopped else words.STANDINGS[standing],
        file=row.last_name or "―",
        applied=words.at_time(row.last_applied_at),
        as_of=words.at_time(row.fresh_as_of),
        age=age,
        next_expected=words.at_time(next_expected(rule.calendar, now) if ages else None),
        closes=words.at_time(closes),
        open_files=row.open_files,
    )


def _issuance(row: IssuanceRow) -> IssuanceLine:
    said = words.ISSUANCE_STATES[row.state]
    return IssuanceLine(row.number, TITLES[row.kind], words.with_seconds(row.received_at), said)


def _alert(row: AlertRow) -> AlertLine:
    text = row.text or words.ALERTS.get(row.event, words.UNKNOWN_ALERT)
    subject = TITLES[Kind(row.subject)] if row.subject in tuple(Kind) else row.subject
    at, severity = words.with_seconds(row.at), words.SEVERITIES[row.severity]
    return AlertLine(at, severity, text, row.event, subject, row.place)


def _holder(status: Status | None) -> str:
    if status is None or not status.lease.holder:
        return "―"
    return f"{status.lease.holder} ({words.at_time(status.lease.since)} から)"


def _approved(status: Status | None) -> str:
    if status is None or status.approved is None:
        return "なし"
    return (
        f"{status.approved.value} ({words.at_time(status.approved.at)} {status.approved.approved_by} が承認)"
    )


def _removal(status: Status | None) -> Said:
    """When what its retention had ended for was last removed."""
    if status is None or status.removal is None:
        return Said("まだ行っていません", Tone.QUIET)
    at = words.at_time(status.removal.at)
    if status.removal.refused:
        return Said(f"見合わせ ({at})", Tone.WARNING)
    return Said(f"完了 ({at})", Tone.GOOD)
