"""Every feed that can be taken in, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from konbinid.domain.feeds import Feed
from konbinid.intake.feeds import FeedSpec
from konbinid.intake.gaiji_feed import GAIJI
from konbinid.intake.register_feeds import REGISTER_FEEDS
from konbinid.intake.resident_feeds import RESIDENT_FEEDS
from konbinid.intake.tax_feed import TAX_FEED

SPECS: Mapping[Feed, FeedSpec] = MappingProxyType(
    {spec.feed: spec for spec in (*RESIDENT_FEEDS, TAX_FEED, *REGISTER_FEEDS, GAIJI)}
)
