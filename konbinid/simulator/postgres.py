"""A PostgreSQL of one's own, for the demo and the tests: made in a folder, reached by a unix socket, gone on exit.

It touches nothing outside its folder. Only when the folder cannot serve (as root, the server runs as another user, who
may not be able to enter it; and a socket's path has a limit) a folder of its own under /tmp is used instead.

When the process that started it dies, even by SIGKILL, a small guard (a shell waiting on a pipe) stops the server.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from konbinid.simulator.pgaccount import account_for
from konbinid.simulator.pgbinaries import Binaries, NoPostgres, find_binaries

if TYPE_CHECKING:
    import subprocess

_SOCKET_NAME = ".s.PGSQL.65535.lock"
_SOCKET_LIMIT = 107
"""Bytes of a unix socket's path that Linux takes (sun_path less the closing zero)."""

_SHELL_SIGNS = frozenset("\"$`\\\n'")
"""pg_ctl hands its paths to a shell between double quotes; a path with one of these does not survive that."""

_DEFAULT_PORT = 5432
_START_SECONDS = 60
_TAIL_LINES = 15

# Reads until the parent's end of the pipe closes (its exit, however it came), then stops the server.
_GUARD = 'trap "" INT TERM HUP; read -r _; "$1" -D "$2" -m "$3" -w stop; [ -z "$4" ] || rm -rf "$4"'


class PostgresFailed(Exception):
    """The private server could not be made, started or stopped; the text says why and what to do."""


