"""The whole daemon on one screen: which parts there are, what each gets, in which order they start and (in reverse) stop."""
# mypy: disable-error-code=no-untyped-call
# (Twisted's services have no types)

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from twisted.application.internet import TimerService

from konbinid.assembly_relay import relay_services, relay_watches
from konbinid.config import Config
from konbinid.domain.feeds import Feed, FeedRule
from konbinid.domain.freshness import AROUND_THE_CLOCK
from konbinid.domain.request import Envelope, ServiceQuery
from konbinid.intake.archive import clear_archive
from konbinid.intake.clerk import FeedIntake
from konbinid.intake.inbox import Inbox, InboxSetting
from konbinid.issue.desk import Desk
from konbinid.issue.equipment import DeskSettings, Equipment
from konbinid.kiosk.channel import Limits
from konbinid.kiosk.counter import Counter
from konbinid.kiosk.transport import CenterSite
from konbinid.office.glyphs import GlyphSources, GlyphsPage
from konbinid.office.status import Sources, StatusPage
from konbinid.office.status_view import Here
from konbinid.ops.admin_site import AdminSite
from konbinid.ops.alerts import Alerts
from konbinid.ops.door import Door
from konbinid.ops.feed_watch import FeedWatch
from konbinid.ops.fitness import Fitness
from konbinid.ops.glyph_watch import GlyphWatch, GlyphWatchSetting
from konbinid.ops.health import Probe
from konbinid.ops.lease import Lease
from konbinid.ops.retention import Retention, RetentionSetting
from konbinid.ops.sdnotify import notify, watchdog_seconds
from konbinid.ops.tree import Afresh, Ordered, Steered
from konbinid.ops.watch import Watch
from konbinid.ops.witness import Witness
from konbinid.preparation import Clocks, Prepared, check_database, check_doors, prepare
from konbinid.store.ledger import Origin
from konbinid.store.library import LibraryReader
from konbinid.store.pool import Pool
from konbinid.store.retention import Terms

if TYPE_CHECKING:
    from twisted.application.service import IService, MultiService

_TLS_LOOK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Means:
    """What the parts share: reactor, clocks, one pool per role, alerts, and what the start-up steps made."""

    reactor: Any
    clocks: Clocks
    pools: Mapping[str, Pool]
    alerts: Alerts
    prepared: Prepared

    @classmethod
    def make(cls, config: Config, reactor: Any, clocks: Clocks) -> Means:
        """Run every start-up step. StartRefused; nothing listens and no connection is kept by then."""
        database = config.database
        pools = {
            name: Pool(
                reactor,
                database.dsns(role),
                role=name,
                size=role.connections,
                max_waiting=config.limits.waiting_requests,
            )
            for name, role in database.roles.items()
            if role.connections
        }
        alerts = Alerts(reactor, pools["ops"])
        prepared = prepare(config, clocks, lambda text: alerts.tell("error", "tls", "tls.problem", text=text))
        check_database(config, prepared, clocks)
        check_doors(config, clocks)
        return cls(reactor, clocks, MappingProxyType(pools), alerts, prepared)


def assemble(daemon: MultiService, config: Config, means: Means) -> None:
    """Put all services under ``daemon``, in the order in which they start; they stop in reverse."""
    pools, prepared, host = means.pools, means.prepared, config.service.host
    witness = Witness(means.reactor, pools["ops"], means.alerts, folder=config.state, host=host)
    desk = Desk(_equipment(config, means, witness))
    soap = _soap_door(config, means, desk)
    lease = Lease(means.reactor, config.database.dsns_of("ops"), holder=host, clock=means.clocks.seconds)
    inbox = Afresh(
        lambda: Inbox(means.reactor, _inbox_setting(config, means), lease, witness.attest, os.urandom)
    )
    # What must not run on a host that deviates. The lease is among it: held there, it would keep the other host from taking files in.
    retention = Retention(means.reactor, _retention_setting(config, means), lease, means.alerts.tell)
    relays = relay_services(config, means, witness.attest, partial(_look_soon, inbox))
    issuing = _in_order(lease, inbox, *relays, retention, _glyph_watch(config, means, lease), soap)
    own = prepared.fingerprint.value
    fitness = Fitness(means.reactor, pools["ops"], issuing, means.alerts, own=own, host=host)
    _in_order(
        *(Steered(pool.start, pool.stop) for pool in pools.values()),
        witness,
        FeedWatch(
            means.reactor, pools["ops"], {feed: setting.rule for feed, setting in config.feeds.items()}
        ),
        *relay_watches(config, means),
        _admin_door(config, means, desk, fitness=fitness, lease=lease, soap=soap),
        TimerService(_TLS_LOOK_SECONDS, prepared.tls.refresh),
        fitness,
        Watch(means.reactor, pools["ops"], fitness.first_verdict, notify, watchdog_seconds()),
        under=daemon,
    )


def _look_soon(inbox: Afresh) -> None:
    if isinstance(inbox.made, Inbox):
        inbox.made.look_soon()


def _in_order(*parts: IService, under: MultiService | None = None) -> MultiService:
    whole = Ordered() if under is None else under
    for part in parts:
        part.setServiceParent(whole)
    return whole


