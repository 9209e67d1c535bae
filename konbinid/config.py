"""The configuration: one TOML file, read once at start into frozen values; anything unknown or doubtful refuses to start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from konbinid.config_feeds import FeedSetting, read_feeds
from konbinid.config_relay import RelayPort, read_relay
from konbinid.config_retention import Retention, read_retention
from konbinid.config_sections import (
    Admin,
    Database,
    Inbox,
    Limits,
    Service,
    Soap,
    read_admin,
    read_database,
    read_inbox,
    read_limits,
    read_service,
    read_soap,
)
from konbinid.declared.document import Document
from konbinid.domain.feeds import Feed


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the file says, checked. Paths are absolute; ``keys``, ``state`` and ``forms`` are folders, ``fonts`` is a file.
    ``relay`` None: the city has no relay."""

    path: Path
    service: Service
    soap: Soap
    admin: Admin
    database: Database
    keys: Path
    state: Path
    inbox: Inbox
    feeds: Mapping[Feed, FeedSetting]
    fonts: Path
    font_folders: tuple[Path, ...]
    forms: Path
    limits: Limits
    retention: Retention
    relay: RelayPort | None


def load(path: Path) -> Config:
    """Read and check the file. FileRefused names every mistake with its line.

    Relative paths in the file start at the file's own folder. Whatever the file points to must be there and readable;
    keys and passwords must be closed to others.
    """
    document = Document(path.absolute())
    config = read(document)
    document.finish()
    return config


def read(document: Document) -> Config:
    """Ask the document for every option there is. What it returns counts only when ``document.finish`` does not refuse."""
    root = document.root
    soap_section = root.table("soap")
    service = read_service(root.table("service"))
    soap = read_soap(soap_section, service.host)
    database_section = root.table("database")
    database = read_database(database_section)
    if database.hold_seconds >= soap.answer_within_seconds:
        database_section.complain("hold_seconds", "must be below soap.answer_within_seconds")
    admin_section = root.table("admin", optional=True)
    admin = read_admin(admin_section)
    if admin.port == soap.port and _meet(admin.address, soap.address):
        admin_section.complain("port", "is taken by soap.port at the same address")
    relay_section = root.table("relay", optional=True)
    relay = read_relay(relay_section) if root.has("relay") else None
    if relay is not None and relay.port in {soap.port, admin.port}:
        relay_section.complain("port", "is taken by soap.port or admin.port")
    fonts = root.table("fonts")
    return Config(
        path=document.path,
        service=service,
        soap=soap,
        admin=admin,
        database=database,
        keys=root.table("keys").folder("folder", private=True),
        state=root.table("state").folder("folder", writable=True),
        inbox=read_inbox(root.table("inbox")),
        feeds=read_feeds(root.table("feeds")),
        fonts=fonts.file("list"),
        font_folders=fonts.folders("folders"),
        forms=root.table("forms").folder("folder"),
        limits=read_limits(root.table("limits", optional=True)),
        retention=read_retention(root.table("retention", optional=True)),
        relay=relay,
    )


def _meet(one: str, other: str) -> bool:
    """Whether two doors with the same port would be in each other's way: an address that means all of them meets every other."""
    return one == other or ip_address(one).is_unspecified or ip_address(other).is_unspecified