class PrivatePostgres:
    """One server with its data in `folder/data`.

    folder: is made when missing; a second run on the same folder opens the data that is there.
    fast:   for tests: no fsync, so a power cut loses everything. The demo runs without it, at honest speed.
    port:   also listen on this TCP port of 127.0.0.1 (passwords there; the socket needs none: its folder is closed
            to other users).
    temporary: the folder is removed on stop, and by the guard.
    """

    def __init__(
        self, folder: Path, *, fast: bool = False, port: int | None = None, temporary: bool = False
    ) -> None:
        self.asked_folder = folder.absolute()
        self.fast = fast
        self.port = port
        self.temporary = temporary
        self.account = account_for(self.asked_folder)
        self.folder = self._place()
        self.data = self.folder / "data"
        self.log_file = self.folder / "server.log"
        self.socket_folder = self.folder
        if len(os.fsencode(self.folder / _SOCKET_NAME)) > _SOCKET_LIMIT:
            self.socket_folder = self._short_place()
        self.binaries: Binaries | None = None
        self._lock: int | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def address(self, database: str) -> str:
        """Where a database is, as a libpq connection string through the socket, without a user."""
        host = str(self.socket_folder).replace("\\", "\\\\").replace("'", "\\'")
        return f"host='{host}' port={self.port or _DEFAULT_PORT} dbname={database}"

    def dsn(self, database: str = "postgres", user: str = "postgres") -> str:
        """The same for a user; `postgres` is the server's superuser."""
        return f"{self.address(database)} user={user}"

    def start(self) -> None:
        """Make the data folder when there is none, and start. Raises PostgresFailed, NoPostgres or NoAccount."""
        try:
            self._prepare_folders()
            self._take_lock()
            self.binaries = self._reachable(self._choose_binaries())
            self._stop_orphan()
            if not (self.data / "PG_VERSION").exists():
                self._init()
            self._configure()
            # The guard is there before the server: there is no moment at which a killed parent leaves one behind.
            self._start_guard()
            self._run(
                "pg_ctl", *self._on_data(), "-w", "-t", str(_START_SECONDS), "-l", str(self.log_file), "start"
            )
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server and wait for it; twice does no harm."""
        if self.binaries is not None and (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", *self._on_data(), "-m", self._stop_mode, "-w", "stop")
        if self._guard is not None:
            self._guard.kill()
            self._guard.communicate()
            self._guard = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        if self.temporary:
            self.remove()

    def remove(self) -> None:
        """Remove the data and everything else of this server, which must be stopped."""
        for folder in {self.folder, self.socket_folder}:
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def _stop_mode(self) -> str:
        return "immediate" if self.temporary else "fast"

    def _on_data(self) -> list[str]:
        return ["-s", "-D", str(self.data)]

    def _place(self) -> Path:
        self.asked_folder.parent.mkdir(parents=True, exist_ok=True)
        plain = not _SHELL_SIGNS.intersection(str(self.asked_folder))
        if plain and self.account.can_enter(self.asked_folder.parent):
            return self.asked_folder
        return self._short_place()

    def _short_place(self) -> Path:
        mark = hashlib.sha256(os.fsencode(self.asked_folder)).hexdigest()[:10]
        return Path(f"/tmp/konbinid-{os.getuid()}-{mark}")  # noqa: S108  # its owner is checked before it is used

    def _prepare_folders(self) -> None:
        for folder in dict.fromkeys((self.folder, self.socket_folder)):
            if not folder.exists():
                folder.mkdir(mode=0o700)
                self.account.own(folder)
            # A name under /tmp can be guessed: what someone else put there, or a link, is not ours.
            if folder.is_symlink() or folder.stat().st_uid != self.account.uid:
                raise PostgresFailed(
                    f"{folder} does not belong to {self.account.name}, who would run PostgreSQL in it. "
                    "Remove it (as its owner) or run as its owner."
                )

    def _take_lock(self) -> None:
        """Two servers on one data folder must not meet; the lock ends with this process, however it ends."""
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(lock, 20, 0).decode() or "?"
            os.close(lock)
            raise PostgresFailed(
                f"The PostgreSQL in {self.folder} is in use by process {owner}. Stop that one first (Ctrl-C)."
            ) from None
        self._lock = lock
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)

    def _choose_binaries(self) -> Binaries:
        made_by = self.data / "PG_VERSION"
        if not made_by.exists():
            return find_binaries()
        major = int(made_by.read_text().strip())
        try:
            return find_binaries(major)
        except NoPostgres as missing:
            raise PostgresFailed(f"{missing} Remove {self.folder} to begin with an empty database.") from None

    def _reachable(self, found: Binaries) -> Binaries:
        """The same programs where the server's user can run them: a wheel in a closed folder is copied."""
        if found.origin != "wheel" or self.account.can_enter(found.folder):
            return found
        installed, package, site = found.folder.parents[:3]
        copy = self.folder / f"programs-{found.major}"
        if not (copy / "complete").exists():
            shutil.rmtree(copy, ignore_errors=True)
            # The programs look for their libraries beside the package, by a relative path.
            libraries = f"{package.name}.libs"
            shutil.copytree(installed, copy / package.name / installed.name)
            shutil.copytree(site / libraries, copy / libraries)
            (copy / "complete").touch()
            for place, folders, files in os.walk(copy):
                for name in (*folders, *files, "."):
                    self.account.own(Path(place) / name)
        return Binaries(copy / package.name / installed.name / "bin", found.major, found.origin)

    def _stop_orphan(self) -> None:
        """With the lock in hand, a server that still runs here has lost its parent; a dead one leaves only its file."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except FileNotFoundError:
            command = b""
        except ValueError as torn:
            raise PostgresFailed(f"{pid_file} is not readable; remove {self.folder} and run again.") from torn
        if os.fsencode(self.data) in command:
            self._run("pg_ctl", *self._on_data(), "-m", "fast", "-w", "stop")
        else:
            # The number may belong to some other program by now; PostgreSQL would refuse to start because of it.
            pid_file.unlink(missing_ok=True)

    def _init(self) -> None:
        locale = ["--encoding=UTF8", "--locale=C", "--data-checksums"]
        # The socket's folder is closed, so the socket asks for nothing; TCP always asks for a password.
        access = ["--auth-local=trust", "--auth-host=scram-sha-256", "--username=postgres"]
        # Not synced to disk: a power cut within this very minute loses an empty database, and saves several seconds.
        making = self.folder / "data.making"
        shutil.rmtree(making, ignore_errors=True)
        self._run("initdb", "-D", str(making), *locale, *access, "--no-sync")
        with (making / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude 'private.conf'\n")
        # Renamed when whole: an interrupted initdb leaves no half folder that looks like a database.
        making.rename(self.data)

    def _configure(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1" if self.port else "",
            "port": str(self.port or _DEFAULT_PORT),
            "unix_socket_directories": '"' + str(self.socket_folder) + '"',
            "timezone": "UTC",
            "log_timezone": "UTC",
            "max_connections": "100",
        }
        if self.fast:
            settings |= {"fsync": "off", "full_page_writes": "off", "max_wal_size": "256MB"}
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'\n" for name, value in settings.items()]
        conf = self.data / "private.conf"
        conf.write_text("".join(lines), encoding="utf-8")
        self.account.own(conf)

    def _start_guard(self) -> None:
        assert self.binaries is not None
        gone = str(self.folder) if self.temporary else ""
        pg_ctl = str(self.binaries.folder / "pg_ctl")
        shell = ["/bin/sh", "-c", _GUARD, "guard", pg_ctl, str(self.data), self._stop_mode, gone]
        self._guard = self.account.guard(shell)

    def _run(self, program: str, *arguments: str) -> None:
        assert self.binaries is not None
        with tempfile.TemporaryFile() as said:
            # Into a file, not a pipe: the server inherits it, and a pipe would be read until the server ends.
            status = self.account.run([str(self.binaries.folder / program), *arguments], said)
            said.seek(0)
            words = said.read().decode(errors="replace").strip()
        if status:
            raise PostgresFailed(f"{program} failed: {words}{self._log_tail()}")

    def _log_tail(self) -> str:
        with contextlib.suppress(OSError):
            lines = self.log_file.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
            return "\n".join(["", f"The end of {self.log_file}:", *lines])
        return ""
