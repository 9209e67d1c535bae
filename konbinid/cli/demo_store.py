"""The demo's database: made, migrated, opened to the daemon's roles, and told what the demo city decided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from konbinid import config
from konbinid.cli.check_config import clocks_now
from konbinid.cli.demo_place import DemoFailed
from konbinid.cli.library_file import read_library_file
from konbinid.domain.dates import in_japan
from konbinid.domain.library import Item
from konbinid.preparation import prepare
from konbinid.store import migrate
from konbinid.store.direct import session
from konbinid.store.library_write import NewEntry, import_entries
from konbinid.store.status import approve_fingerprint, look_up_fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from konbinid.simulator.postgres import PrivatePostgres

_NAME = "konbinid"


def prepare_database(server: PrivatePostgres) -> int:
    """Bring the demo's database to this build's schema; returns how many migrations were applied. DemoFailed."""
    owner = server.dsn(_NAME, migrate.OWNER)
    try:
        migrate.create_database(server.dsn(), _NAME)
        applied = migrate.migrate(owner)
    except migrate.CannotMigrate as refusal:
        raise DemoFailed(f"{refusal} Remove .demo to begin with an empty database.") from refusal
    # The socket lies in a folder closed to other users: no passwords are needed to show something.
    migrate.enable_logins(owner, dict.fromkeys(migrate.ROLES))
    return len(applied)


def server_address(server: PrivatePostgres) -> str:
    """The connection string for the daemon's configuration: without user."""
    return server.address(_NAME)


def fill_library(server: PrivatePostgres, library: Path, today: date) -> tuple[int, int]:
    """Import the demo city's decisions; returns (written now, in all)."""
    entries = with_years_to_come(read_library_file(library), today)
    with session((server.dsn(_NAME, migrate.role_name("office")),), "library import") as made:
        written = import_entries(
            made, entries, entered_by="demo", approved_by="demo-second", source=library.name
        )
    return written, len(entries)


def with_years_to_come(entries: Sequence[NewEntry], today: date) -> list[NewEntry]:
    """The entries, and after the last 年度 that they offer each one up to next year's, from its first of June: a demo of any year has the newest."""
    last = max(
        (each for each in entries if each.item is Item.TAX_YEARS), key=lambda each: each.effective_from
    )
    years = range(last.value["newest"] + 1, today.year + 2)
    more = [
        replace(last, effective_from=in_japan(date(year, 6, 1)), value={**last.value, "newest": year})
        for year in years
    ]
    return [*entries, *more]


def approve_build(server: PrivatePostgres, config_file: Path) -> str:
    """Say that hosts with this build and configuration may issue, as `konbinid fingerprint --approve` does; returns the fingerprint."""
    found = prepare(config.load(config_file), clocks_now(), lambda _: None).fingerprint.value
    with session((server.dsn(_NAME, migrate.role_name("office")),), "fingerprint") as made:
        approved = look_up_fingerprint(made)
        if approved is None or approved.value != found:
            approve_fingerprint(made, found, "demo")
    return found
