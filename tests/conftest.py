"""What every test may ask for: a migrated database of its own, a server to stop and start, keys, empty ports.

A test that asks for `database` and finds no PostgreSQL on this machine fails; it is never skipped.

In trial's TestCase classes: `@pytest.mark.usefixtures("database", "keyring_folder")` on the class, and then
`self.database` and `self.keyring_folder`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from private_database import Database, drop_database, make_database, short_folder, start_server

from konbinid.simulator.postgres import PrivatePostgres
from konbinid.store.keyring import Keyring


def _offer(request: pytest.FixtureRequest, name: str, value: object) -> None:
    if request.instance is not None:
        setattr(request.instance, name, value)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    """The session's server (one per xdist worker), with the migrated template."""
    server = start_server(short_folder())
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
    folder = short_folder()
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
