"""The base font on a machine that has none: from Debian's or Ubuntu's own package, into a cache folder of the checkout.

The font is not part of the repository. It is looked for where the package installs it, then in the cache, and at last
fetched with apt-get and unpacked with dpkg-deb: nothing is installed, so it needs no root. What counts is the SHA-256
that fonts/fonts.toml pins: another version draws other outlines and is refused.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CHOICE = "KONBINID_FONT"
"""Environment variable: the font file to use, and no other."""

PACKAGE = "fonts-ipamj-mincho"
FILE_NAME = "ipamjm.ttf"
INSTALLED = Path("/usr/share/fonts/truetype/ipamj") / FILE_NAME

_FETCH_SECONDS = 300


class FontUnavailable(Exception):
    """There is no font with the pinned hash; the text says what was tried and what to do."""


def provide_font(sha256: str, cache: Path, say: Callable[[str], None]) -> Path:
    """The path of IPAmj明朝 with this SHA-256 (hex), fetched into `cache` when it must be.

    say: takes a line about what is going on; only called before something slow. Raises FontUnavailable.
    """
    chosen = os.environ.get(CHOICE)
    if chosen:
        return _right(Path(chosen), sha256, f"{CHOICE}={chosen}")
    cached = cache / FILE_NAME
    for path in (INSTALLED, cached):
        if path.is_file() and file_sha256(path) == sha256:
            return path
    say(f"fetching {PACKAGE} (25 MB) with apt-get, to unpack it under {cache}; nothing is installed")
    _fetch(cached)
    return _right(cached, sha256, f"the package {PACKAGE} of this machine's distribution")


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _right(path: Path, sha256: str, origin: str) -> Path:
    try:
        found = file_sha256(path)
    except OSError as unreadable:
        raise FontUnavailable(f"{origin}: cannot be read ({unreadable.strerror}).") from unreadable
    if found != sha256:
        raise FontUnavailable(
            f"{origin} has the SHA-256 {found[:16]}…, but fonts/fonts.toml pins {sha256[:16]}…. "
            f"Name the pinned version's file in {CHOICE}, or pin the other version after looking at its glyphs."
        )
    return path.absolute()


def _fetch(target: Path) -> None:
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise FontUnavailable(_help("this machine has no apt-get and dpkg-deb"))
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        folder = Path(name)
        package = _download(folder)
        status, words = _run(["dpkg-deb", "-x", str(package), str(folder / "unpacked")], folder)
        unpacked = next((folder / "unpacked").rglob(FILE_NAME), None)
        if status or unpacked is None:
            raise FontUnavailable(_help(f"{package.name} could not be unpacked: {words}"))
        unpacked.chmod(0o644)
        unpacked.rename(target)


def _download(folder: Path) -> Path:
    """The package's file, with the machine's package lists or, when they are absent or old, with lists of our own."""
    # Root's apt-get would hand the download to the user _apt, who cannot write here.
    apt = ["apt-get", "-qq", "-o", "APT::Sandbox::User=root"]
    _, words = _run([*apt, "download", PACKAGE], folder)
    if not _packages(folder):
        for place in ("state/lists/partial", "cache/archives/partial"):
            (folder / place).mkdir(parents=True)
        state = ["-o", f"Dir::State={folder}/state", "-o", "Dir::State::status=/var/lib/dpkg/status"]
        mine = [*apt, *state, "-o", f"Dir::Cache={folder}/cache", "-o", "Acquire::Languages=none"]
        # One broken source among several makes apt-get fail; what counts is whether the package comes then.
        _run([*mine, "update"], folder)
        _, words = _run([*mine, "download", PACKAGE], folder)
    found = _packages(folder)
    if not found:
        raise FontUnavailable(_help(words.splitlines()[-1] if words else "no package came"))
    return found[0]


def _packages(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{PACKAGE}_*.deb"))


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


def _help(reason: str) -> str:
    return (
        f"The font IPAmj明朝 is not on this machine and could not be fetched ({reason}). "
        f"Run `apt-get install {PACKAGE}` as root (on Ubuntu the component universe must be on), "
        f"or set {CHOICE} to the path of {FILE_NAME}."
    )
