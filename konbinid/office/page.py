"""What every admin page is: a template that is filled in when its data has come, and places below which only what was put there is found."""
# ruff: noqa: N802  # the names are Twisted's
# mypy: disable-error-code=no-untyped-call
# (twisted.web's resource and request are mostly untyped)

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from twisted.internet.defer import ensureDeferred
from twisted.web.pages import notFound
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET

if TYPE_CHECKING:
    from twisted.web.resource import IResource
    from twisted.web.server import Request

_TEMPLATES = Environment(
    loader=PackageLoader("konbinid.office"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Place(Resource):
    """A place of the site below which only what was put there is found."""

    def getChild(self, path: bytes, request: Request) -> IResource:
        """Everything else: 404. (Twisted's own answer warns of its deprecation.)"""
        del path, request
        return notFound()


class Style(Place):
    """A style sheet of konbinid/office/static, read once. (twisted.web.static warns of its deprecations when it is imported.)"""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._text = resources.files("konbinid.office").joinpath("static", name).read_bytes()

    def render_GET(self, request: Request) -> bytes:
        """The text."""
        request.setHeader(b"content-type", b"text/css; charset=utf-8")
        return self._text


class Page(Place, ABC):
    """A page of one template. It is read only, and never waits for what ``answer`` does not bound."""

    def __init__(self, template: str) -> None:
        super().__init__()
        self._template = _TEMPLATES.get_template(template)

    @abstractmethod
    async def answer(self, request: Request) -> tuple[int, Mapping[str, object]]:
        """The HTTP status, and what the template is filled with."""

    def render_GET(self, request: Request) -> int:
        """Read and answer."""
        # The reader may be gone before the database answers.
        gone: list[object] = []
        request.notifyFinish().addErrback(gone.append)
        ensureDeferred(self._write(request, gone))
        return NOT_DONE_YET

    async def _write(self, request: Request, gone: list[object]) -> None:
        code, page = 500, b""
        try:
            code, values = await self.answer(request)
            page = self._template.render(**values).encode()
        finally:
            if not gone:
                request.setResponseCode(code)
                request.setHeader(b"content-type", b"text/html; charset=utf-8")
                request.setHeader(b"content-length", b"%d" % len(page))
                request.write(b"" if request.method == b"HEAD" else page)
                request.finish()
