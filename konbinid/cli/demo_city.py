"""The demo city's core systems: they drop their files into the inbox, and heartbeats from then on."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.cli.demo_place import FEEDS, DemoFailed
from konbinid.simulator import city, feeds
from konbinid.simulator.seals import SealCutter
from konbinid.store.migrate import migrations

if TYPE_CHECKING:
    from collections.abc import Callable

    from konbinid.cli.demo_place import Place
    from konbinid.simulator.rows import ResidentRow

JST = dt.timezone(dt.timedelta(hours=9))

_SEED = 1
_POLL_SECONDS = 0.1
_RECEIPT_SECONDS = 60
_PEOPLE_PER_SECOND = 500  # of a big city's files, at the very least
_SEQUENCE = re.compile(r"([A-Z]+)_[0-9]{14}_([0-9]{6})_[FD]\.(?:csv|dat)")


@dataclass(frozen=True)
class CoreSystems:
    """The demo city on the side of the city hall: it knows the inbox and the out-box, nothing of the daemon."""

    place: Place
    people: int
    font: Path
    now: Callable[[], dt.datetime]

    def is_applied(self) -> bool:
        """Whether the database holds this very city: its size, day, generator and the schema of the last run."""
        return self.place.city.exists() and self.place.city.read_text(encoding="utf-8") == self._mark()

    def drop_files(self) -> tuple[list[Path], city.Written]:
        """Write the city's full files and move them into the inbox; returns the data files there, and their rows."""
        with tempfile.TemporaryDirectory(dir=self.place.folder) as name:
            written = city.write_city(
                Path(name),
                self._city(),
                self._stamp(),
                seq=1,
                cutter=SealCutter(self.font),
                register_font=self.font,
            )
            city.write_gaiji(Path(name), self._stamp())
            files = [path.with_suffix("") for path in Path(name).glob("*.end")]
            made = sorted(path for path in files if path.name.split("_", 1)[0] in FEEDS)
            return [self._drop(path) for path in made], written

    def _drop(self, path: Path) -> Path:
        """Attachments first, then the data, then the marker that says that all is there."""
        inbox = self.place.spool("inbox")
        for each in (path.with_suffix(""), path, path.with_name(f"{path.name}.end")):
            if each.exists():
                each.rename(inbox / each.name)
        return inbox / path.name

    def drop_new_gaiji(self, further: int) -> Path:
        """Send a difference file of GAIJI that brings the first ``further`` of the simulator's further characters."""
        with tempfile.TemporaryDirectory(dir=self.place.folder) as name:
            seq = self._next_sequence("GAIJI")
            return self._drop(city.write_new_gaiji(Path(name), self._stamp(), further, seq=seq))

    def drop_residents(self, rows: list[ResidentRow]) -> Path:
        """Send a difference file of JUMIN."""
        with tempfile.TemporaryDirectory(dir=self.place.folder) as name:
            seq = self._next_sequence("JUMIN")
            return self._drop(feeds.write_difference(Path(name), "JUMIN", seq, rows, self._stamp()))

    def drop_heartbeats(self) -> list[Path]:
        """One difference file without rows for each feed: the core systems are there, and have no news."""
        inbox = self.place.spool("inbox")
        return [
            feeds.write_difference(inbox, feed, self._next_sequence(feed), [], self._stamp())
            for feed in FEEDS
        ]

    def wait_for_receipts(
        self, files: list[Path], check: Callable[[], None], say: Callable[[str], None]
    ) -> None:
        """Return when every file has its `.ok`. DemoFailed on an `.ng`, and when a file gets no answer."""
        waiting = list(files)
        deadline = time.monotonic() + _RECEIPT_SECONDS + self.people / _PEOPLE_PER_SECOND
        while waiting:
            check()
            for file in list(waiting):
                outbox = self.place.spool("outbox")
                refused = outbox / f"{file.name}.ng"
                if refused.exists():
                    raise DemoFailed(
                        f"{file.name} was refused; the report is {refused}:\n{refused.read_text('utf-8')}"
                    )
                if (outbox / f"{file.name}.ok").exists():
                    waiting.remove(file)
            say(f"waiting for {', '.join(file.name.split('_', 1)[0] for file in waiting)}")
            if time.monotonic() > deadline:
                raise DemoFailed(
                    f"{waiting[0].name} is neither applied nor refused; the status page says why."
                )
            time.sleep(_POLL_SECONDS)

    def remember(self) -> None:
        """From now on the database holds this city."""
        self.place.city.write_text(self._mark(), encoding="utf-8")

    def _city(self) -> city.City:
        return city.City(self.people, _SEED, self.now().astimezone(JST).date())

    def _mark(self) -> str:
        made = self._city()
        # Another generator makes other people of the same seed; a schema made by other migrations cannot be used.
        code = hashlib.sha256()
        for path in sorted(Path(city.__file__).parent.glob("*.py")):
            code.update(path.read_bytes())
        for migration in migrations():
            code.update(migration.sha256.encode())
        mark = {"people": made.people, "seed": made.seed, "today": str(made.today), "code": code.hexdigest()}
        return json.dumps(mark)

    def _stamp(self) -> dt.datetime:
        return self.now().astimezone(JST).replace(tzinfo=None, microsecond=0)

    def _next_sequence(self, feed: str) -> int:
        used = [0]
        for name in ("inbox", "archive", "outbox", "quarantine"):
            for path in self.place.spool(name).rglob(f"{feed}_*"):
                matched = _SEQUENCE.match(path.name)
                if matched:
                    used.append(int(matched[2]))
        return max(used) % 999_999 + 1
