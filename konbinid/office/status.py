"""The status page: what stands at a glance for whoever is on duty. Reads only, and shows nobody's name."""
# mypy: disable-error-code=no-untyped-call
# (twisted.web's resource is mostly untyped)

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.logger import Logger

from konbinid.domain.dates import JST
from konbinid.domain.feeds import Feed, FeedRule
from konbinid.domain.request import Refused, ServiceReport
from konbinid.office.page import Page, Place, Style
from konbinid.office.status_view import Here, View, view_of
from konbinid.store.errors import StoreError
from konbinid.store.status import read_status

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime
    from twisted.web.server import Request

    from konbinid.store.pool import Pool
    from konbinid.store.status import Status

_REFRESH_SECONDS = 30
_READ = "begin isolation level repeatable read read only"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the page gets what it shows.

    check: checkService as the centre would be answered. pool: of the role konbinid_office. here: this host, now.
    within: seconds after which the page comes without what did not; a page that is late is no help.
    """

    clock: IReactorTime
    now: Callable[[], datetime]
    pool: Pool
    check: Callable[[], Awaitable[ServiceReport | Refused]]
    rules: Mapping[Feed, FeedRule]
    here: Callable[[], Here]
    within: float = 5.0


class StatusPage(Page):
    """``/`` in Japanese; ``/?refresh=off`` stays as it is. Never fails for want of the database: then it says so."""

    log = Logger()

    def __init__(self, sources: Sources) -> None:
        super().__init__("status.html")
        self._sources = sources
        static = Place()
        static.putChild(b"status.css", Style("status.css"))
        self.putChild(b"", self)
        self.putChild(b"static", static)

    async def answer(self, request: Request) -> tuple[int, dict[str, object]]:
        """Read."""
        view = await self._view()
        refresh = None if request.args.get(b"refresh") == [b"off"] else _REFRESH_SECONDS
        return 503 if view.database_is_away else 200, {"view": view, "refresh": refresh}

    async def _view(self) -> View:
        sources, now = self._sources, self._sources.now()
        status = await self._status(now)
        # While the database is away the desk holds its callers; the page is not one to be held.
        report = None if status is None else await self._report()
        return view_of(report, status, sources.rules, sources.here(), now)

    async def _status(self, now: datetime) -> Status | None:
        sources = self._sources
        today = datetime.combine(now.astimezone(JST).date(), time(0), JST)
        deadline = sources.clock.seconds() + sources.within
        try:
            return await sources.pool.transaction(
                lambda tx: read_status(tx, today=today), deadline=deadline, begin=_READ
            )
        except StoreError as error:
            self.log.warn("status.unavailable", reason=type(error).__name__)
            return None

    async def _report(self) -> ServiceReport | None:
        """What the desk says, or None when it takes too long: then its answer comes too late for this page, and nothing is cancelled."""
        answered: Deferred[ServiceReport | Refused | None] = Deferred()
        limit = self._sources.clock.callLater(self._sources.within, answered.callback, None)

        async def ask() -> None:
            report = None
            try:
                report = await self._sources.check()
            finally:
                if not answered.called:
                    answered.callback(report)

        ensureDeferred(ask())
        report = await answered
        if limit.active():
            limit.cancel()
        return report if isinstance(report, ServiceReport) else None
