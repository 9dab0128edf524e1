"""What our layers cost on top of hand-written SQL, on the same table in one run.

usage: python -m benchmarks.overhead [--dsn DSN] [--rows 20000] [--queries 500]

Without a DSN it starts an embedded Postgres in a temporary folder. Vectors are
clustered, 384-d and seeded. Every round asks each contestant the same question in
random order, after one unmeasured query, all on one connection: another backend would
find its caches colder. What counts are the ratios; absolute times are the machine's.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
import psycopg
from pgvector.psycopg import register_vector

import pgvectorize
from pgvectorize import schema
from pgvectorize.embedded import serve

DIMENSIONS = 384
NAME = "overhead"


def clustered(rows: int, seed: int) -> np.ndarray[Any, Any]:
    random_numbers = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(200, DIMENSIONS))
    noise = random_numbers.normal(scale=0.7, size=(rows, DIMENSIONS))
    return (centres[random_numbers.integers(0, len(centres), rows)] + noise).astype(np.float32)


@contextmanager
def server(dsn: str | None) -> Iterator[str]:
    if dsn:
        yield dsn
    else:
        with (
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
            serve(folder) as own,
        ):
            yield own


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(title: str, contestants: dict[str, Callable[[int], object]], rounds: int) -> None:
    """Print the median time of each contestant, and its ratio to the first."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    names = list(contestants)
    for number in range(rounds):
        contestants[names[0]](number)
        for name in random.sample(names, len(names)):
            times[name].append(timed(partial(contestants[name], number)))
    print(f"\n{title}")
    floor = float(np.median(times[names[0]]))
    for name in names:
        median = float(np.median(times[name]))
        print(f"  {name:<44} {median * 1e3:8.3f} ms  {median / floor:5.2f} x")


def load(client: pgvectorize.Client, plain: psycopg.Connection[Any], rows: int) -> str:
    """Fill the index, measuring loads without HNSW, and build it; return its table."""
    if any(info.name == NAME for info in client.list_indexes()):
        client.delete_index(NAME)
    table = client.create_index(NAME, dimensions=DIMENSIONS, metric="cosine").relation
    found = plain.execute(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index"
        " join pg_class on pg_class.oid = indexrelid join pg_am on pg_am.oid = relam"
        " where indrelid = %s::regclass and amname = 'hnsw'",
        [table],
    ).fetchone()
    assert found is not None
    hnsw, definition = found
    plain.execute(f"drop index {hnsw}")
    columns: dict[str, Any] = {
        "ids": [f"row-{number}" for number in range(rows)],
        "values": clustered(rows, seed=1),
        "namespaces": [f"namespace-{number % 10}" for number in range(rows)],
        "metadata": [
            {"number": number, "word": f"word {number % 1000}", "even": number % 2 == 0}
            for number in range(rows)
        ],
    }
    index = client.index(NAME)
    print(f"{rows:,} rows of {DIMENSIONS} dimensions, without HNSW, rows a second:")
    for title, atomic in {
        "upsert of new rows": True,
        "upsert of the same rows again": True,
        "the same, each batch a change of its own": False,
    }.items():
        seconds = timed(partial(index.upsert, **columns, atomic=atomic))
        print(f"  {title:<44} {rows / seconds:8,.0f}")
    plain.execute("set maintenance_work_mem = '1GB'")
    plain.execute(definition)
    plain.execute(f"analyze {table}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead")
    parser.add_argument("--dsn")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=500)
    arguments = parser.parse_args()
    with (
        server(arguments.dsn) as dsn,
        psycopg.connect(dsn, autocommit=True) as plain,
    ):
        schema.migrate(dsn)
        with pgvectorize.connect(dsn) as client:
            table = load(client, plain, arguments.rows)
            index = client.using(plain).index(NAME)
            queries = clustered(arguments.queries, seed=2)
            register_vector(plain)
            plain.execute("set hnsw.ef_search = 100")

            def ask(text: str) -> Callable[[int], object]:
                return lambda number: plain.execute(
                    text, {"vector": queries[number]}, prepare=True, binary=True
                ).fetchall()

            nearest = (
                f"select id, 1 - (embedding <=> %(vector)s) from {table}"
                " order by embedding <=> %(vector)s"
            )
            in_namespace = nearest.replace("order", "where namespace = 'namespace-3' order")
            compare(
                "a query, top_k 5, ef_search 100",
                {
                    "hand-written SQL, prepared": ask(f"{nearest} limit 5"),
                    "hand-written, ordered by distance, id": ask(f"{nearest}, id limit 5"),
                    "pgvectorize.query(…) in SQL": ask(
                        "select id, score"
                        f" from pgvectorize.query(index => '{NAME}', vector => %(vector)s)"
                    ),
                    "Index.query(…)": lambda number: index.query(queries[number]),
                    "Index.query(…), exact": lambda number: index.query(
                        queries[number], exact=True
                    ),
                },
                arguments.queries,
            )
            plain.execute("set hnsw.iterative_scan = relaxed_order")
            compare(
                "a query in a namespace with a tenth of the rows",
                {
                    "hand-written SQL, prepared": ask(f"{in_namespace} limit 5"),
                    "Index.query(…)": lambda number: index.query(
                        queries[number], namespace="namespace-3"
                    ),
                },
                arguments.queries,
            )


if __name__ == "__main__":
    main()
