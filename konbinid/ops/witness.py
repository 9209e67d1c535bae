"""What this host saw the database commit, kept outside the database: so a restored backup is known when it is met (I-11).

About once a second the host's row in ops.beat is counted up; when COMMIT was answered, the value goes into a small file, and then into memory. The file
survives restarts and restores. Whoever answers from the database asks first whether the snapshot still shows the value (``requirement``). Whoever is
about to promise something outside the database that a lost second would break, as a receipt does, has a beat made first (``attest``).
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.threads import deferToThread

from konbinid.ops.rounds import Rounds
from konbinid.store.errors import DatabaseWentBack, StoreError
from konbinid.store.restoration import Witnessed, beat, require_not_gone_back
from konbinid.store.whole_file import write_whole

if TYPE_CHECKING:
    from konbinid.ops.alerts import Alerts
    from konbinid.store.pool import Pool
    from konbinid.store.transaction import Transaction

EVERY_SECONDS = 1.0
_WITHIN = 5.0
_NAME = "witness.json"
_NOT_WRITTEN = "復元に気付くための控えを書けません。書けるまで受領通知 (.ok、.ng) も出しません。[state] folder の空き容量と権限を確かめてください。"
_OTHER = "このサーバの控えとは別のデータベースにつながっています。何も交付していません。[database] servers を確かめてください。"


class WitnessRefused(Exception):
    """The file is not one that this program wrote, or speaks of another database; the text says what to do."""


def read_witness(folder: Path) -> Witnessed | None:
    """What was kept; None when there is nothing yet. WitnessRefused."""
    path = folder / _NAME
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Witnessed(str(kept["database"]), int(kept["value"]), datetime.fromisoformat(kept["at"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WitnessRefused(f"{path} cannot be read ({type(error).__name__}).") from error


def write_witness(folder: Path, witnessed: Witnessed) -> None:
    """There whole or not at all, and still there after a power cut. OSError."""
    text = json.dumps(
        {"database": witnessed.database, "value": witnessed.value, "at": witnessed.at.isoformat()}
    )
    write_whole(folder, _NAME, text)


def require_same_database(folder: Path, database: str) -> None:
    """A database that was made anew, or another city's, is not the one that this host served. WitnessRefused."""
    kept = read_witness(folder)
    if kept is not None and kept.database != database:
        raise WitnessRefused(
            f"{folder / _NAME} speaks of database {kept.database}, and this is {database}: not the one that this host served. "
            "When a new database is meant, remove that file."
        )


class Witness(Rounds):
    """The heartbeat of one host. folder: where the file lies, this host's alone. host: this host's name."""

    def __init__(self, clock: Any, pool: Pool, alerts: Alerts, *, folder: Path, host: str) -> None:
        super().__init__(clock, EVERY_SECONDS)
        self._pool = pool
        self._alerts = alerts
        self._folder = folder
        self._host = host
        self._kept = read_witness(folder)
        self._told: set[str] = set()
        self._one_at_a_time = DeferredLock()
        self._waiting: list[Deferred[bool]] = []

    def requirement(self) -> Callable[[Transaction], Awaitable[None]]:
        """What a snapshot that is taken from now on must show."""
        host, kept = self._host, self._kept
        return lambda tx: require_not_gone_back(tx, host, kept)

    async def round(self) -> None:
        """One beat."""
        await self.attest()

    def attest(self) -> Deferred[bool]:
        """A beat that begins after this call; true when it is kept, also in the file. From then on this host notices it if the database loses
        anything that it had committed before the call. False also when this beat found that the database had gone back.
        """
        answer: Deferred[bool] = Deferred()
        self._waiting.append(answer)
        if len(self._waiting) == 1:
            self._one_at_a_time.run(self._answer)
        return answer

    async def _answer(self) -> None:
        # Who asks from here on may have committed after this beat, and needs another.
        waiting, self._waiting = self._waiting, []
        try:
            kept = await self._beat()
        except Exception:  # noqa: BLE001 - who waits for it must not wait for ever
            self.log.failure("witness.failed")
            kept = False
        for each in waiting:
            each.callback(kept)

    async def _beat(self) -> bool:
        kept = self._kept
        try:
            seen, noted = await self._pool.transaction(
                lambda tx: beat(tx, self._host, kept),
                deadline=self._clock.seconds() + _WITHIN,
                begin="begin",
            )
        except DatabaseWentBack:
            self._tell_once("witness.other_database", _OTHER)
            return False
        except StoreError as error:
            self.log.warn("witness.no_beat", reason=type(error).__name__)
            return False
        if noted:
            self.log.critical("witness.went_back", host=self._host)
        return await self._keep(seen) and not noted

    async def _keep(self, seen: Witnessed) -> bool:
        # A clock that was set back must not bring a restoration's time back with it.
        if self._kept is not None and self._kept.at > seen.at:
            seen = replace(seen, at=self._kept.at)
        written = True
        try:
            await deferToThread(write_witness, self._folder, seen)
        except OSError as error:
            written = False
            self.log.error("witness.not_written", reason=type(error).__name__)  # noqa: TRY400 - its text is a path
            self._tell_once("witness.not_written", _NOT_WRITTEN)
        else:
            self._told.discard("witness.not_written")
        self._kept = seen
        return written

    def _tell_once(self, event: str, text: str) -> None:
        if event not in self._told:
            self._told.add(event)
            self._alerts.tell("critical", "witness", event, subject=self._host, text=text)
