"""The sections of the configuration file: what each may say, its bounds and defaults. ``config/konbinid.toml`` explains them to people."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from types import MappingProxyType

import psycopg2
from psycopg2.extensions import make_dsn, parse_dsn

from konbinid.declared.section import Section, readable
from konbinid.domain.checkdigit import municipality_code_is_valid

ENVIRONMENTS = ("PRODUCTION", "TEST")
ROLES: Mapping[str, int | None] = MappingProxyType({"desk": 8, "intake": None, "office": 2, "ops": 2})
"""The roles the daemon signs in as, and how many connections each keeps unless told otherwise; intake dials when it has work."""

_DSN_KEYS = frozenset(
    {"host", "hostaddr", "port", "dbname", "sslmode", "sslrootcert", "sslcert", "sslkey", "gssencmode"}
)
_INBOX_FOLDERS = ("folder", "outbox", "archive", "quarantine")
_HOST = r"[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?"
_CLIENT_ID = r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?"


@dataclass(frozen=True, slots=True)
class Service:
    """Which city, which environment, which machine. ``environment`` is PRODUCTION or TEST (specimen watermark)."""

    municipality: str
    environment: str
    host: str


@dataclass(frozen=True, slots=True)
class Soap:
    """The port of the centre. ``clients`` maps a certificate's SAN (exact) to the client's id in the ledger; ``url`` stands in the WSDL."""

    address: str
    port: int
    url: str
    certificate: Path
    key: Path
    client_ca: Path
    crl: Path
    answer_within_seconds: float
    drain_seconds: float
    clients: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Admin:
    """The port of the city's staff; loopback only until it knows who is looking."""

    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Role:
    """How one part of the daemon signs in. ``password_file`` None: the server asks for none (unix socket). ``connections``: kept open."""

    user: str
    password_file: Path | None
    connections: int


@dataclass(frozen=True, slots=True)
class Database:
    """One entry of ``servers`` per PostgreSQL server, without user and password; ``owner`` is for ``konbinid migrate`` only."""

    servers: tuple[str, ...]
    hold_seconds: float
    start_seconds: float
    roles: Mapping[str, Role]
    owner: Role | None

    def dsns(self, role: Role) -> tuple[str, ...]:
        """One complete DSN per server for a role. It holds the password: keep it out of logs. OSError when the file is gone."""
        secret = {}
        if role.password_file is not None:
            secret["password"] = role.password_file.read_text(encoding="utf-8").rstrip("\n")
        return tuple(make_dsn(server, user=role.user, **secret) for server in self.servers)

    def dsns_of(self, name: str) -> tuple[str, ...]:
        """The same for one of ``ROLES``."""
        return self.dsns(self.roles[name])

    def common_dsn(self, role: Role) -> str:
        """All servers in one DSN, of which libpq chooses the one that takes writes; for blocking connections only: an asynchronous
        one waits for a dead server for minutes (measured)."""
        parts = [parse_dsn(dsn) for dsn in self.dsns(role)]
        common = {key: value for key, value in parts[0].items() if key not in {"host", "hostaddr", "port"}}
        hosts = ",".join(part.get("hostaddr") or part["host"] for part in parts)
        ports = ",".join(part.get("port", "5432") for part in parts)
        return make_dsn("", **{**common, "host": hosts, "port": ports, "target_session_attrs": "read-write"})


@dataclass(frozen=True, slots=True)
class Inbox:
    """The folders that the core systems' files pass through."""

    folder: Path
    outbox: Path
    archive: Path
    quarantine: Path
    scan_seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a request and of a paper."""

    pages: int
    register_pages: int
    delivery_report_within: timedelta
    lock_timeout_seconds: float
    waiting_requests: int
    suspend_on_error_report: bool


def read_municipality(section: Section) -> str:
    """全国地方公共団体コード."""
    municipality = section.text("municipality", pattern="[0-9]{6}", shape="six digits")
    if re.fullmatch("[0-9]{6}", municipality) and not municipality_code_is_valid(municipality):
        section.complain("municipality", "its check digit is wrong (全国地方公共団体コード, 6 digits)")
    return municipality


def read_service(section: Section) -> Service:
    """[service]"""
    municipality = read_municipality(section)
    environment = section.choice("environment", ENVIRONMENTS)
    host = section.text("host", socket.gethostname(), pattern=_HOST, shape="a host name")
    return Service(municipality, environment, host)


def read_soap(section: Section, host: str) -> Soap:
    """[soap] and [[soap.client]]; ``host`` is this machine's name."""
    port = section.whole("port", 8443, least=1, most=65535)
    clients: dict[str, str] = {}
    for client in section.tables("client"):
        name = client.text("name", pattern=r"[!-~]{1,255}", shape="a dNSName or URI in visible ASCII")
        if name in clients:
            client.complain("name", "stands there twice")
        clients[name] = client.text("id", pattern=_CLIENT_ID, shape="1 to 32 of a-z, 0-9 and -")
    return Soap(
        address=read_address(section, "0.0.0.0"),  # noqa: S104 - the port of the centre; who may talk is decided by TLS
        port=port,
        url=section.text(
            "url",
            f"https://{host}:{port}/center",
            pattern=r"https://[!-~]{1,200}/center",
            shape="https://…/center",
        ),
        certificate=section.file("certificate"),
        key=section.secret_file("key"),
        client_ca=section.file("client_ca"),
        crl=section.file("crl"),
        answer_within_seconds=section.number("answer_within_seconds", 34.0, least=1, most=34),
        drain_seconds=section.number("drain_seconds", 35.0, least=0, most=300),
        clients=MappingProxyType(clients),
    )


