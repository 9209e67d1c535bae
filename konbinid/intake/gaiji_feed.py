"""The feed of the city's own characters: GAIJI (contract 2). It names nobody, so nobody is held for it: the old version stays in force."""

from __future__ import annotations

from types import MappingProxyType

from konbinid.domain.feeds import Feed
from konbinid.intake.feeds import FeedSpec, FormName, Target, flag, no_rule, text
from konbinid.paper.gaiji import MAX_BYTES

_TARGETS = (
    text("version", required=True),
    Target("code", frozenset({FormName.GAIJI_CODE}), key=True),
    Target("glyph_hash", frozenset({FormName.SHA256})),
    flag("redefinable"),
    Target("font_name", frozenset({FormName.FILE_NAME}), required=True),
    text("note"),
)

GAIJI = FeedSpec(
    Feed.GAIJI,
    MappingProxyType({target.name: target for target in _TARGETS}),
    (),
    closes_unread=False,
    check=no_rule,
    attachment="font_name",
    attachment_bytes=MAX_BYTES,
)
