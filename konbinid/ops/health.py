"""The probes: ``/live`` for whoever moves the address (keepalived), ``/ready`` for whoever watches.

``/live`` looks at this process and its fitness only: tied to the database it would take the address away from both hosts during a
fail-over (measured: ten seconds longer without service). ``/ready`` tells everything that keeps this host from issuing now.
"""
# ruff: noqa: N802, N815  # the names are Twisted's
# mypy: disable-error-code=no-untyped-call
# (twisted.web's resource and request are mostly untyped)

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from twisted.web.resource import Resource

if TYPE_CHECKING:
    from twisted.web.server import Request

Reasons = Callable[[], Sequence[str]]
"""What keeps this host from it, in single words; empty when nothing does."""


class Probe(Resource):
    """Answers 200 when ``reasons`` is empty, else 503; the body says why as JSON. Never says anything about a person."""

    isLeaf = True

    def __init__(self, reasons: Reasons, facts: Callable[[], Mapping[str, object]] = dict) -> None:
        super().__init__()
        self._reasons = reasons
        self._facts = facts

    def render_GET(self, request: Request) -> bytes:
        """The answer; HEAD gets the same without the body."""
        reasons = list(self._reasons())
        request.setResponseCode(503 if reasons else 200)
        request.setHeader(b"content-type", b"application/json")
        body = {"ok": not reasons, "reasons": reasons, **self._facts()}
        return json.dumps(body).encode() + b"\n"
