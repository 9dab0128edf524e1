"""Filtered queries of every selectivity, against the best plan that could be chosen by hand."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.bench import Bench
from benchmarks.datasets import DataSet
from benchmarks.floor import Table
from benchmarks.measure import Contestant
from benchmarks.searches import Case, Searches
from benchmarks.truth import TOP_K
from pgvectorize import Index

SELECTIVITIES = (0.0001, 0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 0.9)
PROPERTIES = ("scattered", "clustered")


def run(bench: Bench) -> None:
    data = bench.data(bench.rows(None, 20_000))
    index, table = bench.loaded(data)
    cost(bench, index, table, data)
    searches = Searches(bench, index, table, data, bench.options.size(40, 20))
    for suffix, words in (("_indexed", "with a metadata index"), ("", "without a metadata index")):
        for name in PROPERTIES:
            bench.sheet.table(
                f"{name}{suffix}",
                f"a {name} filter {words}, {data}",
            )
            values = data.numbers(name)
            for share in SELECTIVITIES:
                options = {"filter": {name + suffix: {"$lt": share}}}
                searches.measure(Case(f"{share:.2%}", values < share, options))


def cost(bench: Bench, index: Index, table: Table, data: DataSet) -> None:
    """Measure what a filter of one or two conditions costs beside the search within few rows."""
    bench.sheet.table(
        "cost",
        f"what a filter costs that matches few, with metadata indexes, {data}, top_k {TOP_K}",
    )
    for title, rare in (("0.01%", 0.0001), ("0.10%", 0.001)):
        one = {"scattered_indexed": {"$lt": rare}}
        two = {"scattered_indexed": {"$lt": 2 * rare}, "clustered_indexed": {"$lt": 0.5}}
        for conditions, filter in (("one", one), ("two", two)):
            count = bench.options.size(300, 100)
            outcomes = bench.compare(
                {
                    "hand": Contestant(
                        table.asking(
                            table.nearest(table.predicate(filter), exact=True), data.queries
                        )
                    ),
                    "own": Contestant(table.asking(in_sql(own(index), filter), data.queries)),
                    "query": Contestant(table.asking(in_sql(general(index), filter), data.queries)),
                    "client": asking(index, data, filter),
                },
                range(count),
            )
            by_hand = outcomes["hand"].median
            bench.sheet.row(
                matching=title,
                conditions=conditions,
                hand_ms=by_hand * 1e3,
                own_function_ms=outcomes["own"].median * 1e3,
                to_hand=outcomes["own"].median / by_hand,
                pgvectorize_query_ms=outcomes["query"].median * 1e3,
                Index_query_ms=outcomes["client"].median * 1e3,
                Index_query_to_hand=outcomes["client"].median / by_hand,
            )


def asking(index: Index, data: DataSet, filter: dict[str, Any]) -> Contestant:
    return Contestant(lambda number: index.query(data.queries[number], top_k=TOP_K, filter=filter))


def own(index: Index) -> str:
    return f'pgvectorize_data."{index.name}"('


def general(index: Index) -> str:
    return f"pgvectorize.query(index => '{index.name}', "


def in_sql(call: str, filter: dict[str, Any]) -> str:
    """Return the statement that calls one of our functions with a filter."""
    return (
        f"select id, score from {call}vector => %(vector)s, top_k => {TOP_K},"
        f" filter => '{json.dumps(filter)}')"
    )