def read_admin(section: Section) -> Admin:
    """[admin]"""
    address = read_address(section, "127.0.0.1")
    if not ip_address(address).is_loopback:
        section.complain("address", "must be loopback (127.0.0.1 or ::1): the status page has no sign-in yet")
    return Admin(address, section.whole("port", 8480, least=1, most=65535))


def read_database(section: Section) -> Database:
    """[database] and [database.ROLE]"""
    servers = section.texts("servers")
    if section.has("servers") and not servers:
        section.complain("servers", "needs at least one")
    for position, server in enumerate(servers):
        reason = _server_fault(server) or _unlike(server, servers[0])
        if reason:
            section.document.complain((*section.place, "servers", position), reason)
    roles = {
        name: _role(section.table(name, optional=True), f"konbinid_{name}", connections)
        for name, connections in ROLES.items()
    }
    owner = _role(section.table("owner"), None, None) if section.has("owner") else None
    hold = section.number("hold_seconds", 30.0, least=0, most=30)
    start = section.number("start_seconds", 60.0, least=0, most=3600)
    return Database(servers, hold, start, MappingProxyType(roles), owner)


def read_inbox(section: Section) -> Inbox:
    """[inbox]"""
    folder, outbox, archive, quarantine = (section.folder(key, writable=True) for key in _INBOX_FOLDERS)
    if all(section.has(key) for key in _INBOX_FOLDERS):
        places = {path.resolve() for path in (folder, outbox, archive, quarantine)}
        if len(places) < len(_INBOX_FOLDERS):
            section.complain("folder", f"{', '.join(_INBOX_FOLDERS)} must be different folders")
    scan_seconds = section.number("scan_seconds", 5.0, least=0.2, most=60)
    return Inbox(folder, outbox, archive, quarantine, scan_seconds)


def read_limits(section: Section) -> Limits:
    """[limits]"""
    return Limits(
        pages=section.whole("pages", 10, least=1, most=99),
        register_pages=section.whole("register_pages", 20, least=1, most=99),
        delivery_report_within=timedelta(
            minutes=section.whole("delivery_report_within_minutes", 60, least=1, most=1440)
        ),
        lock_timeout_seconds=section.number("lock_timeout_seconds", 2.0, least=0.1, most=10),
        waiting_requests=section.whole("waiting_requests", 200, least=1, most=10_000),
        suspend_on_error_report=section.flag("suspend_on_error_report", default=False),
    )


def read_address(section: Section, default: str | None) -> str:
    """An address to listen at or to call."""
    text = section.text("address", default)
    try:
        return str(ip_address(text))
    except ValueError:
        section.complain("address", "must be an IP address (names are resolved differently on two hosts)")
        return default or ""


def _server_fault(server: str) -> str:
    try:
        parts = parse_dsn(server)
    except psycopg2.ProgrammingError:
        return 'must be like "host=192.0.2.10 port=5432 dbname=konbinid"'
    unknown = sorted(parts.keys() - _DSN_KEYS)
    if unknown:
        return f"may not say {', '.join(unknown)} (user and password stand under [database.ROLE])"
    if "dbname" not in parts:
        return "dbname is missing"
    host = parts.get("hostaddr") or parts.get("host", "")
    if host.startswith("/"):
        return ""
    try:
        ip_address(host)
    except ValueError:
        return "host must be one IP address or a socket's folder: looking up a name would stop the daemon meanwhile"
    return ""


def _unlike(server: str, first: str) -> str:
    """Servers differ in where they are, and in nothing else."""
    if _server_fault(first):
        return ""
    places = {"host", "hostaddr", "port"}
    one, other = ({k: v for k, v in parse_dsn(dsn).items() if k not in places} for dsn in (server, first))
    return "" if one == other else "may differ from the first server in host and port only"


def _role(section: Section, user: str | None, connections: int | None) -> Role:
    password_file = section.secret_file("password_file") if section.has("password_file") else None
    if password_file is not None and readable(password_file) and not password_file.stat().st_size:
        # libpq would take an empty password for none and look for one elsewhere.
        section.complain("password_file", f"{password_file}: is empty")
    return Role(
        user=section.text("user", user, pattern="[A-Za-z_][A-Za-z0-9_]{0,62}", shape="a role's name"),
        password_file=password_file,
        connections=0
        if connections is None
        else section.whole("connections", connections, least=1, most=100),
    )
