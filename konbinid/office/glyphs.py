"""The page of characters without a glyph (docs/decisions/0041): found before a kiosk finds out. Shows numbers and code points, nobody's."""
# mypy: disable-error-code=no-untyped-call
# (twisted.web's resource is mostly untyped)

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from twisted.logger import Logger

from konbinid.office.glyphs_view import glyphs_view
from konbinid.office.page import Page
from konbinid.store.errors import StoreError
from konbinid.store.glyph_look import read_look

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime
    from twisted.web.server import Request

    from konbinid.store.pool import Pool

_READ = "begin isolation level repeatable read read only"


@dataclass(frozen=True, slots=True)
class GlyphSources:
    """pool: of the role konbinid_office. fonts: digest of this daemon's base faces. within: seconds after which the page comes without its data."""

    clock: IReactorTime
    now: Callable[[], datetime]
    pool: Pool
    fonts: str
    environment: str
    host: str
    within: float = 5.0


class GlyphsPage(Page):
    """``/glyphs``, as the last look found it. The look itself is konbinid.ops.glyph_watch's."""

    log = Logger()

    def __init__(self, sources: GlyphSources) -> None:
        super().__init__("glyphs.html")
        self._sources = sources

    async def answer(self, request: Request) -> tuple[int, dict[str, object]]:
        """Read."""
        del request
        sources = self._sources
        look, away = None, False
        deadline = sources.clock.seconds() + sources.within
        try:
            look = await sources.pool.transaction(
                lambda tx: read_look(tx, sources.fonts), deadline=deadline, begin=_READ
            )
        except StoreError as error:
            self.log.warn("status.unavailable", reason=type(error).__name__)
            away = True
        view = glyphs_view(
            look, environment=sources.environment, host=sources.host, now=sources.now(), away=away
        )
        return 503 if away else 200, {"view": view}
