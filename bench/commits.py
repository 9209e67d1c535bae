"""How long a small COMMIT waits beside a large write, and what log files that lie ready change (docs/ja/install.md 4.5).

    .venv/bin/python bench/commits.py [--rows 600000]

Starts two private PostgreSQL servers with fsync, one after the other: the first as it is after initdb, the second with min_wal_size = 2 GB and its log files made. On each, rows of 2 KB
are committed one by one, first alone and then beside one transaction that writes 600,000 rows (1.2 GB of log). Whoever needs the next log file (16 MB) first makes it and
flushes it to the disk, and everybody else's COMMIT waits for that. Printed: milliseconds of the small commits. The ratios are what to quote.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg2
from beside import keep_log_segments, percentile
from private_database import Database

from konbinid.simulator.postgres import PrivatePostgres

READY = 2048  # MB


def committed(link) -> float:
    """Milliseconds of one small row's insert and commit."""
    began = time.perf_counter()
    with link.cursor() as cur:
        cur.execute("insert into small values (repeat('x', 2000))")
    return (time.perf_counter() - began) * 1e3


def write_much(database: Database, rows: int, done: threading.Event) -> None:
    """One large transaction."""
    try:
        database.run(
            "insert into large select repeat(md5(n::text), 30) from generate_series(1, %s) n",
            [rows],
            role="postgres",
        )
    finally:
        done.set()


def measure(database: Database, rows: int) -> tuple[list[float], list[float]]:
    """Alone, and beside the large transaction."""
    for name in ("small", "large"):
        database.run(f"create table {name} (text text)", role="postgres")
    with closing(psycopg2.connect(database.dsn("postgres"))) as link:
        link.autocommit = True
        alone, beside, done = [], [], threading.Event()
        for _ in range(200):
            alone.append(committed(link))
            time.sleep(0.01)
        threading.Thread(target=write_much, args=(database, rows, done)).start()
        while not done.is_set():
            beside.append(committed(link))
            time.sleep(0.005)
    return alone, beside


def main() -> None:
    """Both servers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=600_000)
    chosen = parser.parse_args()
    print(f"{'':34}{'commits':>8}{'p50 ms':>8}{'p99 ms':>8}{'longest':>8}")
    for ready in (0, READY):
        folder = Path(tempfile.mkdtemp(prefix="kb-"))
        server = PrivatePostgres(folder / "pg", temporary=True)
        server.start()
        try:
            database = Database(server, "postgres")
            if ready:
                keep_log_segments(database, ready)
            for name, times in zip(("alone", "beside"), measure(database, chosen.rows), strict=True):
                what = f"{ready} MB of log files ready, {name}"
                print(
                    f"{what:34}{len(times):8}{percentile(times, 0.5):8.1f}{percentile(times, 0.99):8.1f}{max(times):8.1f}"
                )
        finally:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
