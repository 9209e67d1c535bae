"""The page of characters without a glyph: it says which, where and how many, when that was found, and nobody's name or number."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import cases
import pytest
from glyph_town import DIGEST, LOST, question, settle
from running_daemon import fetch
from twisted.internet import reactor
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource

from konbinid.domain.dates import JST
from konbinid.glyph_child import look
from konbinid.office import glyphs_view
from konbinid.office.glyphs import GlyphSources, GlyphsPage
from konbinid.ops.admin_site import AdminSite
from konbinid.ops.door import Door
from konbinid.store.glyph_look import GlyphLook, Missing
from konbinid.store.pool import Pool

_NOW = datetime(2026, 11, 24, 10, 0, tzinfo=JST)
_LOST = Missing("U+30EDE", 2, {"name": 2}, _NOW)
_LOOK = GlyphLook(_NOW, 1.0, 3, 1, (_LOST,), is_current=True)


def _view(look, *, now=_NOW, away=False):
    return glyphs_view.glyphs_view(look, environment="TEST", host="host-a", now=now, away=away)


@pytest.mark.parametrize(
    ("look", "away", "said"),
    [
        (None, True, glyphs_view.AWAY),
        (None, False, glyphs_view.NOT_YET),
        (replace(_LOOK, missing=(), characters=0), False, glyphs_view.NONE),
        (_LOOK, False, glyphs_view.SOME),
        (replace(_LOOK, missing=(_LOST, Missing("U+E000", 0, {"mayor": 1}, _NOW))), False, glyphs_view.MAYOR),
    ],
)
def test_the_headline_is_the_worst_news(look, away, said):
    """「ありません」 only when everything was looked through and nothing found: not before the first look, and not without a database."""
    assert _view(look, away=away).summary == said


def test_a_look_that_is_old_or_overtaken_says_so():
    """Numbers of yesterday are not passed off as today's."""
    assert _view(_LOOK).news == ""
    assert "まもなく調べ直します" in _view(replace(_LOOK, is_current=False)).news
    assert "1日を過ぎています" in _view(_LOOK, now=_NOW + timedelta(hours=31)).news
    assert _view(_LOOK, now=_NOW + timedelta(hours=29)).news == ""


def test_a_line_says_what_kind_of_character_and_where():
    """Whoever orders a glyph needs the code points, and whether it is a 外字, a sequence or a character of the standard."""
    many = {"address": 1, "domicile": 12, "tax_address": 3, "name": 12}
    lost = [Missing(code, 13, many, _NOW) for code in ("U+E000", "U+F0001", "U+845B U+E0100", "U+30EDE")]
    lines = _view(replace(_LOOK, missing=tuple(lost), characters=1200)).lines
    assert [line.sort for line in lines] == ["外字", "外字", "異体字 (IVS)", "標準の文字"]
    assert lines[0].fields == ("氏名 12人", "本籍 12人", "課税の賦課期日現在の住所 3人", "住所 1人")


def test_very_many_are_counted():
    """A page that lists thousands helps nobody; what is not listed is still told."""
    view = _view(replace(_LOOK, missing=(_LOST,) * 500, characters=6000))
    assert (len(view.lines), view.more, view.characters) == (200, 5800, "6,000")


@pytest.mark.usefixtures("database", "keyring_folder")
class GlyphsPageOverHttp(TestCase):
    """The page as a browser gets it."""

    def _open(self, dsn=None):
        pool = Pool(reactor, [dsn or self.database.dsn("office")], role="office", size=1)
        pool.start()
        self.addCleanup(pool.stop)
        root = Resource()
        root.putChild(
            b"glyphs", GlyphsPage(GlyphSources(reactor, lambda: _NOW, pool, DIGEST, "TEST", "host-a", 2.0))
        )
        door = Door(reactor, "admin", ("127.0.0.1", 0), AdminSite(root, reactor))
        door.startService()
        self.addCleanup(door.stopService)
        return door.port

    async def test_it_shows_characters_and_nobody(self):
        """Nobody signs in here, so no 宛名番号 and no text of anybody is on the page; the command that shows them, and audits who looks, is named."""
        settle(self.database, self.keyring_folder)
        port = self._open()
        status, _, page = await deferToThread(fetch, port, "/glyphs")
        self.assertEqual(status, 200)
        self.assertIn("まだ調べていません", page)
        await deferToThread(look, question(self.database))
        status, headers, page = await deferToThread(fetch, port, "/glyphs")
        self.assertEqual(status, 200)
        self.assertIn("default-src 'none'; style-src 'self'", headers["content-security-policy"])
        for shown in (
            "字形のない文字があります",
            "U+E000",
            "U+845B U+E0100",
            "本籍 1人",
            "住民 3 人",
            "konbinid fonts missing",
        ):
            self.assertIn(shown, page)
        for hidden in (
            cases.HEAD,
            cases.SPOUSE,
            cases.CHILD,
            cases.HOUSEHOLD_NUMBER,
            "田",
            "\ue000",
            LOST,
            "<script",
            "style=",
        ):
            self.assertNotIn(hidden, page)
        self.assertTrue(page.startswith("<!DOCTYPE html>"))
        self.assertEqual(page.count("<h1"), 1)
        self.assertIn('<a href="/glyphs" aria-current="page">', page)
        self.assertEqual((await deferToThread(fetch, port, "/glyphs/x"))[0], 404)

    async def test_without_a_database_it_says_so(self):
        """Never 「ありません」 for want of an answer."""
        status, _, page = await deferToThread(
            fetch, self._open("host=127.0.0.1 port=1 dbname=x user=x"), "/glyphs"
        )
        self.assertEqual(status, 503)
        self.assertIn("データベースに接続できません", page)
        self.assertNotIn("ありません", page)
