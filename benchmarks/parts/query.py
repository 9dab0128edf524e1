"""Unfiltered queries: latency against hand-written SQL, and throughput of several connections."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pgvectorize
from benchmarks.bench import Bench, connect, query_figures
from benchmarks.datasets import DataSet
from benchmarks.floor import Table, applying, hnsw_settings
from benchmarks.measure import Ask, Contestant, throughput
from benchmarks.truth import TOP_K, Truth
from pgvectorize import Index

EF_SEARCH = 100  # our default
CONNECTIONS = (1, 4, 8)


def run(bench: Bench) -> None:
    data = bench.data(bench.rows(None, 20_000))
    index, table = bench.loaded(data)
    count = bench.options.size(500, 150)
    answer = Truth(data, count).answer()
    by_hand = table.asking(table.nearest(), data.queries)
    ordered = table.asking(table.nearest(then=", id"), data.queries)
    in_sql = table.asking(
        "select id, score from pgvectorize.query("
        f"index => '{index.name}', vector => %(vector)s, top_k => {TOP_K})",
        data.queries,
    )
    title = f"{data}, top_k {TOP_K}"

    outcomes = bench.compare(
        {
            "SQL by hand, prepared": Contestant(by_hand, hnsw_settings(EF_SEARCH)),
            "SQL by hand, by distance, id": Contestant(
                ordered, hnsw_settings(EF_SEARCH, sort=True)
            ),
            "pgvectorize.query(…) in SQL": Contestant(in_sql),
            "Index.query(…)": Contestant(
                lambda number: index.query(data.queries[number], top_k=TOP_K)
            ),
            "Index.query(…), with metadata": Contestant(
                lambda number: index.query(data.queries[number], top_k=TOP_K, return_metadata="all")
            ),
        },
        range(count),
    )
    floor = outcomes["SQL by hand, prepared"]
    bench.sheet.table("latency", f"a query on one connection, {title}")
    for name, outcome in outcomes.items():
        bench.sheet.row(by=name, **query_figures(outcome, floor, answer))

    bench.sheet.table("throughput", f"queries a second, {title}")
    seconds = bench.options.size(4, 1)
    for connections in CONNECTIONS:
        floor_rate = throughput([partial(_by_hand, bench, table, data)] * connections, seconds)
        with pgvectorize.connect(bench.dsn, min_size=connections, max_size=connections) as client:
            shared = client.index(index.name)
            rate = throughput([partial(_ours, shared, data)] * connections, seconds)
        bench.sheet.row(
            connections=connections, by_hand=floor_rate, ours=rate, ratio=rate / floor_rate
        )


@contextmanager
def _by_hand(bench: Bench, table: Table, data: DataSet) -> Iterator[Ask]:
    with connect(bench.dsn) as connection:
        applying(connection)(Contestant(lambda _: None, hnsw_settings(EF_SEARCH)))
        yield Table(connection, table.relation).asking(table.nearest(), data.queries)


@contextmanager
def _ours(index: Index, data: DataSet) -> Iterator[Ask]:
    yield lambda number: index.query(data.queries[number], top_k=TOP_K)
