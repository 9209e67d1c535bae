"""The status page: it tells the truth about service, feeds and this host, and nothing about people."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from running_daemon import fetch
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from konbinid.domain.dates import JST
from konbinid.domain.feeds import Feed, FeedRule
from konbinid.domain.freshness import AROUND_THE_CLOCK
from konbinid.domain.kinds import Kind
from konbinid.domain.request import KindState, ServiceReport, ServiceState
from konbinid.office.status import Sources, StatusPage
from konbinid.office.status_view import Here, view_of
from konbinid.office.words import Tone
from konbinid.ops.admin_site import AdminSite
from konbinid.ops.door import Door
from konbinid.store.pool import Pool
from konbinid.store.status import FeedRow, LeaseRow, RemovalRow, Status

_NOW = datetime(2026, 11, 24, 10, 0, tzinfo=JST)
_OPENS, _CLOSES = _NOW.replace(hour=6, minute=30), _NOW.replace(hour=23)
_HERE = Here("272060", "TEST", "host-a", "0.1.0", "f" * 32, True, "", True)
_RULES = {
    feed: FeedRule(AROUND_THE_CLOCK, timedelta(hours=24)) for feed in (Feed.JUMIN, Feed.INKAN, Feed.GAIJI)
}
_STATUS = Status(LeaseRow(1, "host-a", _NOW), (), (), 0, 0, (), None)


def _report(*states):
    kinds = tuple(
        KindState(kind, state, _OPENS, _CLOSES)
        for kind, state in zip((Kind.JUMINHYO, Kind.KISAIJIKO, Kind.INKAN), states, strict=False)
    )
    whole = ServiceState.OPEN if ServiceState.OPEN in states else ServiceState.CLOSED
    return ServiceReport(whole, "TEST", _NOW, "0.1.0", kinds)


_OPEN = _report(*[ServiceState.OPEN] * 3)


@pytest.mark.parametrize(
    ("report", "status", "here", "words", "tone"),
    [
        (_OPEN, _STATUS, _HERE, "交付しています", Tone.GOOD),
        (_report(ServiceState.OPEN, ServiceState.STALE), _STATUS, _HERE, "一部の証明書を交付していません", Tone.WARNING),
        (_report(ServiceState.STALE, ServiceState.SUSPENDED), _STATUS, _HERE, "どの証明書も交付していません", Tone.BAD),
        (_report(ServiceState.CLOSED, ServiceState.STALE), _STATUS, _HERE, "一部の証明書を交付していません", Tone.WARNING),
        (_report(ServiceState.OPEN, ServiceState.SUSPENDED), _STATUS, _HERE, "一部の証明書を交付していません", Tone.WARNING),
        (_report(*[ServiceState.CLOSED] * 3), _STATUS, _HERE, "取扱時間外です", Tone.QUIET),
        (replace(_OPEN, state=ServiceState.SUSPENDED), _STATUS, _HERE, "すべての証明書の交付を停止しています", Tone.BAD),
        (_report(), _STATUS, _HERE, "取り扱う証明書がありません", Tone.WARNING),
        (_OPEN, _STATUS, replace(_HERE, fit=False, unfit_because="deviates"), "このサーバは交付していません", Tone.BAD),
        (_OPEN, _STATUS, replace(_HERE, fit=None, unfit_because="start"), "このサーバは交付していません", Tone.BAD),
        (None, _STATUS, _HERE, "データベースに接続できません", Tone.BAD),
        (_OPEN, None, _HERE, "データベースに接続できません", Tone.BAD),
    ],
)  # fmt: skip
def test_the_headline_is_the_worst_news(report, status, here, words, tone):
    """Whoever glances at the page sees the worst that is true; 「交付しています」 only when everything is open."""
    summary = view_of(report, status, _RULES, here, _NOW).summary
    assert (summary.words, summary.tone) == (words, tone)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (FeedRow(Feed.JUMIN, "x", _NOW, _NOW - timedelta(hours=17, minutes=59), False, 0), "正常"),
        (FeedRow(Feed.JUMIN, "x", _NOW, _NOW - timedelta(hours=24), False, 0), "間もなく遅延"),
        (FeedRow(Feed.JUMIN, "x", _NOW, _NOW, False, 0, behind=True), "復元待ち"),
        (FeedRow(Feed.JUMIN, "x", _NOW, _NOW, False, 0, was_stale=True), "遅延"),
        (FeedRow(Feed.JUMIN, "x", _NOW, _NOW - timedelta(hours=24, seconds=1), False, 0), "遅延"),
        (FeedRow(Feed.JUMIN, "x", _NOW, _NOW, True, 1), "停止"),
        (FeedRow(Feed.JUMIN, None, None, None, False, 0), "未受信"),
        (FeedRow(Feed.GAIJI, "x", _NOW, _NOW - timedelta(days=900), False, 0), "正常"),
    ],
)
def test_a_feed_is_told_as_the_rules_see_it(row, words):
    """I-06: a stalled feed is seen on the page at the moment at which its kinds close; 外字 do not age."""
    (line,) = view_of(_OPEN, replace(_STATUS, feeds=(row,)), _RULES, _HERE, _NOW).feeds
    assert line.state.words == words


def test_a_feed_that_the_city_does_not_send_is_left_out():
    """The page shows what is configured."""
    row = FeedRow(Feed.ZEI, None, None, None, False, 0)
    assert view_of(_OPEN, replace(_STATUS, feeds=(row,)), _RULES, _HERE, _NOW).feeds == ()


@pytest.mark.parametrize(
    ("removal", "words", "tone"),
    [
        (None, "まだ行っていません", Tone.QUIET),
        (RemovalRow(_NOW, ""), "完了 (11月24日 10:00)", Tone.GOOD),
        (RemovalRow(_NOW, "no_news"), "見合わせ (11月24日 10:00)", Tone.WARNING),
    ],
)
def test_what_was_removed_is_told(removal, words, tone):
    """Whoever is on duty sees at a glance that retention works, or that it does not believe the clock."""
    said = view_of(_OPEN, replace(_STATUS, removal=removal), _RULES, _HERE, _NOW).removal
    assert (said.words, said.tone) == (words, tone)


def test_closed_all_day_and_open_to_midnight():
    """Hours are told as people write them."""
    kinds = (
        KindState(Kind.JUMINHYO, ServiceState.CLOSED, None, None),
        KindState(Kind.INKAN, ServiceState.OPEN, _NOW.replace(hour=0), _NOW.replace(day=25, hour=0)),
    )
    lines = view_of(replace(_OPEN, kinds=kinds), _STATUS, _RULES, _HERE, _NOW).kinds
    assert [line.hours for line in lines[:3]] == ["終日休み", "―", "00:00–24:00"]
    assert [line.state.words for line in lines] == ["閉", "取扱なし", "開", *["取扱なし"] * (len(lines) - 3)]


@pytest.mark.usefixtures("database")
class StatusPageOverHttp(TestCase):
    """The page as a browser gets it."""

    def _open(self, check, within=5.0):
        pool = Pool(reactor, [self.database.dsn("office")], role="office", size=1)
        pool.start()
        self.addCleanup(pool.stop)
        sources = Sources(reactor, lambda: _NOW, pool, check, _RULES, lambda: _HERE, within)
        door = Door(reactor, "admin", ("127.0.0.1", 0), AdminSite(StatusPage(sources), reactor))
        door.startService()
        self.addCleanup(door.stopService)
        return door.port

    async def _open_now(self):
        return _OPEN

    async def test_the_page_is_whole_and_holds_no_script(self):
        """Semantic HTML in Japanese under a policy that allows no script; it renews itself and can be told not to."""
        self.database.run(
            "insert into ops.alert (severity, source, event, subject, detail) values "
            "('warning', 'desk', 'paper.unprintable', 'juminhyo', '{\"place\": \"entry 1 name: no glyph for U+4E65\"}')"
        )
        port = self._open(self._open_now)
        status, headers, page = await deferToThread(fetch, port, "/")
        self.assertEqual(status, 200)
        self.assertIn("default-src 'none'; style-src 'self'", headers["content-security-policy"])
        self.assertEqual(headers["cache-control"], "no-store")
        self.assertNotIn("server", headers)
        self.assertIn('<html lang="ja">', page)
        self.assertNotIn("<script", page)
        self.assertNotIn("style=", page)
        self.assertEqual(page.count("<h1"), 1)
        self.assertIn('http-equiv="refresh" content="30"', page)
        self.assertIn("字形のない文字", page)
        self.assertIn("箇所: <code>entry 1 name: no glyph for U+4E65</code>", page)
        for heading in ("証明書ごとの状態", "データ連携", "直近の発行", "このサーバ"):
            self.assertIn(heading, page)
        _, _, still = await deferToThread(fetch, port, "/?refresh=off")
        self.assertNotIn("http-equiv", still)

    async def test_the_newest_removal_is_shown(self):
        """Read from the audit row of the newest run."""
        for refused in ('{"parts": 3}', '{"refused": "no_news"}'):
            self.database.run(
                "insert into ledger.audit (actor, action, detail) values ('konbinid', 'retention.database', %s)",
                (refused,),
            )
        _, _, page = await deferToThread(fetch, self._open(self._open_now), "/")
        self.assertIn("見合わせ (", page)

    async def test_the_style_is_served_and_nothing_else(self):
        """The page's only other file."""
        port = self._open(self._open_now)
        status, headers, _ = await deferToThread(fetch, port, "/static/status.css")
        self.assertEqual((status, headers["content-type"]), (200, "text/css; charset=utf-8"))
        for path in ("/static/", "/static/../status.html", "/templates/status.html", "/x"):
            self.assertEqual((await deferToThread(fetch, port, path))[0], 404, path)

    async def test_another_name_for_this_machine_is_refused(self):
        """A web page elsewhere whose name was pointed at 127.0.0.1 (DNS rebinding) reads nothing here."""
        port = self._open(self._open_now)
        status, _, page = await deferToThread(fetch, port, "/", "evil.example")
        self.assertEqual(status, 421)
        self.assertNotIn("証明書ごとの状態", page)

    async def test_what_the_database_holds_is_text_never_markup(self):
        """An alert's text comes from files and other systems: it is shown, not run."""
        planted = "<img src=x onerror=alert(1)>"
        self.database.run(
            "insert into ops.alert (severity, source, event, subject) values ('error', 'intake', 'file_not_taken', %s)",
            [planted],
        )
        _, _, page = await deferToThread(fetch, self._open(self._open_now), "/")
        self.assertNotIn(planted, page)
        self.assertIn("&lt;img src=x", page)

    async def test_a_desk_that_is_busy_does_not_hold_the_page(self):
        """While the desk holds its callers (up to 30 s), the page still comes, and says so."""
        waiting = Deferred()
        self.addCleanup(lambda: waiting.called or waiting.callback(_OPEN))

        async def held():
            return await waiting

        status, _, page = await deferToThread(fetch, self._open(held, 0.2), "/")
        self.assertEqual(status, 503)
        self.assertIn("データベースに接続できません", page)

    async def test_issuances_are_shown_without_their_people(self):
        """The last issuances stand there by number, kind, time and state; the holder's number is nowhere on the page."""
        at = datetime.now(UTC)
        self.database.run(
            "insert into ledger.issuance (issuance_number, client, transaction_id, request_digest, kind, copies, fee, members, switches,"
            " credential_type, credential_serial, chain_code, store_code, store_name, terminal_id, channel, host, build)"
            " values ('7K3Q-9WMX-2PTD-4H01', 'center', 't-1', '\\x00', 'inkan', 1, 300, '{}', '{}', 'CARD', 'abc123def', '99', '1', 'mart', 'T', 'STORE', 'h', 'b')"
        )
        self.database.run(
            "insert into ledger.decision values ('7K3Q-9WMX-2PTD-4H01', %s, '0000012345', '[]', '{}', '\\x00', 'v', 'd', 'f', '', 1, 'f', 1, 300, '\\x00', %s)",
            [at, at + timedelta(hours=1)],
        )
        _, _, page = await deferToThread(fetch, self._open(self._open_now), "/")
        self.assertIn("7K3Q-9WMX-2PTD-4H01", page)
        self.assertIn("印鑑登録証明書", page)
        self.assertIn("作成済み・引渡し報告待ち", page)
        for hidden in ("0000012345", "abc123def", "mart"):
            self.assertNotIn(hidden, page)
        self.assertTrue(re.search(r"今日の発行 <strong>\d</strong> 件", page))


@pytest.mark.usefixtures("own_server")
class StatusPageWithoutDatabase(TestCase):
    """The page while the database is away."""

    async def test_it_says_so(self):
        """The one moment at which people look at the page is not the one at which it fails."""
        pool = Pool(reactor, [self.own_server.dsn("office")], role="office", size=1)
        self.own_server.server.stop()
        pool.start()
        self.addCleanup(pool.stop)

        async def unasked():
            raise AssertionError

        sources = Sources(reactor, lambda: _NOW, pool, unasked, _RULES, lambda: _HERE, 0.2)
        door = Door(reactor, "admin", ("127.0.0.1", 0), AdminSite(StatusPage(sources), reactor))
        door.startService()
        self.addCleanup(door.stopService)
        status, _, page = await deferToThread(fetch, door.port, "/")
        self.assertEqual(status, 503)
        self.assertIn("データベースに接続できません", page)
        self.assertIn("host-a", page)
