"""Unfiltered queries: latency against hand-written SQL, and throughput of several connections."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pgvectorize
from benchmarks.bench import Bench, connect, query_figures
from benchmarks.datasets import DataSet
from benchmarks.floor import Table, applying, hnsw_settings
from benchmarks.measure import Ask, Contestant, rounds, throughput
from benchmarks.truth import TOP_K, Truth
from pgvectorize import Index

EF_SEARCH = 100  # our default
CONNECTIONS = (1, 4, 8)
EXACT_EVERY = 10  # rounds: it takes long


def run(bench: Bench) -> None:
    data = bench.data(bench.rows(None, 20_000))
    index, table = bench.loaded(data)
    latency(bench, index, table, data)
    at_once(bench, index, table, data)


def latency(bench: Bench, index: Index, table: Table, data: DataSet) -> None:
    def ours(**options: Any) -> Ask:
        return lambda number: index.query(data.queries[number], top_k=TOP_K, **options)

    in_sql = (
        "select id, score from pgvectorize.query("
        f"index => '{index.name}', vector => %(vector)s, top_k => {TOP_K})"
    )
    count = bench.options.size(500, 150)
    outcomes = bench.compare(
        {
            "SQL by hand, prepared": Contestant(
                table.asking(table.nearest(), data.queries), hnsw_settings(EF_SEARCH)
            ),
            "SQL by hand, by distance, id": Contestant(
                table.asking(table.nearest(then=", id"), data.queries),
                hnsw_settings(EF_SEARCH, sort=True),
            ),
            "pgvectorize.query(…) in SQL": Contestant(table.asking(in_sql, data.queries)),
            "Index.query(…)": Contestant(ours()),
            "Index.query(…), with metadata": Contestant(ours(return_metadata="all")),
            "Index.query(…), exact": Contestant(ours(exact=True), every=EXACT_EVERY),
        },
        range(count),
    )
    answer = Truth(data, count).answer()
    floor = next(iter(outcomes.values()))
    bench.sheet.table("latency", f"a query on one connection, {data}, top_k {TOP_K}")
    for name, outcome in outcomes.items():
        bench.sheet.row(by=name, **query_figures(outcome, floor, answer))


def at_once(bench: Bench, index: Index, table: Table, data: DataSet) -> None:
    """Measure how many queries a second several connections answer together."""
    bench.sheet.table("throughput", f"queries a second, {data}, top_k {TOP_K}")
    for connections in CONNECTIONS:
        with pgvectorize.connect(bench.dsn, min_size=connections, max_size=connections) as client:
            workers = {
                "by hand": [partial(_by_hand, bench, table, data)] * connections,
                "ours": [partial(_ours, client.index(index.name), data)] * connections,
            }
            outcomes = rounds(
                {name: partial(throughput, found, 1.5) for name, found in workers.items()},
                bench.options.size(3, 1),
            )
        by_hand, ours = (
            statistics.median(rate for _, rate in outcomes[name].answers) for name in workers
        )
        bench.sheet.row(connections=connections, by_hand=by_hand, ours=ours, ratio=ours / by_hand)


@contextmanager
def _by_hand(bench: Bench, table: Table, data: DataSet) -> Iterator[Ask]:
    with connect(bench.dsn) as connection:
        applying(connection)(Contestant(lambda _: None, hnsw_settings(EF_SEARCH)))
        yield Table(connection, table.relation).asking(table.nearest(), data.queries)


@contextmanager
def _ours(index: Index, data: DataSet) -> Iterator[Ask]:
    yield lambda number: index.query(data.queries[number], top_k=TOP_K)
