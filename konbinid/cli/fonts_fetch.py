"""The fonts on a machine that has none: from Debian's or Ubuntu's own packages, into a cache folder of the checkout.

No font is part of the repository. Each face of fonts/fonts.toml is looked for where its package installs it, then in the
cache, and at last fetched with apt-get and unpacked with dpkg-deb: nothing is installed, so it needs no root. What counts
is the SHA-256 that the list pins: another version draws other outlines and is refused.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.paper.fonts import FontEntry, FontMissing, load_fonts, locate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_FETCH_SECONDS = 300


class FontUnavailable(Exception):
    """A face cannot be had on this machine; the text says what was tried and what to do."""


def provide_fonts(fonts: Path, cache: Path, say: Callable[[str], None]) -> dict[str, str]:
    """See that every face of the list `fonts` is on this machine, fetching it into `cache` when it must be.

    say: takes a few words about what is going on; only called before something slow.
    Returns environment variables (of the list) with the paths found, for a daemon that is to use these files.
    Raises FontUnavailable, and FontRefused of konbinid.paper.fonts, and FileRefused of konbinid.declared.
    """
    found = {}
    for entry in load_fonts(fonts):
        path = _provide(entry, cache, say)
        if entry.environment:
            found[entry.environment] = str(path)
    return found


def _provide(entry: FontEntry, cache: Path, say: Callable[[str], None]) -> Path:
    try:
        return locate(entry, [cache], os.environ)
    except FontMissing:
        # What the operator names is final: a typo in it is not answered with another file.
        if not entry.package or os.environ.get(entry.environment):
            raise
    say(f"fetching {entry.package} with apt-get to unpack it under {cache}; nothing is installed")
    _fetch(entry, cache / entry.file)
    return locate(entry, [cache], os.environ)


def _fetch(entry: FontEntry, target: Path) -> None:
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise FontUnavailable(_help(entry, "this machine has no apt-get and dpkg-deb"))
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        folder = Path(name)
        package = _download(entry, folder)
        status, words = _run(["dpkg-deb", "-x", str(package), str(folder / "unpacked")], folder)
        unpacked = next((folder / "unpacked").rglob(entry.file), None)
        if status or unpacked is None:
            raise FontUnavailable(_help(entry, f"{package.name} could not be unpacked: {words}"))
        unpacked.chmod(0o644)
        unpacked.rename(target)


def _download(entry: FontEntry, folder: Path) -> Path:
    """The package's file, with the machine's package lists or, when they are absent or old, with lists of our own."""
    # Root's apt-get would hand the download to the user _apt, who cannot write here.
    apt = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root"]
    _, words = _run([*apt, "download", entry.package], folder)
    if not _packages(entry, folder):
        for place in ("state/lists/partial", "cache/archives/partial"):
            (folder / place).mkdir(parents=True)
        state = ["-o", f"Dir::State={folder}/state", "-o", "Dir::State::status=/var/lib/dpkg/status"]
        mine = [*apt, *state, "-o", f"Dir::Cache={folder}/cache", "-o", "Acquire::Languages=none"]
        # One broken source among several makes apt-get fail; what counts is whether the package comes then.
        _run([*mine, "update"], folder)
        _, words = _run([*mine, "download", entry.package], folder)
    found = _packages(entry, folder)
    if not found:
        raise FontUnavailable(_help(entry, words.splitlines()[-1] if words else "no package came"))
    return found[0]


def _packages(entry: FontEntry, folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{entry.package}_*.deb"))


def _run(call: Sequence[str], folder: Path) -> tuple[int, str]:
    """The exit status and the words of a program, run in `folder`."""
    try:
        done = subprocess.run(  # noqa: S603  # apt-get and dpkg-deb with arguments made here
            call,
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_FETCH_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as failed:
        return 1, f"{call[0]}: {failed}"
    return done.returncode, (done.stdout + done.stderr).strip()


def _help(entry: FontEntry, reason: str) -> str:
    named = f", or set {entry.environment} to the path of {entry.file}" if entry.environment else ""
    return (
        f"The font {entry.title} is not on this machine and could not be fetched ({reason}). "
        f"Run `apt-get install {entry.package}` as root (on Ubuntu the component universe must be on){named}."
    )
