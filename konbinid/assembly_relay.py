"""The part of the daemon that serves relays: the port, its door, the look at its certificates, and the watch over who is silent."""
# mypy: disable-error-code=no-untyped-call
# (Twisted's services have no types)

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from twisted.application.internet import TimerService

from konbinid.intake.port import Port, PortSetting
from konbinid.ops.door import Door
from konbinid.ops.relay_watch import RelayWatch
from konbinid.ops.tree import Afresh, Ordered

if TYPE_CHECKING:
    from twisted.application.service import IService

    from konbinid.assembly import Means
    from konbinid.config import Config

_TLS_LOOK_SECONDS = 30.0


def relay_services(
    config: Config, means: Means, attest: Callable[[], Awaitable[bool]], hint: Callable[[], object]
) -> list[IService]:
    """What accepts files, for a host that may issue: a host that deviates might read them by other layouts. ``hint``: something is stored."""
    relay, tls = config.relay, means.prepared.relay_tls
    if relay is None or tls is None:
        return []
    role = config.database.roles["intake"]
    setting = PortSetting(
        municipality=config.service.municipality,
        dsn=config.database.common_dsn(role),
        keys=config.keys,
        layouts=means.prepared.layouts,
        private=[each for face in means.prepared.press.faces.bases for each in face.private],
    )

    def opened() -> IService:
        port = Port(means.reactor, setting, tls.peer_name, attest=attest, hint=hint, tell=means.alerts.tell)
        tls.stranger = port.stranger
        whole = Ordered()
        port.setServiceParent(whole)
        place = (relay.address, relay.port)
        Door(means.reactor, "relay", place, tls.server_factory(port, means.reactor)).setServiceParent(whole)
        return whole

    return [Afresh(opened)]


def relay_watches(config: Config, means: Means) -> list[IService]:
    """What looks after relays on every host."""
    relay, tls = config.relay, means.prepared.relay_tls
    if relay is None or tls is None:
        return []
    return [
        TimerService(_TLS_LOOK_SECONDS, tls.refresh),
        RelayWatch(means.reactor, means.pools["ops"], relay.relays, relay.silent_after),
    ]
