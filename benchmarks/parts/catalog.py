"""What an operator does where there are thousands of indexes, each with a few vectors."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

import pgvectorize
from benchmarks.bench import Bench
from benchmarks.measure import timed
from pgvectorize import schema

DATABASE = "pgvectorize_bench_catalog"
DIMENSIONS = 8
VECTORS = 20


def run(bench: Bench) -> None:
    count = bench.rows(3_000, 300) or 3_000
    name = Identifier(DATABASE)
    bench.connection.execute(SQL("drop database if exists {} with (force)").format(name))
    bench.connection.execute(SQL("create database {}").format(name))
    try:
        _measure(bench, make_conninfo(bench.dsn, dbname=DATABASE), count)
    finally:
        bench.connection.execute(SQL("drop database {} with (force)").format(name))


def _measure(bench: Bench, dsn: str, count: int) -> None:
    schema.migrate(dsn)
    with (
        pgvectorize.connect(dsn) as client,
        psycopg.connect(dsn, autocommit=True) as connection,
    ):
        values = [[1.0] * (DIMENSIONS - 1) + [float(row)] for row in range(VECTORS)]
        ids = [str(row) for row in range(VECTORS)]

        def create(number: int) -> None:
            client.create_index(f"i{number}", dimensions=DIMENSIONS, metric="cosine")

        for number in range(count - 1):
            create(number)
            client.index(f"i{number}").upsert(ids=ids, values=values)
        last, _ = timed(lambda: create(count - 1))
        connection.execute("analyze pgvectorize_private.indexes")

        def reapply() -> None:
            connection.execute("drop function pgvectorize_private._applied()")
            schema.migrate(dsn)

        bench.sheet.table("catalog", f"{count:,} indexes of {VECTORS} vectors")
        bench.sheet.row(by="create_index, the last", milliseconds=1000 * last)
        works: dict[str, Callable[[], Any]] = {
            "query": lambda: client.index("i1").query(values[0]),
            "list_indexes": client.list_indexes,
            "usage": client.usage,
            "doctor of one": lambda: client.doctor("i1"),
            "doctor": client.doctor,
            "pgvectorize list": lambda: subprocess.run(
                [sys.executable, "-m", "pgvectorize", "list", "--dsn", dsn],
                check=True,
                stdout=subprocess.DEVNULL,
            ),
            "migrate that applies all functions again": reapply,
        }
        for by, work in works.items():
            best = min(timed(work)[0] for _ in range(bench.options.size(3, 2)))
            bench.sheet.row(by=by, milliseconds=1000 * best)
