"""The reading child: ``python -m konbinid.intake.child``, started by konbinid.intake.worker and by nothing else.

It stores and stages one file at a time, on request over its standard input. What it reads was written by others, so it runs under a memory
limit, dies with the daemon, and tells of a failure only the kind and the place in our code: texts of exceptions may hold values of rows.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection

from konbinid.domain.feeds import Feed
from konbinid.intake.arrived import settle
from konbinid.intake.examiner import Examiner
from konbinid.intake.folder import opened_folder
from konbinid.intake.framing import Message, Unpacker, pack
from konbinid.intake.glyphs import codes_in
from konbinid.intake.layout import Layout, load
from konbinid.intake.limits import die_with, limit_memory, make_way
from konbinid.intake.names import DropName, EndMarker
from konbinid.intake.staging import Stager
from konbinid.intake.storing import FolderSource, StoreJob, Storer
from konbinid.intake.telling import told
from konbinid.store.intake_link import connect
from konbinid.store.keyring import Keyring

_PROGRESS_SECONDS = 1.0


class LayoutChanged(Exception):
    """A layout file is not the one that the daemon has checked."""


class Child:
    """Does the jobs; keeps its connections and layouts between them, and nothing of a file. ``make_way``: as konbinid.intake.limits.make_way."""

    def __init__(
        self, config: Message, send: Callable[[Message], None], make_way: Callable[[], bool]
    ) -> None:
        self._send = send
        self._ask_to_make_way = make_way
        self._dsn = str(config["dsn"])
        self._keyring = Keyring.load(Path(config["keys"]))
        self._layouts: dict[Feed, Layout] = {}
        for path, digest in config["layouts"]:
            layout = load(Path(path))
            if layout.digest != digest:
                raise LayoutChanged
            self._layouts[layout.feed] = layout
        self._private = codes_in(config.get("private", ()))
        self._links: dict[str, connection] = {}
        self._examiner = Examiner()
        self._progressed = 0.0
        self._makes_way = False

    def do(self, job: Message) -> Message:
        """One job's answer. Small files are read as quickly as can be: news of a hold must not wait for kiosks."""
        self._progressed = time.monotonic()
        if job["large"]:
            self._make_way()
        try:
            if "transfer" in job:
                link = self._link("write")
                return settle(link, self._layouts[Feed(job["feed"])], job, self._sign_of_life)
            return self._store(job) if job["job"] == "store" else self._stage(job)
        except psycopg2.Error:
            # Whatever state the connections are in, the next job starts with fresh ones.
            self.close()
            raise

    def close(self) -> None:
        """Let go of connections and of the examining process; the next job has new ones."""
        for link in self._links.values():
            link.close()
        self._links.clear()
        self._examiner.close()

    def _link(self, purpose: str) -> connection:
        link = self._links.get(purpose)
        if link is None or link.closed:
            link = self._links[purpose] = connect(self._dsn, f"konbinid intake {purpose}")
            link.autocommit = purpose == "read"
        return link

    def _store(self, job: Message) -> Message:
        name = DropName.parse(job["name"])
        end = EndMarker(job["rows"], bytes.fromhex(job["sha256"])) if job["sha256"] else None
        what = StoreJob(name, end, job["most_bytes"], timedelta(seconds=job["ahead"]))
        with opened_folder(Path(job["folder"])) as folder:
            source = FolderSource(folder, name, what.most_bytes)
            storer = Storer(self._layouts[name.feed], what, source, self._sign_of_life)
            return asdict(storer.store(self._link("write")))

    def _stage(self, job: Message) -> Message:
        layout = self._layouts[Feed(job["feed"])]
        links = (self._link("read"), self._link("write"))
        stager = Stager(
            *links, layout, self._keyring, self._progress, private=self._private, examiner=self._examiner
        )
        return asdict(stager.stage(job["incoming_id"], job["run"]))

    def _sign_of_life(self) -> None:
        self._progress(0)

    def _progress(self, rows: int) -> None:
        now = time.monotonic()
        if now - self._progressed >= _PROGRESS_SECONDS:
            self._progressed = now
            self._send({"progress": rows})
            self._make_way()

    def _make_way(self) -> None:
        self._makes_way = self._makes_way or self._ask_to_make_way()


def main() -> None:
    """Serve until standard input ends."""
    incoming, outgoing = os.dup(0), os.dup(1)
    # What any library prints goes to standard error, never between the messages.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    unpacker = Unpacker()
    child: Child | None = None

    def send(message: Message) -> None:
        view = memoryview(pack(message))
        while view:
            view = view[os.write(outgoing, view) :]

    while data := os.read(incoming, 65536):
        for message in unpacker.feed(data):
            answer: dict[str, Any]
            try:
                if child is None:
                    die_with(int(message["parent"]))
                    limit_memory(int(message["memory"]))
                    child = Child(message, send, make_way)
                    answer = {"ready": True}
                else:
                    answer = {"done": child.do(message)}
            except Exception as error:  # noqa: BLE001  # whatever it is, the daemon must hear of it
                answer = told(error)
            send(answer)
            gc.collect()


if __name__ == "__main__":
    main()
