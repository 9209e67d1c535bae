"""What runs here, in one word: the build, and everything that two hosts of a city must agree on (I-05, I-07).

In the field a fix was missing on some machines for years, and a build for one server ran on several. So every certificate names the
build that made it, and a host whose fingerprint is not the approved one does not issue.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any

from konbinid.config import Config

# What may differ between the hosts: machine, addresses, sign-in, pace. Paths are left out by their type; what lies behind them counts instead.
_OF_THE_HOST = frozenset(
    {
        "Service.host",
        "Soap.address",
        "Soap.port",
        "Soap.url",
        "Admin.address",
        "Admin.port",
        "Database.servers",
        "Database.start_seconds",
        "Database.roles",
        "Database.owner",
        "Inbox.scan_seconds",
        "RelayPort.address",
        "RelayPort.port",
    }
)
_REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Build:
    """The program: version, git commit in a checkout (else empty), and a digest over all files of the package."""

    version: str
    commit: str
    digest: str

    def __str__(self) -> str:
        commit = f" g{self.commit[:12]}" if self.commit else ""
        return f"{self.version}{commit} {self.digest[:16]}"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """``parts`` name what is compared, each with its digest or its words, for people who look for the difference."""

    parts: Mapping[str, str]

    @property
    def value(self) -> str:
        """32 hex digits over all parts."""
        return _digest(f"{name}={word}" for name, word in sorted(self.parts.items()))[:32]


def this_build(package: Path = Path(__file__).parent) -> Build:
    """The build that is running, from the files as they lie there."""
    try:
        version = metadata.version("konbinid")
    except metadata.PackageNotFoundError:
        version = "0"
    return Build(version, _commit(package.parent / ".git"), tree_digest(package))


def fingerprint(config: Config, build: Build, *, press: str, keys: str) -> Fingerprint:
    """press: the press's own fingerprint (fonts and forms). keys: the keyring's, which tells nothing of the keys."""
    layouts = [f"{feed}={_file_digest(setting.layout)}" for feed, setting in sorted(config.feeds.items())]
    settings = json.dumps(agreed_settings(config), ensure_ascii=False, sort_keys=True)
    parts = {
        "program": f"{build.version} {build.digest}",
        "libraries": _digest(_libraries()),
        "python": platform.python_version(),
        "settings": _digest([settings]),
        "forms and fonts": press,
        "layouts": _digest(layouts),
        "client authority": _file_digest(config.soap.client_ca),
        "keys": keys,
    }
    if config.relay is not None:
        parts["relay authority"] = _file_digest(config.relay.client_ca)
    return Fingerprint(MappingProxyType(parts))


def agreed_settings(config: Config) -> dict[str, Any]:
    """The configuration as JSON without what belongs to one host; what is not named there counts, so nothing new is forgotten."""
    agreed = _plain(config)
    assert isinstance(agreed, dict)
    return agreed


def tree_digest(folder: Path) -> str:
    """SHA-256 over names and contents of all files below a folder, in order of their names; byte code does not count."""
    files = sorted(
        (path.relative_to(folder).as_posix(), path)
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    return _digest(f"{name}={_file_digest(path)}" for name, path in files)


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        kind = type(value).__name__
        named = ((field.name, getattr(value, field.name)) for field in fields(value))
        kept = (pair for pair in named if f"{kind}.{pair[0]}" not in _OF_THE_HOST)
        return {name: _plain(inner) for name, inner in kept if not isinstance(inner, Path)}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(inner) for inner in value), key=repr)
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value if not isinstance(inner, Path)]
    if isinstance(value, timedelta):
        return value.total_seconds()
    assert value is None or isinstance(value, (bool, int, float, str)), type(value)
    return value


def _libraries() -> list[str]:
    """Name and version of every library that the package requires, as installed."""
    try:
        required = metadata.requires("konbinid") or []
    except metadata.PackageNotFoundError:
        required = []
    found = []
    for requirement in required:
        name = _REQUIREMENT.match(requirement)
        if name is None or "extra ==" in requirement:
            continue
        try:
            found.append(f"{name.group().lower()}={metadata.version(name.group())}")
        except metadata.PackageNotFoundError:
            continue  # required on another Python only
    return sorted(found)


def _commit(git: Path) -> str:
    """The commit of a checkout, read from its files (there may be no git program), empty when there is none."""
    try:
        if git.is_file():  # a linked work tree: "gitdir: <folder>"
            git = (git.parent / git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()).resolve()
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        shared = git / "commondir"
        common = (git / shared.read_text(encoding="utf-8").strip()).resolve() if shared.is_file() else git
        if head.startswith("ref:"):
            head = _resolved(common, head.removeprefix("ref:").strip())
    except (OSError, UnicodeDecodeError):
        return ""
    return head if _COMMIT.fullmatch(head) else ""


def _resolved(common: Path, name: str) -> str:
    loose = common / name
    if loose.is_file():
        return loose.read_text(encoding="utf-8").strip()
    for line in (common / "packed-refs").read_text(encoding="utf-8").splitlines():
        commit, _, packed = line.partition(" ")
        if packed == name:
            return commit
    return ""


def _file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(words: Iterable[str]) -> str:
    total = hashlib.sha256()
    for word in words:
        total.update(word.encode() + b"\n")
    return total.hexdigest()
