"""[relay] of the configuration: the port at which the city hall's relays bring files, and who they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from konbinid.config_sections import read_address
from konbinid.declared.section import Section

_RELAY = r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?"
RELAY_SHAPE = "1 to 32 of a-z, 0-9 and -"


@dataclass(frozen=True, slots=True)
class RelayPort:
    """``relays``: those that the city has. ``silent_after``: one that is not heard for so long is told to people."""

    address: str
    port: int
    certificate: Path
    key: Path
    client_ca: Path
    crl: Path
    relays: tuple[str, ...]
    silent_after: timedelta

    def clients(self, municipality: str) -> Mapping[str, str]:
        """The names of the certificates that are let in, and whose they are."""
        return MappingProxyType({certified_name(municipality, relay): relay for relay in self.relays})


def certified_name(municipality: str, relay: str) -> str:
    """The URI in a relay's certificate: a certificate of another city is none of this one's, whoever signed it."""
    return f"urn:konbinid:relay:{municipality}:{relay}"


def relay_name(section: Section, key: str) -> str:
    """A relay's name."""
    return section.text(key, pattern=_RELAY, shape=RELAY_SHAPE)


def read_relay(section: Section) -> RelayPort:
    """[relay] and [[relay.client]]"""
    relays = tuple(relay_name(client, "name") for client in section.tables("client"))
    if len(set(relays)) < len(relays):
        section.complain("client", "names a relay twice")
    return RelayPort(
        address=read_address(section, "0.0.0.0"),  # noqa: S104 - who may talk is decided by TLS
        port=section.whole("port", 8444, least=1, most=65535),
        certificate=section.file("certificate"),
        key=section.secret_file("key"),
        client_ca=section.file("client_ca"),
        crl=section.file("crl"),
        relays=relays,
        silent_after=timedelta(minutes=section.number("silent_minutes", 10.0, least=0.25, most=1440)),
    )
