"""The admin port's HTTP: loopback, no access log, headers that let a browser do nothing but show the page."""
# ruff: noqa: N802, N815  # the names are Twisted's
# mypy: disable-error-code=no-untyped-call
# (twisted.web's site and request are mostly untyped)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.web import http
from twisted.web.pages import errorPage
from twisted.web.server import Request, Site

if TYPE_CHECKING:
    from twisted.web.resource import IResource

_HEADERS = (
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cache-control", b"no-store"),
)  # fmt: skip
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})


class AdminRequest(Request):
    """Refuses a Host that is not this machine's loopback: a page elsewhere that points its name at 127.0.0.1 must not read ours."""

    def render(self, resrc: IResource) -> None:
        """Put the headers on; render only for a request that was meant for this port."""
        self.responseHeaders.removeHeader(b"server")
        for name, value in _HEADERS:
            self.setHeader(name, value)
        if self.getRequestHostname().decode("ascii", "replace") not in _LOOPBACK_NAMES:
            resrc = errorPage(421, "Misdirected Request", "Open this page by 127.0.0.1 or localhost.")
        super().render(resrc)


class AdminSite(Site):
    """The site around the probes and pages. clock: the reactor."""

    requestFactory: Any = AdminRequest
    displayTracebacks = False
    noisy = False

    def __init__(self, root: IResource, clock: Any) -> None:
        super().__init__(root, requestFactory=AdminRequest, timeout=30, reactor=clock)

    def startFactory(self) -> None:
        """Open no access log: who looks at the status page every half minute is no news."""

    def stopFactory(self) -> None:
        """Nothing was opened."""

    def log(self, request: http.Request) -> None:
        """Nothing."""
