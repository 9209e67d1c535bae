"""Under whose account a private PostgreSQL runs: PostgreSQL refuses root, so root lends it another user's."""

from __future__ import annotations

import contextlib
import os
import pwd
import subprocess
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_BORROWED = ("postgres", "nobody")


class NoAccount(Exception):
    """Root has nobody to run PostgreSQL as, or may not become that user."""


@dataclass(frozen=True)
class Account:
    """A user of this machine; `borrowed` when programs must change to it from root."""

    name: str
    uid: int
    gid: int
    borrowed: bool

    def run(self, call: Sequence[str], said: IO[bytes] | int) -> int:
        """Run a program as this user with its words going to `said`; its exit status. Raises NoAccount."""
        with self._started(call, subprocess.DEVNULL, said) as process:
            return process.wait()

    def guard(self, call: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start a program that outlives this process and whose standard input closes with it."""
        return self._started(call, subprocess.PIPE, subprocess.DEVNULL)

    def can_enter(self, folder: Path) -> bool:
        """Whether this user can reach into `folder` (or what exists of it) and every folder above it."""
        existing = next(each for each in (folder, *folder.parents) if each.exists())
        # Asked, not computed: access rules are more than mode bits.
        return self.run(["/usr/bin/test", "-x", str(existing)], subprocess.DEVNULL) == 0

    def own(self, path: Path) -> None:
        """Give `path` to this user (a link itself, not what it points at)."""
        if self.borrowed:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def _started(self, call: Sequence[str], heard: int, said: IO[bytes] | int) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603  # programs of pgbinaries and fixed ones; no text of a request
                call,
                stdin=heard,
                stdout=said,
                stderr=said,
                # No PG* variable of the caller's gets in, and no working folder that this user may not enter.
                env={"PATH": os.defpath, "LC_ALL": "C"},
                cwd="/",
                start_new_session=True,
                user=self.uid if self.borrowed else None,
                group=self.gid if self.borrowed else None,
                extra_groups=[] if self.borrowed else None,
            )
        except PermissionError as denied:
            raise NoAccount(f"{call[0]} cannot be run as {self.name} ({denied.strerror}).") from denied


def account_for(folder: Path) -> Account:
    """Oneself; as root whoever the folder belongs to already, else postgres, else nobody. Raises NoAccount."""
    uid = os.getuid()
    if uid != 0:
        return Account(str(uid), uid, os.getgid(), borrowed=False)
    with contextlib.suppress(FileNotFoundError, KeyError):
        owner = pwd.getpwuid(folder.stat().st_uid)
        if owner.pw_uid != 0:
            return Account(owner.pw_name, owner.pw_uid, owner.pw_gid, borrowed=True)
    for name in _BORROWED:
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return Account(name, found.pw_uid, found.pw_gid, borrowed=True)
    raise NoAccount(
        f"PostgreSQL does not run as root, and this machine has no user {' or '.join(_BORROWED)}."
    )
