"""Many queries in one call, against asking them one after another."""

from __future__ import annotations

from typing import Any

from benchmarks.bench import Bench
from benchmarks.measure import rounds
from benchmarks.truth import TOP_K, Truth


def run(bench: Bench) -> None:
    data = bench.data(bench.rows(None, 20_000))
    index, _ = bench.loaded(data)
    pooled = bench.client.index(index.name)
    queries = data.queries
    answer = Truth(data, len(queries)).answer()
    wanted: dict[str, Any] = {"top_k": TOP_K}

    bench.sheet.table(
        "many",
        f"{len(queries):,} queries, {data}",
    )
    outcomes = rounds(
        {
            "a loop of Index.query(…)": lambda: [
                pooled.query(query, **wanted) for query in queries
            ],
            "Index.query_many(…)": lambda: pooled.query_many(queries, **wanted),
            "Index.query_many(…), one connection": lambda: index.query_many(queries, **wanted),
        },
        bench.options.size(5, 3),
    )
    floor = next(iter(outcomes.values())).median
    for by, outcome in outcomes.items():
        bench.sheet.row(
            by=by,
            seconds=outcome.median,
            queries_a_second=len(queries) / outcome.median,
            speed_up=floor / outcome.median,
            recall=answer.recall(enumerate(outcome.answers[-1][1])),
        )
