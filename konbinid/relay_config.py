"""The relay's configuration: one TOML file, read once at start; anything unknown or doubtful refuses to start. config/relay.toml explains it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from konbinid.config_relay import relay_name
from konbinid.config_sections import Inbox, read_address, read_inbox, read_municipality
from konbinid.declared.document import Document
from konbinid.declared.section import Section
from konbinid.intake.downlink import Server
from konbinid.intake.relay import RelaySetting
from konbinid.ops.tls_client import ClientTls


@dataclass(frozen=True, slots=True)
class RelayConfig:
    """Everything the file says, checked."""

    municipality: str
    name: str
    servers: tuple[Server, ...]
    tls: ClientTls
    inbox: Inbox

    def setting(self) -> RelaySetting:
        """The same for the service."""
        inbox = self.inbox
        return RelaySetting(
            municipality=self.municipality,
            name=self.name,
            servers=self.servers,
            folder=inbox.folder,
            outbox=inbox.outbox,
            archive=inbox.archive,
            quarantine=inbox.quarantine,
            scan_seconds=inbox.scan_seconds,
        )


def load(path: Path) -> RelayConfig:
    """Read and check the file. FileRefused names every mistake with its line. Relative paths start at the file's own folder."""
    document = Document(path.absolute())
    config = read(document)
    document.finish()
    return config


def read(document: Document) -> RelayConfig:
    """Ask the document for every option there is. What it returns counts only when ``document.finish`` does not refuse."""
    root = document.root
    relay, tls = root.table("relay"), root.table("tls")
    return RelayConfig(
        municipality=read_municipality(relay),
        name=relay_name(relay, "name"),
        servers=tuple(_server(each) for each in root.tables("server")),
        tls=ClientTls(tls.file("certificate"), tls.secret_file("key"), tls.file("server_ca")),
        inbox=read_inbox(root.table("inbox")),
    )


def _server(section: Section) -> Server:
    address = read_address(section, None)
    name = section.text("name", pattern=r"[A-Za-z0-9.:-]{1,253}", shape="a dNSName or an IP address")
    return Server(address, section.whole("port", 8444, least=1, most=65535), name)
