"""The demo's certificates of relays: one that is let in, and those that must be turned away, each for one reason."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from konbinid.simulator.pki import Authority, DemoPki, make_authority, make_leaf, write_revocations

if TYPE_CHECKING:
    from pathlib import Path

_OTHER_CITY = "272078"  # 高槻市
_CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH


def make_relay_pki(folder: Path, city: str, relay: str, now: dt.datetime) -> DemoPki:
    """The city's relay authority and, signed by it: ``relay``, ``relay_other_city``, ``relay_unknown``, ``relay_expired``, ``relay_revoked``;
    ``relay_foreign`` by another authority. ``relay_crl`` names the revoked one."""
    pki = DemoPki(folder)
    ca = make_authority(pki, "relay_ca", "konbinid demo relay CA", now)
    foreign = make_authority(pki, "relay_foreign_ca", "konbinid foreign demo relay CA", now)

    def leaf(
        name: str, *, of: str = city, called: str = relay, by: Authority = ca, at: dt.datetime = now
    ) -> x509.Certificate:
        names: list[x509.GeneralName] = [x509.UniformResourceIdentifier(f"urn:konbinid:relay:{of}:{called}")]
        return make_leaf(pki, name, by, names, purpose=_CLIENT, now=at)

    leaf("relay")
    leaf("relay_other_city", of=_OTHER_CITY)
    leaf("relay_unknown", called="unknown")
    leaf("relay_expired", at=now - dt.timedelta(days=366))
    leaf("relay_foreign", by=foreign)
    write_revocations(folder / "relay_crl.pem", ca, leaf("relay_revoked"), now)
    return pki
