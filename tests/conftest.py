"""What every test may ask for: a migrated database of its own, a server to stop and start, keys, empty ports.

A test that asks for `database` and finds no PostgreSQL on this machine fails; it is never skipped.

In trial's TestCase classes: `@pytest.mark.usefixtures("database", "keyring_folder")` on the class, and then
`self.database` and `self.keyring_folder`.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from private_database import Database, drop_database, make_database, start_server

from konbinid.simulator.postgres import PrivatePostgres
from konbinid.store.keyring import Keyring

_IN_MEMORY = Path("/dev/shm")  # the folders in it have names that nobody can guess
_ROOM = 8 * 1024**3


def _short_folder() -> Path:
    """In memory where there is room: a database is 600 files, and making them after others were deleted takes ext4 half a second (measured: 0.44 s
    on a disk that discards, 0.04 s in memory). Nothing of a test server must survive anything."""
    # Not pytest's tmp_path: root's is closed to the user who runs PostgreSQL, and it is long for a socket.
    roomy = (
        _IN_MEMORY.is_dir() and os.access(_IN_MEMORY, os.W_OK) and shutil.disk_usage(_IN_MEMORY).free > _ROOM
    )
    place = _IN_MEMORY if roomy else Path(tempfile.gettempdir())
    return place / f"konbinid-test-{secrets.token_hex(4)}"


def _offer(request: pytest.FixtureRequest, name: str, value: object) -> None:
    if request.instance is not None:
        setattr(request.instance, name, value)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    """The session's server (one per xdist worker), with the migrated template."""
    server = start_server(_short_folder())
    yield server
    server.stop()


@pytest.fixture
def database(request: pytest.FixtureRequest, postgres: PrivatePostgres) -> Iterator[Database]:
    """A migrated database that only this test uses."""
    made = make_database(postgres)
    _offer(request, "database", made)
    yield made
    drop_database(made)


@pytest.fixture
def own_server(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated database on a server of its own, which the test may stop and start (`.server`)."""
    folder = _short_folder()
    server = start_server(folder, temporary=False)
    made = make_database(server)
    _offer(request, "own_server", made)
    yield made
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


@pytest.fixture
def keyring_folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with the three keys of a fresh keyring."""
    folder = tmp_path / "keys"
    Keyring.create(folder)
    _offer(request, "keyring_folder", folder)
    return folder
