"""A long mixed load on a server of its own: `make soak`, or python -m tests.faults.soak.

SOAK_MINUTES (10), SOAK_WRITERS, SOAK_READERS, SOAK_THREADS and SOAK_TASKS (8 each) say how much.
Threads and tasks change indexes beside the writers and readers, in every way that there is: see
`administration.py`. With SOAK_KILLS=1 the server is killed and started again every minute. Every
half minute it prints what was done, and what client, server and index take. It fails, with exit
code 1, if a row is lost or torn, at an error, if doctor does not find what is left or it cannot be
mended, or if client or server take in the end over `GROWTH` of what they took after a fifth of the
time, and 32 MB.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections import Counter

import psutil
import psycopg

from tests.faults.administration import Administration, repair
from tests.faults.load import Load
from tests.faults.server import OwnServer, own_server
from tests.faults.state import check

MINUTES = float(os.environ.get("SOAK_MINUTES", "10"))
WRITERS = int(os.environ.get("SOAK_WRITERS", "8"))
READERS = int(os.environ.get("SOAK_READERS", "8"))
THREADS = int(os.environ.get("SOAK_THREADS", "8"))
TASKS = int(os.environ.get("SOAK_TASKS", "8"))
KILLS = os.environ.get("SOAK_KILLS", "") == "1"
EVERY = 30  # seconds
GROWTH, SLACK = 1.25, 32 << 20
NAME = "soak"


def private_bytes(pid: int) -> int:
    """What a process takes for itself alone."""
    try:
        return int(psutil.Process(pid).memory_full_info().uss)
    except psutil.NoSuchProcess:
        return 0


def taken(server: OwnServer) -> dict[str, int]:
    """Bytes: of this process, of the server's together, of the table and the HNSW index."""
    with psycopg.connect(server.dsn) as connection:
        sizes = connection.execute(
            "select pg_table_size(indexes.relation),"
            " coalesce(pg_relation_size(pgvectorize_private._hnsw_index(indexes)), 0)"
            " from pgvectorize_private.indexes where name = %s",
            [NAME],
        ).fetchone()
        assert sizes is not None
        backends = [row[0] for row in connection.execute(
            "select pid from pg_stat_activity where backend_type = 'client backend'"
            " and pid <> pg_backend_pid()")]  # fmt: skip
        return {
            "client": psutil.Process().memory_info().rss,
            "backends": sum(map(private_bytes, backends)),
            "table": sizes[0],
            "hnsw": sizes[1],
        }


def main() -> int:
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)  # each kill breaks connections
    with own_server() as server:
        server.set({"shared_buffers": "128MB", "max_wal_size": "1GB"})
        server.start()
        from pgvectorize import schema

        schema.migrate(server.dsn)
        load = Load(server.dsn, NAME, survives=KILLS)
        load.prepare()
        changes = Administration(server.dsn, NAME, survives=KILLS)
        changes.prepare()
        load.start(WRITERS, READERS)
        changes.start(THREADS, TASKS)
        print(
            f"{MINUTES:g} minutes, {WRITERS} writers, {READERS} readers, {THREADS} threads and"
            f" {TASKS} tasks that change indexes,"
            f" {'killed every minute' if KILLS else 'no kills'}",
            flush=True,
        )
        print(" minute  writes/s  reads/s  client MB  backends MB  table MB  HNSW MB", flush=True)
        began = time.monotonic()
        before: Counter[str] = Counter()
        baseline: dict[str, int] = {}
        found: dict[str, int] = {}
        kills = turn = 0
        while time.monotonic() - began < 60 * MINUTES and not load.failures + changes.failures:
            turn += 1
            time.sleep(max(0, began + turn * EVERY - time.monotonic()))
            calls = load.calls.copy()
            found = taken(server)
            minute = (time.monotonic() - began) / 60
            if not baseline and minute >= MINUTES / 5:
                baseline = found
            rates = [(calls[kind] - before[kind]) / EVERY for kind in ("writes", "reads")]
            sizes = [found[name] / 2**20 for name in ("client", "backends", "table", "hnsw")]
            print(
                "{:7.1f} {:9.0f} {:8.0f} {:10.1f} {:12.1f} {:9.1f} {:8.1f}".format(
                    minute, *rates, *sizes
                ),
                flush=True,
            )
            before = calls
            if KILLS and turn % 2 == 0:
                server.crash()
                kills += 1
        load.stop()
        changes.stop()
        wrong = load.failures + changes.failures + load.check() + changes.check()
        for name in ("client", "backends"):
            if found[name] > GROWTH * baseline[name] + SLACK:
                wrong.append(f"{name} grew from {baseline[name]:,} to {found[name]:,} bytes")
        with psycopg.connect(server.dsn) as connection:
            (deadlocks,) = connection.execute(
                "select sum(deadlocks) from pg_stat_database"
            ).fetchone() or (None,)
        wrong += repair(server.dsn)
        check(server.dsn)
        done = load.calls + changes.calls
        figures = ", ".join(f"{number:,} {name}" for name, number in sorted(done.items()))
        print(
            f"{figures}, {deadlocks} deadlocks, {kills} kills; {len(wrong)} lost, failed or grown"
        )
        for line in wrong:
            print(line)
        return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