def _equipment(config: Config, means: Means, witness: Witness) -> Equipment:
    prepared, limits = means.prepared, config.limits
    settings = DeskSettings(
        municipality=config.service.municipality,
        environment=config.service.environment,
        version=prepared.build.version,
        fingerprint=prepared.fingerprint.value,
        feeds=_rules(config),
        fonts_digest=prepared.fonts_digest,
        answer_within=config.database.hold_seconds,
        lock_timeout=limits.lock_timeout_seconds,
        report_within=limits.delivery_report_within,
        suspend_on_error_report=limits.suspend_on_error_report,
        register_pages=limits.register_pages,
    )
    return Equipment(
        clock=means.reactor,
        random=os.urandom,
        pool=means.pools["desk"],
        press=prepared.press,
        keyring=prepared.keyring,
        library=LibraryReader(),
        origin=Origin(config.service.host, str(prepared.build)),
        settings=settings,
        history=witness,
    )


def _inbox_setting(config: Config, means: Means) -> InboxSetting:
    inbox, database = config.inbox, config.database
    feeds = [
        FeedIntake(
            means.prepared.layouts[feed],
            setting.removal_share,
            setting.removal_least_rows,
            setting.verify_only,
        )
        for feed, setting in config.feeds.items()
    ]
    return InboxSetting(
        folder=inbox.folder,
        outbox=inbox.outbox,
        archive=inbox.archive,
        quarantine=inbox.quarantine,
        dsn=database.common_dsn(database.roles["intake"]),
        keys=config.keys,
        feeds=feeds,
        private=[each for face in means.prepared.press.faces.bases for each in face.private],
        scan_seconds=inbox.scan_seconds,
    )


def _retention_setting(config: Config, means: Means) -> RetentionSetting:
    kept, database = config.retention, config.database
    return RetentionSetting(
        host=config.service.host,
        terms=Terms(kept.files, kept.documents, kept.unreported),
        ops=database.dsns_of("ops"),
        intake=database.dsns_of("intake"),
        now=means.clocks.now,
        sweep=partial(clear_archive, config.inbox.archive),
    )


def _glyph_watch(config: Config, means: Means, lease: Lease) -> GlyphWatch:
    fonts, digest = config.fonts, means.prepared.fonts_digest
    setting = GlyphWatchSetting(
        config.database.dsns_of("office"), fonts, (*config.font_folders, fonts.parent), digest
    )
    return GlyphWatch(means.reactor, means.pools["office"], lease, setting, means.alerts.tell)


def _rules(config: Config) -> dict[Feed, FeedRule]:
    """A feed that is not configured is too old at any age: what was once applied of it must not open its kinds for ever."""
    never = FeedRule(AROUND_THE_CLOCK, timedelta(0))
    return {feed: config.feeds[feed].rule if feed in config.feeds else never for feed in Feed}


def _soap_door(config: Config, means: Means, desk: Desk) -> Door:
    tls, soap = means.prepared.tls, config.soap
    site = CenterSite(
        Counter(desk),
        address=soap.url,
        client_of=tls.peer_name,
        clock=means.reactor,
        new_reference=lambda: secrets.token_hex(8),
        limits=Limits(answer_within=soap.answer_within_seconds),
    )
    return Door(
        means.reactor,
        "soap",
        (soap.address, soap.port),
        tls.server_factory(site, means.reactor),
        under_way=lambda: site.under_way,
        drain_seconds=soap.drain_seconds,
    )


def _admin_door(
    config: Config, means: Means, desk: Desk, *, fitness: Fitness, lease: Lease, soap: Door
) -> Door:
    # The page shows what the centre is told at this moment, by asking as the centre would.
    query = ServiceQuery(Envelope("status-page", "status-page", config.service.municipality))

    def not_live() -> list[str]:
        return [] if fitness.fit else [f"unfit:{fitness.reason}"]

    def not_ready() -> list[str]:
        doors = [] if soap.is_open else ["soap_closed"]
        return [*not_live(), *doors, *([] if means.pools["desk"].connected else ["no_database"])]

    pages = StatusPage(
        Sources(
            clock=means.reactor,
            now=means.clocks.now,
            pool=means.pools["office"],
            check=lambda: desk.check_service(query),
            rules={feed: setting.rule for feed, setting in config.feeds.items()},
            here=lambda: _here(config, means, fitness, lease),
        )
    )
    pages.putChild(b"glyphs", _glyphs_page(config, means))
    pages.putChild(b"live", Probe(not_live))
    pages.putChild(b"ready", Probe(not_ready, lambda: {"lease": lease.epoch is not None}))
    place = config.admin.address, config.admin.port
    return Door(means.reactor, "admin", place, AdminSite(pages, means.reactor))


def _here(config: Config, means: Means, fitness: Fitness, lease: Lease) -> Here:
    service, prepared = config.service, means.prepared
    return Here(
        municipality=service.municipality,
        environment=service.environment,
        host=service.host,
        build=str(prepared.build),
        fingerprint=prepared.fingerprint.value,
        fit=fitness.fit,
        unfit_because=fitness.reason,
        holds_lease=lease.epoch is not None,
    )


def _glyphs_page(config: Config, means: Means) -> GlyphsPage:
    service = config.service
    return GlyphsPage(
        GlyphSources(
            clock=means.reactor,
            now=means.clocks.now,
            pool=means.pools["office"],
            fonts=means.prepared.fonts_digest,
            environment=service.environment,
            host=service.host,
        )
    )
