"""The status page: what stands at a glance for whoever is on duty. Reads only, and shows nobody's name."""
# ruff: noqa: N802  # the names are Twisted's
# mypy: disable-error-code=no-untyped-call
# (twisted.web's resource and request are mostly untyped)

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.logger import Logger
from twisted.web.pages import notFound
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

from konbinid.domain.dates import JST
from konbinid.domain.feeds import Feed, FeedRule
from konbinid.domain.request import Refused, ServiceReport
from konbinid.office.status_view import Here, View, view_of
from konbinid.store.errors import StoreError
from konbinid.store.status import read_status

if TYPE_CHECKING:
    from twisted.internet.interfaces import IReactorTime
    from twisted.web.resource import IResource
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


class _Place(Resource):
    """A place of the site below which only what was put there is found."""

    def getChild(self, path: bytes, request: Request) -> IResource:
        """Everything else: 404. (Twisted's own answer warns of its deprecation.)"""
        del path, request
        return notFound()


class _Style(_Place):
    """A style sheet of konbinid/office/static, read once. (twisted.web.static warns of its deprecations when it is imported.)"""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._text = resources.files("konbinid.office").joinpath("static", name).read_bytes()

    def render_GET(self, request: Request) -> bytes:
        """The text."""
        request.setHeader(b"content-type", b"text/css; charset=utf-8")
        return self._text


class StatusPage(_Place):
    """``/`` in Japanese; ``/?refresh=off`` stays as it is. Never fails for want of the database: then it says so."""

    log = Logger()

    def __init__(self, sources: Sources) -> None:
        super().__init__()
        self._sources = sources
        environment = Environment(
            loader=PackageLoader("konbinid.office"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._template = environment.get_template("status.html")
        static = _Place()
        static.putChild(b"status.css", _Style("status.css"))
        self.putChild(b"", self)
        self.putChild(b"static", static)

    def render_GET(self, request: Request) -> int:
        """Read and answer."""
        # The reader may be gone before the database answers.
        gone: list[object] = []
        request.notifyFinish().addErrback(gone.append)
        ensureDeferred(self._answer(request, gone))
        return NOT_DONE_YET

    async def _answer(self, request: Request, gone: list[object]) -> None:
        code, page = 500, b""
        try:
            view = await self._view()
            code = 503 if view.database_is_away else 200
            refresh = None if request.args.get(b"refresh") == [b"off"] else _REFRESH_SECONDS
            page = self._template.render(view=view, refresh=refresh).encode()
        finally:
            if not gone:
                request.setResponseCode(code)
                request.setHeader(b"content-type", b"text/html; charset=utf-8")
                request.setHeader(b"content-length", b"%d" % len(page))
                request.write(b"" if request.method == b"HEAD" else page)
                request.finish()

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
