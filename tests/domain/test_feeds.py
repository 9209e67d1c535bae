"""Which kinds close when a feed stalls, was never applied, or holds a file nobody can read the keys of."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cases import NOW
from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.feeds import KIND_FEEDS, Feed, FeedRule, stale_kinds
from konbinid.domain.freshness import AROUND_THE_CLOCK
from konbinid.domain.kinds import Kind

RULE = FeedRule(AROUND_THE_CLOCK, timedelta(hours=2))
RULES = dict.fromkeys(Feed, RULE)
FRESH = dict.fromkeys(Feed, NOW - timedelta(minutes=5))
EVERY = set(Kind)
REGISTERS = {Kind.KOSEKI_ZENBU, Kind.KOSEKI_KOJIN}

_DEPENDENT = [
    (Feed.JUMIN, EVERY),
    (Feed.JPKI, EVERY),
    (Feed.YOKUSHI, EVERY),
    (Feed.INKAN, {Kind.INKAN}),
    (Feed.ZEI, {Kind.KAZEI}),
    (Feed.KOSEKI, REGISTERS | {Kind.FUHYO}),
    (Feed.FUHYO, {Kind.FUHYO}),
    (Feed.GAIJI, set()),
]


def test_nothing_is_closed_while_all_is_fresh():
    """A working linkage closes nothing."""
    assert stale_kinds(RULES, FRESH, (), NOW) == frozenset()


@pytest.mark.parametrize(("feed", "kinds"), _DEPENDENT)
def test_a_feed_too_old_closes_what_depends_on_it(feed, kinds):
    """I-06: a stalled INKAN or JUMIN feed closes seals. I-13: a stalled register feed closes the registers and nothing else."""
    fresh = FRESH | {feed: NOW - timedelta(hours=2, microseconds=1)}
    assert stale_kinds(RULES, fresh, (), NOW) == kinds


@pytest.mark.parametrize(("feed", "kinds"), _DEPENDENT)
def test_a_feed_of_just_the_age_is_fresh(feed, kinds):
    """I-12: up to the configured age it goes on."""
    fresh = FRESH | {feed: NOW - timedelta(hours=2)}
    assert stale_kinds(RULES, fresh, (), NOW) == frozenset()


@pytest.mark.parametrize(("feed", "kinds"), _DEPENDENT)
def test_a_feed_never_applied_closes_what_depends_on_it(feed, kinds):
    """I-11: after a restore, or before the first file, nothing is known and nothing is given."""
    absent = {each: since for each, since in FRESH.items() if each is not feed}
    assert stale_kinds(RULES, absent, (), NOW) == kinds
    assert stale_kinds(RULES, FRESH | {feed: None}, (), NOW) == kinds


@pytest.mark.parametrize(("feed", "kinds"), _DEPENDENT)
def test_a_feed_without_a_rule_must_have_been_applied(feed, kinds):
    """A city that sets no age still closes what it has no data for."""
    old = FRESH | {feed: NOW - timedelta(days=4000)}
    rules = {each: rule for each, rule in RULES.items() if each is not feed}
    assert stale_kinds(rules, old, (), NOW) == frozenset()
    assert stale_kinds(rules, FRESH | {feed: None}, (), NOW) == kinds


@pytest.mark.parametrize(("feed", "kinds"), _DEPENDENT)
def test_unreadable_keys_close_the_feeds_kinds(feed, kinds):
    """Contract 2: when nobody can say whom a file is about, the kinds that depend on its feed close."""
    assert stale_kinds(RULES, FRESH, [feed], NOW) == kinds


def test_every_kind_depends_on_people_credentials_and_holds():
    """No kind is given without knowing who asks, whose credential it is, and whether it is held."""
    assert set(KIND_FEEDS) == EVERY
    assert all({Feed.JUMIN, Feed.JPKI, Feed.YOKUSHI} <= feeds for feeds in KIND_FEEDS.values())


_instants = st.none() | st.integers(-300, 300).map(lambda minutes: NOW - timedelta(minutes=minutes))


@given(
    st.dictionaries(st.sampled_from(Feed), _instants),
    st.frozensets(st.sampled_from(Feed)),
    st.sampled_from(Feed),
)
def test_worse_news_never_opens_a_kind(fresh, in_doubt, feed):
    """An older feed, a missing feed or one more doubt closes at least what was closed."""
    closed = stale_kinds(RULES, fresh, in_doubt, NOW)
    assert stale_kinds(RULES, fresh, in_doubt | {feed}, NOW) >= closed
    assert stale_kinds(RULES, fresh | {feed: None}, in_doubt, NOW) >= closed
    assert stale_kinds(RULES, fresh, in_doubt, NOW + timedelta(hours=5)) >= closed
