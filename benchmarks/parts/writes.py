"""Writes into a live index: upserts, metadata patches and deletes, alone and while others query."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np
import psycopg

from benchmarks.bench import Bench, connect
from benchmarks.datasets import DataSet
from benchmarks.floor import Table
from benchmarks.measure import Contestant, Outcome, rounds, timed
from benchmarks.truth import TOP_K
from pgvectorize import Index

NAME = "bench-live"
BATCHES = (1, 100, 1_000)  # rows a call


def run(bench: Bench) -> None:
    rows = bench.rows(30_000, 5_000) or 30_000
    data = bench.data(rows + 10_000)
    table = bench.create(NAME, data)
    index = bench.local.index(NAME)
    index.bulk_load(**data.head(rows).columns())
    table.vacuum()
    live = Live(bench, index, table, data, rows)
    title = f"a live index of {data.head(rows)}"

    bench.sheet.table("upserts", f"upserts of new rows into {title}")
    for batch in BATCHES:
        live.upserts(batch, bench.options.size(60, 20) if batch == 1 else 3)
    bench.sheet.table("patches", f"other metadata for rows in {title}")
    for batch in BATCHES[:2]:
        live.patches(batch, bench.options.size(60, 20) if batch == 1 else 3)
    wide_patches(bench)
    bench.sheet.table("beside", f"one row a call and queries, each alone and together, {title}")
    live.beside_queries(bench.options.size(60, 20))
    bench.sheet.table("unchanged", f"upserts of what is there already, {title}")
    live.unchanged()
    bench.sheet.table("deletes", f"deletes by id from {title}")
    for batch in BATCHES:
        live.deletes(batch, bench.options.size(60, 20) if batch == 1 else 2)
    bench.client.delete_index(NAME)


def wide_patches(bench: Bench) -> None:
    """Measure patches where vectors lie out of line, so that the new row fits the old page."""
    name = f"{NAME}-wide"
    data = bench.data(bench.options.size(10_000, 3_000), "synthetic-1536")
    table = bench.create(name, data)
    index = bench.local.index(name)
    index.bulk_load(**data.columns())
    table.vacuum()
    live = Live(bench, index, table, data, len(data))
    bench.sheet.table("wide_patches", f"other metadata for rows in a live index of {data}")
    for batch in BATCHES[:2]:
        live.patches(batch, bench.options.size(60, 20) if batch == 1 else 3)
    bench.client.delete_index(name)


class Live:
    """An index with a graph, and rows that are not in it yet."""

    def __init__(
        self, bench: Bench, index: Index, table: Table, data: DataSet, loaded: int
    ) -> None:
        self._bench = bench
        self._index = index
        self._table = table
        self._data = data
        self._next = loaded
        self._loaded = loaded
        self._version = 0

    def upserts(self, batch: int, count: int) -> None:
        """Measure upserts of new rows, against the statement that one would write by hand."""
        outcomes = rounds(
            {
                "SQL by hand": lambda: self._upsert_by_hand(self._new(batch)),
                "Index.upsert(…)": lambda: self._index.upsert(**self._new(batch)),
            },
            count,
        )
        self._report(f"{batch:,} a call", batch, outcomes, "SQL by hand")

    def _upsert_by_hand(self, columns: dict[str, Any]) -> None:
        columns["values"] = list(columns["values"])
        columns["metadata"] = [json.dumps(row) for row in columns["metadata"]]
        self._bench.connection.execute(
            f"insert into {self._table.relation} (id, namespace, embedding, metadata)"
            " select * from unnest(%(ids)s::text[], %(namespaces)s::text[], %(values)s::vector[],"
            " %(metadata)s::jsonb[])"
            " on conflict (id) do update set namespace = excluded.namespace,"
            " embedding = excluded.embedding, metadata = excluded.metadata",
            columns,
            prepare=True,
        )

    def patches(self, batch: int, count: int) -> None:
        """Measure patches of metadata, against upserting the same rows with other metadata."""

        def changed() -> dict[str, Any]:
            columns = self._some(batch)
            self._version += 1
            columns["metadata"] = [{**row, "version": self._version} for row in columns["metadata"]]
            return columns

        def patch() -> None:
            self._version += 1
            self._index.update_metadata({"version": self._version}, ids=self._some(batch)["ids"])

        outcomes = rounds(
            {
                "an upsert by hand": lambda: self._upsert_by_hand(changed()),
                "Index.upsert(…)": lambda: self._index.upsert(**changed()),
                "Index.update_metadata(…)": patch,
            },
            count,
        )
        self._report(f"{batch:,} a call", batch, outcomes, "an upsert by hand")

    def beside_queries(self, count: int) -> None:
        """Measure single writes and queries, alone and at the same time."""

        def patch(_: int) -> None:
            self._version += 1
            self._index.update_metadata({"version": self._version}, ids=self._some(1)["ids"])

        queries = self._data.queries
        contestants: dict[str, Callable[[int], Any]] = {
            "upsert of a new row": lambda _: self._index.upsert(**self._new(1)),
            "metadata patch of a row": patch,
        }
        ask = Contestant(lambda number: self._index.query(queries[number], top_k=TOP_K))

        def repeated(work: Callable[[int], Any]) -> Outcome:
            return Outcome([timed(partial(work, 0))[0] for _ in range(count)])

        alone = {name: repeated(work) for name, work in contestants.items()}
        query_alone = self._bench.compare({"query": ask}, range(count))["query"]
        for name, work in contestants.items():
            with self._querying() as times:
                both = repeated(work)
            self._bench.sheet.row(
                what=name,
                alone_ms=alone[name].median * 1e3,
                beside_queries_ms=both.median * 1e3,
                p95_ms=both.percentile(95) * 1e3,
                query_alone_ms=query_alone.median * 1e3,
                query_beside_ms=float(np.median(times)) * 1e3,
            )

    @contextmanager
    def _querying(self) -> Iterator[list[float]]:
        """Query from one other connection for as long as the block runs; give the seconds."""
        warm, stop = threading.Event(), threading.Event()
        times: list[float] = []

        def work() -> None:
            with connect(self._bench.dsn) as connection:
                index = self._bench.client.using(connection).index(NAME)
                for query in self._data.queries[:5]:
                    index.query(query, top_k=TOP_K)
                warm.set()
                for query in cycle(self._data.queries):
                    times.append(timed(partial(index.query, query, top_k=TOP_K))[0])
                    if stop.is_set():
                        return

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        warm.wait(60)
        try:
            yield times
        finally:
            stop.set()
            thread.join()

    def unchanged(self) -> None:
        """Measure upserts that change nothing, and what they leave behind."""
        columns = self._data.head(min(self._loaded, 10_000)).columns()
        self._index.upsert(**columns)  # undo the patches
        before = self._written()
        seconds, _ = timed(lambda: self._index.upsert(**columns))
        after = self._written()
        rows = len(columns["ids"])
        self._bench.sheet.row(
            by="Index.upsert(…)",
            rows=rows,
            rows_a_second=rows / seconds,
            dead_tuples=max(after[0] - before[0], 0),
            written_tuples=after[1] - before[1],
        )

    def _written(self) -> tuple[int, int]:
        """Return how many tuples are dead, and how many were ever inserted or updated."""
        self._bench.connection.execute("select pg_stat_force_next_flush()")
        self._bench.connection.execute("select")
        with psycopg.connect(self._bench.dsn) as other:
            row = other.execute(
                "select n_dead_tup, n_tup_ins + n_tup_upd from pg_stat_user_tables"
                " where relid = %s::regclass",
                [self._table.relation],
            ).fetchone()
        assert row is not None
        return int(row[0]), int(row[1])

    def deletes(self, batch: int, count: int) -> None:
        statement = f"delete from {self._table.relation} where id = any(%(ids)s)"
        outcomes = rounds(
            {
                "SQL by hand": lambda: self._bench.connection.execute(
                    statement, {"ids": self._gone(batch)}, prepare=True
                ),
                "Index.delete_by_ids(…)": lambda: self._index.delete_by_ids(self._gone(batch)),
            },
            count,
        )
        self._report(f"{batch:,} a call", batch, outcomes, "SQL by hand")

    def _report(self, what: str, batch: int, outcomes: dict[str, Outcome], floor: str) -> None:
        for by, outcome in outcomes.items():
            self._bench.sheet.row(
                by=by,
                rows=what,
                p50_ms=outcome.median * 1e3,
                p95_ms=outcome.percentile(95) * 1e3,
                rows_a_second=batch / outcome.median,
                ratio=outcome.median / outcomes[floor].median,
            )

    def _new(self, count: int) -> dict[str, Any]:
        """Return the next rows that are not in the index yet."""
        start = self._next
        self._next += count
        assert self._next <= len(self._data), "no rows are left"
        return self._data.columns(start, self._next)

    def _some(self, count: int) -> dict[str, Any]:
        """Return rows that are in the index, others each time."""
        self._version += 1
        start = self._version * 7 * count % (self._loaded - count)
        return self._data.columns(start, start + count)

    def _gone(self, count: int) -> list[str]:
        """Return ids that are in the index and were not returned before."""
        self._loaded -= count
        return self._data.ids[self._loaded : self._loaded + count]
